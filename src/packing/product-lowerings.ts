import type { NodeId, NodeOf } from '../ir/graph.ts';
import { at, defined } from '../lookup.ts';
import { labelExtents } from '../tensor/op.ts';
import { type Shape, sizeOf } from '../tensor/tensor.ts';
import { permuted } from './axis-lowerings.ts';
import { type ClearTensor, viewed } from './clear-tensors.ts';
import { diagonalGrid, multiplyByDiagonals, operandRequest } from './diagonals.ts';
import {
  ADDITION,
  MULTIPLICATION,
  MULTIPLICATION_BY_CLEAR,
  RELINEARIZATION,
  ROTATION,
} from './emitter.ts';
import { meetRequest } from './gaps.ts';
import { contract, type Grid, type GridFactor } from './grid-contraction.ts';
import {
  type AxisLayout,
  axisBits,
  bitsOf,
  hasBit,
  type LayoutRequest,
  type SlotTensor,
  tileCounts,
} from './layout.ts';
import {
  type Lowering,
  type LoweringContext,
  type OperandRequest,
  shapeOf,
  unaryLowering,
} from './lowering.ts';
import { inner, isReasonable, outer, summedLayouts } from './usual-layouts.ts';

/** A product and the sum over the labels that the result lacks. */
export function productLowerings(
  context: LoweringContext,
  { op, args: [a, b] }: NodeOf<'mul'>,
  request: LayoutRequest,
): readonly Lowering[] {
  const extents = labelExtents(op, [shapeOf(context, a), shapeOf(context, b)]);
  const factors = [
    { node: a, labels: op.lhs },
    { node: b, labels: op.rhs },
  ];
  return [
    ...gridWays(context, factors, extents, op.rank, request),
    ...diagonalWays(context, factors, extents, op.rank, request),
  ];
}

/** Ways to sum over axes: a product of one factor. */
export function sumOverLowerings(
  context: LoweringContext,
  { op: { axes }, args: [node], shape: { length: rank } }: NodeOf<'sum'>,
  request: LayoutRequest,
): readonly Lowering[] {
  const shape = shapeOf(context, node);
  let kept = 0;
  let summed = rank;
  const labels = shape.map((_, axis) => (axes.includes(axis) ? summed++ : kept++));
  const extents = new Array<number>(shape.length);
  labels.forEach((label, axis) => {
    extents[label] = at(shape, axis);
  });
  return gridWays(context, [{ node, labels }], extents, rank, request);
}

interface LabelledNode {
  readonly node: NodeId;
  readonly labels: readonly number[];
}

/** Ways to multiply on a grid of all labels: those that are summed over lie where others leave room. */
function gridWays(
  context: LoweringContext,
  factors: readonly LabelledNode[],
  extents: Shape,
  rank: number,
  request: LayoutRequest,
): readonly Lowering[] {
  const all = summedLayouts(extents.slice(rank), request.axes, context).map((summed) => [
    ...request.axes,
    ...summed,
  ]);
  const reasonable = all.filter((places) => isReasonable(extents, places, context.slotBits));
  const possible = reasonable.length > 0 ? reasonable : all;
  const natural = context.asWritten
    ? possible.filter((places) => factors.every((factor) => liesAsGiven(context, factor, places)))
    : possible;
  return (natural.length > 0 ? natural : possible).flatMap((places) =>
    gapChoices(context, { extents, axes: places, rank }, request).map((gaps) =>
      gridWay(context, factors, { extents, axes: places, rank }, request, gaps),
    ),
  );
}

/** In the default packing an encrypted matrix lies in one way only: its columns, which are next to each other, inner. */
function liesAsGiven(
  { known }: LoweringContext,
  { node, labels }: LabelledNode,
  places: readonly AxisLayout[],
): boolean {
  const source = known(node);
  const [row, column] = labels;
  const isMatrix = labels.length === 2 && row !== undefined && column !== undefined;
  if (source?.kind !== 'input' || !source.cipher || !isMatrix) return true;
  const [a, b] = [at(places, row), at(places, column)];
  const [rowStride = 0, columnStride = 0] = source.view.fromStrides;
  if (rowStride === 0 || columnStride === 0 || a.bits === 0 || b.bits === 0) return true;
  return rowStride > columnStride === a.at > b.at;
}

/** What factors have in the slot bits that no label uses: the bits they are copied along, or zeros in all. */
interface Gaps {
  readonly copies: number;
  readonly zeros: boolean;
}

/**
 * Which unused slot bits factors are copied along: those of the request, or also the one or all above a label that is
 * summed over, since the window then finds the same there, or none, where copying the result is cheaper. A result is
 * copied without a mask where zeros are around one of its factors.
 */
function gapChoices(
  { slotBits, hasGrids, asWritten }: LoweringContext,
  { axes: places, rank }: Grid,
  { copies, clean }: LayoutRequest,
): readonly Gaps[] {
  const taken = bitsOf(places);
  const free = ((1 << slotBits) - 1) & ~taken;
  const plain = copies & free;
  let above = 0;
  let next = 0;
  for (const { at, bits } of places.slice(rank)) {
    if (bits === 0) continue;
    for (let bit = at + bits; bit < slotBits && hasBit(free, bit); bit++) above |= 1 << bit;
    next |= (1 << (at + bits)) & above;
  }
  const zeros = clean && places.length === rank;
  if (!hasGrids || asWritten) return [{ copies: plain, zeros }];
  const choices = [...new Set([plain, plain | next, plain | above, 0])].map((bits) => {
    return { copies: bits, zeros };
  });
  return plain === 0 || zeros ? choices : [...choices, { copies: 0, zeros: true }];
}

function gridWay(
  context: LoweringContext,
  factors: readonly LabelledNode[],
  grid: Grid,
  request: LayoutRequest,
  { copies, zeros }: Gaps,
): Lowering {
  const { emit, asWritten } = context;
  const taken = bitsOf(grid.axes);
  const summed = grid.axes.slice(grid.rank);
  const cleaned = zeros ? cleanFactor(context, factors, grid) : -1;
  const wants = factors.map(({ node, labels }, side): OperandRequest => {
    const axes = labels.map((label) => at(grid.axes, label));
    const others = taken & ~bitsOf(axes);
    return { node, request: { axes, copies: others | copies, clean: side === cleaned } };
  });
  const summedBits = bitsOf(summed);
  const spreads = !asWritten && (request.copies & summedBits) !== 0;
  return {
    operands: wants,
    ...leastOf(context, factors, grid),
    write: (helds) => {
      const given = helds.map(
        (held, side): GridFactor => ({ tensor: held, labels: at(factors, side).labels }),
      );
      const result = contract(emit, given, grid, spreads);
      // The default packing masks sums of rows and copies them back at once.
      return asWritten && grid.rank > 0
        ? meetRequest(emit, result, { ...request, copies: summedBits, clean: false })
        : result;
    },
  };
}

/** What a product on a grid takes at least: its multiplications, additions, and the rotations of its sums. */
function leastOf(
  { circuit, known }: LoweringContext,
  factors: readonly LabelledNode[],
  { extents, axes: places, rank }: Grid,
): Pick<Lowering, 'leastWork' | 'leastLevels'> {
  const counts = tileCounts(extents, places);
  const results = sizeOf(counts.slice(0, rank));
  const terms = sizeOf(counts);
  const rotations = places.slice(rank).reduce((sum, { bits }) => sum + bits, 0);
  const sums = terms - results + results * rotations * (ROTATION + ADDITION);
  const ciphers = factors.filter(({ node }) => circuit.nodes[node]?.secrecy === 'cipher');
  if (ciphers.length === 0) return {};
  if (factors.length === 1) return { leastWork: sums };
  if (ciphers.length === 2)
    return { leastWork: terms * MULTIPLICATION + results * RELINEARIZATION + sums, leastLevels: 1 };
  // A single number may cost no level.
  const isNumber = factors.some(({ node, labels }) => labels.length === 0 && known(node));
  return isNumber
    ? { leastWork: sums }
    : { leastWork: terms * MULTIPLICATION_BY_CLEAR + sums, leastLevels: 1 };
}

/**
 * A factor with all axes of a product: zeros around it are zeros around the product. As written, a number is
 * multiplied as it is, and masked by itself.
 */
function cleanFactor(
  { known, asWritten }: LoweringContext,
  factors: readonly LabelledNode[],
  { axes: places }: Grid,
): number {
  if (asWritten && places.length === 0) return -1;
  const whole = factors.flatMap(({ labels, node }, side) =>
    labels.length === places.length ? [{ side, isKnown: known(node) !== undefined }] : [],
  );
  return (whole.find(({ isKnown }) => isKnown) ?? whole[0])?.side ?? -1;
}

/** Ways to multiply an encrypted tensor by a matrix in clear, by the matrix's diagonals. */
function diagonalWays(
  context: LoweringContext,
  factors: readonly LabelledNode[],
  extents: Shape,
  rank: number,
  request: LayoutRequest,
): readonly Lowering[] {
  if (context.asWritten || extents.length !== rank + 1) return [];
  return factors.flatMap((matrix, side) => {
    const other = at(factors, 1 - side);
    const source = context.known(matrix.node);
    const isClear =
      source && (source.kind === 'constant' || (!source.cipher && !source.factor?.shape.length));
    if (!isClear || matrix.labels.length !== 2) return [];
    const row = defined(matrix.labels.find((label) => label !== rank));
    const isProduct =
      matrix.labels.includes(rank) && other.labels.includes(rank) && !other.labels.includes(row);
    const isEncrypted = context.circuit.nodes[other.node]?.secrecy === 'cipher';
    if (!isProduct || !isEncrypted) return [];
    const oriented =
      matrix.labels[0] === row ? source : viewed({ kind: 'permute', order: [1, 0] }, source);
    return columnPlaces(context, at(extents, rank)).flatMap((column) =>
      diagonalWay(context, oriented, other, { row, extents, rank }, column, request),
    );
  });
}

function columnPlaces({ slotBits }: LoweringContext, columns: number): readonly AxisLayout[] {
  const [low, high] = [inner(columns, slotBits), outer(columns, slotBits)];
  return low.at === high.at ? [low] : [low, high];
}

interface MatrixProduct {
  /** The label of the result that the matrix brings. */
  readonly row: number;
  readonly extents: Shape;
  readonly rank: number;
}

function diagonalWay(
  { emit, slotBits }: LoweringContext,
  matrix: ClearTensor,
  { node, labels }: LabelledNode,
  { row, extents, rank }: MatrixProduct,
  column: AxisLayout,
  request: LayoutRequest,
): readonly Lowering[] {
  const [rows, columns] = [at(extents, row), at(extents, rank)];
  const grid = diagonalGrid(rows, columns, at(request.axes, row), column, slotBits);
  const axes = labels.map((label) => (label === rank ? column : at(request.axes, label)));
  const below = (1 << column.at) - 1;
  const isBelow = labels.every(
    (label, axis) => label === rank || (axisBits(at(axes, axis)) & ~below) === 0,
  );
  if (!grid || !isBelow) return [];
  const axis = labels.indexOf(rank);
  const order = [...labels.keys()];
  // Axes of the operand, in the order of the result's labels.
  const resultLabels = labels.map((label) => (label === rank ? row : label));
  order.sort((x, y) => at(resultLabels, x) - at(resultLabels, y));
  const diagonals = 2 ** Math.min(grid.row.bits, column.bits - grid.low);
  const blocks = Math.ceil(rows / 2 ** grid.row.bits) * Math.ceil(columns / 2 ** column.bits);
  const want = { node, request: operandRequest(axes, grid, slotBits) };
  const make = (held: SlotTensor) =>
    permuted(multiplyByDiagonals(emit, matrix, held, axis, grid), order);
  return [
    {
      ...unaryLowering(want, make),
      leastWork: blocks * diagonals * 9 + 100 * (Math.sqrt(diagonals) - 1),
    },
  ];
}
