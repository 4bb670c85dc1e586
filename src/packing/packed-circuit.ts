import type { InputType, NodeId, Origin } from '../ir/graph.ts';
import type { IndexOf } from '../plan/index-space.ts';
import type { OpWith } from '../plan/operations.ts';
import type { CipherOp, ClearOp, SlotMap } from '../plan/plan.ts';
import type { Rewired } from '../plan/rewire.ts';
import type { Layout } from './layout.ts';

type Unlevelled<T> = T extends { level: number } ? Omit<T, 'level'> : T;

/** Operations that level management adds; packed circuits do not contain them. */
type LevelOp = { op: OpWith<{ readonly yields: 'cipher'; readonly means: 'keep' }> };

/** The name of a value of a packed circuit: the index of its operation in the list. */
export type PackedId = IndexOf<'packed'>;

/**
 * An operation on slot vectors before levels and scales are known: an operation of plans
 * (plan/plan.ts) without the fields that level management adds.
 */
export type PackedOp = Rewired<ClearOp | Unlevelled<Exclude<CipherOp, LevelOp>>, PackedId>;

/**
 * The slots of an output, or of the part of it in one ciphertext: see `PlanOutput` in plan/plan.ts.
 */
export interface PackedOutput {
  readonly name: string;
  readonly shape: readonly number[];
  /** Index of the operation whose value contains the output. */
  readonly value: number;
  readonly map: SlotMap;
  /** The number that the client multiplies the decrypted output by; 1 unless given. */
  readonly factor?: number;
}

/** A vector, matrix or stack of matrices in a packed circuit. */
export interface PackedTensor {
  readonly node: NodeId;
  readonly layout: Layout;
  /** Index of the operation that computes each of its ciphertexts. */
  readonly values: readonly number[];
}

/** A value whose slots lie in a promised range; see `PlanPromise` in plan/plan.ts. */
export interface PackedPromise {
  readonly value: number;
  readonly range: readonly [number, number];
  readonly hasZeros: boolean;
}

/** A circuit on slot vectors; each value is named by its index in `ops`. */
export interface PackedCircuit {
  /** Logical slots of every value: a power of two. */
  readonly slots: number;
  readonly ops: readonly PackedOp[];
  readonly origins: readonly (Origin | undefined)[];
  readonly inputs: readonly InputType[];
  readonly outputs: readonly PackedOutput[];
  /** Layouts of tensors, for reports; scalars are left out. */
  readonly tensors: readonly PackedTensor[];
  readonly promises: readonly PackedPromise[];
}
