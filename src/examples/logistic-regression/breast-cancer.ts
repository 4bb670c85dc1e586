import { readFileSync } from 'node:fs';
import { readInputFile } from '../../index.ts';
import {
  type DataSet,
  type LabeledSamples,
  pick,
  seededNumbers,
  shuffled,
} from './labeled-samples.ts';
import { circuitFile } from './paths.ts';

/** Number of tumours, and of columns: 30 measurements, and whether the tumour is benign. */
const SHAPE = [569, 31] as const;
/** Share of the tumours that is reserved for the test. */
const TEST_SHARE = 1 / 4;

/**
 * Returns the Breast Cancer Wisconsin (Diagnostic) data set: malignant or benign tumours, with 30
 * measurements each; see README.md in its folder. Each feature is scaled to [0, 1] by its minimum
 * and maximum over the training samples. Test values outside that range are clamped.
 *
 * @param seed selects the samples that are reserved for the test
 */
export function loadBreastCancer(seed: number): DataSet {
  const all = readTumours();
  const order = shuffled(all.labels.length, seededNumbers(seed));
  const tested = Math.floor(order.length * TEST_SHARE);
  const training = pick(all, order.slice(tested));
  const test = pick(all, order.slice(0, tested));
  const scale = toUnit(training.features);
  return {
    classes: ['malignant', 'benign'],
    training: { ...training, features: training.features.map(scale) },
    test: { ...test, features: test.features.map(scale) },
  };
}

function readTumours(): LabeledSamples {
  const file = circuitFile('data/breast-cancer.csv');
  const { data } = readInputFile(file, readFileSync(file), { name: 'tumours', shape: SHAPE });
  const [count, columns] = SHAPE;
  const rows = Array.from({ length: count }, (_, i) =>
    data.subarray(i * columns, (i + 1) * columns),
  );
  return {
    features: rows.map((row) => row.slice(0, -1)),
    labels: rows.map((row) => (row.at(-1) === 0 ? 1 : -1)),
  };
}

/** Returns the scaling that takes each column of `rows` to [0, 1], and clamps other values. */
function toUnit(rows: readonly Float64Array[]): (row: Float64Array) => Float64Array {
  const extreme = (of: (...numbers: number[]) => number) =>
    (rows[0] as Float64Array).map((_, j) => of(...rows.map((row) => row[j] as number)));
  const [low, high] = [extreme(Math.min), extreme(Math.max)];
  return (row) =>
    row.map((x, j) => {
      const [from, to] = [low[j] as number, high[j] as number];
      return to > from ? Math.min(1, Math.max(0, (x - from) / (to - from))) : 0;
    });
}
