import type { Ciphertext } from 'node-seal/allows';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type CkksContext, createContext } from '../../src/backends/seal/ckks-context.ts';
import { decryptAll, encryptedUploads } from '../../src/backends/seal/client.ts';
import { Evaluator } from '../../src/backends/seal/evaluator.ts';
import { KeyCache } from '../../src/backends/seal/key-cache.ts';
import { KeyContexts } from '../../src/backends/seal/key-contexts.ts';
import {
  generateKeyStore,
  generateSecretKey,
  type KeyStore,
  keyStoreBytes,
  loadPublicKey,
  type StoredKey,
} from '../../src/backends/seal/key-store.ts';
import { heapBytes, loadSeal, sealError } from '../../src/backends/seal/load-seal.ts';
import { Scope } from '../../src/backends/seal/scope.ts';
import { defined } from '../../src/lookup.ts';
import { type KeyNeeds, keyNeeds, keyUses } from '../../src/memory/key-needs.ts';
import { allKeys, type KeyCapacities, oneKey } from '../../src/memory/key-paging.ts';
import { storedKeysBytes } from '../../src/memory/predict-memory.ts';
import { type BlockData, REALS } from '../../src/plan/clear-ops.ts';
import type { CkksOp, CkksPlan } from '../../src/plan/plan.ts';
import { runSlots } from '../../src/plan/slot-machine.ts';
import { sharesOf } from '../../src/plan/worker-shares.ts';
import { planOf, sketchOf, vectorMap } from './plans.ts';

const slots = 8;

/** x·rot(x, 1), rotated by 1, 2 and 3 at level 1, squared, rotated by 2 and 4 at level 0. */
function rotatingPlan(): CkksPlan {
  const map = vectorMap(slots);
  return planOf(
    sketchOf({
      slots,
      inputs: [{ name: 'x', secrecy: 'cipher', shape: [slots], range: [-1, 1] }],
      ops: [
        { op: 'upload', input: 'x', map, level: 2 },
        { op: 'rotate', args: [0], steps: 1, level: 2 },
        { op: 'mul', args: [0, 1], level: 2 },
        { op: 'relinearize', args: [2], level: 2 },
        { op: 'rescale', args: [3], level: 1 },
        { op: 'rotate', args: [4], steps: 1, level: 1 },
        { op: 'rotate', args: [5], steps: 2, level: 1 },
        { op: 'rotate', args: [6], steps: 3, level: 1 },
        { op: 'mul', args: [7, 7], level: 1 },
        { op: 'relinearize', args: [8], level: 1 },
        { op: 'rescale', args: [9], level: 0 },
        { op: 'rotate', args: [10], steps: 2, level: 0 },
        { op: 'rotate', args: [11], steps: 4, level: 0 },
      ],
      outputs: [{ name: 'y', shape: [slots], value: 12, map }],
    }),
  );
}

const plan = rotatingPlan();
const data: BlockData = {
  ring: REALS,
  slots,
  blocks: 1,
  read: () => Float64Array.from({ length: slots }, (_, i) => Math.cos(i)),
};
const scope = new Scope();
let context: CkksContext;
let contexts: KeyContexts;

beforeAll(async () => {
  context = scope.own(createContext(await loadSeal(), plan.params));
  contexts = scope.own(new KeyContexts(context));
});

afterAll(() => scope.delete());

/** Each key at the level at which it is used, even if fewer contexts would be faster. */
const exactLevels: KeyNeeds = keyNeeds(plan);
/** Each key at the highest level. */
const topLevels: KeyNeeds = new Map([...exactLevels.keys()].map((name) => [name, 2]));

/** Runs the plan and calls `read` with its only output. */
async function run<T>(
  store: KeyStore,
  capacities: KeyCapacities,
  read: (output: Ciphertext, loads: number) => T,
  upload: (store: KeyStore) => Map<number, Ciphertext>,
): Promise<T> {
  const own = new Scope();
  try {
    const publicKey = own.own(loadPublicKey(context, store));
    const keys = own.own(new KeyCache(context, contexts, store, keyUses(plan.ops), capacities));
    const evaluator = own.own(new Evaluator(context, publicKey, keys, plan));
    const { ciphers } = await evaluator.run(upload(store), data);
    return read(own.own(defined(ciphers.get(12))), keys.loads);
  } finally {
    own.delete();
  }
}

function encrypt(store: KeyStore): Map<number, Ciphertext> {
  const publicKey = loadPublicKey(context, store);
  const uploads = encryptedUploads(context, publicKey, plan, data);
  publicKey.delete();
  return uploads;
}

const save = (cipher: Ciphertext): Uint8Array =>
  cipher.saveToArray(context.seal.ComprModeType.none) as Uint8Array;

test('a key is needed at the highest level of its uses', () => {
  expect([...exactLevels]).toEqual([
    ['relinearization', 2],
    [1, 2],
    [2, 1],
    [3, 1],
    [4, 0],
  ]);
});

describe.each([
  ['of the highest level', topLevels],
  ['of the levels of their use', exactLevels],
])('keys %s', (_, levels) => {
  const secretKey = (): ReturnType<typeof generateSecretKey> =>
    scope.own(generateSecretKey(context));

  test('give results within the error bound', async () => {
    const secret = secretKey();
    const store = generateKeyStore(context, contexts, secret, levels);
    const got = await run(
      store,
      allKeys(levels),
      (output) => defined(decryptAll(context, secret, new Map([[12, output]])).vectors.get(12)),
      encrypt,
    );
    const expected = runSlots(plan, data).get(12) as Float64Array;
    expected.forEach((y, i) => {
      expect(Math.abs(defined(got[i]) - y)).toBeLessThan(defined(plan.outputs[0]).errorBound);
    });
  });

  test('take as many bytes as predicted, exactly', () => {
    const store = generateKeyStore(context, contexts, secretKey(), levels);
    expect(new Map([...store.switching].map(([name, { level }]) => [name, level]))).toEqual(levels);
    const parts = [store.publicKey, ...[...store.switching.values()].map(inMemory)];
    const sum = parts.reduce((total, bytes) => total + bytes.length, 0);
    expect(keyStoreBytes(store)).toBe(sum);
    expect(storedKeysBytes(plan.params, levels)).toBe(sum);
  });
});

function inMemory({ saved }: StoredKey): Uint8Array {
  if ('descriptor' in saved) throw new Error('the key is in a file');
  return saved;
}

test('small keys are small', () => {
  const { polyModulusDegree: n } = plan.params;
  // Seeded keys have one polynomial for each digit. The difference is that of residues and heads.
  const less = storedKeysBytes(plan.params, topLevels) - storedKeysBytes(plan.params, exactLevels);
  const residues = 8 * n * (2 * (3 * 4 - 2 * 3) + (3 * 4 - 1 * 2));
  expect(less - residues).toBe(194 * (2 * 1 + 2));
});

test('one key at a time gives the same ciphertext', async () => {
  const secret = scope.own(generateSecretKey(context));
  const store = generateKeyStore(context, contexts, secret, topLevels);
  const fresh = encrypt(store);
  const saved = save(defined(fresh.get(0)));
  for (const cipher of fresh.values()) cipher.delete();
  const upload = (): Map<number, Ciphertext> => {
    const cipher = new context.seal.Ciphertext();
    cipher.loadFromArray(context.context, saved);
    return new Map([[0, cipher]]);
  };
  const result = (count: number) =>
    run(store, new Map([[2, count]]), (output, loads) => ({ bytes: save(output), loads }), upload);
  const all = await result(5);
  const one = await result(1);
  expect(all.loads).toBe(5);
  // 1, relinearization, 1, 2, 3, relinearization, 2, 4
  expect(one.loads).toBe(8);
  // With room for two keys, key 1 stays until its next use, then the relinearization key does.
  expect((await result(2)).loads).toBeLessThan(8);
  expect(Buffer.compare(one.bytes, all.bytes)).toBe(0);
});

test('a share replaces keys by its own order of their uses', async () => {
  const steps = [1, 2, 3, 2, 3, 1];
  const before: CkksOp[] = [defined(plan.ops[0])];
  for (let at = 0; at < 10; at++) before.push({ op: 'negate', args: [at], level: 2 });
  const rotations = steps.map(
    (each): CkksOp => ({ op: 'rotate', args: [0], steps: each, level: 2 }),
  );
  const ops = [...before, ...rotations];
  const [map, shape] = [vectorMap(slots), [slots]];
  const outputs = [...ops.keys()]
    .slice(10)
    .map((value) => ({ name: `y${value}`, shape, value, map, errorBound: 1 }));
  const own = new Scope();
  try {
    const levels: KeyNeeds = new Map([1, 2, 3].map((name) => [name, 2]));
    const secret = own.own(generateSecretKey(context));
    const store = generateKeyStore(context, contexts, secret, levels);
    const long = { ...plan, ops, outputs };
    const indices = [...ops.keys()];
    const share = defined(sharesOf(long, [indices.slice(1, 11), indices.slice(11)])[1]);
    // The upload, then the rotations: indices 1 to 6 in the run, 11 to 16 in the plan.
    expect(share.ops).toEqual([0, 11, 12, 13, 14, 15, 16]);
    const uses = keyUses(share.ops.map((at) => defined(ops[at])));
    const keys = own.own(new KeyCache(context, contexts, store, uses, new Map([[2, 2]])));
    const publicKey = own.own(loadPublicKey(context, store));
    const evaluator = own.own(new Evaluator(context, publicKey, keys, long, share));
    const { ciphers } = await evaluator.run(encrypt(store), data);
    for (const cipher of ciphers.values()) cipher.delete();
    // 1, 2, then 3 instead of 1, whose next use is furthest away, and 1 again at the end.
    expect(keys.loads).toBe(4);
  } finally {
    own.delete();
  }
});

test('a missing key is reported', async () => {
  const secret = scope.own(generateSecretKey(context));
  const store = generateKeyStore(context, contexts, secret, new Map([['relinearization', 2]]));
  await expect(run(store, new Map(), () => {}, encrypt)).rejects.toThrow(
    sealError('there is no key for rotations by 1'),
  );
});

test('a damaged key is refused', async () => {
  const secret = scope.own(generateSecretKey(context));
  const store = generateKeyStore(context, contexts, secret, topLevels);
  inMemory(defined(store.switching.get(1))).fill(255, 0, 100);
  await expect(run(store, new Map(), () => {}, encrypt)).rejects.toThrow(
    'the key for rotations by 1 is not one of this plan',
  );
});

test('a store is plain data, shared with the threads that it is posted to', () => {
  const secret = scope.own(generateSecretKey(context));
  const store = generateKeyStore(context, contexts, secret, exactLevels);
  const copy = structuredClone(store);
  expect(copy.publicKey.buffer).toBeInstanceOf(SharedArrayBuffer);
  expect(copy.switching).toEqual(store.switching);
  store.publicKey[0] = defined(store.publicKey[0]) ^ 1;
  expect(copy.publicKey[0]).toBe(store.publicKey[0]);
});

test('keys that are loaded and deleted leave no memory behind', async () => {
  let early = 0;
  for (let i = 0; i < 60; i++) {
    const secret = generateSecretKey(context);
    const store = generateKeyStore(context, contexts, secret, exactLevels);
    await run(store, oneKey(exactLevels), () => {}, encrypt);
    secret.delete();
    if (i === 10) early = heapBytes();
  }
  expect(early).toBeGreaterThan(0);
  expect(heapBytes()).toBe(early);
});
