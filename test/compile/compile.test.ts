import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { simulate } from '../../src/backends/simulator.ts';
import { type Compilation, compile } from '../../src/compile/compile.ts';
import type { Form } from '../../src/compile/form.ts';
import { evaluateCircuit, FLOATS } from '../../src/ir/evaluate-circuit.ts';
import type { Plan } from '../../src/plan/plan.ts';
import { sizeOf } from '../../src/tensor/tensor.ts';
import { compareCircuits } from '../../src/verify/equivalence.ts';
import { randomProgram, seeded } from '../support/programs.ts';

const LEVELS = [0, 1, 2, 3] as const;

function measures(text: string, level: 0 | 1 | 2 | 3 = 2) {
  const { source, optimized, bound } = compile(
    { file: 'test.circ', text },
    { optimizationLevel: level },
  );
  return { source: source.measures, optimized: optimized.measures, bound };
}

describe('figures of the documentation', () => {
  it('x^4 + 2: depth 3 in source form, 2 optimized', () => {
    const { source, optimized, bound } = measures(
      'input x: cipher within [-2, 2]; output y = x^4 + 2;',
    );
    expect(source).toMatchObject({ depth: 3, levels: 3, width: 1, mulsByDepth: [1, 1, 1] });
    expect(source.ops).toMatchObject({
      mul: 3,
      mulPlain: 0,
      add: 0,
      addPlain: 1,
      rotate: 0,
      relinearize: 3,
      rescale: 3,
    });
    expect(optimized).toMatchObject({ depth: 2, levels: 2, width: 1, mulsByDepth: [1, 1] });
    expect(bound).toBe(2);
  });

  it('counts (x*x)*(x*x) as three multiplications', () => {
    const { source, optimized } = measures('input x: cipher; output y = (x*x)*(x*x) + 2;');
    expect(source).toMatchObject({ depth: 2, width: 2, mulsByDepth: [2, 1] });
    expect(optimized.ops.mul).toBe(2);
  });

  it('poly by Horner: a level for each degree in source form', () => {
    const { source } = measures('input x: cipher; output y = poly(x, [0.5, -0.25, 0, 0.125]);');
    // 0.125*x is a plaintext multiplication; two ciphertext multiplications follow.
    expect(source).toMatchObject({ depth: 2, levels: 3 });
    expect(source.ops).toMatchObject({ mul: 2, mulPlain: 1, addPlain: 2 });
  });

  it('masks a sum only if it is broadcast', () => {
    const sumOnly = measures('input v: cipher[6]; output s = sum(v);').source;
    expect(sumOnly).toMatchObject({ levels: 0 });
    expect(sumOnly.ops).toMatchObject({ mulPlain: 0, rotate: 3 });
    // 6 = 4 + 2 copies: 2 doublings and 1 rotation put the runs side by side.
    const broadcast = measures('input v: cipher[6]; output s = v - sum(v);').source;
    expect(broadcast).toMatchObject({ levels: 1 });
    expect(broadcast.ops).toMatchObject({ mulPlain: 1, rotate: 3 + 3 });
  });

  it('variance: 4 levels in source form, 1 optimized', () => {
    const text = 'input v: cipher[8]; let m = sum(v)/8; let d = v - m; output s = sum(d*d)/8;';
    const { source, optimized } = measures(text);
    expect(source.levels).toBe(4);
    expect(optimized.levels).toBe(1);
  });

  it('uploads a scaled input instead of taking a level', () => {
    const { source, optimized } = measures('input x: cipher; output y = 0.3*x*x*x;');
    expect([source.levels, optimized.levels]).toEqual([3, 2]);
  });

  it('multiplies by small integers without a level', () => {
    expect(measures('input x: cipher; input y: cipher; output z = 2*(x*y);').optimized.levels).toBe(
      1,
    );
  });
});

describe('pass records', () => {
  it('say what each pass saved', () => {
    const { passes } = compile(
      { file: 't.circ', text: 'input x: cipher; output y = x^4 + x*1;' },
      { optimizationLevel: 2 },
    );
    const changed = passes.filter(
      ({ before, after }) => before.depth !== after.depth || before.muls !== after.muls,
    );
    expect(changed).toMatchObject([
      { name: 'powers', before: { depth: 3, muls: 3 }, after: { depth: 2, muls: 2 } },
    ]);
    expect(passes.find((pass) => pass.name === 'fold')).toMatchObject({
      before: { nodes: 5 },
      after: { nodes: 3 },
    });
  });
});

describe('values with a small factor', () => {
  it('need a smaller ring if the client multiplies by the factor', () => {
    // Seven levels. An error of 2^-30 in 0.001*(v*y) takes a scale above 47 bits, and seven primes
    // of 48, one of 51 and one of 55 bits exceed the 438 of a ring of 16384. The error of v*y may
    // be 1000 times as large.
    const text = `input x: cipher[8]; input y: cipher[8];
      var v = x; for i in 0..6 { v = v*v; }
      output r = 0.001*(v*y) + 0.002*x;`;
    const options = { optimizationLevel: 2, precisionBits: 30 } as const;
    const { optimized } = compile({ file: 'test.circ', text }, options);
    expect(optimized.plan?.outputs).toMatchObject([{ factor: 0.001 }]);
    expect(optimized.plan?.params).toMatchObject({ polyModulusDegree: 16384 });
  });
});

describe('constants in shared values', () => {
  it('move through copies where values are more precise by that, in a smaller ring', () => {
    // As written, each step takes two products with y. A factor that stays behind them makes the
    // errors of the other operand larger: 40 bits of scale instead of 38 at nine levels.
    const text = `input a: cipher within [0.5, 1.5]; var y = 1;
      for i in 0..4 { y = y + 0.5*y*(1 - a*y*y); } output y;`;
    const { optimized } = compile({ file: 'test.circ', text }, { optimizationLevel: 2 });
    expect(optimized.measures.levels).toBe(9);
    expect(optimized.plan?.params).toMatchObject({ polyModulusDegree: 16384 });
  });
});

describe('slices of inputs', () => {
  it('are uploaded separately, so that they cost nothing', () => {
    const { source } = measures(
      'input M: cipher[3, 4]; output y = dot(M[1], M[2, 0..4]) + M[0, 3];',
    );
    expect(source.ops).toMatchObject({ mul: 1, mulPlain: 0 });
    expect(source.levels).toBe(1);
  });
});

describe('regressions', () => {
  it.each([
    'input v: cipher[3]; output e = concat(v, 2*v);',
    'input v: cipher[3]; output e = [v, 0.5*v];',
    'input x: cipher; let dead = [1, 2, 3]*x; output y = x;',
  ])('%s', async (text) => {
    const compilation = compile({ file: 'r.circ', text }, { optimizationLevel: 2 });
    for (const form of [compilation.source, compilation.optimized]) {
      await expectSameInSlots(compilation, form, 1);
    }
  });
});

describe('random programs', () => {
  it('never get deeper with a higher optimization level, keep their polynomials, respect the bound', () => {
    fc.assert(
      fc.property(randomProgram(), ({ text }) => {
        let below: { depth: number; levels: number | null } | undefined;
        for (const level of LEVELS) {
          const { source, optimized, bound } = compile(
            { file: 'r.circ', text },
            { optimizationLevel: level },
          );
          const result = compareCircuits(source.circuit, optimized.circuit, {
            points: 1,
            seed: text,
          });
          expect(result.equal, text).toBe(true);
          const { depth, levels } = optimized.measures;
          expect(depth).toBeGreaterThanOrEqual(bound);
          expect(depth).toBeLessThanOrEqual(below?.depth ?? source.measures.depth);
          expect(levels).toBeLessThanOrEqual((below ?? source.measures).levels as number);
          below = optimized.measures;
        }
      }),
      seeded(60),
    );
  });

  it('give the same results in slots as in the clear', async () => {
    await fc.assert(
      fc.asyncProperty(randomProgram(), fc.nat(), async ({ text }, seed) => {
        for (const level of [0, 2] as const) {
          const compilation = compile({ file: 'r.circ', text }, { optimizationLevel: level });
          await expectSameInSlots(compilation, compilation.optimized, seed);
        }
      }),
      seeded(80),
    );
  });
});

async function expectSameInSlots(
  compilation: Compilation,
  form: Form,
  seed: number,
): Promise<void> {
  let state = seed % 2 ** 31;
  const next = () => {
    state = (state * 1_103_515_245 + 12_345) % 2 ** 31;
    return state / 2 ** 31;
  };
  const inputs = new Map(
    compilation.checked.inputs.map(({ name, shape, range }) => {
      const [low, high] = range ?? [-1, 1];
      return [
        name,
        Float64Array.from({ length: sizeOf(shape) }, () => low + next() * (high - low)),
      ];
    }),
  );
  const shapes = new Map(compilation.checked.inputs.map(({ name, shape }) => [name, shape]));
  const clear = evaluateCircuit(compilation.source.circuit, FLOATS, (name) => ({
    shape: shapes.get(name) ?? [],
    data: [...(inputs.get(name) as Float64Array)],
  }));
  const plan = {
    ...form.sketch,
    outputs: form.sketch.outputs.map((o) => ({ ...o, errorBound: 0 })),
  } as unknown as Plan;
  const [outputs] = (await simulate(plan, [{ inputs }])).outputs;
  for (const [name, { data }] of clear) {
    data.forEach((expected, i) => {
      const got = outputs?.get(name)?.[i] as number;
      expect(Math.abs(got - expected)).toBeLessThanOrEqual(1e-9 * Math.max(1, Math.abs(expected)));
    });
  }
}
