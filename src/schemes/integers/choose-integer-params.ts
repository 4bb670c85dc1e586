import { at, last } from '../../lookup.ts';
import type { IntegerPlan, IntegerSketch } from '../../plan/plan.ts';
import {
  DEFAULT_SECURITY,
  isSecure,
  offeredRings,
  type SecurityBits,
  type SecurityRequest,
} from '../security.ts';
import { hasSlots } from './batching.ts';
import { integerPrimes, type PrimeSizes } from './integer-primes.ts';
import {
  analyzeIntegers,
  type IntegerAnalysis,
  type LevelledIntegers,
  levelIntegers,
} from './level-integers.ts';
import { chainOf } from './noise-growth.ts';

/** SEAL's limit for a prime. */
const LARGEST_PRIME_BITS = 60;
/** Smallest prime. There are too few smaller ones. */
const LEAST_PRIME_BITS = 24;
/**
 * Bits by which the special prime is larger than the others, if there is room. Its noise shrinks as
 * much.
 */
const SPECIAL_MARGINS = [3, 0];
/** Least predicted noise budget of outputs, in bits. */
const LEAST_BUDGET = 1;

/** A plan for integers, or the reason why there is none. */
export type IntegerChoice =
  | { readonly plan: IntegerPlan }
  | { readonly refused: { readonly reason: string; readonly missing: 'budget' } };

/** A sketch, and the security that its parameters must have. */
interface Analysis extends IntegerAnalysis {
  readonly securityBits: SecurityBits;
}

/** Sizes to try. */
interface TriedSizes extends Pick<PrimeSizes, 'count' | 'bits'> {
  /** Bits by which the special prime is larger than the others. */
  readonly margin: number;
}

function specialBitsOf({ bits, margin }: TriedSizes): number {
  return Math.min(LARGEST_PRIME_BITS, bits + margin);
}

/** Parameters that fit, and the operations of the sketch under them. */
interface Fit {
  readonly degree: number;
  readonly sizes: TriedSizes;
  readonly primes: readonly bigint[];
  readonly levelled: LevelledIntegers;
}

/**
 * Chooses parameters of BFV and BGV: the smallest ring in which the predicted noise leaves every
 * output some budget at the requested security. In that ring it chooses the fewest primes, because
 * operations are faster with fewer, and then the smallest ones. If values lie in slots, only rings
 * in which t has slots are considered.
 *
 * @returns the completed plan, or the reason why there is none
 */
export function chooseIntegerParams(
  sketch: IntegerSketch,
  request: SecurityRequest = DEFAULT_SECURITY,
): IntegerChoice {
  const { encoding, slots, plainModulus: t } = sketch;
  const inSlots = encoding === 'slots';
  const offered = offeredRings(request);
  const rings = offered.filter(
    ({ degree }) => slots <= (inSlots ? degree / 2 : degree) && (!inSlots || hasSlots(t, degree)),
  );
  if (rings.length === 0) {
    return {
      refused: { reason: `no ring has ${slots} slots for integers modulo ${t}`, missing: 'budget' },
    };
  }
  const analysis = { ...analyzeIntegers(sketch), securityBits: request.securityBits };
  for (const { degree, maxBits } of rings) {
    const fit = smallestFit(analysis, degree, maxBits);
    if (fit) return { plan: complete(sketch, fit, request.securityBits) };
  }
  const largest = last(rings).degree;
  const limit = largest < last(offered).degree ? `, the largest in which ${t} has slots` : '';
  const reason = `the noise exceeds what a ring of degree ${largest} can hold${limit}`;
  return { refused: { reason, missing: 'budget' } };
}

/** Returns the fit with the fewest primes and, for that number, the smallest primes. */
function smallestFit(analysis: Analysis, degree: number, maxBits: number): Fit | undefined {
  const { plainModulus, scheme } = analysis.sketch;
  const least = Math.max(LEAST_PRIME_BITS, Math.ceil(Math.log2(plainModulus)) + 1);
  const most = mostPrimes(degree, plainModulus, maxBits, least);
  const fitWithPrimes = (count: number) => fitWithCount(analysis, degree, maxBits, count, least);
  // BGV divides by whole primes at a modulus switch, so more primes are not always better.
  const fit =
    scheme === 'bfv'
      ? fewestByBisection(fitWithPrimes, most)
      : fewestByCounting(fitWithPrimes, most);
  return fit && withSmallestPrimes(analysis, fit, least);
}

/**
 * Returns the fit with the fewest primes, by bisection. A larger number of primes must also fit.
 */
function fewestByBisection(
  fitWithPrimes: (count: number) => Fit | undefined,
  most: number,
): Fit | undefined {
  let best = most < 1 ? undefined : fitWithPrimes(most);
  for (let [low, high] = [0, most]; best && high - low > 1; ) {
    const middle = (low + high) >>> 1;
    const fit = fitWithPrimes(middle);
    if (fit) [best, high] = [fit, middle];
    else low = middle;
  }
  return best;
}

/** Returns the fit with the fewest primes, trying one prime first. */
function fewestByCounting(
  fitWithPrimes: (count: number) => Fit | undefined,
  most: number,
): Fit | undefined {
  for (let count = 1; count <= most; count++) {
    const fit = fitWithPrimes(count);
    if (fit) return fit;
  }
  return undefined;
}

/** Returns the largest number of primes that a ring has room for. Small primes are few. */
function mostPrimes(degree: number, plainModulus: number, maxBits: number, least: number): number {
  let count = Math.floor(maxBits / least) - 1;
  const exist = (): boolean => {
    const bits = Math.min(LARGEST_PRIME_BITS, Math.floor(maxBits / (count + 1)));
    return integerPrimes(degree, plainModulus, { count, bits, specialBits: bits }) !== undefined;
  };
  while (count > 0 && !exist()) count--;
  return count;
}

/**
 * Returns the fit with `count` primes that are as large as the ring allows; undefined if there is
 * none.
 */
function fitWithCount(
  analysis: Analysis,
  degree: number,
  maxBits: number,
  count: number,
  least: number,
): Fit | undefined {
  for (const margin of SPECIAL_MARGINS) {
    const bits = Math.min(LARGEST_PRIME_BITS, Math.floor((maxBits - margin) / (count + 1)));
    const fit = bits < least ? undefined : fitWith(analysis, degree, { count, bits, margin });
    if (fit) return fit;
  }
  return undefined;
}

/** Returns a fit with as many primes as the known one, and the smallest that suffice. */
function withSmallestPrimes(analysis: Analysis, known: Fit, least: number): Fit {
  let best = known;
  let [low, high] = [least - 1, known.sizes.bits];
  while (high - low > 1) {
    const middle = (low + high) >>> 1;
    const fit = fitWith(analysis, known.degree, { ...known.sizes, bits: middle });
    if (fit) [best, high] = [fit, middle];
    else low = middle;
  }
  return best;
}

/** Returns the sketch under primes of some sizes; undefined if an output has no budget left. */
function fitWith(analysis: Analysis, degree: number, sizes: TriedSizes): Fit | undefined {
  const { sketch } = analysis;
  const { scheme, plainModulus } = sketch;
  const { count, bits } = sizes;
  const specialBits = specialBitsOf(sizes);
  if (!isSecure(degree, count * bits + specialBits, analysis.securityBits)) return undefined;
  const primes = integerPrimes(degree, plainModulus, { count, bits, specialBits });
  if (!primes) return undefined;
  const ring = { scheme, degree, plainModulus, basePrimes: basePrimesOf(sketch, count) };
  const chain = chainOf(ring, primes);
  const levelled = levelIntegers(analysis, chain, primes.slice(0, -1), LEAST_BUDGET);
  return levelled && { degree, sizes, primes, levelled };
}

/**
 * Returns the number of base primes. BFV has only one level; BGV has one for each prime but the
 * first.
 */
function basePrimesOf({ scheme }: IntegerSketch, count: number): number {
  return scheme === 'bfv' ? count : 1;
}

function complete(
  sketch: IntegerSketch,
  { degree, sizes, primes, levelled }: Fit,
  securityBits: SecurityBits,
): IntegerPlan {
  const { plainModulus, outputs, ops: _, ...rest } = sketch;
  const { count, bits } = sizes;
  return {
    ...rest,
    params: {
      polyModulusDegree: degree,
      coeffModulusBits: [...new Array<number>(count).fill(bits), specialBitsOf(sizes)],
      coeffModulus: primes.map(String),
      basePrimes: basePrimesOf(sketch, count),
      plainModulus,
      securityBits,
    },
    ops: [...levelled.ops],
    outputs: outputs.map((output, i) => ({
      ...output,
      value: at(levelled.valueIds, output.value),
      errorBound: 0,
      noiseBudget: Number.isFinite(levelled.budgets[i])
        ? Math.floor(at(levelled.budgets, i))
        : null,
    })),
  };
}
