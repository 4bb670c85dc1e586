import { afterAll, describe, expect, test, vi } from 'vitest';
import type { EmittingBackend, EvaluatingBackend } from '../../src/run/backend.ts';
import { Evaluated, Report } from './schemas.ts';
import { quartic, shoalHere, workspace } from './support.ts';

/** An additional backend, which writes a file for each stage and evaluates in the clear. */
vi.mock('../../src/run/backends.ts', async (importOriginal) => {
  const original = await importOriginal<typeof import('../../src/run/backends.ts')>();
  const listing: EvaluatingBackend & EmittingBackend = {
    name: 'listing',
    summary: 'operations by name',
    encrypts: false,
    singleThreaded: () => '--backend listing',
    evaluate: original.plain.evaluate,
    emit: async (stages) => ({
      files: stages.map(({ plan }, at) => ({
        path: `${at + 1}.txt`,
        content: plan.ops.map(({ op }) => op).join(' '),
      })),
    }),
  };
  const EVALUATING_BACKENDS = [...original.EVALUATING_BACKENDS, listing];
  return {
    ...original,
    BACKENDS: [...original.BACKENDS, listing],
    EVALUATING_BACKENDS,
    evaluatingBackend: (name: string) => EVALUATING_BACKENDS.find((one) => one.name === name),
  };
});

const space = workspace();
afterAll(() => space.remove());
const circuit = space.file('quartic.circ', quartic);
const inputs = space.file('quartic.json', '{ "x": 2 }');
const deep = space.file(
  'deep.circ',
  'input x: cipher within [-1, 1];\nvar y = x;\nfor i in 0..30 { y = (y * y + 1) / 2; }\noutput y;\n',
);

describe('a backend that writes programs', () => {
  const emit = (...args: readonly string[]) =>
    shoalHere(['compile', ...args, '--emit', 'listing', '-o', 'out']);

  test('has its files written below the given directory', async () => {
    const { status, stdout, files } = await emit(circuit);
    expect([status, stdout]).toEqual([0, '']);
    // x^4 + 2: two squarings, each relinearized and rescaled, and a constant.
    expect(files).toEqual([
      { path: 'out/1.txt', content: expect.stringMatching(/^upload mul/), makesDirectory: true },
    ]);
    const [{ content = '' } = {}] = files;
    expect(content.split(' ').filter((op) => op === 'mul')).toHaveLength(2);
  });

  test('gets all stages of a program', async () => {
    const { status, files } = await emit(deep, '-O1', '--refresh', 'client');
    expect(status).toBe(0);
    expect(files.length).toBeGreaterThan(1);
    expect(files.map(({ path }) => path)).toEqual(files.map((_, i) => `out/${i + 1}.txt`));
  });

  test('summarizes the written files with --json', async () => {
    const { stdout } = await emit(circuit, '--json');
    const { output, emit: form, ...report } = JSON.parse(stdout);
    expect([output, form]).toEqual(['out', 'listing']);
    expect(Report.omit({ passes: true, compileMs: true }).parse(report).optimized.depth).toBe(2);
  });

  test('refuses standard output', async () => {
    const { status, stderr } = await shoalHere(['compile', circuit, '--emit', 'listing']);
    expect([status, stderr]).toEqual([
      2,
      'shoal: --emit listing writes several files: name a directory with -o\n',
    ]);
  });

  test('refuses circuits that no parameters fit', async () => {
    const { status, stderr } = await emit(deep, '-O1');
    expect([status, stderr]).toEqual([1, expect.stringContaining('error[no-parameters]')]);
  });
});

test('it is one of the choices of --backend', async () => {
  const args = ['eval', circuit, '-i', inputs, '--backend', 'listing', '--jobs', '2'];
  const { status, stdout, stderr } = await shoalHere(args);
  expect([status, stdout]).toEqual([0, expect.stringMatching(/^y = 18\n/)]);
  expect(stderr).toBe('note: --jobs 2 has no effect: --backend listing evaluates on one thread\n');
  const json = await shoalHere([...args, '--compare', '--json']);
  expect(Evaluated.parse(JSON.parse(json.stdout))).toMatchObject({ predictedMemory: null });
  const memory = await shoalHere([...args, '--memory', '1GiB']);
  expect(memory.stderr).toBe('shoal: --memory is for --backend seal; listing keeps no keys\n');
});

test('help and refusals name it', async () => {
  const help = (await shoalHere(['help', 'eval'])).stdout.replace(/\s+/g, ' ');
  expect(help).toContain('; listing: operations by name');
  expect(help).toContain(', "listing", default: "seal")');
  const { stderr } = await shoalHere(['compile', circuit, '--emit', 'png']);
  expect(stderr).toMatch(/Allowed choices are plan, dot, svg, .*\blisting\./);
});
