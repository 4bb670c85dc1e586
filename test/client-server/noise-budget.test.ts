import { afterAll, describe, expect, test } from 'vitest';
import { checkedEvaluation } from '../../src/backends/seal/checked-evaluation.ts';
import { decryptAll, encryptedUploads } from '../../src/backends/seal/client.ts';
import { setUpClient } from '../../src/backends/seal/client-setup.ts';
import { batchData, encryptedEvaluation } from '../../src/backends/seal/encrypted-evaluation.ts';
import { loadSeal } from '../../src/backends/seal/load-seal.ts';
import { Clock } from '../../src/backends/seal/phase-clock.ts';
import { Scope } from '../../src/backends/seal/scope.ts';
import { defined } from '../../src/lookup.ts';
import type { IntegerPlan } from '../../src/plan/plan.ts';
import { planToText } from '../../src/plan-files/plan-text.ts';
import { shoalHere, workspace } from '../cli/support.ts';
import { planFor, refusal } from './support.ts';

const T = 257;
/** More additions than a fresh ciphertext or a product has bits of noise budget. */
const MANY = 120;
/** Bits by which the noise budgets that two pairs of keys leave may differ. */
const MARGIN = 6;

function squarePlan(scheme: string): IntegerPlan {
  const plan = planFor(`scheme ${scheme}(t = ${T}); input x: cipher; output y = x*x;`);
  if (plan.scheme === 'ckks') throw new Error('the plan is not for integers');
  return plan;
}

/**
 * Returns the plan with its output doubled many times, under the same parameters. Each addition of
 * a ciphertext to itself costs one bit of noise budget.
 */
function doubled(plan: IntegerPlan, times: number): IntegerPlan {
  const { outputs, ...rest } = structuredClone(plan);
  const [output] = outputs;
  const first = defined(rest.ops[defined(output).value]);
  if (!('level' in first)) throw new Error('the output is not encrypted');
  let { value } = defined(output);
  for (let i = 0; i < times; i++)
    value = rest.ops.push({ op: 'add', args: [value, value], level: first.level }) - 1;
  return { ...rest, outputs: [{ ...defined(output), value }] };
}

const instance = (x: number) => ({ inputs: new Map([['x', Float64Array.of(x)]]) });

describe.each(['bfv', 'bgv'])('%s: integers whose noise budget is used up', (scheme) => {
  test('are refused from exactly 0 bits on, where they are still right', async () => {
    const seal = await loadSeal();
    const scope = new Scope();
    try {
      const plan = squarePlan(scheme);
      const client = setUpClient(scope, seal, plan, { clock: new Clock(), report: () => {} });
      const { context, secretKey, publicKey } = client;
      const data = batchData(plan, [instance(3)], context.slotCount);
      const uploads = encryptedUploads(context, publicKey, plan, data);
      const [cipher] = [...uploads.values()].map((upload) => scope.own(upload));
      const evaluator = scope.own(new seal.Evaluator(context.context));
      const decryptor = scope.own(new seal.Decryptor(context.context, secretKey));
      const plain = scope.own(new seal.Plaintext());
      const bits = () => decryptor.invariantNoiseBudget(defined(cipher));
      const read = () => decryptAll(context, secretKey, new Map([[0, defined(cipher)]]));
      let wanted = 3;
      for (let left = bits(); left > 0; left = bits()) {
        const { vectors, budgets } = read();
        expect(budgets).toEqual(new Map([[0, left]]));
        expect(defined(vectors.get(0))[0]).toBe(wanted);
        evaluator.addInplace(defined(cipher), defined(cipher));
        wanted = (2 * wanted) % T;
      }
      // SEAL rounds the budget down: between 0 bits and 1 bit the number is right.
      decryptor.decrypt(defined(cipher), plain);
      expect(context.decode(plain)[0]).toBe(wanted);
      expect(read).toThrow('the noise budget of an output is used up');
    } finally {
      scope.delete();
    }
  });

  test('are never returned by an evaluation, with or without checks', async () => {
    const plan = squarePlan(scheme);
    const { noiseBudgets } = await encryptedEvaluation(plan, [instance(3)]);
    const left = defined(defined(noiseBudgets).y) as number;
    // Other keys leave about as many bits, but not exactly.
    const times = Math.max(0, left - MARGIN);
    const right = await encryptedEvaluation(doubled(plan, times), [instance(3)]);
    expect(defined(right.outputs[0]).get('y')?.[0]).toBe((9 * 2 ** times) % T);
    const spent = doubled(plan, left + MARGIN);
    expect(await refusal(() => encryptedEvaluation(spent, [instance(3)]))).toBe(
      'noise-budget-used-up',
    );
    const { outputs, fault } = await checkedEvaluation(spent, [instance(3)]);
    expect(outputs).toEqual([]);
    expect(fault?.check).toMatchObject({ measuredBudget: 0 });
  });
});

describe('on the command line', () => {
  const space = workspace();
  afterAll(() => space.remove());
  const plan = squarePlan('bgv');
  const own = space.file('own.plan.json', planToText(plan));
  const spent = space.file('spent.plan.json', planToText(doubled(plan, MANY)));
  const inputs = space.file('x.json', '{ "x": 3 }');
  const vectors = space.file(
    'vectors.json',
    '{ "vectors": [{ "inputs": { "x": 3 }, "expect": { "y": 9 } }] }',
  );
  const stages = space.file(
    'stages.plan.json',
    JSON.stringify({
      format: 'shoal-stages',
      version: 1,
      circuit: 'two.circ',
      stages: [
        { until: 'line 1', plan: doubled(plan, MANY) },
        {
          until: 'the end',
          plan: planFor(`scheme bgv(t = ${T}); input y: cipher; output z = y + 1;`),
        },
      ],
    }),
  );
  const path = (name: string) => `${space.path}/${name}`;

  test.each([
    ['eval of a plan', [spent, '--inputs', inputs], 'noise-budget-used-up'],
    ['test vectors', [spent, '--vectors', vectors], 'noise-budget-used-up'],
    ['a plan in stages', [stages, '--inputs', inputs], 'noise-budget-used-up'],
    [
      'eval --backend debug',
      [spent, '--inputs', inputs, '--backend', 'debug'],
      'operation-out-of-bound',
    ],
  ])('%s ends with status 3 and shows no output', async (_, args, code) => {
    const { status, stdout } = await shoalHere(['eval', ...args, '--json']);
    expect(status).toBe(3);
    const json = JSON.parse(stdout);
    expect(json.errors).toMatchObject([{ code }]);
    expect(json.outputs ?? {}).toEqual({});
    expect(json.vectors).toBeUndefined();
    const text = await shoalHere(['eval', ...args]);
    expect(text.status).toBe(3);
    expect(text.stdout).not.toMatch(/^[yz] = /m);
  });

  /** Runs the four roles on a plan; returns the texts and documents of the last two. */
  async function roles(file: string, name: string) {
    const [keys, upload, result] = ['keys', 'upload', 'result'].map((part) => path(name + part));
    const run = (...args: string[]) => shoalHere(args);
    expect((await run('keygen', file, '-o', defined(keys))).status).toBe(0);
    const encrypt = ['encrypt', file, '--keys', defined(keys), '--inputs', inputs];
    expect((await run(...encrypt, '-o', defined(upload))).status).toBe(0);
    const evaluate = ['eval', file, '--keys', `${keys}/evaluation.keys`, '--in', defined(upload)];
    const decrypt = ['decrypt', file, '--keys', defined(keys), '--in', defined(result)];
    const evaluated = [
      await run(...evaluate, '-o', defined(result), '--json'),
      await run(...evaluate, '-o', defined(result), '--force'),
    ];
    return { evaluated, decrypted: [await run(...decrypt, '--json'), await run(...decrypt)] };
  }

  test('decrypt refuses the result, with status 1, and shows no output', async () => {
    const { evaluated, decrypted } = await roles(spent, 'spent');
    for (const { status } of evaluated) expect(status).toBe(0);
    for (const { status } of decrypted) expect(status).toBe(1);
    const [json, text] = decrypted;
    expect(JSON.parse(defined(json).stdout)).toMatchObject({
      errors: [{ code: 'result-too-noisy', file: path('spentresult') }],
    });
    expect(JSON.parse(defined(json).stdout)).not.toHaveProperty('outputs');
    expect(defined(text).stdout).toBe('');
  });

  test('the bits that are left are shown by eval of own data, and by no other command', async () => {
    const json = await shoalHere(['eval', own, '--inputs', inputs, '--json']);
    expect(JSON.parse(json.stdout).noiseBudgets.measured.y).toBeGreaterThan(0);
    const text = await shoalHere(['eval', own, '--inputs', inputs]);
    expect(text.stdout).toMatch(/noise budget +at least \d+ bits?, \d+ bits? measured/);
    const { evaluated, decrypted } = await roles(own, 'own');
    expect(JSON.parse(defined(decrypted[0]).stdout).outputs).toEqual({ y: 9 });
    for (const { status, stdout, stderr } of [...evaluated, ...decrypted]) {
      expect(status).toBe(0);
      expect(stdout + stderr).not.toMatch(/budget|noise|\bbits?\b/i);
    }
  });
});
