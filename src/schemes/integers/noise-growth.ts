import { largestOf, last } from '../../lookup.ts';

/**
 * Sizes of the noise of ciphertexts, for BFV and BGV as implemented in SEAL 4.1. Its BFV is the
 * variant of "A Full RNS Variant of FV Like Somewhat Homomorphic Encryption Schemes" (Bajard,
 * Eynard, Hasan and Zucca).
 *
 * Let c(s) = Σ cᵢ·sⁱ modulo q. The noise of a BFV ciphertext is e in c(s) = (q/t)·m + e, and
 * decryption is correct while |e| < q/2t. The noise of a BGV ciphertext is c(s) = m + t·e itself,
 * which must be below q/2. Noise is measured in the canonical embedding, where sums add and
 * products multiply: an independent polynomial whose coefficients have variance v is below 6·√(N·v)
 * at all roots of unity. See "Which Ring Based Somewhat Homomorphic Encryption Scheme is Best?"
 * (Costache and Smart, 2016), "Optimisations of fully homomorphic encryption" (Iliashenko, 2019)
 * and "Evaluating the effectiveness of heuristic worst-case noise analysis in FHE" (Costache, Laine
 * and Player, 2019).
 *
 * Values that SEAL does not centre have a mean: digits of key switching lie in [0, q), roundings of
 * BGV in [0, t). A mean in all coefficients is a polynomial that is N/π times twice as large at the
 * roots next to 1 and falls off as 1/k at the k-th root. Such peaks count little in a sum, but
 * their products with each other outgrow everything else. So the noise at the k-th root is bounded
 * by `spread + peak/k`.
 */

/** A ring and the sizes of a modulus, before the primes themselves are known. */
export interface ModulusChain {
  readonly scheme: 'bfv' | 'bgv';
  /** N. */
  readonly degree: number;
  /** t. */
  readonly plainModulus: number;
  /** log2 of the primes of the base and of levels 1, 2, … */
  readonly primeBits: readonly number[];
  /** The number of base primes. */
  readonly basePrimes: number;
  /** log2 of the special prime, which only keys use. */
  readonly specialBits: number;
}

/**
 * Returns the chain of known primes.
 *
 * @param primes the primes of the base, those of the levels, and last the special one
 */
export function chainOf(
  ring: Pick<ModulusChain, 'scheme' | 'degree' | 'plainModulus' | 'basePrimes'>,
  primes: readonly bigint[],
): ModulusChain {
  // A prime of b bits is close to 2^b, but may be below it.
  const bits = primes.map((prime) => Math.log2(Number(prime)));
  return { ...ring, primeBits: bits.slice(0, -1), specialBits: last(bits) };
}

/**
 * The bound on a noise at the k-th root of unity: 2^spread + 2^peak/k. Logarithms are used because
 * noises overflow float64.
 */
export interface NoiseSize {
  readonly spread: number;
  readonly peak: number;
}

/** The noise of each operation's result. */
export interface NoiseGrowth {
  /** The noise of an encryption, at the top level. */
  readonly fresh: NoiseSize;
  add(a: NoiseSize, b: NoiseSize): NoiseSize;
  addPlain(a: NoiseSize): NoiseSize;
  /**
   * Multiplies by a plaintext.
   *
   * @param norm log2 of the largest value of the plaintext polynomial at a root of unity
   */
  mulPlain(a: NoiseSize, norm: number): NoiseSize;
  mul(a: NoiseSize, b: NoiseSize): NoiseSize;
  /** Relinearization or rotation. */
  keySwitch(a: NoiseSize, level: number): NoiseSize;
  /**
   * Switches the modulus from level `from` to level `to`.
   *
   * @param size number of polynomials of the ciphertext
   */
  modSwitch(a: NoiseSize, from: number, to: number, size: number): NoiseSize;
  /**
   * Returns the bits of the modulus above the noise where it is largest: what later products can
   * use.
   */
  room(a: NoiseSize, level: number): number;
  /**
   * Returns the remaining bits of noise budget as SEAL measures it: at 0 or less, decryption may be
   * wrong.
   */
  budget(a: NoiseSize, level: number): number;
}

/**
 * Standard deviations that a polynomial's value at a root of unity stays below, except with
 * probability 2^-52.
 */
const DEVIATIONS = 6;
/** The same for the root next to 1 alone: 1e-7 of all keys exceed it. */
const DEVIATIONS_AT_PEAK = 4;
/**
 * Variances of a rounding error of width 1, of a ternary secret, and of the errors of encryption.
 */
const ROUNDING = 1 / 12;
const SECRET = 2 / 3;
const ERROR = 3.2 ** 2;
/**
 * The share of a peak in a coefficient, times N: a coefficient is the mean of the values at N
 * roots, where a peak falls off as 1/k.
 */
const PEAK_SHARE = 4;

/** The logarithm of no noise. */
const ZERO = Number.NEGATIVE_INFINITY;

/** Returns the noise of operations under some parameters. */
export function noiseGrowth(chain: ModulusChain): NoiseGrowth {
  const { degree: n, primeBits, basePrimes, specialBits } = chain;
  const t = Math.log2(chain.plainModulus);
  const isBfv = chain.scheme === 'bfv';
  /** Bound on a polynomial of independent coefficients with this variance. */
  const random = (variance: number) => Math.log2(DEVIATIONS * Math.sqrt(n * variance));
  /** The value at the root next to 1 of a polynomial whose coefficients are all 1/2. */
  const mean = Math.log2(n / Math.PI);
  const atPeak = Math.log2(DEVIATIONS_AT_PEAK / DEVIATIONS);
  const secretPeak = random(SECRET) + atPeak;
  /** The spread of a rounding of 2 or 3 polynomials, times powers of the secret. */
  const roundedSpread = (size: number) =>
    random(ROUNDING * (1 + n * SECRET + (size === 3 ? 2 * (n * SECRET) ** 2 : 0)));
  const rounded = (size: number): NoiseSize =>
    isBfv
      ? { spread: roundedSpread(size), peak: ZERO }
      : { spread: t + roundedSpread(size), peak: t + mean + 1 + (size - 1) * secretPeak };
  const modulusAt = (level: number) => total(primeBits.slice(0, basePrimes + level));
  /** A plaintext's coefficients are anywhere in [0, t). BFV rounds what it adds. */
  const message: NoiseSize = isBfv
    ? { spread: random(ROUNDING), peak: ZERO }
    : { spread: t + random(ROUNDING), peak: t + mean };
  const unit = isBfv ? 0 : t;
  const encryption = {
    spread: unit + random(ERROR * (1 + 2 * n * SECRET)) - specialBits,
    peak: ZERO,
  };
  /**
   * The size of a value in [-q/2, q/2), in units of q/t. A product multiplies the other factor's
   * noise by it.
   */
  const wrapped = roundedSpread(2) + t;
  return {
    fresh: sum(sum(encryption, rounded(2)), message),
    add: sum,
    addPlain: (a) => sum(a, message),
    mulPlain: scaled,
    mul(a, b) {
      if (!isBfv) return product(a, b);
      // Each base conversion of BEHZ is off by at most the number of primes.
      const conversions = scaled(rounded(3), Math.log2(primeBits.length + 1));
      const squares = scaled(product(a, b), t - modulusAt(0));
      return sum(sum(scaled(sum(a, b), wrapped), squares), conversions);
    },
    keySwitch(a, level) {
      const digits = primeBits.slice(0, basePrimes + level);
      const largest = largestOf(digits) - specialBits;
      const keyErrors = random(digits.length * ERROR) + largest + unit;
      const switched = {
        spread: keyErrors + Math.log2(Math.sqrt(n * ROUNDING)),
        peak: keyErrors + atPeak + mean,
      };
      return sum(a, sum(switched, rounded(2)));
    },
    modSwitch: (a, from, to, size) =>
      from === to ? a : sum(scaled(a, modulusAt(to) - modulusAt(from)), rounded(size)),
    room: ({ spread, peak }, level) => modulusAt(level) - addLogs(spread, peak),
    budget({ spread, peak }, level) {
      // A coefficient is the mean of the values at n roots, whose phases are nearly independent.
      const share = Math.min(0, Math.log2(DEVIATIONS / Math.sqrt(n)));
      const coefficient = addLogs(spread + share, peak + Math.log2(PEAK_SHARE / n));
      // SEAL counts whole bits, and a product of primes is a little below its power of two.
      return Math.floor(modulusAt(level)) - (isBfv ? t : 0) - coefficient - 1;
    },
  };
}

function total(bits: readonly number[]): number {
  return bits.reduce((all, b) => all + b, 0);
}

function sum(a: NoiseSize, b: NoiseSize): NoiseSize {
  return { spread: addLogs(a.spread, b.spread), peak: addLogs(a.peak, b.peak) };
}

/**
 * Multiplies a noise by a number, given by its logarithm, or by a polynomial that is nowhere
 * larger.
 */
function scaled({ spread, peak }: NoiseSize, log2: number): NoiseSize {
  return { spread: spread + log2, peak: peak + log2 };
}

function product(a: NoiseSize, b: NoiseSize): NoiseSize {
  const peaks = addLogs(a.peak + b.peak, addLogs(a.spread + b.peak, a.peak + b.spread));
  return { spread: a.spread + b.spread, peak: peaks };
}

/** Returns log2(2^a + 2^b). */
function addLogs(a: number, b: number): number {
  const [low, high] = a < b ? [a, b] : [b, a];
  return low === ZERO ? high : high + Math.log2(1 + 2 ** (low - high));
}

/**
 * Returns log2 of the largest value, at a root of unity, of a plaintext polynomial of `count`
 * coefficients of any size up to t/2. The coefficients of encoded vectors are nearly random.
 */
export function plainNorm(plainModulus: number, count: number): number {
  const randomly = DEVIATIONS * Math.sqrt(count * ROUNDING);
  return Math.log2(Math.max(1, plainModulus * Math.min(count / 2, randomly)));
}
