import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { encryptedEvaluation } from '../../src/backends/seal/encrypted-evaluation.ts';
import { compile } from '../../src/compile/compile.ts';
import { completePlan } from '../../src/compile/complete-plan.ts';
import { defined } from '../../src/lookup.ts';
import { evaluateInClear } from '../../src/report/deviations.ts';
import { format } from '../../src/syntax/format-source.ts';
import { exampleSource, libraryFiles } from '../support/examples.ts';
import { beyond } from '../support/sampling.ts';

type Numbers = number | readonly Numbers[];
type Named = Readonly<Record<string, Numbers>>;

/** A program that calls a function of the library. Its results were computed by NumPy. */
interface Case {
  readonly function: string;
  readonly file: string;
  readonly program: string;
  /** What the function's comment says of its levels, and those of the program at `--objective depth`. */
  readonly says: string;
  readonly levels: number;
  readonly tolerance: number;
  readonly vectors: readonly { readonly inputs: Named; readonly expect: Named }[];
}

const cases: readonly Case[] = JSON.parse(
  readFileSync(new URL('cases.json', import.meta.url), 'utf8'),
);

/** The functions of a file, with the comment above each. */
function functionsOf(text: string) {
  return [...text.matchAll(/((?:^\/\/ .*\n)*)^fn (\w+)\(/gm)].map(([, comment, name]) => {
    return { name: defined(name), comment: defined(comment).replaceAll('\n// ', ' ') };
  });
}

const beyondSome = beyond(
  cases.map((one) => one.function),
  4,
);
const functions = libraryFiles().flatMap(([, text]) => functionsOf(text));

const flat = (numbers: Numbers): number[] =>
  typeof numbers === 'number' ? [numbers] : numbers.flatMap(flat);
const dataOf = (named: Named) =>
  new Map(Object.entries(named).map(([name, value]) => [name, Float64Array.from(flat(value))]));

function expectClose(
  got: ReadonlyMap<string, Iterable<number>>,
  { expect: wanted }: Case['vectors'][number],
  tolerance: number,
): void {
  expect([...got.keys()].sort()).toEqual(Object.keys(wanted).sort());
  for (const [name, value] of Object.entries(wanted)) {
    const numbers = [...defined(got.get(name))];
    const off = flat(value).map((x, i) => Math.abs(defined(numbers[i]) - x));
    expect(numbers).toHaveLength(off.length);
    expect(Math.max(...off), name).toBeLessThanOrEqual(tolerance);
  }
}

test('every function has a case, and a comment with shapes and levels', () => {
  const names = functions.map(({ name }) => name);
  expect([...new Set(cases.map((one) => one.function))].sort()).toEqual([...names].sort());
  for (const { name, comment } of functions) {
    expect(comment, name).toMatch(/^\/\/ .* Shapes: .* Levels: .*\.\n$/);
  }
});

test('names of different files differ, so that a program can include them all', () => {
  const includes = libraryFiles().map(([file]) => `include "${file.slice(0, -'.circ'.length)}";`);
  const text = `${includes.join('\n')}\ninput x: cipher;\noutput y = x;\n`;
  expect(compile(exampleSource('all.circ', text), {}).optimized.measures.depth).toBe(0);
});

test.each(libraryFiles())('%s is formatted', (file, text) => {
  expect(format({ file, text })).toBe(text);
});

describe.each(cases)('$function, in $file', (one) => {
  const source = exampleSource('case.circ', one.program);

  test('has the levels that its comment says', () => {
    const { comment } = defined(functions.find(({ name }) => name === one.function));
    expect(comment).toContain(`Levels: ${one.says}`);
    const { optimized } = compile(source, { aim: { objective: 'depth' } });
    expect(optimized.measures.levels).toBe(one.levels);
  });

  test('computes what NumPy does', () => {
    const { source: written, checked } = compile(source, { optimizationLevel: 0 });
    for (const vector of one.vectors) {
      const locationOf = () => ({ file: '' });
      const inputs = [...dataOf(vector.inputs)].map(
        ([name, data]) => [name, { data, locationOf }] as const,
      );
      expectClose(
        evaluateInClear(written.circuit, new Map(inputs), checked),
        vector,
        one.tolerance,
      );
    }
  });

  test('computes it encrypted', beyondSome(one.function), async () => {
    const choice = completePlan(compile(source, {}).optimized.sketch, { precisionBits: 10 });
    if ('refused' in choice) throw new Error(choice.refused.reason);
    const instances = one.vectors.map(({ inputs }) => ({ inputs: dataOf(inputs) }));
    const { outputs } = await encryptedEvaluation(choice.plan, instances);
    outputs.forEach((output, i) => {
      expectClose(output, defined(one.vectors[i]), one.tolerance + 2 ** -10);
    });
  });
});
