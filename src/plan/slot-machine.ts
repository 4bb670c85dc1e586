import {
  type BlockData,
  type ClearValue,
  evaluateClearOp,
  isClear,
  rotateInto,
} from './clear-ops.ts';
import { lastUses } from './liveness.ts';
import type { CipherOp, PlanOp, PlanSketch } from './plan.ts';
import { expandSlotData, packInto } from './slots.ts';

/**
 * Called after each operation; operands are still there, values past their last use are freed after it.
 * A vector must not be kept: it is used again for later values.
 */
export type SlotObserver = (
  index: number,
  op: PlanOp,
  value: ClearValue,
  getValue: GetValue,
) => void;

type GetValue = (index: number) => ClearValue;

/** An operation of a run that has just been done; see {@link SlotObserver} for how long values are there. */
export interface SlotStep {
  readonly index: number;
  readonly value: ClearValue;
  readonly getValue: GetValue;
}

/**
 * Runs a plan on slot vectors in clear, in float64, with what each operation means and no noise.
 * Levels and scales are not looked at. Values are freed after their last use and their vectors used
 * again, so long plans need little memory.
 *
 * @returns the outputs' values by value index
 */
export function runSlots(
  plan: Pick<PlanSketch, 'ops' | 'outputs'>,
  data: BlockData,
  observe: SlotObserver = () => {},
): ReadonlyMap<number, ClearValue> {
  const steps = slotSteps(plan, data);
  for (;;) {
    const step = steps.next();
    if (step.done) return step.value;
    const { index, value, getValue } = step.value;
    observe(index, plan.ops[index]!, value, getValue);
  }
}

/** The same one operation at a time, for whoever has something to do beside each. */
export function* slotSteps(
  plan: Pick<PlanSketch, 'ops' | 'outputs'>,
  data: BlockData,
): Generator<SlotStep, ReadonlyMap<number, ClearValue>, void> {
  const last = lastUses(plan);
  const values: (ClearValue | undefined)[] = new Array(plan.ops.length);
  const spare: Float64Array[] = [];
  const width = data.slots * data.blocks;
  const getValue: GetValue = (index) => values[index]!;
  const free = (index: number): void => {
    const value = values[index];
    if (typeof value === 'object') spare.push(value);
    values[index] = undefined;
  };

  for (const [at, op] of plan.ops.entries()) {
    const value = isClear(op)
      ? evaluateClearOp(op, getValue, data)
      : evaluateCipherOp(op, getValue, data, spare.pop() ?? new Float64Array(width));
    values[at] = value;
    yield { index: at, value, getValue };
    if ('args' in op) for (const arg of op.args) if (last[arg] === at) free(arg);
    if (last[at] === at) free(at);
  }
  return new Map(plan.outputs.map(({ value }) => [value, values[value]!]));
}

/** What an operation on ciphertexts does to the slots. Writes every slot of `result`. */
function evaluateCipherOp(
  op: CipherOp,
  getValue: (index: number) => ClearValue,
  data: BlockData,
  result: Float64Array,
): Float64Array {
  switch (op.op) {
    case 'upload':
      result.fill(0);
      packUpload(op, data, result);
      return result;
    case 'add':
    case 'addPlain':
      return addInto(getValue(op.args[0]) as Float64Array, getValue(op.args[1]), result);
    case 'sub':
    case 'subPlain':
      return subInto(getValue(op.args[0]) as Float64Array, getValue(op.args[1]), result);
    case 'mul':
    case 'mulPlain':
      return mulInto(getValue(op.args[0]) as Float64Array, getValue(op.args[1]), result);
    case 'negate':
      return mulInto(getValue(op.args[0]) as Float64Array, -1, result);
    case 'relinearize':
    case 'rescale':
    case 'adjust':
    case 'lower':
      result.set(getValue(op.args[0]) as Float64Array);
      return result;
    case 'rotate':
      rotateInto(getValue(op.args[0]) as Float64Array, op.steps, data.slots, result);
      return result;
  }
}

/**
 * What the client encodes for an upload: the packed input of each block, times the upload's factor.
 *
 * @param vector zeros, `slots·blocks` of them; receives the slots
 */
export function packUpload(
  op: Extract<CipherOp, { op: 'upload' }>,
  data: BlockData,
  vector: Float64Array,
): void {
  for (let block = 0; block < data.blocks; block++) {
    packInto(op.map, data.read(op.input, block), vector, block * data.slots);
  }
  if (op.factor === undefined) return;
  mulInto(vector, expandSlotData(op.factor, data.slots, data.blocks), vector);
}

function addInto(a: Float64Array, b: ClearValue, to: Float64Array): Float64Array {
  if (typeof b === 'number') for (let i = 0; i < to.length; i++) to[i] = a[i]! + b;
  else for (let i = 0; i < to.length; i++) to[i] = a[i]! + b[i]!;
  return to;
}

function subInto(a: Float64Array, b: ClearValue, to: Float64Array): Float64Array {
  if (typeof b === 'number') for (let i = 0; i < to.length; i++) to[i] = a[i]! - b;
  else for (let i = 0; i < to.length; i++) to[i] = a[i]! - b[i]!;
  return to;
}

function mulInto(a: Float64Array, b: ClearValue, to: Float64Array): Float64Array {
  if (typeof b === 'number') for (let i = 0; i < to.length; i++) to[i] = a[i]! * b;
  else for (let i = 0; i < to.length; i++) to[i] = a[i]! * b[i]!;
  return to;
}
