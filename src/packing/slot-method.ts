import { type Circuit, type NodeId, nodeAt } from '../ir/graph.ts';
import { at } from '../lookup.ts';
import type { Shape } from '../tensor/tensor.ts';
import type { ClearTensor } from './clear-tensors.ts';
import type { Emitter } from './emitter.ts';
import type { LayoutRequest, SlotTensor } from './layout.ts';
import type { LayoutRules } from './usual-layouts.ts';

/** An operand and the layout in which a method reads it. */
export interface OperandRequest {
  readonly node: NodeId;
  readonly request: LayoutRequest;
}

/** A method to compute a node's tensor on slot vectors. */
export interface SlotMethod {
  readonly operands: readonly OperandRequest[];
  /** Writes the operations, given the operands in the requested layouts; returns the result. */
  write(operands: readonly SlotTensor[]): SlotTensor;
  /** Work that is added to that of the written operations when methods are compared. */
  readonly penalty?: number;
  /** Lower bound of its work, so that a bad method need not be written; 0 unless given. */
  readonly leastWork?: number;
  /** Lower bound of the levels that it takes; 0 unless given. */
  readonly leastLevels?: number;
}

/** Returns a method that has one operand. */
export function unaryMethod(
  operand: OperandRequest,
  write: (tensor: SlotTensor) => SlotTensor,
): SlotMethod {
  return { operands: [operand], write: (tensors) => write(at(tensors, 0)) };
}

/** The circuit and the options that methods depend on. */
export interface MethodContext extends LayoutRules {
  readonly circuit: Circuit;
  readonly emit: Emitter;
  /** Returns a node's tensor if it is known in the clear, else undefined. */
  readonly known: (id: NodeId) => ClearTensor | undefined;
}

/** Returns the extents of a node. */
export function shapeOf({ circuit }: MethodContext, id: NodeId): Shape {
  return nodeAt(circuit, id).shape;
}
