import { expect, it } from 'vitest';
import { isLongToPack, packingsOf } from '../../src/packing/packings.ts';
import { build } from '../support/circuits.ts';

/** Returns products of matrices, each with a sum and a scaling: four nodes a product. */
const products = (count: number) =>
  build(`input A: cipher[4, 4]; var B = A;
    for i in 0..${count} { B = B @ A + 0.5*A; } output B;`);

it('tries the packings for time again where the fewest levels are packed thoroughly', () => {
  const circuit = products(40);
  expect(isLongToPack(circuit)).toBe(true);
  const low = packingsOf(circuit, 'depth');
  const fast = packingsOf(circuit, 'time');
  expect(low.every(({ levelWorth }) => levelWorth === undefined)).toBe(true);
  expect(fast.every(({ levelWorth }) => levelWorth !== undefined)).toBe(true);
  // The fewest levels come first: the work may not suffice for the others.
  expect(packingsOf(circuit, 'depth', true)).toEqual([...low, ...fast]);
  expect(packingsOf(circuit, 'time', true)).toEqual(fast);
});

it('tries packings with the fewest levels for time, too, up to a hundred nodes', () => {
  const circuit = products(20);
  expect(isLongToPack(circuit)).toBe(true);
  expect(circuit.nodes.length).toBeLessThanOrEqual(100);
  const low = packingsOf(circuit, 'depth');
  expect(packingsOf(circuit, 'time').slice(-low.length)).toEqual(low);
});
