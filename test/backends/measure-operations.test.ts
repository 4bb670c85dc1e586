import { expect, test } from 'vitest';
import { heapBytes } from '../../src/backends/seal/load-seal.ts';
import { measurementsOf, measureOperations } from '../../src/backends/seal/measure-operations.ts';

/** A chain of two primes besides the special one. */
const chain = { degree: 4096, primeBits: [30, 20, 36] };

test('operations are measured at every number of primes, and leave no memory behind', async () => {
  let calls = 0;
  const samples = await measureOperations(chain, () => calls++);
  expect(calls).toBe(measurementsOf(chain));
  const at = (primes: number) =>
    samples.filter((s) => s.primes === primes).map((s) => `${s.term} ${s.polynomials}`);
  const anywhere = [
    ...['add 2', 'add 3', 'negate 2', 'addPlain 2', 'mulPlain 2', 'mul 2', 'square 2'],
    ...['relinearize 3', 'rotate 2', 'encodeVector 1', 'encodeUniform 1'],
  ];
  // Transfers below a megabyte are not measured, and one prime cannot be rescaled or dropped.
  expect(at(1)).toEqual(anywhere);
  expect(at(2)).toEqual([...anywhere, 'rescale 2', 'rescale 3', 'drop 2']);
  for (const sample of samples) {
    expect(sample).toMatchObject({ degree: 4096, chainPrimes: 2 });
    expect(sample.ms).toBeGreaterThan(0);
  }
  const bytes = heapBytes();
  await measureOperations(chain);
  await measureOperations(chain);
  expect(heapBytes()).toBe(bytes);
});
