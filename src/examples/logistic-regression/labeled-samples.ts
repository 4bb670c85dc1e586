/** Samples of two classes, with their labels. */
export interface LabeledSamples {
  /** A row for each sample, all of the same length. */
  readonly features: readonly Float64Array[];
  /** 1 or -1 for each sample. */
  readonly labels: readonly number[];
}

/** Training samples and test samples; features lie in [0, 1]. */
export interface DataSet {
  /** Names of the classes with the labels 1 and -1. */
  readonly classes: readonly [string, string];
  readonly training: LabeledSamples;
  readonly test: LabeledSamples;
}

/** Returns the samples at some indices, in that order. */
export function pick(
  { features, labels }: LabeledSamples,
  indices: readonly number[],
): LabeledSamples {
  return {
    features: indices.map((i) => features[i] as Float64Array),
    labels: indices.map((i) => labels[i] as number),
  };
}

/** Returns the numbers below `count` in random order, by the Fisher-Yates shuffle. */
export function shuffled(count: number, random: () => number): readonly number[] {
  const order = Array.from({ length: count }, (_, i) => i);
  for (let i = count - 1; i > 0; i--) {
    const j = Math.floor(random() * (i + 1));
    [order[i], order[j]] = [order[j] as number, order[i] as number];
  }
  return order;
}

/** Returns a generator of numbers in [0, 1), Mulberry32 of Tommy Ettinger. */
export function seededNumbers(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
