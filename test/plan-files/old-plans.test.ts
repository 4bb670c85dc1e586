import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { readCostModel, type ShoalError } from '../../src/index.ts';
import { defined } from '../../src/lookup.ts';
import { root, shoalHere, workspace } from '../cli/support.ts';
import { eachSampled } from '../support/sampling.ts';

/**
 * What docs/CHANGELOG.md promises about files of version 0.1.0, checked with files that revision
 * c3faea8 wrote. The values that outputs must have are derived by hand, next to each case.
 */

const old = (name: string) => join(root, 'test/plan-files/old', name);
const textOf = (name: string) => readFileSync(old(name), 'utf8');

const space = workspace();
afterAll(() => space.remove());

type Tensor = number | readonly Tensor[];
type Tensors = Readonly<Record<string, Tensor>>;

/** Runs a command with --json and returns its status and document. */
async function json(...args: readonly string[]) {
  const { status, stdout } = await shoalHere([...args, '--json']);
  return { status, document: JSON.parse(stdout) };
}

/** Evaluates a plan file and returns the outputs. */
async function outputsOf({ file, inputs }: OldPlan, backend: 'plain' | 'seal'): Promise<Tensors> {
  const data = space.file('inputs.json', JSON.stringify(inputs));
  const { document } = await json('eval', old(file), '--inputs', data, '--backend', backend);
  expect(document.errors).toBeUndefined();
  return document.outputs;
}

/** The largest difference of two tensors; infinite where their shapes differ. */
function deviation(got: Tensor | undefined, expected: Tensor): number {
  if (typeof expected === 'number') {
    return typeof got === 'number' ? Math.abs(got - expected) : Number.POSITIVE_INFINITY;
  }
  if (!Array.isArray(got) || got.length !== expected.length) return Number.POSITIVE_INFINITY;
  return Math.max(...expected.map((x, i) => deviation(got[i], x)));
}

/** The bound on an output's error that a plan file states. */
function promisedError(file: string, output: string): number {
  const { outputs } = JSON.parse(textOf(file)) as {
    outputs: readonly { name: string; errorBound: number }[];
  };
  return Math.max(
    ...outputs.flatMap(({ name, errorBound }) => (name === output ? [errorBound] : [])),
  );
}

interface Refusal {
  readonly status: number;
  readonly code: string;
  readonly message: string;
}

/** The error that a command ends with. */
async function errorOf(...args: readonly string[]): Promise<Refusal> {
  const { status, document } = await json(...args);
  const [{ code, message }] = document.errors;
  return { status, code, message };
}

const row = (x: number) => new Array<number>(3000).fill(x);

interface OldPlan {
  readonly file: string;
  readonly inputs: Tensors;
  readonly outputs: Tensors;
}

/** Real numbers; every sum and product below is exact in float64. */
const REAL: readonly OldPlan[] = [
  // 2^4 + 2.
  { file: 'quartic.json', inputs: { x: 2 }, outputs: { y: 18 } },
  {
    // The variance is the mean of the squares, less the square of the mean: 1/8 - 1/64.
    file: 'variance.json',
    inputs: { x: [1, 0, 0, 0, 0, 0, 0, 0] },
    outputs: { mean: 1 / 8, variance: 7 / 64 },
  },
  {
    // Slopes 0, 1/4, 3/4, -1, 0, …; 1/16 + 1/4 + 49/16 + 1 = 35/8.
    file: 'differences.json',
    inputs: { signal: [0, 0.25, 1, 0, 0, 0, 0, 0] },
    outputs: { bend: [0.25, 0.5, -1.75, 1, 0, 0, 0, 0], roughness: 4.375 },
  },
  {
    // v*v = [1, 1, 4], A @ (v*v) = [15, 3], w/d = [1, -3/2]; A @ v = [5, 3], 3w = [6, -9].
    file: 'matrix.json',
    inputs: {
      A: [
        [1, 2, 3],
        [0, -1, 1],
      ],
      v: [1, -1, 2],
      w: [2, -3],
      d: 2,
    },
    outputs: { y: [16, 1.5], z: [-1, 12] },
  },
  {
    // r = [2, 3, 4, 1], r - p*q = [1, -1, -8, -3], (p + q)/q = [2, 2, 7/4, 5]; f = x^4 + x^2.
    file: 'clear.json',
    inputs: { x: [1, 2, -1, 0.5], p: [1, 2, 3, 4], q: [1, 2, 4, 1] },
    outputs: { y: [3, 0, 9.75, 3.5], n: [-1, -2, -3, -4], f: [2, 20, 2, 0.3125] },
  },
  {
    // Each row lies in a ciphertext of its own.
    file: 'parts.json',
    inputs: { x: [row(0), row(0.5), row(-1)] },
    outputs: { y: [row(0), row(0.25), row(1)] },
  },
  {
    // v^3 = [1, 8], B.T @ v^3 = [1, 17, 8], with w [2, 16, 8].
    file: 'gram.json',
    inputs: {
      A: [
        [1, 0, 2],
        [0, 1, -1],
      ],
      B: [
        [1, 1, 0],
        [0, 2, 1],
      ],
      w: [1, -1, 0],
      v: [1, 2],
    },
    outputs: { y: [18, 8] },
  },
];

/** In stages: 0, 1, 0, 1, … takes 25 steps. */
const STAGED: readonly OldPlan[] = [
  { file: 'recurrence.json', inputs: { x: 0 }, outputs: { s: 1 } },
  { file: 'recurrence.json', inputs: { x: 1 }, outputs: { s: 0 } },
];

const INTEGERS: readonly OldPlan[] = [
  // 1·10³ + 2·10² + 3·10 + 4.
  {
    file: 'checksum.json',
    inputs: { message: [1, 2, 3, 4], key: 10 },
    outputs: { checksum: 1234 },
  },
  // 1,002,003,004 - 15,289·65,537.
  {
    file: 'checksum.json',
    inputs: { message: [1, 2, 3, 4], key: 1000 },
    outputs: { checksum: 7811 },
  },
  // 64 + 2; 729 + 3; 1,000,010 - 15·65,537; (-1)^6 - 1.
  {
    file: 'power.json',
    inputs: { x: [2, 3, 10, 65_536] },
    outputs: { y: [66, 732, 16_955, 0] },
  },
  // 5 + 12 + 21 + 32; four times 4².
  {
    file: 'inner-product.json',
    inputs: { u: [1, 2, 3, 4], v: [5, 6, 7, 8] },
    outputs: { product: 70, distance: 64 },
  },
  // The ballot 2 is invalid: 5·2·(2 - 1).
  {
    file: 'tally.json',
    inputs: {
      ballots: [
        [1, 0],
        [2, 1],
      ],
      weights: [3, 5],
    },
    outputs: { ayes: [3, 1], invalid: 10 },
  },
];

describe('plans of version 0.1.0', () => {
  test.each([...REAL, ...STAGED, ...INTEGERS])('$file gives $outputs in clear', async (plan) => {
    const got = await outputsOf(plan, 'plain');
    expect(Object.keys(got)).toEqual(Object.keys(plan.outputs));
    for (const [name, expected] of Object.entries(plan.outputs)) {
      expect([name, deviation(got[name], expected)]).toEqual([name, 0]);
    }
  });

  const encrypted = [...REAL, ...INTEGERS].map((plan) => [plan.file, plan] as const);

  // The bound of integers and of an output in clear is 0.
  eachSampled(encrypted, 5)('%s keeps the error that it states encrypted', async (file, plan) => {
    const got = await outputsOf(plan, 'seal');
    for (const [name, expected] of Object.entries(plan.outputs)) {
      const promised = promisedError(file, name);
      expect(deviation(got[name], expected), name).toBeLessThanOrEqual(promised);
    }
  });

  test('between them have every operation that plans could have', () => {
    const files = [...REAL, ...STAGED, ...INTEGERS].map(({ file }) => textOf(file)).join();
    const ops = new Set([...files.matchAll(/"op":"(\w+)"/g)].map(([, op]) => op));
    expect([...ops].sort()).toEqual([
      'add',
      'addPlain',
      'adjust',
      'clearAdd',
      'clearInverse',
      'clearMul',
      'clearNegate',
      'clearRotate',
      'clearSub',
      'const',
      'gather',
      'lower',
      'modSwitch',
      'mul',
      'mulPlain',
      'negate',
      'plainInput',
      'relinearize',
      'rescale',
      'rotate',
      'sub',
      'subPlain',
      'upload',
    ]);
  });
});

describe('keys, uploads and results of version 0.1.0', () => {
  const plan = old('client-server/sum.json');
  const file = (name: string) => old(`client-server/${name}`);
  // 200 + 3·100 + 5 = 505 = 248 modulo 257; q = 2·5, in clear.
  const sum = { s: 248, q: 10 };

  test('a result is decrypted by the secret key, with the plan on one line of JSON', async () => {
    const compact = space.file('sum.json', JSON.stringify(JSON.parse(readFileSync(plan, 'utf8'))));
    const { document } = await json(
      ...['decrypt', compact, '--keys', file('secret.key'), '--in', file('result.shoal')],
      ...['--upload', file('upload.shoal')],
    );
    expect(document.outputs).toEqual(sum);
  });

  test('an upload is evaluated with the evaluation keys', async () => {
    const result = join(space.path, 'new-result.shoal');
    const plain = space.file('plain.json', '{ "p": 5 }');
    const evaluated = await json(
      ...['eval', plan, '--keys', file('evaluation.keys'), '--in', file('upload.shoal')],
      ...['--inputs', plain, '-o', result],
    );
    expect(evaluated.status).toBe(0);
    const { document } = await json(
      ...['decrypt', plan, '--keys', file('secret.key'), '--in', result],
    );
    expect(document.outputs).toEqual(sum);
  });
});

test('a cost model of version 0.1.0 is read', () => {
  const text = textOf('cost-model.json');
  expect(readCostModel({ file: 'cost-model.json', text })).toEqual(JSON.parse(text));
});

describe('what the changelog says is refused', () => {
  const page = readFileSync(join(root, 'docs/CHANGELOG.md'), 'utf8');
  const documented = [...page.matchAll(/^\| .* \| `([a-z-]+)` \| (.*) \|$/gm)].map(
    ([, code, message]) => ({ code: defined(code), message: defined(message) }),
  );

  const quartic = textOf('quartic.json');
  const staged = textOf('recurrence.json');
  const x = space.file('x.json', '{ "x": 1 }');
  const sum = old('client-server/sum.json');
  // The same circuit modulo another t.
  const otherSum = space.file('other.json', readFileSync(sum, 'utf8').replace('257', '263'));
  const secret = old('client-server/secret.key');
  const result = old('client-server/result.shoal');
  const ab = space.file('ab.json', '{ "a": 1, "b": 2 }');

  /** The error of evaluating a plan file with this text. */
  const evaluating = (text: string) =>
    errorOf('eval', space.file('refused.json', text), '--inputs', x, '--backend', 'plain');
  const inspecting = (bytes: Uint8Array) => errorOf('inspect', space.file('refused.shoal', bytes));

  /** Refusals by code: each list has the cases that end with its code. */
  const refusals: Readonly<Record<string, readonly (() => Promise<Refusal>)[]>> = {
    'plan-version': [
      () => evaluating(quartic.replace('"version": 1', '"version": 2')),
      // The first version in the file is that of the staged plan, the second one that of a stage.
      () => evaluating(staged.replace('"version": 1', '"version": 2')),
    ],
    'not-a-plan': [() => evaluating(quartic.replace('"shoal-plan"', '"other"'))],
    'bad-plan': [() => evaluating(quartic.replace('"rescale"', '"bootstrap"'))],
    'staged-plan': [
      () => errorOf('inspect', old('recurrence.json')),
      () => errorOf('keygen', old('recurrence.json'), '-o', join(space.path, 'keys')),
      () => errorOf('encrypt', old('recurrence.json'), '--keys', secret, '-i', x, '-o', 'u'),
      () => errorOf('decrypt', old('recurrence.json'), '--keys', secret, '--in', 'r'),
      () => errorOf('eval', old('recurrence.json'), '--keys', 'k', '--in', 'u', '-o', 'r'),
    ],
    'unchecked-ring': [() => evaluating(textOf('recurrence-65536.json'))],
    // The version is the two bytes at 8.
    'file-version': [
      () => inspecting(readFileSync(result).map((byte, at) => (at === 8 ? 2 : byte))),
    ],
    'other-plan': [
      () => errorOf('decrypt', otherSum, '--keys', secret, '--in', result),
      () => errorOf('encrypt', otherSum, '--keys', secret, '--inputs', ab, '-o', 'u'),
    ],
    'bad-cost-model': [
      async () => {
        const text = textOf('cost-model.json').replace('"version": 1', '"version": 2');
        try {
          readCostModel({ file: 'cost-model.json', text });
        } catch (error) {
          return error as ShoalError;
        }
        throw new Error('the cost model was read');
      },
    ],
  };

  test('is what is checked here', () => {
    expect(documented.map(({ code }) => code)).toEqual(Object.keys(refusals));
  });

  test.each(documented)('$code: $message', async ({ code, message }) => {
    const pattern = message.replace(/[.*+?^${}()|[\]\\]/g, '\\$&').replaceAll('…', '.*');
    for (const refuse of defined(refusals[code])) {
      const error = await refuse();
      expect([error.status, error.code]).toEqual([1, code]);
      expect(error.message).toMatch(new RegExp(`^${pattern}$`));
    }
  });

  test('but the large ring is evaluated where that is allowed', async () => {
    const allowed = ['--backend', 'plain', '--allow-unchecked-ring'];
    const plan = old('recurrence-65536.json');
    const { document } = await json('eval', plan, '--inputs', x, ...allowed);
    // From 1, an even number of steps leads to 1.
    expect(document.outputs).toEqual({ s: 1 });
  });
});
