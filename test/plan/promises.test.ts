import { describe, expect, test } from 'vitest';
import { buildCircuit } from '../../src/build/build-circuit.ts';
import { check } from '../../src/check/check-program.ts';
import { compile } from '../../src/compile/compile.ts';
import { nodeAt } from '../../src/ir/graph.ts';
import { PromisedRanges } from '../../src/ir/promised-ranges.ts';
import { at, defined, lookUp } from '../../src/lookup.ts';
import type { CkksPlan } from '../../src/plan/plan.ts';
import { promisesByValue } from '../../src/plan/promises.ts';
import { analyzeRanges } from '../../src/schemes/ckks/value-bounds.ts';

/** Newton's inverse of a computed variance, and of an input with the same range. */
const steps = 'var y = 1; for t in 0..4 { y = y*(2 - v*y); } output y;';
const variance = 'input x: cipher[64] within [-1, 1]; let m = mean(x);';
const programs = {
  computed: `${variance} let v = mean(x*x) - m*m; ${steps}`,
  promised: `${variance} let v = mean(x*x) - m*m within [0.2, 1]; ${steps}`,
  input: `input v: cipher within [0.2, 1]; ${steps}`,
};

function planOf(text: string, optimizationLevel: 0 | 1 | 2 | 3): CkksPlan {
  const plan = compile({ file: 'p.circ', text }, { optimizationLevel }).optimized.plan;
  if (plan?.scheme !== 'ckks') throw new Error('no plan');
  return plan;
}

/** Returns the largest magnitude of the output, and of any value. */
function largest(plan: CkksPlan): { readonly output: number; readonly any: number } {
  const { magnitude } = analyzeRanges(plan);
  return { output: at([...magnitude], at(plan.outputs, 0).value), any: Math.max(...magnitude) };
}

describe('a promised range', () => {
  test.each([0, 1, 2, 3] as const)('bounds what is computed from it at -O%i', (level) => {
    const [computed, promised, input] = [
      largest(planOf(programs.computed, level)),
      largest(planOf(programs.promised, level)),
      largest(planOf(programs.input, level)),
    ];
    // The same operations on the same interval have the same bounds.
    expect(promised.output).toBeCloseTo(input.output, 6);
    expect(computed.output).toBeGreaterThan(2 * promised.output);
  });

  test('makes the modulus smaller, and never the circuit deeper', () => {
    const bits = ({ params }: CkksPlan) => params.coeffModulusBits.reduce((a, b) => a + b);
    const [computed, promised] = [planOf(programs.computed, 3), planOf(programs.promised, 3)];
    expect(bits(promised)).toBeLessThan(bits(computed) - 16);
    expect(promised.params.scales.length).toBe(computed.params.scales.length);
  });

  test('holds for multiples of the value', () => {
    // The client uploads x/2, so that no value of the plan is x*x; one is a quarter of it.
    const plan = planOf('input x: cipher; let a = x*x within [0, 0.25]; output y = 0.25*a*x;', 3);
    const ranges = defined(plan.promises).map(({ range }) => range);
    expect(ranges.length).toBeGreaterThan(0);
    for (const [low, high] of ranges) {
      expect(low).toBeCloseTo(0, 6);
      expect(high).toBeLessThanOrEqual(0.2500001);
    }
  });

  test('does not hold for a value that has zeros behind the elements', () => {
    const text =
      'input x: cipher[2]; let s = x*x within [0.5, 1]; let t = -3*s; output y = concat(s, zeros(2))*concat(t, t);';
    const circuit = buildCircuit(check({ file: 'p.circ', text }));
    const ranges = new PromisedRanges(circuit).of(circuit);
    const found = [...ranges].map(([id, [low, high]]) => [
      nodeAt(circuit, id).kind,
      ...[low, high].map((end) => Number(end.toFixed(6))),
    ]);
    // The square, and three times its opposite.
    expect(found).toEqual([
      ['mul', 0.5, 1],
      ['mul', -3, -1.5],
    ]);
  });

  test('stands in the plan with the value that has it', () => {
    const text = 'input x: cipher[3]; let s = sum(x*x) within [1, 2]; output y = s*s;';
    const plan = planOf(text, 0);
    const [promise] = defined(plan.promises);
    const { value, range, hasZeros } = defined(promise);
    expect({ range, hasZeros }).toEqual({ range: [1, 2], hasZeros: false });
    expect(lookUp(promisesByValue(plan), value)).toBe(promise);
    const { low, high } = analyzeRanges(plan);
    expect([low[value], high[value]]).toEqual([1, 2]);
  });

  test('of a vector leaves the slots beside it 0', () => {
    const text = 'input x: cipher[3]; let s = x*x within [0.5, 1]; output y = s*s;';
    const [promise] = defined(planOf(`${text} output z = rotate(s, 1);`, 0).promises);
    expect(promise).toMatchObject({ range: [0.5, 1], hasZeros: true });
  });
});
