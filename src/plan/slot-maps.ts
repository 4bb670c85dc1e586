import { defined } from '../lookup.ts';
import { offsetsOf } from '../tensor/tensor.ts';
import type { SlotData, SlotMap } from './plan.ts';

/**
 * Returns the indices of a map's elements in the tensor's row-major data, in the order of the box.
 */
export function mapElements(map: SlotMap): readonly number[] {
  return offsetsOf(map.sizes, map.fromStrides, map.from);
}

/** Returns the offsets of all copies of an element, 0 for the element itself first. */
function copyOffsets(map: SlotMap): readonly number[] {
  return offsetsOf(
    map.copies.map((copy) => copy.count),
    map.copies.map((copy) => copy.stride),
    0,
  );
}

/** Returns how many slots a vector needs for `map`: one more than the last slot that it fills. */
export function slotsSpanned(map: SlotMap): number {
  const box = map.sizes.reduce(
    (sum, size, k) => sum + (size - 1) * defined(map.strides[k]),
    map.at ?? 0,
  );
  return map.copies.reduce((sum, copy) => sum + (copy.count - 1) * copy.stride, box) + 1;
}

/**
 * Returns a function that writes a tensor into slots, including copies, and leaves other slots
 * unchanged. It takes the whole input in row-major order, from which `map` selects elements, the
 * slot vector, possibly of several instances side by side, and the first slot of the instance's
 * block. It throws a RangeError if the map reads outside the input.
 */
export function packerOf(
  map: SlotMap,
): (data: Float64Array, vector: Float64Array, offset: number) => void {
  const slots = offsetsOf(map.sizes, map.strides, map.at ?? 0);
  const sources = mapElements(map);
  const copies = copyOffsets(map);
  return (data, vector, offset) => {
    for (let i = 0; i < slots.length; i++) {
      const value = data[sources[i]!];
      if (value === undefined) throw new RangeError('slot map reads outside its input');
      const slot = offset + slots[i]!;
      for (let c = 0; c < copies.length; c++) vector[slot + copies[c]!] = value;
    }
  };
}

/** Returns the slots that `map` fills, including copies, each at least once and in any order. */
export function filledSlots(map: SlotMap): Int32Array {
  const slots = offsetsOf(map.sizes, map.strides, map.at ?? 0);
  const copies = copyOffsets(map);
  const filled = new Int32Array(slots.length * copies.length);
  let at = 0;
  for (const slot of slots) for (const copy of copies) filled[at++] = slot + copy;
  return filled;
}

/**
 * Reads the elements of a map from slots, from the first copy: the inverse of {@link packerOf}.
 * Other elements of `data` stay unchanged.
 *
 * @param offset first slot of the instance's block
 * @param data the whole output in row-major order
 */
export function unpackInto(
  map: SlotMap,
  vector: Float64Array,
  offset: number,
  data: Float64Array,
): void {
  const slots = offsetsOf(map.sizes, map.strides, map.at ?? 0);
  mapElements(map).forEach((element, i) => {
    data[element] = defined(vector[offset + slots[i]!]);
  });
}

/** Returns a vector that repeats `block`; its length must be a multiple of the block's. */
export function replicate(block: Float64Array, length: number): Float64Array {
  if (block.length === length) return block;
  const vector = new Float64Array(length);
  for (let at = 0; at < length; at += block.length) vector.set(block, at);
  return vector;
}

/**
 * Returns a constant in `blocks` blocks of `slots` slots: a number unchanged, a list with zeros in
 * the remaining slots.
 */
export function expandSlotData(
  data: SlotData,
  slots: number,
  blocks: number,
): number | Float64Array {
  if (typeof data === 'number') return data;
  const block = new Float64Array(slots);
  block.set(data);
  return replicate(block, slots * blocks);
}
