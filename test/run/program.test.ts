import { describe, expect, test } from 'vitest';
import {
  type CircuitError,
  check,
  compileForData,
  type DataCompileOptions,
  deviationOf,
  evaluateProgram,
  type Inputs,
} from '../../src/index.ts';
import { defined } from '../../src/lookup.ts';
import { coded } from '../support/coded.ts';

/** 40 iterations with at least one level each: more levels than any ring offers. */
const LONG = `input x: cipher within [-1, 1];
var y = x;
for i in 0..40 { y = (y * y + 1) / 2; }
output y;
`;

const locationOf = () => ({ file: '' });

const inputsOf = (values: Readonly<Record<string, number>>): Inputs =>
  new Map(
    Object.entries(values).map(([name, x]) => [name, { data: Float64Array.of(x), locationOf }]),
  );

function compiled(text: string, inputs: Inputs, options: Partial<DataCompileOptions> = {}) {
  return compileForData(check({ file: 'a.circ', text }), [inputs], {
    optimizationLevel: 1,
    ...options,
  });
}

describe('a program that is too deep', () => {
  const inputs = inputsOf({ x: 0.5 });

  test('is refused, with advice on what fits and on stages', () => {
    try {
      compiled(LONG, inputs);
      expect.unreachable();
    } catch (error) {
      const [problem] = (error as CircuitError).diagnostics;
      expect(problem?.code).toBe('no-parameters');
      expect(problem?.help).toContain('--refresh client');
    }
  });

  test('is evaluated in stages, each with values of the ones before', async () => {
    const program = compiled(LONG, inputs, { refresh: true });
    expect(program.stages.length).toBeGreaterThan(1);
    expect(program.stages.slice(1).every(({ takes }) => takes.length === 1)).toBe(true);
    const seen: string[] = [];
    const evaluation = await evaluateProgram(program, [inputs, inputs], {
      backend: 'plain',
      onProgress: (done, total, phase, stage) => seen.push(`${phase} ${done}/${total} ${stage}`),
    });
    const clear = program.clear(inputs);
    expect([...defined(evaluation.outputs[0]).keys()]).toEqual(['y']);
    expect(deviationOf(evaluation.outputs, [clear, clear]).maxAbsError).toBeLessThan(1e-9);
    expect(evaluation.stages).toHaveLength(program.stages.length);
    const ms = evaluation.stages.reduce((sum, { timings }) => sum + timings.evaluate, 0);
    expect(evaluation.timings.evaluate).toBe(ms);
    expect(seen).toContain('evaluate 2/2 1');
  });

  test('is refused where a carried value lies outside the range of the next stage', async () => {
    const { stages, outputs } = compiled(LONG, inputs, { refresh: true });
    const narrow = stages.map(({ plan }, stage) => ({
      plan: stage === 0 ? plan : { ...plan, inputs: plan.inputs.map(narrowed) },
    }));
    const evaluation = evaluateProgram({ stages: narrow, outputs }, [inputs], {
      backend: 'plain',
    });
    await expect(evaluation).rejects.toThrow(coded('carried-out-of-range'));
    await expect(evaluation).rejects.toThrow(/^stage 2 cannot go on: /);
  });
});

const narrowed = <T extends object>(input: T): T => ({ ...input, range: [-1e-9, 1e-9] });

test('a program of one stage is evaluated encrypted', async () => {
  const text = 'input x: cipher within [-3, 3];\noutput y = x^4 + 2;\n';
  const inputs = inputsOf({ x: 2 });
  const program = compiled(text, inputs, { refresh: true });
  expect(program.stages).toHaveLength(1);
  const { outputs, memory } = await evaluateProgram(program, [inputs]);
  expect(defined(defined(outputs[0]).get('y'))[0]).toBeCloseTo(18, 4);
  expect(memory.keyBytes).toBeGreaterThan(0);
});

test('inputs without a declared range get that of their data', () => {
  const text = 'input x: cipher;\ninput d: plain;\noutput y = x / d;\n';
  const { stages } = compiled(text, inputsOf({ x: 100, d: 2 }));
  expect(stages).toHaveLength(1);
  expect(defined(stages[0]).plan.inputs.map(({ range }) => range)).toEqual([
    [100, 100],
    [2, 2],
  ]);
  expect(() => compiled(text, inputsOf({ x: 100, d: 0 }))).toThrow(coded('division-by-zero'));
});

test('a program that exceeds the limits of its options is refused', () => {
  const text = 'input x: cipher within [-1, 1];\noutput y = x * x + x * (x + 1);\n';
  const aim = { objective: 'time', maxOps: 1 } as const;
  expect(() => compiled(text, inputsOf({ x: 1 }), { aim })).toThrow(/at most 1 operation/);
});
