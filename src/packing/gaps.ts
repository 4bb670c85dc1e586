import { at } from '../lookup.ts';
import { trimmed } from './clear-tensors.ts';
import type { Emitter } from './emitter.ts';
import {
  bitsOf,
  type Gap,
  hasBit,
  type Layout,
  type LayoutRequest,
  type SlotTensor,
  tileBoxes,
} from './layout.ts';

/**
 * Changes gaps and padding of a tensor to those of a request. A mask, which costs a level, removes
 * garbage; a rotation and an addition for each bit turn zeros into copies.
 *
 * @param tensor has the request's axes already
 */
export function meetRequest(emit: Emitter, tensor: SlotTensor, request: LayoutRequest): SlotTensor {
  const { gaps } = tensor.layout;
  const used = bitsOf(request.axes);
  const missing = gaps.flatMap((gap, bit) =>
    !hasBit(used, bit) && hasBit(request.copies, bit) && gap !== 'copy' ? [bit] : [],
  );
  const unwanted = gaps.map((gap, bit) => gap === 'copy' && !hasBit(request.copies, bit));
  const isMasked = request.clean
    ? hasGarbage(tensor.layout) || unwanted.includes(true)
    : missing.some((bit) => gaps[bit] === 'garbage' || hasGarbageAbove(tensor.layout, bit));
  const masked = isMasked
    ? mask(emit, tensor, (bit) => request.clean && unwanted[bit] === true)
    : tensor;
  return missing.reduce((copied, bit) => copyGap(emit, copied, bit), masked);
}

/**
 * Returns a tensor with zeros in place of garbage, and of copies whose bits `clears` selects. Costs
 * a level for ciphertexts.
 */
export function mask(
  emit: Emitter,
  tensor: SlotTensor,
  clears: (bit: number) => boolean,
): SlotTensor {
  const { layout, shape } = tensor;
  const cleared = layout.gaps.map((gap, bit) => gap === 'garbage' || clears(bit));
  const boxes = tileBoxes(shape, layout.axes);
  const tiles = tensor.tiles.map((tile, i) => {
    const { sizes } = at(boxes, i);
    const key = `mask ${cleared.map(Number).join('')} ${maskedSizes(layout, sizes)}`;
    const compute = () => maskSlots(layout, cleared, sizes, emit.slots);
    return emit.mul(tile, emit.longConstant(key, compute));
  });
  return {
    shape,
    tiles,
    layout: {
      axes: layout.axes,
      gaps: layout.gaps.map((gap, bit) => (cleared[bit] ? 'zero' : gap)),
      padding: layout.padding.map(() => 'zero'),
    },
  };
}

function maskedSizes({ axes, padding }: Layout, sizes: readonly number[]): string {
  return axes
    .map(({ at, bits }, axis) => `${at}+${bits}<${padding[axis] === 'zero' ? '' : sizes[axis]}`)
    .join();
}

/** Returns a mask: ones in the slots that stay, up to the last of them. */
function maskSlots(
  { axes, padding }: Layout,
  cleared: readonly boolean[],
  sizes: readonly number[],
  slots: number,
): number[] {
  const clearedBits = cleared.reduce((set, clear, bit) => (clear ? set | (1 << bit) : set), 0);
  const bounds = axes.flatMap((layout, axis) =>
    padding[axis] === 'zero'
      ? []
      : [{ at: layout.at, last: 2 ** layout.bits - 1, size: at(sizes, axis) }],
  );
  const data = new Array<number>(slots).fill(0);
  for (let slot = 0; slot < slots; slot++) {
    const stays =
      (slot & clearedBits) === 0 &&
      bounds.every((axis) => ((slot >> axis.at) & axis.last) < axis.size);
    if (stays) data[slot] = 1;
  }
  return trimmed(data);
}

/**
 * Whether garbage lies above a bit. Copying along the bit rotates slots: garbage above the bit
 * could move into the copies, garbage below it stays where it is.
 */
function hasGarbageAbove({ axes, gaps, padding }: Layout, bit: number): boolean {
  return (
    gaps.some((gap, at) => at > bit && gap === 'garbage') ||
    padding.some((state, axis) => state === 'garbage' && at(axes, axis).at > bit)
  );
}

/** Whether a layout has garbage in its gaps or padding. */
export function hasGarbage({ gaps, padding }: Layout): boolean {
  return gaps.includes('garbage') || padding.includes('garbage');
}

/** Copies a tensor into the slots in which a bit is 1; these slots must be zero. */
function copyGap(emit: Emitter, tensor: SlotTensor, bit: number): SlotTensor {
  const gaps = tensor.layout.gaps.map((gap, at): Gap => (at === bit ? 'copy' : gap));
  const tiles = tensor.tiles.map((tile) => emit.add(tile, emit.rotate(tile, -(2 ** bit))));
  return { ...tensor, tiles, layout: { ...tensor.layout, gaps } };
}
