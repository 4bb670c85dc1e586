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
 * Makes gaps and padding of a tensor what a request wants them to be: garbage goes by a mask, a multiplication that
 * costs a level; zeros become copies by a rotation and an addition for each bit.
 *
 * @param held its axes lie where they are wanted
 */
export function meetRequest(emit: Emitter, held: SlotTensor, request: LayoutRequest): SlotTensor {
  const { gaps } = held.layout;
  const used = bitsOf(request.axes);
  const wanted = gaps.flatMap((gap, bit) =>
    !hasBit(used, bit) && hasBit(request.copies, bit) && gap !== 'copy' ? [bit] : [],
  );
  const extra = gaps.map((gap, bit) => gap === 'copy' && !hasBit(request.copies, bit));
  const isMasked = request.clean
    ? hasGarbage(held.layout) || extra.includes(true)
    : wanted.some((bit) => gaps[bit] === 'garbage' || hasGarbageAbove(held.layout, bit));
  const masked = isMasked ? mask(emit, held, (bit) => request.clean && extra[bit] === true) : held;
  return wanted.reduce((copied, bit) => copyGap(emit, copied, bit), masked);
}

/** Zeros in place of garbage, and of copies where `clears` says so. Costs a level for ciphertexts. */
export function mask(
  emit: Emitter,
  held: SlotTensor,
  clears: (bit: number) => boolean,
): SlotTensor {
  const { layout, shape } = held;
  const cleared = layout.gaps.map((gap, bit) => gap === 'garbage' || clears(bit));
  const boxes = tileBoxes(shape, layout.axes);
  const tiles = held.tiles.map((tile, i) => {
    const { sizes } = at(boxes, i);
    const key = `mask ${cleared.map(Number).join('')} ${maskedSizes(layout, sizes)}`;
    const make = () => maskSlots(layout, cleared, sizes, emit.slots);
    return emit.mul(tile, emit.longConstant(key, make));
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

/** Ones in the slots that stay, up to the last of them. */
function maskSlots(
  { axes, padding }: Layout,
  cleared: readonly boolean[],
  sizes: readonly number[],
  slots: number,
): number[] {
  const gone = cleared.reduce((set, clear, bit) => (clear ? set | (1 << bit) : set), 0);
  const bounds = axes.flatMap((place, axis) =>
    padding[axis] === 'zero'
      ? []
      : [{ at: place.at, last: 2 ** place.bits - 1, size: at(sizes, axis) }],
  );
  const data = new Array<number>(slots).fill(0);
  for (let slot = 0; slot < slots; slot++) {
    const stays =
      (slot & gone) === 0 && bounds.every((axis) => ((slot >> axis.at) & axis.last) < axis.size);
    if (stays) data[slot] = 1;
  }
  return trimmed(data);
}

/** A slot is read from below: garbage above the bit could come down with it, garbage below stays where it is. */
function hasGarbageAbove({ axes, gaps, padding }: Layout, bit: number): boolean {
  return (
    gaps.some((gap, at) => at > bit && gap === 'garbage') ||
    padding.some((state, axis) => state === 'garbage' && at(axes, axis).at > bit)
  );
}

/** Whether anything is there that nothing is known of. */
export function hasGarbage({ gaps, padding }: Layout): boolean {
  return gaps.includes('garbage') || padding.includes('garbage');
}

/** Copies into the slots where a bit is 1, which hold zeros. */
function copyGap(emit: Emitter, held: SlotTensor, bit: number): SlotTensor {
  const gaps = held.layout.gaps.map((gap, at): Gap => (at === bit ? 'copy' : gap));
  const tiles = held.tiles.map((tile) => emit.add(tile, emit.rotate(tile, -(2 ** bit))));
  return { ...held, tiles, layout: { ...held.layout, gaps } };
}
