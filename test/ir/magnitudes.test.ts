import { expect, test } from 'vitest';
import { Magnitudes } from '../../src/ir/sampled-magnitudes.ts';
import { defined } from '../../src/lookup.ts';
import { build } from '../support/circuits.ts';

/** Returns the largest sampled element of A @ x, with entries of both between -bound and bound. */
function largest(magnitudes: Magnitudes, bound: number, size: number): number {
  const range = `within [-${bound}, ${bound}]`;
  const circuit = build(
    `input A: cipher[${size}, ${size}] ${range}; input x: cipher[${size}] ${range}; output y = A @ x;`,
  );
  return defined(magnitudes.of(circuit)[defined(circuit.outputs[0]).node]);
}

test('results for one circuit are reused for another one only if their inputs are the same', () => {
  // At the ends of the ranges each of the 64 or 128 products is bound².
  const magnitudes = new Magnitudes();
  expect(largest(magnitudes, 1, 64)).toBe(64);
  expect(largest(magnitudes, 2, 64)).toBe(256);
  expect(largest(magnitudes, 1, 128)).toBe(128);
  expect(largest(magnitudes, 1, 64)).toBe(64);
});
