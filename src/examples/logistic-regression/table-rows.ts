import type { Params } from './programs.ts';

/** The circuits and compile options that the tables of docs/logistic-regression.md compare. */

/** A circuit with the options that it is compiled with. */
export interface LevelRow {
  /** Key of the saved results, and the name that `--rows` takes. */
  readonly id: string;
  /** Name in the tables. */
  readonly name: string;
  readonly start: 'encrypted' | 'zero' | 'public';
  /** Path below `circuits/`. */
  readonly circuit: string;
  readonly params: Params;
  /** Options of `shoal report`. */
  readonly options: readonly string[];
}

/** Numbers of minibatches in the tables of levels. */
export const STEPS = [1, 2, 3, 4, 5, 6] as const;

const NESTEROV = {
  circuit: 'logistic-regression/nesterov.circ',
  params: { n: 64, f: 197 },
} as const;

const BASELINE = {
  name: 'baseline, `-O1`',
  circuit: 'logistic-regression/baseline.circ',
  params: { n: 64, columns: 256 },
  options: ['-O1'],
} as const;

/** Returns a row that starts from encrypted weights, and one that starts from zero. */
function bothStarts({
  id,
  ...row
}: Omit<LevelRow, 'start'>): readonly [encrypted: LevelRow, zero: LevelRow] {
  return [
    { ...row, id: `${id}-encrypted`, start: 'encrypted' },
    { ...row, id: `${id}-zero`, start: 'zero', params: { ...row.params, start: 0 } },
  ];
}

/** Nesterov's method with every kind of options, and the baseline. */
export const LEVEL_ROWS: readonly LevelRow[] = [
  {
    ...NESTEROV,
    id: 'written-encrypted',
    name: 'as written, `-O0`',
    start: 'encrypted',
    options: ['-O0'],
  },
  ...bothStarts({ ...BASELINE, id: 'baseline' }),
  ...bothStarts({
    ...NESTEROV,
    id: 'unroll',
    name: '`-O3 --unroll 2`',
    options: ['-O3', '--unroll', '2'],
  }),
  ...bothStarts({
    ...NESTEROV,
    id: 'encode',
    name: '`-O3 --client encode`',
    options: ['-O3', '--client', 'encode'],
  }),
  ...bothStarts({
    ...NESTEROV,
    id: 'precompute',
    name: '`-O3 --client precompute`',
    options: ['-O3', '--client', 'precompute'],
  }),
];

const PROGRAMS: readonly Omit<LevelRow, 'options'>[] = [
  {
    id: 'full-batch',
    name: 'full-batch',
    start: 'zero',
    circuit: 'logistic-regression/full-batch.circ',
    params: { n: 256, f: 197 },
  },
  {
    id: 'minibatch',
    name: 'minibatch',
    start: 'public',
    circuit: 'logistic-regression/minibatch.circ',
    params: { n: 64, f: 197 },
  },
  {
    id: 'squared-hinge',
    name: 'squared-hinge',
    start: 'zero',
    circuit: 'logistic-regression/squared-hinge.circ',
    params: { n: 64, f: 197 },
  },
  {
    id: 'fixed-hessian',
    name: 'fixed-hessian',
    start: 'zero',
    circuit: 'logistic-regression/fixed-hessian.circ',
    params: { n: 256, f: 197 },
  },
  {
    id: 'nesterov-plain',
    name: 'nesterov-plain',
    start: 'zero',
    circuit: 'logistic-regression/nesterov-plain.circ',
    params: { n: 64, f: 197, start: 0 },
  },
  {
    id: 'oja',
    name: "[Oja's rule](../circuits/learning/oja.circ)",
    start: 'public',
    circuit: 'learning/oja.circ',
    params: { n: 64, f: 197 },
  },
  {
    id: 'rank-one',
    name: '[rank-one factors](../circuits/learning/rank-one.circ)',
    start: 'public',
    circuit: 'learning/rank-one.circ',
    params: { users: 64, items: 197 },
  },
];

const SETTINGS = {
  written: ['-O0'],
  encode: ['-O3', '--client', 'encode'],
  precompute: ['-O3', '--client', 'precompute'],
} as const;

/** The other programs, each with every setting. */
export const PROGRAM_ROWS: readonly LevelRow[] = PROGRAMS.flatMap((program) =>
  Object.entries(SETTINGS).map(([setting, options]) => ({
    ...program,
    id: `${program.id}-${setting}`,
    options,
  })),
);

/** A circuit and its initial weights, measured on encrypted digits. */
export interface MeasuredRow {
  readonly id: string;
  readonly name: string;
  readonly start: 'encrypted' | 'zero';
  readonly circuit: 'baseline' | 'nesterov';
}

export const MEASURED_ROWS: readonly MeasuredRow[] = (['encrypted', 'zero'] as const).flatMap(
  (start) => [
    { id: `baseline-${start}`, name: BASELINE.name, start, circuit: 'baseline' },
    { id: `best-${start}`, name: '`-O3 --client precompute`', start, circuit: 'nesterov' },
  ],
);

/** Numbers of minibatches, and of workers, that are measured. */
export const MEASURED_STEPS = [2, 3, 6] as const;
export const MEASURED_JOBS = [1, 2] as const;
