import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { z } from 'zod';
import { ROOT } from './paths.ts';

/** The figures behind the tables of the page, saved in docs/logistic-regression.json. */

/** The reason why there is no figure. */
const Missing = z.strictObject({ missing: z.string() });

const Levels = z.strictObject({
  levels: z.number(),
  depth: z.number(),
  multiplications: z.number(),
  rotations: z.number(),
  uploads: z.number(),
});

const Machine = z.strictObject({
  processor: z.string(),
  cores: z.number(),
  node: z.string(),
  date: z.string(),
});

/** The costs that are known from a plan before it is evaluated. Times are in milliseconds. */
const Costs = z.strictObject({
  levels: z.number(),
  multiplications: z.number(),
  rotations: z.number(),
  ringDegree: z.number(),
  modulusBits: z.number(),
  uploadBytes: z.number(),
  /** Evaluation time by the built-in cost model; null if it was not predicted. */
  predictedMs: z.number().nullable(),
});

const Measurement = z.strictObject({
  ...Costs.shape,
  /** Number of workers that took part in the evaluation. */
  workers: z.number(),
  keyBytes: z.number(),
  keygenMs: z.number(),
  evaluateMs: z.number(),
  maxWeightError: z.number(),
  /** Shares of test samples classified correctly after training encrypted and in the clear. */
  accuracy: z.number(),
  clearAccuracy: z.number(),
  machine: Machine,
});

/** The costs of a plan that could not be evaluated, and the reason. */
const Planned = z.strictObject({ ...Costs.shape, ...Missing.shape });

/** Cells by row id, then by key: the number of steps, or {@link runKey}. */
const byRow = <T extends z.ZodType>(cell: T) =>
  z.record(z.string(), z.record(z.string(), z.union([cell, Missing])));

const Results = z.strictObject({
  levels: byRow(Levels),
  programs: byRow(Levels),
  /** By steps and by the limit on workers: `k=3 jobs=2`. */
  measurements: byRow(z.union([Measurement, Planned])),
});

export type Missing = z.infer<typeof Missing>;
export type Levels = z.infer<typeof Levels>;
export type Costs = z.infer<typeof Costs>;
export type Measurement = z.infer<typeof Measurement>;
export type Planned = z.infer<typeof Planned>;
export type Results = z.infer<typeof Results>;
export type Part = keyof Results;
export type Cell = Levels | Measurement | Planned | Missing;

export const RESULTS_FILE = new URL('docs/logistic-regression.json', ROOT);

/** Returns the key of a measurement in its row. */
export const runKey = (k: number, jobs: number): string => `k=${k} jobs=${jobs}`;

/** Returns the results that earlier runs saved; empty ones if there is no file. */
export function loadResults(file: URL = RESULTS_FILE): Results {
  if (!existsSync(file)) return { levels: {}, programs: {}, measurements: {} };
  return Results.parse(JSON.parse(readFileSync(file, 'utf8')));
}

export function saveResults(results: Results, file: URL = RESULTS_FILE): void {
  writeFileSync(file, `${JSON.stringify(results, null, 2)}\n`);
}

/** Returns results with a cell added or replaced. A missing figure never replaces a known one. */
export function withCell(
  results: Results,
  part: Part,
  { row, key, cell }: { readonly row: string; readonly key: string; readonly cell: Cell },
): Results {
  const known = results[part][row]?.[key];
  if ('missing' in cell && known !== undefined && !('missing' in known)) return results;
  const cells = { ...results[part][row], [key]: cell };
  return { ...results, [part]: { ...results[part], [row]: cells } };
}
