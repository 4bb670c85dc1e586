import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { simulate } from '../../src/backends/simulator.ts';
import { buildCircuit } from '../../src/build/build-circuit.ts';
import { cutPoints, cutProgram } from '../../src/build/cut-program.ts';
import { check } from '../../src/check/check-program.ts';
import { compile } from '../../src/compile/compile.ts';
import {
  compileStages,
  longestUnoptimizedStage,
  type StagedCompilation,
} from '../../src/compile/compile-stages.ts';
import { evaluateCircuit, RESIDUES } from '../../src/ir/evaluate-circuit.ts';
import { pointOf } from '../../src/ir/point.ts';
import { defined } from '../../src/lookup.ts';
import { readPlanFile } from '../../src/plan-files/read-plan.ts';
import { stagedPlanToText } from '../../src/plan-files/staged-plan.ts';
import { residueSource } from '../../src/tensor/random-residues.ts';
import type { Tensor } from '../../src/tensor/tensor.ts';
import { randomMatrixProgram } from '../support/matrix-programs.ts';

const checked = (text: string) => check({ file: 'stages.circ', text });

/** Evaluates the parts of a program in order, at a random point modulo two primes. */
function outputsOfParts(text: string, cuts: readonly number[]): ReadonlyMap<string, unknown> {
  const program = checked(text);
  const known = new Map<string, Tensor<bigint>>(pointOf(program.inputs, residueSource('cut')));
  for (const { circuit } of cutProgram(program, cuts)) {
    const outputs = evaluateCircuit(circuit, RESIDUES, (name) => known.get(name) as Tensor<bigint>);
    for (const [name, value] of outputs) known.set(name, value);
  }
  const { outputs } = buildCircuit(program);
  return new Map(outputs.map(({ name }) => [name, known.get(name)?.data]));
}

const LOOPS = `
input x: cipher[3] within [-1, 1];
input p: plain within [-1, 1];
input M: cipher[4, 3, 3] within [-1, 1];
var y = x;
var c = 1;
let q = p * 0.5;
let view = M[3];
for t in 0..4 { y = M[t] @ y + q * c; c = c + 1; for s in 0..2 { y = y * y; } }
output early = y;
let z = view @ y;
var d = z;
for t in 0..3 { d = d * q + c; }
output late = d + x;`;

describe('a program in parts', () => {
  it('can be cut after statements and between iterations of loops at the top level', () => {
    const points = cutPoints(checked(LOOPS));
    const shown = points.map(({ stmt, iteration }) => iteration?.next ?? stmt.kind);
    const statements = ['var', 'var', 'let', 'let'];
    // After the last loop only the output follows, so there is no cut.
    expect(shown).toEqual([...statements, 1, 2, 3, 'for', 'let', 'var', 1, 2]);
  });

  it('computes the same as the whole program with any cuts', () => {
    const whole = outputsOfParts(LOOPS, []);
    const points = cutPoints(checked(LOOPS)).length;
    for (let cut = 0; cut < points; cut++)
      for (let next = cut + 1; next <= points; next++)
        expect(outputsOfParts(LOOPS, [cut, next])).toEqual(whole);
  });

  it('puts a var together whose parts were assigned before the cut', () => {
    const text = `input v: cipher[3] within [-1, 1];
input x: cipher within [-1, 1];
var w = v;
w[1] = x;
let a = w[1] * w[0];
for t in 0..3 { w[t] += a; if t == 1 { w[0] = w[1] * x; } }
let [b, c] = [w[0], w[2]];
output y = w * (b + c);`;
    const whole = outputsOfParts(text, []);
    const points = cutPoints(checked(text)).length;
    for (let cut = 0; cut < points; cut++) expect(outputsOfParts(text, [cut])).toEqual(whole);
  });

  it('does so for random programs', () => {
    fc.assert(
      fc.property(randomMatrixProgram(), fc.nat(1_000), ({ text }, seed) => {
        const points = cutPoints(checked(text)).length;
        if (points === 0) return;
        const cut = seed % points;
        expect(outputsOfParts(text, [cut])).toEqual(outputsOfParts(text, []));
      }),
      { numRuns: 60 },
    );
  });

  it('carries encrypted values that are used later, and neither inputs nor clear values', () => {
    // After the first iteration y is carried; client and server still have x, M and p.
    const [first, second] = cutProgram(checked(LOOPS), [4]);
    expect([...defined(first).carried]).toEqual(['y_1']);
    expect(defined(first).circuit.outputs.map(({ name }) => name)).toEqual(['y_1']);
    expect(
      defined(second)
        .circuit.inputs.map(({ name }) => name)
        .sort(),
    ).toEqual(['M', 'p', 'x', 'y_1']);
    // After the first output only d, which is z, and p and x are used.
    const [, last] = cutProgram(checked(LOOPS), [9]);
    expect(
      defined(last)
        .circuit.inputs.map(({ name }) => name)
        .sort(),
    ).toEqual(['p', 'x', 'z_1']);
  });
});

describe('stages', () => {
  const compiled = (text: string, level: 0 | 2 | 3 = 2) =>
    compileStages(checked(text), { optimizationLevel: level });
  const squares = (n: number) =>
    `input x: cipher[4] within [-1, 1]; var y = x; for t in 0..${n} { y = y * y - 0.5; } output y;`;
  const levelsOf = ({ stages }: StagedCompilation) =>
    stages.map(({ compilation }) => compilation.optimized.measures.levels as number);

  it('are as long as parameters fit: two stages need one statement more than fits', () => {
    const staged = compiled(squares(30));
    expect(staged.isComplete).toBe(true);
    const levels = levelsOf(staged);
    expect(levels).toHaveLength(2);
    // A squaring takes a level; the statement before the loop takes none.
    expect(defined(levels[0]) + defined(levels[1])).toBe(30);
    expect(defined(staged.stages[0]).steps).toBe(defined(levels[0]) + 1);
    // One more statement would not fit.
    const longer = compiled(squares(defined(levels[0]) + 1));
    expect(longer.stages).toHaveLength(2);
    expect(compiled(squares(defined(levels[0]))).stages).toHaveLength(1);
  });

  it('would be shorter without optimization, which is reported, too', () => {
    const powers = (n: number) =>
      `input x: cipher within [-1, 1]; var y = x; for t in 0..${n} { y = y * x; } output y;`;
    const steps = longestUnoptimizedStage(checked(powers(40)), { optimizationLevel: 3 });
    const isFit = (n: number) =>
      compile({ file: '', text: powers(n) }, { optimizationLevel: 0 }).optimized.plan !== undefined;
    // The statement before the loop counts, too.
    expect([isFit(steps - 1), isFit(steps)]).toEqual([true, false]);
    expect(compiled(powers(40), 2).stages).toHaveLength(1);
  });

  it('are a single ordinary compilation if the program fits', () => {
    const { stages, isComplete } = compiled(squares(3));
    expect(isComplete).toBe(true);
    expect(stages.map(({ steps, carried }) => [steps, carried.size])).toEqual([[4, 0]]);
  });

  it('have input ranges 16 times as wide as the carried values of the sample', () => {
    const sample = new Map([['x', [0.1, -0.2, 0.7, 0.9]]]);
    const { stages } = compileStages(
      checked(squares(30)),
      { optimizationLevel: 2 },
      () => {},
      sample,
    );
    let y = defined(sample.get('x'));
    for (let t = 1; t < defined(stages[0]).steps; t++) y = y.map((x) => x * x - 0.5);
    const largest = 16 * Math.max(...y.map(Math.abs));
    const { inputs } = defined(defined(stages[1]).compilation.optimized.plan);
    const [low, high] = defined(inputs.find(({ name }) => name === 'y_1')).range;
    expect([low, high]).toEqual([expect.closeTo(-largest, 9), expect.closeTo(largest, 9)]);
  });

  it('end if no parameters fit even the next statement', () => {
    // One statement of 24 levels.
    const { isComplete, stages } = compiled(`
      input x: cipher within [-1, 1];
      fn f(x) = (((x^2 - 0.5)^2 - 0.5)^2 - 0.5)^2 - 0.5;
      let y = f(f(f(f(f(f(x))))));
      let z = y + 1;
      output z;`);
    expect([isComplete, stages.length]).toEqual([false, 1]);
  });

  it('read from a file, give the same in the clear as the program', async () => {
    const staged = compiled(squares(30));
    const plans = staged.stages.map(({ compilation }) => defined(compilation.optimized.plan));
    const stages = plans.map((plan, i) => ({ until: `${i}`, plan }));
    const written = stagedPlanToText({
      format: 'shoal-stages',
      version: 1,
      circuit: 'stages.circ',
      stages,
    });
    const read = readPlanFile({ file: 'stages.plan.json', text: written });
    if (read.format !== 'shoal-stages') throw new Error('one stage');
    expect(read.stages.map(({ plan }) => plan)).toEqual(plans);
    const known = new Map([['x', Float64Array.of(0.1, -0.2, 0.7, 0.9)]]);
    for (const { plan } of read.stages) {
      const { outputs } = await simulate(plan, [{ inputs: known }]);
      for (const [name, data] of defined(outputs[0])) known.set(name, Float64Array.from(data));
    }
    let y = [0.1, -0.2, 0.7, 0.9];
    for (let t = 0; t < 30; t++) y = y.map((x) => x * x - 0.5);
    for (const [i, x] of y.entries()) expect(defined(known.get('y'))[i]).toBeCloseTo(x, 9);
  });

  it('are refused if they do not fit together', () => {
    const plans = compiled(squares(30)).stages.map(({ compilation }) =>
      defined(compilation.optimized.plan),
    );
    const text = (...order: readonly number[]) =>
      stagedPlanToText({
        format: 'shoal-stages',
        version: 1,
        circuit: 'stages.circ',
        stages: order.map((i) => ({ until: '', plan: defined(plans[i]) })),
      });
    const read = (...order: readonly number[]) =>
      readPlanFile({ file: 'stages.plan.json', text: text(...order) });
    expect(() => read(1, 0)).toThrow("'y_1' is not an output of an earlier stage");
    expect(() => read(0, 1, 1)).toThrow("'y' is an output of two stages");
    expect(() => read(0, 0)).toThrow("'y_1' is an output of two stages");
    expect(() => read(0)).toThrow('not a valid plan');
  });
});
