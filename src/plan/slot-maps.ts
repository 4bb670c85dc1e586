import { defined } from '../lookup.ts';
import { offsetsOf } from '../tensor/tensor.ts';
import type { SlotData, SlotMap } from './plan.ts';

/** Places of a map's elements in the tensor's row-major data, in order of the box. */
export function mapElements(map: SlotMap): readonly number[] {
  return offsetsOf(map.sizes, map.fromStrides, map.from);
}

/** Offsets of all copies of an element, the element itself (0) first. */
function copyOffsets(map: SlotMap): readonly number[] {
  return offsetsOf(
    map.copies.map((copy) => copy.count),
    map.copies.map((copy) => copy.stride),
    0,
  );
}

/** Number of slots a tensor of `slots` slots needs by `map`: one more than the last slot it fills. */
export function slotsSpanned(map: SlotMap): number {
  const box = map.sizes.reduce(
    (sum, size, k) => sum + (size - 1) * defined(map.strides[k]),
    map.at ?? 0,
  );
  return map.copies.reduce((sum, copy) => sum + (copy.count - 1) * copy.stride, box) + 1;
}

/**
 * Writes a tensor into the slots from `offset` on, copies included; other slots stay as they are.
 *
 * @param data the whole input in row-major order; `map` picks its elements
 * @param vector slot vector, possibly of several instances side by side
 * @param offset first slot of the instance's block
 * @throws RangeError if the map reads outside `data`
 */
export function packInto(
  map: SlotMap,
  data: Float64Array,
  vector: Float64Array,
  offset: number,
): void {
  const slots = offsetsOf(map.sizes, map.strides, map.at ?? 0);
  const sources = mapElements(map);
  const copies = copyOffsets(map);
  for (let i = 0; i < slots.length; i++) {
    const value = data[sources[i]!];
    if (value === undefined) throw new RangeError('slot map reads outside its input');
    const slot = offset + slots[i]!;
    for (let c = 0; c < copies.length; c++) vector[slot + copies[c]!] = value;
  }
}

/** The slots that `map` fills, copies included, each once or more, in no order of interest. */
export function filledSlots(map: SlotMap): Int32Array {
  const slots = offsetsOf(map.sizes, map.strides, map.at ?? 0);
  const copies = copyOffsets(map);
  const filled = new Int32Array(slots.length * copies.length);
  let at = 0;
  for (const slot of slots) for (const copy of copies) filled[at++] = slot + copy;
  return filled;
}

/**
 * Reads the elements that a map has put into slots back, from the first copy: the inverse of {@link packInto}.
 * Other elements of `data` stay as they are.
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

/** Fills a vector with repetitions of `block`; the vector's length is a multiple of the block's. */
export function replicate(block: Float64Array, length: number): Float64Array {
  if (block.length === length) return block;
  const vector = new Float64Array(length);
  for (let at = 0; at < length; at += block.length) vector.set(block, at);
  return vector;
}

/** A constant in `blocks` blocks of `slots` slots: a number stays one, a list is padded with zeros. */
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
