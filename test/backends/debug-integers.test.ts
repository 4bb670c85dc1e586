import type { Ciphertext, Evaluator, Plaintext } from 'node-seal/allows';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { checkedEvaluation } from '../../src/backends/seal/checked-evaluation.ts';
import {
  createIntegerContext,
  type IntegerContext,
} from '../../src/backends/seal/integer-context.ts';
import { loadSeal } from '../../src/backends/seal/load-seal.ts';
import { isErrorCheck, type OperationCheck } from '../../src/backends/seal/operation-check.ts';
import { compile } from '../../src/compile/compile.ts';
import { defined } from '../../src/lookup.ts';
import type { IntegerPlan } from '../../src/plan/plan.ts';
import { predictBudgets } from '../../src/schemes/integers/budgets.ts';
import { changeAfter } from '../support/faults.ts';
import { SAMPLED, someOf } from '../support/sampling.ts';
import { instance } from './plans.ts';

afterEach(() => {
  vi.restoreAllMocks();
});

function planOf(text: string): IntegerPlan {
  const { plan } = compile({ file: 'integers.circ', text }, { optimizationLevel: 2 }).optimized;
  if (!plan || plan.scheme === 'ckks') throw new Error('the program has no plan for integers');
  return plan;
}

function asBudgetCheck(check: OperationCheck | undefined) {
  if (!check || isErrorCheck(check)) throw new Error('no operation on integers was checked');
  return check;
}

interface Tools {
  readonly evaluator: Evaluator;
  readonly context: IntegerContext;
  /** Returns a plaintext with these coefficients, lowest degree first. */
  readonly plain: (...coefficients: bigint[]) => Plaintext;
}

/** Changes the ciphertext of one operation in every evaluation from now on. */
async function injectFault(
  plan: IntegerPlan,
  at: number,
  change: (cipher: Ciphertext, tools: Tools) => void,
): Promise<void> {
  const seal = await loadSeal();
  const context = createIntegerContext(seal, plan);
  const evaluator = new seal.Evaluator(context.context);
  const plain = (...coefficients: bigint[]) => {
    const result = new seal.Plaintext();
    context.write(BigUint64Array.from(coefficients), result);
    return result;
  };
  changeAfter(at, (cipher) => change(cipher, { evaluator, context, plain }));
}

const cipherOps = ({ ops }: IntegerPlan) => ops.flatMap((op, at) => ('level' in op ? [at] : []));

describe.each(['bfv', 'bgv'])('%s', (scheme) => {
  const rotating = `scheme ${scheme}(t = 65537); input v: cipher[4]; input p: plain[4];
    output y = rotate(v, 1)^4*p + v; output s = sum(v);`;
  const gathering = `scheme ${scheme}(t = 257); input v: cipher[4]; input p: plain[4];
    output y = rotate(v, 1)^4*p + v;`;
  const data = { v: [3, -5, 1000, 7], p: [2, 3, 4, 300] };

  test.each([
    ['slots', rotating],
    ['coefficients', gathering],
  ])('every operation of a correct evaluation in %s is exact', async (encoding, text) => {
    const plan = planOf(text);
    expect(plan.encoding).toBe(encoding);
    const { checks, fault } = await checkedEvaluation(plan, [instance(data)]);
    expect(fault).toBeUndefined();
    expect(checks.map(({ index }) => index)).toEqual(cipherOps(plan));
    const budgets = predictBudgets(plan);
    for (const { index, got, expected, predictedBudget, ...check } of checks.map(asBudgetCheck)) {
      expect(got).toBe(expected);
      expect(predictedBudget).toBe(budgets[index]);
      expect(check.measuredBudget).toBeGreaterThanOrEqual(predictedBudget);
    }
    for (const { value, noiseBudget } of plan.outputs) expect(budgets[value]).toBe(noiseBudget);
  });

  test.each([
    ['slots', rotating],
    ['coefficients', gathering],
  ])('any ciphertext in %s that is negated is found', SAMPLED, async (_, text) => {
    const plan = planOf(text);
    for (const at of someOf(cipherOps(plan), 3)) {
      await injectFault(plan, at, (cipher, { evaluator }) => evaluator.negateInplace(cipher));
      const { checks, fault, outputs } = await checkedEvaluation(plan, [instance(data)]);
      vi.restoreAllMocks();
      expect(fault?.check.index).toBe(at);
      expect(checks.at(-1)).toEqual(fault?.check);
      expect(outputs).toEqual([]);
      expect(defined(fault).check.got).toBe(
        plan.params.plainModulus - defined(fault).check.expected,
      );
      for (const { got, expected } of defined(fault).operands) expect(got).toBe(expected);
    }
  });

  test('noise beyond the prediction is found, although the value is right', async () => {
    const plan = planOf(`scheme ${scheme}(t = 65537); input x: cipher; output y = x^4;`);
    const at = plan.ops.findIndex(({ op }) => op === 'mul');
    // 2·32769 is 1 modulo 65537, but both multiplications add noise.
    await injectFault(plan, at, (cipher, { evaluator, plain }) => {
      evaluator.multiplyPlain(cipher, plain(2n), cipher);
      evaluator.multiplyPlain(cipher, plain(32_769n), cipher);
    });
    const { fault } = await checkedEvaluation(plan, [instance({ x: 5 })]);
    const check = asBudgetCheck(fault?.check);
    expect(check).toMatchObject({ index: at, expected: 25, got: 25 });
    expect(check.measuredBudget).toBeLessThan(check.predictedBudget);
    expect(fault?.operands.map(({ index, got }) => [index, got])).toEqual([
      [0, 5],
      [0, 5],
    ]);
  });

  test('a coefficient that should be 0 is found, with the operand that it was gathered from', async () => {
    const plan = planOf(gathering);
    const product = plan.ops.findIndex(({ op }) => op === 'mul');
    await injectFault(plan, product, (cipher, { evaluator, plain }) =>
      evaluator.addPlain(cipher, plain(0n, 0n, 0n, 0n, 0n, 6n), cipher),
    );
    const { fault } = await checkedEvaluation(plan, [instance(data)]);
    expect(fault?.check).toMatchObject({ index: product, slot: 5, expected: 0, got: 6 });
    vi.restoreAllMocks();
    const gather = plan.ops.findIndex(({ op }) => op === 'gather');
    await injectFault(plan, gather, (cipher, { evaluator, plain }) =>
      evaluator.addPlain(cipher, plain(0n, 1n), cipher),
    );
    const gathered = defined((await checkedEvaluation(plan, [instance(data)])).fault);
    expect(gathered.check).toMatchObject({ index: gather, slot: 1 });
    expect(gathered.check.got - gathered.check.expected).toBe(1);
    expect(gathered.operands).toHaveLength(1);
    expect(defined(gathered.operands[0]).got).toBe(gathered.check.expected);
  });

  test('the instance is named, also if it is in a second ciphertext', async () => {
    const plan = planOf(`scheme ${scheme}(t = 65537); input v: cipher[2]; output y = v*v;`);
    const perBatch = plan.params.polyModulusDegree / plan.slots;
    expect(plan.batchable).toBe(true);
    const instances = Array.from({ length: perBatch + 2 }, () => instance({ v: [0, 0] }));
    instances[perBatch + 1] = instance({ v: [0, 7] });
    const product = plan.ops.findIndex(({ op }) => op === 'mul');
    await injectFault(plan, product, (cipher, { evaluator }) => evaluator.negateInplace(cipher));
    const { fault, checks } = await checkedEvaluation(plan, instances);
    expect(fault?.check).toMatchObject({
      index: product,
      instance: perBatch + 1,
      slot: 1,
      expected: 49,
      got: 65_537 - 49,
    });
    expect(fault?.operands[0]).toMatchObject({ index: 0, expected: 7, got: 7 });
    expect(checks.filter(({ index }) => index === product)).toEqual([fault?.check]);
  });
});

test.each(['bfv', 'bgv'])(
  '%s: values that no output depends on may run out of noise budget',
  async (scheme) => {
    const text = `scheme ${scheme}(t = 65537); input x: cipher;
    var w = x; for i in 0..24 { w = w*w + 1; } output y = x*x;`;
    const { plan } = compile({ file: 'unused.circ', text }, { optimizationLevel: 0 }).optimized;
    // Parameters for one multiplication, and the source form has 25.
    expect(defined(plan).ops.filter(({ op }) => op === 'mul')).toHaveLength(25);
    const { outputs, checks, fault } = await checkedEvaluation(defined(plan), [instance({ x: 3 })]);
    expect(fault).toBeUndefined();
    expect(checks.map(({ index }) => defined(plan).ops[index]?.op)).toEqual([
      'upload',
      'mul',
      'relinearize',
    ]);
    expect(defined(outputs[0]).get('y')?.[0]).toBe(9);
  },
);
