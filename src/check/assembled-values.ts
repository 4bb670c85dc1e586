import { at } from '../lookup.ts';
import type { Span } from '../syntax/diagnostic.ts';
import type { TensorOp } from '../tensor/op.ts';
import { type Shape, sizeOf, stridesOf } from '../tensor/tensor.ts';
import type { View } from '../tensor/view.ts';
import type { Value } from './value.ts';
import type { Operations } from './value-operations.ts';

type Result<W> = Value<W> | undefined;

/** The indices along one axis that an index or a slice selects. */
export interface Selection {
  readonly start: number;
  readonly size: number;
  readonly step: number;
  /** Whether the axis is dropped: it was selected by an index, not by a slice. */
  readonly drop: boolean;
}

/** A part of a value that was assigned. */
export interface AssignedPart<W> {
  /** One selection for each axis of the whole value. */
  readonly selections: readonly Selection[];
  /** The elements, without the dropped axes. */
  readonly value: Value<W>;
}

/** Returns the elements that selections pick, as a view. */
export function selectedView(shape: Shape, selections: readonly Selection[]): View {
  const strides = stridesOf(shape);
  const kept = selections.flatMap(({ size, step, drop }, axis) =>
    drop ? [] : [{ size, stride: step * at(strides, axis) }],
  );
  return {
    shape: kept.map(({ size }) => size),
    from: selections.reduce((sum, { start }, axis) => sum + start * at(strides, axis), 0),
    strides: kept.map(({ stride }) => stride),
  };
}

/**
 * Returns the latest assigned part that selections read exactly, or `base` if they read no assigned
 * part; undefined if they read some parts only partly.
 */
export function partRead<W>(
  parts: readonly AssignedPart<W>[],
  selections: readonly Selection[],
): AssignedPart<W> | 'base' | undefined {
  for (const part of parts.toReversed()) {
    if (selections.every((one, axis) => isSame(one, at(part.selections, axis)))) return part;
    if (!selections.some((one, axis) => areApart(one, at(part.selections, axis)))) return undefined;
  }
  return 'base';
}

function isSame(a: Selection, b: Selection): boolean {
  const isStepped = a.size > 1 && a.step !== b.step;
  return a.start === b.start && a.size === b.size && a.drop === b.drop && !isStepped;
}

/** Whether two selections certainly share no index. */
function areApart(a: Selection, b: Selection): boolean {
  const isBefore = (x: Selection, y: Selection) => x.start + (x.size - 1) * x.step < y.start;
  if (a.size === 0 || b.size === 0 || isBefore(a, b) || isBefore(b, a)) return true;
  return a.step === b.step && (a.start - b.start) % a.step !== 0;
}

/** A value before parts of it were assigned; it is made only if some of its elements are left. */
interface Base<W> {
  readonly shape: Shape;
  readonly make: () => Result<W>;
}

/** Puts a value together from its elements before some parts were assigned, and those parts. */
export function assemble<W>(
  ops: Operations<W>,
  value: Value<W>,
  parts: readonly AssignedPart<W>[],
  span: Span,
): Result<W> {
  return assembleFrom(ops, { shape: value.shape, make: () => value }, parts, span);
}

function assembleFrom<W>(
  ops: Operations<W>,
  base: Base<W>,
  parts: readonly AssignedPart<W>[],
  span: Span,
): Result<W> {
  const { shape } = base;
  const last = parts.at(-1);
  if (!last || sizeOf(shape) === 0) return base.make();
  if (last.selections.every((selection, axis) => isWhole(selection, at(shape, axis))))
    return ops.view(last.value, { shape, from: 0, strides: stridesOf(shape) }, span);
  const axis = shape.findIndex((extent, k) =>
    parts.some(({ selections }) => !isWhole(at(selections, k), extent)),
  );
  return axis === 0 ? byRows(ops, base, parts, span) : byColumns(ops, base, parts, axis, span);
}

function isWhole({ size, step }: Selection, extent: number): boolean {
  return size === extent && (step === 1 || size === 1);
}

/** Assembles a value along another axis than the first, along which all parts are whole. */
function byColumns<W>(
  ops: Operations<W>,
  base: Base<W>,
  parts: readonly AssignedPart<W>[],
  axis: number,
  span: Span,
): Result<W> {
  const order = [axis, ...[...base.shape.keys()].filter((other) => other !== axis)];
  const turned = (value: Value<W>, by: readonly number[]) =>
    ops.apply({ kind: 'permute', order: by } satisfies TensorOp, [value], span);
  let made: Result<W>;
  const first = {
    shape: order.map((k) => at(base.shape, k)),
    make: () => {
      const value = made ? undefined : base.make();
      made ??= value && turned(value, order);
      return made;
    },
  };
  const moved = parts.map(({ selections, value }) => {
    const picked = order.map((k) => at(selections, k));
    // The axes of the part's value, in the order of the kept axes.
    const kept = [...selections.keys()].filter((k) => !at(selections, k).drop);
    const own = order.filter((k) => kept.includes(k)).map((k) => kept.indexOf(k));
    const inOrder = own.every((k, i) => k === i);
    const part = inOrder ? value : turned(value, own);
    return part && { selections: picked, value: part };
  });
  if (!moved.every((part) => part !== undefined)) return undefined;
  const whole = byRows(ops, first, moved, span);
  return (
    whole &&
    turned(
      whole,
      order.map((_, k) => order.indexOf(k)),
    )
  );
}

/** A run of rows of a value, or one row without the axis. */
interface Piece<W> {
  readonly value: Value<W>;
  readonly isRow: boolean;
}

function byRows<W>(
  ops: Operations<W>,
  base: Base<W>,
  parts: readonly AssignedPart<W>[],
  span: Span,
): Result<W> {
  const [count = 0, ...inner] = base.shape;
  const touching = partsOfRows(count, inner, parts);
  const pieces: (Piece<W> | undefined)[] = [];
  for (let row = 0; row < count; ) {
    const own = at(touching, row);
    const run = runOf(touching, row, inner);
    if (run > 0) {
      const from = at(touching, row)[0];
      const source = from?.value ?? base.make();
      const start = row - (from ? rowStart(from) : 0);
      const value = source && rowsOf(ops, source, start, run, span);
      pieces.push(value && { value, isRow: false });
      row += run;
    } else {
      const value = assembledRow(ops, base, own, row, span);
      pieces.push(value && { value, isRow: true });
      row++;
    }
  }
  if (!pieces.every((piece) => piece !== undefined)) return undefined;
  return joined(ops, pieces, span);
}

/** Returns, for each row, the parts that have elements of it, without those that others hide. */
function partsOfRows<W>(
  count: number,
  inner: Shape,
  parts: readonly AssignedPart<W>[],
): readonly (readonly AssignedPart<W>[])[] {
  const touching = Array.from({ length: count }, (): AssignedPart<W>[] => []);
  for (const part of parts) {
    const { start, size, step } = at(part.selections, 0);
    const hides = coversRow(part, inner);
    for (let i = 0; i < size; i++) {
      const own = at(touching, start + i * step);
      if (hides) own.length = 0;
      own.push(part);
    }
  }
  return touching;
}

function coversRow<W>({ selections }: AssignedPart<W>, inner: Shape): boolean {
  return inner.every((extent, axis) => isWhole(at(selections, axis + 1), extent));
}

/**
 * Returns the length of the run of rows from one on that consist of the base alone, or of one part
 * of whole rows; 0 if the row is neither.
 */
function runOf<W>(
  touching: readonly (readonly AssignedPart<W>[])[],
  row: number,
  inner: Shape,
): number {
  const [part, ...others] = at(touching, row);
  if (others.length > 0) return 0;
  if (part) {
    const { step, drop } = at(part.selections, 0);
    const hasRows = part.selections.slice(1).every((selection) => !selection.drop);
    if (drop || step !== 1 || !hasRows || !coversRow(part, inner)) return 0;
  }
  let end = row + 1;
  while (touching[end]?.length === (part ? 1 : 0) && touching[end]?.[0] === part) end++;
  return end - row;
}

function rowStart<W>({ selections }: AssignedPart<W>): number {
  return at(selections, 0).start;
}

function rowsOf<W>(
  ops: Operations<W>,
  value: Value<W>,
  start: number,
  size: number,
  span: Span,
): Result<W> {
  const strides = stridesOf(value.shape);
  const view = {
    shape: [size, ...value.shape.slice(1)],
    from: start * at(strides, 0),
    strides,
  };
  return ops.view(value, view, span);
}

/** Returns one row of a value without the axis of rows. */
function rowOf<W>(ops: Operations<W>, value: Value<W>, row: number, span: Span): Result<W> {
  const strides = stridesOf(value.shape);
  const view = {
    shape: value.shape.slice(1),
    from: row * at(strides, 0),
    strides: strides.slice(1),
  };
  return ops.view(value, view, span);
}

function assembledRow<W>(
  ops: Operations<W>,
  base: Base<W>,
  parts: readonly AssignedPart<W>[],
  row: number,
  span: Span,
): Result<W> {
  const inner = parts.map(({ selections, value }) => {
    const { start, step, drop } = at(selections, 0);
    const own = drop ? value : rowOf(ops, value, (row - start) / step, span);
    return own && { selections: selections.slice(1), value: own };
  });
  if (!inner.every((part) => part !== undefined)) return undefined;
  const make = () => {
    const whole = base.make();
    return whole && rowOf(ops, whole, row, span);
  };
  return assembleFrom(ops, { shape: base.shape.slice(1), make }, inner, span);
}

/** Joins pieces along the first axis: neighbouring rows are stacked, and the runs concatenated. */
function joined<W>(ops: Operations<W>, pieces: readonly Piece<W>[], span: Span): Result<W> {
  const runs: Result<W>[] = [];
  for (let i = 0; i < pieces.length; ) {
    const { value, isRow } = at(pieces, i);
    let end = i + 1;
    if (isRow) while (pieces[end]?.isRow) end++;
    const others = pieces.slice(i + 1, end).map((piece) => piece.value);
    runs.push(isRow ? ops.stack(value, others, span) : value);
    i = end;
  }
  const [first, ...others] = runs;
  if (!runs.every((run) => run !== undefined)) return undefined;
  return others.length === 0 ? first : ops.apply({ kind: 'concat' }, runs, span);
}
