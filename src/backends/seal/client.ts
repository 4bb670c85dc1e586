import type { Ciphertext, Encryptor, Plaintext, PublicKey, SecretKey } from 'node-seal/allows';
import type { BlockData } from '../../plan/clear-ops.ts';
import type { CipherOp, Plan } from '../../plan/plan.ts';
import { packUpload } from '../../plan/slot-machine.ts';
import { replicate } from '../../plan/slot-maps.ts';
import { translating } from './load-seal.ts';
import type { SchemeContext } from './scheme-evaluator.ts';
import { scoped } from './scope.ts';

/** The client's side: what is done with inputs before, and with outputs after the evaluation. */

/** An operation whose value the client encrypts. */
export type UploadOp = Extract<CipherOp, { op: 'upload' }>;

/**
 * Encrypts what a plan uploads, one ciphertext for each upload operation, at its level and scale.
 *
 * @param data inputs of the instances that share the ciphertexts
 * @param give takes each ciphertext over, with the index of its operation
 */
export function encryptUploads(
  context: SchemeContext,
  publicKey: PublicKey,
  plan: Plan,
  data: BlockData,
  give: (at: number, cipher: Ciphertext) => void,
): void {
  const { seal } = context;
  scoped((scope) => {
    const encryptor = scope.own(new seal.Encryptor(context.context, publicKey));
    encodeUploads(context, plan, plan.ops.keys(), data, (at, plain) =>
      give(at, encrypted(encryptor, plain, new seal.Ciphertext())),
    );
  });
}

/** What a client encrypts with: its secret key, or the public key of somebody else. */
export type EncryptionKey =
  | { readonly kind: 'secret'; readonly key: SecretKey }
  | { readonly kind: 'public'; readonly key: PublicKey };

/**
 * Encrypts some of what a plan uploads, as SEAL saves it. With the secret key, random halves are seeds, so that
 * ciphertexts take half of the room.
 *
 * @param places of the upload operations
 * @param give takes each saved ciphertext, with the index of its operation
 */
export function savedUploads(
  context: SchemeContext,
  { kind, key }: EncryptionKey,
  plan: Plan,
  places: Iterable<number>,
  data: BlockData,
  give: (at: number, saved: Uint8Array) => void,
): void {
  const { seal } = context;
  scoped((scope) => {
    const encryptor = scope.own(
      new seal.Encryptor(
        context.context,
        kind === 'public' ? key : scope.own(anyPublicKey(context, key)),
      ),
    );
    if (kind === 'secret') encryptor.setSecretKey(key);
    encodeUploads(context, plan, places, data, (at, plain) => {
      const cipher =
        kind === 'secret'
          ? encryptor.encryptSymmetricSerializable(plain)
          : encryptor.encryptSerializable(plain);
      try {
        give(at, cipher.saveToArray(seal.ComprModeType.none));
      } finally {
        cipher.delete();
      }
    });
  });
}

/** The binding of SEAL's encryptor wants one, also where it is not used. */
function anyPublicKey({ seal, context }: SchemeContext, secretKey: SecretKey): PublicKey {
  const generator = new seal.KeyGenerator(context, secretKey);
  try {
    return generator.createPublicKey();
  } finally {
    generator.delete();
  }
}

function encodeUploads(
  context: SchemeContext,
  plan: Plan,
  places: Iterable<number>,
  data: BlockData,
  use: (at: number, plain: Plaintext) => void,
): void {
  const { seal } = context;
  scoped((scope) => {
    const plain = scope.own(new seal.Plaintext());
    for (const at of places) {
      const op = plan.ops[at];
      if (op?.op !== 'upload') continue;
      translating(seal, `encrypting input '${op.input}'`, () => {
        encodeUpload(context, op, data, plain);
        use(at, plain);
      });
    }
  });
}

/**
 * The same, all kept.
 *
 * @returns ciphertexts by operation index; the caller deletes them
 */
export function encryptedUploads(
  context: SchemeContext,
  publicKey: PublicKey,
  plan: Plan,
  data: BlockData,
): Map<number, Ciphertext> {
  const uploads = new Map<number, Ciphertext>();
  try {
    encryptUploads(context, publicKey, plan, data, (at, cipher) => uploads.set(at, cipher));
    return uploads;
  } catch (error) {
    for (const cipher of uploads.values()) cipher.delete();
    throw error;
  }
}

function encrypted(encryptor: Encryptor, plain: Plaintext, cipher: Ciphertext): Ciphertext {
  try {
    encryptor.encrypt(plain, cipher);
    return cipher;
  } catch (error) {
    cipher.delete();
    throw error;
  }
}

/** Packs and encodes an upload at its level. */
function encodeUpload(
  context: SchemeContext,
  op: UploadOp,
  data: BlockData,
  plain: Plaintext,
): void {
  const vector = new Float64Array(data.slots * data.blocks);
  packUpload(op, data, vector);
  context.encode(replicate(vector, context.slotCount), op.level, plain);
}

/** Decrypts ciphertexts to all their slots. */
export function decryptAll(
  context: SchemeContext,
  secretKey: SecretKey,
  ciphers: ReadonlyMap<number, Ciphertext>,
): Map<number, Float64Array> {
  const { seal } = context;
  return translating(seal, 'decrypting outputs', () =>
    scoped((scope) => {
      const decryptor = scope.own(new seal.Decryptor(context.context, secretKey));
      const plain = scope.own(new seal.Plaintext());
      const vectors = new Map<number, Float64Array>();
      for (const [index, cipher] of ciphers) {
        decryptor.decrypt(cipher, plain);
        vectors.set(index, context.decode(plain));
      }
      return vectors;
    }),
  );
}

/** Bits of noise budget that ciphertexts of integers have left. */
export function measureBudgets(
  { seal, context }: SchemeContext,
  secretKey: SecretKey,
  ciphers: ReadonlyMap<number, Ciphertext>,
): ReadonlyMap<number, number> {
  return translating(seal, 'measuring noise', () =>
    scoped((scope) => {
      const decryptor = scope.own(new seal.Decryptor(context, secretKey));
      return new Map(
        [...ciphers].map(([at, cipher]) => [at, decryptor.invariantNoiseBudget(cipher)]),
      );
    }),
  );
}
