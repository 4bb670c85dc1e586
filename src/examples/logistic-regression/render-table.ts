import { formatBytes, formatCount, formatNumber, formatTime } from './format-values.ts';
import { ROOT } from './paths.ts';
import type { Levels, Measurement, Missing, Planned, Results } from './table-results.ts';
import { runKey } from './table-results.ts';
import {
  LEVEL_ROWS,
  type LevelRow,
  MEASURED_JOBS,
  MEASURED_ROWS,
  MEASURED_STEPS,
  type MeasuredRow,
  PROGRAM_ROWS,
  STEPS,
} from './table-rows.ts';

/** The tables of docs/logistic-regression.md. */

export const PAGE = new URL('docs/logistic-regression.md', ROOT);

/** The tables by name. Each lies between two comment lines of the page. */
const TABLES = {
  levels: levelTable,
  programs: programTable,
  measurements: measurementTable,
  ratios: ratioTable,
} as const;

/** Returns the page with its tables replaced by those of the results. */
export function withTables(page: string, results: Results): string {
  return Object.entries(TABLES).reduce(
    (text, [name, table]) => between(text, name, table(results)),
    page,
  );
}

function between(page: string, name: string, table: string): string {
  const from = `<!-- the table of ${name}, written by \`npm run table\` -->`;
  const to = `<!-- end of the table of ${name} -->`;
  const [start, end] = [page.indexOf(from), page.indexOf(to)];
  if (start < 0 || end < start)
    throw new Error(`the page has no comment lines for the table of ${name}`);
  return `${page.slice(0, start)}${from}\n\n${table}\n${page.slice(end)}`;
}

function markdown(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`;
  return `${[head, head.map(() => '---'), ...rows].map(line).join('\n')}\n`;
}

const stepHead = STEPS.map((k) => `k = ${k}`);

function levelTable({ levels }: Results): string {
  const rows = LEVEL_ROWS.map((row) => [row.name, startOf(row), ...levelCells(row, levels)]);
  return markdown(['circuit', 'initial weights', ...stepHead], rows);
}

function programTable({ programs }: Results): string {
  const rows = PROGRAM_ROWS.map((row) => [
    row.name,
    `\`${row.options.join(' ')}\``,
    ...levelCells(row, programs),
  ]);
  return markdown(['program', 'options', ...stepHead], rows);
}

const startOf = ({ start }: LevelRow | MeasuredRow): string => start;

function levelCells({ id }: LevelRow, levels: Results['levels']): readonly string[] {
  return STEPS.map((k) => levelCell(levels[id]?.[k]));
}

function levelCell(cell: Levels | Missing | undefined): string {
  if (cell === undefined) return '–';
  return 'missing' in cell ? cell.missing : `${cell.levels}`;
}

type Run = Measurement | Planned | Missing | undefined;

const isMeasured = (run: Run): run is Measurement => run !== undefined && 'machine' in run;
const hasCosts = (run: Run): run is Measurement | Planned => run !== undefined && 'levels' in run;

function runOf({ measurements }: Results, { id }: MeasuredRow, k: number, jobs: number): Run {
  return measurements[id]?.[runKey(k, jobs)];
}

function measurementTable(results: Results): string {
  const head = [
    ...['k', 'circuit', 'initial weights', 'levels', 'N, modulus', 'products, rotations'],
    ...['key generation', 'upload'],
    ...MEASURED_JOBS.map((jobs) => `evaluate, ${formatCount(jobs, 'worker')}`),
    ...['largest error of a weight', 'accuracy encrypted / clear'],
  ];
  const rows = MEASURED_STEPS.flatMap((k) =>
    MEASURED_ROWS.flatMap((row) => {
      const runs = MEASURED_JOBS.map((jobs) => runOf(results, row, k, jobs));
      if (runs.every((run) => run === undefined)) return [];
      const times = MEASURED_JOBS.map((jobs) => timeCell(results, row, k, jobs));
      return [[`${k}`, row.name, startOf(row), ...planCells(runs), ...times, ...modelCells(runs)]];
    }),
  );
  return `${markdown(head, rows)}${machinesOf(results)}`;
}

/** Returns levels, ring, operations, key generation and upload of the first run that has them. */
function planCells(runs: readonly Run[]): readonly string[] {
  const plan = runs.find(isMeasured) ?? runs.find(hasCosts);
  if (!plan) return ['–', '–', '–', '–', '–'];
  return [
    `${plan.levels}`,
    `${plan.ringDegree}, ${plan.modulusBits} bits`,
    `${plan.multiplications}, ${plan.rotations}`,
    isMeasured(plan) ? `${formatTime(plan.keygenMs)}, ${formatBytes(plan.keyBytes)}` : '–',
    formatBytes(plan.uploadBytes),
  ];
}

/** Returns weight error and accuracy of the last run; the number of workers changes neither. */
function modelCells(runs: readonly Run[]): readonly string[] {
  const run = runs.findLast(isMeasured);
  if (!run) return ['–', '–'];
  const percent = (share: number): string => (100 * share).toFixed(2);
  return [
    formatNumber(run.maxWeightError),
    `${percent(run.accuracy)} / ${percent(run.clearAccuracy)} %`,
  ];
}

function timeCell(results: Results, row: MeasuredRow, k: number, jobs: number): string {
  const run = runOf(results, row, k, jobs);
  if (run === undefined) return '–';
  if (isMeasured(run)) return formatTime(run.evaluateMs);
  const guess = extrapolated(results, row, k, jobs);
  return guess ? `~${formatTime(guess.ms)}: ${guess.from}; ${run.missing}` : run.missing;
}

/**
 * Returns an estimate in ms of a time that could not be measured: the time that the cost model
 * predicts, times measured over predicted time of the longest measured run with fewer steps.
 */
export function extrapolated(
  results: Results,
  row: MeasuredRow,
  k: number,
  jobs: number,
): { readonly ms: number; readonly from: string } | undefined {
  const run = runOf(results, row, k, jobs);
  if (!hasCosts(run) || run.predictedMs === null) return undefined;
  for (const steps of MEASURED_STEPS.filter((fewer) => fewer < k).toReversed()) {
    const known = runOf(results, row, steps, jobs);
    if (!isMeasured(known) || known.predictedMs === null) continue;
    const ms = (run.predictedMs * known.evaluateMs) / known.predictedMs;
    return { ms, from: `extrapolated from k = ${steps}` };
  }
  return undefined;
}

/** Returns the evaluation time of a run in ms, measured or extrapolated. */
export function cellTime(
  results: Results,
  row: MeasuredRow,
  k: number,
  jobs: number,
): { readonly ms: number; readonly measured: boolean } | undefined {
  const run = runOf(results, row, k, jobs);
  if (isMeasured(run)) return { ms: run.evaluateMs, measured: true };
  const guess = extrapolated(results, row, k, jobs);
  return guess && { ms: guess.ms, measured: false };
}

function ratioTable(results: Results): string {
  const head = [
    ...['k', 'initial weights'],
    ...MEASURED_JOBS.map((jobs) => `speedup, ${formatCount(jobs, 'worker')}`),
    ...['upload', 'multiplications'],
  ];
  const rows = MEASURED_STEPS.flatMap((k) =>
    (['encrypted', 'zero'] as const).flatMap((start) => {
      const [baseline, best] = MEASURED_ROWS.filter((row) => row.start === start);
      const cells = baseline && best && ratioCells(results, [baseline, best], k);
      return cells ? [[`${k}`, start, ...cells]] : [];
    }),
  );
  const paper = ['6', 'the low-depth circuit of the paper', '6', '', '1.8', '4'];
  return markdown(head, [...rows, paper]);
}

/** Returns undefined if one of the two rows has no figures. */
function ratioCells(
  results: Results,
  [baseline, best]: readonly [MeasuredRow, MeasuredRow],
  k: number,
): readonly string[] | undefined {
  const pairs = MEASURED_JOBS.map((jobs) => [
    runOf(results, baseline, k, jobs),
    runOf(results, best, k, jobs),
  ]);
  const [baselinePlan, bestPlan] = pairs.find(([a, b]) => hasCosts(a) && hasCosts(b)) ?? [];
  if (!hasCosts(baselinePlan) || !hasCosts(bestPlan)) return undefined;
  const times = MEASURED_JOBS.map((jobs) => {
    const [a, b] = [cellTime(results, baseline, k, jobs), cellTime(results, best, k, jobs)];
    if (!a || !b) return '–';
    return `${a.measured && b.measured ? '' : '~'}${ratio(a.ms, b.ms)}`;
  });
  return [
    ...times,
    ratio(bestPlan.uploadBytes, baselinePlan.uploadBytes),
    ratio(bestPlan.multiplications, baselinePlan.multiplications),
  ];
}

const ratio = (a: number, b: number): string => formatNumber(Number((a / b).toPrecision(2)));

/** Returns a line that names the machines of the measurements. */
function machinesOf({ measurements }: Results): string {
  const runs = Object.values(measurements).flatMap((row) => Object.values(row));
  const texts = runs.filter(isMeasured).map(({ machine }) => {
    const { processor, cores, node, date } = machine;
    return `${processor}, ${formatCount(cores, 'core')}, Node.js ${node}, ${date}`;
  });
  const distinct = [...new Set(texts)];
  return distinct.length === 0 ? '' : `\nMeasured on ${distinct.join('; ')}.\n`;
}
