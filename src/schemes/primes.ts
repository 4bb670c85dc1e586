/**
 * Finds primes for the number-theoretic transform. They are ≡ 1 modulo 2N, so that a primitive
 * 2N-th root of unity exists. This file does not ask SEAL for them, because compiling must not load
 * SEAL.
 */

/** Bases that make the test exact for all n < 2^64: Jim Sinclair, "Best known SPRP bases sets". */
const WITNESSES: readonly bigint[] = [2n, 325n, 9375n, 28178n, 450775n, 9780504n, 1795265022n];

const SMALL_PRIMES: readonly bigint[] = [
  3n,
  5n,
  7n,
  11n,
  13n,
  17n,
  19n,
  23n,
  29n,
  31n,
  37n,
  41n,
  43n,
  47n,
  53n,
  59n,
  61n,
  67n,
  71n,
  73n,
];

/**
 * Whether n is prime, by the strong probable prime test of Miller and Rabin. Exact for n < 2^64.
 */
export function isPrime(n: bigint): boolean {
  if (n < 2n) return false;
  if (n % 2n === 0n) return n === 2n;
  for (const p of SMALL_PRIMES) if (n % p === 0n) return n === p;
  const twos = trailingZeros(n - 1n);
  const odd = (n - 1n) >> twos;
  return WITNESSES.every((base) => passes(base % n, n, odd, twos));
}

function trailingZeros(n: bigint): bigint {
  let count = 0n;
  for (let rest = n; (rest & 1n) === 0n; rest >>= 1n) count++;
  return count;
}

function passes(base: bigint, n: bigint, odd: bigint, twos: bigint): boolean {
  if (base === 0n) return true;
  let x = power(base, odd, n);
  if (x === 1n || x === n - 1n) return true;
  for (let i = 1n; i < twos; i++) {
    x = (x * x) % n;
    if (x === n - 1n) return true;
  }
  return false;
}

function power(base: bigint, exponent: bigint, modulus: bigint): bigint {
  let result = 1n;
  let square = base;
  for (let rest = exponent; rest > 0n; rest >>= 1n) {
    if ((rest & 1n) === 1n) result = (result * square) % modulus;
    square = (square * square) % modulus;
  }
  return result;
}

/**
 * The primes found so far, by step and bits. Choosing parameters tries many sizes of the same few
 * primes.
 */
const FOUND = new Map<string, { readonly primes: bigint[]; next: bigint }>();

/**
 * Returns the `count` largest primes of exactly `bits` bits that are ≡ 1 modulo 2·`degree`, largest
 * first. Returns fewer if there are fewer.
 */
export function nttPrimes(degree: number, bits: number, count: number): readonly bigint[] {
  return primesModulo(2n * BigInt(degree), bits, count);
}

/**
 * Returns the `count` largest primes of exactly `bits` bits that are ≡ 1 modulo `step`, largest
 * first. Returns fewer if there are fewer.
 */
export function primesModulo(step: bigint, bits: number, count: number): readonly bigint[] {
  const least = 1n << BigInt(bits - 1);
  const key = `${step}:${bits}`;
  let known = FOUND.get(key);
  if (known === undefined) {
    const last = (1n << BigInt(bits)) - 1n;
    // The largest number below 2^bits that is 1 modulo the step.
    known = { primes: [], next: last - ((last - 1n) % step) };
    FOUND.set(key, known);
  }
  while (known.primes.length < count && known.next > least) {
    if (isPrime(known.next)) known.primes.push(known.next);
    known.next -= step;
  }
  return known.primes.slice(0, count);
}

/**
 * Returns distinct primes of the given sizes, in the given order. Among equal sizes the earlier one
 * gets the larger prime.
 *
 * @param degree the ring degree N
 * @param sizes bits of each prime
 * @returns undefined if there are too few primes of some size
 */
export function distinctPrimes(
  degree: number,
  sizes: readonly number[],
): readonly bigint[] | undefined {
  const used = new Map<number, number>();
  const primes: bigint[] = [];
  for (const bits of sizes) {
    const before = used.get(bits) ?? 0;
    const prime = nttPrimes(degree, bits, before + 1)[before];
    if (prime === undefined) return undefined;
    used.set(bits, before + 1);
    primes.push(prime);
  }
  return primes;
}
