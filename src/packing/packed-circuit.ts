import type { InputType, NodeId, Origin } from '../ir/graph.ts';
import type { IndexOf } from '../plan/index-space.ts';
import type { OpWith } from '../plan/operations.ts';
import type { CipherOp, ClearOp, SlotMap } from '../plan/plan.ts';
import type { Rewired } from '../plan/rewire.ts';
import type { Layout } from './layout.ts';

type Unlevelled<T> = T extends { level: number } ? Omit<T, 'level'> : T;

/** Operations that level management adds; a packed circuit has none of them. */
type LevelOp = { op: OpWith<{ readonly yields: 'cipher'; readonly means: 'keep' }> };

/** Names a value of a packed circuit: the place of its operation in the list. */
export type PackedId = IndexOf<'packed'>;

/**
 * An operation on slot vectors before levels and scales are known: the plan's vocabulary (plan/plan.ts)
 * without what level management adds.
 */
export type PackedOp = Rewired<ClearOp | Unlevelled<Exclude<CipherOp, LevelOp>>, PackedId>;

/** Where an output lies, or a part of one: see `PlanOutput` in plan/plan.ts. */
export interface PackedOutput {
  readonly name: string;
  readonly shape: readonly number[];
  /** Place of the operation whose value holds the output. */
  readonly value: number;
  readonly map: SlotMap;
  /** What the client multiplies the decrypted output by; 1 where it is not given. */
  readonly factor?: number;
}

/** A vector, matrix or stack of matrices that is somewhere in a packed circuit. */
export interface PackedTensor {
  readonly node: NodeId;
  readonly layout: Layout;
  /** Place of the operation that holds each of its ciphertexts. */
  readonly values: readonly number[];
}

/** A circuit on slot vectors; each value is named by its place in `ops`. */
export interface PackedCircuit {
  /** Logical slots of every value: a power of two. */
  readonly slots: number;
  readonly ops: readonly PackedOp[];
  readonly origins: readonly (Origin | undefined)[];
  readonly inputs: readonly InputType[];
  readonly outputs: readonly PackedOutput[];
  /** Where tensors lie, for people; numbers are left out. */
  readonly tensors: readonly PackedTensor[];
}
