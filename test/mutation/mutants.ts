import type { Mutant } from './mutant.ts';

/** The errors of one file, and the tests that notice those without tests of their own. */
interface Errors {
  readonly file: string;
  readonly tests: readonly string[];
  readonly errors: readonly (Omit<Mutant, 'file' | 'tests'> & Partial<Pick<Mutant, 'tests'>>)[];
}

/** The errors, by file. `docs/CONTRIBUTING.md` says how to add one. */
const BY_FILE: readonly Errors[] = [
  {
    file: 'src/schemes/security.ts',
    tests: ['test/schemes/security.test.ts'],
    errors: [
      ...[
        ['128-4096', 106, 109],
        ['128-8192', 214, 218],
        ['128-16384', 430, 438],
        ['128-32768', 868, 881],
        ['128-65536', 1747, 1772],
        ['192-4096', 73, 75],
        ['192-8192', 147, 152],
        ['192-16384', 297, 305],
        ['192-32768', 597, 611],
        ['192-65536', 1199, 1229],
        ['256-4096', 56, 58],
        ['256-8192', 114, 118],
        ['256-16384', 230, 237],
        ['256-32768', 462, 476],
        ['256-65536', 929, 955],
      ].map(([name, limit, larger]) => ({
        id: `security-${name}`,
        text: `maxBits: ${limit} }`,
        wrong: `maxBits: ${larger} }`,
        promise: `the largest modulus of security and ring ${name}`,
      })),
      {
        id: 'security-strict',
        text: 'modulusLog2 <= row.maxBits',
        wrong: 'Math.floor(modulusLog2) <= row.maxBits',
        promise: 'no modulus is larger than its limit, not by a part of a bit',
      },
      {
        id: 'security-unchecked-ring',
        text: 'request.allowUncheckedRing || !isUncheckedRing(degree)',
        wrong: 'true',
        promise: 'a ring that SEAL does not check is chosen only where that is allowed',
      },
      {
        id: 'security-checked-degree',
        text: 'const LARGEST_CHECKED_DEGREE = 32768;',
        wrong: 'const LARGEST_CHECKED_DEGREE = 65536;',
        promise: 'N = 65536 is known as a ring that SEAL does not check',
      },
    ],
  },
  {
    file: 'src/schemes/ckks/noise-amplitudes.ts',
    tests: ['test/schemes/noise.test.ts'],
    errors: [
      {
        id: 'noise-tails',
        text: '{ gaussian: 7, laplacian: 22, heavy: 60 }',
        wrong: '{ gaussian: 6, laplacian: 17, heavy: 40 }',
        promise: 'a slot exceeds the bound with probability 2e-10 at most',
      },
      {
        id: 'noise-rounding-secret',
        text: '(n / 24) * (1 + secret)) * laplacian',
        wrong: '(n / 24) * (1 + secret / 2)) * laplacian',
        promise: 'a rounding is multiplied by the whole secret',
      },
      {
        id: 'noise-rounding-square',
        text: 'Math.sqrt((n / 24) * 2 * secret * secret) * heavy',
        wrong: 'Math.sqrt((n / 24) * secret * secret) * heavy',
        promise: 'a rounding of three polynomials has the square of the secret in it',
      },
      {
        id: 'noise-encryption',
        text: 'Math.sqrt((n / 2) * (1 + 2 * secret))) / 2 ** keyLevelBits(level)',
        wrong: 'Math.sqrt((n / 2) * (1 + secret))) / 2 ** keyLevelBits(level)',
        promise: 'an encryption has the errors of two polynomials times secrets',
      },
      {
        id: 'noise-encryption-level',
        text: 'params.primeBits[params.basePrimes + level] ?? params.specialBits',
        wrong: 'params.specialBits',
        promise: 'an encryption is divided by the prime above its level',
      },
      {
        id: 'noise-switching-rounding',
        text: '.map((error) => rounded + error)',
        wrong: '.map((error) => error)',
        promise: 'a key switch rounds',
      },
      {
        id: 'noise-switching-mean',
        text: 'return Math.sqrt(squares) * (mean + random);',
        wrong: 'return Math.sqrt(squares) * random;',
        promise: 'digits of key switching are not centred',
      },
      {
        id: 'noise-switching-digits',
        text: '    squares += square(params.basePrimes - 1 + level);',
        wrong: '    squares = square(params.basePrimes - 1 + level);',
        promise: 'every prime below a level is a digit of key switching',
      },
      {
        id: 'noise-encoding-period',
        text: 'const repeated = Math.min(period, n / 2);',
        wrong: 'const repeated = Math.min(period, n / 4);',
        promise: 'a plaintext has two rounded coefficients for each slot of its period',
      },
      {
        id: 'noise-encoding-uniform',
        text: 'if (period === 0) return 0.5;',
        wrong: 'if (period === 0) return 0;',
        promise: 'one number is rounded, too',
      },
      {
        id: 'noise-float',
        text: 'export const FLOAT_ERROR = 2 ** -47;',
        wrong: 'export const FLOAT_ERROR = 2 ** -53;',
        promise: 'transforms in float64 are off by more than one rounding',
      },
      {
        id: 'noise-ratio-rescaling',
        text: '    compare((n) => n.rescaling(3));\n',
        wrong: '',
        promise: 'sampled errors that are carried to other parameters grow as the noisiest term',
      },
      {
        id: 'noise-ratio-encryption',
        text: '    compare((n) => n.encryption(level));\n',
        wrong: '',
        promise: 'sampled errors that are carried to other parameters grow as encryption does',
      },
      {
        id: 'noise-ratio-scale',
        text: 'const finer = other / scale;',
        wrong: 'const finer = 1;',
        promise: 'errors are noise over scale',
      },
    ],
  },
  {
    file: 'src/schemes/ckks/error-bounds.ts',
    tests: ['test/schemes/error-terms.test.ts'],
    errors: [
      {
        id: 'error-upload-encoding',
        text: '(noise.encryption(op.level) + noise.encoding(period(sketch))) / scale +',
        wrong: 'noise.encryption(op.level) / scale +',
        promise: 'an upload is rounded when it is encoded',
      },
      {
        id: 'error-upload-float',
        text: "        FLOAT_ERROR * defined(ranges.magnitude[at])\n      );\n    case 'addPlain':",
        wrong: "        0\n      );\n    case 'addPlain':",
        promise: 'an upload is as precise as float64 at its magnitude',
      },
      {
        id: 'error-rotation',
        text: "    case 'relinearize':\n    case 'rotate':\n      return noise.keySwitching(op.level) / scale;",
        wrong:
          "    case 'rotate':\n      return 0;\n    case 'relinearize':\n      return noise.keySwitching(op.level) / scale;",
        promise: 'rotations add noise',
      },
      {
        id: 'error-plain-rounding',
        text: 'plainError(sketch, ranges, noise, op.args[1], encoded) *\n        defined(ranges.magnitude[op.args[0]])',
        wrong: 'plainError(sketch, ranges, noise, op.args[1], encoded)',
        promise: 'the rounding of a plaintext is multiplied by the ciphertext',
      },
      {
        id: 'error-plain-scale',
        text: 'defined(scales[op.level]) ** 2 / defined(scales[defined(properties.levels[op.args[0]])]);',
        wrong: 'defined(scales[op.level]);',
        promise: 'a factor of a higher value is encoded at a coarser scale',
      },
      {
        id: 'error-plain-uniform',
        text: 'noise.encoding(uniform ? 0 : period(sketch)) / scale',
        wrong: 'noise.encoding(0) / scale',
        promise: 'the rounding of a vector is larger than that of a number',
      },
      {
        id: 'error-period',
        text: 'return sketch.batchable ? Number.POSITIVE_INFINITY : sketch.slots;',
        wrong: 'return sketch.slots;',
        promise: 'a batch does not repeat, so all its coefficients are rounded',
      },
      {
        id: 'error-rescaling-size',
        text: "    case 'rescale':\n      return noise.rescaling(defined(properties.sizes[at])) / scale;",
        wrong: "    case 'rescale':\n      return noise.rescaling(2) / scale;",
        promise: 'a product that is not relinearized is rescaled with more noise',
      },
      {
        id: 'error-adjust',
        text: 'unitError(scales, defined(properties.levels[op.args[0]]), op.level) *\n        defined(ranges.magnitude[at])',
        wrong: '0',
        promise: 'the encoded 1 of an adjustment is rounded',
      },
      {
        id: 'error-lower-level',
        text: 'defined(properties.levels[op.args[0]]), op.level + 1);',
        wrong: 'defined(properties.levels[op.args[0]]), op.level);',
        promise: 'a value is lowered from one level above',
      },
      {
        id: 'error-cross',
        text: 'const cross = 2 * defined(errors[a]) * defined(errors[b]);',
        wrong: 'const cross = 0 * defined(errors[a]) * defined(errors[b]);',
        promise: 'errors of both factors are multiplied with each other',
      },
      {
        id: 'error-mul-magnitude',
        text: 'defined(magnitude[b]) * defined(errors[a]) +',
        wrong: 'defined(errors[a]) +',
        promise: 'an error is multiplied by the other factor',
      },
      {
        id: 'error-mul-plain',
        text: 'return defined(magnitude[op.args[1]]) * defined(errors[op.args[0]]);',
        wrong: 'return defined(errors[op.args[0]]);',
        promise: 'an error is multiplied by the plaintext',
      },
      {
        id: 'error-sampled-cross',
        text: 'const CROSS_FACTOR = 2 * SAMPLE_TAIL * SAMPLE_SAFETY;',
        wrong: 'const CROSS_FACTOR = 2;',
        promise: 'second-order terms of sampled errors',
      },
      {
        id: 'error-sample-tail',
        text: 'const SAMPLE_TAIL = 16;',
        wrong: 'const SAMPLE_TAIL = 8;',
        promise: 'a sampled bound holds with probability 2e-10 a slot',
      },
      {
        id: 'error-sample-safety',
        text: 'const SAMPLE_SAFETY = 2;',
        wrong: 'const SAMPLE_SAFETY = 1;',
        promise: 'inputs beside the samples may be more sensitive',
      },
      {
        id: 'error-trusted',
        text: 'const TRUSTED_EXCESS = 8;',
        wrong: 'const TRUSTED_EXCESS = 2;',
        promise: 'the worst case is kept unless it is far off',
      },
      {
        id: 'error-factor',
        text: 'return { bound: Math.abs(factor) * delivered, sampled };',
        wrong: 'return { bound: delivered, sampled };',
        promise: 'the factor of an output multiplies its error',
      },
      {
        id: 'error-delivery',
        text: 'const delivered = bound + deliveryError(analysis, params, noise, value);',
        wrong: 'const delivered = bound;',
        promise: 'delivering an output adds an encryption of zero',
      },
      {
        id: 'error-delivery-scale',
        text: '  const scale = defined(scales[level]) ** defined(properties.degrees[value]);\n  return noise',
        wrong: '  const scale = defined(scales[level]) ** 2;\n  return noise',
        promise: 'an output is delivered at its own scale',
      },
      {
        id: 'error-ratio',
        text: '(samples.bounds.get(value) ?? Number.POSITIVE_INFINITY) * ratio;',
        wrong: '(samples.bounds.get(value) ?? Number.POSITIVE_INFINITY);',
        promise: 'sampled errors are scaled to the parameters',
      },
      {
        id: 'error-same-plaintext',
        text: "const seed = op.op === 'mulPlain' ? op.args[1] : at;",
        wrong: 'const seed = at;',
        promise: 'a plaintext is rounded once',
      },
      {
        id: 'error-switched',
        text: 'if (analysis.properties.degrees[at] === 1) switched.add(op.level);',
        wrong: 'switched.add(op.level + 1);',
        promise: 'key switching counts at the levels where it happens',
      },
    ],
  },
  {
    file: 'src/schemes/ckks/value-bounds.ts',
    tests: ['test/schemes/ranges.test.ts'],
    errors: [
      {
        id: 'ranges-zeros',
        text: 'const packed = fillsAll(op.map, slots) ? range : hull(range, ZERO_INTERVAL);',
        wrong: 'const packed = range;',
        promise: 'zeros beside the data are in the range',
      },
      {
        id: 'ranges-span',
        text: 'return elements * copies === slots && slotsSpanned(map) === slots;',
        wrong: 'return elements <= slots && slotsSpanned(map) === slots;',
        promise: 'data with zeros between them do not fill all slots',
      },
      {
        id: 'ranges-constant',
        text: 'return [listed, data.length < slots ? hull(listed, ZERO_INTERVAL) : listed];',
        wrong: 'return [listed, listed];',
        promise: 'a constant shorter than the vector is followed by zeros',
      },
      {
        id: 'ranges-rotation',
        text: '      return [full(op.args[0]), full(op.args[0])];',
        wrong: '      return [core(op.args[0]), full(op.args[0])];',
        promise: 'a rotation moves zeros among the data',
      },
      {
        id: 'ranges-square',
        text: 'if (a === b) return [square(core(a)), square(full(a))];',
        wrong: '',
        promise: 'a square is not negative',
      },
      {
        id: 'ranges-difference',
        text: 'sum(core(op.args[0]), negated(core(op.args[1]))),\n        sum(full(op.args[0]), negated(full(op.args[1]))),',
        wrong:
          'sum(core(op.args[0]), core(op.args[1])),\n        sum(full(op.args[0]), full(op.args[1])),',
        promise: 'the range of a difference',
      },
      {
        id: 'ranges-factor',
        text: 'return [product(range, factor), product(packed, factor)];',
        wrong: 'return [range, packed];',
        promise: 'the range of an upload that is scaled',
      },
      {
        id: 'ranges-safety',
        text: 'const SAMPLE_SAFETY = 16;',
        wrong: 'const SAMPLE_SAFETY = 1;',
        promise: 'a sampled bound has a safety factor',
      },
    ],
  },
  {
    file: 'src/schemes/ckks/samples.ts',
    tests: ['test/schemes/samples.test.ts'],
    errors: [
      {
        id: 'samples-high',
        text: '  if (sample === 0) return high;\n',
        wrong: '',
        promise: 'all inputs at their upper limit are among the samples',
      },
      {
        id: 'samples-zero',
        text: "if (input.secrecy === 'plain') avoidZero(data, input.range);",
        wrong: '',
        promise: 'no sample divides by zero',
      },
      {
        id: 'samples-corner-few',
        text: 'const DIVERGENCE = { all: 2 ** 30, few: 2 ** 10 };',
        wrong: 'const DIVERGENCE = { all: 2 ** 30, few: 2 ** 30 };',
        promise: 'one of few corners does not decide on parameters',
      },
      {
        id: 'samples-nan',
        text: 'largest = Number.isNaN(magnitude) ? Number.POSITIVE_INFINITY : magnitude;',
        wrong: 'largest = Number.isNaN(magnitude) ? largest : magnitude;',
        promise: 'what is no number has no bound',
      },
    ],
  },
  {
    file: 'src/schemes/ckks/choose-params.ts',
    tests: ['test/schemes/params.test.ts'],
    errors: [
      {
        id: 'params-factor',
        text: '    Math.abs(factor) * defined(expected[value]);',
        wrong: '    defined(expected[value]);',
        promise: "an output's factor is part of its tolerance",
      },
      {
        id: 'params-again',
        text: '  if (errors.some(({ bound }, output) => bound > defined(analysis.tolerances[output])))\n    return undefined;\n',
        wrong: '',
        promise: 'a rewritten plan that is less precise than promised is refused',
      },
      {
        id: 'params-divisor',
        text: '  return { ...op, least: (1 - DIVISOR_SLACK) / magnitude };',
        wrong: '  return op;',
        promise: 'compiled plans hold a least divisor',
      },
      {
        id: 'params-divisor-slack',
        text: 'least: (1 - DIVISOR_SLACK) / magnitude',
        wrong: 'least: (1 - DIVISOR_SLACK) / (2 * magnitude)',
        promise: 'no divisor is smaller than the range analysis assumed',
      },
      {
        id: 'params-margin',
        text: 'const HEADROOM_MARGIN = 2;',
        wrong: 'const HEADROOM_MARGIN = 0;',
        promise: 'a bit for the sign and one for errors',
      },
      {
        id: 'params-headroom-level',
        text: 'const k = degree - level;',
        wrong: 'const k = degree;',
        promise: 'a value at a level has the primes of the level as headroom',
      },
      {
        id: 'params-slots',
        text: '    if (degree / 2 < sketch.slots) continue;\n',
        wrong: '',
        promise: 'the ring has enough slots',
      },
      {
        id: 'params-whole',
        text: 'parts.reduce((most, part) => Math.max(most, own(part)), 0),',
        wrong: 'own(parts[0]),',
        promise: 'precision is relative to the whole output',
      },
      {
        id: 'params-smallest-scale',
        text: 'const cap = Math.min(request.precisionBits + EXTRA_SCALE_BITS, LARGEST_PRIME_BITS);',
        wrong: 'const cap = LARGEST_PRIME_BITS;',
        promise: 'scales are not larger than the precision asks for',
      },
      {
        id: 'params-special',
        text: 'const SPECIAL_MARGIN = 3;',
        wrong: 'const SPECIAL_MARGIN = 0;',
        promise: 'base primes stay below the special prime, which keeps key switching quiet',
      },
    ],
  },
  {
    file: 'src/schemes/ckks/assign-levels.ts',
    tests: ['test/schemes/legalize.test.ts'],
    errors: [
      {
        id: 'levels-free-factor',
        text: '    Number.isInteger(factor.data) &&\n    Math.abs(factor.data) <= MAX_FREE_FACTOR;',
        wrong: '    Number.isInteger(factor.data);',
        promise: 'a large integer factor is rescaled, so that headroom remains',
      },
      {
        id: 'levels-free-integer',
        text: "    typeof factor.data === 'number' &&\n    Number.isInteger(factor.data) &&",
        wrong: "    typeof factor.data === 'number' &&",
        promise: 'only integers are encoded at scale 1',
      },
      {
        id: 'levels-wide',
        text: 'const waiting = this.#wide[value] === 1 ? this.#summingWide : this.#summing;',
        wrong: 'const waiting = this.#summing;',
        promise: 'deferring takes no more relinearizations',
      },
    ],
  },
  {
    file: 'src/schemes/ckks/scales.ts',
    tests: ['test/schemes/scales.test.ts'],
    errors: [
      {
        id: 'scales-mul',
        text: "mul: { result: 2, accepts: isNominal, message: 'a factor is not rescaled' },",
        wrong: "mul: { result: 2, accepts: (a) => a === 1, message: 'a factor is not rescaled' },",
        promise: 'both factors of a product are rescaled',
      },
      {
        id: 'scales-level-zero',
        text: "    if (degrees[at] === 2 && op.level === 0) throw fault('a product at level 0');\n",
        wrong: '',
        promise: 'a product at level 0 is refused',
      },
    ],
  },
  {
    file: 'src/schemes/integers/noise-growth.ts',
    tests: ['test/schemes/integers/noise-terms.test.ts'],
    errors: [
      {
        id: 'budget-conversions',
        text: 'scaled(rounded(3), Math.log2(primeBits.length + 1))',
        wrong: 'scaled(rounded(3), 0)',
        promise: 'each base conversion of a BFV product is off by the number of primes',
      },
      {
        id: 'budget-sign',
        text: '(isBfv ? t : 0) - coefficient - 1;',
        wrong: '(isBfv ? t : 0) - coefficient;',
        promise: 'noise budget not overstated',
      },
      {
        id: 'budget-whole-bits',
        text: 'return Math.floor(modulusAt(level)) - (isBfv',
        wrong: 'return modulusAt(level) - (isBfv',
        promise: 'SEAL counts whole bits of the modulus',
      },
      {
        id: 'budget-squares',
        text: 'sum(sum(scaled(sum(a, b), wrapped), squares), conversions)',
        wrong: 'sum(scaled(sum(a, b), wrapped), conversions)',
        promise: 'the product of both noises of BFV',
      },
      {
        id: 'budget-fresh-message',
        text: 'fresh: sum(sum(encryption, rounded(2)), message),',
        wrong: 'fresh: sum(encryption, rounded(2)),',
        promise: 'a fresh ciphertext has its message as noise',
      },
      {
        id: 'budget-add-plain',
        text: 'addPlain: (a) => sum(a, message),',
        wrong: 'addPlain: (a) => a,',
        promise: 'adding a plaintext adds noise',
      },
      {
        id: 'budget-switch-digits',
        text: 'random(digits.length * ERROR) + largest + unit;',
        wrong: 'random(ERROR) + largest + unit;',
        promise: 'key switching adds an error for each prime',
      },
      {
        id: 'budget-switch-rounding',
        text: 'return sum(a, sum(switched, rounded(2)));',
        wrong: 'return sum(a, switched);',
        promise: 'key switching rounds',
      },
      {
        id: 'budget-mod-switch',
        text: 'sum(scaled(a, modulusAt(to) - modulusAt(from)), rounded(size)),',
        wrong: 'scaled(a, modulusAt(to) - modulusAt(from)),',
        promise: 'a modulus switch rounds',
      },
      {
        id: 'budget-peak',
        text: 'const peaks = addLogs(a.peak + b.peak, addLogs(a.spread + b.peak, a.peak + b.spread));',
        wrong: 'const peaks = a.peak + b.peak;',
        promise: 'peaks multiply the rest of the other noise',
      },
      {
        id: 'budget-deviations',
        text: 'const DEVIATIONS = 6;',
        wrong: 'const DEVIATIONS = 4;',
        promise: 'a noise exceeds its bound with probability 2^-52',
      },
    ],
  },
  {
    file: 'src/schemes/integers/noise-rules.ts',
    tests: ['test/schemes/integers/noise-terms.test.ts'],
    errors: [
      {
        id: 'budget-balance',
        text: 'noise: isBalanced ? both : this.#noise.mulPlain(both, factor),',
        wrong: 'noise: both,',
        promise: 'values of different corrections are multiplied before they are added',
      },
      {
        id: 'budget-correction',
        text: 'const correction = multiply(a.correction, b.correction);',
        wrong: 'const correction = a.correction;',
        promise: 'a product multiplies the corrections of its factors',
      },
      {
        id: 'budget-norm-batch',
        text: 'return plainNorm(t, batchable ? this.#chain.degree : 2 * slots);',
        wrong: 'return plainNorm(t, 2 * slots);',
        promise: 'the plaintext of a batch has coefficients everywhere',
      },
      {
        id: 'budget-norm-bfv',
        text: 'isBfv ? residue : Math.abs(centered(residue, t))',
        wrong: 'Math.abs(centered(residue, t))',
        promise: 'BFV multiplies by a coefficient in [0, t)',
      },
      {
        id: 'budget-gather',
        text: '.reduce((x, y) => this.#sum(x, y), { ...a, noise: this.#noise.addPlain(a.noise) });',
        wrong: '.reduce((x, y) => this.#sum(x, y), a);',
        promise: 'gathered numbers in the clear add noise',
      },
      {
        id: 'budget-size',
        text: 'size: a.size > b.size ? a.size : b.size,',
        wrong: 'size: a.size,',
        promise: 'a sum has as many polynomials as its larger operand',
      },
    ],
  },
  {
    file: 'src/schemes/integers/choose-integer-params.ts',
    tests: ['test/schemes/integers/levels.test.ts'],
    errors: [
      {
        id: 'integers-least-budget',
        text: 'const LEAST_BUDGET = 1;',
        wrong: 'const LEAST_BUDGET = -2;',
        promise: 'every output keeps a bit of noise budget',
      },
      {
        id: 'integers-promise',
        text: '? Math.floor(at(levelled.budgets, i))',
        wrong: '? Math.ceil(at(levelled.budgets, i))',
        promise: 'noise budget not overstated',
      },
      {
        id: 'integers-slots',
        text: 'slots <= (inSlots ? degree / 2 : degree)',
        wrong: 'slots <= degree',
        promise: 'a ring has N/2 slots that rotate together',
      },
      {
        id: 'integers-batching',
        text: '&& (!inSlots || hasSlots(t, degree)),',
        wrong: ',',
        promise: 't has slots in the ring',
      },
      {
        id: 'integers-secure',
        text: '  if (!isSecure(degree, count * bits + specialBits, analysis.securityBits)) return undefined;\n',
        wrong: '',
        promise: 'parameters of integers are secure',
        equivalent: 'sizes are derived from the limit of the ring, and never exceed it',
      },
    ],
  },
  {
    file: 'src/schemes/integers/batching.ts',
    tests: ['test/schemes/integers/levels.test.ts'],
    errors: [
      {
        id: 'batching-prime',
        text: ' && isPrime(BigInt(plainModulus))',
        wrong: '',
        promise: 'only primes have slots',
      },
    ],
  },
  {
    file: 'src/packing/gaps.ts',
    tests: ['test/packing/layouts.test.ts'],
    errors: [
      {
        id: 'gaps-above',
        text: "gaps[bit] === 'garbage' || hasGarbageAbove(tensor.layout, bit)",
        wrong: "gaps[bit] === 'garbage'",
        promise: 'garbage above copied bits is masked',
      },
      {
        id: 'gaps-above-padding',
        text: "    padding.some((state, axis) => state === 'garbage' && at(axes, axis).at > bit)\n",
        wrong: '    false\n',
        promise: 'garbage in the padding above copied bits is masked',
      },
      {
        id: 'gaps-unwanted',
        text: '? hasGarbage(tensor.layout) || unwanted.includes(true)',
        wrong: '? hasGarbage(tensor.layout)',
        promise: 'copies are cleared where zeros are asked for',
      },
      {
        id: 'gaps-padding',
        text: "return gaps.includes('garbage') || padding.includes('garbage');",
        wrong: "return gaps.includes('garbage');",
        promise: 'padding is cleared where zeros are asked for',
      },
      {
        id: 'gaps-mask-bounds',
        text: "padding[axis] === 'zero'\n      ? []",
        wrong: "padding[axis] !== 'zero'\n      ? []",
        promise: 'a mask ends at the last element',
      },
    ],
  },
  {
    file: 'src/packing/layout.ts',
    tests: ['test/packing/layouts.test.ts'],
    errors: [
      {
        id: 'layout-sum-gap',
        text: "return a === b ? a : 'garbage';",
        wrong: "return a === 'garbage' ? b : a;",
        promise: 'a sum has garbage where its terms differ',
      },
      {
        id: 'layout-sum-padding',
        text: "state === 'zero' && b.padding[axis] === 'zero' ? 'zero' : 'garbage',",
        wrong: "state === 'zero' || b.padding[axis] === 'zero' ? 'zero' : 'garbage',",
        promise: 'a sum has garbage in its padding if one of its terms has',
      },
    ],
  },
  {
    file: 'src/packing/grid-contraction.ts',
    tests: ['test/packing/layouts.test.ts'],
    errors: [
      {
        id: 'grid-padding-masked',
        text: "if (!isRagged || paddingOf(clean, label) === 'zero') continue;",
        wrong: 'if (!isRagged) continue;\n    else continue;',
        promise: 'no garbage in the padding is added up',
      },
      {
        id: 'grid-copied',
        text: "return sum.isCopied ? 'copy' : 'garbage';",
        wrong: "return 'copy';",
        promise: 'a sum is copied only where its window reads copies',
      },
      {
        id: 'grid-last-copy',
        text: "return bit === sum.lastCopy ? 'garbage' : gap;",
        wrong: 'return gap;',
        promise: 'the last copy of a sum is wrong where copies end below the last slot',
      },
      {
        id: 'grid-two-garbage',
        text: "layouts.filter(hasGarbage).length > 1 ? 'add' : 'mul'",
        wrong: "'mul'",
        promise: 'two factors with garbage of their own do not clear each other',
      },
      {
        id: 'grid-zero-run',
        text: "const zerosEnd = spreads ? runEnd(at + bits, 'zero') : at + bits;",
        wrong: "const zerosEnd = runEnd(at + bits, 'zero');",
        promise: 'a sum continues through zeros only where that is asked for',
        equivalent: 'a longer window is right, too: it only takes more rotations',
      },
    ],
  },
  {
    file: 'src/packing/diagonals.ts',
    tests: ['test/packing/layouts.test.ts'],
    errors: [
      {
        id: 'diagonals-low',
        text: "(low === 0 ? gap : 'garbage')",
        wrong: 'gap',
        promise: 'the low bits of a window sum are garbage',
      },
      {
        id: 'diagonals-copies',
        text: "? 'zero' : 'copy';\n    return bit",
        wrong: "? 'zero' : 'zero';\n    return bit",
        promise: 'rows are copied above',
      },
      {
        id: 'diagonals-rows',
        text: 'count: region % rowSize < rowCount ? Math.min(run, columnCount - from) : 0,',
        wrong: 'count: Math.min(run, columnCount - from),',
        promise: 'rows beyond the last are zeros',
      },
    ],
  },
  {
    file: 'src/packing/slice-methods.ts',
    tests: ['test/packing/layouts.test.ts'],
    errors: [
      {
        id: 'slices-room',
        text: 'const hasRoom = axis.at + axis.bits < slotBits && n < size;',
        wrong: 'const hasRoom = n < size;',
        promise: 'a vector is rotated without a mask only where zeros follow it',
      },
      {
        id: 'slices-freed',
        text: "hasBit(freed, bit) ? 'garbage' : gap",
        wrong: "hasBit(freed, bit) ? 'zero' : gap",
        promise: 'the slots of other elements are garbage beside a slice',
      },
      {
        id: 'slices-padding',
        text: "return isWhole ? at(layout.padding, axis) : 'garbage';",
        wrong: 'return at(layout.padding, axis);',
        promise: 'elements behind a slice are garbage in its padding',
      },
      {
        id: 'slices-aligned',
        text: 'return isInside || start % tile === 0;',
        wrong: 'return true;',
        promise: 'a slice that crosses ciphertexts is put together',
      },
      {
        id: 'slices-rotated-gaps',
        text: "(gap, bit): Gap => (hasBit(above, bit) ? 'garbage' : gap),\n      );\n      return {",
        wrong: '(gap): Gap => gap,\n      );\n      return {',
        promise: 'what a rotation leaves above is garbage',
      },
      {
        id: 'slices-joined-clean',
        text: ': { axes, copies: 0, clean: true };\n    return { arg',
        wrong: ': { axes, copies: 0, clean: false };\n    return { arg',
        promise: 'zeros around joined tensors',
      },
      {
        id: 'slices-common',
        text: "states.size === 1 ? at([...states], 0) : 'garbage'",
        wrong: 'at([...states], 0)',
        promise: 'a gap of joined ciphertexts is garbage unless all agree',
      },
    ],
  },
  {
    file: 'src/packing/axis-methods.ts',
    tests: ['test/packing/layouts.test.ts'],
    errors: [
      {
        id: 'axes-repeated-padding',
        text: "return source < 0 ? 'garbage' : at(tensor.layout.padding, source);",
        wrong: "return source < 0 ? 'zero' : at(tensor.layout.padding, source);",
        promise: 'copies fill the padding of a repeated tensor',
      },
      {
        id: 'axes-permuted-padding',
        text: 'padding: pick(layout.padding) }',
        wrong: 'padding: layout.padding }',
        promise: 'a transpose takes the padding with its axis',
      },
    ],
  },
  {
    file: 'src/passes/polynomials.ts',
    tests: ['test/passes/passes.test.ts'],
    errors: [
      {
        id: 'polynomials-more',
        text: 'return deeper && newMuls === muls;',
        wrong: 'return deeper;',
        promise: 'no more multiplications',
      },
      {
        id: 'polynomials-late',
        text: 'if (late || newMuls < muls) return true;',
        wrong: 'if (newMuls < muls) return true;',
        promise: 'an output that arrives earlier',
      },
    ],
  },
  {
    file: 'src/passes/fold.ts',
    tests: ['test/passes/passes.test.ts'],
    errors: [
      {
        id: 'fold-warning',
        text: 'if (!span || elsewhere.has(location(id))) continue;',
        wrong: 'if (!span) continue;',
        promise: 'no warning where only the first iteration of a loop vanishes',
      },
      {
        id: 'fold-negated-power',
        text: "return exponent % 2 === 0 ? power : this.#apply({ kind: 'neg' }, [power]);",
        wrong: 'return power;',
        promise: 'an odd power of -x is negative',
      },
      {
        id: 'fold-rotation',
        text: 'const total = (steps + node.op.steps) % at(node.shape, 0);',
        wrong: 'const total = steps + node.op.steps;',
        promise: 'two rotations are one, cyclic',
      },
      {
        id: 'fold-difference',
        text: "return this.#apply({ kind: 'sub' }, [y, x]);",
        wrong: "return this.#apply({ kind: 'sub' }, [x, y]);",
        promise: '-(x - y) is y - x',
      },
    ],
  },
  {
    file: 'src/algebra/joined-values.ts',
    tests: ['test/passes/vectorize.test.ts'],
    errors: [
      {
        id: 'vectorize-sums',
        text: '    if (!sums.every(isAlike) || !keepsRows) return undefined;',
        wrong: '    if (!keepsRows) return undefined;',
        promise: 'only sums over the same axes are joined',
        tests: ['test/passes/vectorize.test.ts', 'test/passes/golden.test.ts'],
      },
      {
        id: 'vectorize-factors',
        text: 'return { factor: negate(ONE), value: at(args, 0) };',
        wrong: 'return { factor: ONE, value: at(args, 0) };',
        promise: 'a negated part keeps its sign',
      },
      {
        id: 'vectorize-terms',
        text: 'return at === 0 ? id : this.#uniform(shape, ZERO);',
        wrong: 'return at === 0 ? id : this.#uniform(shape, ONE);',
        promise: 'a value without a second term has zeros there',
        tests: ['test/passes/vectorize.test.ts', 'test/passes/golden.test.ts'],
      },
      {
        id: 'vectorize-ones',
        text: '    if (first === undefined) return this.#uniform(shape, ONE);',
        wrong: '    if (first === undefined) return this.#uniform(shape, ZERO);',
        promise: 'a product without further factors is multiplied by ones',
      },
    ],
  },
  {
    file: 'src/algebra/joins.ts',
    tests: ['test/passes/golden.test.ts'],
    errors: [
      {
        id: 'joins-rows',
        text: 'starts: shape.map((_, axis) => (axis === along ? from : 0)),',
        wrong: 'starts: shape.map(() => 0),',
        promise: 'each row of a matrix meets its own columns',
      },
      {
        id: 'joins-viewed',
        text: '  if (!isSummed || join.args.some((arg) => isViewed(builder, arg))) return undefined;',
        wrong: '  if (!isSummed) return undefined;',
        promise: 'the rows of an input stay one upload',
      },
    ],
  },
  {
    file: 'src/algebra/factoring.ts',
    tests: ['test/passes/passes.test.ts'],
    errors: [
      {
        id: 'factor-later',
        text: 'if (!isGain || gain < 0) continue;',
        wrong: 'if (!isGain) continue;',
        promise: 'factoring accepts no later result',
      },
      {
        id: 'factor-sign',
        text: 'negative: negative !== summand.negative,',
        wrong: 'negative: summand.negative,',
        promise: 'a difference inside a difference is a sum',
      },
    ],
  },
  {
    file: 'src/passes/balance.ts',
    tests: ['test/passes/passes.test.ts'],
    errors: [
      {
        id: 'balance-later',
        text: 'return built !== undefined && this.#level(built) <= this.#level(written) ? built : written;',
        wrong: 'return built ?? written;',
        promise: 'balance accepts no later result',
      },
      {
        id: 'balance-negative',
        text: "return negative ? this.#builder.apply({ kind: 'neg' }, [sum]) : sum;",
        wrong: 'return sum;',
        promise: 'a sum of negative terms only is negative',
      },
    ],
  },
  {
    file: 'src/passes/linear.ts',
    tests: ['test/passes/passes.test.ts'],
    errors: [
      {
        id: 'linear-later',
        text: 'left.length < before && isInTime)',
        wrong: 'left.length < before)',
        promise: 'linear accepts no later result',
      },
      {
        id: 'linear-negative',
        text: 'note(id, negative ? negate(factor) : factor);',
        wrong: 'note(id, factor);',
        promise: 'a subtracted term has a negative factor',
      },
      {
        id: 'linear-alone',
        text: 'if (!this.#arrivals.isUpload(id)) return isAlone && this.#absorber(id, factor) >= 0;',
        wrong: 'if (!this.#arrivals.isUpload(id)) return this.#absorber(id, factor) >= 0;',
        promise: 'a value with other users is not scaled in place',
      },
    ],
  },
  {
    file: 'src/packing/precompute.ts',
    tests: ['test/packing/precompute.test.ts'],
    errors: [
      {
        id: 'precompute-elements',
        text: '    if (sizeOf(shape) > MOST_ELEMENTS) return false;\n',
        wrong: '',
        promise: "the client's limit on elements",
      },
      {
        id: 'precompute-products',
        text: 'return sizeOf(extents) <= MOST_PRODUCTS;',
        wrong: 'return true;',
        promise: "the client's limit on products",
      },
      {
        id: 'precompute-linear',
        text: '|| this.#linear[id] ||',
        wrong: '||',
        promise: 'the client uploads nothing that the server adds as well',
      },
    ],
  },
  {
    file: 'src/ir/arrival.ts',
    tests: ['test/ir/analysis.test.ts'],
    errors: [
      {
        id: 'arrival-free',
        text: 'return integer !== undefined && Math.abs(integer) <= MAX_FREE_FACTOR;',
        wrong: 'return integer !== undefined;',
        promise: 'a large integer factor takes a level',
      },
      {
        id: 'arrival-latest',
        text: 'if (a.level >= b.level && a.depth >= b.depth) return a;',
        wrong: 'if (a.level >= b.level) return a;',
        promise: 'the depth of a value is that of its deepest operand',
      },
    ],
  },
  {
    file: 'src/ir/degree.ts',
    tests: ['test/ir/analysis.test.ts'],
    errors: [
      {
        id: 'degree-bound',
        text: 'return inUploads > 1n ? (inUploads - 1n).toString(2).length : 0;',
        wrong: 'return inUploads > 1n ? inUploads.toString(2).length : 0;',
        promise: 'the bound on the depth is ⌈log2 degree⌉',
      },
      {
        id: 'degree-pairs',
        text: 'return (degree + 1n) / 2n;',
        wrong: 'return degree / 2n;',
        promise: 'an odd degree takes one more product of a pair',
      },
    ],
  },
  {
    file: 'src/plan-files/validate-plan.ts',
    tests: ['test/plan-files/rules.test.ts'],
    errors: [
      {
        id: 'plan-first',
        text: 'requireRule(first >= 0 && last < product(shape)',
        wrong: 'requireRule(last < product(shape)',
        promise: 'a map reads nothing before the data',
      },
      {
        id: 'plan-last',
        text: 'requireRule(first >= 0 && last < product(shape)',
        wrong: 'requireRule(first >= 0 && last <= product(shape)',
        promise: 'a map reads nothing behind the data',
      },
      {
        id: 'plan-sign',
        text: 'requireRule(Math.log2(magnitude) < bits - 1,',
        wrong: 'requireRule(Math.log2(magnitude) < bits,',
        promise: 'a number and its sign fit the modulus',
      },
      {
        id: 'plan-spanned',
        text: 'filled <= slots && slotsSpanned(map) <= slots,',
        wrong: 'filled <= slots,',
        promise: 'a map writes nothing behind the vector',
      },
      {
        id: 'plan-filled',
        text: 'filled <= slots && slotsSpanned(map) <= slots,',
        wrong: 'slotsSpanned(map) <= slots,',
        promise: 'a map takes no more time than the vector is long',
      },
      {
        id: 'plan-strides',
        text: 'map.fromStrides.length === axes && map.strides.length === axes,',
        wrong: 'map.strides.length === axes,',
        promise: 'a stride for each axis',
      },
      {
        id: 'plan-secrecy',
        text: 'requireRule(isRight, `',
        wrong: 'requireRule(true, `',
        promise: 'an upload reads cipher inputs only',
      },
      {
        id: 'plan-twice',
        text: '      requireRule(isRead[element] === 0,',
        wrong: '      requireRule(true,',
        promise: 'each element of an output is read once',
      },
      {
        id: 'plan-cover',
        text: 'requireRule(count === size,',
        wrong: 'requireRule(count <= size,',
        promise: 'each element of an output is read',
      },
      {
        id: 'plan-scale',
        text: 'Math.abs(below / defined(scales[i]) - 1) < SCALE_TOLERANCE,',
        wrong: 'true,',
        promise: 'scales follow from their primes',
      },
      {
        id: 'plan-steps',
        text: 'requireRule(op.steps < plan.slots,',
        wrong: 'requireRule(op.steps <= plan.slots,',
        promise: 'an offset is below the number of slots',
      },
      {
        id: 'plan-factor-integer',
        text: 'Math.abs(factor.data) < LARGEST_INTEGER;',
        wrong: 'true;',
        promise: 'a factor at scale one is below 2^31',
      },
      {
        id: 'plan-range',
        text: 'requireRule(range[0] <= range[1],',
        wrong: 'requireRule(true,',
        promise: 'a range is not empty',
      },
      {
        id: 'plan-batchable',
        text: 'requireRule(!batchable || rotated < 0,',
        wrong: 'requireRule(true,',
        promise: 'a plan that rotates is not batchable',
      },
      {
        id: 'plan-slots',
        text: 'return inHalves ? params.polyModulusDegree / 2 : params.polyModulusDegree;',
        wrong: 'return params.polyModulusDegree;',
        promise: 'a vector has N/2 slots',
      },
      {
        id: 'plan-upload-factor',
        text: '* magnitudeOf(op.factor ?? 1);',
        wrong: ';',
        promise: 'an upload times its factor fits the modulus',
      },
    ],
  },
  {
    file: 'src/plan-files/validate-modulus.ts',
    tests: ['test/plan-files/rules.test.ts'],
    errors: [
      {
        id: 'plan-repeated',
        text: "  requireRule(new Set(primes).size === primes.length, 'a prime occurs twice', at('coeffModulus'));\n",
        wrong: '',
        promise: 'repeated primes',
      },
      {
        id: 'plan-composite',
        text: 'requireRule(isPrime(prime), ',
        wrong: 'requireRule(true, ',
        promise: 'composite primes',
      },
      {
        id: 'plan-secure',
        text: '    isSecure(degree, bits, securityBits),\n    `',
        wrong: '    true,\n    `',
        promise: 'a plan is as secure as it says',
      },
      {
        id: 'plan-ntt',
        text: 'requireRule(prime % BigInt(2 * degree) === 1n,',
        wrong: 'requireRule(true,',
        promise: 'primes are 1 modulo 2N',
      },
      {
        id: 'plan-base',
        text: 'requireRule(levels >= 0,',
        wrong: 'requireRule(true,',
        promise: 'base primes and the special one',
      },
      {
        id: 'plan-top',
        text: "const isReached = !('level' in op) || op.level <= top;",
        wrong: 'const isReached = true;',
        promise: 'no operation is above the highest level',
      },
    ],
  },
  {
    file: 'src/plan-files/validate-integers.ts',
    tests: ['test/plan-files/rules.test.ts'],
    errors: [
      {
        id: 'plan-t-below',
        text: '    primes.every((prime) => BigInt(t) < prime),\n',
        wrong: '    true,\n',
        promise: 't is below all primes',
      },
      {
        id: 'plan-t-slots',
        text: "    encoding === 'coefficients' || hasSlots(t, degree),\n",
        wrong: '    true,\n',
        promise: 't has slots',
      },
      {
        id: 'plan-gathered',
        text: 'requireRule(keeps || !reads,',
        wrong: 'requireRule(true,',
        promise: 'nothing is computed with gathered values',
      },
      {
        id: 'plan-gather-slots',
        text: 'requireRule(op.args.length <= slots,',
        wrong: 'requireRule(true,',
        promise: 'no more numbers than slots',
      },
      {
        id: 'plan-integers',
        text: "requireRule(numbers.every(Number.isSafeInteger), 'a",
        wrong: "requireRule(true, 'a",
        promise: 'constants are exact integers',
      },
    ],
  },
  {
    file: 'src/plan-files/validate-precomputed.ts',
    tests: ['test/plan-files/rules.test.ts'],
    errors: [
      {
        id: 'plan-client-degree',
        text: 'requireRule(degree <= MOST_DEGREE,',
        wrong: 'requireRule(true,',
        promise: 'the client computes polynomials of degree 2',
      },
      {
        id: 'plan-client-order',
        text: 'const isEarlier = op.args.every((arg) => arg < at);',
        wrong: 'const isEarlier = op.args.every((arg) => arg <= at);',
        promise: 'operands of the client are earlier values',
      },
      {
        id: 'plan-client-pow',
        text: 'return op.exponent * defined(operands[0]);',
        wrong: 'return defined(operands[0]);',
        promise: 'a power multiplies the degree',
      },
      {
        id: 'plan-client-named',
        text: 'requireRule(!named.has(name) && !known.has(name),',
        wrong: 'requireRule(!named.has(name),',
        promise: 'a value has no name of an input',
      },
    ],
  },
  {
    file: 'src/backends/seal/key-cache.ts',
    tests: ['test/backends/key-cache.test.ts'],
    errors: [
      {
        id: 'keys-furthest',
        text: 'this.#distance(b, at) > this.#distance(a, at) ? b : a',
        wrong: 'this.#distance(b, at) < this.#distance(a, at) ? b : a',
        promise: 'the key whose next use is furthest is evicted',
      },
      {
        id: 'keys-next-run',
        text: 'this.#runLength + (indices[0] ?? 0)',
        wrong: 'Number.POSITIVE_INFINITY',
        promise: 'after its last use a key is used in the next run',
      },
      {
        id: 'keys-now',
        text: 'indices.find((index) => index > at)',
        wrong: 'indices.find((index) => index >= at)',
        promise: 'the next use of a key is after this one',
        equivalent: 'the key that is used now is not loaded, so it is not among those to evict',
      },
      {
        id: 'keys-format',
        text: "if (!isSavedKey(saved, format)) throw new ShoalError('bad-file', refusal, location);",
        wrong: '',
        promise: 'SEAL reads no key of another format',
        tests: ['test/backends/keys.test.ts'],
      },
      {
        id: 'keys-room',
        text: '(this.#capacities.get(level) ?? Number.POSITIVE_INFINITY)',
        wrong: '(this.#capacities.get(level) ?? 1)',
        promise: 'all keys stay where there is room',
      },
    ],
  },
  {
    file: 'src/memory/key-paging.ts',
    tests: ['test/memory/keys.test.ts'],
    errors: [
      {
        id: 'paging-gain',
        text: 'return loadCount(run, count) - loadCount(run, count + 1);',
        wrong: 'return 0;',
        promise: 'memory goes to the level where it saves loads',
      },
      {
        id: 'paging-digits',
        text: 'const digitBytes = 16 * params.polyModulusDegree * (digits + 1);',
        wrong: 'const digitBytes = 16 * params.polyModulusDegree * digits;',
        promise: 'a digit has a residue modulo the special prime, too',
      },
      {
        id: 'paging-count',
        text: 'if (!resident.has(name)) {',
        wrong: 'if (resident.has(name)) {',
        promise: 'a resident key is not loaded again',
      },
    ],
  },
  {
    file: 'src/memory/memory-budget.ts',
    tests: ['test/memory/limits.test.ts'],
    errors: [
      {
        id: 'memory-stored',
        text: 'const storedKeys = keysInFile ? 0 : storedKeysBytes(plan.params, levels);',
        wrong: 'const storedKeys = storedKeysBytes(plan.params, levels);',
        promise: 'keys that stay in a file take no memory',
      },
      {
        id: 'memory-jobs',
        text: '(machine - storedKeys) / jobs',
        wrong: 'machine - storedKeys',
        promise: 'workers share the machine',
      },
      {
        id: 'memory-heap',
        text: 'heap: Math.min(bytes, LARGEST_HEAP_BYTES)',
        wrong: 'heap: bytes',
        promise: 'WebAssembly addresses 4 GiB',
      },
      {
        id: 'memory-total',
        text: 'total: storedKeys + jobs * whole.heap',
        wrong: 'total: storedKeys + whole.heap',
        promise: 'each worker has a heap',
      },
    ],
  },
  {
    file: 'src/memory/memory-pool.ts',
    tests: ['test/memory/keys.test.ts'],
    errors: [
      {
        id: 'pool-peaks',
        text: 'if (live > (this.#peaks.get(size) ?? 0)) this.#peaks.set(size, live);',
        wrong: 'this.#peaks.set(size, live);',
        promise: 'a pool never shrinks',
      },
      {
        id: 'pool-growth',
        text: 'const BATCH_GROWTH = 1.05;',
        wrong: 'const BATCH_GROWTH = 1;',
        promise: 'batches of the pool grow',
      },
    ],
  },
  {
    file: 'src/backends/seal/saved-formats.ts',
    tests: ['test/backends/saved-formats.test.ts'],
    errors: [
      {
        id: 'saved-correction',
        text: '    (!isCorrected || isNumber(view, at + CORRECTION_OFFSET, 1)) &&\n',
        wrong: '',
        promise: 'no foreign correction factor',
      },
      {
        id: 'saved-scale',
        text: '    view.getFloat64(at + 73, true) === scale &&\n',
        wrong: '',
        promise: 'no foreign scale',
      },
      {
        id: 'saved-parms',
        text: '    isParmsId(view, at + 16, parmsId) &&\n',
        wrong: '',
        promise: 'no foreign parameters',
      },
      {
        id: 'saved-size',
        text: '    isNumber(view, at + 49, size) &&\n',
        wrong: '',
        promise: 'no foreign number of polynomials',
      },
      {
        id: 'saved-array',
        text: '    isNumber(view, at + ARRAY_OFFSET + 16, count) &&\n',
        wrong: '',
        promise: 'no foreign length of the array',
      },
      {
        id: 'saved-compression',
        text: '    view.getUint8(at + 5) === 0 &&\n',
        wrong: '',
        promise: 'nothing is decompressed',
      },
      {
        id: 'saved-version',
        text: '    view.getUint8(at + 3) === VERSION.major &&\n',
        wrong: '',
        promise: "the form of SEAL's version",
      },
      {
        id: 'saved-high-half',
        text: '    view.getUint32(at + 4, true) === Math.floor(value / 2 ** 32)\n',
        wrong: '    true\n',
        promise: 'sizes are 64 bits long',
      },
      {
        id: 'saved-key-entries',
        text: '    isNumber(view, HEADER_BYTES + 32, entryCount(format));',
        wrong: '    true;',
        promise: 'no foreign number of entries',
      },
      {
        id: 'saved-secret-scale',
        text: '    view.getFloat64(HEADER_BYTES + 40, true) === 1 &&\n',
        wrong: '',
        promise: 'no foreign scale of a secret key',
      },
      {
        id: 'saved-rotation',
        text: 'element = (3 * element) % (2 * degree);',
        wrong: 'element = (5 * element) % (2 * degree);',
        promise: 'a key of a rotation is that of its offset',
      },
    ],
  },
  {
    file: 'src/verify/equivalence.ts',
    tests: ['test/verify/equivalence.test.ts'],
    errors: [
      {
        id: 'verify-second-output',
        text: 'for (const name of outputs.keys()) return',
        wrong: 'for (const name of [] as string[]) return',
        promise: 'verify sees outputs that only the second circuit has',
      },
      {
        id: 'verify-second-input',
        text: 'for (const name of other.keys()) return',
        wrong: 'for (const name of [] as string[]) return',
        promise: 'verify sees inputs that only the second circuit has',
      },
      {
        id: 'verify-points',
        text: 'return perPoint ** points;',
        wrong: 'return perPoint;',
        promise: 'each point lowers the error probability',
      },
      {
        id: 'verify-shape',
        text: '    if (!sameShape(shape, twin.shape))\n',
        wrong: '    if (false)\n',
        promise: 'inputs have the same shape',
      },
    ],
  },
  {
    file: 'src/verify/counterexample.ts',
    tests: ['test/verify/equivalence.test.ts'],
    errors: [
      {
        id: 'verify-modulo',
        text: 'if (modulus === undefined) fallback ??= found;',
        wrong: 'fallback ??= found;',
        promise: 'a counterexample differs modulo t',
      },
      {
        id: 'verify-decimals',
        text: 'modulus === undefined ? NUMBER_SETS : NUMBER_SETS.filter(({ decimals }) => decimals === 0);',
        wrong: 'NUMBER_SETS;',
        promise: 'a counterexample modulo t has integers',
      },
      {
        id: 'verify-element',
        text: 'const element = data.findIndex((value, i) => value !== other[i]);',
        wrong: 'const element = data[0] !== other[0] ? 0 : -1;',
        promise: 'every element is compared',
      },
    ],
  },
  {
    file: 'src/verify/degree-limit.ts',
    tests: ['test/verify/equivalence.test.ts'],
    errors: [
      {
        id: 'verify-degree',
        text: 'return of(args[0]) + of(args[1]);',
        wrong: 'return Math.max(of(args[0]), of(args[1]));',
        promise: 'a product adds the degrees',
      },
      {
        id: 'verify-cleared',
        text: 'cleared += sizeOf(node.shape) * denominator;',
        wrong: 'cleared += denominator;',
        promise: 'every element of a divisor is a denominator',
      },
    ],
  },
  {
    file: 'src/files/container-checks.ts',
    tests: ['test/client-server/forged.test.ts'],
    errors: [
      {
        id: 'files-facts',
        text: 'if (isSame && sameBytes(parameters, identity.parameters)) return;',
        wrong: 'if (sameBytes(parameters, identity.parameters)) return;',
        promise: 'facts of a file are those of its plan',
      },
      {
        id: 'files-parameters',
        text: 'if (isSame && sameBytes(parameters, identity.parameters)) return;',
        wrong: 'if (isSame) return;',
        promise: 'parameters of a file are those of its plan',
      },
      {
        id: 'files-key-set',
        text: 'if (sameBytes(header.keys, keys)) return;',
        wrong: 'return;',
        promise: 'files of one client belong together',
        tests: ['test/client-server/refusals.test.ts'],
      },
      {
        id: 'files-plan',
        text: 'if (!sameBytes(plan, identity.plan)) {',
        wrong: 'if (false) {',
        promise: 'files belong to one plan',
        tests: ['test/client-server/refusals.test.ts'],
      },
    ],
  },
  {
    file: 'src/cli/run-eval.ts',
    tests: ['test/cli/statuses.test.ts'],
    errors: [
      {
        id: 'status-promise',
        text: 'status: errors.length > 0 ? 3 :',
        wrong: 'status: errors.length > 0 ? 1 :',
        promise: 'exit status 3 of error-bound-exceeded',
      },
      {
        id: 'status-vectors',
        text: 'summary && summary.failed > 0 ? 1 : 0',
        wrong: '0',
        promise: 'exit status 1 of failing vectors',
      },
    ],
  },
  {
    file: 'src/cli/terminal.ts',
    tests: ['test/cli/statuses.test.ts'],
    errors: [
      {
        id: 'status-full-disk',
        text: '      process.exitCode = 3;\n',
        wrong: '',
        promise: 'exit status 3 of a full disk behind standard output',
      },
    ],
  },
  {
    file: 'src/data/inputs.ts',
    tests: ['test/data/ranges.test.ts'],
    errors: [
      {
        id: 'data-range',
        text: 'x < low || x > high',
        wrong: 'x > high',
        promise: 'data outside their range are refused',
      },
      {
        id: 'data-exact',
        text: '!Number.isSafeInteger(x)) ?? -1',
        wrong: '!Number.isInteger(x)) ?? -1',
        promise: 'integers are exact in float64',
      },
    ],
  },
  {
    file: 'src/report/vector-results.ts',
    tests: ['test/report/differences.test.ts'],
    errors: [
      {
        id: 'vectors-nan',
        text: 'if (!(Math.abs(value - wanted) <= allowed)) {',
        wrong: 'if (Math.abs(value - wanted) > allowed) {',
        promise: 'what is no number misses its vector',
      },
      {
        id: 'vectors-relative',
        text: 'tolerance * Math.max(1, Math.abs(wanted))',
        wrong: 'tolerance * Math.abs(wanted)',
        promise: 'a tolerance is absolute below 1',
      },
    ],
  },
  {
    file: 'src/report/deviations.ts',
    tests: ['test/report/differences.test.ts'],
    errors: [
      {
        id: 'deviation-nan',
        text: 'return Number.isFinite(b) ? Math.max(a, b) : Number.MAX_VALUE;',
        wrong: 'return Number.isFinite(b) ? Math.max(a, b) : a;',
        promise: 'no number is the largest error',
      },
      {
        id: 'deviation-exact',
        text: 'SCHEMES[plan.scheme].isExact ? 0 : FLOAT_TOLERANCE',
        wrong: 'FLOAT_TOLERANCE',
        promise: 'integers have no tolerance',
      },
    ],
  },
  {
    file: 'src/tensor/exact.ts',
    tests: ['test/tensor/exact.test.ts', 'test/check/builtins.test.ts'],
    errors: [
      {
        id: 'exact-floor',
        text: 'Math.floor(integerOf(a) ?? a.value)',
        wrong: 'Math.floor(a.value)',
        promise: 'floor(0.1*30) is 3',
      },
      {
        id: 'exact-zero',
        text: 'return a.residue === 0n;',
        wrong: 'return a.value === 0;',
        promise: '0.1 + 0.2 - 0.3 is exactly 0',
      },
      {
        id: 'exact-integer',
        text: 'return reduce(BigInt(rounded)) === a.residue ? rounded + 0 : undefined;',
        wrong: 'return rounded + 0;',
        promise: 'only an integer is one',
      },
      {
        id: 'exact-decimal',
        text: 'const shift = BigInt(exponent) - BigInt(fraction.length);',
        wrong: 'const shift = BigInt(exponent) + BigInt(fraction.length);',
        promise: 'decimals shift to the right',
      },
    ],
  },
  {
    file: 'src/tensor/modular.ts',
    tests: ['test/tensor/modular.test.ts'],
    errors: [
      {
        id: 'modular-large',
        text: 'if (product <= Number.MAX_SAFE_INTEGER) return product % t;',
        wrong: 'if (product <= 2 ** 60) return product % t;',
        promise: 'products above 2^53 are exact',
      },
      {
        id: 'modular-add',
        text: '(a >= t - b ? a - (t - b) : a + b)',
        wrong: '(a + b) % t',
        promise: 'sums above 2^53 are exact',
      },
      {
        id: 'modular-centered',
        text: 'return residue > modulus / 2 ? residue - modulus : residue;',
        wrong: 'return residue >= modulus / 2 ? residue - modulus : residue;',
        promise: 'the representative nearest to 0',
      },
    ],
  },
  {
    file: 'src/tensor/interval.ts',
    tests: ['test/schemes/ranges.test.ts'],
    errors: [
      {
        id: 'interval-square',
        text: 'if (a[0] < 0 && a[1] > 0) return [0, high];',
        wrong: 'if (a[0] < 0 && a[1] > 0) return [low, high];',
        promise: 'a square is not negative',
      },
      {
        id: 'interval-inverse',
        text: '  if (a[0] < 0 && a[1] > 0) return [Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY];\n',
        wrong: '',
        promise: 'an inverse near 0 has no bound',
      },
    ],
  },
  {
    file: 'src/plan/slot-machine.ts',
    tests: ['test/plan/slot-machine.test.ts'],
    errors: [
      {
        id: 'machine-subtract',
        text: "const term = operation === 'add' ? b : -b;",
        wrong: 'const term = b;',
        promise: 'a number is subtracted',
      },
      {
        id: 'machine-factor',
        text: 'const times = (a: number, b: number) => ring.multiply(a, ring.residue(b));',
        wrong: 'const times = (a: number, b: number) => ring.multiply(a, b);',
        promise: 'a negative factor modulo t',
        tests: ['test/plan/slot-machine.test.ts', 'test/plan/integers.test.ts'],
      },
      {
        id: 'machine-gather',
        text: 'to[block * slots + i] =',
        wrong: 'to[i] =',
        promise: 'numbers are gathered in their block',
        tests: ['test/plan/slot-machine.test.ts'],
      },
    ],
  },
  {
    file: 'src/plan/worker-shares.ts',
    tests: ['test/plan/share.test.ts'],
    errors: [
      {
        id: 'shares-unread',
        text: 'const ends = worker === 0 ? [...outputs, ...unread] : outputs;',
        wrong: 'const ends = outputs;',
        promise: 'values that nothing reads are computed once',
      },
      {
        id: 'shares-owner',
        text: 'if (owner === worker || isReplicated(defined(plan.ops[arg]))) continue;',
        wrong: 'if (owner === worker) continue;',
        promise: 'uploads are not sent between workers',
      },
    ],
  },
  {
    file: 'src/plan/shared-rotations.ts',
    tests: ['test/plan/shared-rotations.test.ts'],
    errors: [
      {
        id: 'rotations-signed',
        text: 'rest += negative ? 1 : -1;',
        wrong: 'rest += -1;',
        promise: 'a signed power of two carries',
      },
      {
        id: 'rotations-level',
        text: 'rotate(value, steps, op.level)',
        wrong: 'rotate(value, steps, 0)',
        promise: 'the parts of a rotation have its level',
      },
    ],
  },
  {
    file: 'src/plan/liveness.ts',
    tests: ['test/plan/slot-machine.test.ts', 'test/plan/share.test.ts', 'test/plan/slots.test.ts'],
    errors: [
      {
        id: 'liveness-output',
        text: 'for (const value of outputs) last[value] = order.length;',
        wrong: '',
        promise: 'an output is not freed',
      },
    ],
  },
  {
    file: 'src/plan/operand-rules.ts',
    tests: ['test/schemes/scales.test.ts', 'test/schemes/integers/levels.test.ts'],
    errors: [
      {
        id: 'operands-earlier',
        text: "if (!args.every((arg) => arg < at)) return 'an operand is not an earlier value';",
        wrong: '',
        promise: 'operands are earlier values',
      },
      {
        id: 'operands-above',
        text: 'all((level) => level > op.level)',
        wrong: 'all((level) => level >= op.level)',
        promise: 'a value is lowered from a higher level',
      },
      {
        id: 'operands-relinearized',
        text: 'defined(sizes[arg]) <= takes',
        wrong: 'defined(sizes[arg]) <= 3',
        promise: 'factors are relinearized',
      },
    ],
  },
  {
    file: 'src/plan/slot-maps.ts',
    tests: [
      'test/plan/slots.test.ts',
      'test/plan/outputs.test.ts',
      'test/schemes/ranges.test.ts',
      'test/plan-files/rules.test.ts',
    ],
    errors: [
      {
        id: 'maps-outside',
        text: "if (value === undefined) throw new RangeError('slot map reads outside its input');",
        wrong: '',
        promise: 'a map that reads outside its input is an error',
      },
      {
        id: 'maps-span-copies',
        text: 'return map.copies.reduce((sum, copy) => sum + (copy.count - 1) * copy.stride, box) + 1;',
        wrong: 'return box + 1;',
        promise: 'copies are part of the slots that a map needs',
      },
    ],
  },
  {
    file: 'src/schemes/primes.ts',
    tests: ['test/schemes/primes.test.ts'],
    errors: [
      {
        id: 'primes-witness',
        text: 'const WITNESSES: readonly bigint[] = [2n, 325n, 9375n, 28178n, 450775n, 9780504n, 1795265022n];',
        wrong: 'const WITNESSES: readonly bigint[] = [2n];',
        promise: 'the test of primes is exact',
      },
      {
        id: 'primes-bits',
        text: 'const least = 1n << BigInt(bits - 1);',
        wrong: 'const least = 1n << BigInt(bits - 2);',
        promise: 'a prime has exactly the bits',
      },
    ],
  },
  {
    file: 'src/schemes/integers/level-integers.ts',
    tests: ['test/schemes/integers/levels.test.ts'],
    errors: [
      {
        id: 'integer-levels-least',
        text: 'if (needed[value] === 1 && this.#rules.budget(cipher) < leastBudget) return undefined;',
        wrong: '',
        promise: 'parameters leave every output a budget',
      },
      {
        id: 'integer-levels-room',
        text: "    if (op.op !== 'mul') return lowest;\n",
        wrong: '    return lowest;\n',
        promise: 'factors are switched down before they are multiplied',
      },
    ],
  },
  {
    file: 'src/schemes/ckks/legalize.ts',
    tests: ['test/schemes/legalize.test.ts'],
    errors: [
      {
        id: 'legalize-relinearize',
        text: "    if (polynomials === 3) settled = this.#push({ op: 'relinearize', args: [settled], level });\n",
        wrong: '',
        promise: 'products are relinearized',
      },
      {
        id: 'legalize-sign',
        text: "const op = a.sign === b.sign ? 'add' : 'sub';",
        wrong: "const op = 'add';",
        promise: 'terms of different signs are subtracted',
      },
      {
        id: 'legalize-shared',
        text: 'const made = byLevel.get(level) ?? this.#push({ op, args: [id], level });',
        wrong: 'const made = this.#push({ op, args: [id], level });',
        promise: 'a lowered value is shared',
      },
    ],
  },
  {
    file: 'src/syntax/parser.ts',
    tests: ['test/syntax/parse.test.ts', 'test/check/language.test.ts'],
    errors: [
      {
        id: 'parser-power',
        text: '      this.CONSUME(t.CaretToken);\n      return this.SUBRULE(this.unary);',
        wrong: '      this.CONSUME(t.CaretToken);\n      return this.SUBRULE(this.primary);',
        promise: 'an exponent may have a sign and a power',
      },
      {
        id: 'parser-open-slice',
        text: "slice ? { kind: 'slice', from: at, ...slice, span }",
        wrong: "slice ? { kind: 'slice', ...slice, span }",
        promise: 'a slice begins where it says',
      },
    ],
  },
  {
    file: 'src/syntax/tokens.ts',
    tests: ['test/syntax/parse.test.ts', 'test/syntax/errors.test.ts'],
    errors: [
      {
        id: 'tokens-exponent',
        text: 'pattern: /[0-9]+(?:\\.[0-9]+)?(?:[eE][+-]?[0-9]+)?/,\n  longer_alt',
        wrong: 'pattern: /[0-9]+(?:\\.[0-9]+)?(?:[eE][0-9]+)?/,\n  longer_alt',
        promise: '1e-3 is a number',
      },
    ],
  },
  {
    file: 'src/check/shape-functions.ts',
    tests: ['test/check/shapes.test.ts', 'test/check/builtins.test.ts'],
    errors: [
      {
        id: 'shapes-axis',
        text: '(axis >= 0 && axis < shape.length)) return axis;',
        wrong: '(axis >= 0 && axis <= shape.length)) return axis;',
        promise: 'an axis that a tensor lacks is refused',
      },
      {
        id: 'shapes-kron',
        text: 'lhs: axes.map((axis) => 2 * axis),',
        wrong: 'lhs: axes.map((axis) => 2 * axis + 1),',
        promise: 'a Kronecker product has blocks of the second operand',
      },
    ],
  },
  {
    file: 'src/check/builtins.ts',
    tests: ['test/check/builtins.test.ts'],
    errors: [
      {
        id: 'builtins-outer',
        text: 'lhs: [0], rhs: [1], rank: 2 }',
        wrong: 'lhs: [1], rhs: [0], rank: 2 }',
        promise: 'rows of an outer product are those of the first vector',
      },
      {
        id: 'builtins-horner',
        text: 'for (let i = degree - 1; i >= 0 && value; i--) {',
        wrong: 'for (let i = degree - 1; i > 0 && value; i--) {',
        promise: 'a polynomial has its constant term',
      },
    ],
  },
  {
    file: 'src/check/value-operations.ts',
    tests: [
      'test/check/language.test.ts',
      'test/check/products.test.ts',
      'test/check/diagnostics.test.ts',
    ],
    errors: [
      {
        id: 'values-negative-exponent',
        text: 'if (exponent === 0) return this.broadcast(constantValue(scalar(exact.ONE)), base.shape, span);',
        wrong: 'if (exponent === 0) return constantValue(scalar(exact.ONE));',
        promise: 'x^0 has the shape of x',
      },
      {
        id: 'values-stretched',
        text: 'extent === 1 && shape[axis + offset] !== 1',
        wrong: 'extent === 1',
        promise: 'an axis of extent 1 stays where both have it',
      },
      {
        id: 'values-finite',
        text: 'if (tensor.data.every((x) => Number.isFinite(x.value))) return constantValue(tensor);',
        wrong: 'return constantValue(tensor);',
        promise: 'a constant that overflows is refused',
      },
      {
        id: 'values-plain-secrecy',
        text: "arg.kind === 'wire' && arg.secrecy === 'cipher'",
        wrong: "arg.kind === 'wire'",
        promise: 'a product of plain values is plain',
      },
      {
        id: 'values-integer',
        text: '    if (fraction) this.#refuseConstant(fraction, name, span);\n',
        wrong: '',
        promise: 'a fraction modulo t is refused',
      },
    ],
  },
  {
    file: 'src/tensor/op.ts',
    tests: ['test/tensor/op.test.ts', 'test/check/language.test.ts', 'test/check/products.test.ts'],
    errors: [
      {
        id: 'tensor-slice',
        text: 'sum + start * at(strides, axis), 0)',
        wrong: 'sum + start, 0)',
        promise: 'a slice begins at its rows',
      },
      {
        id: 'tensor-rotate',
        text: 'const cut = ((op.steps % n) + n) % n;',
        wrong: 'const cut = (n - (op.steps % n)) % n;',
        promise: 'a rotation goes to the left',
      },
      {
        id: 'tensor-strides',
        text: 'byLabel[label] = at(byLabel, label) + at(strides, axis);',
        wrong: 'byLabel[label] = at(strides, axis);',
        promise: 'a repeated label is a diagonal',
        equivalent: 'no operation has one label twice on one side',
      },
      {
        id: 'tensor-sum',
        text: 'filter((axis) => !axes.includes(axis)).concat([...axes])',
        wrong: 'filter((axis) => axes.includes(axis)).concat([...axes])',
        promise: 'a sum keeps the other axes',
        tests: ['test/check/builtins.test.ts'],
      },
    ],
  },
  {
    file: 'src/backends/seal/evaluator.ts',
    tests: ['test/backends/seal.test.ts'],
    errors: [
      {
        id: 'seal-transparent',
        text: '      if (!cipher.isTransparent()) continue;',
        wrong: '      continue;',
        promise: 'no output can be read without the key',
      },
      {
        id: 'seal-transparent-scale',
        text: '        zero.setScale(cipher.scale());\n',
        wrong: '',
        promise: 'an encryption of zero has the scale of the output',
      },
      {
        id: 'seal-last-use',
        text: 'if (cipher === undefined || this.#last[arg] !== index) continue;',
        wrong: 'if (cipher === undefined) continue;',
        promise: 'a value that is still needed is not overwritten',
      },
      {
        id: 'seal-abort',
        text: '        watch.signal?.throwIfAborted();\n',
        wrong: '',
        promise: 'an evaluation ends when it is interrupted',
      },
    ],
  },
  {
    file: 'src/backends/seal/ckks-evaluator.ts',
    tests: ['test/backends/seal.test.ts'],
    errors: [
      {
        id: 'seal-scale-check',
        text: 'if (!(difference < SCALE_TOLERANCE)) {',
        wrong: 'if (difference > 1e9) {',
        promise: 'a scale that is off is an error',
        tests: ['test/backends/seal.test.ts', 'test/backends/random-plan.test.ts'],
        equivalent: 'the scales of plans follow from their primes, so the check never fires',
      },
      {
        id: 'seal-switch',
        text: 'if (from === level) return a;',
        wrong: 'return a;',
        promise: 'a factor of a higher level is switched down',
      },
    ],
  },
  {
    file: 'src/backends/seal/plaintexts.ts',
    tests: ['test/backends/seal.test.ts', 'test/backends/random-plan.test.ts'],
    errors: [
      {
        id: 'seal-uniform',
        text: 'for (let i = 1; i < value.length; i++) if (value[i] !== first) return undefined;',
        wrong: '',
        promise: 'a vector is not encoded as one number',
      },
    ],
  },
  {
    file: 'src/client-server/upload-runs.ts',
    tests: ['test/client-server/round-trip.test.ts', 'test/client-server/refusals.test.ts'],
    errors: [
      {
        id: 'uploads-missing',
        text: '    if (missing.length === 0) continue;',
        wrong: '    continue;',
        promise: 'every run has all inputs',
      },
    ],
  },
  {
    file: 'src/client-server/container-heads.ts',
    tests: ['test/client-server/upload-inputs.test.ts'],
    errors: [
      {
        id: 'uploads-precomputed',
        text: 'if (plan.precomputed && inputs.length < required.length) {',
        wrong: 'if (false) {',
        promise: 'one client computes products of its inputs',
      },
      {
        id: 'heads-whole',
        text: "op.op === 'upload' && (isWhole || inputs.has(op.input))",
        wrong: "op.op === 'upload' && inputs.has(op.input)",
        promise: 'values that the client computes are uploaded',
      },
    ],
  },
  {
    file: 'src/plan/clear-ops.ts',
    tests: ['test/plan/clear-ops.test.ts'],
    errors: [
      {
        id: 'clear-least',
        text: '      if (Math.abs(x) < least) {',
        wrong: '      if (x < least) {',
        promise: 'a negative divisor is one',
      },
      {
        id: 'clear-filled',
        text: 'for (const slot of filled) {',
        wrong: 'for (let slot = 0; slot < data.slots; slot++) {',
        promise: 'zeros beside a divisor are not inverted',
      },
    ],
  },
  {
    file: 'src/ir/evaluate-circuit.ts',
    tests: ['test/check/language.test.ts', 'test/verify/equivalence.test.ts'],
    errors: [
      {
        id: 'evaluate-factor',
        text: 'if (equal(factor, ONE)) return value;',
        wrong: 'return value;',
        promise: 'the factor of an output is part of its value',
        tests: [
          'test/ir/analysis.test.ts',
          'test/passes/passes.test.ts',
          'test/compile/compile.test.ts',
        ],
      },
    ],
  },
  {
    file: 'src/cost/schedule.ts',
    tests: ['test/cost/schedule.test.ts'],
    errors: [
      {
        id: 'schedule-peak',
        text: 'if (countDown(unread, operand) === 0) live -= defined(tasks[operand]).bytes;',
        wrong: '',
        promise: 'a result is freed after its last use',
      },
    ],
  },
  {
    file: 'src/memory/predict-memory.ts',
    tests: ['test/memory/live.test.ts'],
    errors: [
      {
        id: 'predict-tables',
        text: 'bytes += TABLE_BYTES * params.polyModulusDegree * primes * (primes + 1);',
        wrong: 'bytes += TABLE_BYTES * params.polyModulusDegree * primes;',
        promise: 'tables of every prime of every level',
      },
      {
        id: 'predict-transfer',
        text: 'const TRANSFER_COPIES = 3;',
        wrong: 'const TRANSFER_COPIES = 1;',
        promise: 'copies of a key while it is transferred',
      },
      {
        id: 'predict-digits',
        text: 'digits * (DIGIT_HEAD + 8 * degree * (digits + 1))',
        wrong: 'digits * (DIGIT_HEAD + 8 * degree * digits)',
        promise: 'a stored digit has a residue modulo the special prime',
      },
      {
        id: 'predict-growth',
        text: 'Math.min(HEAP_GROWTH.share * used, HEAP_GROWTH.most)',
        wrong: '0',
        promise: 'a heap grows by more than it needs',
      },
      {
        id: 'predict-jobs',
        text: '    total: storedKeys + jobs * heap,\n',
        wrong: '    total: storedKeys + heap,\n',
        promise: 'each worker has a heap',
      },
    ],
  },
  {
    file: 'src/memory/ckks-live-memory.ts',
    tests: ['test/memory/live.test.ts'],
    errors: [
      {
        id: 'live-upload',
        text: 'this.#pool.borrow([2 * (primes + 1), primes + 1]);',
        wrong: '',
        promise: 'an encryption of zero with one more prime',
      },
      {
        id: 'live-grow',
        text: '    if (capacity > 0) this.#pool.give(capacity);\n',
        wrong: '',
        promise: 'a result that grows frees its old memory',
        equivalent: 'the pool reuses memory of exactly that size, so the peak counts it either way',
      },
      {
        id: 'live-vector',
        text: 'if (!uniform) this.#pool.borrow([this.#plan.params.coeffModulus.length - 1]);',
        wrong: '',
        promise: 'a vector is encoded at the top level first',
      },
      {
        id: 'live-rotate',
        text: '        return [primes, ...switchingTemporaries(primes)];',
        wrong: '        return switchingTemporaries(primes);',
        promise: 'a rotation takes a polynomial more',
      },
    ],
  },
  {
    file: 'src/memory/integer-live-memory.ts',
    tests: ['test/memory/live.test.ts'],
    errors: [
      {
        id: 'live-bfv',
        text: "return scheme === 'bfv' ? [7 * primes, 7 * (primes + 2), 3 * (primes + 2)] : [];",
        wrong: 'return [];',
        promise: 'BFV extends its factors to more primes',
      },
    ],
  },
  {
    file: 'src/files/container-reader.ts',
    tests: ['test/client-server/forged.test.ts'],
    errors: [
      {
        id: 'reader-size',
        text: "  if (size !== BigInt(input.at)) throw damaged(source, 'its end');\n",
        wrong: '',
        promise: 'the size that a file claims is its own',
      },
      {
        id: 'reader-end',
        text: "  if (!sameBytes(trailer.subarray(0, 8), END_MAGIC)) throw damaged(source, 'its end');\n",
        wrong: '',
        promise: 'a file ends as the format says',
      },
      {
        id: 'reader-index',
        text: 'const isValid = type !== undefined && view.getUint32(0, true) === index;',
        wrong: 'const isValid = type !== undefined;',
        promise: 'parts are in their order',
      },
      {
        id: 'reader-zeros',
        text: 'if (!isValid || partHead[5] || partHead[6] || partHead[7]) {',
        wrong: 'if (!isValid) {',
        promise: 'bytes without a meaning are zero',
      },
      {
        id: 'reader-value',
        text: 'if (type === expected.type && run === expected.run && value === expected.value) return;',
        wrong: 'if (type === expected.type && run === expected.run) return;',
        promise: 'a part has the value that its plan requires',
      },
      {
        id: 'reader-run',
        text: 'if (type === expected.type && run === expected.run && value === expected.value) return;',
        wrong: 'if (type === expected.type && value === expected.value) return;',
        promise: 'a part has the run that its plan requires',
      },
      {
        id: 'reader-canonical',
        text: "  if (canonicalJson(parsed.data) !== text) throw bad('its description is not canonical JSON');\n",
        wrong: '',
        promise: 'a description has one form',
      },
      {
        id: 'reader-kind',
        text: "  if (!isOwn) throw bad('its description does not have the fields of its kind');\n",
        wrong: '',
        promise: 'a description has the fields of its kind',
      },
      {
        id: 'reader-trailing',
        text: '  if (rest > 0) {',
        wrong: '  if (rest > 100) {',
        promise: 'nothing follows the end',
        tests: ['test/files/container.test.ts'],
      },
      {
        id: 'reader-changed',
        text: '  if (!sameBytes(hash.digest(), part.checksum)) throw damaged(source, what);\n',
        wrong: '',
        promise: 'a part that was changed since the file was opened',
        tests: ['test/files/container.test.ts'],
      },
      {
        id: 'reader-checksum',
        text: '  if (!sameBytes(hash.digest(), checksum)) throw damaged(source, what);\n',
        wrong: '',
        promise: 'the checksum of a part',
        tests: ['test/files/container.test.ts'],
      },
      {
        id: 'reader-head-checksum',
        text: "  if (!sameBytes(sha256(head), checksum)) throw damaged(source, 'its head');\n",
        wrong: '',
        promise: 'the checksum of the head',
        tests: ['test/files/container.test.ts'],
      },
      {
        id: 'reader-length',
        text: 'const fits = expected ? expected.lengths.includes(length) : length >= LEAST_CONTENTS_BYTES;',
        wrong: 'const fits = expected ? true : length >= LEAST_CONTENTS_BYTES;',
        promise: 'a part has the length that its plan requires',
      },
      {
        id: 'reader-count',
        text: '  if (header.partCount !== count) {',
        wrong: '  if (header.partCount < count) {',
        promise: 'a file has the parts that its plan requires',
        tests: ['test/files/claims.test.ts', 'test/client-server/refusals.test.ts'],
      },
      {
        id: 'reader-chunk',
        text: 'if (length < least || length > most) throw damaged(source, what);',
        wrong: 'if (length > most) throw damaged(source, what);',
        promise: 'chunks have a least size',
        tests: ['test/files/claims.test.ts'],
      },
    ],
  },
  {
    file: 'src/client-server/encrypt-inputs.ts',
    tests: ['test/client-server/forged.test.ts'],
    errors: [
      {
        id: 'client-key-digest',
        text: 'if (sameBytes(sha256(saved), header.keys)) return saved;',
        wrong: 'if (saved) return saved;',
        promise: "a public key's digest is the key set's id",
      },
    ],
  },
  {
    file: 'src/client-server/decrypt-result.ts',
    tests: ['test/client-server/forged.test.ts'],
    errors: [
      {
        id: 'client-finite',
        text: 'if (!numbers.every(Number.isFinite)) {',
        wrong: 'if (numbers.some(Number.isNaN)) {',
        promise: 'an output in the clear is a finite number',
      },
      {
        id: 'client-uploads',
        text: 'if (JSON.stringify(runsIn(header)) === JSON.stringify(expected)) return;',
        wrong: 'return;',
        promise: 'a result comes from the uploads that the client gives',
        tests: ['test/client-server/refusals.test.ts'],
      },
    ],
  },
  {
    file: 'src/cli/plan-data.ts',
    tests: ['test/cli/statuses.test.ts'],
    errors: [
      {
        id: 'warning-group',
        text: 'const OTHERS = 0o077;',
        wrong: 'const OTHERS = 0o007;',
        promise: 'a secret key that a group can read draws a warning',
      },
    ],
  },
  {
    file: 'src/files/plan-identity.ts',
    tests: ['test/client-server/refusals.test.ts'],
    errors: [
      {
        id: 'identity-plan',
        text: 'return sha256(canonicalJson(plan as unknown as Json));',
        wrong: 'return sha256(canonicalJson(plan.params as unknown as Json));',
        promise: 'the digest of a plan covers all of it',
      },
    ],
  },
  {
    file: 'src/files/canonical-json.ts',
    tests: ['test/files/container.test.ts', 'test/client-server/forged.test.ts'],
    errors: [
      {
        id: 'canonical-order',
        text: '    .sort(([a], [b]) => (a < b ? -1 : 1))\n',
        wrong: '',
        promise: 'canonical JSON has its keys in order',
      },
      {
        id: 'canonical-same',
        text: 'return a.length === b.length && a.every((byte, i) => byte === b[i]);',
        wrong: 'return a.every((byte, i) => byte === b[i]);',
        promise: 'bytes of different lengths differ',
        tests: ['test/client-server/forged.test.ts', 'test/files/container.test.ts'],
      },
    ],
  },
  {
    file: 'src/files/whole-file.ts',
    tests: ['test/files/whole-file.test.ts', 'test/cli/write.test.ts'],
    errors: [
      {
        id: 'whole-secret',
        text: 'const mode = secret ? 0o600 : (this.#rights?.mode ?? 0o666);',
        wrong: 'const mode = this.#rights?.mode ?? 0o666;',
        promise: 'only the owner may read a secret key',
        tests: [
          'test/client-server/refusals.test.ts',
          'test/client-server/processes.test.ts',
          'test/files/whole-file.test.ts',
        ],
      },
      {
        id: 'whole-free',
        text: 'else if (!renameToFree(this.#temporary, this.#target)) throw exists(this.path);',
        wrong: 'else renameFile(this.#temporary, this.#target);',
        promise: 'a file that was created meanwhile is not replaced',
      },
      {
        id: 'whole-discard',
        text: '    removeFile(this.#temporary);\n',
        wrong: '',
        promise: 'a discarded file leaves nothing behind',
      },
    ],
  },
  {
    file: 'src/backends/seal/uniform-encoder.ts',
    tests: ['test/backends/uniform-encoder.test.ts'],
    errors: [
      {
        id: 'uniform-negative',
        text: 'const residue = ((whole % prime) + prime) % prime;',
        wrong: 'const residue = whole % prime;',
        promise: 'a negative number has residues',
      },
      {
        id: 'uniform-fits',
        text: '!(Math.abs(coefficient) < modulus / 2)',
        wrong: '!(Math.abs(coefficient) < modulus * 2)',
        promise: 'a number that does not fit is refused',
        tests: ['test/backends/uniform-encoder.test.ts'],
      },
    ],
  },
  {
    file: 'src/report/pareto-front.ts',
    tests: ['test/report/front.test.ts'],
    errors: [
      {
        id: 'front-beaten',
        text: 'return isFirst || a.some((x, i) => x < at(b, i));',
        wrong: 'return isFirst;',
        promise: 'a circuit that another beats is not on the front',
      },
    ],
  },
  {
    file: 'src/syntax/format-source.ts',
    tests: ['test/syntax/format.test.ts'],
    errors: [
      {
        id: 'format-range',
        text: 'return concat([...from, range, ...to, ...step]);',
        wrong: 'return concat([...from, SPACE, range, ...to, ...step]);',
        promise: 'no space in ranges',
      },
      {
        id: 'format-comment',
        text: 'this.#trivia[this.#next]).above.map(({ comment }) => comment);',
        wrong: 'this.#trivia[this.#next]).above.slice(1).map(({ comment }) => comment);',
        promise: 'comments are kept',
      },
    ],
  },
  {
    file: 'src/algebra/paterson-stockmeyer.ts',
    tests: ['test/passes/polynomials.test.ts'],
    errors: [
      {
        id: 'schemes-split',
        text: 'const muls = high.muls + low.muls + 1;',
        wrong: 'const muls = high.muls + low.muls;',
        promise: 'a split takes a product',
      },
      {
        id: 'schemes-new',
        text: 'if (added < fewest) {',
        wrong: 'if (added <= fewest) {',
        promise: 'as few new powers as possible',
        equivalent: 'among splits with as many new powers each is as good',
      },
    ],
  },
  {
    file: 'src/schemes/integers/relinearize.ts',
    tests: ['test/schemes/integers/levels.test.ts', 'test/compile/integers.test.ts'],
    errors: [
      {
        id: 'relinearize-output',
        text: '    valueIds[value] = relinearized(at(valueIds, value), value);',
        wrong: '    valueIds[value] = at(valueIds, value);',
        promise: 'outputs are relinearized',
      },
      {
        id: 'relinearize-shared',
        text: '    if (known !== undefined) return known;\n',
        wrong: '',
        promise: 'a product is relinearized once',
      },
    ],
  },
  {
    file: 'src/schemes/ckks/encodings.ts',
    tests: ['test/schemes/error-terms.test.ts', 'test/backends/random-plan.test.ts'],
    errors: [
      {
        id: 'encodings-power',
        text: 'return isScaled ? factor(value, at(levels, cipher), op.level) : term(value, op.level, 0);',
        wrong: 'return factor(value, at(levels, cipher), op.level);',
        promise: 'a factor at scale one has no scale',
      },
      {
        id: 'encodings-degree',
        text: "if (op.op === 'mulPlain') return op.scale === 'one' ? 0 : 1;",
        wrong: "if (op.op === 'mulPlain') return 0;",
        promise: 'a factor needs headroom for its scale',
        tests: ['test/schemes/scales.test.ts'],
      },
    ],
  },
  {
    file: 'src/backends/seal/operation-check.ts',
    tests: ['test/backends/operation-check.test.ts'],
    errors: [
      {
        id: 'debug-nan',
        text: 'return Number.isNaN(error) ? Number.POSITIVE_INFINITY : error / bound;',
        wrong: 'return error / bound;',
        promise: 'no number is a fault',
      },
      {
        id: 'debug-wrong',
        text: 'if (check.got !== check.expected || check',
        wrong: 'if (check',
        promise: 'a wrong integer is a fault',
      },
      {
        id: 'debug-used-up',
        text: ' || check.measuredBudget === 0)',
        wrong: ')',
        promise: 'a value without noise budget is a fault, even if it is right',
      },
      {
        id: 'debug-budget',
        text: 'return check.measuredBudget - check.predictedBudget;',
        wrong: 'return check.measuredBudget;',
        promise: 'a budget below the predicted one is a fault',
      },
    ],
  },
  {
    file: 'src/backends/seal/checked-evaluation.ts',
    tests: ['test/backends/debug-integers.test.ts'],
    errors: [
      {
        id: 'debug-unneeded',
        text: '    if (this.#needed[index] === 0) return;\n',
        wrong: '',
        promise: 'a value that no output depends on is no fault',
      },
    ],
  },
  {
    file: 'src/backends/seal/client.ts',
    tests: ['test/client-server/noise-budget.test.ts'],
    errors: [
      {
        id: 'decrypt-budget',
        text: 'if (bits <= 0) throw usedUp();',
        wrong: 'if (bits < 0) throw usedUp();',
        promise: 'integers whose noise budget is used up are not decrypted',
      },
    ],
  },
  {
    file: 'src/packing/slots-needed.ts',
    tests: ['test/packing/scalarize.test.ts'],
    errors: [
      {
        id: 'scalars-slots',
        text: 'nodes, outputs }: Circuit): number {\n  const sizes = outputs.map(({ node }) => sizeOf(at(nodes, node).shape));',
        wrong:
          'nodes, outputs }: Circuit): number {\n  const sizes = outputs.map(({ node }) => sizeOf(at(nodes, node).shape.slice(-2)));',
        promise: 'integers without slots are gathered in as few ciphertexts as have room for them',
      },
    ],
  },
  {
    file: 'src/packing/emitter.ts',
    tests: ['test/packing/scalarize.test.ts'],
    errors: [
      {
        id: 'scalars-clear',
        text: 'this.constant([1])), -i)]',
        wrong: 'this.constant([1])), i)]',
        promise: 'element i of a clear output of integers without slots is in slot i',
      },
    ],
  },
  {
    file: 'src/backends/seal/least-budgets.ts',
    tests: ['test/backends/parts.test.ts'],
    errors: [
      {
        id: 'budgets-least',
        text: 'Math.min(bits, this.#least.get(value) ?? bits)',
        wrong: 'Math.max(bits, this.#least.get(value) ?? bits)',
        promise: 'the least noise budget of all runs',
      },
    ],
  },
  {
    file: 'src/schemes/ckks/headroom.ts',
    tests: ['test/report/value-ranges.test.ts'],
    errors: [
      {
        id: 'headroom-sign',
        text: 'headroomBits: modulusBits - 1 - scaleBits - magnitudeBits,',
        wrong: 'headroomBits: modulusBits - scaleBits - magnitudeBits,',
        promise: 'headroom is what is left beside the sign',
      },
    ],
  },
  {
    file: 'src/plan-files/staged-plan.ts',
    tests: ['test/plan-files/rules.test.ts'],
    errors: [
      {
        id: 'stages-order',
        text: 'const isEarlier = source === undefined || source < at;',
        wrong: 'const isEarlier = true;',
        promise: 'a stage reads outputs of earlier stages',
      },
      {
        id: 'stages-same',
        text: 'const isSame = (known.get(name) ?? expected) === own;',
        wrong: 'const isSame = true;',
        promise: 'an input is the same in all stages',
      },
      {
        id: 'stages-two',
        text: 'const isNew = (stageOf.get(name) ?? at) === at;',
        wrong: 'const isNew = true;',
        promise: 'an output is of one stage',
      },
    ],
  },
  {
    file: 'src/plan-files/read-plan.ts',
    tests: ['test/plan-files/rules.test.ts'],
    errors: [
      {
        id: 'stages-each',
        text: "  data.stages.forEach(({ plan }, at) => {\n    requireSafe(plan, ['stages', at, 'plan'], json, allow);\n  });\n",
        wrong: '',
        promise: 'every stage is a valid plan',
      },
    ],
  },
];

/**
 * Plausible human errors in the code. `npm run mutate` puts each into a copy of the project and
 * runs the tests that must notice it.
 */
export const MUTANTS: readonly Mutant[] = BY_FILE.flatMap(({ file, tests, errors }) =>
  errors.map((error) => ({ file, tests, ...error })),
);
