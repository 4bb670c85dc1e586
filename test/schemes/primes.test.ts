import { expect, test } from 'vitest';
import { defined } from '../../src/lookup.ts';
import { distinctPrimes, isPrime, nttPrimes } from '../../src/schemes/primes.ts';

test('isPrime accepts primes and rejects composites', () => {
  const primes = [2n, 3n, 73n, 79n, 65537n, 1152921504606830593n, 18446744073709551557n];
  // Carmichael numbers, strong pseudoprimes to small bases, and a square.
  const composites = [0n, 1n, 4n, 561n, 41041n, 2047n, 3215031751n, 3825123056546413051n, 6241n];
  expect(primes.filter(isPrime)).toEqual(primes);
  expect(composites.filter(isPrime)).toEqual([]);
});

test('isPrime agrees with trial division', () => {
  const isPrimeSlowly = (n: number): boolean => {
    for (let d = 2; d * d <= n; d++) if (n % d === 0) return false;
    return n > 1;
  };
  for (let n = 0; n < 10_000; n++) expect(isPrime(BigInt(n)), `${n}`).toBe(isPrimeSlowly(n));
});

test.each([
  [4096, 30],
  [8192, 40],
  [32768, 60],
])('nttPrimes finds primes for N = %i of %i bits, largest first', (degree, bits) => {
  const primes = nttPrimes(degree, bits, 8);
  expect(primes).toHaveLength(8);
  for (const prime of primes) {
    expect(prime % BigInt(2 * degree)).toBe(1n);
    expect(prime.toString(2)).toHaveLength(bits);
    expect(isPrime(prime)).toBe(true);
  }
  expect([...primes].sort((a, b) => (a < b ? 1 : -1))).toEqual(primes);
});

test('primes have exactly the bits, and there are no more of them', () => {
  // Of 1 + 2048k, from 2^15 to 2^16, these are prime (by trial division).
  const all: bigint[] = [];
  for (let n = 65_536 - 2047; n > 32_768; n -= 2048) {
    let isPrimeNumber = true;
    for (let d = 3; d * d <= n; d += 2) if (n % d === 0) isPrimeNumber = false;
    if (isPrimeNumber) all.push(BigInt(n));
  }
  expect(all.length).toBeGreaterThan(2);
  expect(nttPrimes(1024, 16, 100)).toEqual(all);
});

test('the first prime is the largest', () => {
  // SEAL's own choice for these sizes, largest first.
  expect(nttPrimes(8192, 40, 2)).toEqual([1099511480321n, 1099510890497n]);
  expect(nttPrimes(8192, 60, 1)).toEqual([1152921504606830593n]);
});

test('distinctPrimes returns distinct primes if sizes repeat', () => {
  const primes = defined(distinctPrimes(8192, [40, 40, 60, 40]));
  expect(new Set(primes).size).toBe(4);
  expect(defined(primes[0]) > defined(primes[1]) && defined(primes[1]) > defined(primes[3])).toBe(
    true,
  );
});

test('distinctPrimes returns undefined if there are too few', () => {
  // The only number of 17 bits that is ≡ 1 modulo 2^16 is 65537.
  expect(distinctPrimes(32768, [17, 17])).toBeUndefined();
});
