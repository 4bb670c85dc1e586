import type { KeyGenerator, PublicKey, SecretKey } from 'node-seal/allows';
import type { KeyName, KeyNeeds } from '../../memory/key-needs.ts';
import type { KeyContexts } from './key-contexts.ts';
import { type Seal, translating } from './runtime.ts';
import type { SchemeContext } from './scheme.ts';
import { scoped } from './scope.ts';

/** What SEAL has saved, in memory that worker threads share. */
export type SharedBytes = Uint8Array<SharedArrayBuffer>;

/** An evaluation key as SEAL saves it, its random half as a seed. */
export interface StoredKey {
  /** Level of the context that it belongs to: it serves ciphertexts of this level and below. */
  readonly level: number;
  readonly bytes: SharedBytes;
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
 * Generates the keys that are needed, one after another, so that WebAssembly holds one at a time.
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
  const { seal } = context;
  return translating(seal, 'generating keys', () => {
    const publicKey = scoped((scope) => {
      const generator = scope.own(new seal.KeyGenerator(context.context, secretKey));
      return save(seal, scope.own(generator.createPublicKeySerializable()));
    });
    const switching = new Map<KeyName, StoredKey>();
    for (const level of new Set(needs.values())) {
      scoped((scope) => {
        const secret = scope.own(contexts.secretKey(secretKey, level));
        const generator = scope.own(new seal.KeyGenerator(contexts.at(level).context, secret));
        for (const [name, need] of needs) {
          if (need !== level) continue;
          switching.set(name, { level, bytes: generateKey(seal, generator, name) });
          onKey(switching.size, needs.size);
        }
      });
    }
    return { publicKey, switching };
  });
}

function generateKey(seal: Seal, generator: KeyGenerator, name: KeyName): SharedBytes {
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
  saveToArray(compression: unknown): Uint8Array;
}

/** Compression would take longer than the key's use, and make a seeded key a fifth smaller. */
function save(seal: Seal, object: Saveable): SharedBytes {
  const saved = object.saveToArray(seal.ComprModeType.none);
  const bytes = new Uint8Array(new SharedArrayBuffer(saved.length));
  bytes.set(saved);
  return bytes;
}

/** Bytes of all keys in a store: what a client sends. */
export function keyStoreBytes({ publicKey, switching }: KeyStore): number {
  let bytes = publicKey.length;
  for (const key of switching.values()) bytes += key.bytes.length;
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
