import { at } from '../lookup.ts';
import type { ValueId } from './index-space.ts';
import type { PlanOp, PlanSketch } from './plan.ts';
import { rewired } from './rewire.ts';

/**
 * Splits a rotation's offset into a sum modulo `slots` of offsets; all are above 0 and below
 * `slots`.
 */
export type OffsetSplit = (offset: number, slots: number) => readonly number[];

/**
 * Splits an offset into powers of two: at most log2(slots) keys, on average half as many rotations.
 */
export const powersOfTwo: OffsetSplit = (offset) => {
  const parts: number[] = [];
  for (let power = 1; power <= offset; power *= 2) {
    if (Math.floor(offset / power) % 2 === 1) parts.push(power);
  }
  return parts;
};

/**
 * Splits an offset into the fewest powers of two and negative powers of two: the non-adjacent form
 * ("Binary arithmetic", Reitwiesner, 1960). Takes twice the keys and a third fewer rotations than
 * {@link powersOfTwo}.
 */
export const signedPowersOfTwo: OffsetSplit = (offset, slots) => {
  const parts: number[] = [];
  let rest = offset;
  for (let power = 1; rest > 0 && power < slots; power *= 2) {
    if (rest % 2 === 1) {
      const negative = rest % 4 === 3;
      parts.push(negative ? slots - power : power);
      rest += negative ? 1 : -1;
    }
    rest /= 2;
  }
  return parts;
};

/**
 * Replaces each rotation by several with offsets from a small set, so that fewer Galois keys are
 * needed. Rotations of the same value share the rotations with which their splits begin.
 */
export function shareRotations<Sketch extends Pick<PlanSketch, 'ops' | 'outputs' | 'slots'>>(
  plan: Sketch,
  splitOffset: OffsetSplit,
): Sketch {
  const ops: PlanOp[] = [];
  const newIds: ValueId[] = [];
  const rotated = new Map<string, number>();
  const rotate = (value: ValueId, steps: number, level: number): ValueId => {
    const key = `${value}<<${steps}`;
    const known = rotated.get(key);
    if (known !== undefined) return known;
    const rotation = ops.push({ op: 'rotate', args: [value], steps, level }) - 1;
    rotated.set(key, rotation);
    return rotation;
  };
  for (const op of plan.ops) {
    if (op.op === 'rotate') {
      const parts = splitOffset(op.steps, plan.slots);
      newIds.push(
        parts.reduce((value, steps) => rotate(value, steps, op.level), at(newIds, op.args[0])),
      );
    } else {
      newIds.push(ops.push(rewired(op, (arg) => at(newIds, arg))) - 1);
    }
  }
  const outputs = plan.outputs.map((output) => ({ ...output, value: at(newIds, output.value) }));
  return { ...plan, ops, outputs };
}
