import { expect, test } from 'vitest';
import { compile } from '../../src/compile/compile.ts';
import { ShoalError } from '../../src/errors/shoal-error.ts';
import { defined } from '../../src/lookup.ts';
import type { Plan } from '../../src/plan/plan.ts';
import { planToText } from '../../src/plan-files/plan-text.ts';
import { readPlan } from '../../src/plan-files/read-plan.ts';

/** Returns the document of the plan of a program. */
function planOf(text: string): Plan {
  const { plan } = compile({ file: 'a.circ', text }, { optimizationLevel: 2 }).optimized;
  return JSON.parse(planToText(defined(plan))) as Plan;
}

/** Returns a copy of a document with another value at a path. */
function changed(value: unknown, path: readonly (string | number)[], by: unknown): unknown {
  const [key, ...rest] = path;
  if (key === undefined) return by;
  const copy = structuredClone(value) as Record<string | number, unknown>;
  if (by === undefined && rest.length === 0) {
    if (Array.isArray(copy)) copy.splice(key as number, 1);
    else delete copy[key];
  } else copy[key] = changed(copy[key], rest, by);
  return copy;
}

test('contradictions in a plan are reported with their location', () => {
  const plan = planOf('input x: cipher within [-3, 3];\noutput y = x^4 + 2;\n');
  const other = planOf('input v: cipher[4] within [-1, 1];\noutput y = rotate(v * v, 1);\n');
  const constant = plan.ops.findIndex(({ op }) => op === 'const');
  const cases: readonly (readonly [unknown, string])[] = [
    [changed(plan, ['version'], 2), 'plans of version 2 are not supported'],
    [changed(plan, ['format'], 'x'), 'neither a circuit nor a plan'],
    [changed(plan, ['slots'], 3), 'slots: not a power of two'],
    [changed(plan, ['slots'], 8192), 'a vector has at most 4096 slots'],
    [
      changed(plan, ['ops', 1, 'args'], [0, 7]),
      'ops[1]: (mul): an operand is not an earlier value',
    ],
    [changed(plan, ['ops', 1, 'op'], 'div'), 'ops[1]: unknown operation'],
    [changed(plan, ['ops', 1, 'extra'], 1), 'ops[1]: Unrecognized key: "extra"'],
    [changed(plan, ['ops', 0, 'level'], 3), 'the highest level is 2'],
    [changed(plan, ['ops', 0, 'input'], 'z'), "there is no input 'z'"],
    [changed(plan, ['ops', 0, 'map', 'from'], 1), 'it reaches outside the data'],
    [changed(plan, ['ops', constant, 'data'], 1e40), 'a number is too large for its level'],
    [changed(plan, ['params', 'polyModulusDegree'], 4096), 'are not 128-bit secure at degree 4096'],
    [changed(plan, ['params', 'coeffModulus', 1], '1099511480322'), 'is not 1 modulo 16384'],
    [changed(plan, ['params', 'scales', 1], 1e12), 'the scale does not follow from its prime'],
    [changed(other, ['batchable'], true), 'a plan that rotates is not batchable'],
  ];
  for (const [value, message] of cases) {
    const read = () => readPlan({ file: 'p.json', text: JSON.stringify(value) });
    expect(read).toThrow(ShoalError);
    expect(read).toThrow(message);
  }
});
