import { defined } from '../../lookup.ts';
import { type BlockData, type ClearValue, ringOf } from '../../plan/clear-ops.ts';
import type { CkksSketch } from '../../plan/plan.ts';
import { withPrecomputed } from '../../plan/precomputed.ts';

/** Elements of slot vectors that one run over the samples may compute: some tenths of a second. */
const WORK_LIMIT = 2.5e7;
/** Above this not even a single sample is affordable. */
const WORK_REFUSED = 4e8;
const MOST_SAMPLES = 64;
/** Samples that go before repetitions: the limits, and one at random. */
const LEAST_SAMPLES = 4;
/** The first samples are limits, where there are more: all upper ones, all lower ones, both in turn. */
const LIMITS = 3;
/**
 * How far what limits give may exceed what other samples give: an iteration that diverges there gets further, and whoever has such
 * data wants no result. Where not all samples are affordable, corners are limits, too, and either may exceed random points less far:
 * a deep circuit would get its parameters from the one or two that happen to be among its samples.
 */
const DIVERGENCE = { all: 2 ** 30, few: 2 ** 10 };

/** How far samples are from a typical value, relative to it. */
const SPREAD = 1 / 8;

/** Deterministic uniform numbers in [0, 1): "mulberry32" of Tommy Ettinger. */
export function randomNumbers(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

/** Samples side by side in slot vectors, each of them in `repeats` neighbouring blocks. */
export interface InputSamples extends BlockData {
  readonly repeats: number;
}

/**
 * Which samples count: limits, and corners where samples are few, do not where an iteration diverges there and does not at others, which
 * is where a figure is more than {@link DIVERGENCE} times what it is at any of those.
 */
export class Convergence {
  readonly #diverges: boolean[];
  readonly #areFew: boolean;

  constructor({ blocks, repeats }: InputSamples) {
    this.#diverges = new Array(blocks / repeats).fill(false);
    this.#areFew = blocks < MOST_SAMPLES;
  }

  /** Whether there are samples that may not count. */
  get isInQuestion(): boolean {
    return this.#isExtreme(0);
  }

  /**
   * Takes note of a figure at each sample.
   *
   * @param least figures up to so many times this are none that diverge
   */
  record(figures: readonly number[], least: number): void {
    const points = figures.filter((_, sample) => !this.#isExtreme(sample));
    const most = (this.#areFew ? DIVERGENCE.few : DIVERGENCE.all) * Math.max(least, ...points);
    figures.forEach((figure, sample) => {
      if (this.#isExtreme(sample) && figure > most) this.#diverges[sample] = true;
    });
  }

  #isExtreme(sample: number): boolean {
    const count = this.#diverges.length;
    return count > LIMITS && (sample < LIMITS || (this.#areFew && isCorner(sample, count)));
  }

  /** The largest of figures, one for each sample, at the samples that count after all was taken note of. */
  largest(figures: readonly number[]): number {
    return Math.max(0, ...figures.filter((_, sample) => !this.#diverges[sample]));
  }
}

/** Largest |slot| of each sample. */
export function magnitudes(
  value: ClearValue,
  { slots, blocks, repeats }: InputSamples,
): readonly number[] {
  const count = blocks / repeats;
  if (typeof value === 'number') return new Array<number>(count).fill(Math.abs(value));
  return Array.from({ length: count }, (_, sample) => {
    let largest = 0;
    const end = (sample + 1) * repeats * slots;
    for (let i = sample * repeats * slots; i < end; i++) {
      const magnitude = Math.abs(value[i]!);
      if (Number.isNaN(magnitude)) return Number.POSITIVE_INFINITY;
      if (magnitude > largest) largest = magnitude;
    }
    return largest;
  });
}

/** Random corners and random points take turns; one of them at least is a point. */
function isCorner(sample: number, count: number): boolean {
  return sample % 2 === 1 && count > LIMITS + 1;
}

/**
 * Sample inputs within their ranges, side by side as blocks of slot vectors: everything at its upper limit, everything at
 * its lower limit, limits in turn, then random corners and random points in turn; where few are affordable, points alone.
 * Inputs that a typical value is told of are near to it in all of them.
 * Their number is bounded by the plan's size. Deterministic.
 *
 * @param repeats how many blocks are wanted for each sample; fewer if the plan is large
 * @returns undefined if the plan is so large that no sample is affordable
 */
export function sampleInputs(sketch: CkksSketch, repeats = 1): InputSamples | undefined {
  const work = sketch.ops.length * sketch.slots;
  if (work > WORK_REFUSED) return undefined;
  const affordable = Math.floor(WORK_LIMIT / Math.max(1, work));
  const most = Math.max(1, Math.min(MOST_SAMPLES, affordable));
  // Errors are largest where inputs are: the first few samples say more than repetitions of one.
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

/** Plain inputs may be divided by: exact zeros would stop the run, and are no likely data there. */
function avoidZero(data: Float64Array, [low, high]: readonly [number, number]): void {
  const least = Math.max(Math.abs(low), Math.abs(high)) / 1024;
  for (let i = 0; i < data.length; i++) {
    if (data[i] === 0) data[i] = high > 0 ? Math.min(high, least) : Math.max(low, -least);
  }
}
