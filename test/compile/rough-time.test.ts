import { expect, test } from 'vitest';
import { operationTime, ringDegree } from '../../src/compile/rough-time.ts';

// With 20 bits of precision, a level takes 40 bits, and base and special prime take 47 each.
test.each([
  { levels: 0, bits: 94, degree: 4096 },
  { levels: 1, bits: 134, degree: 8192 },
  { levels: 3, bits: 214, degree: 8192 },
  { levels: 4, bits: 254, degree: 16384 },
  { levels: 8, bits: 414, degree: 16384 },
  { levels: 9, bits: 454, degree: 32768 },
  { levels: 19, bits: 854, degree: 32768 },
])('$levels levels are $bits bits, in a ring of degree $degree', ({ levels, degree }) => {
  expect(ringDegree(levels, 1, 20)).toBe(degree);
});

test('beyond the largest ring the degree grows with the modulus', () => {
  expect(ringDegree(20, 1, 20)).toBeCloseTo((65536 * 894) / 868, 6);
});

test('slots need twice the ring degree', () => {
  expect(ringDegree(0, 8192, 20)).toBe(16384);
});

test('the time of key switching grows with the square of the number of primes', () => {
  expect(operationTime('rotate', 2)).toBe(4 * 4 + 4 ** 2);
  expect(operationTime('relinearize', 2)).toBe(operationTime('rotate', 2));
  expect(operationTime('mul', 2)).toBe(8);
});
