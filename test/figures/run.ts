/**
 * Compares the figures of two versions over all circuits: `npm run figures -- --save FILE.json`
 * writes those of this version, `--against FILE.json` compares them with saved ones, and both
 * together save and compare. Names of other .circ files add programs; `--filter TEXT` selects
 * programs by name. A file to save to that exists is continued.
 *
 * Exit status: 0 if nothing is worse, 1 if something is, 2 if the command line is wrong.
 */

import { once } from 'node:events';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { parseArgs } from 'node:util';
import { Worker } from 'node:worker_threads';
import { printTable, ratio } from '../bench/table.ts';
import { type Change, changes, type FigureTable } from './compare.ts';
import { type Measured, SETTINGS, type Setting } from './figures.ts';
import { type FigureProgram, figurePrograms } from './programs.ts';

const WORKERS = Math.min(2, cpus().length);
/** Growth of the compiler's work on a program from which on it is shown. */
const SHOWN_GROWTH = 2;

/** A program to measure at one setting. */
interface Task {
  readonly program: FigureProgram;
  readonly setting: Setting;
}

type Table = Record<string, Record<string, Measured>>;

function read(file: string): Table {
  return JSON.parse(readFileSync(file, 'utf8'));
}

/** Measures tasks one after the other until none are left. */
async function work(tasks: Task[], done: (task: Task, measured: Measured) => void) {
  const worker = new Worker(new URL('worker.ts', import.meta.url));
  for (let task = tasks.shift(); task; task = tasks.shift()) {
    worker.postMessage(task);
    const [measured] = await once(worker, 'message');
    done(task, measured);
  }
  await worker.terminate();
}

/** Measures what a table lacks, and adds it. */
async function complete(table: Table, programs: readonly FigureProgram[], save: () => void) {
  const settings = Object.keys(SETTINGS) as Setting[];
  const tasks = programs.flatMap((program) =>
    settings
      .filter((setting) => table[program.name]?.[setting] === undefined)
      .map((setting) => ({ program, setting })),
  );
  const total = tasks.length;
  let count = 0;
  const done = ({ program: { name }, setting }: Task, measured: Measured) => {
    table[name] = { ...table[name], [setting]: measured };
    save();
    const shown = 'error' in measured ? measured.error : `${measured.compileMs} ms`;
    console.error(`${++count}/${total} ${name} ${setting}: ${shown}`);
  };
  await Promise.all(Array.from({ length: WORKERS }, () => work(tasks, done)));
}

function printChanges(all: readonly Change[], kind: Change['kind'], title: string): void {
  const rows = all
    .filter((change) => change.kind === kind)
    .map(({ program, setting, figure, before, after }) => [
      program,
      setting,
      figure,
      before,
      after,
    ]);
  if (rows.length > 0)
    printTable(
      `${title}: ${rows.length}`,
      ['program', 'setting', 'figure', 'before', 'after'],
      rows,
    );
}

/** Prints what the compiler's work grew by, and the compile times of both versions. */
function printWork(before: FigureTable, after: FigureTable): void {
  const pairs = Object.entries(after).flatMap(([program, settings]) =>
    Object.entries(settings).flatMap(([setting, is]) => {
      const was = before[program]?.[setting];
      return was && !('error' in was) && !('error' in is) ? [{ program, setting, was, is }] : [];
    }),
  );
  const grown = pairs.filter(({ was, is }) => is.work > SHOWN_GROWTH * was.work);
  printTable(
    `The compiler's work, where it grew by more than a factor of ${SHOWN_GROWTH}`,
    ['program', 'setting', 'before', 'after', 'ratio'],
    grown.map(({ program, setting, was, is }) => [
      program,
      setting,
      was.work,
      is.work,
      ratio(is.work, was.work),
    ]),
  );
  const sum = (of: (pair: (typeof pairs)[number]) => number) =>
    (pairs.reduce((total, pair) => total + of(pair), 0) / 1000).toFixed(0);
  console.log(
    `compile time: ${sum(({ was }) => was.compileMs)} s before, ${sum(({ is }) => is.compileMs)} s after`,
  );
}

const { values: options, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    save: { type: 'string' },
    against: { type: 'string' },
    filter: { type: 'string', default: '' },
  },
});
const { save, against, filter } = options;
if (save === undefined && against === undefined) {
  console.error('give --save FILE.json, --against FILE.json or both');
  process.exit(2);
}
const table: Table = save !== undefined && existsSync(save) ? read(save) : {};
const store = () => {
  if (save !== undefined) writeFileSync(save, JSON.stringify(table, null, 1));
};
const before = against === undefined ? {} : read(against);
const programs = figurePrograms(positionals).filter(({ name }) => name.includes(filter));
await complete(table, programs, store);
if (against !== undefined) {
  const all = changes(before, table);
  printWork(before, table);
  printChanges(all, 'better', 'Better');
  printChanges(all, 'traded', 'Worse, for the sake of the objective, which is better');
  printChanges(all, 'worse', 'Worse');
  console.log(`compared ${Object.keys(table).filter((name) => name in before).length} programs`);
  if (all.some(({ kind }) => kind === 'worse')) process.exitCode = 1;
}
