import { at } from '../lookup.ts';
import type { SlotMap } from '../plan/plan.ts';
import type { ClearTensor } from './clear-tensors.ts';
import type { Emitter } from './emitter.ts';
import {
  type AxisLayout,
  type Box,
  type Gap,
  type LayoutRequest,
  normalized,
  rowMajorIndex,
  type SlotTensor,
  tileBoxes,
  tileCounts,
} from './layout.ts';
import { type Diagonal, linearMap } from './linear-map.ts';

/**
 * A product of a clear matrix and an encrypted tensor by the matrix's diagonals. The tensor's
 * contracted axis lies at slot bits p, p+1, …, with copies above it; other axes lie below. Rotating
 * by t moves every index by t, cyclically, so that
 *
 *     y[m] = Σₜ W[m, (m + t) mod n] · x[(m + t) mod n]
 *
 * takes one product for each diagonal t ("Algorithms in HElib", Halevi and Shoup, 2014). If the
 * matrix has fewer rows than columns, its diagonals run through all columns, and a few rotations
 * add up the partial sums of each row. If the `low` lowest bits of the index take no part in the
 * rotation, there are 2^low times fewer diagonals, and a window sum adds up along these bits
 * ("GAZELLE", Juvekar et al., 2018, has the same hybrid). The result's axis then lies at p + low.
 * If all bits are low, there is one diagonal: the matrix itself.
 */
export interface DiagonalGrid {
  readonly rows: number;
  readonly columns: number;
  /** Layout of the result's axis. */
  readonly row: AxisLayout;
  /** Layout of the tensor's contracted axis. */
  readonly column: AxisLayout;
  /** Number of low bits of the column index that a window sum adds up along. */
  readonly low: number;
}

/** Returns the grid for the layouts of a result and a tensor; undefined if they do not fit. */
export function diagonalGrid(
  rows: number,
  columns: number,
  row: AxisLayout,
  column: AxisLayout,
  slotBits: number,
): DiagonalGrid | undefined {
  const low = row.at - column.at;
  const fits =
    low >= 0 && low <= column.bits && row.at + Math.max(row.bits, column.bits - low) <= slotBits;
  return fits ? { rows, columns, row, column, low } : undefined;
}

/** Returns the request for the tensor: copied along all slot bits above its contracted axis. */
export function operandRequest(
  axes: readonly AxisLayout[],
  { column }: DiagonalGrid,
  slotBits: number,
): LayoutRequest {
  const above = ((1 << slotBits) - 1) & ~((1 << (column.at + column.bits)) - 1);
  return { axes, copies: above, clean: false };
}

/**
 * Multiplies a matrix and a tensor, summing over the tensor's axis number `axis`; the result's axis
 * takes its number.
 *
 * @param matrix rows × columns, in the clear
 * @param tensor has the layout of {@link operandRequest}
 */
export function multiplyByDiagonals(
  emit: Emitter,
  matrix: ClearTensor,
  tensor: SlotTensor,
  axis: number,
  grid: DiagonalGrid,
): SlotTensor {
  const { row, column, low, rows } = grid;
  const counts = tileCounts(tensor.shape, tensor.layout.axes);
  const rowBoxes = tileBoxes([rows], [row]);
  const columnBoxes = tileBoxes([grid.columns], [column]);
  const weights = rowBoxes.map((rowBox) =>
    columnBoxes.map((columnBox) => diagonalsOf(emit, matrix, rowBox, columnBox, grid)),
  );
  const outCounts = counts.map((count, at) => (at === axis ? rowBoxes.length : count));
  const others = boxIndices(counts.map((count, at) => (at === axis ? 1 : count)));
  const tiles: number[] = [];
  for (const other of others) {
    const results = weights.map((byColumn) =>
      byColumn.flatMap((diagonals, tile) => {
        const source = at(
          tensor.tiles,
          rowMajorIndex(
            other.map((i, at) => (at === axis ? tile : i)),
            counts,
          ),
        );
        return diagonals.map((diagonal): Diagonal => ({ ...diagonal, source }));
      }),
    );
    linearMap(emit, results).forEach((value, rowTile) => {
      tiles[
        rowMajorIndex(
          other.map((i, at) => (at === axis ? rowTile : i)),
          outCounts,
        )
      ] = folded(emit, value, grid);
    });
  }
  const shape = tensor.shape.map((extent, at) => (at === axis ? rows : extent));
  const axes = tensor.layout.axes.map((layout, at) => (at === axis ? row : layout));
  const gaps = tensor.layout.gaps.map((gap, bit): Gap => {
    if (bit >= row.at) return bit < row.at + row.bits ? 'zero' : 'copy';
    return bit >= column.at ? (low === 0 ? gap : 'garbage') : gap;
  });
  const padding = tensor.layout.padding.map((state, at) => (at === axis ? 'zero' : state));
  return { shape, tiles, layout: normalized(shape, { axes, gaps, padding }) };
}

function boxIndices(extents: readonly number[]): number[][] {
  return extents.reduce<number[][]>(
    (boxes, extent) =>
      boxes.flatMap((box) => Array.from({ length: extent }, (_, i) => [...box, i])),
    [[]],
  );
}

/** Adds up the partial sums of each row, and along the low bits. */
function folded(emit: Emitter, value: number, { row, column, low }: DiagonalGrid): number {
  const high = column.bits - low;
  const acrossRows = emit.sumWindow(value, row.at + row.bits, Math.max(0, high - row.bits));
  return emit.sumWindow(acrossRows, column.at, low);
}

/** Returns the nonzero diagonals of one block of the matrix. */
function diagonalsOf(
  emit: Emitter,
  matrix: ClearTensor,
  rowBox: Box,
  columnBox: Box,
  grid: DiagonalGrid,
): readonly Omit<Diagonal, 'source'>[] {
  const { row, column, low } = grid;
  const high = column.bits - low;
  const count = 2 ** Math.min(row.bits, high);
  return Array.from({ length: count }, (_, t) => {
    const cells = cellsOf(t, rowBox, columnBox, grid);
    const weights =
      matrix.kind === 'constant'
        ? constantWeights(emit, matrix, cells, grid)
        : inputWeights(emit, matrix, cells, grid);
    return weights === undefined ? [] : [{ offset: t * 2 ** row.at, weights }];
  }).flat();
}

/** Neighbouring entries of a diagonal: `count` columns of a row from `column` on. */
interface Cell {
  /** First slot divided by 2^p, where p is the lowest slot bit of the contracted axis. */
  readonly slot: number;
  readonly row: number;
  readonly column: number;
  readonly count: number;
}

function cellsOf(t: number, rowBox: Box, columnBox: Box, grid: DiagonalGrid): readonly Cell[] {
  const { row, column, low } = grid;
  const [rowStart = 0, rowCount = 0] = [rowBox.starts[0], rowBox.sizes[0]];
  const [columnStart = 0, columnCount = 0] = [columnBox.starts[0], columnBox.sizes[0]];
  const [rowSize, columnSize, run] = [2 ** row.bits, 2 ** (column.bits - low), 2 ** low];
  return Array.from({ length: Math.max(rowSize, columnSize) }, (_, region): Cell => {
    const from = ((region + t) % columnSize) * run;
    return {
      slot: region * run,
      row: (region % rowSize) + rowStart,
      column: from + columnStart,
      count: region % rowSize < rowCount ? Math.min(run, columnCount - from) : 0,
    };
  }).filter(({ count }) => count > 0);
}

/** Returns the gaps around a diagonal: `copy` for the slot bits on which weights do not depend. */
function copiedAround({ row, column, low }: DiagonalGrid, slotBits: number): Gap[] {
  const top = row.at + Math.max(row.bits, column.bits - low);
  return Array.from({ length: slotBits }, (_, bit) =>
    bit < column.at || bit >= top ? 'copy' : 'zero',
  );
}

function constantWeights(
  emit: Emitter,
  { tensor }: Extract<ClearTensor, { kind: 'constant' }>,
  cells: readonly Cell[],
  grid: DiagonalGrid,
) {
  const gaps = copiedAround(grid, Math.log2(emit.slots));
  const data = new Float64Array(emit.slots);
  let isZero = true;
  for (const { slot, row, column, count } of cells) {
    for (let i = 0; i < count; i++) {
      const { value } = at(tensor.data, row * grid.columns + column + i);
      data[(slot + i) * 2 ** grid.column.at] = value;
      if (value !== 0) isZero = false;
    }
  }
  if (isZero) return undefined;
  gaps.forEach((gap, bit) => {
    if (gap !== 'copy') return;
    // From the lowest bit up: a run of slots is complete before it is copied.
    const run = 2 ** bit;
    for (let from = 0; from < data.length; from += 2 * run)
      data.copyWithin(from + run, from, from + run);
  });
  return { kind: 'data' as const, data };
}

function inputWeights(
  emit: Emitter,
  { name: input, view, factor }: Extract<ClearTensor, { kind: 'input' }>,
  cells: readonly Cell[],
  grid: DiagonalGrid,
) {
  if (cells.length === 0) return undefined;
  const copies = copyRuns(copiedAround(grid, Math.log2(emit.slots)));
  const [rowStride = 0, columnStride = 0] = view.strides;
  const parts = runsOf(cells).map((run): number => {
    const [first, second] = [at(run, 0), run[1]];
    const unit = 2 ** grid.column.at;
    const map: SlotMap = {
      sizes: [run.length, first.count],
      from: view.from + first.row * rowStride + first.column * columnStride,
      fromStrides: [
        second
          ? (second.row - first.row) * rowStride + (second.column - first.column) * columnStride
          : 0,
        columnStride,
      ],
      strides: [second ? (second.slot - first.slot) * unit : 0, unit],
      at: first.slot * unit,
      copies,
    };
    return emit.pushShared({ op: 'plainInput', input, map });
  });
  const sum = emit.sum(parts);
  const value = factor ? emit.mul(sum, emit.constant(scalarOf(factor))) : sum;
  return { kind: 'value' as const, value };
}

function scalarOf(factor: { readonly data: readonly { readonly value: number }[] }): number {
  return at(factor.data, 0).value;
}

function copyRuns(gaps: readonly Gap[]): SlotMap['copies'] {
  return gaps.flatMap((gap, bit) => (gap === 'copy' ? [{ count: 2, stride: 2 ** bit }] : []));
}

/** Groups neighbouring cells with equal differences, which one affine map can read. */
function runsOf(cells: readonly Cell[]): readonly (readonly Cell[])[] {
  const runs: Cell[][] = [];
  for (const cell of cells) {
    const run = runs.at(-1);
    const last = run?.at(-1);
    if (run && last && continues(run, last, cell)) run.push(cell);
    else runs.push([cell]);
  }
  return runs;
}

function continues(run: readonly Cell[], last: Cell, next: Cell): boolean {
  if (next.count !== last.count) return false;
  const before = run.at(-2);
  if (!before) return true;
  return (
    next.slot - last.slot === last.slot - before.slot &&
    next.row - last.row === last.row - before.row &&
    next.column - last.column === last.column - before.column
  );
}
