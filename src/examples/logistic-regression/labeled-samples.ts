/** Samples of two classes. */
export interface LabeledSamples {
  /** A row for each sample, all of one length. */
  readonly features: readonly Float64Array[];
  /** 1 or -1 for each. */
  readonly labels: readonly number[];
}

/** Samples to train with, and others to test with; features lie in [0, 1]. */
export interface DataSet {
  /** What the labels 1 and -1 stand for. */
  readonly classes: readonly [string, string];
  readonly training: LabeledSamples;
  readonly test: LabeledSamples;
}

/** Those of the samples that stand at some places, in that order. */
export function pick(
  { features, labels }: LabeledSamples,
  places: readonly number[],
): LabeledSamples {
  return {
    features: places.map((place) => features[place] as Float64Array),
    labels: places.map((place) => labels[place] as number),
  };
}

/** The numbers below `count` in an order that a seed decides ("Fisher-Yates"). */
export function shuffled(count: number, random: () => number): readonly number[] {
  const order = Array.from({ length: count }, (_, i) => i);
  for (let i = count - 1; i > 0; i--) {
    const j = Math.floor(random() * (i + 1));
    [order[i], order[j]] = [order[j] as number, order[i] as number];
  }
  return order;
}

/** Numbers in [0, 1) that a seed decides: "mulberry32" of Tommy Ettinger. */
export function seededNumbers(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
