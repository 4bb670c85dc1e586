import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { makeProgram, parseArguments, readOutput } from '../../src/cli/command-line.ts';
import type { CommandName, Job } from '../../src/cli/commands.ts';
import { UsageError } from '../../src/cli/failure.ts';
import { Errors } from './schemas.ts';
import { shoalHere } from './support.ts';

/** Returns the task of a command line. */
function taskOf(...argv: readonly string[]): object {
  const request = parseArguments(argv);
  if ('text' in request) throw new Error(request.text);
  return request.job.task;
}

/** Returns the error message for a command line. */
function messageOf(...argv: readonly string[]): string {
  try {
    parseArguments(argv);
  } catch (error) {
    if (error instanceof UsageError) return error.message;
    throw error;
  }
  throw new Error('nothing is wrong');
}

describe('--json and --quiet are read as commander reads them', () => {
  const cases: readonly (readonly [argv: string, json: boolean, quiet: boolean])[] = [
    ['report a.circ --json', true, false],
    ['report --quiet a.circ', false, true],
    ['report -qO1 a.circ', false, true],
    ['report -O1 -q --json a.circ', true, true],
    ['report -Oq a.circ', false, false],
    ['compile a.circ -oq', false, false],
    ['compile a.circ -o--json', false, false],
    ['compile a.circ --output=--json', false, false],
    ['compile a.circ -o - --json', true, false],
    ['eval p --in a b --json --keys k', true, false],
    ['check -- --json -q', false, false],
    ['check --json -- -q', true, false],
    // These command lines are wrong, but still say how to print the error.
    ['repot a.circ --json', true, false],
    ['--json report a.circ', true, false],
    ['report a.circ --jsn -q', false, true],
    ['compile a.circ -o --json', true, false],
    ['', false, false],
  ];
  test.each(cases)('shoal %s', (line, json, quiet) => {
    expect(readOutput(line.split(' ').filter(Boolean))).toEqual({ json, quiet });
  });

  /** The required arguments of correct command lines, and optional ones, in any order. */
  const output = ['-q', '--quiet', '--json', '-q --json'];
  const PARTS: Partial<Record<CommandName, readonly (readonly string[])[]>> = {
    check: [['a.circ'], [...output, '-D k=2', '-Dq=1', '-qDj=3', 'b.circ']],
    report: [['a.circ'], [...output, '-O 1', '-qO2', '--packing', '--passes -,q', '--passes=-q']],
    compile: [['a.circ'], [...output, '-o -', '-oq', '-qo out', '-o--json', '--output=--json']],
    eval: [['p'], [...output, '-i in', '--inputs=-q', '--input x=q.csv', '--backend plain']],
    decrypt: [
      ['p', '--keys k', '--in=--json'],
      [...output, '--upload u -q', '--upload u v --json'],
    ],
  };
  const lines = fc
    .constantFrom(...Object.entries(PARTS))
    .chain(([name, [needed = [], others = []]]) =>
      fc.tuple(
        fc.constant(name),
        fc
          .subarray([...others])
          .chain((some) =>
            fc.shuffledSubarray([...needed, ...some], { minLength: needed.length + some.length }),
          ),
        fc.constantFrom([], [], ['--'], ['-- -q --json']),
      ),
    );

  test('in any order of a correct command line', () => {
    let right = 0;
    fc.assert(
      fc.property(lines, ([name, parts, end]) => {
        const argv = [name, ...parts, ...end].flatMap((part) => part.split(' '));
        const final = finalOutputOf(argv);
        if (!final) return;
        right++;
        expect(readOutput(argv)).toEqual(final);
      }),
      { numRuns: 500 },
    );
    expect(right).toBeGreaterThan(150);
  });
});

/** Returns `--json` and `--quiet` as commander reads them; undefined if it refuses. */
function finalOutputOf(argv: readonly string[]) {
  let started: Job | undefined;
  const program = makeProgram(argv, (job) => {
    started = job;
  });
  const silent = { writeOut: () => {}, writeErr: () => {} };
  for (const one of [program, ...program.commands]) one.exitOverride().configureOutput(silent);
  try {
    program.parse(argv, { from: 'user' });
  } catch {
    return undefined;
  }
  const command = program.commands.find((candidate) => candidate.name() === started?.command);
  if (!command) return undefined;
  const { json = false, quiet = false } = command.opts<{ json?: boolean; quiet?: boolean }>();
  return { json, quiet };
}

describe('no option takes another option as its value', () => {
  test('a file of that name is written with its directory', async () => {
    const { status, stdout, files } = await shoalHere(['compile', 'a.circ', '-o', '--json']);
    const [error] = Errors.parse(JSON.parse(stdout)).errors;
    expect([status, files]).toEqual([2, []]);
    expect(error?.message).toBe(
      "option '-o, --output <file>' argument missing: '--json' is an option; a file of that name is written ./--json",
    );
    expect(taskOf('compile', 'a.circ', '-o', './--json')).toMatchObject({ output: './--json' });
    expect(taskOf('compile', 'a.circ', '--output=--json')).toMatchObject({ output: '--json' });
  });

  test.each([
    [['report', 'a.circ', '-O'], "option '-O <level>' argument missing"],
    [['report', 'a.circ', '-O', '-q'], "option '-O <level>' argument missing: '-q' is an option"],
    [['report', 'a.circ', '-D', '--', 'b'], "'--' is an option"],
    [['report', 'a.circ', '-qO', '--json'], "option '-O <level>' argument missing"],
    [['eval', 'p', '--in', '--keys', 'k', '-o', 'r'], "'--keys' is an option; a file of that"],
    [['keygen', 'p', '-o', '--force'], "'--force' is an option; a file of that name"],
    // A negative number is a value, although a wrong one.
    [['report', 'a.circ', '-O', '-1'], 'The optimization levels are 0, 1, 2 and 3.'],
    [['report', 'a.circ', '--budget', '-1'], 'Give a whole number, at least 1.'],
  ])('%j', (argv, message) => {
    expect(messageOf(...argv)).toContain(message);
  });

  test('several values, and -, are accepted', () => {
    const files = ['--in', 'a', 'b', '--keys', 'k', '-o', '-'];
    expect(taskOf('eval', 'p', ...files)).toMatchObject({ uploads: ['a', 'b'], output: '-' });
    expect(taskOf('check', 'a', '--', '-q', '--json')).toMatchObject({
      files: ['a', '-q', '--json'],
    });
  });
});
