import { expect, it } from 'vitest';
import { isLongToPack, packingsOf } from '../../src/packing/packings.ts';
import { build } from '../support/circuits.ts';

it('tries the packings for time again where the fewest levels are packed thoroughly', () => {
  // Twenty products of matrices, each with a sum and a scaling: more than 40 nodes.
  const circuit = build(`input A: cipher[4, 4]; var B = A;
    for i in 0..20 { B = B @ A + 0.5*A; } output B;`);
  expect(isLongToPack(circuit)).toBe(true);
  const low = packingsOf(circuit, 'depth');
  const fast = packingsOf(circuit, 'time');
  expect(low.every(({ levelWorth }) => levelWorth === undefined)).toBe(true);
  // The fewest levels come first: the work may not suffice for the others.
  expect(packingsOf(circuit, 'depth', true)).toEqual([...low, ...fast]);
  expect(packingsOf(circuit, 'time', true)).toEqual(fast);
});
