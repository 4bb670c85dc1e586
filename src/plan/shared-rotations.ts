import { at } from '../lookup.ts';
import type { ValueId } from './index-space.ts';
import type { PlanOp, PlanSketch } from './plan.ts';
import { rewired } from './rewire.ts';

/** Writes rotation steps, 0 < steps < slots, as a sum modulo `slots` of steps, each in that range. */
export type OffsetSplit = (steps: number, slots: number) => readonly number[];

/** Powers of two: at most log2(slots) keys, and on average half as many rotations for one. */
export const powersOfTwo: OffsetSplit = (steps) => {
  const parts: number[] = [];
  for (let power = 1; power <= steps; power *= 2) {
    if (Math.floor(steps / power) % 2 === 1) parts.push(power);
  }
  return parts;
};

/**
 * Powers of two and their opposites, the fewest that add up to it: the non-adjacent form ("Binary
 * arithmetic", Reitwiesner, 1960). Twice the keys, a third of the rotations less.
 */
export const signedPowersOfTwo: OffsetSplit = (steps, slots) => {
  const parts: number[] = [];
  let rest = steps;
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
 * Rotates by sums of a few steps, which share their keys, in place of one step for each rotation. Rotations of
 * the same value share what their sums have in common at the beginning.
 */
export function shareRotations<Sketch extends Pick<PlanSketch, 'ops' | 'outputs' | 'slots'>>(
  plan: Sketch,
  stepsOf: OffsetSplit,
): Sketch {
  const ops: PlanOp[] = [];
  const places: ValueId[] = [];
  const rotated = new Map<string, number>();
  const rotate = (value: ValueId, steps: number, level: number): ValueId => {
    const key = `${value}<<${steps}`;
    const known = rotated.get(key);
    if (known !== undefined) return known;
    const place = ops.push({ op: 'rotate', args: [value], steps, level }) - 1;
    rotated.set(key, place);
    return place;
  };
  for (const op of plan.ops) {
    if (op.op === 'rotate') {
      const parts = stepsOf(op.steps, plan.slots);
      places.push(
        parts.reduce((value, steps) => rotate(value, steps, op.level), at(places, op.args[0])),
      );
    } else {
      places.push(ops.push(rewired(op, (arg) => at(places, arg))) - 1);
    }
  }
  const outputs = plan.outputs.map((output) => ({ ...output, value: at(places, output.value) }));
  return { ...plan, ops, outputs };
}
