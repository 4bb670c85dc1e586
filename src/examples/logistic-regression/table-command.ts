import { readFileSync, writeFileSync } from 'node:fs';
import { Argument, Command, Option } from 'commander';
import { ShoalError } from '../../index.ts';
import type { Patience } from './child.ts';
import { countOption, parseCountOption, parseWith } from './command-options.ts';
import { countLevels } from './count-levels.ts';
import { whileNotInterrupted } from './interruption.ts';
import { measureProgram } from './measure-program.ts';
import { PLOT_FILE, plot } from './plot.ts';
import { PAGE, withTables } from './render-table.ts';
import { failedOutcome, type RunOutcome } from './run-outcome.ts';
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

/** A figure to be found. */
interface Task {
  readonly part: Part;
  readonly row: string;
  readonly key: string;
  find(patience: Patience): Promise<Cell>;
}

const numbers = (text: string): readonly number[] => text.split(',').map(parseCountOption);

function commandOf(): Command {
  return new Command('npm run table --')
    .description(
      'Find the figures of docs/logistic-regression.md anew, and write its tables and its plot.\n' +
        'Figures are saved as they are found; those that are not asked for stay.',
    )
    .addArgument(
      new Argument('[parts...]', 'what to find; "page" only writes what is saved').choices([
        ...PARTS,
        'page',
      ]),
    )
    .addOption(new Option('-k, --steps <k,…>', 'for so many minibatches only').argParser(numbers))
    .addOption(new Option('--jobs <n,…>', 'measure with so many workers only').argParser(numbers))
    .addOption(
      new Option('--rows <id,…>', 'of these rows only, as best-zero').argParser((text: string) =>
        text.split(','),
      ),
    )
    .addOption(
      countOption('--limit <seconds>', 'the longest that a figure may take').default(1200),
    );
}

/**
 * `npm run table`: finds the figures of docs/logistic-regression.md, and writes its tables and its
 * plot.
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
    for (const { find, ...place } of tasks) {
      const cell = await timed(place, () => find({ seconds: options.limit, signal }));
      // Read again each time: another run may have found others meanwhile.
      saveResults(withCell(loadResults(), place.part, { ...place, cell }));
    }
    await writePage(loadResults());
  });
  return { status: 0, stdout: '', stderr: '' };
}

/** Says what is being found, and what was. */
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

/** @throws ShoalError where a row is not known */
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

/** Short ones first: by steps, then by rows. */
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
          find: (patience: Patience) => measureProgram({ row, k, jobs }, patience),
        })),
      ),
    );
  return (k ?? STEPS).flatMap((k) =>
    (part === 'levels' ? LEVEL_ROWS : PROGRAM_ROWS).map((row) => ({
      ...{ part, row: row.id, key: `${k}` },
      find: (patience: Patience) => countLevels(row, k, patience),
    })),
  );
}
