import { expect, test, vi } from 'vitest';
import { gatherConstant, loadedConstant, uniformValue } from '../../src/tensor/constant.ts';
import { fromNumber, fromShortest } from '../../src/tensor/exact.ts';

test('a loaded constant makes its exact numbers when they are read, once', () => {
  const exactOf = vi.fn(fromShortest);
  const constant = loadedConstant([2, 2], Float64Array.of(0.1, 2, -3, 4), exactOf);
  expect(constant.shape).toEqual([2, 2]);
  expect(exactOf).not.toHaveBeenCalled();
  expect(constant.data).toEqual([0.1, 2, -3, 4].map(fromShortest));
  expect(constant.data).toBe(constant.data);
  expect(exactOf).toHaveBeenCalledTimes(4);
});

test('a row of a loaded constant makes no other numbers, nor does a part of that', () => {
  const exactOf = vi.fn(fromNumber);
  const values = Float64Array.from({ length: 2 ** 20 }, (_, i) => i);
  const matrix = loadedConstant([2 ** 10, 2 ** 10], values, exactOf);
  const row = gatherConstant(matrix, [2 ** 10], 3 * 2 ** 10, [1]);
  const back = gatherConstant(row, [3], 5, [-2]);
  expect(exactOf).not.toHaveBeenCalled();
  expect(back.data).toEqual([3 * 2 ** 10 + 5, 3 * 2 ** 10 + 3, 3 * 2 ** 10 + 1].map(fromNumber));
  expect(exactOf).toHaveBeenCalledTimes(3);
  expect(gatherConstant(matrix, [], 7, []).data).toEqual([fromNumber(7)]);
  expect(exactOf).toHaveBeenCalledTimes(4);
});

test('a part of another constant is the same as of a loaded one', () => {
  const values = [1, 2, 3, 4, 5, 6];
  const loaded = loadedConstant([2, 3], Float64Array.from(values), fromNumber);
  const written = { shape: [2, 3], data: values.map(fromNumber) };
  // The transpose, and a row that is repeated.
  for (const [shape, from, strides] of [
    [[3, 2], 0, [1, 3]],
    [[2, 3], 3, [0, 1]],
    [[0], 0, [1]],
  ] as const) {
    const part = gatherConstant(loaded, shape, from, strides);
    expect(part).toEqual(gatherConstant(written, shape, from, strides));
    expect(structuredClone(part)).toEqual(part);
    expect({ ...part }).toEqual(part);
  }
  expect(uniformValue(gatherConstant(loaded, [4], 2, [0]))).toEqual(fromNumber(3));
});
