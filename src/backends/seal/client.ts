import type { Ciphertext, Encryptor, Plaintext, PublicKey, SecretKey } from 'node-seal/allows';
import { ShoalError } from '../../errors/shoal-error.ts';
import type { BlockData } from '../../plan/clear-ops.ts';
import type { CipherOp, Plan } from '../../plan/plan.ts';
import { packUpload } from '../../plan/slot-machine.ts';
import { replicate } from '../../plan/slot-maps.ts';
import { SCHEMES } from '../../schemes/schemes.ts';
import { translating } from './load-seal.ts';
import type { SchemeContext } from './scheme-evaluator.ts';
import { scoped } from './scope.ts';

/** The client's side: encrypting inputs before the evaluation and decrypting outputs after it. */

/** An operation whose value the client encrypts and uploads. */
export type UploadOp = Extract<CipherOp, { op: 'upload' }>;

/**
 * Encrypts the uploads of a plan, one ciphertext for each `upload` operation, at its level and
 * scale.
 *
 * @param data inputs of the instances that share the ciphertexts
 * @param give receives each ciphertext, which it must delete, and the index of its operation
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

/** The key that a client encrypts with: its own secret key, or another party's public key. */
export type EncryptionKey =
  | { readonly kind: 'secret'; readonly key: SecretKey }
  | { readonly kind: 'public'; readonly key: PublicKey };

/**
 * Encrypts some uploads of a plan and saves them in SEAL's format. With the secret key, the random
 * half of each ciphertext is saved as a seed, so that it takes half the space.
 *
 * @param indices of the `upload` operations
 * @param give receives each saved ciphertext and the index of its operation
 */
export function savedUploads(
  context: SchemeContext,
  { kind, key }: EncryptionKey,
  plan: Plan,
  indices: Iterable<number>,
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
    encodeUploads(context, plan, indices, data, (at, plain) => {
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

/** Returns a public key that is never used: the binding of SEAL's encryptor requires one. */
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
  indices: Iterable<number>,
  data: BlockData,
  use: (at: number, plain: Plaintext) => void,
): void {
  const { seal } = context;
  scoped((scope) => {
    const plain = scope.own(new seal.Plaintext());
    for (const at of indices) {
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
 * Encrypts all uploads of a plan, as {@link encryptUploads} does.
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

/** The values of ciphertexts, and the noise that decrypting them has found. */
export interface DecryptedValues {
  /** All slots of each ciphertext. */
  readonly vectors: ReadonlyMap<number, Float64Array>;
  /** The noise budget that each ciphertext has left, in bits; no entries for CKKS. */
  readonly budgets: ReadonlyMap<number, number>;
}

/**
 * Decrypts ciphertexts. Integers are decrypted only if noise budget is left: from 0 bits on, they
 * may be wrong.
 *
 * @throws ShoalError `noise-budget-used-up`
 */
export function decryptAll(
  context: SchemeContext,
  secretKey: SecretKey,
  ciphers: ReadonlyMap<number, Ciphertext>,
): DecryptedValues {
  const { seal, scheme } = context;
  return translating(seal, 'decrypting outputs', () =>
    scoped((scope) => {
      const decryptor = scope.own(new seal.Decryptor(context.context, secretKey));
      const plain = scope.own(new seal.Plaintext());
      const vectors = new Map<number, Float64Array>();
      const budgets = new Map<number, number>();
      for (const [index, cipher] of ciphers) {
        if (SCHEMES[scheme].isExact) {
          const bits = decryptor.invariantNoiseBudget(cipher);
          if (bits <= 0) throw usedUp();
          budgets.set(index, bits);
        }
        decryptor.decrypt(cipher, plain);
        vectors.set(index, context.decode(plain));
      }
      return { vectors, budgets };
    }),
  );
}

function usedUp(): ShoalError {
  const message =
    'the noise budget of an output is used up, so that its integers may be wrong: the parameters of the plan are too small for its operations; compile the circuit again';
  return new ShoalError('noise-budget-used-up', message);
}
