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
        text: 'if (Number.isNaN(magnitude)) return Number.POSITIVE_INFINITY;',
        wrong: '',
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
];

/**
 * Plausible human errors in the code. `npm run mutate` puts each into a copy of the project and
 * runs the tests that must notice it.
 */
export const MUTANTS: readonly Mutant[] = BY_FILE.flatMap(({ file, tests, errors }) =>
  errors.map((error) => ({ file, tests, ...error })),
);
