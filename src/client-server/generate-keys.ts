import { KeyContexts } from '../backends/seal/key-contexts.ts';
import {
  generatePublicKey,
  generateSecretKey,
  generateSwitchingKeys,
} from '../backends/seal/key-store.ts';
import { loadSeal } from '../backends/seal/load-seal.ts';
import { createPlanContext } from '../backends/seal/plan-context.ts';
import { scoped } from '../backends/seal/scope.ts';
import { type ByteSink, MemorySink } from '../files/byte-streams.ts';
import { toHex } from '../files/canonical-json.ts';
import type { ExpectedParts } from '../files/container-format.ts';
import { ContainerWriter } from '../files/container-writer.ts';
import { identityOf } from '../files/plan-identity.ts';
import { notWritten, WholeFile, writeSet } from '../files/whole-file.ts';
import { keyLevels } from '../memory/key-levels.ts';
import type { Plan } from '../plan/plan.ts';
import { sha256 } from '../platform/digests.ts';
import { makeDirectory, pathIn } from '../platform/files.ts';
import { evaluationParts, newHeader, publicParts, secretParts } from './container-heads.ts';
import type { ClientServerOptions, Target } from './stored-files.ts';

/** A client's keys for a plan: contents of files, or their paths. */
export interface KeySet<T> {
  /** The key set id: SHA-256 of the public key, hexadecimal. */
  readonly id: string;
  /** The secret key, which decrypts. It stays with the client. */
  readonly secret: T;
  /** The public key, which only encrypts: for other parties that upload inputs. */
  readonly public: T;
  /** The evaluation keys, for the server. They reveal nothing about the secret key. */
  readonly evaluation: T;
}

/** Options for keys that are written into a directory. */
type KeygenOptions = ClientServerOptions & Pick<Target, 'force' | 'reads'>;

/** Names of the key files in a client's directory. */
export const KEY_FILE_NAMES = {
  secret: 'secret.key',
  public: 'public.key',
  evaluation: 'evaluation.keys',
} as const;

/** Name of the lock under which key files get their names. */
const LOCK_NAME = '.keys.lock';

/** Generates a client's keys for a plan, and returns them as bytes. */
export function keygen(
  plan: Plan,
  options?: ClientServerOptions,
): Promise<KeySet<Uint8Array<ArrayBuffer>>>;
/**
 * Generates a client's keys for a plan, and writes them into a directory, which it creates if
 * necessary. No file is ever incomplete, and the files of two calls are never mixed. The secret key is written last, readable by its owner
 * only.
 *
 * @returns the paths of the files
 * @throws ShoalError if one of the files exists and `force` is not set
 */
export function keygen(
  plan: Plan,
  options: KeygenOptions & { readonly directory: string },
): Promise<KeySet<string>>;
export async function keygen(
  plan: Plan,
  options: KeygenOptions & { readonly directory?: string } = {},
): Promise<KeySet<Uint8Array<ArrayBuffer> | string>> {
  const { directory } = options;
  if (directory !== undefined) return keygenInto(plan, directory, options);
  const sinks = {
    secret: new MemorySink(),
    public: new MemorySink(),
    evaluation: new MemorySink(),
  };
  const id = await generateKeys(plan, sinks, options);
  return {
    id,
    secret: sinks.secret.bytes(),
    public: sinks.public.bytes(),
    evaluation: sinks.evaluation.bytes(),
  };
}

async function keygenInto(
  plan: Plan,
  directory: string,
  options: KeygenOptions,
): Promise<KeySet<string>> {
  const { force = false, reads = [], onTemporary } = options;
  const paths = {
    secret: pathIn(directory, KEY_FILE_NAMES.secret),
    public: pathIn(directory, KEY_FILE_NAMES.public),
    evaluation: pathIn(directory, KEY_FILE_NAMES.evaluation),
  };
  makePrivate(directory);
  const files: WholeFile[] = [];
  const open = (path: string, secret: boolean): WholeFile => {
    const file = new WholeFile(path, {
      force,
      reads,
      secret,
      ...(onTemporary ? { onTemporary } : {}),
    });
    files.push(file);
    return file;
  };
  // The files get their names in this order, so that an old secret key is replaced last.
  const id = await writeSet(
    files,
    pathIn(directory, LOCK_NAME),
    () =>
      generateKeys(
        plan,
        {
          evaluation: open(paths.evaluation, false),
          public: open(paths.public, false),
          secret: open(paths.secret, true),
        },
        options,
      ),
    options,
  );
  return { id, ...paths };
}

function makePrivate(path: string): void {
  try {
    makeDirectory(path, 0o700);
  } catch (error) {
    throw notWritten(path, error);
  }
}

/** Writes the three files. Evaluation keys are generated and written one by one. Returns the id. */
async function generateKeys(
  plan: Plan,
  sinks: Readonly<Record<'secret' | 'public' | 'evaluation', ByteSink>>,
  { compress = false, onProgress: report = () => {} }: ClientServerOptions,
): Promise<string> {
  const seal = await loadSeal();
  return scoped((scope) => {
    report(0, 0, 'setup');
    const context = scope.own(createPlanContext(seal, plan));
    const contexts = scope.own(new KeyContexts(context));
    report(0, 0, 'keygen');
    const secretKey = scope.own(generateSecretKey(context));
    const publicKey = generatePublicKey(context, secretKey);
    const keys = sha256(publicKey);
    const identity = identityOf(plan);
    const start = (
      kind: 'secret key' | 'public key' | 'evaluation keys',
      sink: ByteSink,
      parts: ExpectedParts,
    ) => {
      const header = newHeader(identity, { kind, compressed: compress, keys });
      return new ContainerWriter(sink, header, parts);
    };

    const publicFile = start('public key', sinks.public, publicParts(plan));
    publicFile.part(publicKey);
    publicFile.end();

    const needs = keyLevels(plan);
    const evaluation = start('evaluation keys', sinks.evaluation, evaluationParts(plan));
    evaluation.part(publicKey);
    let done = 0;
    generateSwitchingKeys(context, contexts, secretKey, needs, (_, __, saved) => {
      evaluation.part(saved);
      report(++done, needs.size, 'keygen');
    });
    evaluation.end();

    const secretFile = start('secret key', sinks.secret, secretParts(plan));
    const saved = secretKey.saveToArray(seal.ComprModeType.none) as Uint8Array;
    secretFile.part(saved);
    saved.fill(0);
    secretFile.end();
    return toHex(keys);
  });
}
