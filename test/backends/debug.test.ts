import { afterEach, expect, test, vi } from 'vitest';
import { checkedEvaluation } from '../../src/backends/seal/checked-evaluation.ts';
import { createContext } from '../../src/backends/seal/ckks-context.ts';
import { encryptedEvaluation } from '../../src/backends/seal/encrypted-evaluation.ts';
import { loadSeal } from '../../src/backends/seal/load-seal.ts';
import {
  type ErrorCheck,
  isErrorCheck,
  type OperationCheck,
  ratioOf,
} from '../../src/backends/seal/operation-check.ts';
import { Plaintexts } from '../../src/backends/seal/plaintexts.ts';
import { defined } from '../../src/lookup.ts';
import type { CkksOp, CkksPlan } from '../../src/plan/plan.ts';
import { changeAfter } from '../support/faults.ts';
import { instance, planOf, quartic, sketchOf, vectorMap } from './plans.ts';

afterEach(() => {
  vi.restoreAllMocks();
});

function asErrorCheck(check: OperationCheck | undefined): ErrorCheck {
  if (!check || !isErrorCheck(check)) throw new Error('no operation on real numbers was checked');
  return check;
}

/** Changes the ciphertext of one operation in every evaluation from now on. */
async function injectFault(plan: CkksPlan, at: number, change: 'negate' | 'double'): Promise<void> {
  const seal = await loadSeal();
  const context = createContext(seal, plan.params);
  const evaluator = new seal.Evaluator(context.context);
  changeAfter(at, (cipher) => {
    if (change === 'negate') evaluator.negateInplace(cipher);
    else evaluator.addInplace(cipher, cipher);
  });
}

test('every operation of a correct evaluation is within its bound', async () => {
  const plan = planOf(quartic());
  const { checks: all, fault, outputs } = await checkedEvaluation(plan, [instance({ x: 1.5 })]);
  const checks = all.map(asErrorCheck);
  expect(fault).toBeUndefined();
  expect(defined(defined(outputs[0]).get('y'))[0]).toBeCloseTo(7.0625, 5);
  // All but the constant, in order.
  expect(checks.map(({ index }) => index)).toEqual([0, 1, 2, 3, 4, 5, 6, 8]);
  expect(checks.map(({ level }) => level)).toEqual([2, 2, 2, 1, 1, 1, 0, 0]);
  expect(checks.map(({ magnitude }) => magnitude)).toEqual([
    1.5, 2.25, 2.25, 2.25, 5.0625, 5.0625, 5.0625, 7.0625,
  ]);
  expect(checks.map(({ scaleBits }) => Math.round(scaleBits / 40))).toEqual([
    1, 2, 2, 1, 2, 2, 1, 1,
  ]);
  for (const check of checks) {
    expect(check.error).toBeLessThanOrEqual(check.bound);
    expect(check.error).toBe(Math.abs(check.got - check.expected));
  }
});

test.each([0, 1, 3, 4, 6, 8])(
  'a ciphertext that is changed after operation %i is found there',
  async (at) => {
    const plan = planOf(quartic());
    await injectFault(plan, at, 'negate');
    const { checks, fault, outputs } = await checkedEvaluation(plan, [instance({ x: 1.5 })]);
    expect(fault?.check.index).toBe(at);
    expect(checks.at(-1)).toEqual(fault?.check);
    expect(outputs).toEqual([]);
    expect(fault?.check.got).toBeCloseTo(-defined(fault).check.expected, 4);
    const op = defined(plan.ops[at]);
    expect(fault?.operands.map(({ index }) => index)).toEqual('args' in op ? op.args : []);
    for (const { got, expected } of defined(fault).operands) expect(got).toBeCloseTo(expected, 5);
  },
);

test('a constant that differs from the clear one is found where it is used', async () => {
  const plan = planOf(quartic());
  const encoded = Plaintexts.prototype.with;
  vi.spyOn(Plaintexts.prototype, 'with').mockImplementation(function (
    this: Plaintexts,
    encoding,
    value,
    use,
  ) {
    encoded.call(this, encoding, (value as number) + 0.001, use);
  });
  const { fault } = await checkedEvaluation(plan, [instance({ x: 1 })]);
  expect(fault?.check).toMatchObject({ index: 8, expected: 3 });
  expect(asErrorCheck(fault?.check).error).toBeCloseTo(0.001, 5);
  expect(fault?.operands).toMatchObject([{ index: 6 }, { index: 7, expected: 2, got: 2 }]);
});

/** Returns a plan of y = x·z rotated by one, with four slots. */
function rotatedProduct(): CkksPlan {
  const map = vectorMap(4);
  const ops: CkksOp[] = [
    { op: 'upload', input: 'x', map, level: 1 },
    { op: 'upload', input: 'z', map, level: 1 },
    { op: 'mul', args: [0, 1], level: 1 },
    { op: 'relinearize', args: [2], level: 1 },
    { op: 'rescale', args: [3], level: 0 },
    { op: 'rotate', args: [4], steps: 1, level: 0 },
  ];
  const range: [number, number] = [-4, 4];
  return planOf(
    sketchOf({
      slots: 4,
      inputs: ['x', 'z'].map((name) => ({ name, secrecy: 'cipher', shape: [4], range })),
      ops,
      outputs: [{ name: 'y', shape: [4], value: 5, map }],
    }),
  );
}

test('operands of a rotation are shown in the slot that it takes', async () => {
  const plan = rotatedProduct();
  await injectFault(plan, 5, 'double');
  const { fault } = await checkedEvaluation(plan, [instance({ x: [1, 2, 3, 4], z: [1, 2, 3, 4] })]);
  expect(fault?.check).toMatchObject({ index: 5, slot: 2, expected: 16 });
  expect(fault?.check.got).toBeCloseTo(32, 4);
  expect(fault?.operands[0]).toMatchObject({ index: 4, expected: 16 });
});

test('the instance of a batch is named', async () => {
  const plan = planOf(quartic());
  await injectFault(plan, 6, 'double');
  const instances = [0, 0.5, -2, 1].map((x) => instance({ x }));
  const { fault } = await checkedEvaluation(plan, instances);
  expect(fault?.check).toMatchObject({ index: 6, instance: 2, slot: 0, expected: 16 });
});

test('outputs are those of the encrypted evaluation', async () => {
  const plan = rotatedProduct();
  const instances = [
    instance({ x: [1, 2, 3, 4], z: [4, 3, 2, 1] }),
    instance({ x: [1, 0, 0, 0], z: [1, 1, 1, 1] }),
  ];
  const checked = await checkedEvaluation(plan, instances);
  const evaluated = await encryptedEvaluation(plan, instances);
  checked.outputs.forEach((outputs, i) => {
    defined(outputs.get('y')).forEach((y, slot) => {
      expect(y).toBeCloseTo(defined(defined(defined(evaluated.outputs[i]).get('y'))[slot]), 4);
    });
  });
  expect(checked.outputs).toHaveLength(2);
});

test('NaN exceeds every bound', () => {
  expect(ratioOf({ error: Number.NaN, bound: 1 })).toBe(Number.POSITIVE_INFINITY);
  expect(ratioOf({ error: 0, bound: 0 })).toBe(0);
});
