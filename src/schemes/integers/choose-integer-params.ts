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
/** Smaller primes are too few. */
const LEAST_PRIME_BITS = 24;
/** What the special prime is larger than the others by, where there is room: its noise shrinks by as much. */
const SPECIAL_MARGINS = [3, 0];
/** Predicted bits of noise budget that outputs are left with, at least. */
const LEAST_BUDGET = 1;

/** A plan for integers, or why there is none. */
export type IntegerChoice =
  | { readonly plan: IntegerPlan }
  | { readonly refused: { readonly reason: string; readonly missing: 'budget' } };

/** A sketch, and how secure its parameters are to be. */
interface Analysis extends IntegerAnalysis {
  readonly securityBits: SecurityBits;
}

/** Sizes that are tried. */
interface Tried extends Pick<PrimeSizes, 'count' | 'bits'> {
  /** Bits by which the special prime is larger. */
  readonly margin: number;
}

function specialBitsOf({ bits, margin }: Tried): number {
  return Math.min(LARGEST_PRIME_BITS, bits + margin);
}

/** Parameters, and what they make of a sketch. */
interface Fit {
  readonly degree: number;
  readonly sizes: Tried;
  readonly primes: readonly bigint[];
  readonly levelled: LevelledIntegers;
}

/**
 * Chooses parameters of BFV and BGV: the smallest ring in which the predicted noise leaves every output some
 * budget at the security that is wanted, in it the fewest primes, which make operations fast, and of these the smallest.
 * Where values lie in slots only rings are looked at in which t has slots.
 *
 * @returns the plan, completed, or why there is none
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

/** The fit with the fewest primes, and of these the smallest. */
function smallestFit(analysis: Analysis, degree: number, maxBits: number): Fit | undefined {
  const { plainModulus, scheme } = analysis.sketch;
  const least = Math.max(LEAST_PRIME_BITS, Math.ceil(Math.log2(plainModulus)) + 1);
  const most = mostPrimes(degree, plainModulus, maxBits, least);
  const fitWithPrimes = (count: number) => fitWithCount(analysis, degree, maxBits, count, least);
  // What BGV divides by at a switch are whole primes, so more of them are not always better.
  const fit = scheme === 'bfv' ? halved(fitWithPrimes, most) : first(fitWithPrimes, most);
  return fit && narrowed(analysis, fit, least);
}

/** The fit with the fewest primes, where more of them always fit too. */
function halved(fitWithPrimes: (count: number) => Fit | undefined, most: number): Fit | undefined {
  let best = most < 1 ? undefined : fitWithPrimes(most);
  for (let [low, high] = [0, most]; best && high - low > 1; ) {
    const middle = (low + high) >>> 1;
    const fit = fitWithPrimes(middle);
    if (fit) [best, high] = [fit, middle];
    else low = middle;
  }
  return best;
}

/** The fit with the fewest primes, looked for from one on. */
function first(fitWithPrimes: (count: number) => Fit | undefined, most: number): Fit | undefined {
  for (let count = 1; count <= most; count++) {
    const fit = fitWithPrimes(count);
    if (fit) return fit;
  }
  return undefined;
}

/** Most primes that a ring has room for; there are few small ones. */
function mostPrimes(degree: number, plainModulus: number, maxBits: number, least: number): number {
  let count = Math.floor(maxBits / least) - 1;
  const areThere = (): boolean => {
    const bits = Math.min(LARGEST_PRIME_BITS, Math.floor(maxBits / (count + 1)));
    return integerPrimes(degree, plainModulus, { count, bits, specialBits: bits }) !== undefined;
  };
  while (count > 0 && !areThere()) count--;
  return count;
}

/** What a number of primes, as large as the ring allows, makes of the sketch. */
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

/** The same number of primes, as small as does; the ones given do. */
function narrowed(analysis: Analysis, known: Fit, least: number): Fit {
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

/** What the sketch becomes with primes of some sizes; undefined where an output has no budget left. */
function fitWith(analysis: Analysis, degree: number, sizes: Tried): Fit | undefined {
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

/** BFV has one level only; BGV has a level for each prime but the first. */
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
