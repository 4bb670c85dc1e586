import type { SlotMap } from '../plan/plan.ts';
import { type Shape, stridesOf } from '../tensor/tensor.ts';

/**
 * Where a tensor's elements lie among the slots, and what is known of the other slots. A tensor of any
 * rank lies row-major from slot 0 on; a scalar is copied to all slots, or only valid in the first.
 * What is not known to be zero counts as garbage: the state decides when a mask must be paid for.
 */
export type Layout =
  | { readonly kind: 'vector'; readonly length: number; readonly rest: 'zero' | 'garbage' }
  | { readonly kind: 'everywhere' }
  | { readonly kind: 'first'; readonly rest: 'zero' | 'garbage' };

/** A scalar in all slots. */
export const EVERYWHERE: Layout = { kind: 'everywhere' };

/** A vector's layout; nothing lies behind a vector that fills all slots. */
export function vectorLayout(length: number, slots: number, rest: 'zero' | 'garbage'): Layout {
  return { kind: 'vector', length, rest: length === slots ? 'zero' : rest };
}

/** A scalar in the first slot; with one slot that is everywhere. */
export function firstSlot(slots: number, rest: 'zero' | 'garbage'): Layout {
  return slots === 1 ? EVERYWHERE : { kind: 'first', rest };
}

/** Layout of a one-element tensor's only element. */
export function asScalar(layout: Layout, slots: number): Layout {
  return layout.kind === 'vector' ? firstSlot(slots, layout.rest) : layout;
}

/** Whether all slots without an element are zero. */
export function hasZeroRest(layout: Layout): boolean {
  return layout.kind !== 'everywhere' && layout.rest === 'zero';
}

/** Layout of a sum or product of two values of one shape. */
export function combineLayouts(a: Layout, b: Layout, op: 'add' | 'mul'): Layout {
  if (a.kind === 'everywhere' && b.kind === 'everywhere') return EVERYWHERE;
  const zeros = [hasZeroRest(a), hasZeroRest(b)];
  const rest = (op === 'add' ? zeros[0] && zeros[1] : zeros[0] || zeros[1]) ? 'zero' : 'garbage';
  if (a.kind === 'vector') return { ...a, rest };
  return b.kind === 'vector' ? { ...b, rest } : { kind: 'first', rest };
}

/** The least power of two that is not below `n`. */
export function powerOfTwoAbove(n: number): number {
  return 2 ** Math.ceil(Math.log2(n));
}

/** Elements of an input's box, as plan/plan.ts defines it. */
export interface View {
  readonly shape: Shape;
  /** Row-major index of the first element in the input. */
  readonly from: number;
  /** Strides in the input's row-major data. */
  readonly fromStrides: readonly number[];
}

/** All of an input. */
export function wholeView(shape: Shape): View {
  return { shape, from: 0, fromStrides: stridesOf(shape) };
}

/** The map that puts a view row-major into the slots, a scalar into all of them. */
export function mapOfView(view: View, slots: number): SlotMap {
  const everywhere = view.shape.length === 0 && slots > 1;
  return {
    sizes: [...view.shape],
    from: view.from,
    fromStrides: [...view.fromStrides],
    strides: stridesOf(view.shape),
    copies: everywhere ? [{ count: slots, stride: 1 }] : [],
  };
}

/** How an output is read: row-major from slot 0. */
export function outputMap(shape: Shape): SlotMap {
  return mapOfView(wholeView(shape), 1);
}

/** 0/1 vector with ones in `count` slots from `offset` on. */
export function maskData(offset: number, count: number): number[] {
  return [...new Array<number>(offset).fill(0), ...new Array<number>(count).fill(1)];
}
