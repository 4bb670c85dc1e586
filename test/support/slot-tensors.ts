import { expect } from 'vitest';
import { at, defined } from '../../src/lookup.ts';
import type { Emitter } from '../../src/packing/emitter.ts';
import {
  type AxisLayout,
  bitsFor,
  bitsOf,
  type Gap,
  hasBit,
  type Layout,
  type LayoutRequest,
  normalized,
  rowMajorIndex,
  type SlotTensor,
  sameAxes,
  tileBoxes,
  tileCounts,
} from '../../src/packing/layout.ts';
import { REALS } from '../../src/plan/clear-ops.ts';
import { runSlots } from '../../src/plan/slot-machine.ts';
import { indicesOf, type Shape, sizeOf } from '../../src/tensor/tensor.ts';

/** Tensors in slots whose gaps and padding really have what their layout says, garbage included. */

/** Returns a random number from 0 to below n, and random choices. */
export class Chance {
  readonly #next: () => number;

  constructor(next: () => number) {
    this.#next = next;
  }

  below(n: number): number {
    return Math.floor(this.#next() * n);
  }

  of<T>(choices: readonly T[]): T {
    return at(choices, this.below(choices.length));
  }

  /** Returns a number in [-2, 2]. */
  number(): number {
    return 4 * this.#next() - 2;
  }
}

/** Returns layouts of axes that share no slot bit, anywhere in the slots. */
export function randomAxes(chance: Chance, shape: Shape, slotBits: number): readonly AxisLayout[] {
  let taken = 0;
  const order = [...shape.keys()].sort(() => chance.number());
  const axes = shape.map((): AxisLayout => ({ at: 0, bits: 0 }));
  for (const axis of order) {
    const bits = chance.of([bitsFor(at(shape, axis)), chance.below(1 + bitsFor(at(shape, axis)))]);
    const places = Array.from({ length: 1 + slotBits - bits }, (_, from) => ({ at: from, bits }));
    const free = places.filter((place) => (bitsOf([place]) & taken) === 0);
    if (free.length === 0 || bits === 0) continue;
    const place = chance.of(free);
    axes[axis] = place;
    taken |= bitsOf([place]);
  }
  return axes;
}

/** Returns a request for axes, with some of the free slot bits as copies. */
export function randomRequest(
  chance: Chance,
  axes: readonly AxisLayout[],
  slotBits: number,
): LayoutRequest {
  const free = ((1 << slotBits) - 1) & ~bitsOf(axes);
  const copies = chance.of([0, free, free & chance.below(1 << slotBits)]);
  return { axes, copies, clean: chance.of([true, false]) };
}

/** Returns a layout that meets a request, with anything where the request allows it. */
function layoutFor(
  chance: Chance,
  shape: Shape,
  { axes, copies, clean }: LayoutRequest,
  slotBits: number,
): Layout {
  const used = bitsOf(axes);
  const gaps = Array.from({ length: slotBits }, (_, bit): Gap => {
    if (hasBit(used, bit)) return 'zero';
    if (hasBit(copies, bit)) return 'copy';
    return clean ? 'zero' : chance.of(['copy', 'zero', 'garbage']);
  });
  const padding = shape.map(() => (clean ? 'zero' : chance.of(['zero', 'garbage'] as const)));
  return normalized(shape, { axes, gaps, padding });
}

/** Returns what a layout says of a slot: an element's row-major index, a zero, or nothing. */
function contentOf(
  { shape, layout }: Pick<SlotTensor, 'shape' | 'layout'>,
  tile: number,
  slot: number,
): number | 'zero' | 'garbage' {
  const { axes, gaps, padding } = layout;
  const box = at(tileBoxes(shape, axes), tile);
  const local = axes.map((axis) => (slot >> axis.at) & (2 ** axis.bits - 1));
  const beyond = local.map((index, axis) => index >= at(box.sizes, axis));
  const states = gaps.flatMap((gap, bit) => (hasBit(slot, bit) ? [gap] : []));
  const isUsed = (bit: number) => hasBit(bitsOf(axes), bit);
  const set = gaps.flatMap((gap, bit) => (hasBit(slot, bit) && !isUsed(bit) ? [gap] : []));
  if (states.includes('garbage')) return 'garbage';
  if (beyond.some((is, axis) => is && padding[axis] === 'garbage')) return 'garbage';
  if (set.includes('zero') || beyond.includes(true)) return 'zero';
  return rowMajorIndex(
    local.map((index, axis) => index + at(box.starts, axis)),
    shape,
  );
}

/** Writes tensors as uploads of whole slot vectors, and computes what an emitter wrote with them. */
export class SlotTensors {
  readonly #emit: Emitter;
  readonly #chance: Chance;
  readonly #vectors = new Map<string, Float64Array>();

  constructor(emit: Emitter, chance: Chance) {
    this.#emit = emit;
    this.#chance = chance;
  }

  /** Data of an input that the emitted operations read, besides the tensors. */
  give(name: string, data: ArrayLike<number>): void {
    this.#vectors.set(name, Float64Array.from(data));
  }

  /** Returns a tensor with these elements in a layout that meets a request. */
  tensor(shape: Shape, data: ArrayLike<number>, request: LayoutRequest): SlotTensor {
    const { slots } = this.#emit;
    const layout = layoutFor(this.#chance, shape, request, Math.log2(slots));
    const tiles = Array.from({ length: sizeOf(tileCounts(shape, layout.axes)) }, (_, tile) => {
      const name = `vector ${this.#vectors.size}`;
      const vector = Float64Array.from({ length: slots }, (_, slot) => {
        const content = contentOf({ shape, layout }, tile, slot);
        if (content === 'zero') return 0;
        return content === 'garbage' ? 1000 + this.#chance.number() : at(data, content);
      });
      this.#vectors.set(name, vector);
      const map = { sizes: [slots], from: 0, fromStrides: [1], strides: [1], copies: [] };
      return this.#emit.push({ op: 'upload', input: name, map });
    });
    return { shape, layout, tiles };
  }

  /** Expects a tensor to have these elements, and around them what its layout says. */
  expectTrue(tensor: SlotTensor, data: ArrayLike<number>): void {
    const { slots } = this.#emit;
    const plan = { ops: this.#emit.ops, outputs: tensor.tiles.map((value) => ({ value })) };
    const values = runSlots(plan as unknown as Parameters<typeof runSlots>[0], {
      ring: REALS,
      slots,
      blocks: 1,
      read: (name) => defined(this.#vectors.get(name)),
    });
    tensor.tiles.forEach((value, tile) => {
      const vector = defined(values.get(value));
      for (let slot = 0; slot < slots; slot++) {
        const content = contentOf(tensor, tile, slot);
        if (content === 'garbage') continue;
        const got = typeof vector === 'number' ? vector : at(vector, slot);
        const expected = content === 'zero' ? 0 : at(data, content);
        const where = `${JSON.stringify(tensor.layout)}, ciphertext ${tile}, slot ${slot}`;
        expect(Math.abs(got - expected), where).toBeLessThan(1e-6);
      }
    });
  }
}

/** Expects a tensor to lie as requested. */
export function expectMet({ layout, shape }: SlotTensor, request: LayoutRequest): void {
  const { axes, copies, clean } = request;
  expect(sameAxes(layout.axes, axes)).toBe(true);
  const used = bitsOf(axes);
  layout.gaps.forEach((gap, bit) => {
    if (hasBit(used, bit)) return;
    if (hasBit(copies, bit)) expect(gap).toBe('copy');
    else if (clean) expect(gap).toBe('zero');
  });
  if (clean) expect(layout.padding).toEqual(shape.map(() => 'zero'));
}

/** Returns the elements of a tensor as a function of their indices. */
export function dataBy(shape: Shape, element: (indices: readonly number[]) => number): number[] {
  return Array.from({ length: sizeOf(shape) }, (_, i) => element(indicesOf(i, shape)));
}
