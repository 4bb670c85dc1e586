import { ShoalError } from '../../index.ts';
import { loadBreastCancer } from './breast-cancer.ts';
import {
  type DataSet,
  type LabeledSamples,
  pick,
  seededNumbers,
  shuffled,
} from './labeled-samples.ts';
import { loadMnist } from './mnist.ts';

/** The data sets, by their names on the command line. */
export const DATA_SETS = {
  mnist: loadMnist,
  'breast-cancer': loadBreastCancer,
} as const satisfies Record<string, (seed: number) => DataSet>;

export type DataName = keyof typeof DATA_SETS;

/**
 * The scaling of the features: in [0, 1] as in the data set (`unit`), or minus the mean of the
 * training samples, in [-1, 1] (`centred`). Centred features allow longer steps.
 */
export type Scaling = 'unit' | 'centred';

/** The options of a preparation. */
export interface Preparation {
  readonly data: DataName;
  readonly scaling: Scaling;
  /** Number of batches, and of samples in each batch. */
  readonly batches: number;
  readonly samples: number;
  /** Number of training samples to skip, such as those that an earlier run used. */
  readonly skip: number;
  /** Seed of the order of the samples. */
  readonly seed: number;
}

/** Data in the layout of the circuits' inputs. */
export interface PreparedData {
  /** Batches of rows label * (1, features). */
  readonly batches: readonly (readonly Float64Array[])[];
  /** Test rows (1, features), which training does not use, with their labels. */
  readonly test: LabeledSamples;
  /** Length of a row: the features and the 1. */
  readonly width: number;
  readonly classes: DataSet['classes'];
}

/**
 * Loads a data set, shuffles and scales it, and divides it into batches. Deterministic.
 *
 * @throws ShoalError when the data set has too few samples
 */
export function prepare({
  data,
  scaling,
  batches,
  samples,
  skip,
  seed,
}: Preparation): PreparedData {
  const { training, test, classes } = DATA_SETS[data](seed);
  const available = training.labels.length;
  const required = batches * samples;
  if (skip + required > available) {
    const skipped = skip > 0 ? `, ${skip} of them skipped` : '';
    const there = `${data} has ${available} training samples${skipped}`;
    throw new ShoalError(
      'usage',
      `${batches} × ${samples} = ${required} samples are required; ${there}`,
    );
  }
  const order = shuffled(available, seededNumbers(seed)).slice(skip, skip + required);
  const scale =
    scaling === 'centred' ? subtractMean(training.features) : (row: Float64Array) => row;
  const withOne = ({ features, labels }: LabeledSamples): LabeledSamples => ({
    features: features.map((row) => Float64Array.of(1, ...scale(row))),
    labels,
  });
  const { features, labels } = withOne(pick(training, order));
  const rows = features.map((row, i) => row.map((x) => x * (labels[i] as number)));
  return {
    batches: Array.from({ length: batches }, (_, t) => rows.slice(t * samples, (t + 1) * samples)),
    test: withOne(test),
    width: (rows[0] as Float64Array).length,
    classes,
  };
}

/** Returns a function that subtracts the mean of `rows` from a row. */
function subtractMean(rows: readonly Float64Array[]): (row: Float64Array) => Float64Array {
  const sum = new Float64Array((rows[0] as Float64Array).length);
  for (const row of rows)
    row.forEach((x, j) => {
      sum[j] = (sum[j] as number) + x;
    });
  return (row) => row.map((x, j) => x - (sum[j] as number) / rows.length);
}
