import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import type { Instance } from '../src/backends/evaluation.ts';
import { encryptedEvaluation } from '../src/backends/seal/encrypted-evaluation.ts';
import { simulate } from '../src/backends/simulator.ts';
import { type Compilation, compile } from '../src/compile/compile.ts';
import { completePlan } from '../src/compile/complete-plan.ts';
import { defined } from '../src/lookup.ts';
import type { OptimizationLevel } from '../src/passes/pass-list.ts';
import type { Plan, PlanSketch } from '../src/plan/plan.ts';
import { errorBounds } from '../src/report/circuit-report.ts';
import { evaluateInClear } from '../src/report/deviations.ts';
import { format } from '../src/syntax/format-source.ts';
import { compareCircuits } from '../src/verify/equivalence.ts';
import { exampleCircuits, exampleSource, libraryFiles } from './support/examples.ts';
import { beyond } from './support/sampling.ts';

const root = new URL('../circuits/', import.meta.url);
const names = exampleCircuits().map(([file]) => file.slice(0, -'.circ'.length));

type Numbers = number | readonly Numbers[];
type Named = Readonly<Record<string, Numbers>>;
interface Vectors {
  readonly tolerance?: number;
  readonly vectors: readonly { readonly inputs: Named; readonly expect: Named }[];
}

const text = (file: string): string => readFileSync(new URL(file, root), 'utf8');
const vectorsOf = (name: string): Vectors => JSON.parse(text(`${name}.vectors.json`));
const flat = (numbers: Numbers): number[] =>
  typeof numbers === 'number' ? [numbers] : numbers.flatMap(flat);
const extents = (numbers: Numbers): number[] =>
  typeof numbers === 'number' ? [] : [numbers.length, ...extents(defined(numbers[0]))];

const levels = [0, 1, 2, 3] as const;
/** Limit on the ring degree of source forms that are evaluated encrypted. */
const LARGEST_AS_WRITTEN = 16384;
const compilations = new Map<string, Compilation>();

function compiled(name: string, level: OptimizationLevel): Compilation {
  const key = `${name} ${level}`;
  const known = compilations.get(key);
  if (known) return known;
  const compilation = compile(exampleSource(`${name}.circ`), { optimizationLevel: level });
  compilations.set(key, compilation);
  return compilation;
}

const modulusOf = (name: string) => compiled(name, 0).checked.scheme.modulus;

function planOf(sketch: PlanSketch): Plan {
  const choice = completePlan(sketch, { precisionBits: 20 });
  if ('refused' in choice) throw new Error(choice.refused.reason);
  return choice.plan;
}

const instanceOf = (inputs: Named): Instance => ({
  inputs: new Map(
    Object.entries(inputs).map(([name, value]) => [name, Float64Array.from(flat(value))]),
  ),
});

/** Evaluates the source form in float64 or modulo t. */
function clear(name: string, { inputs }: Instance): ReadonlyMap<string, Float64Array> {
  const locationOf = () => ({ file: '' });
  const data = new Map([...inputs].map(([input, values]) => [input, { data: values, locationOf }]));
  return evaluateInClear(compiled(name, 0).source.circuit, data, compiled(name, 0).checked);
}

/** Returns a message for each output that differs from its vector by more than the tolerance. */
function misses(
  { tolerance = 0, vectors }: Vectors,
  outputs: readonly ReadonlyMap<string, Iterable<number>>[],
): readonly string[] {
  return vectors.slice(0, outputs.length).flatMap(({ expect }, i) =>
    Object.entries(expect).flatMap(([name, value]) => {
      const got = [...(defined(outputs[i]).get(name) ?? [])];
      const expected = flat(value);
      const isClose = (x: number, j: number) =>
        Math.abs(defined(got[j]) - x) <= tolerance * Math.max(1, Math.abs(x));
      const matches = got.length === expected.length && expected.every(isClose);
      return matches ? [] : [`vector ${i}: ${name} is ${got}, not ${expected}`];
    }),
  );
}

test('every circuit has inputs and test vectors', () => {
  expect(names.length).toBeGreaterThanOrEqual(14);
  const files = readdirSync(root, { recursive: true, withFileTypes: true });
  const library = libraryFiles().map(([file]) => file);
  const expected = [
    ...names.flatMap((n) => [`${n}.circ`, `${n}.json`, `${n}.vectors.json`]),
    ...library,
  ];
  // There may be other files, such as data.
  const shown = files.filter((file) => file.isFile() && /\.(circ|json)$/.test(file.name));
  expect(shown).toHaveLength(expected.length);
  for (const file of expected) expect(text(file)).not.toBe('');
});

/** Circuits for which the sample runs every test; it only checks and compiles the others. */
const SAMPLE = new Set([
  'basics/quartic',
  'integers/inner-product',
  'iterations/inverse',
  'learning/neuron',
  'linear-algebra/roberts-cross',
  'logistic-regression/predict',
  'vectors/variance',
]);

const beyondSome = beyond(names, (name) => SAMPLE.has(name));
/**
 * Time limit of a test that compiles at all optimization levels, in ms: 20 s of work, on a machine
 * that does much else.
 */
const COMPILE_LIMIT = 600_000;

describe.each(names)('%s', (name) => {
  const options = { ...beyondSome(name), timeout: COMPILE_LIMIT };
  const file = vectorsOf(name);
  const instances = file.vectors.map(({ inputs }) => instanceOf(inputs));

  test('is formatted', () => {
    const source = { file: `${name}.circ`, text: text(`${name}.circ`) };
    expect(format(source)).toBe(source.text);
  });

  test('declares the range of every input, and its data are in range', () => {
    const { inputs } = compiled(name, 0).checked;
    const cases = [JSON.parse(text(`${name}.json`)) as Named, ...file.vectors.map((v) => v.inputs)];
    for (const values of cases) {
      expect(Object.keys(values).sort()).toEqual(inputs.map((input) => input.name).sort());
      for (const input of inputs) {
        const value = defined(values[input.name]);
        expect(extents(value)).toEqual(input.shape);
        if (modulusOf(name) !== undefined && !input.range) continue;
        expect(Math.min(...flat(value))).toBeGreaterThanOrEqual(defined(input.range)[0]);
        expect(Math.max(...flat(value))).toBeLessThanOrEqual(defined(input.range)[1]);
      }
    }
    expect(file.vectors.length).toBeGreaterThanOrEqual(5);
    for (const { expect: outputs } of file.vectors) {
      const declared = compiled(name, 0).source.circuit.outputs.map((output) => output.name);
      expect(Object.keys(outputs).sort()).toEqual(declared.sort());
    }
  });

  test('no optimization level has more depth or levels than the one below', options, () => {
    const all = levels.map((level) => compiled(name, level));
    all.forEach(({ optimized, source, bound }, level) => {
      const below = level === 0 ? source : defined(all[level - 1]).optimized;
      expect(optimized.measures.depth).toBeLessThanOrEqual(below.measures.depth);
      expect(optimized.measures.levels ?? 0).toBeLessThanOrEqual(below.measures.levels ?? 0);
      expect(optimized.measures.depth).toBeGreaterThanOrEqual(bound);
    });
  });

  test('every optimization level computes the same polynomials', options, () => {
    for (const level of levels) {
      const { source, optimized } = compiled(name, level);
      const options = { points: 3, seed: name };
      expect(compareCircuits(source.circuit, optimized.circuit, options)).toMatchObject({
        equal: true,
      });
    }
  });

  test('agrees with its vectors in the clear at every optimization level', options, async () => {
    const results = instances.map((instance) => clear(name, instance));
    expect(misses(file, results)).toEqual([]);
    for (const level of levels) {
      const plan = planOf(compiled(name, level).optimized.sketch);
      expect(misses(file, (await simulate(plan, instances)).outputs)).toEqual([]);
    }
  });

  test('agrees with its vectors encrypted, within the predicted error', options, async () => {
    const { source, optimized } = compiled(name, 2);
    const sketches = [source.sketch, optimized.sketch];
    const same = JSON.stringify(sketches[0]) === JSON.stringify(sketches[1]);
    for (const sketch of same ? [optimized.sketch] : sketches) {
      const plan = planOf(sketch);
      // Some source forms need minutes of key generation; the simulator has already run them.
      if (sketch === source.sketch && plan.params.polyModulusDegree > LARGEST_AS_WRITTEN) continue;
      // Key generation takes most of the time, but without batching every vector takes its own run.
      const tried = plan.batchable ? instances : instances.slice(0, 3);
      const { outputs } = await encryptedEvaluation(plan, tried);
      expect(misses(file, outputs)).toEqual([]);
      tried.forEach((instance, i) => {
        const exact = clear(name, instance);
        for (const [name, errorBound] of Object.entries(errorBounds(plan))) {
          const got = defined(defined(outputs[i]).get(name));
          const errors = defined(exact.get(name)).map((x, j) => Math.abs(defined(got[j]) - x));
          expect(Math.max(...errors)).toBeLessThanOrEqual(errorBound);
        }
      });
    }
  });
});
