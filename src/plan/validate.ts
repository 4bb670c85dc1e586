import { isPrime } from '../schemes/ckks/primes.ts';
import { type CipherForms, cipherForms } from '../schemes/ckks/scales.ts';
import { isSecure, modulusLimits } from '../schemes/security.ts';
import { isClear } from './clear-ops.ts';
import type { Plan, PlanInput, PlanOp, PlanOutput, SlotData, SlotMap } from './plan.ts';
import { slotsSpanned } from './slots.ts';

/** Something in a plan that contradicts something else in it; `path` leads to it. */
export class PlanFault extends Error {
  override readonly name = 'PlanFault';
  readonly path: readonly (string | number)[];

  constructor(message: string, path: readonly (string | number)[]) {
    super(message);
    this.path = path;
  }
}

/** SEAL's limit for a prime. */
const largestPrimeBits = 60;
/** Elements of one input or output: what the language allows. */
const mostElements = 2 ** 24;
/** Scales are computed in float64. */
const scaleTolerance = 1e-9;
/** An integer factor that is encoded at scale 1 has to be one. */
const largestInteger = 2 ** 31;

/**
 * Demands of a plan of the right form what its evaluation takes for granted: whoever evaluates a plan
 * that passes reads nothing outside of arrays, loops no longer than the plan is, and is as secure as the
 * plan says.
 *
 * @throws PlanFault
 */
export function demandValidPlan(plan: Plan): void {
  checkParams(plan);
  checkSlots(plan);
  checkNames(plan.inputs, 'inputs');
  checkNames(plan.outputs, 'outputs');
  plan.inputs.forEach((input, at) => {
    demand(input.range[0] <= input.range[1], 'the range is empty', ['inputs', at, 'range']);
  });
  const forms = formsOf(plan);
  const inputs = new Map(plan.inputs.map((input) => [input.name, input]));
  plan.ops.forEach((op, at) => {
    checkOp(plan, op, at, inputs);
    checkSizes(plan, forms, op, at, inputs);
  });
  plan.outputs.forEach((output, at) => {
    checkOutput(plan, output, at);
  });
}

function demand(
  holds: boolean,
  message: string,
  path: readonly (string | number)[],
): asserts holds {
  if (!holds) throw new PlanFault(message, path);
}

function checkParams({ params, precisionBits }: Plan): void {
  const { polyModulusDegree: degree, coeffModulus, coeffModulusBits } = params;
  const { basePrimes, securityBits } = params;
  const degrees = modulusLimits(securityBits).map((row) => row.degree);
  const at = (key: string) => ['params', key];
  demand(precisionBits <= 64, 'more precision than there is', ['precisionBits']);
  demand(
    degrees.includes(degree),
    `the ring degree is one of ${degrees.join(', ')}`,
    at('polyModulusDegree'),
  );
  demand(
    coeffModulus.length === coeffModulusBits.length,
    'as many primes as sizes',
    at('coeffModulus'),
  );
  const primes = coeffModulus.map((text, i) => primeOf(text, coeffModulusBits[i]!, degree, i));
  demand(new Set(primes).size === primes.length, 'a prime occurs twice', at('coeffModulus'));
  const bits = primes.reduce((sum, prime) => sum + Math.log2(Number(prime)), 0);
  demand(
    isSecure(degree, bits, securityBits),
    `${Math.ceil(bits)} bits of modulus are not ${securityBits}-bit secure at degree ${degree}`,
    at('coeffModulusBits'),
  );
  const levels = primes.length - basePrimes - 1;
  demand(levels >= 0, 'there are fewer primes than base and special prime', at('basePrimes'));
  checkScales(params, primes.slice(basePrimes, -1), primes.slice(0, basePrimes));
}

function primeOf(text: string, bits: number, degree: number, index: number): bigint {
  const path = ['params', 'coeffModulus', index];
  demand(bits <= largestPrimeBits && text.length < 20, 'a prime has 60 bits at most', path);
  const prime = BigInt(text);
  demand(prime.toString(2).length === bits, `${text} does not have ${bits} bits`, path);
  demand(prime % BigInt(2 * degree) === 1n, `${text} is not 1 modulo ${2 * degree}`, path);
  demand(isPrime(prime), `${text} is no prime`, path);
  return prime;
}

function checkScales(
  { scales, scaleBits }: Plan['params'],
  levelPrimes: readonly bigint[],
  base: readonly bigint[],
): void {
  const path = ['params', 'scales'];
  demand(scales.length === levelPrimes.length + 1, 'there is one scale for each level', path);
  demand(scales[0] === 2 ** scaleBits, `the scale of level 0 has ${scaleBits} bits`, path);
  const baseBits = base.reduce((sum, prime) => sum + Math.log2(Number(prime)), 0);
  demand(scaleBits < baseBits, 'the scale is larger than the base', ['params', 'scaleBits']);
  levelPrimes.forEach((prime, i) => {
    const below = scales[i + 1]! ** 2 / Number(prime);
    const path = ['params', 'scales', i + 1];
    demand(Math.abs(below / scales[i]! - 1) < scaleTolerance, 'the scale misses its level', path);
  });
}

function checkSlots({ slots, params, batchable, ops }: Plan): void {
  demand(Number.isInteger(Math.log2(slots)), 'slots are a power of two', ['slots']);
  const most = params.polyModulusDegree / 2;
  demand(slots <= most, `a ciphertext has ${most} slots`, ['slots']);
  const rotated = ops.findIndex((op) => op.op === 'rotate' || op.op === 'clearRotate');
  demand(!batchable || rotated < 0, 'a plan that rotates is not batchable', ['ops', rotated]);
}

function checkNames(
  named: readonly Pick<PlanInput, 'name' | 'shape'>[],
  key: 'inputs' | 'outputs',
): void {
  const seen = new Set<string>();
  named.forEach(({ name, shape }, at) => {
    demand(/^[\p{L}_][\p{L}\p{N}_]*$/u.test(name), 'the name is no identifier', [key, at, 'name']);
    demand(!seen.has(name), `'${name}' occurs twice`, [key, at, 'name']);
    demand(shape.length <= 3, 'there are 3 axes at most', [key, at, 'shape']);
    demand(product(shape) <= mostElements, 'there are too many elements', [key, at, 'shape']);
    seen.add(name);
  });
}

function product(numbers: readonly number[]): number {
  return numbers.reduce((all, n) => all * n, 1);
}

/** Rules of levels and scales are those that level management keeps. */
function formsOf(plan: Plan): CipherForms {
  const top = plan.params.scales.length - 1;
  plan.ops.forEach((op, at) => {
    demand(!('level' in op) || op.level <= top, `the highest level is ${top}`, [
      'ops',
      at,
      'level',
    ]);
  });
  try {
    return cipherForms(plan);
  } catch (error) {
    const { message } = error as Error;
    const at = Number(/^plan operation (\d+)/.exec(message)?.[1] ?? 0);
    throw new PlanFault(message.replace(/^plan operation \d+ /, ''), ['ops', at]);
  }
}

function checkOp(plan: Plan, op: PlanOp, at: number, inputs: ReadonlyMap<string, PlanInput>): void {
  const path = ['ops', at];
  switch (op.op) {
    case 'const':
      demand(lengthOf(op.data) <= plan.slots, 'more numbers than slots', [...path, 'data']);
      return;
    case 'upload':
    case 'plainInput': {
      const input = inputs.get(op.input);
      demand(input !== undefined, `there is no input '${op.input}'`, [...path, 'input']);
      const secrecy = op.op === 'upload' ? 'cipher' : 'plain';
      demand(input.secrecy === secrecy, `'${op.input}' is not ${secrecy}`, [...path, 'input']);
      checkMap(plan, op.map, input.shape, [...path, 'map']);
      if (op.op === 'upload' && op.factor !== undefined) {
        demand(lengthOf(op.factor) <= plan.slots, 'more numbers than slots', [...path, 'factor']);
      }
      return;
    }
    case 'clearInverse':
      checkMap(plan, op.map, undefined, [...path, 'map']);
      return;
    case 'rotate':
      demand(op.steps < plan.slots, 'a rotation is shorter than the vector', [...path, 'steps']);
      return;
    case 'mulPlain': {
      const factor = plan.ops[op.args[1]];
      const isInteger =
        factor?.op === 'const' &&
        Number.isInteger(factor.data) &&
        Math.abs(factor.data as number) < largestInteger;
      demand(op.scale === 'level' || isInteger, 'only an integer has scale one', [
        ...path,
        'scale',
      ]);
      return;
    }
  }
}

function lengthOf(data: SlotData): number {
  return typeof data === 'number' ? 1 : data.length;
}

/** A map fills no slot twice, so it is no longer than the vector; it stays inside vector and data. */
function checkMap(
  { slots }: Plan,
  map: SlotMap,
  shape: readonly number[] | undefined,
  path: readonly (string | number)[],
): void {
  const axes = map.sizes.length;
  demand(
    map.fromStrides.length === axes && map.strides.length === axes,
    'there is a stride for each axis',
    path,
  );
  const filled = product(map.sizes) * product(map.copies.map(({ count }) => count));
  demand(filled <= slots && slotsSpanned(map) <= slots, 'it fills more slots than there are', path);
  if (shape === undefined) return;
  let [first, last] = [map.from, map.from];
  map.sizes.forEach((size, axis) => {
    const reach = (size - 1) * map.fromStrides[axis]!;
    if (reach < 0) first += reach;
    else last += reach;
  });
  demand(first >= 0 && last < product(shape), 'it reaches outside the data', path);
}

/** What is encoded has to fit the modulus of its level. */
function checkSizes(
  plan: Plan,
  forms: CipherForms,
  op: PlanOp,
  at: number,
  inputs: ReadonlyMap<string, PlanInput>,
): void {
  const { scales } = plan.params;
  if (isClear(op)) return;
  const scale = scales[op.level]!;
  if (op.op === 'upload') {
    const magnitude = magnitudeOf([...inputs.get(op.input)!.range]) * magnitudeOf(op.factor ?? 1);
    demandFit(plan, op.level, magnitude * scale, ['ops', at]);
  }
  if (op.op !== 'addPlain' && op.op !== 'subPlain' && op.op !== 'mulPlain') return;
  const plain = plan.ops[op.args[1]]!;
  if (plain.op !== 'const') return;
  const degree = op.op === 'mulPlain' ? 1 : forms.degrees[at]!;
  const encoded = op.op === 'mulPlain' && op.scale === 'one' ? 1 : scale ** degree;
  demandFit(plan, op.level, magnitudeOf(plain.data) * encoded, ['ops', op.args[1]]);
}

function demandFit(
  { params }: Plan,
  level: number,
  magnitude: number,
  path: readonly (string | number)[],
): void {
  const primes = params.coeffModulus.slice(0, params.basePrimes + level);
  const bits = primes.reduce((sum, prime) => sum + Math.log2(Number(prime)), 0);
  demand(Math.log2(magnitude) < bits - 1, 'a number is too large for its level', path);
}

function magnitudeOf(data: SlotData): number {
  if (typeof data === 'number') return Math.abs(data);
  return data.reduce((most, x) => Math.max(most, Math.abs(x)), 0);
}

function checkOutput(plan: Plan, { value, shape, map, factor }: PlanOutput, at: number): void {
  const path = ['outputs', at];
  demand(value < plan.ops.length, 'there is no such value', [...path, 'value']);
  demand(factor !== 0, 'a factor is not 0', [...path, 'factor']);
  demand(product(map.sizes) === product(shape), 'the map is not of the shape', [...path, 'map']);
  demand(product(shape) <= plan.slots, 'there are more elements than slots', [...path, 'shape']);
  checkMap(plan, map, shape, [...path, 'map']);
}
