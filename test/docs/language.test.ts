import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { simulate } from '../../src/backends/simulator.ts';
import { buildCircuit } from '../../src/build/build-circuit.ts';
import { BUILTINS } from '../../src/check/builtins.ts';
import { check } from '../../src/check/check-program.ts';
import { folderResolver } from '../../src/cli/circuit-folder.ts';
import { compile } from '../../src/compile/compile.ts';
import { completePlan } from '../../src/compile/complete-plan.ts';
import { evaluateCircuit, FLOATS, residuesModulo } from '../../src/ir/evaluate-circuit.ts';
import { defined } from '../../src/lookup.ts';
import { CircuitError } from '../../src/syntax/diagnostic.ts';
import { format } from '../../src/syntax/format-source.ts';
import { keywords } from '../../src/syntax/tokens.ts';
import { type Exact, fromDecimal } from '../../src/tensor/exact.ts';
import { differencesOf, expectNoComplaints } from '../support/complaints.ts';
import { withConstructTable } from './construct-table.ts';
import { type Example, examplesOf, filesOf, page } from './examples.ts';

type Nested = number | readonly Nested[];
interface Case {
  readonly define?: Readonly<Record<string, number>>;
  readonly inputs: Readonly<Record<string, Nested>>;
  readonly outputs: Readonly<Record<string, Nested>>;
}

const markdown = page('language.md');
const examples = examplesOf(markdown);
const errorOf = ({ info }: Example) => info.find((word) => word.startsWith('error='))?.slice(6);
const fine = examples.filter((example) => !errorOf(example));

const texts = filesOf(markdown);
const library = folderResolver('.');

/** Reads a file of the page, or one of the library. */
function resolve(path: string): Uint8Array {
  const text = texts.get(path);
  return text === undefined ? library(path) : new TextEncoder().encode(text);
}

const sourceOf = ({ line, text }: Example) => ({
  ...{ file: `language.md:${line}`, text },
  files: { resolve },
});
const definesOf = ({ define = {} }: Case): ReadonlyMap<string, Exact> =>
  new Map(Object.entries(define).map(([name, value]) => [name, fromDecimal(`${value}`)]));
const flat = (numbers: Nested): number[] =>
  typeof numbers === 'number' ? [numbers] : numbers.flatMap(flat);
const extents = (numbers: Nested): number[] =>
  typeof numbers === 'number' ? [] : [numbers.length, ...extents(defined(numbers[0]))];

function firstError(action: () => unknown): string | undefined {
  try {
    action();
    return undefined;
  } catch (error) {
    if (error instanceof CircuitError) return defined(error.diagnostics[0]).code;
    throw error;
  }
}

function expectClose(outputs: ReadonlyMap<string, Iterable<number>>, expected: Case['outputs']) {
  expect([...outputs.keys()].sort()).toEqual(Object.keys(expected).sort());
  for (const [name, value] of Object.entries(expected)) {
    const got = [...defined(outputs.get(name))];
    expect(got).toHaveLength(flat(value).length);
    flat(value).forEach((x, i) => {
      expect(got[i], name).toBeCloseTo(x, 9);
    });
  }
}

/** Expects that the source form computes the outputs, in float64 or modulo t. */
function expectInClear(example: Example, { inputs, outputs }: Case, defines: Map<string, Exact>) {
  const checked = check(sourceOf(example), defines);
  const { modulus } = checked.scheme;
  const residues = modulus === undefined ? undefined : residuesModulo(modulus);
  const circuit = buildCircuit(checked);
  const declared = new Map(circuit.inputs.map(({ name, shape }) => [name, shape]));
  expect(Object.keys(inputs).sort()).toEqual([...declared.keys()].sort());
  const results = evaluateCircuit(circuit, residues ?? FLOATS, (name) => {
    expect(extents(defined(inputs[name]))).toEqual(declared.get(name));
    const data = flat(defined(inputs[name])).map((x) => residues?.residue(x) ?? x);
    return { shape: defined(declared.get(name)), data };
  });
  expect(Object.keys(outputs).sort(), 'outputs of the example').toEqual([...results.keys()].sort());
  for (const [name, { shape }] of results) expect(extents(defined(outputs[name]))).toEqual(shape);
  expectClose(new Map([...results].map(([name, { data }]) => [name, data])), outputs);
}

describe('every example computes the outputs on the page', () => {
  test.each(fine.map((example) => [example.line, example] as const))(
    'docs/language.md:%i',
    async (_, example) => {
      expect(example.info).toEqual([]);
      expect(example.cases).not.toHaveLength(0);
      for (const { inputs, outputs, define } of example.cases as Case[]) {
        const defines = new Map(definesOf({ inputs, outputs, ...(define ? { define } : {}) }));
        expectInClear(example, { inputs, outputs }, defines);
        for (const level of [0, 2] as const) {
          const compiling = () =>
            compile(sourceOf(example), { optimizationLevel: level, defines, verify: true });
          const choice = completePlan(compiling().optimized.sketch, { precisionBits: 20 });
          if ('refused' in choice) throw new Error(choice.refused.reason);
          const data = new Map(
            Object.entries(inputs).map(([name, value]) => [name, Float64Array.from(flat(value))]),
          );
          const simulated = await simulate(choice.plan, [{ inputs: data }]);
          expectClose(defined(simulated.outputs[0]), outputs);
        }
      }
    },
  );
});

test('docs/language.md shows the current costs; `npm run docs` writes them', () => {
  expect(withConstructTable(markdown)).toBe(markdown);
});

test('every correct example is formatted, except for the alignment of comments', () => {
  const squeeze = (text: string) => text.replace(/ +\/\//g, ' //');
  for (const example of fine) expect(format(sourceOf(example))).toBe(squeeze(example.text));
});

describe('every example of an error is refused with its code', () => {
  const wrong = examples.filter(errorOf);
  test.each(wrong.map((example) => [example.line, defined(errorOf(example)), example] as const))(
    'docs/language.md:%i: %s',
    (_, code, example) => {
      expect(firstError(() => compile(sourceOf(example), { optimizationLevel: 2 }))).toBe(code);
    },
  );
});

describe('the page is complete', () => {
  const shown = fine.map(({ text }) => text.replace(/\/\/.*/g, '')).join('\n');

  test.each([...BUILTINS.keys()])('docs/language.md has a call of %s in an example', (name) => {
    expect(shown).toMatch(new RegExp(`\\b${name}\\(`));
  });

  test('built-in functions', () => {
    const section = defined(defined(markdown.split('## Built-in functions')[1]).split('\n## ')[0]);
    const calls = [...section.matchAll(/^\| (.*?) \|/gm)].flatMap(([, calls]) =>
      [...defined(calls).matchAll(/`(.*?)`/g)].map(([, call]) => defined(call)),
    );
    const listed = calls.flatMap((call) =>
      call.includes('(') ? call.split('(', 1) : call.split(' '),
    );
    const table = 'the table of built-in functions of docs/language.md';
    expectNoComplaints(
      differencesOf([table, listed], ['src/check/builtins.ts', [...BUILTINS.keys()]]),
    );
    expect(listed).toHaveLength(BUILTINS.size);
  });

  test('keywords', () => {
    const listed = defined(defined(/The words `([a-z\s]+)` are taken/.exec(markdown))[1]).split(
      /\s+/,
    );
    expect([...listed].sort()).toEqual([...keywords].sort());
  });

  test('links point to existing files and headings', () => {
    const circuits = readdirSync(new URL('../../circuits', import.meta.url), { recursive: true });
    const headings = [...markdown.matchAll(/^#+ (.*)$/gm)].map(([, text]) =>
      defined(text)
        .toLowerCase()
        .replaceAll(' ', '-')
        .replace(/[^a-z-]/g, ''),
    );
    for (const [, target] of markdown.matchAll(/\]\(([^)]+)\)/g)) {
      if (defined(target).startsWith('#')) expect(headings).toContain(defined(target).slice(1));
      else if (defined(target).endsWith('.md')) expect(page(defined(target))).not.toBe('');
      else if (target !== '../circuits')
        expect(circuits.map(String)).toContain(defined(target).replace('../circuits/', ''));
    }
  });

  test('its limits are those of the source', () => {
    const read = (path: string) =>
      readFileSync(new URL(`../../src/${path}`, import.meta.url), 'utf8');
    expect(read('check/value-operations.ts')).toMatch(/MAX_OPERATIONS = 4_000_000;/);
    expect(read('tensor/tensor.ts')).toMatch(/MAX_ELEMENTS = 2 \*\* 24;/);
    expect(read('check/value-operations.ts')).toMatch(/MAX_CONSTANT_ELEMENTS = 2 \*\* 20;/);
    expect(read('check/value-operations.ts')).toMatch(/MAX_CONSTANT_WORK = 2 \*\* 24;/);
    expect(read('packing/slots-needed.ts')).toMatch(/MAX_SLOTS = 16_384;/);
  });
});
