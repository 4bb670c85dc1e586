import { fork } from 'node:child_process';
import { cpSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, test } from 'vitest';
import type { Instance } from '../../src/backends/evaluation.ts';
import { encryptedEvaluation } from '../../src/backends/seal/encrypted-evaluation.ts';
import { simulate } from '../../src/backends/simulator.ts';
import { type Decrypted, decrypt } from '../../src/client-server/decrypt-result.ts';
import { encrypt } from '../../src/client-server/encrypt-inputs.ts';
import { evaluate } from '../../src/client-server/evaluate-uploads.ts';
import { keygen } from '../../src/client-server/generate-keys.ts';
import { memorySource } from '../../src/files/byte-streams.ts';
import { readHeader } from '../../src/files/container-reader.ts';
import { defined } from '../../src/lookup.ts';
import type { Plan } from '../../src/plan/plan.ts';
import { planToText } from '../../src/plan-files/plan-text.ts';
import { errorBounds } from '../../src/report/circuit-report.ts';
import { workspace } from '../cli/support.ts';
import { exampleCircuits, exampleSource } from '../support/examples.ts';
import { eachSampled, THOROUGH } from '../support/sampling.ts';
import { keysOnce, mixed, party, planFor, quadratic } from './support.ts';

const root = new URL('../../circuits/', import.meta.url);
const circuits = exampleCircuits().map(([file]) => file.slice(0, -'.circ'.length));

type Numbers = number | readonly Numbers[];
const flat = (numbers: Numbers): number[] =>
  typeof numbers === 'number' ? [numbers] : numbers.flatMap(flat);
const text = (file: string): string => readFileSync(new URL(file, root), 'utf8');

/** Returns the cipher inputs of a plan, which the client encrypts, or the plain ones. */
function inputsOf(plan: Plan, all: Instance['inputs'], secrecy: 'cipher' | 'plain') {
  const names = plan.inputs.flatMap((input) => (input.secrecy === secrecy ? [input.name] : []));
  return new Map(names.map((name) => [name, defined(all.get(name))]));
}

/** Expects every output within its error bound of the clear computation; integers must be equal. */
async function expectRight(
  plan: Plan,
  all: Instance['inputs'],
  { outputs }: Pick<Decrypted, 'outputs'>,
): Promise<void> {
  const [clear] = (await simulate(plan, [{ inputs: all }])).outputs;
  expect([...outputs.keys()]).toEqual([...defined(clear).keys()]);
  for (const [name, bound] of Object.entries(errorBounds(plan))) {
    const errors = defined(outputs.get(name)).map((x, i) =>
      Math.abs(x - defined(defined(defined(clear).get(name))[i])),
    );
    expect(Math.max(...errors)).toBeLessThanOrEqual(bound);
  }
}

describe('every circuit', () => {
  const space = workspace();
  const [client, sent] = ['client', 'server'].map((side) => join(space.path, side)) as [
    string,
    string,
  ];
  for (const side of [client, sent]) mkdirSync(side);
  const server = fork(fileURLToPath(new URL('server-process.ts', import.meta.url)), {
    cwd: sent,
    serialization: 'advanced',
  });
  afterAll(() => {
    server.kill();
    space.remove();
  });
  /** Lets the server evaluate the uploads. Returns the names of the files that it found. */
  const evaluateThere = (inputs: Instance['inputs']): Promise<readonly string[]> =>
    new Promise((resolve, reject) => {
      const fail = () => reject(new Error('the server has ended'));
      server.once('exit', fail);
      server.once('message', (files: readonly string[]) => {
        server.off('exit', fail);
        resolve(files);
      });
      server.send(inputs);
    });

  eachSampled(
    circuits.map((name) => [name] as const),
    3,
    300_000,
  )('%s: a server that is another process gives the right answer', async (name) => {
    const plan = planFor(exampleSource(`${name}.circ`), {}, 20);
    const data = JSON.parse(text(`${name}.json`)) as Readonly<Record<string, Numbers>>;
    const all = new Map(
      Object.entries(data).map(([input, value]) => [input, Float64Array.from(flat(value))]),
    );
    const keys = await keygen(plan, { directory: client, force: true });
    const upload = join(client, 'upload');
    await encrypt(
      plan,
      keys.secret,
      { inputs: inputsOf(plan, all, 'cipher') },
      { to: upload, force: true },
    );
    writeFileSync(join(sent, 'plan.json'), planToText(plan));
    renameSync(keys.evaluation, join(sent, 'evaluation.keys'));
    cpSync(upload, join(sent, 'upload'));
    const seen = await evaluateThere(inputsOf(plan, all, 'plain'));
    expect(seen).toEqual(['evaluation.keys', 'plan.json', 'upload']);
    const result = join(client, 'result');
    renameSync(join(sent, 'result'), result);
    const runs = await decrypt(plan, keys.secret, result, { uploads: [upload] });
    expect(runs).toHaveLength(1);
    await expectRight(plan, all, defined(runs[0]));
  });
});

test.each([
  ['ckks', planFor(quadratic)],
  ['bfv', planFor('scheme bfv(t=257);\ninput x: cipher;\noutput y = x*x;\n')],
  ['bgv', planFor('scheme bgv(t=65537);\ninput x: cipher[8];\noutput y = x * rotate(x, 1);\n')],
])('files and one process agree on %s', async (_, plan) => {
  const size = defined(plan.inputs[0]).shape[0] ?? 1;
  const own = party({
    x: Array.from({ length: size }, (_, i) => (plan.scheme === 'ckks' ? 0.5 : i + 3)),
  });
  const keys = await keygen(plan);
  const upload = await encrypt(plan, keys.secret, own);
  const result = await evaluate(plan, keys.evaluation, [upload]);
  const [fromFiles] = await decrypt(plan, keys.secret, result);
  const here = await encryptedEvaluation(plan, [own]);
  const bound = plan.scheme === 'ckks' ? 2 * defined(errorBounds(plan).y) : 0;
  defined(defined(fromFiles).outputs.get('y')).forEach((y, i) => {
    expect(
      Math.abs(y - defined(defined(defined(here.outputs[0]).get('y'))[i])),
    ).toBeLessThanOrEqual(bound);
  });
});

test('a plan with products that the client computes', async () => {
  const plan = planFor(
    'input A: cipher[4, 4] within [-1, 1];\ninput w: cipher[4] within [-1, 1];\noutput y = (A.T @ A) @ w;\n',
    { client: 'precompute' },
  );
  expect(plan.precomputed).toBeDefined();
  const own = party({ A: Array.from({ length: 16 }, (_, i) => Math.sin(i)), w: [1, -1, 0.5, 0] });
  const keys = await keygen(plan);
  const upload = await encrypt(plan, keys.secret, own);
  const result = await evaluate(plan, keys.evaluation, [upload]);
  const [run] = await decrypt(plan, keys.secret, result);
  await expectRight(plan, own.inputs, defined(run));
});

describe('several uploads', () => {
  const plan = planFor(mixed);
  const keys = keysOnce(plan);
  const p = [1, 0.5, 0, -1];
  const server = party({ p });
  const xs = [
    [0.1, 0.2, 0.3, 0.4],
    [-1, -0.5, 0.5, 1],
  ] as const;
  const z = [0.5, 1, -1, 0.25];

  test('give results in their order', async () => {
    const { secret, evaluation } = await keys();
    const uploads = await Promise.all(xs.map((x) => encrypt(plan, secret, party({ x, z }))));
    for (const order of [
      uploads,
      [...uploads].reverse(),
      [defined(uploads[0]), defined(uploads[0])],
    ]) {
      const result = await evaluate(plan, evaluation, order, server);
      const runs = await decrypt(plan, secret, result, { uploads: order });
      expect(runs).toHaveLength(2);
      for (const [i, run] of runs.entries()) {
        const x = defined(xs[uploads.indexOf(defined(order[i]))]);
        await expectRight(plan, party({ x, z, p }).inputs, run);
        const id = Buffer.from(readHeader(memorySource('', defined(order[i]))).file).toString(
          'hex',
        );
        expect(run.uploads).toEqual([id]);
      }
    }
  });

  test('of several parties are combined by input, whichever key encrypted them', async () => {
    const { secret, evaluation, public: publicKey } = await keys();
    const ofX = await Promise.all(
      xs.map((x) => encrypt(plan, publicKey, party({ x }), { partial: true })),
    );
    const ofZ = await Promise.all(
      [secret, publicKey].map((key) => encrypt(plan, key, party({ z }), { partial: true })),
    );
    const orders = [
      [defined(ofX[0]), defined(ofZ[0]), defined(ofX[1]), defined(ofZ[1])],
      [defined(ofX[0]), defined(ofX[1]), defined(ofZ[0]), defined(ofZ[1])],
      [defined(ofZ[0]), defined(ofZ[1]), defined(ofX[0]), defined(ofX[1])],
    ];
    for (const order of orders) {
      const result = await evaluate(plan, evaluation, order, server);
      const runs = await decrypt(plan, secret, result, { uploads: order });
      expect(runs).toHaveLength(2);
      for (const [i, run] of runs.entries()) {
        await expectRight(plan, party({ x: defined(xs[i]), z, p }).inputs, run);
      }
    }
  });

  test('may be compressed, and so may keys', async () => {
    const own = await keygen(plan, { compress: true });
    const plain = await keys();
    expect(own.evaluation.length).toBeLessThan(0.75 * plain.evaluation.length);
    const upload = await encrypt(plan, own.secret, party({ x: xs[0], z }), { compress: true });
    const result = await evaluate(plan, own.evaluation, [upload], { ...server, compress: true });
    const [run] = await decrypt(plan, own.secret, result);
    await expectRight(plan, party({ x: xs[0], z, p }).inputs, defined(run));
  });
});

test(
  'keys that stay in their file work with several workers and with little memory',
  THOROUGH,
  async () => {
    const space = workspace();
    try {
      const plan = planFor(
        `input v: cipher[64] within [-1, 1];
var s = v;
for i in 1..40 { s = s + (v + i/40)^2 * rotate(v, i)^2; }
output s;
`,
        { optimizationLevel: 0 },
      );
      const directory = join(space.path, 'client');
      const keys = await keygen(plan, { directory });
      const own = party({ v: Array.from({ length: 64 }, (_, i) => Math.sin(i)) });
      const to = join(space.path, 'upload');
      const upload = await encrypt(plan, keys.secret, own, { to });
      for (const options of [{ jobs: 3 }, { memory: 60 * 2 ** 20 }]) {
        const result = await evaluate(plan, keys.evaluation, [upload], options);
        const [run] = await decrypt(plan, keys.secret, result);
        await expectRight(plan, own.inputs, defined(run));
      }
    } finally {
      space.remove();
    }
  },
);
