import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { SlotMap } from '../../src/plan/plan.ts';
import {
  expandSlotData,
  filledSlots,
  packerOf,
  replicate,
  slotsSpanned,
  unpackInto,
} from '../../src/plan/slot-maps.ts';

function packed(map: SlotMap, data: number[], slots: number, offset = 0): number[] {
  const vector = new Float64Array(slots);
  packerOf(map)(Float64Array.from(data), vector, offset);
  return [...vector];
}

/** A 2 × 3 matrix, rows outer, rows four slots apart. */
const rows: SlotMap = { sizes: [2, 3], from: 0, fromStrides: [3, 1], strides: [4, 1], copies: [] };

test('a matrix by rows', () => {
  expect(packed(rows, [1, 2, 3, 4, 5, 6], 8)).toEqual([1, 2, 3, 0, 4, 5, 6, 0]);
});

test('a matrix by columns is another map of the same data', () => {
  const columns: SlotMap = { ...rows, sizes: [3, 2], fromStrides: [1, 3], strides: [2, 1] };
  expect(packed(columns, [1, 2, 3, 4, 5, 6], 8)).toEqual([1, 4, 2, 5, 3, 6, 0, 0]);
});

test('one row, reversed', () => {
  const map: SlotMap = { sizes: [3], from: 5, fromStrides: [-1], strides: [1], copies: [] };
  expect(packed(map, [1, 2, 3, 4, 5, 6], 4)).toEqual([6, 5, 4, 0]);
});

test('copies, and copies of copies', () => {
  const map: SlotMap = {
    sizes: [2],
    from: 0,
    fromStrides: [1],
    strides: [1],
    copies: [
      { count: 2, stride: 2 },
      { count: 2, stride: 5 },
    ],
  };
  expect(packed(map, [7, 8], 10)).toEqual([7, 8, 7, 8, 0, 7, 8, 7, 8, 0]);
  expect(slotsSpanned(map)).toBe(9);
  expect([...filledSlots(map)].sort((a, b) => a - b)).toEqual([0, 1, 2, 3, 5, 6, 7, 8]);
});

test('a block of a batch', () => {
  expect(packed({ ...rows, sizes: [1, 2] }, [1, 2, 3], 6, 4)).toEqual([0, 0, 0, 0, 1, 2]);
});

test('a map that reads outside its data is refused', () => {
  expect(() => packed(rows, [1, 2, 3], 8)).toThrow(RangeError);
});

test('slot data are one number, or the numbers of the first slots', () => {
  expect(expandSlotData(3, 4, 2)).toBe(3);
  expect([...(expandSlotData([1, 2], 4, 2) as Float64Array)]).toEqual([1, 2, 0, 0, 1, 2, 0, 0]);
});

test('blocks are repeated', () => {
  expect([...replicate(Float64Array.of(1, 2), 6)]).toEqual([1, 2, 1, 2, 1, 2]);
});

const denseMap = fc
  .record({
    sizes: fc.array(fc.integer({ min: 1, max: 4 }), { maxLength: 3 }),
    gap: fc.integer({ min: 1, max: 3 }),
    copies: fc.integer({ min: 1, max: 3 }),
    offset: fc.integer({ min: 0, max: 9 }),
  })
  .map(({ sizes, gap, copies, offset }) => {
    const fromStrides = sizes.map((_, k) => sizes.slice(k + 1).reduce((a, b) => a * b, 1));
    const size = sizes.reduce((a, b) => a * b, 1);
    const map: SlotMap = {
      sizes,
      from: 0,
      fromStrides,
      strides: fromStrides.map((stride) => stride * gap),
      copies: [{ count: copies, stride: size * gap }],
    };
    return { map, size, offset };
  });

test('unpacking is the inverse of packing', () => {
  fc.assert(
    fc.property(denseMap, ({ map, size, offset }) => {
      const data = Float64Array.from({ length: size }, (_, i) => i + 1);
      const vector = new Float64Array(offset + slotsSpanned(map));
      packerOf(map)(data, vector, offset);
      const read = new Float64Array(size);
      unpackInto(map, vector, offset, read);
      expect(read).toEqual(data);
      const filled = new Set(filledSlots(map));
      vector.forEach((x, slot) => {
        expect(x !== 0).toBe(filled.has(slot - offset));
      });
    }),
  );
});
