import type { Ciphertext, ParmsIdType, Plaintext, SEALContext } from 'node-seal/allows';
import type { ClearValue } from '../../plan/clear-ops.ts';
import type { RunIndex, ValueId } from '../../plan/index-space.ts';
import type { PlainOp } from '../../plan/operations.ts';
import type { CipherOp, Plan } from '../../plan/plan.ts';
import type { Seal } from './load-seal.ts';
import type { Deletable } from './scope.ts';

/**
 * The objects that client and server share in any scheme: parameters, SEAL's tables, an encoder.
 */
export interface SchemeContext extends Deletable {
  readonly scheme: Plan['scheme'];
  readonly seal: Seal;
  readonly params: Plan['params'];
  readonly context: SEALContext;
  /** Number of slots of a ciphertext, which may exceed those of the plan. */
  readonly slotCount: number;
  /** The highest level. */
  readonly topLevel: number;
  /** SEAL's id of the modulus of each level. */
  readonly parmsIds: readonly ParmsIdType[];
  /** Encodes all slots of a ciphertext at a level. */
  encode(slots: Float64Array, level: number, plain: Plaintext): void;
  /** Returns all slots of a decrypted plaintext. */
  decode(plain: Plaintext): Float64Array;
}

/** The operations that differ between schemes. */
export type SchemeOp =
  | Extract<CipherOp, { op: 'rescale' | 'adjust' | 'lower' | 'rotate' | 'modSwitch' | 'gather' }>
  | ScaledOp;

/** A product with a clear value whose scale is fixed by the level. */
export type ScaledOp = Extract<CipherOp, { op: 'mulPlain'; scale: 'level' | 'one' }>;

/** The part of an evaluator that depends on the scheme. It belongs to a plan and its keys. */
export interface SchemeEvaluator {
  /** Level of each ciphertext, -1 for values in the clear. */
  readonly levels: Int32Array;
  /** Starts a run of the plan. */
  start(): SchemeRun;
}

/** The encodings of one run, and the operations that differ between schemes. */
export interface SchemeRun extends Deletable {
  /** Calls `use` with an operation's clear operand, encoded as the operation requires it. */
  withPlain(op: PlainOp, value: ClearValue, use: (plain: Plaintext) => void): void;
  /**
   * Computes an operation into `to`, which may be one of the operands.
   *
   * @param index of the operation in the run, from which the key cache finds the next use of each
   *   key
   * @param operands undefined for operands in the clear, which are in `clears`
   */
  apply(
    op: SchemeOp,
    index: RunIndex,
    operands: readonly (Ciphertext | undefined)[],
    clears: ReadonlyMap<ValueId, ClearValue>,
    to: Ciphertext,
  ): void;
}
