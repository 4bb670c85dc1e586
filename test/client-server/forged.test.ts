import { describe, expect, test } from 'vitest';
import { evaluationParts } from '../../src/client-server/container-heads.ts';
import { decrypt } from '../../src/client-server/decrypt-result.ts';
import { encrypt } from '../../src/client-server/encrypt-inputs.ts';
import { evaluate } from '../../src/client-server/evaluate-uploads.ts';
import { keygen } from '../../src/client-server/generate-keys.ts';
import { memorySource } from '../../src/files/byte-streams.ts';
import { openContainer } from '../../src/files/container-reader.ts';
import { at, defined } from '../../src/lookup.ts';
import {
  contentsOf,
  putTogether,
  type Taken,
  takeApart,
  withContents,
} from '../files/container.ts';
import { coded } from '../support/coded.ts';
import { keysOnce, mixed, party, planFor, refusal } from './support.ts';

/** Files with right checksums whose contents contradict each other, or their plan. */

const x = [0.1, 0.2, 0.3, 0.4];
const z = [0.5, 1, -1, 0.25];
const p = [1, 0.5, 0, -1];
const plan = planFor(mixed);
const keys = keysOnce(plan);
const inputs = party({ x, z });

/** Returns a file with other facts in its description. */
function described(file: Uint8Array, change: (facts: Record<string, unknown>) => void): Buffer {
  const { head, parts } = takeApart(file);
  const facts = JSON.parse(head.subarray(132).toString());
  change(facts);
  // Canonical: the keys of an object in order.
  const sorted = Object.fromEntries(Object.entries(facts).sort(([a], [b]) => (a < b ? -1 : 1)));
  const description = Buffer.from(JSON.stringify(sorted));
  const start = Buffer.from(head.subarray(0, 132));
  start.writeUInt32LE(description.length, 128);
  return putTogether({ head: Buffer.concat([start, description]), parts });
}

/** Returns a file with bytes of its head changed. */
function withHead(file: Uint8Array, offset: number, bytes: Uint8Array): Buffer {
  const { head, parts } = takeApart(file);
  const changed = Buffer.from(head);
  changed.set(bytes, offset);
  return putTogether({ head: changed, parts });
}

/** Returns a file with a change of one part's contents. */
function withPart(file: Uint8Array, index: number, contents: Uint8Array): Buffer {
  const { head, parts }: Taken = takeApart(file);
  return putTogether({ head, parts: parts.with(index, withContents(at(parts, index), contents)) });
}

describe('a description that contradicts the plan is refused', () => {
  test.each<[string, (facts: Record<string, unknown>) => void]>([
    ['circuit', (facts) => void Object.assign(facts, { circuit: 'other.circ' })],
    ['scheme', (facts) => void Object.assign(facts, { scheme: 'bfv' })],
    ['ring', (facts) => void Object.assign(facts, { polyModulusDegree: 16384 })],
    ['primes', (facts) => void Object.assign(facts, { coeffModulusBits: [30, 30] })],
    ['security', (facts) => void Object.assign(facts, { securityBits: 256 })],
    ['plaintext modulus', (facts) => void Object.assign(facts, { plainModulus: 257 })],
  ])('its %s', async (_, change) => {
    const { secret, evaluation } = await keys();
    expect(
      await refusal(() =>
        encrypt(
          plan,
          described(secret, () => {}),
          inputs,
        ),
      ),
    ).toBe('accepted');
    expect(await refusal(() => encrypt(plan, described(secret, change), inputs))).toBe('bad-file');
    const upload = await encrypt(plan, secret, inputs);
    const serve = (keyFile: Uint8Array, own: Uint8Array) =>
      refusal(() => evaluate(plan, keyFile, [own], party({ p })));
    expect(await serve(described(evaluation, change), upload)).toBe('bad-file');
    expect(await serve(evaluation, described(upload, change))).toBe('bad-file');
  });
});

test('parameters that contradict the plan are refused', async () => {
  const { secret } = await keys();
  const forged = withHead(secret, 48, new Uint8Array(32));
  expect(await refusal(() => encrypt(plan, forged, inputs))).toBe('bad-file');
});

describe("a public key is that of the key set which its file names, by the key's digest", () => {
  test('to encrypt with, and to evaluate with', async () => {
    const own = await keys();
    const other = await keygen(plan);
    const [key, foreign] = [own.public, other.public].map((file) =>
      contentsOf(at(takeApart(file).parts, 0)),
    );
    expect(await refusal(() => encrypt(plan, withPart(own.public, 0, defined(key)), inputs))).toBe(
      'accepted',
    );
    // A server that swaps the key would read what is encrypted with its own.
    const swapped = withPart(own.public, 0, defined(foreign));
    expect(await refusal(() => encrypt(plan, swapped, inputs))).toBe('bad-file');
    const upload = await encrypt(plan, own.secret, inputs);
    const server = withPart(own.evaluation, 0, defined(foreign));
    expect(await refusal(() => evaluate(plan, server, [upload], party({ p })))).toBe('bad-file');
  });

  test('and a file may not name another key set', async () => {
    const own = await keys();
    const other = await keygen(plan);
    const renamed = withHead(own.public, 80, takeApart(other.public).head.subarray(80, 112));
    expect(await refusal(() => encrypt(plan, renamed, inputs))).toBe('bad-file');
  });
});

describe('a structure that contradicts itself is refused, though all checksums are right', () => {
  /** Returns the refusal of a secret key with another structure. */
  async function refused(change: (taken: Taken) => Buffer): Promise<string> {
    const { secret } = await keys();
    return refusal(() => encrypt(plan, change(takeApart(secret)), inputs));
  }
  /** Returns a file whose part has another head, as `forge` writes it. */
  const withPartHead = (forge: (head: Buffer) => void) =>
    refused(({ head, parts }) => {
      const [part] = parts;
      const own = Buffer.from(defined(part).head);
      forge(own);
      return putTogether({ head, parts: [{ ...defined(part), head: own }] });
    });

  test('the size at its end', async () => {
    expect(await refused((taken) => putTogether(taken))).toBe('accepted');
    for (const more of [-1, 1, 2 ** 32])
      expect(
        await refused((taken) =>
          putTogether(taken, (end) => {
            end.writeBigUInt64LE(end.readBigUInt64LE(8) + BigInt(more), 8);
          }),
        ),
      ).toBe('file-damaged');
  });

  test('the magic bytes of its end', async () => {
    for (let at = 0; at < 8; at++)
      expect(
        await refused((taken) => putTogether(taken, (end) => void end.writeUInt8(1, at))),
      ).toBe('file-damaged');
  });

  test('the index, type, zeros, run and value of a part', async () => {
    expect(await withPartHead(() => {})).toBe('accepted');
    for (const at of [0, 1, 2, 3, 4, 5, 6, 7, 8, 12])
      expect([at, await withPartHead((head) => void head.writeUInt8(9, at))]).toEqual([
        at,
        'bad-file',
      ]);
  });

  test('the lengths of two parts, which together have the right one', async () => {
    const { evaluation } = await keys();
    const { head, parts } = takeApart(evaluation);
    const contents = parts.slice(0, 2).map(contentsOf) as [Buffer, Buffer];
    const open = (shift: number) => {
      const all = Buffer.concat(contents);
      const cut = contents[0].length + shift;
      const changed = [all.subarray(0, cut), all.subarray(cut)].map((own, i) =>
        withContents(at(parts, i), own),
      );
      const file = putTogether({ head, parts: [...changed, ...parts.slice(2)] });
      openContainer(memorySource('evaluation.keys', file), () => evaluationParts(plan));
    };
    expect(() => open(0)).not.toThrow();
    for (const shift of [-8, 8]) expect(() => open(shift)).toThrow(coded('bad-file'));
  });

  test('a description that is not canonical, or has fields of another kind of file', async () => {
    const { secret } = await keys();
    const { head, parts } = takeApart(secret);
    const withText = (text: string) => {
      const description = Buffer.from(text);
      const start = Buffer.from(head.subarray(0, 132));
      start.writeUInt32LE(description.length, 128);
      return refusal(() =>
        encrypt(plan, putTogether({ head: Buffer.concat([start, description]), parts }), inputs),
      );
    };
    const text = head.subarray(132).toString();
    expect(await withText(text)).toBe('accepted');
    expect(await withText(`${text} `)).toBe('bad-file');
    expect(await withText(text.slice(0, -1))).toBe('bad-file');
    for (const foreign of [{ inputs: ['x'] }, { seeded: true }, { runs: [['0'.repeat(32)]] }]) {
      const file = described(secret, (facts) => void Object.assign(facts, foreign));
      expect(await refusal(() => encrypt(plan, file, inputs))).toBe('bad-file');
    }
  });
});

describe('an output in the clear', () => {
  test.each([Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY])(
    'of %d is refused',
    async (value) => {
      const { secret, evaluation } = await keys();
      const upload = await encrypt(plan, secret, inputs);
      const result = await evaluate(plan, evaluation, [upload], party({ p }));
      const { parts } = takeApart(result);
      // The output q = 2*p has the only part in the clear, of type 6.
      const index = parts.findIndex(({ head }) => head[4] === 6);
      const contents = contentsOf(at(parts, index));
      expect(await refusal(() => decrypt(plan, secret, withPart(result, index, contents)))).toBe(
        'accepted',
      );
      contents.writeDoubleLE(value, 8);
      expect(await refusal(() => decrypt(plan, secret, withPart(result, index, contents)))).toBe(
        'bad-file',
      );
    },
  );
});
