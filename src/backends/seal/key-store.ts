import type { KeyGenerator, PublicKey, SecretKey } from 'node-seal/allows';
import { descriptorSource } from '../../files/byte-streams.ts';
import { type PartLocation, readPart } from '../../files/container-reader.ts';
import type { KeyName, KeyNeeds } from '../../memory/key-needs.ts';
import type { KeyContexts } from './key-contexts.ts';
import { type Seal, translating } from './load-seal.ts';
import type { SchemeContext } from './scheme-evaluator.ts';
import { scoped } from './scope.ts';

/** What SEAL has saved, in memory that worker threads share. */
export type SharedBytes = Uint8Array<SharedArrayBuffer>;

/** An evaluation key as SEAL saves it, its random half as a seed. */
export interface StoredKey {
  /** Level of the context that it belongs to: it serves ciphertexts of this level and below. */
  readonly level: number;
  readonly saved: SharedBytes | KeyInFile;
  /** The file that it came in; undefined where it was generated here. */
  readonly file?: string;
}

/** A key that stays in a file, which is open, until it is used. */
export interface KeyInFile {
  readonly descriptor: number;
  readonly part: PartLocation;
}

/**
 * What whoever evaluates is given, outside WebAssembly. Reveals nothing about the secret key. Plain data:
 * posted to a worker thread it is shared, not copied.
 */
export interface KeyStore {
  readonly publicKey: SharedBytes;
  readonly switching: ReadonlyMap<KeyName, StoredKey>;
}

/** A fresh secret key, which stays with the client; the caller deletes it. */
export function generateSecretKey({ seal, context }: SchemeContext): SecretKey {
  return translating(seal, 'generating the secret key', () => {
    const generator = new seal.KeyGenerator(context);
    try {
      return generator.secretKey();
    } finally {
      generator.delete();
    }
  });
}

/**
 * Generates the keys that are needed and keeps them.
 *
 * @param needs level of each key
 * @param onKey called after each key
 */
export function generateKeyStore(
  context: SchemeContext,
  contexts: KeyContexts,
  secretKey: SecretKey,
  needs: KeyNeeds,
  onKey: (done: number, total: number) => void = () => {},
): KeyStore {
  const publicKey = shared(generatePublicKey(context, secretKey));
  const switching = new Map<KeyName, StoredKey>();
  generateSwitchingKeys(context, contexts, secretKey, needs, (name, level, saved) => {
    switching.set(name, { level, saved: shared(saved) });
    onKey(switching.size, needs.size);
  });
  return { publicKey, switching };
}

/** A public key as SEAL saves it, its random half as a seed. */
export function generatePublicKey(
  { seal, context }: SchemeContext,
  secretKey: SecretKey,
): Uint8Array<ArrayBuffer> {
  return translating(seal, 'generating the public key', () =>
    scoped((scope) => {
      const generator = scope.own(new seal.KeyGenerator(context, secretKey));
      return save(seal, scope.own(generator.createPublicKeySerializable()));
    }),
  );
}

/**
 * Generates keys for switching one after another, so that WebAssembly holds one at a time, in the order of
 * {@link keyOrder}.
 *
 * @param needs level of each key
 * @param give takes each key as SEAL saves it
 */
export function generateSwitchingKeys(
  context: SchemeContext,
  contexts: KeyContexts,
  secretKey: SecretKey,
  needs: KeyNeeds,
  give: (name: KeyName, level: number, saved: Uint8Array<ArrayBuffer>) => void,
): void {
  const { seal } = context;
  translating(seal, 'generating keys', () => {
    for (const level of new Set(needs.values())) {
      scoped((scope) => {
        const secret = scope.own(contexts.secretKey(secretKey, level));
        const generator = scope.own(new seal.KeyGenerator(contexts.at(level).context, secret));
        for (const [name, need] of needs) {
          if (need === level) give(name, level, generateKey(seal, generator, name));
        }
      });
    }
  });
}

/** The order in which keys are generated, and stand in files: level by level, for each takes a context. */
export function keyOrder(needs: KeyNeeds): readonly (readonly [KeyName, number])[] {
  return [...new Set(needs.values())].flatMap((level) =>
    [...needs].filter(([, need]) => need === level),
  );
}

function generateKey(seal: Seal, generator: KeyGenerator, name: KeyName): Uint8Array<ArrayBuffer> {
  return scoped((scope) =>
    save(
      seal,
      scope.own(
        name === 'relinearization'
          ? generator.createRelinKeysSerializable()
          : generator.createGaloisKeysSerializableWithSteps(Int32Array.of(name)),
      ),
    ),
  );
}

interface Saveable {
  saveToArray(compression: unknown): Uint8Array<ArrayBuffer>;
}

/** Compression would take longer than the key's use, and make a seeded key a fifth smaller. */
function save(seal: Seal, object: Saveable): Uint8Array<ArrayBuffer> {
  return object.saveToArray(seal.ComprModeType.none);
}

/** A copy in memory that worker threads share. */
export function shared(saved: Uint8Array): SharedBytes {
  const bytes = new Uint8Array(new SharedArrayBuffer(saved.length));
  bytes.set(saved);
  return bytes;
}

/**
 * A key as SEAL saves it.
 *
 * @param length bytes that it has to have
 * @throws ShoalError if its file was changed since it was opened
 */
export function savedKey({ saved, file = '' }: StoredKey, length: number): Uint8Array {
  if (!('descriptor' in saved)) return saved;
  return readPart(descriptorSource(file, saved.descriptor), saved.part, length);
}

/** Bytes of all keys in a store: what a client sends. */
export function keyStoreBytes({ publicKey, switching }: KeyStore): number {
  let bytes = publicKey.length;
  for (const { saved } of switching.values()) {
    bytes += 'descriptor' in saved ? saved.part.length : saved.length;
  }
  return bytes;
}

/** The public key, loaded; the caller deletes it. */
export function loadPublicKey({ seal, context }: SchemeContext, store: KeyStore): PublicKey {
  return translating(seal, 'loading the public key', () => {
    const key = new seal.PublicKey();
    try {
      key.loadFromArray(context, store.publicKey);
      return key;
    } catch (error) {
      key.delete();
      throw error;
    }
  });
}
