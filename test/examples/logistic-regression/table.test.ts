import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { countLevels } from '../../../src/examples/logistic-regression/count-levels.ts';
import { PLOT_FILE, plot } from '../../../src/examples/logistic-regression/plot.ts';
import {
  extrapolated,
  PAGE,
  withTables,
} from '../../../src/examples/logistic-regression/render-table.ts';
import { tableCommand } from '../../../src/examples/logistic-regression/table-command.ts';
import {
  loadResults,
  type Measurement,
  type Results,
  withCell,
} from '../../../src/examples/logistic-regression/table-results.ts';
import {
  LEVEL_ROWS,
  MEASURED_ROWS,
  PROGRAM_ROWS,
} from '../../../src/examples/logistic-regression/table-rows.ts';
import { defined } from '../../../src/lookup.ts';
import { eachSampled } from '../../support/sampling.ts';

const results = loadResults();
const limits = { seconds: 100, signal: new AbortController().signal };

test('docs/logistic-regression.md and its plot show the saved figures; `npm run table -- page` writes them', async () => {
  const page = readFileSync(PAGE, 'utf8');
  expect(withTables(page, results)).toBe(page);
  const svg = readFileSync(PLOT_FILE, 'utf8');
  expect(await plot(results)).toBe(svg);
  const some = { levels: { 'written-encrypted': { 1: { missing: 'unknown' } } } };
  expect(withTables(page, { ...results, ...some })).not.toBe(page);
});

describe('the saved levels are those that the compiler reaches', () => {
  const quick = new Set(['written-encrypted', 'baseline-encrypted', 'baseline-zero']);
  const rows = [
    ...LEVEL_ROWS.flatMap((row) =>
      (quick.has(row.id) ? [1, 2, 3] : [1]).map((k) => ['levels', row, k] as const),
    ),
    ...PROGRAM_ROWS.filter(({ options }) => options[0] === '-O0').flatMap((row) =>
      [1, 2, 3].map((k) => ['programs', row, k] as const),
    ),
  ];
  eachSampled(
    rows.map(([part, row, k]) => [row.id, k, part, row] as const),
    3,
  )('%s, k = %i', async (id, k, part, row) => {
    expect(await countLevels(row, k, limits)).toEqual(results[part][id]?.[k]);
  });
});

test('a missing figure does not replace a known one', () => {
  const none: Results = { levels: {}, programs: {}, measurements: {} };
  const missing = { row: 'a', key: '1', cell: { missing: 'no result within 1 s' } };
  const figure = { levels: 2, depth: 2, multiplications: 1, rotations: 0, uploads: 1 };
  const failed = withCell(none, 'levels', missing);
  expect(failed.levels).toEqual({ a: { 1: missing.cell } });
  const found = withCell(failed, 'levels', { ...missing, cell: figure });
  expect(found.levels).toEqual({ a: { 1: figure } });
  expect(withCell(found, 'levels', missing)).toEqual(found);
});

test('a time that could not be measured is extrapolated from fewer steps by the cost model', () => {
  const [row] = MEASURED_ROWS;
  const costs = {
    ...{ levels: 15, multiplications: 12, rotations: 66, ringDegree: 32768, modulusBits: 715 },
    uploadBytes: 1,
    predictedMs: 2000,
  };
  const measured: Measurement = {
    ...{ ...costs, workers: 1, keyBytes: 1, keygenMs: 1, evaluateMs: 3000, maxWeightError: 0 },
    ...{ accuracy: 1, clearAccuracy: 1 },
    machine: { processor: 'a', cores: 1, node: '22', date: '2000-01-01' },
  };
  const planned = { ...costs, predictedMs: 50_000, missing: 'too large' };
  const of = (runs: Results['measurements'][string]): Results => ({
    levels: {},
    programs: {},
    measurements: { [defined(row).id]: runs },
  });
  const both = of({ 'k=3 jobs=1': measured, 'k=6 jobs=1': planned });
  expect(extrapolated(both, defined(row), 6, 1)).toEqual({
    ms: 75_000,
    from: 'extrapolated from k = 3',
  });
  expect(extrapolated(of({ 'k=6 jobs=1': planned }), defined(row), 6, 1)).toBeUndefined();
  expect(extrapolated(both, defined(row), 6, 2)).toBeUndefined();
});

test.each([
  [['levls'], 'Allowed choices are levels, programs, measurements, page'],
  [['levels', '--rows', 'basline-zero'], "did you mean 'baseline-zero'?"],
  [['-k', '0'], 'Give a whole number, at least 1'],
  [['--limit', 'x'], 'Give a whole number, at least 1'],
])('npm run table refuses %j', async (args, message) => {
  const { status, stdout, stderr } = await tableCommand(args);
  expect([status, stdout]).toEqual([2, '']);
  expect(stderr).toContain(message);
});

test('a command that takes too long is reported as missing', async () => {
  const [row] = LEVEL_ROWS;
  expect(await countLevels(defined(row), 1, { ...limits, seconds: 0.05 })).toEqual({
    missing: 'no result within 0.05 s',
  });
});
