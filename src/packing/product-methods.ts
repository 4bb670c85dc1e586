import type { NodeId, NodeOf } from '../ir/graph.ts';
import { at, defined } from '../lookup.ts';
import { labelExtents } from '../tensor/op.ts';
import { type Shape, sizeOf } from '../tensor/tensor.ts';
import { permuted } from './axis-methods.ts';
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
import {
  contract,
  type Grid,
  type GridFactor,
  hasPadding,
  type Windows,
} from './grid-contraction.ts';
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
  type MethodContext,
  type OperandRequest,
  type SlotMethod,
  shapeOf,
  unaryMethod,
} from './slot-method.ts';
import { inner, isReasonable, outer, summedLayouts } from './usual-layouts.ts';

/** Returns the methods of a product and its sum over the labels that the result lacks. */
export function productMethods(
  context: MethodContext,
  { op, args: [a, b] }: NodeOf<'mul'>,
  request: LayoutRequest,
): readonly SlotMethod[] {
  const extents = labelExtents(op, [shapeOf(context, a), shapeOf(context, b)]);
  const factors = [
    { node: a, labels: op.lhs },
    { node: b, labels: op.rhs },
  ];
  // Products of two numbers are most of a large circuit, and have one layout.
  if (extents.length === 0 && !context.hasGrids) {
    const free = ((1 << context.slotBits) - 1) & request.copies;
    const gaps = { copies: free, zeros: request.clean, stopAtExtent: false };
    return [gridMethod(context, factors, { extents, axes: [], rank: 0 }, request, gaps)];
  }
  return [
    ...gridMethods(context, factors, extents, op.rank, request),
    ...diagonalMethods(context, factors, extents, op.rank, request),
  ];
}

/** Returns the methods of a sum over axes: it is a product of one factor. */
export function sumOverMethods(
  context: MethodContext,
  { op: { axes }, args: [node], shape: { length: rank } }: NodeOf<'sum'>,
  request: LayoutRequest,
): readonly SlotMethod[] {
  const shape = shapeOf(context, node);
  let kept = 0;
  let summed = rank;
  const labels = shape.map((_, axis) => (axes.includes(axis) ? summed++ : kept++));
  const extents = new Array<number>(shape.length);
  labels.forEach((label, axis) => {
    extents[label] = at(shape, axis);
  });
  return gridMethods(context, [{ node, labels }], extents, rank, request);
}

interface LabelledNode {
  readonly node: NodeId;
  readonly labels: readonly number[];
}

/**
 * Returns the methods on a grid of all labels; summed labels lie in slots that others leave free.
 */
function gridMethods(
  context: MethodContext,
  factors: readonly LabelledNode[],
  extents: Shape,
  rank: number,
  request: LayoutRequest,
): readonly SlotMethod[] {
  const all = summedLayouts(extents.slice(rank), request.axes, context).map((summed) => [
    ...request.axes,
    ...summed,
  ]);
  const reasonable = all.filter((axes) => isReasonable(extents, axes, context.slotBits));
  const possible = reasonable.length > 0 ? reasonable : all;
  const natural = context.asWritten
    ? possible.filter((axes) => factors.every((factor) => liesAsGiven(context, factor, axes)))
    : possible;
  const areKnown = factors.every(({ node }) => context.known(node) !== undefined);
  return (natural.length > 0 ? natural : possible).flatMap((axes) =>
    gapChoices(context, { extents, axes, rank }, request, areKnown).flatMap((gaps) => {
      const grid = { extents, axes, rank };
      return stopChoices(context, grid).map((stopAtExtent) =>
        gridMethod(context, factors, grid, request, { ...gaps, stopAtExtent }),
      );
    }),
  );
}

/** Returns whether window sums may stop at the extents of their labels: a choice if any can. */
function stopChoices(
  { asWritten }: MethodContext,
  { extents, axes, rank }: Grid,
): readonly boolean[] {
  const stops = axes.some((axis, label) => label >= rank && hasPadding(at(extents, label), axis));
  return stops && !asWritten ? [false, true] : [false];
}

/** Whether a factor lies as the source form requires: an encrypted matrix has its columns inner. */
function liesAsGiven(
  { known }: MethodContext,
  { node, labels }: LabelledNode,
  axes: readonly AxisLayout[],
): boolean {
  const source = known(node);
  const [row, column] = labels;
  const isMatrix = labels.length === 2 && row !== undefined && column !== undefined;
  if (source?.kind !== 'input' || !source.cipher || !isMatrix) return true;
  const [a, b] = [at(axes, row), at(axes, column)];
  const [rowStride = 0, columnStride = 0] = source.view.strides;
  if (rowStride === 0 || columnStride === 0 || a.bits === 0 || b.bits === 0) return true;
  return rowStride > columnStride === a.at > b.at;
}

/** The gaps of factors in the slot bits that no label uses: the bits of copies, or zeros in all. */
interface Gaps {
  readonly copies: number;
  readonly zeros: boolean;
}

/** The gaps of factors, and whether window sums stop at the extents of their labels. */
interface GridChoice extends Gaps, Pick<Windows, 'stopAtExtent'> {}

/**
 * Returns the choices of slot bits along which factors are copied: those of the request; also the
 * first one or all above a summed label, so that the window sum reads copies there; or none, if
 * copying the result is cheaper. The result is copied without a mask if one factor has zeros around
 * it. Inputs and constants cost nothing to lay out as requested: without a sum they need no choice.
 */
function gapChoices(
  { slotBits, hasGrids, asWritten }: MethodContext,
  { axes, rank }: Grid,
  { copies, clean }: LayoutRequest,
  areKnown: boolean,
): readonly Gaps[] {
  const taken = bitsOf(axes);
  const free = ((1 << slotBits) - 1) & ~taken;
  const plain = copies & free;
  let above = 0;
  let next = 0;
  for (const { at, bits } of axes.slice(rank)) {
    if (bits === 0) continue;
    for (let bit = at + bits; bit < slotBits && hasBit(free, bit); bit++) above |= 1 << bit;
    next |= (1 << (at + bits)) & above;
  }
  const isSummed = axes.length > rank;
  const zeros = clean && !isSummed;
  if (!hasGrids || asWritten || (areKnown && !isSummed)) return [{ copies: plain, zeros }];
  const choices = [...new Set([plain, plain | next, plain | above, 0])].map((bits) => {
    return { copies: bits, zeros };
  });
  return plain === 0 || zeros ? choices : [...choices, { copies: 0, zeros: true }];
}

function gridMethod(
  context: MethodContext,
  factors: readonly LabelledNode[],
  grid: Grid,
  request: LayoutRequest,
  { copies, zeros, stopAtExtent }: GridChoice,
): SlotMethod {
  const { emit, asWritten } = context;
  const taken = bitsOf(grid.axes);
  const summed = grid.axes.slice(grid.rank);
  const cleaned = zeros ? cleanFactor(context, factors, grid) : -1;
  const operands = factors.map(({ node, labels }, side): OperandRequest => {
    const axes = labels.map((label) => at(grid.axes, label));
    const others = taken & ~bitsOf(axes);
    return { node, request: { axes, copies: others | copies, clean: side === cleaned } };
  });
  const summedBits = bitsOf(summed);
  const spread = !asWritten && (request.copies & summedBits) !== 0;
  return {
    operands,
    ...leastOf(context, factors, grid),
    write: (tensors) => {
      const gridFactors = tensors.map(
        (tensor, side): GridFactor => ({ tensor, labels: at(factors, side).labels }),
      );
      const result = contract(emit, gridFactors, grid, { spread, stopAtExtent });
      // The source form masks sums of rows and copies them back at once.
      return asWritten && grid.rank > 0
        ? meetRequest(emit, result, { ...request, copies: summedBits, clean: false })
        : result;
    },
  };
}

/**
 * Returns a lower bound of a grid product's cost: multiplications, additions, rotations of sums.
 */
function leastOf(
  { circuit, known }: MethodContext,
  factors: readonly LabelledNode[],
  { extents, axes, rank }: Grid,
): Pick<SlotMethod, 'leastWork' | 'leastLevels'> {
  const counts = tileCounts(extents, axes);
  const results = sizeOf(counts.slice(0, rank));
  const terms = sizeOf(counts);
  const rotations = axes.slice(rank).reduce((sum, { bits }) => sum + bits, 0);
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
 * Returns the number of a factor that has all axes of a product, or -1: zeros around that factor
 * are zeros around the product. In the source form a single number is masked after its product
 * instead.
 */
function cleanFactor(
  { known, asWritten }: MethodContext,
  factors: readonly LabelledNode[],
  { axes }: Grid,
): number {
  if (asWritten && axes.length === 0) return -1;
  const whole = factors.flatMap(({ labels, node }, side) =>
    labels.length === axes.length ? [{ side, isKnown: known(node) !== undefined }] : [],
  );
  return (whole.find(({ isKnown }) => isKnown) ?? whole[0])?.side ?? -1;
}

/** Returns methods of a product of an encrypted tensor and a clear matrix by its diagonals. */
function diagonalMethods(
  context: MethodContext,
  factors: readonly LabelledNode[],
  extents: Shape,
  rank: number,
  request: LayoutRequest,
): readonly SlotMethod[] {
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
      matrix.labels[0] === row
        ? source
        : defined(viewed({ kind: 'permute', order: [1, 0] }, source));
    return columnLayouts(context, at(extents, rank)).flatMap((column) =>
      diagonalMethod(context, oriented, other, { row, extents, rank }, column, request),
    );
  });
}

function columnLayouts({ slotBits }: MethodContext, columns: number): readonly AxisLayout[] {
  const [low, high] = [inner(columns, slotBits), outer(columns, slotBits)];
  return low.at === high.at ? [low] : [low, high];
}

interface MatrixProduct {
  /** The label of the matrix's rows, an axis of the result. */
  readonly row: number;
  readonly extents: Shape;
  readonly rank: number;
}

function diagonalMethod(
  { emit, slotBits }: MethodContext,
  matrix: ClearTensor,
  { node, labels }: LabelledNode,
  { row, extents, rank }: MatrixProduct,
  column: AxisLayout,
  request: LayoutRequest,
): readonly SlotMethod[] {
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
  // The axes of the operand in the order of the result's labels.
  const resultLabels = labels.map((label) => (label === rank ? row : label));
  order.sort((x, y) => at(resultLabels, x) - at(resultLabels, y));
  const diagonals = 2 ** Math.min(grid.row.bits, column.bits - grid.low);
  const blocks = Math.ceil(rows / 2 ** grid.row.bits) * Math.ceil(columns / 2 ** column.bits);
  const operand = { node, request: operandRequest(axes, grid, slotBits) };
  const write = (tensor: SlotTensor) =>
    permuted(multiplyByDiagonals(emit, matrix, tensor, axis, grid), order);
  return [
    {
      ...unaryMethod(operand, write),
      leastWork: blocks * diagonals * 9 + 100 * (Math.sqrt(diagonals) - 1),
    },
  ];
}
