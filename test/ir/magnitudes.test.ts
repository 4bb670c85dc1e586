import { expect, test } from 'vitest';
import { Magnitudes } from '../../src/ir/sampled-magnitudes.ts';
import { defined } from '../../src/lookup.ts';
import { build } from '../support/circuits.ts';

/** The largest sampled element of A @ x, entries of both between -bound and bound. */
function largest(magnitudes: Magnitudes, bound: number, size: number): number {
  const range = `within [-${bound}, ${bound}]`;
  const circuit = build(
    `input A: cipher[${size}, ${size}] ${range}; input x: cipher[${size}] ${range}; output y = A @ x;`,
  );
  return defined(magnitudes.of(circuit)[defined(circuit.outputs[0]).node]);
}

test('what is remembered of one circuit serves another one only if their inputs are the same', () => {
  // At the ends of the ranges each of the 64 products is bound², and so it is of 128.
  const magnitudes = new Magnitudes();
  expect(largest(magnitudes, 1, 64)).toBe(64);
  expect(largest(magnitudes, 2, 64)).toBe(256);
  expect(largest(magnitudes, 1, 128)).toBe(128);
  expect(largest(magnitudes, 1, 64)).toBe(64);
});
