import { beforeAll, describe, expect, test } from 'vitest';
import { heapBytes } from '../../src/backends/seal/load-seal.ts';
import { decrypt } from '../../src/client-server/decrypt-result.ts';
import { encrypt } from '../../src/client-server/encrypt-inputs.ts';
import { evaluate } from '../../src/client-server/evaluate-uploads.ts';
import { type KeySet, keygen } from '../../src/client-server/generate-keys.ts';
import { inspect } from '../../src/client-server/inspect-file.ts';
import { ShoalError } from '../../src/errors/shoal-error.ts';
import { defined } from '../../src/lookup.ts';
import { errorBounds } from '../../src/report/circuit-report.ts';
import {
  contentsOf,
  putTogether,
  type Taken,
  type TakenPart,
  takeApart,
  withContents,
} from '../files/container.ts';
import { cases, eachSampled, SAMPLED } from '../support/sampling.ts';
import { mixed, party, planFor } from './support.ts';

/**
 * Thousands of random changes of files of every kind. A change without right checksums is refused.
 * An attacker can compute right checksums: then a change of sizes or formats is refused, and a
 * change of numbers that SEAL computes with gives some answer or a refusal. Nothing else may
 * happen.
 */

const plans = {
  ckks: planFor(mixed),
  // It has a rotation key, and no more primes than it needs.
  bgv: planFor(
    'scheme bgv(t=65537);\ninput x: cipher[4];\ninput z: cipher[4];\ninput p: plain[4];\noutput y = x*z + rotate(x, 1) + p;\noutput q = 2*p;\n',
  ),
};
type Kind = 'secret' | 'public' | 'evaluation' | 'upload' | 'result';
const kinds: readonly Kind[] = ['secret', 'public', 'evaluation', 'upload', 'result'];
const x = [1, 0, -1, 1];
const z = [1, 1, 0, -1];
const p = [0, 1, 0, 1];

class Setting {
  readonly #plan;
  readonly #files: Readonly<Record<Kind, Uint8Array>>;

  private constructor(plan: (typeof plans)['ckks'], files: Readonly<Record<Kind, Uint8Array>>) {
    this.#plan = plan;
    this.#files = files;
  }

  static async of(plan: (typeof plans)['ckks']): Promise<Setting> {
    const keys: KeySet<Uint8Array> = await keygen(plan);
    const { secret, evaluation } = keys;
    const upload = await encrypt(plan, secret, party({ x, z }));
    const result = await evaluate(plan, evaluation, [upload], party({ p }));
    return new Setting(plan, { secret, evaluation, public: keys.public, upload, result });
  }

  file(kind: Kind): Uint8Array {
    return this.#files[kind];
  }

  /**
   * Uses a file in every way. Returns whether the outputs are right, or the code of the refusal.
   */
  async use(kind: Kind, bytes: Uint8Array): Promise<string> {
    try {
      await inspect(bytes);
      return (await this.#answer(kind, bytes)) ? 'right' : 'wrong';
    } catch (error) {
      if (error instanceof ShoalError) return error.code;
      throw error;
    }
  }

  async #answer(kind: Kind, bytes: Uint8Array): Promise<boolean> {
    const plan = this.#plan;
    const files = { ...this.#files, [kind]: bytes };
    if (kind === 'secret' || kind === 'public') {
      files.upload = await encrypt(plan, bytes, party({ x, z }));
    }
    if (kind !== 'result') {
      files.result = await evaluate(plan, files.evaluation, [files.upload], party({ p }));
    }
    const [run] = await decrypt(plan, this.#files.secret, files.result);
    const bounds = errorBounds(plan);
    return [...expected(plan.scheme)].every(([name, values]) =>
      values.every(
        (value, i) =>
          Math.abs(defined(defined(defined(run).outputs.get(name))[i]) - value) <=
          defined(bounds[name]),
      ),
    );
  }
}

function expected(scheme: string): ReadonlyMap<string, readonly number[]> {
  const mod = (n: number) => (scheme === 'ckks' ? n : ((n % 65537) + 65537) % 65537);
  const turned = scheme === 'ckks' ? () => 0 : (i: number) => defined(x[(i + 1) % 4]);
  return new Map([
    ['y', x.map((value, i) => mod(value * defined(z[i]) + turned(i) + defined(p[i])))],
    ['q', p.map((value) => 2 * value)],
  ]);
}

/** Returns a generator of numbers below a limit, the same in every run (Knuth's MMIX generator). */
function randomNumbers(seed: number): (limit: number) => number {
  let state = BigInt(seed);
  return (limit) => {
    state = BigInt.asUintN(64, state * 6364136223846793005n + 1442695040888963407n);
    return Number((state >> 33n) % BigInt(limit));
  };
}

/** Returns bytes with some of them flipped, cut off, removed, repeated, copied or overwritten. */
function mutated(bytes: Uint8Array, next: (limit: number) => number): Buffer {
  const copy = Buffer.from(bytes);
  // Two thirds of the changes are at the head or the end, where the structure is.
  const offset = () =>
    defined(
      [next(copy.length), next(Math.min(600, copy.length)), copy.length - 1 - next(130)][next(3)],
    );
  const [a, b, length] = [offset(), offset(), 1 + next(300)];
  const piece = copy.subarray(a, a + length);
  switch (next(6)) {
    case 0:
      copy[a] = defined(copy[a]) ^ (1 << next(8));
      return copy;
    case 1:
      return copy.subarray(0, a);
    case 2:
      return Buffer.concat([copy.subarray(0, a), copy.subarray(a + length)]);
    case 3:
      return Buffer.concat([copy.subarray(0, a), piece, copy.subarray(a)]);
    case 4:
      copy.copyWithin(b, a, a + length);
      return copy;
    default:
      return Buffer.concat([
        copy.subarray(0, a),
        Buffer.alloc(length, next(256)),
        copy.subarray(a + length),
      ]);
  }
}

/** Number of random changes of each kind of file. */
const CHANGES = cases(500, 30);

/** Limit on SEAL's memory. Trusting a false claim of a size would take much more. */
const heapLimit = 300 * 2 ** 20;

describe.each(Object.entries(plans))('%s', (scheme, plan) => {
  let setting: Setting;
  beforeAll(async () => {
    setting = await Setting.of(plan as (typeof plans)['ckks']);
  });

  test('unchanged files give the right answer', async () => {
    for (const kind of kinds) expect(await setting.use(kind, setting.file(kind))).toBe('right');
  });

  const refused = `%s: ${CHANGES} changes without right checksums are refused`;
  test.each(kinds)(refused, SAMPLED, async (kind) => {
    const original = setting.file(kind);
    const next = randomNumbers(kinds.indexOf(kind) + 1);
    const codes = new Set<string>();
    for (let i = 0; i < CHANGES; i++) {
      const bytes = mutated(original, next);
      const code = await setting.use(kind, bytes);
      if (code === 'right') expect(bytes.equals(original), `change ${i}`).toBe(true);
      else codes.add(code);
    }
    expect([...codes]).toEqual(expect.arrayContaining(['file-cut-off', 'file-damaged']));
    expect([...codes]).not.toContain('wrong');
  });

  eachSampled(
    kinds.map((kind) => [kind] as const),
    scheme === 'ckks' ? kinds.length : 1,
  )('%s: changes of sizes and formats are refused', async (kind) => {
    const taken = takeApart(setting.file(kind));
    for (const [what, change] of formatChanges(taken)) {
      const code = await setting.use(kind, putTogether(change));
      expect([what, code]).toEqual([what, expect.not.stringMatching(/^(right|wrong)$/)]);
    }
    expect(heapBytes()).toBeLessThan(heapLimit);
  });

  test.each(kinds)(
    '%s: changes with right checksums give an answer or a refusal',
    SAMPLED,
    async (kind) => {
      const taken = takeApart(setting.file(kind));
      const next = randomNumbers(kinds.indexOf(kind) + 77);
      for (let i = 0; i < cases(25, 2); i++) {
        const at = next(taken.parts.length);
        const contents = Buffer.from(contentsOf(defined(taken.parts[at])));
        const offset = (next(2) === 0 ? next(200) : next(contents.length)) % contents.length;
        contents[offset] = defined(contents[offset]) ^ (1 << next(8));
        const parts = taken.parts.with(at, withContents(defined(taken.parts[at]), contents));
        const code = await setting.use(kind, putTogether({ ...taken, parts }));
        expect(['right', 'wrong', 'bad-file']).toContain(code);
      }
      expect(heapBytes()).toBeLessThan(heapLimit);
    },
  );
});

/**
 * Yields changes of the head, of the order, number and sizes of parts, and of SEAL's heads in them.
 */
function* formatChanges(taken: Taken): Generator<readonly [string, Taken]> {
  const { head, parts } = taken;
  for (const at of [8, 10, 11, 12, 16, 47, 48, 80, 111]) {
    const own = Buffer.from(head);
    own[at] = defined(own[at]) ^ 1;
    yield [`byte ${at} of the head`, { ...taken, head: own }];
  }
  const counted = (some: readonly TakenPart[]): Taken => {
    const own = Buffer.from(head);
    own.writeUInt32LE(some.length, 12);
    const numbered = some.map((part, i) => {
      const partHead = Buffer.from(part.head);
      partHead.writeUInt32LE(i, 0);
      return { ...part, head: partHead };
    });
    return { head: own, parts: numbered };
  };
  yield ['no parts', counted([])];
  yield ['a part twice', counted([...parts, defined(parts[0])])];
  yield ['one part less', counted(parts.slice(1))];
  if (parts.length > 1) yield ['another order', counted([...parts].reverse())];
  for (const [i, part] of parts.entries()) {
    const exchange = (own: TakenPart) => ({ ...taken, parts: parts.with(i, own) });
    for (const at of [4, 8, 12]) {
      const own = Buffer.from(part.head);
      own[at] = defined(own[at]) ^ 2;
      yield [`byte ${at} of the head of part ${i}`, exchange({ ...part, head: own })];
    }
    const contents = contentsOf(part);
    yield [`part ${i} shorter`, exchange(withContents(part, contents.subarray(8)))];
    yield [
      `part ${i} longer`,
      exchange(withContents(part, Buffer.concat([contents, Buffer.alloc(8)]))),
    ];
    yield [`part ${i} empty`, exchange(withContents(part, Buffer.alloc(0)))];
    // A value in the clear has no head of SEAL's.
    if (part.head[4] === 6) continue;
    for (let at = 0; at < 64; at += 5) {
      const own = Buffer.from(contents);
      own[at] = defined(own[at]) ^ 0x40;
      yield [`byte ${at} of part ${i}`, exchange(withContents(part, own))];
    }
  }
}
