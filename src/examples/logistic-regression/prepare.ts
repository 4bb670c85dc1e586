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

/** The data sets, by what they are called on the command line. */
export const DATA_SETS = {
  mnist: loadMnist,
  'breast-cancer': loadBreastCancer,
} as const satisfies Record<string, (seed: number) => DataSet>;

export type DataName = keyof typeof DATA_SETS;

/**
 * How features lie: in [0, 1] as they come (`unit`), or with the mean of the training samples taken
 * away (`centred`), in [-1, 1], which lets training take longer steps.
 */
export type Scaling = 'unit' | 'centred';

/** What is to be prepared. */
export interface Preparation {
  readonly data: DataName;
  readonly scaling: Scaling;
  /** How many batches, and how many samples there are in each. */
  readonly batches: number;
  readonly samples: number;
  /** Training samples that are left out, as those that an earlier run has used. */
  readonly skip: number;
  /** Decides the order of the samples. */
  readonly seed: number;
}

/** Data as the circuits want them. */
export interface PreparedData {
  /** Batches of rows label * (1, features). */
  readonly batches: readonly (readonly Float64Array[])[];
  /** Rows (1, features) that training has not seen, with their labels. */
  readonly test: LabeledSamples;
  /** Numbers in a row: the features and the 1. */
  readonly width: number;
  readonly classes: DataSet['classes'];
}

/**
 * Loads, orders, scales and cuts a data set. The same preparation always gives the same.
 *
 * @throws ShoalError where the data set has fewer samples than are wanted
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
  const wanted = batches * samples;
  if (skip + wanted > available) {
    const skipped = skip > 0 ? `, ${skip} of them skipped` : '';
    const there = `${data} has ${available} to train with${skipped}`;
    throw new ShoalError(
      'usage',
      `${batches} × ${samples} = ${wanted} samples are wanted; ${there}`,
    );
  }
  const order = shuffled(available, seededNumbers(seed)).slice(skip, skip + wanted);
  const scale = scaling === 'centred' ? lessMean(training.features) : (row: Float64Array) => row;
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

/** Takes from rows the mean of the given ones. */
function lessMean(rows: readonly Float64Array[]): (row: Float64Array) => Float64Array {
  const sum = new Float64Array((rows[0] as Float64Array).length);
  for (const row of rows)
    row.forEach((x, j) => {
      sum[j] = (sum[j] as number) + x;
    });
  return (row) => row.map((x, j) => x - (sum[j] as number) / rows.length);
}
