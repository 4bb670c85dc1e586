import { defined } from '../../lookup.ts';
import { type BlockData, type ClearValue, ringOf } from '../../plan/clear-ops.ts';
import type { CkksSketch } from '../../plan/plan.ts';
import { withPrecomputed } from '../../plan/precomputed.ts';

/** Limit on the slots that one run over the samples may compute: some tenths of a second. */
const WORK_LIMIT = 2.5e7;
/** Slots of one sample above which not even a single sample is affordable. */
const WORK_REFUSED = 4e8;
const MOST_SAMPLES = 64;
/** Slots that take as long as what an operation costs beside its slots. */
const SLOTS_OF_OVERHEAD = 16;
/** Least number of samples before any of them is repeated: the limits, and one random point. */
const LEAST_SAMPLES = 4;
/**
 * Number of samples at limits, which come first if there are more samples than these: all inputs at
 * their upper limit, all at their lower limit, and both in turn.
 */
const LIMITS = 3;
/**
 * How many times a figure at the limits may exceed the figures at other samples. If it exceeds them
 * more, an iteration diverges at the limits, and real data with a useful result are not there.
 * `few` applies if not all samples are affordable. Corners then count as limits, too: otherwise the
 * one or two corners among the samples would decide the parameters of a deep circuit.
 */
const DIVERGENCE = { all: 2 ** 30, few: 2 ** 10 };

/** How far samples are from a typical value, relative to it. */
const SPREAD = 1 / 8;

/**
 * Returns a generator of deterministic uniform numbers in [0, 1): "mulberry32" of Tommy Ettinger.
 */
export function randomNumbers(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

/** Samples side by side in slot vectors, each in `repeats` neighbouring blocks. */
export interface InputSamples extends BlockData {
  readonly repeats: number;
}

/**
 * Decides which samples count. An extreme sample does not count if an iteration diverges there and
 * not elsewhere: if a figure is more than {@link DIVERGENCE} times what it is at all other samples.
 * The extreme samples are the limits and, if samples are few, the corners.
 */
export class Convergence {
  readonly #diverges: boolean[];
  readonly #areFew: boolean;

  constructor({ blocks, repeats }: InputSamples) {
    this.#diverges = new Array(blocks / repeats).fill(false);
    this.#areFew = blocks < MOST_SAMPLES;
  }

  /** Whether there are extreme samples. */
  get isInQuestion(): boolean {
    return this.#isExtreme(0);
  }

  /**
   * Records a figure for each sample.
   *
   * @param least an extreme figure up to {@link DIVERGENCE} times `least` is never a divergence
   */
  record(figures: readonly number[], least: number): void {
    let largest = least;
    figures.forEach((figure, sample) => {
      if (!this.#isExtreme(sample)) largest = Math.max(largest, figure);
    });
    const most = (this.#areFew ? DIVERGENCE.few : DIVERGENCE.all) * largest;
    figures.forEach((figure, sample) => {
      if (figure > most && this.#isExtreme(sample)) this.#diverges[sample] = true;
    });
  }

  #isExtreme(sample: number): boolean {
    const count = this.#diverges.length;
    return count > LIMITS && (sample < LIMITS || (this.#areFew && isCorner(sample, count)));
  }

  /**
   * Returns the largest of the figures, one for each sample, over the samples that count.
   * Everything must have been recorded before.
   */
  largest(figures: readonly number[]): number {
    let largest = 0;
    figures.forEach((figure, sample) => {
      if (!this.#diverges[sample]) largest = Math.max(largest, figure);
    });
    return largest;
  }
}

/** Returns the largest |slot| of each sample. */
export function magnitudes(
  value: ClearValue,
  { slots, blocks, repeats }: InputSamples,
): readonly number[] {
  const count = blocks / repeats;
  if (typeof value === 'number') return new Array<number>(count).fill(Math.abs(value));
  const found = new Array<number>(count).fill(0);
  const width = repeats * slots;
  for (let sample = 0; sample < count; sample++) {
    let largest = 0;
    for (let i = sample * width; i < (sample + 1) * width; i++) {
      const magnitude = Math.abs(value[i]!);
      // Also true for NaN.
      if (!(magnitude <= largest))
        largest = Number.isNaN(magnitude) ? Number.POSITIVE_INFINITY : magnitude;
    }
    found[sample] = largest;
  }
  return found;
}

/**
 * Whether a sample is a random corner. Corners and random points alternate; at least one is a
 * point.
 */
function isCorner(sample: number, count: number): boolean {
  return sample % 2 === 1 && count > LIMITS + 1;
}

/**
 * Returns sample inputs within their ranges, side by side as blocks of slot vectors: all inputs at
 * their upper limit, all at their lower limit, limits in turn, then random corners and random
 * points alternately. If few samples are affordable, all are random points. Inputs with a known
 * typical value are near it in all samples. The number of samples depends on the plan's size.
 * Deterministic.
 *
 * @param repeats number of blocks for each sample; fewer are used if the plan is large
 * @returns undefined if the plan is so large that no sample is affordable
 */
export function sampleInputs(sketch: CkksSketch, repeats = 1): InputSamples | undefined {
  const most = affordableSamples(sketch);
  if (most === 0) return undefined;
  // Errors are largest where inputs are largest, so the first few samples say more than
  // repetitions.
  const each = Math.max(1, Math.min(repeats, Math.floor(most / LEAST_SAMPLES)));
  const count = Math.floor(most / each);
  const samples = Array.from({ length: count }, (_, sample) => {
    const inputs = sampleOf(sketch, sample, count);
    return withPrecomputed(sketch, (input) => defined(inputs.get(input)));
  });
  return {
    ring: ringOf(sketch),
    slots: sketch.slots,
    blocks: count * each,
    repeats: each,
    read: (input, block) => defined(samples[Math.floor(block / each)])(input),
  };
}

/** Returns the number of samples that a plan of this size affords; 0 if not even one. */
function affordableSamples({ ops, slots }: Pick<CkksSketch, 'ops' | 'slots'>): number {
  if (ops.length * slots > WORK_REFUSED) return 0;
  const perSample = ops.length * Math.max(slots, SLOTS_OF_OVERHEAD);
  const affordable = Math.floor(WORK_LIMIT / Math.max(1, perSample));
  return Math.max(1, Math.min(MOST_SAMPLES, affordable));
}

/** Returns how many slots of each operation one run over a plan's samples computes. */
export function sampledSlots(sketch: Pick<CkksSketch, 'ops' | 'slots'>): number {
  return affordableSamples(sketch) * Math.max(sketch.slots, SLOTS_OF_OVERHEAD);
}

function sampleOf(
  sketch: CkksSketch,
  sample: number,
  count: number,
): ReadonlyMap<string, Float64Array> {
  const random = randomNumbers(0x5eed + sample);
  return new Map(
    sketch.inputs.map((input) => {
      const size = input.shape.reduce((product, n) => product * n, 1);
      const data = new Float64Array(size);
      for (let i = 0; i < size; i++)
        data[i] = input.typical
          ? defined(input.typical[i]) * (1 + SPREAD * (2 * random() - 1))
          : pick(input.range, sample, count, i, random);
      if (input.secrecy === 'plain') avoidZero(data, input.range);
      return [input.name, data];
    }),
  );
}

function pick(
  [low, high]: readonly [number, number],
  sample: number,
  count: number,
  index: number,
  random: () => number,
): number {
  const uniform = low + (high - low) * random();
  const corner = random() < 0.5 ? low : high;
  if (count <= LIMITS) return uniform;
  if (sample === 0) return high;
  if (sample === 1) return low;
  if (sample === 2) return index % 2 === 0 ? high : low;
  return isCorner(sample, count) ? corner : uniform;
}

/**
 * Replaces zeros in plain inputs. They may be divisors, where zeros are unlikely data and would end
 * the run.
 */
function avoidZero(data: Float64Array, [low, high]: readonly [number, number]): void {
  const least = Math.max(Math.abs(low), Math.abs(high)) / 1024;
  for (let i = 0; i < data.length; i++) {
    if (data[i] === 0) data[i] = high > 0 ? Math.min(high, least) : Math.max(low, -least);
  }
}
