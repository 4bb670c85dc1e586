import { type Circuit, type NodeId, nodeAt } from '../ir/graph.ts';
import { at } from '../lookup.ts';
import type { Shape } from '../tensor/tensor.ts';
import type { ClearTensor } from './clear-tensors.ts';
import type { Emitter } from './emitter.ts';
import type { LayoutRequest, SlotTensor } from './layout.ts';
import type { LayoutRules } from './usual-layouts.ts';

/** An operand as a way to compute wants it. */
export interface OperandRequest {
  readonly node: NodeId;
  readonly request: LayoutRequest;
}

/** A way to compute a node's tensor. */
export interface Lowering {
  readonly operands: readonly OperandRequest[];
  /** Writes the operations, given the operands as wanted. */
  write(operands: readonly SlotTensor[]): SlotTensor;
  /** Work that it is chosen against, besides what it writes. */
  readonly penalty?: number;
  /** Work that it takes at least, so that it need not be written only to be dropped; none, where not given. */
  readonly leastWork?: number;
  /** Levels that it takes at least; none, where not given. */
  readonly leastLevels?: number;
}

/** A way to compute a tensor from one operand. */
export function unaryLowering(
  want: OperandRequest,
  make: (operand: SlotTensor) => SlotTensor,
): Lowering {
  return { operands: [want], write: (operands) => make(at(operands, 0)) };
}

/** What ways to compute depend on. */
export interface LoweringContext extends LayoutRules {
  readonly circuit: Circuit;
  readonly emit: Emitter;
  /** A node's tensor, where it is known in clear and not laid out. */
  readonly known: (id: NodeId) => ClearTensor | undefined;
}

/** The extents of a node. */
export function shapeOf({ circuit }: LoweringContext, id: NodeId): Shape {
  return nodeAt(circuit, id).shape;
}
