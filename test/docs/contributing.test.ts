import { spawn } from 'node:child_process';
import {
  cpSync,
  existsSync,
  globSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { defined } from '../../src/lookup.ts';
import { root } from '../cli/support.ts';
import { expectNoComplaints } from '../support/complaints.ts';
import {
  type CommandStep,
  type EditStep,
  type Guide,
  inverseOf,
  readGuides,
  type Step,
  withChanges,
} from '../support/guides.ts';
import { eachSampled, THOROUGH } from '../support/sampling.ts';

/**
 * The guides of docs/CONTRIBUTING.md are followed in copies of the project. Then each step is
 * undone by itself: the type check or a test that the guide runs must name the file of that step.
 */

const guides = readGuides();
const space = mkdtempSync(join(tmpdir(), 'shoal-guides-'));
afterAll(() => rmSync(space, { recursive: true }), 60_000);

/** What a copy of the project has beside `node_modules`. */
const COPIED = ['src', 'test', 'docs', 'grammar', 'circuits', 'README.md', 'LICENSE'];
const SETTINGS = ['package.json', 'tsconfig.json', '.biome.json', '.gitignore', '.npmrc'];

/** Copies a project to a new directory, and returns its path. */
function copyOf(project: string): string {
  const copy = mkdtempSync(join(space, 'copy-'));
  for (const path of [...COPIED, ...SETTINGS])
    cpSync(join(project, path), join(copy, path), { recursive: true });
  symlinkSync(join(root, 'node_modules'), join(copy, 'node_modules'));
  return copy;
}

const read = (project: string, file: string): string => readFileSync(join(project, file), 'utf8');

function write(project: string, file: string, text: string): void {
  mkdirSync(dirname(join(project, file)), { recursive: true });
  writeFileSync(join(project, file), text);
}

/**
 * The text of a file after a step by hand; `text` is undefined if the file does not exist before.
 */
function edited({ file, change }: EditStep, text: string | undefined): string {
  if (typeof change !== 'string') return withChanges(file, text ?? '', change);
  if (text !== undefined) throw new Error(`${file} exists already`);
  return change;
}

/** A finished command: its exit status, and all that it printed. */
interface Finished {
  readonly status: number | null;
  readonly printed: string;
}

/** How many commands may run at a time. */
let free = Math.min(2, availableParallelism());
const waiting: (() => void)[] = [];

/** Runs a shell command in a project, as a contributor does; waits while others run. */
async function run(project: string, command: string): Promise<Finished> {
  if (free === 0) await new Promise<void>((start) => waiting.push(start));
  else free--;
  try {
    return await finished(project, command);
  } finally {
    const next = waiting.shift();
    if (next) next();
    else free++;
  }
}

function finished(project: string, command: string): Promise<Finished> {
  // Nothing of the vitest that runs this file: neither its own variables nor colors.
  const own = Object.entries(process.env).filter(
    ([name]) => !/^(VITEST|NODE_ENV|FORCE)/.test(name),
  );
  const env = { ...Object.fromEntries(own), SHOAL_TESTS: 'sample', NO_COLOR: '1' };
  const child = spawn('sh', ['-c', command], { cwd: project, env, timeout: 300_000 });
  let printed = '';
  child.stdout.on('data', (chunk) => {
    printed += chunk;
  });
  child.stderr.on('data', (chunk) => {
    printed += chunk;
  });
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (status) => resolve({ status, printed }));
  });
}

async function runWell(project: string, command: string): Promise<void> {
  const { status, printed } = await run(project, command);
  expect(status, `${command}\n${printed}`).toBe(0);
}

const BIN = 'node_modules/.bin';
/** One thread takes half the processor time that the compiler takes with several. */
const typeCheck = (project: string) => `${BIN}/tsc -p ${project} --noEmit --singleThreaded`;

const REPORT = 'report.json';
const testing = (tests: readonly string[], options: string) => {
  const reporters = `--reporter=default --reporter=json --outputFile.json=${REPORT}`;
  return `${BIN}/vitest run --config test/vitest.config.ts ${options} ${reporters} ${tests.join(' ')}`;
};

/** Tests of guides that evaluate much. They find mistakes in a step, but not that it is missing. */
const SLOW = ['test/cli/documents', 'test/run/backends'];

/** A copy of the project in which a guide was followed, and the files before each command ran. */
interface Followed {
  readonly project: string;
  readonly before: ReadonlyMap<CommandStep, ReadonlyMap<string, string>>;
}

async function follow({ steps }: Guide): Promise<Followed> {
  const project = copyOf(root);
  const before = new Map<CommandStep, ReadonlyMap<string, string>>();
  for (const step of steps)
    if ('command' in step) {
      const texts = textsOf(project);
      before.set(step, texts);
      await runWell(project, step.command);
      const written = [...textsOf(project)].filter(([file, text]) => texts.get(file) !== text);
      expect(written.map(([file]) => file).sort()).toEqual([...step.files].sort());
    } else {
      const text = existsSync(join(project, step.file)) ? read(project, step.file) : undefined;
      write(project, step.file, edited(step, text));
    }
  return { project, before };
}

/** The texts of all files that commands may write. */
function textsOf(project: string): ReadonlyMap<string, string> {
  const files = globSync([`{src,test,docs,grammar}/**/*.*`, 'README.md'], { cwd: project });
  return new Map(files.map((file) => [file, read(project, file)]));
}

const copies = new Map<Guide, Promise<Followed>>();

/** Does something in the copy in which a guide was followed, when all before it is done there. */
async function afterFollowing(
  guide: Guide,
  action: (followed: Followed) => Promise<void>,
): Promise<void> {
  const before = copies.get(guide) ?? follow(guide);
  const after = before.then(async (followed) => {
    await action(followed);
    return followed;
  });
  copies.set(guide, after);
  await after;
}

/**
 * Undoes a step in the copy in which the whole guide was followed, and returns what does it again.
 */
function undo(step: Step, { project, before }: Followed): () => void {
  const files = 'file' in step ? [step.file] : step.files;
  const whole = files.map((file) => [file, read(project, file)] as const);
  for (const [file, text] of whole) {
    const without = 'file' in step ? withoutEdit(step, text) : defined(before.get(step)).get(file);
    if (without === undefined) rmSync(join(project, file));
    else write(project, file, without);
  }
  return () => {
    for (const [file, text] of whole) write(project, file, text);
  };
}

/** A file's text without a step by hand; undefined if the step creates the file. */
function withoutEdit({ file, change }: EditStep, text: string): string | undefined {
  return typeof change === 'string' ? undefined : withChanges(file, text, inverseOf(change));
}

/** The files that messages of TypeScript name: those with errors, and modules that are missing. */
function filesOfErrors(messages: string): readonly string[] {
  return messages.split('\n').flatMap((line) => {
    const [, file] = /^([^\s(]+)\(\d+,\d+\): error/.exec(line) ?? [];
    if (file === undefined) return [];
    const [, module] = /Cannot find module '(\.[^']+)'/.exec(line) ?? [];
    return module === undefined ? [file] : [file, join(dirname(file), module)];
  });
}

/** The part of a vitest report that this file reads. */
interface TestReport {
  readonly testResults: readonly {
    /** Why a file could not be run. */
    readonly message: string;
    readonly assertionResults: readonly {
      readonly fullName: string;
      readonly failureMessages: readonly string[];
    }[];
  }[];
}

/**
 * The titles and messages of failed tests. Where in a test it failed is left out: that names test
 * files, too.
 */
function complaintsOf(project: string): readonly string[] {
  const { testResults } = JSON.parse(read(project, REPORT)) as TestReport;
  return testResults.flatMap(({ message, assertionResults }) => [
    message,
    ...assertionResults.flatMap(({ fullName, failureMessages }) =>
      failureMessages.map((failure) => `${fullName}: ${failure.split('\n    at ', 1)}`),
    ),
  ]);
}

test('there are five guides', () => {
  expect(guides.map(({ title }) => title)).toEqual([
    'a pass',
    'a built-in function',
    'a backend',
    'a command',
    'a plan operation',
  ]);
});

test.each([
  ['x\nx\n', 2],
  ['y\n', 0],
])('a change that fits %j %i times is refused', (text, times) => {
  const hunks = [{ before: ['x'], after: ['z'] }];
  expect(withChanges('a.ts', 'y\nx\n', hunks)).toBe('y\nz\n');
  const message = `a.ts has these lines ${times} times, not once`;
  expect(() => withChanges('a.ts', text, hunks)).toThrow(message);
});

describe.each(guides)('adding $title', (guide) => {
  const edits = guide.steps.filter((step): step is EditStep => 'change' in step);

  test('the steps are numbered, and their changes fit the files of today', () => {
    expect(guide.steps.map(({ number }) => number)).toEqual(guide.steps.map((_, i) => i + 1));
    const texts = new Map<string, string>();
    for (const step of edits) {
      const { file, change } = step;
      const text = texts.get(file) ?? (existsSync(join(root, file)) ? read(root, file) : undefined);
      const after = edited(step, text);
      expect(after, file).not.toBe(text);
      if (typeof change !== 'string')
        expect(withChanges(file, after, inverseOf(change)), file).toBe(text);
      texts.set(file, after);
    }
  });
});

/** Milliseconds for a test; most of it, the test may wait for others. */
const TIMEOUT = 900_000;

/**
 * Complaints about a step whose files neither TypeScript nor a test names if the step is left out.
 */
async function silenceOf(guide: Guide, step: Step, followed: Followed): Promise<readonly string[]> {
  const { project } = followed;
  const files = 'file' in step ? [step.file] : step.files;
  const redo = undo(step, followed);
  try {
    if (files.every((file) => file.endsWith('.ts'))) {
      const config = files.every((file) => file.startsWith('src/')) ? 'src' : '.';
      const { printed } = await run(project, typeCheck(config));
      const named = filesOfErrors(printed);
      if (files.every((file) => named.includes(file))) return [];
    }
    const quick = guide.tests.filter((file) => !SLOW.includes(file));
    const options = "--no-isolate --maxWorkers=1 --tags-filter='!thorough && !sampled'";
    rmSync(join(project, REPORT), { force: true });
    await run(project, testing(quick, options));
    const complaints = complaintsOf(project).join('\n');
    const silent = files.filter((file) => !complaints.includes(file));
    const what = `without step ${step.number} nothing names`;
    return silent.map((file) => `${what} ${file}, only:\n${complaints}`);
  } finally {
    redo();
  }
}

describe.concurrent('a guide that is followed', () => {
  const cases = guides.map((guide) => [guide.title, guide] as const);

  eachSampled(
    cases,
    1,
    TIMEOUT,
  )('adds %s that passes all checks', (_, guide) =>
    afterFollowing(guide, async ({ project }) => {
      const files = guide.steps.flatMap((step) => ('file' in step ? [step.file] : step.files));
      await runWell(project, typeCheck('.'));
      await runWell(project, `${BIN}/biome check ${files.join(' ')}`);
      await runWell(project, testing(guide.tests, "--tags-filter='!thorough'"));
    }),
  );

  test.each(cases)(
    'adds %s in steps that are all missed if they are left out',
    { ...THOROUGH, timeout: TIMEOUT },
    (_, guide) =>
      afterFollowing(guide, async (followed) => {
        const complaints: string[] = [];
        for (const step of guide.steps)
          complaints.push(...(await silenceOf(guide, step, followed)));
        expectNoComplaints(complaints);
      }),
  );
});
