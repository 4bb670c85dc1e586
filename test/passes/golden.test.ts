import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it, test } from 'vitest';
import type { Pass } from '../../src/passes/pass.ts';
import {
  ADDED_PASSES,
  FACTORING_PASSES,
  FINAL_PASSES,
  PASSES,
  RECIPES,
} from '../../src/passes/pass-list.ts';
import { compareCircuits } from '../../src/verify/equivalence.ts';
import { differencesOf, expectNoComplaints } from '../support/complaints.ts';
import { type PassCase, printCase, runCase } from '../support/pass-cases.ts';

/**
 * There is a folder for each pass. `fires.golden.txt` shows the circuit of the pass's example
 * before and after it. Of the other programs, the pass leaves `idle….circ` unchanged, though they
 * look like the example, and turns any other `NAME.circ` into the circuit in `NAME.golden.txt`.
 * `-u`, as the last argument of vitest, writes golden files; read the difference before you commit
 * it.
 */
const folder = new URL('./', import.meta.url);

const LIST = 'PASSES of src/passes/pass-list.ts';

function filesOf(name: string): readonly string[] {
  const own = new URL(`${name}/`, folder);
  return existsSync(own) ? readdirSync(own).sort() : [];
}

function textOf(name: string, file: string): string {
  return readFileSync(new URL(`${name}/${file}`, folder), 'utf8');
}

function expectSamePolynomials({ before, after }: PassCase, text: string): void {
  expect(compareCircuits(before, after, { points: 2, seed: text })).toMatchObject({ equal: true });
}

async function expectGolden(result: PassCase, text: string, file: string): Promise<void> {
  expectSamePolynomials(result, text);
  const [before, after] = printCase(result);
  expect(after, `the pass leaves the program of ${file} unchanged`).not.toBe(before);
  await expect(`before\n${before}\nafter\n${after}`).toMatchFileSnapshot(file);
}

const listed: readonly string[] = PASSES.map(({ name }) => name);

test('there is one folder for each pass', () => {
  const entries = readdirSync(folder, { withFileTypes: true });
  const folders = entries.filter((entry) => entry.isDirectory()).map(({ name }) => name);
  expectNoComplaints(differencesOf(['test/passes', folders], [LIST, listed]));
});

test('every pass that an optimization level runs is listed', () => {
  const recipes = RECIPES.flatMap(({ prepare, meetGoal }) => [...prepare, ...meetGoal]);
  const run = [
    ...Object.values(ADDED_PASSES).flat(),
    ...recipes,
    ...FACTORING_PASSES,
    ...FINAL_PASSES,
  ];
  const names = run.map(({ name }) => name);
  expectNoComplaints(
    names.filter((name) => !listed.includes(name)).map((name) => `${LIST}: ${name}`),
  );
});

test('every pass of src/passes is listed', async () => {
  const source = new URL('../../src/passes/', import.meta.url);
  const modules: readonly object[] = await Promise.all(
    readdirSync(source).map((file) => import(new URL(file, source).href)),
  );
  const passes = modules.flatMap((module) => Object.values(module)).filter(isPass);
  const names = passes.map(({ name }) => name);
  expectNoComplaints(differencesOf([LIST, listed], ['src/passes', names]));
});

function isPass(value: unknown): value is Pass {
  return typeof value === 'object' && value !== null && 'run' in value && 'requires' in value;
}

describe.each(PASSES.map((pass) => [pass.name, pass] as const))('%s', (name, pass) => {
  const files = filesOf(name);
  const programs = files.filter((file) => file.endsWith('.circ'));
  const isIdle = (file: string) => file.startsWith('idle');
  const goldenOf = (file: string) => file.replace(/\.circ$/, '.golden.txt');
  const changed = programs.filter((file) => !isIdle(file));

  it(`changes its example to test/passes/${name}/fires.golden.txt`, async () => {
    await expectGolden(runCase(pass, pass.example), pass.example, `./${name}/fires.golden.txt`);
  });

  it.for(changed)('changes %s', async (file) => {
    const text = textOf(name, file);
    await expectGolden(runCase(pass, text), text, `./${name}/${goldenOf(file)}`);
  });

  it.for(programs.filter(isIdle))('leaves %s unchanged', (file) => {
    const [before, after] = printCase(runCase(pass, textOf(name, file)));
    expect(after).toBe(before);
  });

  it.for(pass.requires)('does nothing without %s', (requirement) => {
    const { before, after } = runCase(pass, pass.example, requirement);
    expect(after).toBe(before);
  });

  it('has its cases, and nothing else', () => {
    const wanted = ['idle.circ', ...programs, 'fires.golden.txt', ...changed.map(goldenOf)];
    const surplus = files.filter((file) => !wanted.includes(file));
    expectNoComplaints([
      ...(programs.includes('idle.circ') ? [] : [`test/passes/${name}/idle.circ is missing`]),
      ...surplus.map((file) => `test/passes/${name}/${file} belongs to no case`),
    ]);
  });

  it('has a summary that fits a line of the help', () => {
    expect(pass.summary.length).toBeLessThanOrEqual(64);
  });
});
