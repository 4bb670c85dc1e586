import { type Circuit, type NodeId, nodeAt } from '../ir/graph.ts';
import { at } from '../tensor/lookup.ts';
import type { Shape } from '../tensor/tensor.ts';
import type { Emitter } from './emitter.ts';
import type { Known } from './known.ts';
import type { Demand, Held } from './layout.ts';
import type { PlaceRules } from './places.ts';

/** An operand as a way to compute wants it. */
export interface Want {
  readonly node: NodeId;
  readonly demand: Demand;
}

/** A way to compute a node's tensor. */
export interface Way {
  readonly wants: readonly Want[];
  /** Writes the operations, given the operands as wanted. */
  make(operands: readonly Held[]): Held;
  /** Work that it is chosen against, besides what it writes. */
  readonly penalty?: number;
  /** Work that it takes at least, so that it need not be written only to be dropped; none, where not given. */
  readonly least?: number;
  /** Levels that it takes at least; none, where not given. */
  readonly steps?: number;
}

/** A way to compute a tensor from one operand. */
export function wayFrom(want: Want, make: (operand: Held) => Held): Way {
  return { wants: [want], make: (operands) => make(at(operands, 0)) };
}

/** What ways to compute depend on. */
export interface WaysContext extends PlaceRules {
  readonly circuit: Circuit;
  readonly emit: Emitter;
  /** A node's tensor, where it is known in clear and not laid out. */
  readonly known: (id: NodeId) => Known | undefined;
}

/** The extents of a node. */
export function shapeOf({ circuit }: WaysContext, id: NodeId): Shape {
  return nodeAt(circuit, id).shape;
}
