import { chmodSync, mkdirSync, readFileSync, statSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { decrypt } from '../../src/client-server/decrypt-result.ts';
import { encrypt } from '../../src/client-server/encrypt-inputs.ts';
import { evaluate } from '../../src/client-server/evaluate-uploads.ts';
import { keygen } from '../../src/client-server/generate-keys.ts';
import { inspect } from '../../src/client-server/inspect-file.ts';
import { defined } from '../../src/lookup.ts';
import { planToText } from '../../src/plan-files/plan-text.ts';
import { shoalHere, workspace } from '../cli/support.ts';
import { changed, contentsOf, putTogether, takeApart, withContents } from '../files/container.ts';
import { keysOnce, mixed, party, planFor, quadratic, refusal } from './support.ts';

const x = [0.1, 0.2, 0.3, 0.4];
const z = [0.5, 1, -1, 0.25];
const p = [1, 0.5, 0, -1];
const plan = planFor(mixed);
const keys = keysOnce(plan);
const upload = async () => encrypt(plan, (await keys()).secret, party({ x, z }));
const serve = async (...uploads: Uint8Array[]) =>
  evaluate(plan, (await keys()).evaluation, uploads, party({ p }));

describe('files that do not belong together', () => {
  test('another plan, which may have the same parameters', async () => {
    const other = planFor(mixed.replace('2*p', '3*p'));
    expect(other.params).toEqual(plan.params);
    const { secret, evaluation } = await keys();
    const foreign = await keygen(other);
    const foreignUpload = await encrypt(other, foreign.secret, party({ x, z }));
    const foreignResult = await evaluate(other, foreign.evaluation, [foreignUpload], party({ p }));
    const own = await upload();
    const refused = [
      () => encrypt(plan, foreign.secret, party({ x, z })),
      () => encrypt(plan, foreign.public, party({ x, z })),
      () => evaluate(plan, foreign.evaluation, [own], party({ p })),
      () => evaluate(plan, evaluation, [own, foreignUpload], party({ p })),
      () => decrypt(plan, foreign.secret, foreignResult),
      () => decrypt(plan, secret, foreignResult),
    ];
    for (const action of refused) expect(await refusal(action)).toBe('other-plan');
  });

  test('another client', async () => {
    const { secret, evaluation } = await keys();
    const other = await keygen(plan);
    const own = await upload();
    const theirs = await encrypt(plan, other.secret, party({ x, z }));
    const result = await serve(own);
    const refused = [
      () => evaluate(plan, other.evaluation, [own], party({ p })),
      () => evaluate(plan, evaluation, [theirs], party({ p })),
      () => evaluate(plan, evaluation, [own, theirs], party({ p })),
      () => decrypt(plan, other.secret, result),
    ];
    for (const action of refused) expect(await refusal(action)).toBe('other-keys');
    expect(other.id).not.toBe((await keys()).id);
    expect(await refusal(() => decrypt(plan, secret, result))).toBe('accepted');
  });

  test('another run', async () => {
    const { secret } = await keys();
    const [a, b] = [await upload(), await upload()];
    const [ofA, ofBoth] = [await serve(a), await serve(a, b)];
    const codeFor = (uploads: Uint8Array[], result: Uint8Array) =>
      refusal(() => decrypt(plan, secret, result, { uploads }));
    expect(await codeFor([a], ofA)).toBe('accepted');
    expect(await codeFor([b], ofA)).toBe('other-run');
    expect(await codeFor([a, b], ofA)).toBe('other-run');
    expect(await codeFor([a, b], ofBoth)).toBe('accepted');
    expect(await codeFor([b, a], ofBoth)).toBe('other-run');
    expect(await codeFor([a], ofBoth)).toBe('other-run');
  });

  test('every kind in place of every other kind', async () => {
    const own = await keys();
    const up = await upload();
    const result = await serve(up);
    const { id: _, ...ownFiles } = own;
    const files: Readonly<Record<string, Uint8Array>> = { ...ownFiles, up, result };
    const uses: Record<string, (file: Uint8Array) => Promise<unknown>> = {
      'secret public': (file) => encrypt(plan, file, party({ x, z })),
      evaluation: (file) => evaluate(plan, file, [up], party({ p })),
      up: (file) => evaluate(plan, own.evaluation, [file], party({ p })),
      secret: (file) => decrypt(plan, file, result),
      result: (file) => decrypt(plan, own.secret, file),
    };
    for (const [right, use] of Object.entries(uses)) {
      for (const kind of ['secret', 'public', 'evaluation', 'up', 'result']) {
        const code = await refusal(() => use(defined(files[kind])));
        expect([right, kind, code]).toEqual([
          right,
          kind,
          right.split(' ').includes(kind) ? 'accepted' : 'wrong-kind',
        ]);
      }
    }
  });
});

describe('files that claim more than their plan allows', () => {
  /** Returns the uses of each kind of file, by functions that know the plan. */
  const usesOf = async () => {
    const own = await keys();
    const up = await upload();
    const result = await serve(up);
    const uses: Record<string, readonly [Uint8Array, (file: Uint8Array) => Promise<unknown>]> = {
      'encrypt with a secret key': [own.secret, (file) => encrypt(plan, file, party({ x, z }))],
      'encrypt with a public key': [own.public, (file) => encrypt(plan, file, party({ x, z }))],
      'evaluation keys': [own.evaluation, (file) => evaluate(plan, file, [up], party({ p }))],
      upload: [up, (file) => evaluate(plan, own.evaluation, [file], party({ p }))],
      'secret key': [own.secret, (file) => decrypt(plan, file, result)],
      result: [result, (file) => decrypt(plan, own.secret, file)],
    };
    for (const file of [own.secret, own.public, own.evaluation, up, result]) {
      uses[`inspect ${Object.keys(uses).length}`] = [file, (bytes) => inspect(bytes, { plan })];
    }
    return Object.entries(uses);
  };

  test('are refused by their head', async () => {
    for (const [name, [file, use]] of await usesOf()) {
      expect([name, await refusal(() => use(file))]).toEqual([name, 'accepted']);
      const taken = takeApart(file);
      // The parts are missing: a reader that reads on finds that the file was cut off.
      const claiming = (count: number) => {
        const head = Buffer.from(taken.head);
        head.writeUInt32LE(count, 12);
        return putTogether({ head, parts: [] });
      };
      const codes: string[] = [];
      for (const count of [taken.parts.length, taken.parts.length - 1, 600_000, 4_000_000]) {
        codes.push(await refusal(() => use(claiming(count))));
      }
      expect([name, ...codes]).toEqual([name, 'file-cut-off', 'bad-file', 'bad-file', 'bad-file']);
    }
  });

  test('are refused by the length of a part', async () => {
    for (const [name, [file, use]] of await usesOf()) {
      const taken = takeApart(file);
      const at = taken.parts.length - 1;
      const part = defined(taken.parts[at]);
      const contents = contentsOf(part);
      const withLast = (own: Uint8Array) =>
        putTogether({ ...taken, parts: taken.parts.with(at, withContents(part, own)) });
      const longer = withLast(Buffer.concat([contents, Buffer.alloc(8 * plan.slots)]));
      expect([name, await refusal(() => use(longer))]).toEqual([name, 'file-too-long']);
      const head = Buffer.from(part.head);
      head.writeBigUInt64LE(BigInt(contents.length - 1), 16);
      const shorter = putTogether({ ...taken, parts: taken.parts.with(at, { ...part, head }) });
      expect([name, await refusal(() => use(shorter))]).toEqual([name, 'bad-file']);
    }
  });

  test('inspect refuses a file of another plan', async () => {
    const other = planFor(mixed.replace('2*p', '3*p'));
    const { secret } = await keys();
    expect(await refusal(() => inspect(secret, { plan: other }))).toBe('other-plan');
    expect(await refusal(() => inspect(secret))).toBe('accepted');
  });

  test('a result without runs', async () => {
    const { secret, evaluation } = await keys();
    const { head } = takeApart(await serve(await upload()));
    const text = head.toString('utf8', 132).replace(/"runs":\[\[[^\]]*\]\]/, '"runs":[]');
    const own = Buffer.concat([head.subarray(0, 132), Buffer.from(text)]);
    own.writeUInt32LE(text.length, 128);
    own.writeUInt32LE(0, 12);
    const empty = putTogether({ head: own, parts: [] });
    expect(text).toContain('"runs":[],');
    expect(await refusal(() => decrypt(plan, secret, empty))).toBe('bad-file');
    await expect(decrypt(plan, secret, empty)).rejects.toThrow('the result has no runs');
    expect(await refusal(() => evaluate(plan, evaluation, [], party({ p })))).toBe('missing-input');
  });

  test('an upload that names an input twice, or one that the plan does not have', async () => {
    const { evaluation } = await keys();
    const { head, parts } = takeApart(await upload());
    for (const names of ['"x","x"', '"x","z","z"', '"z","x"', '"w"', '']) {
      const text = head.toString('utf8', 132).replace('"x","z"', names);
      const own = Buffer.concat([head.subarray(0, 132), Buffer.from(text)]);
      own.writeUInt32LE(text.length, 128);
      const file = putTogether({ head: own, parts });
      const code = await refusal(() => evaluate(plan, evaluation, [file], party({ p })));
      expect([names, code]).toEqual([names, 'bad-file']);
    }
  });
});

describe('inputs', () => {
  test('of encrypt must be the cipher inputs of the plan', async () => {
    const { secret } = await keys();
    const codeFor = (inputs: Readonly<Record<string, readonly number[]>>, partial = false) =>
      refusal(() => encrypt(plan, secret, party(inputs), { partial }));
    expect(await codeFor({ x })).toBe('missing-input');
    expect(await codeFor({ x }, true)).toBe('accepted');
    expect(await codeFor({}, true)).toBe('missing-input');
    expect(await codeFor({ x, z, p })).toBe('plain-input');
    expect(await codeFor({ x, z, w: [1] })).toBe('unknown-input');
    expect(await codeFor({ x, z: [1] })).toBe('wrong-shape');
    expect(await codeFor({ x, z: [1, 2, 0, 0] })).toBe('out-of-range');
    expect(await codeFor({ x, z: [Number.NaN, 0, 0, 0] })).toBe('not-a-number');
  });

  test('of evaluate must be the plain inputs of the plan', async () => {
    const { evaluation } = await keys();
    const up = await upload();
    const codeFor = (inputs: Readonly<Record<string, readonly number[]>>) =>
      refusal(() => evaluate(plan, evaluation, [up], party(inputs)));
    expect(await codeFor({})).toBe('missing-input');
    expect(await codeFor({ p, x })).toBe('cipher-input');
    expect(await codeFor({ p, w: [1] })).toBe('unknown-input');
    expect(await codeFor({ p: [9, 0, 0, 0] })).toBe('out-of-range');
  });

  test('of a run must be complete, each once', async () => {
    const { secret } = await keys();
    const ofX = await encrypt(plan, secret, party({ x }), { partial: true });
    const ofZ = await encrypt(plan, secret, party({ z }), { partial: true });
    expect(await refusal(() => serve(ofX))).toBe('missing-input');
    expect(await refusal(() => serve(ofX, ofX))).toBe('missing-input');
    expect(await refusal(() => serve(ofX, ofZ, ofX))).toBe('missing-input');
    expect(await refusal(() => serve(ofX, ofZ))).toBe('accepted');
  });

  test('must come from one client if the plan has it compute products of them', async () => {
    const products = planFor(
      'input A: cipher[4, 4] within [-1, 1];\ninput w: cipher[4] within [-1, 1];\noutput y = (A.T @ A) @ w;\n',
      { client: 'precompute' },
    );
    const { secret } = await keygen(products);
    const some = () => encrypt(products, secret, party({ w: z }), { partial: true });
    expect(await refusal(some)).toBe('missing-input');
  });
});

describe('commands', () => {
  const space = workspace();
  const at = (name: string) => join(space.path, name);
  const run = async (...args: string[]) => {
    const { status, stdout, stderr } = await shoalHere([...args, '--json']);
    const { errors, warnings } = JSON.parse(stdout) as {
      errors?: { code: string; file: string; message: string }[];
      warnings?: { code: string }[];
    };
    expect(stderr).toBe('');
    return { status, error: errors?.[0], warnings };
  };
  afterAll(() => space.remove());
  beforeAll(async () => {
    space.file('plan.json', planToText(planFor(quadratic)));
    space.file('x.json', '{ "x": 0.5 }');
    for (const args of [
      ['keygen', at('plan.json'), '-o', at('client')],
      ['encrypt', at('plan.json'), '--keys', at('client'), '-i', at('x.json'), '-o', at('up')],
      [
        'eval',
        at('plan.json'),
        '--keys',
        at('client/evaluation.keys'),
        '--in',
        at('up'),
        '-o',
        at('result'),
      ],
    ]) {
      expect((await run(...args)).status).toBe(0);
    }
  });

  test('overwrite nothing without --force', async () => {
    const before = readFileSync(at('up'));
    const secret = readFileSync(at('client/secret.key'));
    const all = [
      ['keygen', at('plan.json'), '-o', at('client')],
      ['encrypt', at('plan.json'), '--keys', at('client'), '-i', at('x.json'), '-o', at('up')],
      [
        'eval',
        at('plan.json'),
        '--keys',
        at('client/evaluation.keys'),
        '--in',
        at('up'),
        '-o',
        at('result'),
      ],
    ];
    for (const args of all) {
      const { status, error } = await run(...args);
      expect([status, error?.code]).toEqual([1, 'file-exists']);
    }
    expect(readFileSync(at('up'))).toEqual(before);
    expect(readFileSync(at('client/secret.key'))).toEqual(secret);
    expect((await run(...defined(all[1]), '--force')).status).toBe(0);
    expect(readFileSync(at('up'))).not.toEqual(before);
    expect(space.list()).toEqual(['client', 'plan.json', 'result', 'up', 'x.json']);
  });

  test('write secret keys for their owner only, and warn where others may read them', async () => {
    expect(statSync(at('client/secret.key')).mode & 0o777).toBe(0o600);
    expect(statSync(at('client')).mode & 0o077).toBe(0);
    const args = ['decrypt', at('plan.json'), '--keys', at('client'), '--in', at('result')];
    expect((await run(...args)).warnings).toMatchObject([{ code: 'secret-noise' }]);
    chmodSync(at('client/secret.key'), 0o644);
    expect((await run(...args)).warnings).toMatchObject([
      { code: 'exposed-secret-key' },
      { code: 'secret-noise' },
    ]);
    const { stderr } = await shoalHere(args);
    expect(stderr).toMatch(/secret\.key: warning\[exposed-secret-key\]: .*\(mode 644\): chmod 600/);
    // A key file that is replaced is no longer open to others.
    expect((await run('keygen', at('plan.json'), '-o', at('client'), '--force')).status).toBe(0);
    expect(statSync(at('client/secret.key')).mode & 0o777).toBe(0o600);
  });

  test('refuse a damaged file with status 1 and write nothing', async () => {
    // An earlier test has replaced the keys.
    const encrypting = ['encrypt', at('plan.json'), '--keys', at('client'), '-i', at('x.json')];
    expect((await run(...encrypting, '-o', at('up'), '--force')).status).toBe(0);
    const up = readFileSync(at('up'));
    space.file('damaged', changed(up, up.length - 100, defined(up[up.length - 100]) ^ 1));
    space.file('cut', up.subarray(0, 1000));
    space.file('long', Buffer.concat([up, Buffer.alloc(10)]));
    space.file('text', 'hello');
    const codes = {
      damaged: 'file-damaged',
      cut: 'file-cut-off',
      long: 'file-too-long',
      text: 'not-a-shoal-file',
    };
    for (const [name, code] of Object.entries(codes)) {
      const args = ['--keys', at('client/evaluation.keys'), '--in', at(name), '-o', at('new')];
      for (const command of [
        ['eval', at('plan.json'), ...args],
        ['inspect', at(name)],
      ]) {
        const { status, error } = await run(...command);
        expect([status, error?.code, error?.file]).toEqual([1, code, at(name)]);
      }
    }
    expect(space.list().filter((name) => name.startsWith('new'))).toEqual([]);
  });

  test('refuse directories, devices and paths that do not exist', async () => {
    mkdirSync(at('directory'));
    symlinkSync('/dev/null', at('device'));
    const encrypting = [
      'encrypt',
      at('plan.json'),
      '--keys',
      at('client'),
      '-i',
      at('x.json'),
      '-o',
    ];
    for (const target of ['directory', 'device']) {
      const { status, error } = await run(...encrypting, at(target), '--force');
      expect([status, error?.code]).toEqual([1, 'not-a-file']);
    }
    const { status, error } = await run('inspect', '/dev/zero');
    expect([status, error?.code]).toEqual([1, 'file-too-large']);
    const missing = await run('inspect', at('nothing'));
    expect([missing.status, missing.error?.code]).toEqual([2, 'cannot-read']);
    const nowhere = await run(...encrypting, at('no/such/place'));
    expect([nowhere.status, nowhere.error?.code]).toEqual([3, 'cannot-write']);
  });

  test('take plans, and only options that they use', async () => {
    space.file('test.circ', quadratic);
    const keysAndFiles = [
      '--keys',
      at('client/evaluation.keys'),
      '--in',
      at('up'),
      '-o',
      at('new'),
    ];
    const wrong: readonly (readonly [readonly string[], RegExp])[] = [
      [['eval', at('test.circ'), ...keysAndFiles], /compile the circuit first/],
      [['keygen', at('test.circ'), '-o', at('new')], /compile the circuit first/],
      [['eval', at('plan.json'), ...keysAndFiles, '-O3'], /-O has no use with --keys/],
      [['eval', at('plan.json'), ...keysAndFiles, '--vectors', 'v'], /--vectors has no use/],
      [['eval', at('plan.json'), '--in', at('up'), '-o', at('new')], /needs --keys, --in and -o/],
      [['eval', at('plan.json'), '-i', at('x.json'), '--force'], /--force is for the evaluation/],
      [
        ['eval', at('plan.json'), '--keys', at('client'), '--in', at('up'), '-o', at('new')],
        /is a directory/,
      ],
      [['encrypt', at('plan.json'), '-o', at('new')], /--keys/],
    ];
    for (const [args, message] of wrong) {
      const { status, error } = await run(...args);
      expect(status).toBe(2);
      expect(error?.message).toMatch(message);
    }
  });
});
