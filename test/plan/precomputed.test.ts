import { describe, expect, it, test } from 'vitest';
import { compile } from '../../src/compile/compile.ts';
import { defined } from '../../src/lookup.ts';
import { inputRanges } from '../../src/plan/input-ranges.ts';
import type { ClientOp, Plan, Precomputed } from '../../src/plan/plan.ts';
import { withPrecomputed } from '../../src/plan/precomputed.ts';
import { PlanFault } from '../../src/plan-files/plan-fault.ts';
import { planToText } from '../../src/plan-files/plan-text.ts';
import { requireValidPlan } from '../../src/plan-files/validate-plan.ts';

const text = `
input X: cipher[2, 3] within [-3, 2];
input y: cipher[2] within [0, 1];
input p: plain within [1, 2];
output z = (X @ X.T) @ (y*y*y) + p;
`;
const plan = compile({ file: 'p.circ', text }, { optimizationLevel: 2, client: 'precompute' })
  .optimized.plan as Plan;

test('the client computes its values once, when the first is read', () => {
  const inputsRead: string[] = [];
  const X = Float64Array.of(1, 2, -3, 0, 0.5, 2);
  const y = Float64Array.of(0.5, 1);
  const read = withPrecomputed(plan, (name) => {
    inputsRead.push(name);
    return name === 'X' ? X : y;
  });
  expect(inputsRead).toEqual([]);
  const shaped = defined(plan.precomputed).values.map(({ name }) => [...read(name)]);
  // X·Xᵀ and y².
  expect(shaped).toContainEqual([14, -5, -5, 4.25]);
  expect(shaped).toContainEqual([0.25, 1]);
  for (const { name } of defined(plan.precomputed).values) read(name);
  expect(inputsRead.sort()).toEqual(['X', 'y']);
  expect(read('X')).toBe(X);
  expect(() => read('q')).toThrow("there is no input 'q'");
});

test('ranges of values that the client computes follow from those of the inputs', () => {
  const ranges = inputRanges(plan);
  const [X, y] = [ranges.get('X'), ranges.get('y')];
  expect([X, y]).toEqual([
    [-3, 2],
    [0, 1],
  ]);
  const computed = defined(plan.precomputed).values.map(({ name }) => ranges.get(name));
  // Three products of numbers in [-3, 2], each in [-6, 9]; squares of numbers in [0, 1].
  expect(computed).toContainEqual([-18, 27]);
  expect(computed).toContainEqual([0, 1]);
});

test('a plan file contains the operations of the client', () => {
  expect(JSON.parse(planToText(plan))).toEqual(plan);
});

describe('values that the server computes from plain inputs', () => {
  const text = `
    input P: plain[2, 2] within [-1, 2];
    input X: cipher[2, 2] within [-3, 2];
    input y: cipher[2];
    output z = P @ (P @ y);
    output w = (X @ X.T) @ y;`;
  const served = compile({ file: 'p.circ', text }, { optimizationLevel: 2, client: 'precompute' })
    .optimized.plan as Plan;
  const { prepared, precomputed } = served;
  const { name } = defined(prepared?.values[0]);

  test('are a list of their own, from which neither party reads what the other has', () => {
    const P = Float64Array.of(1, 2, 0, -1);
    const read = withPrecomputed(served, (input) => {
      if (input !== 'P') throw new Error(`read ${input}`);
      return P;
    });
    // P·P.
    expect([...read(name)]).toEqual([1, 0, 0, 1]);
    const kinds = (list = precomputed) =>
      defined(list).ops.flatMap((op) => (op.kind === 'input' ? [op.input] : []));
    expect([kinds(prepared), kinds(precomputed)]).toEqual([['P'], ['X']]);
    // Two products of numbers in [-1, 2], each in [-2, 4].
    expect(inputRanges(served).get(name)).toEqual([-4, 8]);
    expect(JSON.parse(planToText(served))).toEqual(served);
    expect(() => requireValidPlan(served)).not.toThrow();
  });

  it.each<readonly [string, Precomputed, (string | number)[]]>([
    ["'X' is not a plain input", { ops: [{ kind: 'input', input: 'X' }], values: [] }, ['ops', 0]],
    [
      "'precomputed 1' occurs twice",
      {
        ops: [{ kind: 'input', input: 'P' }],
        values: [{ name: defined(precomputed?.values[0]).name, value: 0 }],
      },
      ['values', 0],
    ],
    ["there is no input 'prepared 1'", { ops: [], values: [] }, []],
  ])('%s', (message, list, path) => {
    const check = () => requireValidPlan({ ...served, prepared: list });
    expect(check).toThrow(PlanFault);
    expect(check).toThrow(expect.objectContaining({ message }));
    if (path.length === 0) return;
    const where = expect.arrayContaining(['prepared', ...path]);
    expect(check).toThrow(expect.objectContaining({ path: where }));
  });
});

describe('operations that a client cannot or must not compute are refused', () => {
  const X: ClientOp = { kind: 'input', input: 'X' };
  const square: ClientOp = { kind: 'pow', exponent: 2, args: [0] };
  const elementwise: ClientOp = { kind: 'mul', lhs: [0, 1], rhs: [0, 1], rank: 2, args: [0, 1] };
  const large: ClientOp = { kind: 'const', shape: [4096, 4096], data: 1 };
  const first = defined(plan.precomputed).values;
  const of = (...ops: readonly ClientOp[]): Precomputed => ({ ops: [...ops], values: [] });
  it.each<readonly [string, Precomputed, (string | number)[]]>([
    ["there is no input 'w'", of({ kind: 'input', input: 'w' }), ['ops', 0, 'input']],
    ["'p' is not a cipher input", of({ kind: 'input', input: 'p' }), ['ops', 0, 'input']],
    ['an operand is not an earlier value', of(X, { ...square, args: [1] }), ['ops', 1, 'args']],
    [
      'operands do not fit their operation',
      of(X, { kind: 'add', args: [0, 0] }, { kind: 'permute', order: [1, 1], args: [1] }),
      ['ops'],
    ],
    [
      'there must be 6 elements',
      of({ kind: 'const', shape: [2, 3], data: [1] }),
      ['ops', 0, 'data'],
    ],
    ['there are too many elements', of({ ...large, shape: [4097, 4096] }), ['ops', 0, 'shape']],
    ['there are too many elements', of(...new Array<ClientOp>(9).fill(large)), ['ops', 8]],
    [
      'the client has too much to compute',
      of(large, { kind: 'mul', lhs: [0, 2], rhs: [2, 1], rank: 2, args: [0, 0] }),
      ['ops', 1],
    ],
    ['the degree in the inputs is above 2', of(X, square, elementwise), ['ops', 2]],
    [
      'the degree in the inputs is above 2',
      of(X, square, { kind: 'pow', exponent: 2, args: [1] }),
      ['ops', 2],
    ],
    ["'X' occurs twice", { ops: [X], values: [{ name: 'X', value: 0 }] }, ['values', 0, 'name']],
    [
      'there is no such value',
      { ops: [X], values: [{ name: 'a b', value: 1 }] },
      ['values', 0, 'value'],
    ],
    ["there is no input 'precomputed 1'", { ops: [], values: [] }, []],
  ])('%s', (message, precomputed, path) => {
    const check = () => requireValidPlan({ ...plan, precomputed });
    expect(check).toThrow(PlanFault);
    const where = path.length > 0 ? { path: ['precomputed', ...path] } : {};
    expect(check).toThrow(expect.objectContaining({ message, ...where }));
  });

  it('but not the compiled ones', () => {
    expect(first.length).toBeGreaterThan(1);
    expect(() => requireValidPlan(plan)).not.toThrow();
  });
});
