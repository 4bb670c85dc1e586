import { defined, lookUp } from '../lookup.ts';
import { inputRanges } from '../plan/input-ranges.ts';
import { isClear, OPERATIONS, type OpWith, takesPlain } from '../plan/operations.ts';
import { type WholeOutput, wholeOutputs } from '../plan/outputs.ts';
import type {
  CkksOp,
  CkksPlan,
  Plan,
  PlanInput,
  PlanOp,
  PlanOutput,
  SlotData,
  SlotMap,
} from '../plan/plan.ts';
import { mapElements, slotsSpanned } from '../plan/slot-maps.ts';
import { plainDegree } from '../schemes/ckks/encodings.ts';
import { type CipherProperties, cipherProperties } from '../schemes/ckks/scales.ts';
import type { Interval } from '../tensor/interval.ts';
import type { Shape } from '../tensor/tensor.ts';
import { MAX_ELEMENTS } from '../tensor/tensor.ts';
import { requireRule } from './plan-fault.ts';
import { requireIntegerParams, requireIntegerRules } from './validate-integers.ts';
import { checkedPrimes, valueProperties } from './validate-modulus.ts';
import { requirePrecomputed } from './validate-precomputed.ts';

/** Scales are computed in float64. */
const SCALE_TOLERANCE = 1e-9;
/** An integer factor that is encoded at scale 1 has to be one. */
const LARGEST_INTEGER = 2 ** 31;

/**
 * DeadlineRewriter of a plan of the right form what its evaluation takes for granted: whoever evaluates a plan
 * that passes reads nothing outside of arrays, loops no longer than the plan is, and is as secure as the
 * plan says.
 *
 * @throws PlanFault
 */
export function requireValidPlan(plan: Plan): void {
  if (plan.scheme === 'ckks') checkParams(plan);
  else requireIntegerParams(plan);
  checkSlots(plan);
  const inputs = checkInputs(plan);
  const precomputed = requirePrecomputed(plan, inputs);
  plan.ops.forEach((op, at) => {
    checkOp(plan, op, at, inputs, precomputed);
  });
  if (plan.scheme === 'ckks') checkCkks(plan);
  else requireIntegerRules(plan);
  checkOutputs(plan);
}

/** Rules of scales, and what is encoded fits. */
function checkCkks(plan: CkksPlan): void {
  const ranges = inputRanges(plan);
  const forms = valueProperties(plan, plan.params.scales.length - 1, cipherProperties);
  plan.ops.forEach((op, at) => {
    checkFactor(plan, op, at);
    checkSizes(plan, forms, op, at, ranges);
  });
}

function checkParams({ params, precisionBits }: CkksPlan): void {
  requireRule(precisionBits <= 64, 'more precision than there is', ['precisionBits']);
  const { basePrimes } = params;
  const primes = checkedPrimes(params);
  checkScales(params, primes.slice(basePrimes, -1), primes.slice(0, basePrimes));
}

function checkScales(
  { scales, scaleBits }: CkksPlan['params'],
  levelPrimes: readonly bigint[],
  base: readonly bigint[],
): void {
  const path = ['params', 'scales'];
  requireRule(scales.length === levelPrimes.length + 1, 'there is one scale for each level', path);
  requireRule(scales[0] === 2 ** scaleBits, `the scale of level 0 has ${scaleBits} bits`, path);
  const baseBits = base.reduce((sum, prime) => sum + Math.log2(Number(prime)), 0);
  requireRule(scaleBits < baseBits, 'the scale is larger than the base', ['params', 'scaleBits']);
  levelPrimes.forEach((prime, i) => {
    const below = defined(scales[i + 1]) ** 2 / Number(prime);
    const path = ['params', 'scales', i + 1];
    requireRule(
      Math.abs(below / defined(scales[i]) - 1) < SCALE_TOLERANCE,
      'the scale misses its level',
      path,
    );
  });
}

function checkSlots(plan: Plan): void {
  const { slots, batchable, ops } = plan;
  requireRule(Number.isInteger(Math.log2(slots)), 'slots are a power of two', ['slots']);
  const most = mostSlots(plan);
  requireRule(slots <= most, `a vector has ${most} slots at most`, ['slots']);
  const rotated = ops.findIndex((op) => OPERATIONS[op.op].means === 'rotate');
  requireRule(!batchable || rotated < 0, 'a plan that rotates is not batchable', ['ops', rotated]);
}

/** Inputs by name. */
function checkInputs({ inputs }: Plan): ReadonlyMap<string, PlanInput> {
  const known = new Map<string, PlanInput>();
  inputs.forEach((input, at) => {
    const { name, range } = input;
    checkTensor(input, 'inputs', at);
    requireRule(!known.has(name), `'${name}' occurs twice`, ['inputs', at, 'name']);
    requireRule(range[0] <= range[1], 'the range is empty', ['inputs', at, 'range']);
    const { typical = [], shape } = input;
    const isWhole = input.typical === undefined || typical.length === product(shape);
    requireRule(isWhole, 'there is one number for each element', ['inputs', at, 'typical']);
    const isInside = typical.every((x) => range[0] <= x && x <= range[1]);
    requireRule(isInside, 'the range has no such number', ['inputs', at, 'typical']);
    known.set(name, input);
  });
  return known;
}

function checkTensor(
  { name, shape }: Pick<PlanInput, 'name' | 'shape'>,
  key: 'inputs' | 'outputs',
  at: number,
): void {
  requireRule(/^[\p{L}_][\p{L}\p{N}_]*$/u.test(name), 'the name is no identifier', [
    key,
    at,
    'name',
  ]);
  requireRule(shape.length <= 3, 'there are 3 axes at most', [key, at, 'shape']);
  requireRule(product(shape) <= MAX_ELEMENTS, 'there are too many elements', [key, at, 'shape']);
}

function product(numbers: readonly number[]): number {
  return numbers.reduce((all, n) => all * n, 1);
}

/** Slots of a vector that rotates cyclically. */
function mostSlots({ params, ...plan }: Plan): number {
  const inHalves = plan.scheme === 'ckks' || plan.encoding === 'slots';
  return inHalves ? params.polyModulusDegree / 2 : params.polyModulusDegree;
}

/** @param precomputed shapes of what the client computes, by name */
function checkOp(
  plan: Plan,
  op: PlanOp,
  at: number,
  inputs: ReadonlyMap<string, PlanInput>,
  precomputed: ReadonlyMap<string, Shape>,
): void {
  const path = ['ops', at];
  switch (op.op) {
    case 'const':
      requireRule(lengthOf(op.data) <= plan.slots, 'more numbers than slots', [...path, 'data']);
      return;
    case 'upload':
    case 'plainInput': {
      const secrecy = op.op === 'upload' ? 'cipher' : 'plain';
      const input = inputs.get(op.input);
      const shape = input?.shape ?? (op.op === 'upload' ? precomputed.get(op.input) : undefined);
      requireRule(shape !== undefined, `there is no input '${op.input}'`, [...path, 'input']);
      const isRight = input === undefined || input.secrecy === secrecy;
      requireRule(isRight, `'${op.input}' is not ${secrecy}`, [...path, 'input']);
      checkMap(plan, op.map, shape, [...path, 'map']);
      if (op.op === 'upload' && op.factor !== undefined) {
        requireRule(lengthOf(op.factor) <= plan.slots, 'more numbers than slots', [
          ...path,
          'factor',
        ]);
      }
      return;
    }
    case 'clearInverse':
      checkMap(plan, op.map, undefined, [...path, 'map']);
      return;
    case 'rotate':
      requireRule(op.steps < plan.slots, 'a rotation is shorter than the vector', [
        ...path,
        'steps',
      ]);
      return;
    default:
      op.op satisfies Formed;
  }
}

/** Operations of which the schema says all, but for the rules of levels. */
type Formed = OpWith<{
  readonly means: 'add' | 'subtract' | 'multiply' | 'negate' | 'rotate' | 'gather' | 'keep';
}>;

function checkFactor(plan: CkksPlan, op: CkksOp, at: number): void {
  if (op.op !== 'mulPlain' || op.scale === 'level') return;
  const factor = plan.ops[op.args[1]];
  const isInteger =
    factor?.op === 'const' &&
    typeof factor.data === 'number' &&
    Number.isInteger(factor.data) &&
    Math.abs(factor.data) < LARGEST_INTEGER;
  requireRule(isInteger, 'only an integer has scale one', ['ops', at, 'scale']);
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
  requireRule(
    map.fromStrides.length === axes && map.strides.length === axes,
    'there is a stride for each axis',
    path,
  );
  const filled = product(map.sizes) * product(map.copies.map(({ count }) => count));
  requireRule(
    filled <= slots && slotsSpanned(map) <= slots,
    'it fills more slots than there are',
    path,
  );
  if (shape === undefined) return;
  let [first, last] = [map.from, map.from];
  map.sizes.forEach((size, axis) => {
    const reach = (size - 1) * defined(map.fromStrides[axis]);
    if (reach < 0) first += reach;
    else last += reach;
  });
  requireRule(first >= 0 && last < product(shape), 'it reaches outside the data', path);
}

/** What is encoded has to fit the modulus of its level. */
function checkSizes(
  plan: CkksPlan,
  forms: CipherProperties,
  op: CkksOp,
  at: number,
  ranges: ReadonlyMap<string, Interval>,
): void {
  const { scales } = plan.params;
  if (isClear(op)) return;
  const scale = defined(scales[op.level]);
  if (op.op === 'upload') {
    const magnitude = magnitudeOf([...lookUp(ranges, op.input)]) * magnitudeOf(op.factor ?? 1);
    requireFit(plan, op.level, magnitude * scale, ['ops', at]);
  }
  if (!takesPlain(op)) return;
  const plain = defined(plan.ops[op.args[1]]);
  if (plain.op !== 'const') return;
  const encoded = scale ** plainDegree(op, forms);
  requireFit(plan, op.level, magnitudeOf(plain.data) * encoded, ['ops', op.args[1]]);
}

function requireFit(
  { params }: CkksPlan,
  level: number,
  magnitude: number,
  path: readonly (string | number)[],
): void {
  const primes = params.coeffModulus.slice(0, params.basePrimes + level);
  const bits = primes.reduce((sum, prime) => sum + Math.log2(Number(prime)), 0);
  requireRule(Math.log2(magnitude) < bits - 1, 'a number is too large for its level', path);
}

function magnitudeOf(data: SlotData): number {
  if (typeof data === 'number') return Math.abs(data);
  return data.reduce((most, x) => Math.max(most, Math.abs(x)), 0);
}

function checkOutputs(plan: Plan): void {
  plan.outputs.forEach((part, at) => {
    checkPart(plan, part, at);
  });
  for (const whole of wholeOutputs(plan.outputs.map((part, at) => ({ ...part, at })))) {
    checkAlike(whole);
    checkCover(whole);
  }
}

function checkPart(plan: Plan, part: PlanOutput, at: number): void {
  const { value, shape, map, factor } = part;
  const path = ['outputs', at];
  checkTensor(part, 'outputs', at);
  requireRule(value < plan.ops.length, 'there is no such value', [...path, 'value']);
  requireRule(factor !== 0, 'a factor is not 0', [...path, 'factor']);
  checkMap(plan, map, shape, [...path, 'map']);
}

/** An output whose parts know their places in the plan. */
type PlacedOutput = WholeOutput<PlanOutput & { readonly at: number }>;

function checkAlike({ name, shape, parts: [first, ...others] }: PlacedOutput): void {
  for (const { shape: other, factor, at } of others) {
    const path = ['outputs', at];
    requireRule(`${other}` === `${shape}`, `'${name}' has another shape before`, [
      ...path,
      'shape',
    ]);
    requireRule(factor === first.factor, `'${name}' has another factor before`, [
      ...path,
      'factor',
    ]);
  }
}

/** The parts of an output have each of its elements once. */
function checkCover({ name, shape, parts }: PlacedOutput): void {
  const [size, held] = [
    product(shape),
    parts.reduce((sum, { map }) => sum + product(map.sizes), 0),
  ];
  // Maps hold no more than there are slots, so from here on no loop is longer than slots times parts.
  requireRule(held === size, `'${name}' has ${size} elements, ${held} are read`, [
    'outputs',
    parts[0].at,
    'map',
  ]);
  const isRead = new Uint8Array(size);
  for (const { map, at } of parts) {
    for (const element of mapElements(map)) {
      requireRule(isRead[element] === 0, `element ${element} of '${name}' is read twice`, [
        'outputs',
        at,
        'map',
      ]);
      isRead[element] = 1;
    }
  }
}
