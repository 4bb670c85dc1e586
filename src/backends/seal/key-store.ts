import type { KeyGenerator, PublicKey, SecretKey } from 'node-seal/allows';
import { descriptorSource } from '../../files/byte-streams.ts';
import { type PartLocation, readPart } from '../../files/container-reader.ts';
import type { KeyName, KeyNeeds } from '../../memory/key-needs.ts';
import type { KeyContexts } from './key-contexts.ts';
import { type Seal, translating } from './load-seal.ts';
import type { SchemeContext } from './scheme-evaluator.ts';
import { scoped } from './scope.ts';

/** Bytes that SEAL saved, in memory that worker threads share. */
export type SharedBytes = Uint8Array<SharedArrayBuffer>;

/** An evaluation key as SEAL saves it, with its random half as a seed. */
export interface StoredKey {
  /** The level of its context: the key works for ciphertexts of this level and below. */
  readonly level: number;
  readonly saved: SharedBytes | KeyInFile;
  /** The file that it came in; undefined if it was generated in this process. */
  readonly file?: string;
}

/** A key that stays in an open file until it is used. */
export interface KeyInFile {
  readonly descriptor: number;
  readonly part: PartLocation;
}

/**
 * The keys that the server needs, outside WebAssembly. They reveal nothing about the secret key.
 * This is plain data: posting it to a worker thread shares it and does not copy it.
 */
export interface KeyStore {
  readonly publicKey: SharedBytes;
  readonly switching: ReadonlyMap<KeyName, StoredKey>;
}

/** Generates a secret key, which stays with the client; the caller deletes it. */
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
 * Generates the keys that a server needs and keeps them in memory.
 *
 * @param needs the level of each key
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

/** Generates a public key as SEAL saves it, with its random half as a seed. */
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
 * Generates relinearization and rotation keys one by one, in the order of {@link keyOrder}, so that
 * WebAssembly memory contains only one at a time.
 *
 * @param needs the level of each key
 * @param give receives each key as SEAL saves it
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

/**
 * Returns the order of keys in generation and in files: by level, because each level takes a
 * context.
 */
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

/** Saves without compression, which would take longer than using the key and save only a fifth. */
function save(seal: Seal, object: Saveable): Uint8Array<ArrayBuffer> {
  return object.saveToArray(seal.ComprModeType.none);
}

/** Returns a copy in memory that worker threads share. */
export function shared(saved: Uint8Array): SharedBytes {
  const bytes = new Uint8Array(new SharedArrayBuffer(saved.length));
  bytes.set(saved);
  return bytes;
}

/**
 * Returns a key as SEAL saves it, reading it if it is in a file.
 *
 * @param length bytes that a key in a file must have
 * @throws ShoalError if that file was changed since it was opened
 */
export function savedKey({ saved, file = '' }: StoredKey, length: number): Uint8Array {
  if (!('descriptor' in saved)) return saved;
  return readPart(descriptorSource(file, saved.descriptor), saved.part, length);
}

/** Returns the bytes of all keys in a store, which a client sends. */
export function keyStoreBytes({ publicKey, switching }: KeyStore): number {
  let bytes = publicKey.length;
  for (const { saved } of switching.values()) {
    bytes += 'descriptor' in saved ? saved.part.length : saved.length;
  }
  return bytes;
}

/** Loads the public key; the caller deletes it. */
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
