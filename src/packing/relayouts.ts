import type { Node } from '../ir/graph.ts';
import { at } from '../lookup.ts';
import { type Constant, identityMatrix } from '../tensor/constant.ts';
import type { Shape } from '../tensor/tensor.ts';
import { layOut } from './clear-tensors.ts';
import { MULTIPLICATION_BY_CLEAR, ROTATION } from './emitter.ts';
import { meetRequest } from './gaps.ts';
import { contract } from './grid-contraction.ts';
import {
  type AxisLayout,
  axisBits,
  type Gap,
  hasBit,
  type LayoutRequest,
  type SlotTensor,
  tilesAlong,
} from './layout.ts';
import { move, movesTo } from './rearrange.ts';
import type { MethodContext } from './slot-method.ts';
import { isReasonable } from './usual-layouts.ts';

/**
 * Whether a node's tensor may be changed into another layout after it is computed. Elementwise
 * operations instead request the layout from their operands.
 */
export function canRelayout({ op, shape }: Node): boolean {
  if (shape.length === 0) return false;
  switch (op.kind) {
    case 'mul':
    case 'sum':
    case 'slice':
    case 'reindex':
    case 'rotate':
    case 'cumsum':
    case 'concat':
    case 'stack':
      return true;
    default:
      return false;
  }
}

/** A method to change a computed tensor's layout, which costs a level. */
export interface Relayout {
  /** Lower bound of its work. */
  readonly leastWork: number;
  write(tensor: SlotTensor): SlotTensor;
}

/**
 * Returns methods to change a computed tensor's layout.
 *
 * @param from a usual layout in which the tensor has been computed
 * @param mostMasks limit on the masks of a method
 */
export function relayouts(
  context: MethodContext,
  shape: Shape,
  from: readonly AxisLayout[],
  request: LayoutRequest,
  mostMasks: number,
): readonly Relayout[] {
  const { emit } = context;
  const [a, b] = [at(from, 0), at(request.axes, 0)];
  const [n = 1] = shape;
  const isDisjoint =
    shape.length === 1 &&
    (axisBits(a) & axisBits(b)) === 0 &&
    isReasonable([n, n], [a, b], context.slotBits);
  const identity = isDisjoint
    ? [
        {
          leastWork: a.bits * ROTATION,
          write: (tensor: SlotTensor) => byIdentity(context, tensor, b),
        },
      ]
    : [];
  const masks = masksToMove(shape, from, request.axes);
  if (masks > mostMasks) return identity;
  const write = (tensor: SlotTensor) =>
    move(
      emit,
      movesTo(emit, tensor, shape, request.axes, (indices) => indices),
    );
  return [...identity, { leastWork: masks * MULTIPLICATION_BY_CLEAR, write }];
}

/**
 * Returns how many masks it takes to move a tensor from one layout to another: for each ciphertext,
 * one for every distance that its elements move.
 */
function masksToMove(shape: Shape, from: readonly AxisLayout[], to: readonly AxisLayout[]): number {
  let masks = 1;
  shape.forEach((extent, axis) => {
    const [source, target] = [at(from, axis), at(to, axis)];
    const moved = Math.min(extent, 2 ** target.bits);
    const staying = source.at === target.at ? 2 ** Math.min(source.bits, target.bits) : 1;
    masks *= Math.ceil(moved / staying) * tilesAlong(extent, target);
  });
  return masks;
}

/** Moves a vector to other slots by a mask and a window sum: a product with the identity matrix. */
function byIdentity(
  { emit, slotBits }: MethodContext,
  tensor: SlotTensor,
  to: AxisLayout,
): SlotTensor {
  const [n = 1] = tensor.shape;
  const from = at(tensor.layout.axes, 0);
  const copies = axisBits(to);
  const spread = meetRequest(emit, tensor, { axes: [from], copies, clean: false });
  const grid = { extents: [n, n], axes: [to, from], rank: 1 };
  const gaps = Array.from({ length: slotBits }, (_, bit): Gap => {
    if (hasBit(axisBits(to) | axisBits(from), bit)) return 'zero';
    return 'copy';
  });
  const copied = gaps.reduce((set, gap, bit) => (gap === 'copy' ? set | (1 << bit) : set), 0);
  const matrix = layOut(
    emit,
    { kind: 'constant', tensor: sharedIdentity(n) },
    { axes: [to, from], copies: copied, clean: false },
  );
  return contract(
    emit,
    [
      { tensor: spread, labels: [1] },
      { tensor: matrix, labels: [0, 1] },
    ],
    grid,
    { spread: false, stopAtExtent: false },
  );
}

const IDENTITIES = new Map<number, Constant>();

/** Returns the same object for each size: emitters remember its constants by the object. */
function sharedIdentity(n: number): Constant {
  const known = IDENTITIES.get(n) ?? identityMatrix(n);
  IDENTITIES.set(n, known);
  return known;
}
