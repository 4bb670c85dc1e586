import { defined } from '../lookup.ts';
import {
  type BlockData,
  type ClearValue,
  evaluateClearOp,
  REALS,
  rotateInto,
  type SlotRing,
} from './clear-ops.ts';
import { lastUses } from './liveness.ts';
import { isClear, OPERATIONS } from './operations.ts';
import type { CipherOp, PlanOp } from './plan.ts';
import { expandSlotData, packerOf } from './slot-maps.ts';

/**
 * A function that is called after each operation, before operands are freed after their last use.
 * It must not keep a vector: vectors are reused for later values.
 */
export type SlotObserver<O extends PlanOp> = (
  index: number,
  op: O,
  value: ClearValue,
  getValue: GetValue,
) => void;

type GetValue = (index: number) => ClearValue;

/**
 * The result of an operation that has just run; values live as long as for {@link SlotObserver}.
 */
export interface SlotResult {
  readonly index: number;
  readonly value: ClearValue;
  readonly getValue: GetValue;
}

/**
 * Runs a plan on clear slot vectors, without noise; levels and scales play no part. Values are
 * freed after their last use and their vectors are reused, so that long plans need little memory.
 *
 * @returns the values of outputs by index
 */
export function runSlots<O extends PlanOp>(
  plan: {
    readonly ops: readonly O[];
    readonly outputs: readonly { readonly value: number }[];
  },
  data: BlockData,
  observe: SlotObserver<O> = () => {},
): ReadonlyMap<number, ClearValue> {
  const results = slotResults(plan, data);
  for (;;) {
    const result = results.next();
    if (result.done) return result.value;
    const { index, value, getValue } = result.value;
    observe(index, defined(plan.ops[index]), value, getValue);
  }
}

/** Runs a plan like {@link runSlots}, but yields after each operation. */
export function* slotResults(
  plan: {
    readonly ops: readonly PlanOp[];
    readonly outputs: readonly { readonly value: number }[];
  },
  data: BlockData,
): Generator<SlotResult, ReadonlyMap<number, ClearValue>, void> {
  const last = lastUses(plan);
  const values: (ClearValue | undefined)[] = new Array(plan.ops.length);
  const spare: Float64Array[] = [];
  const width = data.slots * data.blocks;
  const getValue: GetValue = (index) => defined(values[index]);
  const free = (index: number): void => {
    const value = values[index];
    if (typeof value === 'object') spare.push(value);
    values[index] = undefined;
  };

  const compute = (op: PlanOp): ClearValue =>
    isClear(op)
      ? evaluateClearOp(op, getValue, data)
      : evaluateCipherOp(op, getValue, data, spare.pop() ?? new Float64Array(width));

  for (const [at, op] of plan.ops.entries()) {
    const value = compute(op);
    values[at] = value;
    yield { index: at, value, getValue };
    if ('args' in op) for (const arg of op.args) if (last[arg] === at) free(arg);
    if (last[at] === at) free(at);
  }
  return new Map(plan.outputs.map(({ value }) => [value, defined(values[value])]));
}

/** Computes an operation on ciphertexts on clear slots. Writes every slot of `result`. */
function evaluateCipherOp(
  op: CipherOp,
  getValue: (index: number) => ClearValue,
  data: BlockData,
  result: Float64Array,
): Float64Array {
  const { ring } = data;
  const vector = (index: number) => getValue(index) as Float64Array;
  switch (op.op) {
    case 'upload':
      result.fill(0);
      packUpload(op, data, result);
      return result;
    case 'add':
    case 'addPlain':
    case 'sub':
    case 'subPlain':
    case 'mul':
    case 'mulPlain': {
      const [a, b] = [vector(op.args[0]), getValue(op.args[1])];
      const operation = OPERATIONS[op.op].means;
      if (ring === REALS) realsInto(operation, a, b, result);
      else combineInto(a, b, ring[operation], result);
      return result;
    }
    case 'negate':
      return negateInto(vector(op.args[0]), ring, result);
    case 'relinearize':
    case 'rescale':
    case 'adjust':
    case 'lower':
    case 'modSwitch':
      result.set(vector(op.args[0]));
      return result;
    case 'rotate':
      rotateInto(vector(op.args[0]), op.steps, data.slots, result);
      return result;
    case 'gather':
      return gatherInto(op.args.map(getValue), data, result);
  }
}

/**
 * Writes the slots that the client encodes for an upload: the packed input of each block, times the
 * upload's factor.
 *
 * @param vector receives the slots; contains `slots·blocks` zeros before
 */
export function packUpload(
  op: Extract<CipherOp, { op: 'upload' }>,
  data: BlockData,
  vector: Float64Array,
): void {
  const pack = packerOf(op.map);
  for (let block = 0; block < data.blocks; block++)
    pack(data.read(op.input, block), vector, block * data.slots);
  const { ring } = data;
  if (ring !== REALS) for (let i = 0; i < vector.length; i++) vector[i] = ring.residue(vector[i]!);
  if (op.factor === undefined) return;
  const factor = expandSlotData(op.factor, data.slots, data.blocks);
  if (ring === REALS) {
    realsInto('multiply', vector, factor, vector);
    return;
  }
  const times = (a: number, b: number) => ring.multiply(a, ring.residue(b));
  combineInto(vector, factor, times, vector);
}

/**
 * Does the same as {@link combineInto} for real numbers. It is written out because calls would take
 * most of the time.
 */
function realsInto(
  operation: 'add' | 'subtract' | 'multiply',
  a: Float64Array,
  b: ClearValue,
  to: Float64Array,
): void {
  if (typeof b === 'number') {
    if (operation === 'multiply') for (let i = 0; i < to.length; i++) to[i] = a[i]! * b;
    else {
      const term = operation === 'add' ? b : -b;
      for (let i = 0; i < to.length; i++) to[i] = a[i]! + term;
    }
  } else if (operation === 'add') for (let i = 0; i < to.length; i++) to[i] = a[i]! + b[i]!;
  else if (operation === 'subtract') for (let i = 0; i < to.length; i++) to[i] = a[i]! - b[i]!;
  else for (let i = 0; i < to.length; i++) to[i] = a[i]! * b[i]!;
}

function combineInto(
  a: Float64Array,
  b: ClearValue,
  combine: (x: number, y: number) => number,
  to: Float64Array,
): Float64Array {
  if (typeof b === 'number') for (let i = 0; i < to.length; i++) to[i] = combine(a[i]!, b);
  else for (let i = 0; i < to.length; i++) to[i] = combine(a[i]!, b[i]!);
  return to;
}

function negateInto(a: Float64Array, ring: SlotRing, to: Float64Array): Float64Array {
  for (let i = 0; i < to.length; i++) to[i] = ring.negate(a[i]!);
  return to;
}

/** Writes slot 0 of each operand into consecutive slots, zeros into the other slots. */
function gatherInto(
  operands: readonly ClearValue[],
  { slots, blocks }: BlockData,
  to: Float64Array,
): Float64Array {
  to.fill(0);
  for (let block = 0; block < blocks; block++)
    operands.forEach((operand, i) => {
      to[block * slots + i] =
        typeof operand === 'number' ? operand : defined(operand[block * slots]);
    });
  return to;
}
