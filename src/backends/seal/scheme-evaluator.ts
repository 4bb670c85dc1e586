import type { Ciphertext, ParmsIdType, Plaintext, SEALContext } from 'node-seal/allows';
import type { ClearValue } from '../../plan/clear-ops.ts';
import type { RunIndex, ValueId } from '../../plan/index-space.ts';
import type { PlainOp } from '../../plan/operations.ts';
import type { CipherOp, Plan } from '../../plan/plan.ts';
import type { Seal } from './load-seal.ts';
import type { Deletable } from './scope.ts';

/** What client and evaluator share, whatever the scheme: public parameters, SEAL's tables, and its encoder. */
export interface SchemeContext extends Deletable {
  readonly scheme: Plan['scheme'];
  readonly seal: Seal;
  readonly params: Plan['params'];
  readonly context: SEALContext;
  /** Slots of a real ciphertext. */
  readonly slotCount: number;
  /** Number of levels above 0. */
  readonly topLevel: number;
  /** SEAL's name for the modulus of each level. */
  readonly parmsIds: readonly ParmsIdType[];
  /** Encodes all slots of a ciphertext for a level. */
  encode(slots: Float64Array, level: number, plain: Plaintext): void;
  /** All slots of what was decrypted. */
  decode(plain: Plaintext): Float64Array;
}

/** Operations that every scheme does in a way of its own. */
export type SchemeOp =
  | Extract<CipherOp, { op: 'rescale' | 'adjust' | 'lower' | 'rotate' | 'modSwitch' | 'gather' }>
  | ScaledOp;

/** A product with a clear value at a level's scale. */
export type ScaledOp = Extract<CipherOp, { op: 'mulPlain'; scale: 'level' | 'one' }>;

/** The part of an evaluator that depends on the scheme; made for a plan and its keys. */
export interface SchemeEvaluator {
  /** Level of each ciphertext, -1 for values in clear. */
  readonly levels: Int32Array;
  /** What one run of the plan needs. */
  start(): SchemeRun;
}

/** One run's encodings, and the operations of its own. */
export interface SchemeRun extends Deletable {
  /** Lets `use` have an operation's clear operand, encoded as the operation wants it. */
  withPlain(op: PlainOp, value: ClearValue, use: (plain: Plaintext) => void): void;
  /**
   * Writes the result into `to`, which may be one of the operands.
   *
   * @param place the operation's place in the run, by which keys know when they are next used
   * @param operands undefined for those in clear, which are among `clears`
   */
  apply(
    op: SchemeOp,
    place: RunIndex,
    operands: readonly (Ciphertext | undefined)[],
    clears: ReadonlyMap<ValueId, ClearValue>,
    to: Ciphertext,
  ): void;
}
