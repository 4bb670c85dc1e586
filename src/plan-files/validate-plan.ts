import { asOneLine, asPrintable } from '../errors/one-line.ts';
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
import { MAX_ELEMENTS, MOST_AXES } from '../tensor/tensor.ts';
import { requireOneLine, requireRule } from './plan-fault.ts';
import { requireIntegerParams, requireIntegerRules } from './validate-integers.ts';
import { checkedPrimes, valueProperties } from './validate-modulus.ts';
import { type ComputedShapes, requireComputed } from './validate-precomputed.ts';

/** Relative tolerance of scales, which are computed in float64. */
const SCALE_TOLERANCE = 1e-9;
/** Limit on the magnitude of a factor that is encoded at scale 1. */
const LARGEST_INTEGER = 2 ** 31;

/**
 * Requires that a plan which fits the schema can be evaluated safely: evaluation reads nothing
 * outside of arrays, takes time in proportion to the plan's size, and is as secure as the plan
 * says.
 *
 * @throws PlanFault if it cannot
 */
export function requireValidPlan(plan: Plan): void {
  requireOneLine(plan.circuit, ['circuit']);
  plan.files?.forEach(({ path }, i) => {
    requireRule(asPrintable(path) === path, 'the path is not printable', ['files', i, 'path']);
  });
  if (plan.scheme === 'ckks') requireParams(plan);
  else requireIntegerParams(plan);
  requireSlots(plan);
  const inputs = requireInputs(plan);
  const computed = requireComputed(plan, inputs);
  plan.ops.forEach((op, at) => {
    requireOp(plan, op, at, inputs, computed);
  });
  if (plan.scheme === 'ckks') requireCkks(plan);
  else requireIntegerRules(plan);
  requireOutputs(plan);
  requirePromises(plan);
}

/** Requires that promised ranges are of ciphertexts of the plan, one for each. */
function requirePromises({ ops, promises = [] }: Plan): void {
  const seen = new Set<number>();
  promises.forEach(({ value, range: [low, high] }, i) => {
    const path = ['promises', i];
    const op = ops[value];
    requireRule(op !== undefined && !isClear(op), 'there is no such ciphertext', [
      ...path,
      'value',
    ]);
    requireRule(!seen.has(value), 'the value has two promises', [...path, 'value']);
    requireRule(low <= high, 'the range is empty', [...path, 'range']);
    seen.add(value);
  });
}

/** Requires that scales keep their rules and that encoded numbers fit their modulus. */
function requireCkks(plan: CkksPlan): void {
  const ranges = inputRanges(plan);
  const properties = valueProperties(plan, plan.params.scales.length - 1, cipherProperties);
  plan.ops.forEach((op, at) => {
    requireFactor(plan, op, at);
    requireSizes(plan, properties, op, at, ranges);
  });
}

function requireParams({ params, precisionBits }: CkksPlan): void {
  requireRule(precisionBits <= 64, 'the precision is above 64 bits', ['precisionBits']);
  const { basePrimes } = params;
  const primes = checkedPrimes(params);
  requireScales(params, primes.slice(basePrimes, -1), primes.slice(0, basePrimes));
}

function requireScales(
  { scales, scaleBits }: CkksPlan['params'],
  levelPrimes: readonly bigint[],
  base: readonly bigint[],
): void {
  const path = ['params', 'scales'];
  requireRule(
    scales.length === levelPrimes.length + 1,
    'there must be one scale for each level',
    path,
  );
  requireRule(scales[0] === 2 ** scaleBits, `the scale of level 0 is not 2^${scaleBits}`, path);
  const baseBits = base.reduce((sum, prime) => sum + Math.log2(Number(prime)), 0);
  requireRule(scaleBits < baseBits, 'the scale is larger than the base', ['params', 'scaleBits']);
  levelPrimes.forEach((prime, i) => {
    const below = defined(scales[i + 1]) ** 2 / Number(prime);
    const path = ['params', 'scales', i + 1];
    requireRule(
      Math.abs(below / defined(scales[i]) - 1) < SCALE_TOLERANCE,
      'the scale does not follow from its prime',
      path,
    );
  });
}

function requireSlots(plan: Plan): void {
  const { slots, batchable, ops } = plan;
  requireRule(Number.isInteger(Math.log2(slots)), 'not a power of two', ['slots']);
  const most = mostSlots(plan);
  requireRule(slots <= most, `a vector has at most ${most} slots`, ['slots']);
  const rotated = ops.findIndex((op) => OPERATIONS[op.op].means === 'rotate');
  requireRule(!batchable || rotated < 0, 'a plan that rotates is not batchable', ['ops', rotated]);
}

/** Returns the inputs by name. */
function requireInputs({ inputs }: Plan): ReadonlyMap<string, PlanInput> {
  const known = new Map<string, PlanInput>();
  inputs.forEach((input, at) => {
    const { name, range } = input;
    requireTensor(input, 'inputs', at);
    requireRule(!known.has(name), `'${name}' occurs twice`, ['inputs', at, 'name']);
    requireRule(range[0] <= range[1], 'the range is empty', ['inputs', at, 'range']);
    const { typical = [], shape } = input;
    const isWhole = input.typical === undefined || typical.length === product(shape);
    requireRule(isWhole, 'there must be one number for each element', ['inputs', at, 'typical']);
    const isInside = typical.every((x) => range[0] <= x && x <= range[1]);
    requireRule(isInside, 'a number is outside the range', ['inputs', at, 'typical']);
    known.set(name, input);
  });
  return known;
}

function requireTensor(
  { name, shape }: Pick<PlanInput, 'name' | 'shape'>,
  key: 'inputs' | 'outputs',
  at: number,
): void {
  const path = [key, at, 'name'];
  requireOneLine(name, path);
  requireRule(/^[A-Za-z_]\w*$/.test(name), 'the name is not an identifier', path);
  requireRule(shape.length <= MOST_AXES, `there are more than ${MOST_AXES} axes`, [
    key,
    at,
    'shape',
  ]);
  requireRule(product(shape) <= MAX_ELEMENTS, 'there are too many elements', [key, at, 'shape']);
}

function product(numbers: readonly number[]): number {
  return numbers.reduce((all, n) => all * n, 1);
}

/** Returns the most slots that a vector can have. */
function mostSlots({ params, ...plan }: Plan): number {
  const inHalves = plan.scheme === 'ckks' || plan.encoding === 'slots';
  return inHalves ? params.polyModulusDegree / 2 : params.polyModulusDegree;
}

function requireOp(
  plan: Plan,
  op: PlanOp,
  at: number,
  inputs: ReadonlyMap<string, PlanInput>,
  computed: ComputedShapes,
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
      const shape = input?.shape ?? computed[secrecy].get(op.input);
      requireRule(shape !== undefined, `there is no input '${asOneLine(op.input)}'`, [
        ...path,
        'input',
      ]);
      const isRight = input === undefined || input.secrecy === secrecy;
      requireRule(isRight, `'${op.input}' is not a ${secrecy} input`, [...path, 'input']);
      requireMap(plan, op.map, shape, [...path, 'map']);
      if (op.op === 'upload' && op.factor !== undefined) {
        requireRule(lengthOf(op.factor) <= plan.slots, 'more numbers than slots', [
          ...path,
          'factor',
        ]);
      }
      return;
    }
    case 'clearInverse':
      requireMap(plan, op.map, undefined, [...path, 'map']);
      return;
    case 'rotate':
      requireRule(op.steps < plan.slots, 'the offset is not below the number of slots', [
        ...path,
        'steps',
      ]);
      return;
    default:
      op.op satisfies CheckedBySchema;
  }
}

/** The operations whose rules are all in the schema, except those of levels. */
type CheckedBySchema = OpWith<{
  readonly means: 'add' | 'subtract' | 'multiply' | 'negate' | 'rotate' | 'gather' | 'keep';
}>;

function requireFactor(plan: CkksPlan, op: CkksOp, at: number): void {
  if (op.op !== 'mulPlain' || op.scale === 'level') return;
  const factor = plan.ops[op.args[1]];
  const isInteger =
    factor?.op === 'const' &&
    typeof factor.data === 'number' &&
    Number.isInteger(factor.data) &&
    Math.abs(factor.data) < LARGEST_INTEGER;
  requireRule(isInteger, 'only a constant integer below 2^31 has scale one', ['ops', at, 'scale']);
}

function lengthOf(data: SlotData): number {
  return typeof data === 'number' ? 1 : data.length;
}

/**
 * Requires that a map fills at most as many slots as there are and stays inside vector and data.
 */
function requireMap(
  { slots }: Plan,
  map: SlotMap,
  shape: readonly number[] | undefined,
  path: readonly (string | number)[],
): void {
  const axes = map.sizes.length;
  requireRule(
    map.fromStrides.length === axes && map.strides.length === axes,
    'there must be a stride for each axis',
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

/** Requires that encoded numbers fit the modulus of their level. */
function requireSizes(
  plan: CkksPlan,
  properties: CipherProperties,
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
  const encoded = scale ** plainDegree(op, properties);
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

function requireOutputs(plan: Plan): void {
  requireRule(plan.outputs.length > 0, 'there is no output', ['outputs']);
  plan.outputs.forEach((part, at) => {
    requirePart(plan, part, at);
  });
  for (const whole of wholeOutputs(plan.outputs.map((part, at) => ({ ...part, at })))) {
    requireSameShape(whole);
    requireExactCover(whole);
  }
}

function requirePart(plan: Plan, part: PlanOutput, at: number): void {
  const { value, shape, map, factor } = part;
  const path = ['outputs', at];
  requireTensor(part, 'outputs', at);
  requireRule(value < plan.ops.length, 'there is no such value', [...path, 'value']);
  requireRule(factor !== 0, 'the factor is 0', [...path, 'factor']);
  requireMap(plan, map, shape, [...path, 'map']);
}

/** An output whose parts have their indices in the plan. */
type IndexedOutput = WholeOutput<PlanOutput & { readonly at: number }>;

function requireSameShape({ name, shape, parts: [first, ...others] }: IndexedOutput): void {
  for (const { shape: other, factor, at } of others) {
    const path = ['outputs', at];
    requireRule(`${other}` === `${shape}`, `the parts of '${name}' have different shapes`, [
      ...path,
      'shape',
    ]);
    requireRule(factor === first.factor, `the parts of '${name}' have different factors`, [
      ...path,
      'factor',
    ]);
  }
}

/** Requires that each element of an output is in exactly one part. */
function requireExactCover({ name, shape, parts }: IndexedOutput): void {
  const [size, count] = [
    product(shape),
    parts.reduce((sum, { map }) => sum + product(map.sizes), 0),
  ];
  // A map has at most as many elements as slots, so all loops below are at most slots × parts long.
  requireRule(count === size, `'${name}' has ${size} elements, ${count} are read`, [
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
