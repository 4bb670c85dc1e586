import fc from 'fast-check';
import { describe, expect, it, test } from 'vitest';
import { simulate } from '../../src/backends/simulator.ts';
import { type Compilation, compile } from '../../src/compile/compile.ts';
import { completePlan } from '../../src/compile/complete-plan.ts';
import { evaluateCircuit, FLOATS } from '../../src/ir/evaluate-circuit.ts';
import { defined } from '../../src/lookup.ts';
import type { OptimizationLevel } from '../../src/passes/pass-list.ts';
import type { Plan } from '../../src/plan/plan.ts';
import { build } from '../support/circuits.ts';
import { expectWithinPromise } from '../support/encrypted.ts';
import { LARGE, type MatrixCase, matrixCase, type Sizes, SMALL } from '../support/matrix-cases.ts';
import { dataOf, magnitudeOf } from '../support/reference.ts';
import { cases, SAMPLED } from '../support/sampling.ts';

/**
 * Tolerances: relative to an output's largest magnitude, and absolute, since a value that should be
 * 0 may be the rounding error of others.
 */
const RELATIVE = 1e-9;
const ABSOLUTE = 1e-12;
const PRECISION_BITS = 20;

const modes: readonly (readonly [name: string, Sizes])[] = [
  ['small', SMALL],
  ['large', LARGE],
];

const seeds = fc.noShrink(fc.integer({ min: 0, max: 2 ** 32 - 1 }));

/** Runs a property of random cases; a failure prints the seed and the program of the case. */
async function forCases(
  sizes: Sizes,
  runs: number,
  property: (matrixCase: MatrixCase) => Promise<void>,
) {
  const ofSeed = fc.asyncProperty(seeds, async (seed) => {
    const tested = matrixCase(seed, sizes);
    try {
      await property(tested);
    } catch (error) {
      throw new Error(`seed ${seed}:\n${tested.text}`, { cause: error });
    }
  });
  await fc.assert(ofSeed, { numRuns: runs, endOnFailure: true });
}

function expectOutputs(
  { outputs }: MatrixCase,
  got: ReadonlyMap<string, ArrayLike<number>>,
  label: string,
): void {
  expect([...got.keys()].sort()).toEqual([...outputs.keys()].sort());
  for (const [name, tensor] of outputs) {
    const expected = dataOf(tensor);
    const data = Array.from(defined(got.get(name)));
    expect(data, name).toHaveLength(expected.length);
    const error = Math.max(...expected.map((x, i) => Math.abs(defined(data[i]) - x)));
    const allowed = RELATIVE * magnitudeOf(tensor) + ABSOLUTE;
    expect(error, `error of ${name} ${label}`).toBeLessThanOrEqual(allowed);
  }
}

function planOf({ optimized }: Compilation): Plan {
  const choice = completePlan(optimized.sketch, { precisionBits: PRECISION_BITS });
  if ('refused' in choice) throw new Error(choice.refused.reason);
  return choice.plan;
}

const compiled = ({ text }: MatrixCase, level: OptimizationLevel) =>
  compile({ file: 'matrices.circ', text }, { optimizationLevel: level });

describe('programs of linear algebra', () => {
  test('multiply all ranks of all secrecies except two constants, and rearrange all ranks', () => {
    const operations = new Set(
      Array.from({ length: 3_000 }, (_, seed) => matrixCase(seed, SMALL).kinds).flat(),
    );
    const ranks = ['vector', 'matrix', 'tensor'] as const;
    const secrecies = ['cipher', 'plain', 'constant'] as const;
    const kinds = secrecies.flatMap((secrecy) => ranks.map((rank) => `${secrecy} ${rank}`));
    const products = kinds.flatMap((a) => kinds.map((b) => `${a} @ ${b}`));
    const expected = [
      ...products.filter((operation) => !/constant \w+ @ constant/.test(operation)),
      ...ranks.flatMap((rank, axes) => [
        `sum of a ${rank}`,
        ...Array.from({ length: axes + 1 }, (_, axis) => `sum of a ${rank}, axis ${axis}`),
        `part of a ${rank}: ${new Array(axes + 1).fill('index')}`,
        `part of a ${rank}: ${new Array(axes + 1).fill('slice')}`,
        `concat of a ${rank}`,
      ]),
      ...['scalar', 'vector', 'matrix'].map((rank) => `stack of a ${rank}`),
      ...['outer', '.T', 'square', 'loop', '+', '-', '*'],
      ...['+', '-', '*'].flatMap((operator) => [
        `matrix ${operator} vector, broadcast`,
        `matrix ${operator} matrix, broadcast`,
        `scalar ${operator} matrix, broadcast`,
        `matrix ${operator} tensor, broadcast`,
      ]),
    ];
    expect(expected.filter((operation) => !operations.has(operation))).toEqual([]);
  });

  it.each(modes)(
    'compute in the clear what a matrix library computes: %s',
    SAMPLED,
    async (_, sizes) => {
      await forCases(sizes, cases(150), async (tested) => {
        const circuit = build(tested.text);
        const shapes = new Map(circuit.inputs.map(({ name, shape }) => [name, shape]));
        const values = evaluateCircuit(circuit, FLOATS, (name) => ({
          shape: defined(shapes.get(name)),
          data: [...defined(tested.inputs.get(name))],
        }));
        for (const [name, { shape }] of tested.outputs)
          expect(defined(values.get(name)).shape, name).toEqual(shape);
        expectOutputs(
          tested,
          new Map([...values].map(([name, { data }]) => [name, data])),
          'in the clear',
        );
      });
    },
  );

  const levels = [0, 1, 2, 3] as const;
  const runs = { small: cases(60), large: cases(12, 1) };
  it.each(levels.flatMap((level) => modes.map(([name, sizes]) => [level, name, sizes] as const)))(
    'compute the same in slots at -O%i: %s',
    { ...SAMPLED, timeout: 300_000 },
    async (level, name, sizes) => {
      await forCases(sizes, runs[name as keyof typeof runs], async (tested) => {
        const { outputs } = await simulate(planOf(compiled(tested, level)), [tested]);
        expectOutputs(tested, defined(outputs[0]), `at -O${level}`);
      });
    },
  );

  it.each([0, 2] as const)(
    'compute the same encrypted at -O%i, within the promised error',
    { ...SAMPLED, timeout: 300_000 },
    async (level) => {
      await forCases(SMALL, cases(5, 1), async (tested) => {
        const compilation = compiled(tested, level);
        await expectWithinPromise(compilation, planOf(compilation), tested.inputs, tested.text);
      });
    },
  );
});
