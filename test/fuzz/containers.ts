import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { heapBytes } from '../../src/backends/seal/load-seal.ts';
import { ShoalError } from '../../src/errors/shoal-error.ts';
import { memorySource } from '../../src/files/byte-streams.ts';
import { readContainer } from '../../src/files/container-reader.ts';
import { at } from '../../src/lookup.ts';
import { readPlan } from '../../src/plan-files/read-plan.ts';
import { formatChanges } from '../client-server/format-changes.ts';
import { COMPUTATIONS, FILE_KINDS, type FileKind, Setting } from '../client-server/setting.ts';
import { numbered, putTogether, type Taken, takeApart } from '../files/container.ts';
import { counted } from '../files/counted.ts';
import type { AttackKind } from './attack.ts';
import { containerReads, SEAL_BYTES } from './bounds.ts';
import { attempt } from './command.ts';
import { withKnownRandomness } from './known-randomness.ts';
import { mutateBytes, mutateJson } from './mutations.ts';
import type { Random } from './random.ts';

/** How a file was changed, which decides what may come of it. */
type Change =
  /** Without right checksums: refused, unless the same file comes out. */
  | 'damaged'
  /** With right checksums: an answer or a refusal, and nothing else. */
  | 'forged';

const WORDS = ['ckks', 'bfv', 'sum.circ', '00'.repeat(16), '00'.repeat(2 ** 10), 'p', 's', 'q'];

/** Files in the repository. */
function stored(): Setting {
  const path = (name: string) =>
    new URL(`../plan-files/old/client-server/${name}`, import.meta.url);
  const text = readFileSync(path('sum.json'), 'utf8');
  const computation = {
    plan: readPlan({ file: 'sum.json', text }),
    client: { a: [200], b: [100] },
    server: { p: [5] },
    outputs: { s: [248], q: [10] },
  };
  return new Setting(computation, {
    secret: readFileSync(path('secret.key')),
    public: readFileSync(path('public.key')),
    evaluation: readFileSync(path('evaluation.keys')),
    upload: readFileSync(path('upload.shoal')),
    result: readFileSync(path('result.shoal')),
  });
}

let made: Promise<readonly Setting[]> | undefined;

/** The stored files, which are compressed, and new ones of two schemes, with known keys. */
function settings(): Promise<readonly Setting[]> {
  made ??= withKnownRandomness(async () => {
    const all = [stored()];
    for (const one of Object.values(COMPUTATIONS)) all.push(await Setting.of(one));
    return all;
  });
  return made;
}

/** Keys, uploads and results that are damaged, or forged with right checksums. */
export const containers: AttackKind = {
  name: 'containers',
  share: 1,
  make: async (random, directory) => {
    const all = await settings();
    const setting = random.pick(all);
    const kind = random.pick(FILE_KINDS);
    const original = setting.file(kind);
    const other = random.pick(all).file(random.pick(FILE_KINDS));
    const change: Change = random.oneIn(2) ? 'damaged' : 'forged';
    const bytes =
      change === 'damaged' ? mutateBytes(original, other, random) : forged(original, other, random);
    const name = `${kind}.shoal`;
    const file = join(directory, name);
    const run = async () => {
      writeFileSync(file, bytes);
      const { complaints } = await attempt(['inspect', file], bytes);
      const code = await used(setting, kind, bytes);
      const isSame = bytes.equals(original);
      return {
        accepted: code === 'right' || code === 'wrong',
        complaints: [
          ...complaints,
          ...(change === 'damaged' && !isSame && (code === 'right' || code === 'wrong')
            ? [`damaged bytes are used: the answer is ${code}`]
            : []),
          ...(code.startsWith('broken') ? [code] : []),
          ...readTooMuch(bytes),
          ...(heapBytes() > SEAL_BYTES ? [`SEAL has ${heapBytes()} bytes of memory`] : []),
        ],
      };
    };
    return { files: new Map([[name, bytes]]), run };
  },
};

async function used(setting: Setting, kind: FileKind, bytes: Uint8Array): Promise<string> {
  try {
    const code = await setting.use(kind, bytes);
    return code === 'internal-error' ? `broken: ${code}` : code;
  } catch (error) {
    return `broken: ${error instanceof Error ? error.stack : String(error)}`;
  }
}

/** Counts what a reader without a plan reads. */
function readTooMuch(bytes: Uint8Array): readonly string[] {
  const [source, work] = counted(memorySource('file', bytes));
  try {
    readContainer(source, { expect: () => undefined, keep: () => {} });
  } catch (error) {
    if (!(error instanceof ShoalError)) throw error;
  }
  const most = containerReads(bytes.length);
  return work.bytes > most ? [`${work.bytes} bytes are read of ${bytes.length}`] : [];
}

/** Changes a file and computes right checksums, as a forger does. */
function forged(original: Uint8Array, other: Uint8Array, random: Random): Buffer {
  const taken = takeApart(original);
  switch (random.below(6)) {
    case 0:
      return putTogether(random.pick([...formatChanges(taken)])[1]);
    case 1:
      return putTogether(withChunk(taken, other, random));
    case 2: {
      // The parts of another file, or some of them.
      const strangers = takeApart(other).parts;
      const own = taken.parts.map((part) => (random.oneIn(2) ? random.pick(strangers) : part));
      return putTogether(numbered({ ...taken, parts: random.pick([own, strangers]) }));
    }
    case 3: {
      const description = taken.head.subarray(132).toString('utf8');
      const changed = Buffer.from(mutateJson(description, WORDS, random));
      const head = Buffer.concat([taken.head.subarray(0, 132), changed]);
      if (!random.oneIn(8)) head.writeUInt32LE(changed.length, 128);
      return putTogether({ ...taken, head });
    }
    case 4: {
      const head = Buffer.from(taken.head);
      head[random.below(132)] = random.below(256);
      return putTogether({ ...taken, head });
    }
    default:
      return putTogether(taken, (end) => end.fill(random.below(256), random.below(16), 16));
  }
}

/** Changes a chunk of a part as it is stored, or the length that its part claims. */
function withChunk(taken: Taken, other: Uint8Array, random: Random): Taken {
  const index = random.below(taken.parts.length);
  const part = at(taken.parts, index);
  const chunks = part.chunks.map((chunk) => {
    const contents = mutateBytes(chunk.subarray(4), other, random);
    const length = Buffer.alloc(4);
    length.writeUInt32LE(random.oneIn(6) ? random.below(2 ** 31) : contents.length);
    return Buffer.concat([length, contents]);
  });
  const head = Buffer.from(part.head);
  if (random.oneIn(3)) head[16 + random.below(8)] = random.below(256);
  else if ((taken.head[11] ?? 0) === 0) {
    const length = chunks.reduce((sum, chunk) => sum + chunk.length - 4, 0);
    head.writeBigUInt64LE(BigInt(length), 16);
  }
  return { ...taken, parts: taken.parts.with(index, { head, chunks }) };
}
