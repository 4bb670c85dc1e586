import { at } from '../lookup.ts';
import type { SlotData, SlotMap } from '../plan/plan.ts';
import { type Constant, EXACT_RING, uniformValue } from '../tensor/constant.ts';
import { applyOp } from '../tensor/op.ts';
import { offsetsOf, type Shape, sizeOf, stridesOf } from '../tensor/tensor.ts';
import { type View, type ViewOp, viewOf } from '../tensor/view.ts';
import type { Uploads } from './clear-layouts.ts';
import { type Emitter, UPLOAD } from './emitter.ts';
import {
  type Box,
  bitsOf,
  copiesOf,
  hasBit,
  type Layout,
  type LayoutRequest,
  layoutOf,
  requestKey,
  type SlotTensor,
  tileBoxes,
  tileCounts,
} from './layout.ts';
import type { PackedOp } from './packed-circuit.ts';

/**
 * A tensor that the compiler, the client or the server knows in the clear. It is laid out at each
 * use in the layout that is requested there: rearranging it costs nothing.
 */
export type ClearTensor =
  | { readonly kind: 'constant'; readonly tensor: Constant }
  | {
      readonly kind: 'input';
      readonly name: string;
      readonly cipher: boolean;
      /** The elements of the input that it consists of. */
      readonly view: View;
      /** Factor of the input: one number, or one for each element of the view. */
      readonly factor?: Constant;
    };

/** Returns the extents of a known tensor. */
export function clearShape(known: ClearTensor): Shape {
  return known.kind === 'constant' ? known.tensor.shape : known.view.shape;
}

/**
 * Returns a known tensor rearranged by an operation; undefined if the result is no view of its
 * input.
 */
export function viewed(op: ViewOp, known: ClearTensor): ClearTensor | undefined {
  if (known.kind === 'constant')
    return { kind: 'constant', tensor: applyOp(op, [known.tensor], EXACT_RING) };
  const view = viewOf(op, known.view);
  if (!view) return undefined;
  const { factor } = known;
  if (!factor || factor.shape.length === 0) return { ...known, view };
  return { ...known, view, factor: applyOp(op, [factor], EXACT_RING) };
}

/** Returns a lower bound of the work of laying out a known tensor. */
export function leastWork(known: ClearTensor, { axes }: LayoutRequest): number {
  if (known.kind === 'constant' || !known.cipher) return 0;
  return UPLOAD * sizeOf(tileCounts(clearShape(known), axes));
}

/**
 * Lays out a known tensor as requested, with zeros in all other slots. A single number fills all
 * slots, unless the request is clean.
 *
 * @param base slot from which the request's slots are counted
 */
export function layOut(
  emit: Emitter,
  known: ClearTensor,
  request: LayoutRequest,
  base = 0,
): SlotTensor {
  if (known.kind === 'input' && known.cipher) return uploaded(emit, known, request, base);
  const shape = clearShape(known);
  const layout = layoutAround(emit, shape, request);
  const boxes = tileBoxes(shape, layout.axes);
  const tiles = boxes.map((box) =>
    known.kind === 'constant'
      ? putConstant(emit, known, box, layout, base)
      : putPlain(emit, known, box, layout, base),
  );
  return { shape, layout, tiles };
}

/** Returns the requested layout with zeros in other gaps, or copies of a single number. */
function layoutAround(emit: Emitter, shape: Shape, request: LayoutRequest): Layout {
  const slotBits = Math.log2(emit.slots);
  return layoutOf(shape, request, slotBits, shape.length === 0 && !request.clean ? 'copy' : 'zero');
}

type KnownInput = Extract<ClearTensor, { kind: 'input' }>;

function uploaded(
  emit: Emitter,
  known: KnownInput,
  request: LayoutRequest,
  base: number,
): SlotTensor {
  const key = `${requestKey(request)} ${base}`;
  const { layout, ops } = emit.uploads(known, key, () => uploadsOf(emit, known, request, base));
  emit.work += UPLOAD * ops.length;
  return {
    shape: clearShape(known),
    layout,
    tiles: ops.map(({ key, op }) => emit.pushOnce(key, op)),
  };
}

function uploadsOf(
  emit: Emitter,
  known: KnownInput,
  request: LayoutRequest,
  base: number,
): Uploads {
  const { name: input, view, factor } = known;
  const shape = clearShape(known);
  const layout = layoutAround(emit, shape, request);
  const ops = tileBoxes(shape, layout.axes).map((box) => {
    const map = mapOf(view, box, layout, base);
    const scaling = factor && { factor: factorSlots(factor, box, layout, base) };
    const op: PackedOp = { op: 'upload', input, map, ...scaling };
    return { key: JSON.stringify(op), op };
  });
  return { layout, ops };
}

function putConstant(
  emit: Emitter,
  { tensor }: { readonly tensor: Constant },
  box: Box,
  layout: Layout,
  base: number,
): number {
  const uniform = uniformValue(tensor)?.value;
  if (uniform !== undefined && fillsAll(box, layout)) return emit.constant(uniform);
  const compute = () => constantSlots(tensor, uniform, box, layout, base);
  if (emit.slots < LONG) return emit.constant(compute());
  const { axes, gaps } = layout;
  const copied = gaps.map((gap) => (gap === 'copy' ? 1 : 0)).join('');
  const ends = axes.map(({ at, bits }, axis) => `${at}+${bits}<${box.sizes[axis]}`).join();
  // If all elements are equal, the starts of the box make no difference.
  const elements = uniform ?? `#${emit.numberOf(tensor)} ${box.starts.join()}`;
  return emit.longConstant(`constant ${elements} ${ends} ${copied} ${base}`, compute);
}

/**
 * From this many slots on, equal constants are recognized by their tensors, not by their numbers.
 */
const LONG = 256;

function putPlain(
  emit: Emitter,
  { name: input, view, factor }: KnownInput,
  box: Box,
  layout: Layout,
  base: number,
): number {
  const factorData = factor && factorSlots(factor, box, layout, base);
  const value = emit.pushShared({ op: 'plainInput', input, map: mapOf(view, box, layout, base) });
  return factorData === undefined ? value : emit.mul(value, emit.constant(factorData));
}

/** Returns a factor in slots: one number if it is the same for all elements. */
function factorSlots(factor: Constant, box: Box, layout: Layout, base: number): SlotData {
  return uniformValue(factor)?.value ?? constantSlots(factor, undefined, box, layout, base);
}

/** Returns the slot map of the elements in a box of a view. */
export function mapOf(view: View, box: Box, { axes, gaps }: Layout, base = 0): SlotMap {
  return {
    sizes: [...box.sizes],
    from: elementIndex(view.strides, box.starts, view.from),
    fromStrides: [...view.strides],
    strides: axes.map(({ at, bits }) => (bits === 0 ? 1 : 2 ** at)),
    copies: copiesOf(gaps),
    ...(base > 0 ? { at: base } : {}),
  };
}

function elementIndex(
  strides: readonly number[],
  indices: readonly number[],
  from: number,
): number {
  return indices.reduce((sum, index, axis) => sum + index * at(strides, axis), from);
}

/**
 * Returns a constant's float64 values in the slots of one ciphertext.
 *
 * @param uniform the value of all elements, if they are equal
 */
function constantSlots(
  tensor: Constant,
  uniform: number | undefined,
  box: Box,
  { axes, gaps }: Layout,
  base: number,
): SlotData {
  const data = new Array<number>(2 ** gaps.length).fill(0);
  const copies = copyOffsets(gaps);
  const slots = offsetsOf(
    box.sizes,
    axes.map(({ at }) => 2 ** at),
    base,
  );
  const strides = stridesOf(tensor.shape);
  const elements =
    uniform === undefined
      ? offsetsOf(box.sizes, strides, elementIndex(strides, box.starts, 0))
      : [];
  for (let i = 0; i < slots.length; i++) {
    const slot = at(slots, i);
    const value = uniform ?? at(tensor.data, at(elements, i)).value;
    for (let c = 0; c < copies.length; c++) data[slot + at(copies, c)] = value;
  }
  return trimmed(data);
}

function fillsAll({ sizes }: Box, { axes, gaps }: Layout): boolean {
  const used = bitsOf(axes);
  return (
    gaps.every((gap, bit) => hasBit(used, bit) || gap === 'copy') &&
    sizes.every((size, axis) => size === 2 ** at(axes, axis).bits)
  );
}

/** Returns the offsets of all copies of a slot, 0 for the slot itself first. */
function copyOffsets(gaps: readonly string[]): readonly number[] {
  return gaps.reduce<number[]>(
    (offsets, gap, bit) =>
      gap === 'copy' ? offsets.concat(offsets.map((at) => at + 2 ** bit)) : offsets,
    [0],
  );
}

/** Returns numbers without trailing zeros, which the remaining slots contain anyway. */
export function trimmed(data: ArrayLike<number>): number[] {
  let length = data.length;
  while (length > 0 && data[length - 1] === 0) length--;
  // A loop: `Array.from` takes ten times as long for typed arrays.
  const numbers = new Array<number>(length);
  for (let i = 0; i < length; i++) numbers[i] = data[i] ?? 0;
  return numbers;
}
