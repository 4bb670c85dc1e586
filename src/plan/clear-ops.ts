import { ShoalError } from '../errors/shoal-error.ts';
import { FLOATS } from '../ir/evaluate-circuit.ts';
import { integersModulo } from '../tensor/modular.ts';
import type { Ring } from '../tensor/tensor.ts';
import { OPERATIONS } from './operations.ts';
import type { ClearOp, Plan, PlanSketch } from './plan.ts';
import { expandSlotData, filledSlots, packerOf } from './slot-maps.ts';

/** A clear value: one number for all slots, or a number for each slot of each block. */
export type ClearValue = number | Float64Array;

/** The data with which a plan is run. A block is the `slots` slots of one instance. */
export interface BlockData {
  /** The arithmetic of values. */
  readonly ring: SlotRing;
  readonly slots: number;
  /** Instances side by side in one vector. */
  readonly blocks: number;
  /** Returns the row-major data of an input of the block's instance. */
  readonly read: (input: string, block: number) => Float64Array;
}

/**
 * The arithmetic of slots. `residue` returns the value that a number of a plan or the data denotes.
 */
export interface SlotRing extends Ring<number> {
  residue(x: number): number;
}

/** The arithmetic of real numbers, in float64. */
export const REALS: SlotRing = { ...FLOATS, residue: (x) => x };

/** Returns the arithmetic of a plan's values: real numbers in float64, or integers modulo t. */
export function ringOf(plan: Plan | PlanSketch): SlotRing {
  if (plan.scheme === 'ckks') return REALS;
  return integersModulo('params' in plan ? plan.params.plainModulus : plan.plainModulus);
}

/**
 * Evaluates one clear operation.
 *
 * @param getValue values of earlier operations
 * @returns a number if the result is known to be uniform, else a new vector of `slots·blocks` slots
 * @throws ShoalError if a number to invert has no inverse
 */
export function evaluateClearOp(
  op: ClearOp,
  getValue: (index: number) => ClearValue,
  data: BlockData,
): ClearValue {
  const { ring } = data;
  switch (op.op) {
    case 'const':
      return residues(expandSlotData(op.data, data.slots, data.blocks), ring);
    case 'plainInput': {
      const vector = new Float64Array(data.slots * data.blocks);
      const pack = packerOf(op.map);
      for (let block = 0; block < data.blocks; block++)
        pack(data.read(op.input, block), vector, block * data.slots);
      return residues(vector, ring);
    }
    case 'clearAdd':
    case 'clearSub':
    case 'clearMul':
      return zip(getValue(op.args[0]), getValue(op.args[1]), ring[OPERATIONS[op.op].means]);
    case 'clearNegate':
      return mapClear(getValue(op.args[0]), ring.negate);
    case 'clearInverse':
      return inverse(getValue(op.args[0]), filledSlots(op.map), op.least ?? 0, data);
    case 'clearRotate':
      return rotateClear(getValue(op.args[0]), op.steps, data.slots);
  }
}

/** Returns the values that numbers of a plan or the data denote. */
function residues(value: ClearValue, ring: SlotRing): ClearValue {
  if (ring === REALS) return value;
  return mapClear(value, ring.residue);
}

function mapClear(value: ClearValue, f: (x: number) => number): ClearValue {
  return typeof value === 'number' ? f(value) : value.map((x) => f(x));
}

function zip(a: ClearValue, b: ClearValue, f: (a: number, b: number) => number): ClearValue {
  if (typeof a === 'number') return typeof b === 'number' ? f(a, b) : b.map((x) => f(a, x));
  return typeof b === 'number' ? a.map((x) => f(x, b)) : a.map((x, slot) => f(x, b[slot]!));
}

function inverse(
  value: ClearValue,
  filled: Int32Array,
  least: number,
  data: BlockData,
): Float64Array {
  const result = new Float64Array(data.slots * data.blocks);
  for (let from = 0; from < result.length; from += data.slots) {
    for (const slot of filled) {
      const x = typeof value === 'number' ? value : value[from + slot]!;
      if (x === 0)
        throw new ShoalError('division-by-zero', 'division by a plain value that is zero');
      if (Math.abs(x) < least) {
        throw new ShoalError(
          'division-by-zero',
          `division by a plain value of ${x}: this plan allows only divisors of magnitude ${least} and above; keep the divisor's range away from 0 with within`,
        );
      }
      result[from + slot] = inverseOf(x, data.ring);
    }
  }
  return result;
}

function inverseOf(x: number, ring: SlotRing): number {
  try {
    return ring.invert(x);
  } catch (error) {
    // Rings belong to a lower layer, which does not know ShoalError.
    if (error instanceof RangeError) throw new ShoalError('division-by-zero', error.message);
    throw error;
  }
}

function rotateClear(value: ClearValue, offset: number, slots: number): ClearValue {
  if (typeof value === 'number') return value;
  const result = new Float64Array(value.length);
  rotateInto(value, offset, slots, result);
  return result;
}

/** Writes `value` with each block of `slots` slots rotated left by `offset` slots (any integer). */
export function rotateInto(
  value: Float64Array,
  offset: number,
  slots: number,
  result: Float64Array,
): void {
  const shift = ((offset % slots) + slots) % slots;
  for (let from = 0; from < value.length; from += slots) {
    result.set(value.subarray(from + shift, from + slots), from);
    result.set(value.subarray(from, from + shift), from + slots - shift);
  }
}
