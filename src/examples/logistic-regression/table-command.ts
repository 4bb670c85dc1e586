import { readFileSync, writeFileSync } from 'node:fs';
import { Argument, Command, Option } from 'commander';
import { ShoalError } from '../../index.ts';
import { countOption, parseCountOption, parseWith } from './command-options.ts';
import { countLevels } from './count-levels.ts';
import { whileNotInterrupted } from './interruption.ts';
import { measureProgram } from './measure-program.ts';
import { PLOT_FILE, plot } from './plot.ts';
import { PAGE, withTables } from './render-table.ts';
import { failedOutcome, type RunOutcome } from './run-outcome.ts';
import type { RunLimits } from './run-script.ts';
import { suggestion } from './suggestion.ts';
import {
  type Cell,
  loadResults,
  type Part,
  type Results,
  runKey,
  saveResults,
  withCell,
} from './table-results.ts';
import {
  LEVEL_ROWS,
  MEASURED_JOBS,
  MEASURED_ROWS,
  MEASURED_STEPS,
  PROGRAM_ROWS,
  STEPS,
} from './table-rows.ts';

const PARTS = ['levels', 'programs', 'measurements'] as const satisfies readonly Part[];

interface Options {
  readonly k?: readonly number[];
  readonly jobs?: readonly number[];
  readonly rows?: readonly string[];
  readonly limit: number;
}

/** A figure to compute or measure. */
interface Task {
  readonly part: Part;
  readonly row: string;
  readonly key: string;
  find(limits: RunLimits): Promise<Cell>;
}

const numbers = (text: string): readonly number[] => text.split(',').map(parseCountOption);

function commandOf(): Command {
  return new Command('npm run table --')
    .description(
      'Update the figures of docs/logistic-regression.md, its tables and its plot.\n' +
        'Each figure is saved at once; figures that are not selected stay unchanged.',
    )
    .addArgument(
      new Argument('[parts...]', 'figures to update; "page" only writes the saved ones').choices([
        ...PARTS,
        'page',
      ]),
    )
    .addOption(
      new Option('-k, --steps <k,…>', 'only for these numbers of minibatches').argParser(numbers),
    )
    .addOption(
      new Option('--jobs <n,…>', 'measure only with these numbers of workers').argParser(numbers),
    )
    .addOption(
      new Option('--rows <id,…>', 'only these rows, as in best-zero').argParser((text: string) =>
        text.split(','),
      ),
    )
    .addOption(countOption('--limit <seconds>', 'time limit for each figure').default(1200));
}

/**
 * Runs `npm run table`: updates the figures of docs/logistic-regression.md, and writes its tables
 * and its plot.
 */
export async function tableCommand(argv: readonly string[]): Promise<RunOutcome> {
  try {
    return await run(argv);
  } catch (error) {
    return failedOutcome(error, 'table');
  }
}

async function run(argv: readonly string[]): Promise<RunOutcome> {
  const command = commandOf();
  const help = parseWith(command, argv);
  if (help !== undefined) return { status: 0, stdout: help, stderr: '' };
  const { steps: k, ...options } = command.opts<Options & { steps?: readonly number[] }>();
  const parts = command.args.length === 0 ? PARTS : PARTS.filter((p) => command.args.includes(p));
  const tasks = tasksFor(parts, { ...options, ...(k ? { k } : {}) });
  await whileNotInterrupted(async (signal) => {
    for (const { find, ...task } of tasks) {
      const cell = await timed(task, () => find({ seconds: options.limit, signal }));
      // Results are loaded again each time, because another run may have saved some meanwhile.
      saveResults(withCell(loadResults(), task.part, { ...task, cell }));
    }
    await writePage(loadResults());
  });
  return { status: 0, stdout: '', stderr: '' };
}

/** Finds a figure, and prints its name, the result and the time taken. */
async function timed({ row, key }: Omit<Task, 'find'>, find: () => Promise<Cell>): Promise<Cell> {
  process.stderr.write(`${row}, ${key} … `);
  const begin = performance.now();
  const cell = await find();
  const seconds = ((performance.now() - begin) / 1000).toFixed(1);
  const found = 'missing' in cell ? cell.missing : `${cell.levels} levels`;
  process.stderr.write(`${found} (${seconds} s)\n`);
  return cell;
}

async function writePage(results: Results): Promise<void> {
  writeFileSync(PAGE, withTables(readFileSync(PAGE, 'utf8'), results));
  writeFileSync(PLOT_FILE, await plot(results));
}

/** @throws ShoalError when a row does not exist */
function tasksFor(parts: readonly Part[], { k, jobs, rows }: Options): readonly Task[] {
  const all = parts.flatMap((part) => tasksOf(part, k, jobs));
  const known = new Set(all.map(({ row }) => row));
  const unknown = rows?.find((row) => !known.has(row));
  if (unknown !== undefined) {
    const help = suggestion(unknown, [...known]);
    throw new ShoalError('usage', `--rows: there is no row '${unknown}'; ${help}`);
  }
  return rows ? all.filter(({ row }) => rows.includes(row)) : all;
}

/** Returns the tasks by increasing number of steps, so that short ones come first. */
function tasksOf(
  part: Part,
  k: readonly number[] | undefined,
  jobs: readonly number[] = MEASURED_JOBS,
): readonly Task[] {
  if (part === 'measurements')
    return (k ?? MEASURED_STEPS).flatMap((k) =>
      MEASURED_ROWS.flatMap((row) =>
        jobs.map((jobs) => ({
          ...{ part, row: row.id, key: runKey(k, jobs) },
          find: (limits: RunLimits) => measureProgram({ row, k, jobs }, limits),
        })),
      ),
    );
  return (k ?? STEPS).flatMap((k) =>
    (part === 'levels' ? LEVEL_ROWS : PROGRAM_ROWS).map((row) => ({
      ...{ part, row: row.id, key: `${k}` },
      find: (limits: RunLimits) => countLevels(row, k, limits),
    })),
  );
}
