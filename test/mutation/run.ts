import { spawn } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { cpus, tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Mutant, missingText, withError } from './mutant.ts';
import { MUTANTS } from './mutants.ts';

/**
 * Puts the errors of the table into a copy of the project, one at a time, and runs the tests that
 * must notice each: `npm run mutate`, or with names or beginnings of names, `npm run mutate --
 * security ranges-zeros`. Two copies are at work at a time. The checkout itself is not touched.
 *
 * Exit status: 0 if all errors are noticed; 1 if one is not, if its tests take too long or fail
 * without it, or if its text is not in the source; 2 if a name is unknown.
 */

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const COPIES = Math.min(2, cpus().length);
/** Limit on the CPU seconds of the tests of one mutant. */
const MOST_SECONDS = 60;
/** The parts of a checkout that a copy lacks. */
const LEFT_OUT = new Set(['node_modules', 'dist', '.git']);

/** The outcome of test files: whether all tests passed, and what they took. */
interface Outcome {
  readonly passed: boolean;
  readonly seconds: number;
  readonly output: string;
}

/** A copy of the project in which errors are made. */
class Copy {
  readonly #path = mkdtempSync(join(tmpdir(), 'shoal-mutants-'));

  constructor() {
    const filter = (from: string) => !LEFT_OUT.has(relative(ROOT, from));
    cpSync(ROOT, this.#path, { recursive: true, filter });
    symlinkSync(join(ROOT, 'node_modules'), join(this.#path, 'node_modules'));
  }

  remove(): void {
    rmSync(this.#path, { recursive: true });
  }

  /** Runs the tests of a mutant with its error in the source. */
  async withMutant(mutant: Mutant): Promise<Outcome> {
    const path = join(this.#path, mutant.file);
    const source = readFileSync(path, 'utf8');
    writeFileSync(path, withError(source, mutant));
    try {
      return await this.test(mutant);
    } finally {
      writeFileSync(path, source);
    }
  }

  /** Runs test files, up to the first test that fails. */
  test({ tests, beyond = false }: Pick<Mutant, 'tests' | 'beyond'>): Promise<Outcome> {
    const vitest = join(this.#path, 'node_modules/vitest/vitest.mjs');
    const selected = beyond ? [] : ['--tags-filter=!thorough'];
    const options = ['--config', 'test/vitest.config.ts', '--bail', '1', '--maxWorkers', '1'];
    const command = [process.execPath, vitest, 'run', ...options, ...selected, ...tests];
    const { SHOAL_TESTS: _, ...env } = process.env;
    // The shell counts the CPU time of all processes, and ends one that never stops by itself.
    const script = `ulimit -t ${MOST_SECONDS}; "$@"; code=$?; times; exit $code`;
    const child = spawn('sh', ['-c', script, 'sh', ...command], {
      cwd: this.#path,
      env: {
        ...env,
        ...(beyond ? {} : { SHOAL_TESTS: 'sample' }),
        VITEST_FS_MODULE_CACHE_PATH: join(this.#path, '.vitest-cache'),
        NO_COLOR: '1',
      },
    });
    let output = '';
    for (const stream of [child.stdout, child.stderr])
      stream.on('data', (data) => {
        output += data;
      });
    return new Promise((resolve) =>
      child.on('close', (status) => {
        const passed = status === 0 && /Tests .*\b\d+ passed/.test(output);
        resolve({ passed, seconds: childSeconds(output), output });
      }),
    );
  }
}

/** Returns the CPU seconds of the children, which the last line that `times` prints has. */
function childSeconds(output: string): number {
  const [last = ''] = output.match(/^\d+m[\d.]+s \d+m[\d.]+s$/gm)?.slice(-1) ?? [];
  const times = [...last.matchAll(/(\d+)m([\d.]+)s/g)];
  return times.reduce(
    (sum, [, minutes, seconds]) => sum + 60 * Number(minutes) + Number(seconds),
    0,
  );
}

/** Does all tasks with as many copies as there are at a time. */
async function withCopies<T>(
  copies: readonly Copy[],
  tasks: readonly T[],
  work: (copy: Copy, task: T) => Promise<void>,
): Promise<void> {
  const next = tasks.values();
  await Promise.all(
    copies.map(async (copy) => {
      for (const task of next) await work(copy, task);
    }),
  );
}

function selectedMutants(names: readonly string[]): readonly Mutant[] {
  const unknown = names.filter((name) => !MUTANTS.some(({ id }) => id.startsWith(name)));
  if (unknown.length > 0) {
    console.error(`no mutant has a name that begins with: ${unknown.join(', ')}`);
    process.exit(2);
  }
  const isSelected = ({ id }: Mutant) => names.some((name) => id.startsWith(name));
  return names.length === 0 ? MUTANTS : MUTANTS.filter(isSelected);
}

/** Runs the tests without errors first, then each mutant. Returns complaints. */
async function run(mutants: readonly Mutant[], copies: readonly Copy[]): Promise<string[]> {
  const complaints: string[] = [];
  // A file that fails anyway would notice every error.
  const files = new Map(
    mutants.flatMap(({ tests, beyond = false }) =>
      tests.map((file) => [`${file} ${beyond}`, { tests: [file], beyond }]),
    ),
  );
  await withCopies(copies, [...files.values()], async (copy, { tests, beyond }) => {
    const { passed, seconds, output } = await copy.test({ tests, beyond });
    console.log(
      `${passed ? 'passed  ' : 'FAILED  '} ${seconds.toFixed(1).padStart(5)} s  ${tests}`,
    );
    if (passed) return;
    complaints.push(`${tests} fails without an error in the source`);
    console.log(output);
  });
  if (complaints.length > 0) return complaints;
  await withCopies(copies, mutants, async (copy, mutant) => {
    const { passed, seconds } = await copy.withMutant(mutant);
    const { id, promise } = mutant;
    console.log(`${passed ? 'SURVIVED' : 'caught  '} ${seconds.toFixed(1).padStart(5)} s  ${id}`);
    if (passed) complaints.push(`${id} survived: ${promise}`);
    if (seconds > MOST_SECONDS) complaints.push(`${id} took ${seconds.toFixed()} CPU seconds`);
  });
  return complaints;
}

const selected = selectedMutants(process.argv.slice(2));
const equivalent = selected.filter((mutant) => mutant.equivalent !== undefined);
const mutants = selected.filter((mutant) => mutant.equivalent === undefined);
const missing = mutants.flatMap((mutant) => missingText(ROOT, mutant) ?? []);
const present = mutants.filter((mutant) => missingText(ROOT, mutant) === undefined);
const copies = Array.from({ length: COPIES }, () => new Copy());
try {
  const complaints = [...missing, ...(await run(present, copies))];
  for (const { id, equivalent: reason } of equivalent) console.log(`equivalent ${id}: ${reason}`);
  const survivors = complaints.filter((complaint) => complaint.includes(' survived: ')).length;
  const beyond = present.filter((mutant) => mutant.beyond).length;
  console.log(
    `${present.length} mutants, ${survivors} survived; ${present.length - beyond} by the tests of npm test`,
  );
  for (const complaint of complaints) console.error(complaint);
  process.exitCode = complaints.length > 0 ? 1 : 0;
} finally {
  for (const copy of copies) copy.remove();
}
