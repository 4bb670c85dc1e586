import { defined, largestOf, last, lookUp } from '../../lookup.ts';
import { takesPlain } from '../../plan/operations.ts';
import { wholeOutputs } from '../../plan/outputs.ts';
import type { CkksOp, CkksParams, CkksPlan, CkksSketch } from '../../plan/plan.ts';
import { distinctPrimes } from '../primes.ts';
import {
  DEFAULT_SECURITY,
  isSecure,
  type ModulusLimit,
  offeredRings,
  type SecurityBits,
  type SecurityRequest,
} from '../security.ts';
import { plainDegree } from './encodings.ts';
import {
  type ErrorAnalysis,
  type PredictedError,
  predictErrors,
  type SampledErrors,
  sampledErrors,
} from './error-bounds.ts';
import { type NoiseParams, noiseParamsOf } from './noise-amplitudes.ts';
import { type CipherProperties, canonicalScales, cipherProperties } from './scales.ts';
import { analyzeRanges, type ValueBounds } from './value-bounds.ts';

/** SEAL's limit for a prime. */
const LARGEST_PRIME_BITS = 60;
/**
 * Bits by which the base primes stay below the special prime: see the key switching error in
 * `noise-amplitudes.ts`.
 */
const SPECIAL_MARGIN = 3;
const LARGEST_BASE_BITS = LARGEST_PRIME_BITS - SPECIAL_MARGIN;
/** Smallest scale. Smaller primes are too far apart to be close to a scale. */
const SMALLEST_SCALE_BITS = 20;
/** Bits of the scale beyond the precision of the outputs that are used if there is room. */
const EXTRA_SCALE_BITS = 20;
/**
 * Headroom at level 0 that is kept if it costs nothing, and the largest base that it may lead to.
 */
const PREFERRED_HEADROOM = 15;
const PREFERRED_BASE_BITS = 55;
/** One bit for the sign, and one for errors and for primes below their power of two. */
const HEADROOM_MARGIN = 2;

/** The reason why a plan has no parameters. */
export interface CkksRefusal {
  readonly reason: string;
  /** What the parameters have too little of. */
  readonly missing: 'levels' | 'precision' | 'slots' | 'bounds';
  readonly levelsNeeded: number;
  /** The levels that the largest ring has at the required precision. */
  readonly levelsAvailable: number;
}

/** A plan with parameters, or the reason why there are none. */
export type ParamsChoice =
  | { readonly plan: CkksPlan; readonly notes: ChoiceNotes }
  | { readonly refused: CkksRefusal };

/** How reliable the choice is. */
export interface ChoiceNotes {
  /** Whether a range is sampled, not proven. */
  readonly sampledRanges: boolean;
  /** The names of the outputs whose error bound is sampled. */
  readonly sampledErrors: readonly string[];
  /**
   * The largest magnitude of each output, in the plan's order. The magnitude of an output in
   * several ciphertexts is repeated for each of them.
   */
  readonly magnitudes: readonly number[];
}

/** The sizes of all primes of a modulus, which determine parameters up to the primes themselves. */
export interface ChainSizes {
  readonly degree: number;
  readonly scaleBits: number;
  readonly baseBits: readonly number[];
  readonly levels: number;
  readonly specialBits: number;
}

interface Analysis extends ErrorAnalysis {
  /** See {@link headroomNeeds}. */
  readonly needs: ReadonlyMap<number, number>;
  readonly samples: SampledErrors;
  /** The largest error that each output may have. */
  readonly tolerances: readonly number[];
  readonly request: ParamsRequest;
}

/** The requirements on parameters. */
export interface ParamsRequest extends SecurityRequest {
  /** Correct bits required in every output. */
  readonly precisionBits: number;
}

/**
 * Chooses CKKS parameters for a plan: the smallest ring that has the levels, and in it the largest
 * scale up to `precisionBits` + 20 bits. If only a larger scale is precise enough, the smallest
 * such scale is chosen. Parameters have the requested security, 128 bits by default. The predicted
 * error of each output is at most 2^-precisionBits times the larger of 1 and the output's largest
 * magnitude.
 *
 * @returns the completed plan, or the reason why there is none
 * @throws Error if the sketch breaks a rule of levels or scales
 */
export function chooseParams(
  sketch: CkksSketch,
  options: Pick<ParamsRequest, 'precisionBits'> & Partial<SecurityRequest>,
): ParamsChoice {
  const request = { ...DEFAULT_SECURITY, ...options };
  const rings = offeredRings(request);
  const most = slotsOf(rings);
  const properties = cipherProperties(sketch);
  const levelsNeeded = properties.topLevel;
  if (sketch.slots > most) {
    const reason = `no ring has ${sketch.slots} slots, the largest has ${most}`;
    return { refused: { reason, missing: 'slots', levelsNeeded, levelsAvailable: 0 } };
  }
  const cap = Math.min(request.precisionBits + EXTRA_SCALE_BITS, LARGEST_PRIME_BITS);
  if (isHopeless(sketch, levelsNeeded, request)) {
    const levelsAvailable = mostLevels({ properties, needs: new Map() }, cap, request);
    return { refused: tooDeep(levelsNeeded, levelsAvailable, request) };
  }
  const ranges = analyzeRanges(sketch);
  if (!ranges.magnitude.every(Number.isFinite)) {
    const reason = 'a value has no bound: something may be divided by zero or grow out of range';
    return { refused: { reason, missing: 'bounds', levelsNeeded, levelsAvailable: 0 } };
  }
  const analysis = analyze({ sketch, ranges, properties }, request);
  for (const { degree } of rings) {
    if (degree / 2 < sketch.slots) continue;
    const chain = largestChain(analysis, degree, cap) ?? preciseChain(analysis, degree, cap);
    if (chain !== undefined) return complete(analysis, chain);
  }
  // Finding out what is missing takes long, and most callers that try many circuits do not read it.
  let refused: CkksRefusal | undefined;
  return {
    get refused() {
      refused ??= refusal(analysis, cap);
      return refused;
    },
  };
}

/** Operations of a plan above which its values are analyzed only if parameters may fit. */
const MANY_OPERATIONS = 10_000;

/**
 * Whether a large plan needs more levels than any secure modulus has, even of the smallest primes.
 * Such a plan is refused without the analysis of its values, which would take long.
 */
export function isHopeless(
  { ops }: Pick<CkksSketch, 'ops'>,
  levels: number,
  request: SecurityRequest,
): boolean {
  const needed = levels * SMALLEST_SCALE_BITS;
  return ops.length > MANY_OPERATIONS && needed > last(offeredRings(request)).maxBits;
}

/** Bits of a scale beyond the precision of the outputs that few circuits do with less than. */
const LEAST_EXTRA_SCALE_BITS = 10;

/**
 * Whether a plan would do with a smaller scale or ring if its values were more precise: precision
 * needs a larger scale than the usual one, or a smaller ring has the slots and the levels.
 */
export function isPrecisionCostly(
  { params, slots, ops }: CkksPlan,
  request: ParamsRequest,
): boolean {
  const { precisionBits } = request;
  if (params.scaleBits > precisionBits + EXTRA_SCALE_BITS) return true;
  const levels = cipherProperties({ ops }).topLevel;
  const bits = (levels + 1) * (precisionBits + LEAST_EXTRA_SCALE_BITS) + LARGEST_PRIME_BITS;
  return offeredRings(request).some(
    ({ degree, maxBits }) =>
      degree < params.polyModulusDegree && degree / 2 >= slots && bits <= maxBits,
  );
}

/** Returns the number of slots of the largest ring. */
function slotsOf(rings: readonly ModulusLimit[]): number {
  return last(rings).degree / 2;
}

/**
 * Completes a plan with parameters of given sizes, for measurements. Security, precision and
 * headroom are not checked, and primes of these sizes must exist.
 */
export function planWithSizes(
  sketch: CkksSketch,
  chain: ChainSizes,
  precisionBits: number,
): CkksPlan {
  const ranges = analyzeRanges(sketch);
  const request = { ...DEFAULT_SECURITY, precisionBits };
  const analysis = analyze({ sketch, ranges, properties: cipherProperties(sketch) }, request);
  return complete(analysis, chain).plan;
}

/**
 * Returns a rewritten plan with its new error bounds, under the same parameters.
 *
 * @returns undefined if an output is now less precise than the plan promises
 */
export function withErrorBounds(plan: CkksPlan): CkksPlan | undefined {
  const ranges = analyzeRanges(plan);
  const request = { ...DEFAULT_SECURITY, precisionBits: plan.precisionBits };
  const analysis = analyze({ sketch: plan, ranges, properties: cipherProperties(plan) }, request);
  const errors = predict(analysis, noiseParamsOf(plan.params));
  if (errors.some(({ bound }, output) => bound > defined(analysis.tolerances[output])))
    return undefined;
  const outputs = plan.outputs.map((output, at) => ({
    ...output,
    errorBound: defined(errors[at]).bound,
  }));
  return { ...plan, outputs };
}

function analyze(errorAnalysis: ErrorAnalysis, request: ParamsRequest): Analysis {
  const { sketch, ranges, properties } = errorAnalysis;
  const { precisionBits } = request;
  const needs = headroomNeeds(sketch, ranges, properties);
  const reference = noiseParams(
    standardChain({ properties, needs }, 8192, precisionBits + EXTRA_SCALE_BITS),
  );
  const outputs = new Set(sketch.outputs.map(({ value }) => value));
  let samples: SampledErrors | undefined;
  return {
    ...errorAnalysis,
    request,
    needs,
    // Samples take long. They are needed only if a ring has the levels, or to report what is
    // missing.
    get samples() {
      samples ??= sampledErrors(errorAnalysis, reference, outputs);
      return samples;
    },
    tolerances: deliveredMagnitudes(sketch, ranges).map(
      (magnitude) => 2 ** -precisionBits * Math.max(1, magnitude),
    ),
  };
}

/**
 * Returns the largest expected magnitudes of the outputs as the client receives them, in the plan's
 * order. Precision is relative to a whole output, so each of its ciphertexts gets the magnitude of
 * the largest one.
 */
function deliveredMagnitudes(
  { outputs }: Pick<CkksSketch, 'outputs'>,
  { expected }: ValueBounds,
): readonly number[] {
  const own = ({ value, factor = 1 }: CkksSketch['outputs'][number]) =>
    Math.abs(factor) * defined(expected[value]);
  const whole = new Map(
    wholeOutputs(outputs).map(({ name, parts }) => [
      name,
      parts.reduce((most, part) => Math.max(most, own(part)), 0),
    ]),
  );
  return outputs.map(({ name }) => lookUp(whole, name));
}

/**
 * Returns what values require of the base, as pairs k → largest log2 of a magnitude: base ≥ k·scale
 * + magnitude. A value at level l whose scale is Δ^d has k = d - l. A plaintext has the k of the
 * ciphertext that it is combined with.
 */
function headroomNeeds(
  sketch: CkksSketch,
  ranges: ValueBounds,
  properties: CipherProperties,
): ReadonlyMap<number, number> {
  const needs = new Map<number, number>();
  const note = (level: number, degree: number, value: number): void => {
    const bits = Math.log2(Math.max(defined(ranges.magnitude[value]), 2 ** -20));
    const k = degree - level;
    needs.set(k, Math.max(needs.get(k) ?? 0, bits));
  };
  sketch.ops.forEach((op, at) => {
    const level = defined(properties.levels[at]);
    if (level < 0) return;
    note(level, defined(properties.degrees[at]), at);
    if (takesPlain(op)) note(level, plainDegree(op, properties), op.args[1]);
  });
  return needs;
}

/** Returns the bits of a base that no value overflows. */
function baseBitsNeeded(needs: ReadonlyMap<number, number>, scaleBits: number): number {
  let bits = 0;
  for (const [k, log2] of needs) bits = Math.max(bits, k * scaleBits + log2);
  return Math.ceil(bits) + HEADROOM_MARGIN;
}

/** Returns a base of one prime, or of the fewest primes of equal size. */
function splitBase(bits: number): readonly number[] {
  const count = Math.max(1, Math.ceil(bits / LARGEST_BASE_BITS));
  return new Array<number>(count).fill(Math.ceil(bits / count));
}

type Needs = Pick<Analysis, 'needs' | 'properties'>;

function standardChain(analysis: Needs, degree: number, scaleBits: number): ChainSizes {
  const needed = baseBitsNeeded(analysis.needs, scaleBits);
  const preferred = Math.min(scaleBits + PREFERRED_HEADROOM, PREFERRED_BASE_BITS);
  return {
    degree,
    scaleBits,
    baseBits: splitBase(Math.max(needed, preferred)),
    levels: analysis.properties.topLevel,
    specialBits: LARGEST_PRIME_BITS,
  };
}

/** Returns the candidates for a scale, those with most room first. */
function candidateChains(
  analysis: Needs,
  degree: number,
  scaleBits: number,
): readonly ChainSizes[] {
  const standard = standardChain(analysis, degree, scaleBits);
  const tightBase = splitBase(baseBitsNeeded(analysis.needs, scaleBits));
  const tight = { ...standard, baseBits: tightBase };
  return [standard, tight, withSmallSpecial(standard), withSmallSpecial(tight)];
}

function withSmallSpecial(chain: ChainSizes): ChainSizes {
  const largest = Math.max(largestOf(chain.baseBits) + SPECIAL_MARGIN, chain.scaleBits);
  return { ...chain, specialBits: Math.min(LARGEST_PRIME_BITS, largest + 1) };
}

function totalBits(chain: ChainSizes): number {
  const base = chain.baseBits.reduce((sum, bits) => sum + bits, 0);
  return base + chain.levels * chain.scaleBits + chain.specialBits;
}

function primeSizes(chain: ChainSizes): readonly number[] {
  const levels = new Array<number>(chain.levels).fill(chain.scaleBits);
  return [...chain.baseBits, ...levels, chain.specialBits];
}

/** Returns the candidate with the largest scale that fits the ring, if it is precise enough. */
function largestChain(analysis: Analysis, degree: number, cap: number): ChainSizes | undefined {
  for (let scaleBits = cap; scaleBits >= SMALLEST_SCALE_BITS; scaleBits--) {
    const fitting = candidateChains(analysis, degree, scaleBits).filter((chain) =>
      fits(chain, analysis.request),
    );
    const precise = fitting.find((chain) => isPrecise(analysis, chain));
    // If one scale is not precise enough, no smaller one is.
    if (precise !== undefined || fitting.length > 0) return precise;
  }
  return undefined;
}

/**
 * Returns the candidate with the smallest scale above `cap` that fits the ring and is precise
 * enough.
 */
function preciseChain(analysis: Analysis, degree: number, cap: number): ChainSizes | undefined {
  for (let scaleBits = cap + 1; scaleBits <= LARGEST_PRIME_BITS; scaleBits++) {
    const fitting = candidateChains(analysis, degree, scaleBits).filter((chain) =>
      fits(chain, analysis.request),
    );
    if (fitting.length === 0) return undefined;
    const precise = fitting.find((chain) => isPrecise(analysis, chain));
    if (precise !== undefined) return precise;
  }
  return undefined;
}

function fits(chain: ChainSizes, { securityBits }: ParamsRequest): boolean {
  return (
    isSecure(chain.degree, totalBits(chain), securityBits) &&
    distinctPrimes(chain.degree, primeSizes(chain)) !== undefined
  );
}

function isPrecise(analysis: Analysis, chain: ChainSizes): boolean {
  return predict(analysis, noiseParams(chain)).every(
    ({ bound }, output) => bound <= defined(analysis.tolerances[output]),
  );
}

function predict(analysis: Analysis, params: NoiseParams): readonly PredictedError[] {
  return predictErrors(analysis, params, analysis.samples);
}

/**
 * Returns the noise parameters for sizes whose primes are not known yet: as if each prime were its
 * power of two.
 */
function noiseParams(chain: ChainSizes): NoiseParams {
  const sizes = primeSizes(chain);
  return {
    degree: chain.degree,
    scales: new Array<number>(chain.levels + 1).fill(2 ** chain.scaleBits),
    primeBits: sizes.slice(0, -1),
    specialBits: chain.specialBits,
    basePrimes: chain.baseBits.length,
  };
}

function complete(
  analysis: Analysis,
  chain: ChainSizes,
): { readonly plan: CkksPlan; readonly notes: ChoiceNotes } {
  const { sketch, ranges } = analysis;
  const { precisionBits, securityBits } = analysis.request;
  const params = paramsOf(chain, securityBits);
  const errors = predict(analysis, noiseParamsOf(params));
  const plan: CkksPlan = {
    ...sketch,
    ops: sketch.ops.map((op, at) => withLeastDivisor(op, defined(ranges.magnitude[at]))),
    precisionBits,
    params,
    outputs: sketch.outputs.map((output, at) => ({
      ...output,
      errorBound: defined(errors[at]).bound,
    })),
  };
  const bySamples = sketch.outputs.filter((_, at) => defined(errors[at]).sampled);
  return {
    plan,
    notes: {
      sampledRanges: ranges.sampled.some((mark) => mark === 1),
      sampledErrors: [...new Set(bySamples.map(({ name }) => name))],
      magnitudes: deliveredMagnitudes(sketch, ranges),
    },
  };
}

/** Relative slack of the least divisor: data at the end of their range are still accepted. */
const DIVISOR_SLACK = 2 ** -40;

/** Gives a division the least divisor that the range analysis has assumed for its inverse. */
function withLeastDivisor(op: CkksOp, magnitude: number): CkksOp {
  if (op.op !== 'clearInverse' || !(magnitude > 0)) return op;
  return { ...op, least: (1 - DIVISOR_SLACK) / magnitude };
}

function paramsOf(chain: ChainSizes, securityBits: SecurityBits): CkksParams {
  const sizes = primeSizes(chain);
  const primes = defined(distinctPrimes(chain.degree, sizes));
  const levelPrimes = primes.slice(chain.baseBits.length, -1);
  return {
    polyModulusDegree: chain.degree,
    coeffModulusBits: [...sizes],
    coeffModulus: primes.map(String),
    basePrimes: chain.baseBits.length,
    scaleBits: chain.scaleBits,
    scales: canonicalScales(chain.scaleBits, levelPrimes),
    securityBits,
  };
}

function refusal(analysis: Analysis, cap: number): CkksRefusal {
  const levelsNeeded = analysis.properties.topLevel;
  const precise = smallestPreciseScale(analysis);
  const levelsAvailable = mostLevels(analysis, precise ?? cap, analysis.request);
  if (levelsAvailable >= levelsNeeded) {
    const reason = 'the predicted errors of the outputs are too large at every scale';
    return { reason, missing: 'precision', levelsNeeded, levelsAvailable };
  }
  const at = precise === undefined ? '' : ' and this precision';
  return tooDeep(levelsNeeded, levelsAvailable, analysis.request, at);
}

function tooDeep(
  levelsNeeded: number,
  levelsAvailable: number,
  { securityBits }: ParamsRequest,
  at = '',
): CkksRefusal {
  const reason =
    `${levelsNeeded} levels are needed, ` +
    `${levelsAvailable} are available at ${securityBits}-bit security${at}`;
  return { reason, missing: 'levels', levelsNeeded, levelsAvailable };
}

/**
 * Returns the smallest scale at which the largest ring is precise enough, if it had all the levels.
 */
function smallestPreciseScale(analysis: Analysis): number | undefined {
  const { degree } = last(offeredRings(analysis.request));
  let smallest: number | undefined;
  for (let scaleBits = LARGEST_PRIME_BITS; scaleBits >= SMALLEST_SCALE_BITS; scaleBits--) {
    if (!isPrecise(analysis, standardChain(analysis, degree, scaleBits))) break;
    smallest = scaleBits;
  }
  return smallest;
}

/** Returns the number of levels of the largest ring at a scale. */
function mostLevels(analysis: Needs, scaleBits: number, request: ParamsRequest): number {
  const { degree, maxBits } = last(offeredRings(request));
  const free = candidateChains(analysis, degree, scaleBits).map(
    (chain) => maxBits - totalBits({ ...chain, levels: 0 }),
  );
  return Math.max(0, Math.floor(largestOf(free) / scaleBits));
}
