import { expect } from 'vitest';
import type { PackedCircuit } from '../../src/packing/packed-circuit.ts';
import { REALS } from '../../src/plan/clear-ops.ts';
import { wholeOutputs } from '../../src/plan/outputs.ts';
import { runSlots } from '../../src/plan/slot-machine.ts';
import { unpackInto } from '../../src/plan/slot-maps.ts';
import { randomNumbers } from '../../src/schemes/ckks/samples.ts';
import { sizeOf } from '../../src/tensor/tensor.ts';

/** A packed circuit or a plan; levels do not matter. */
type Slots = Pick<PackedCircuit, 'slots' | 'outputs'> & {
  readonly ops: readonly { readonly op: string }[];
  readonly inputs: readonly { readonly name: string; readonly shape: readonly number[] }[];
};

/** Expects equal outputs of two circuits for inputs in [0.5, 1], up to float64 rounding. */
export function expectSameSlots(a: Slots, b: Slots): void {
  const [expected, got] = [outputsOf(a), outputsOf(b)];
  expect([...got.keys()]).toEqual([...expected.keys()]);
  for (const [name, data] of expected) {
    data.forEach((x, i) => {
      const difference = Math.abs((got.get(name)?.[i] as number) - x);
      expect(difference, `${name}[${i}]`).toBeLessThanOrEqual(1e-9 * Math.max(1, Math.abs(x)));
    });
  }
}

/** Returns inputs in [0.5, 1], always the same ones. */
export function slotInputs(inputs: Slots['inputs']): ReadonlyMap<string, Float64Array> {
  const next = randomNumbers(7);
  return new Map(
    inputs.map(({ name, shape }) => [
      name,
      Float64Array.from({ length: sizeOf(shape) }, () => 0.5 + next() / 2),
    ]),
  );
}

/** Returns the outputs for {@link slotInputs}, by name. */
export function outputsOf({
  ops,
  outputs,
  inputs,
  slots,
}: Slots): ReadonlyMap<string, Float64Array> {
  const data = slotInputs(inputs);
  const read = (name: string): Float64Array => data.get(name) as Float64Array;
  const plan = { ops, outputs } as unknown as Parameters<typeof runSlots>[0];
  const values = runSlots(plan, { ring: REALS, slots, blocks: 1, read });
  return new Map(
    wholeOutputs(outputs).map(({ name, shape, parts }) => {
      const data = new Float64Array(sizeOf(shape));
      for (const { value, map } of parts) {
        const found = values.get(value) as number | Float64Array;
        const vector = typeof found === 'number' ? new Float64Array(slots).fill(found) : found;
        unpackInto(map, vector, 0, data);
      }
      return [name, data];
    }),
  );
}
