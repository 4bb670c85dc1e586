import { expect, test } from 'vitest';
import { requireInputs, uploadIndices } from '../../src/client-server/container-heads.ts';
import type { Plan } from '../../src/plan/plan.ts';
import { coded } from '../support/coded.ts';
import { mixed, planFor } from './support.ts';

/** Returns the inputs of an upload that names these. */
const named = (plan: Plan, ...inputs: string[]) =>
  requireInputs(plan, { name: 'x.upload', header: { description: { inputs } } } as never);

const plan = planFor(mixed);

test('an upload has some of the cipher inputs of its plan, in their order', () => {
  for (const inputs of [['x', 'z'], ['x'], ['z']]) expect(named(plan, ...inputs)).toEqual(inputs);
  for (const inputs of [['z', 'x'], ['x', 'x'], ['x', 'w'], ['p'], []])
    expect(() => named(plan, ...inputs), `${inputs}`).toThrow(coded('bad-file'));
});

test('an upload from which products are computed has all of them', () => {
  const products = planFor(
    'input x: cipher within [-1, 1];\ninput z: cipher within [-1, 1];\noutput y = x*z*(x*z + 1);\n',
    { client: 'precompute' },
  );
  expect(products.precomputed).toBeDefined();
  expect(named(products, 'x', 'z')).toEqual(['x', 'z']);
  for (const input of ['x', 'z'])
    expect(() => named(products, input)).toThrow(coded('missing-input'));
  // What the client computes has another name than its inputs, and is uploaded with them.
  const uploads = products.ops.flatMap(({ op }, index) => (op === 'upload' ? [index] : []));
  expect(uploads.length).toBeGreaterThan(0);
  expect(uploadIndices(products, new Set(['x', 'z']))).toEqual(uploads);
});

test('the parts of an upload are those of its inputs', () => {
  const of = (...inputs: string[]) =>
    uploadIndices(plan, new Set(inputs)).map((index) => {
      const op = plan.ops[index];
      return op?.op === 'upload' ? op.input : undefined;
    });
  expect(of('x')).toEqual(['x']);
  expect(of('z')).toEqual(['z']);
  expect(of('x', 'z').toSorted()).toEqual(['x', 'z']);
});
