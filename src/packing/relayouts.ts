import type { Node } from '../ir/graph.ts';
import { at } from '../lookup.ts';
import type { Constant } from '../tensor/constant.ts';
import * as exact from '../tensor/exact.ts';
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
import type { LoweringContext } from './lowering.ts';
import { move, movesTo } from './rearrange.ts';
import { isReasonable } from './usual-layouts.ts';

/** Whether a node's tensor may be turned into another layout after it is computed: elementwise operations turn their operands. */
export function canRelayout({ op, shape }: Node): boolean {
  if (shape.length === 0) return false;
  switch (op.kind) {
    case 'mul':
    case 'sum':
    case 'slice':
    case 'rotate':
    case 'concat':
    case 'stack':
      return true;
    default:
      return false;
  }
}

/** A way to lay a computed tensor out anew, which costs a level. */
export interface Relayout {
  /** Work that it takes at least. */
  readonly leastWork: number;
  write(held: SlotTensor): SlotTensor;
}

/**
 * Ways to lay a computed tensor out anew, from one of its usual layouts.
 *
 * @param most masks that a way may take
 */
export function relayouts(
  context: LoweringContext,
  shape: Shape,
  from: readonly AxisLayout[],
  request: LayoutRequest,
  most: number,
): readonly Relayout[] {
  const { emit } = context;
  const [a, b] = [at(from, 0), at(request.axes, 0)];
  const [n = 1] = shape;
  const isDisjoint =
    shape.length === 1 &&
    (axisBits(a) & axisBits(b)) === 0 &&
    isReasonable([n, n], [a, b], context.slotBits);
  const turned = isDisjoint
    ? [{ leastWork: a.bits * ROTATION, write: (held: SlotTensor) => byIdentity(context, held, b) }]
    : [];
  const masks = masksToMove(shape, from, request.axes);
  if (masks > most) return turned;
  const write = (held: SlotTensor) =>
    move(
      emit,
      movesTo(emit, held, shape, request.axes, (indices) => indices),
    );
  return [...turned, { leastWork: masks * MULTIPLICATION_BY_CLEAR, write }];
}

/** Masks that moving a tensor from places to places takes: for each ciphertext, how many ways its elements come from. */
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

/** A vector times the identity matrix: by a mask and a window sum it goes from one region of slots to another. */
function byIdentity(
  { emit, slotBits }: LoweringContext,
  held: SlotTensor,
  place: AxisLayout,
): SlotTensor {
  const [n = 1] = held.shape;
  const from = at(held.layout.axes, 0);
  const copies = axisBits(place);
  const spread = meetRequest(emit, held, { axes: [from], copies, clean: false });
  const grid = { extents: [n, n], axes: [place, from], rank: 1 };
  const gaps = Array.from({ length: slotBits }, (_, bit): Gap => {
    if (hasBit(axisBits(place) | axisBits(from), bit)) return 'zero';
    return 'copy';
  });
  const copied = gaps.reduce((set, gap, bit) => (gap === 'copy' ? set | (1 << bit) : set), 0);
  const matrix = layOut(
    emit,
    { kind: 'constant', tensor: identityMatrix(n) },
    { axes: [place, from], copies: copied, clean: false },
  );
  return contract(
    emit,
    [
      { tensor: spread, labels: [1] },
      { tensor: matrix, labels: [0, 1] },
    ],
    grid,
    false,
  );
}

const IDENTITIES = new Map<number, Constant>();

/** The same one for each size: what is made for it in slots is remembered with it. */
function identityMatrix(n: number): Constant {
  const known = IDENTITIES.get(n) ?? newIdentityMatrix(n);
  IDENTITIES.set(n, known);
  return known;
}

function newIdentityMatrix(n: number): Constant {
  const data = Array.from({ length: n * n }, (_, i) =>
    Math.floor(i / n) === i % n ? exact.ONE : exact.ZERO,
  );
  return { shape: [n, n], data };
}
