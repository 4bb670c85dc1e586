import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  MAX_SUMMED,
  productsOfFloats,
  productsOfIntegers,
  type Rows,
} from '../../src/tensor/rows.ts';

/** Computes the products of rows by their definition. */
function products<T>(x: Rows<T>, y: Rows<T>, sum: (pairs: readonly [T, T][]) => T): T[] {
  const row = ({ data, step, count }: Rows<T>, start: number) =>
    Array.from({ length: count }, (_, i) => data[start + i * step] as T);
  return x.starts.flatMap((from) =>
    y.starts.map((start) => {
      const others = row(y, start);
      return sum(row(x, from).map((a, i) => [a, others[i] as T]));
    }),
  );
}

const integer = fc.bigInt({ min: 0n, max: 2n ** 120n - 1n });

/** Returns the rows of a matrix, or its columns. */
function rowsOf<T>(count: number, data: readonly T[], isTransposed: boolean): Rows<T> {
  const rows = Math.floor(data.length / count);
  return isTransposed
    ? { data, starts: Array.from({ length: rows }, (_, i) => i), step: rows, count }
    : { data, starts: Array.from({ length: rows }, (_, i) => i * count), step: 1, count };
}

describe('rows times rows', () => {
  test('of integers are the exact sums of products', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 5 }),
        fc.array(integer, { minLength: 5, maxLength: 30 }),
        fc.array(integer, { minLength: 5, maxLength: 30 }),
        fc.boolean(),
        (count, left, right, isTransposed) => {
          const [x, y] = [rowsOf(count, left, isTransposed), rowsOf(count, right, false)];
          expect(productsOfIntegers(x, y)).toEqual(
            products(x, y, (pairs) => pairs.reduce((sum, [a, b]) => sum + a * b, 0n)),
          );
        },
      ),
    );
  });

  test('of floats are the sums of products', () => {
    const x = rowsOf(3, [1, 2, 3, 4, 5, 6, 7, 8, 9], true);
    const y = rowsOf(3, [1, 0, 0, 1, 1, 1], false);
    // Rows of x are 1 4 7, 2 5 8 and 3 6 9.
    expect(productsOfFloats(x, y)).toEqual([1, 12, 2, 15, 3, 18]);
  });

  test('of integers are exact for the largest integers and the longest rows', () => {
    const most = 2n ** 120n - 1n;
    const x = rowsOf(MAX_SUMMED, new Array<bigint>(MAX_SUMMED).fill(most), false);
    expect(productsOfIntegers(x, x)).toEqual([BigInt(MAX_SUMMED) * most * most]);
  });
});
