import type { SlotData } from '../plan/plan.ts';
import type { Constant } from '../tensor/constant.ts';
import type { Layout } from './layout.ts';
import type { PackedOp } from './packed-circuit.ts';

/** The uploads of a tensor in one layout, with the keys by which equal uploads are shared. */
export interface Uploads {
  readonly layout: Layout;
  readonly ops: readonly { readonly key: string; readonly op: PackedOp }[];
}

/**
 * The long constants and the uploads of all packings of a circuit. Packings, and the methods that
 * they compare, write the same ones again and again; each is computed once.
 */
export class ClearLayouts {
  readonly #constants = new Map<string, SlotData>();
  readonly #uploads = new WeakMap<object, Map<string, Uploads>>();
  /** Numbers that identify the tensors of constants. */
  readonly #numbers = new WeakMap<Constant, number>();
  #numbered = 0;

  /** Returns a number that identifies a tensor. */
  numberOf(tensor: Constant): number {
    const known = this.#numbers.get(tensor) ?? this.#numbered++;
    this.#numbers.set(tensor, known);
    return known;
  }

  /**
   * Returns the constant with a key, which is computed only if it is new.
   *
   * @param key text that no other constant has in vectors of as many slots
   */
  constant(slots: number, key: string, compute: () => SlotData): SlotData {
    const whole = `${slots} ${key}`;
    const data = this.#constants.get(whole) ?? compute();
    this.#constants.set(whole, data);
    return data;
  }

  /** Returns the uploads of a tensor in a layout, which are computed only if it is new. */
  uploads(slots: number, tensor: object, layout: string, compute: () => Uploads): Uploads {
    const whole = `${slots} ${layout}`;
    const byLayout = this.#uploads.get(tensor) ?? new Map<string, Uploads>();
    this.#uploads.set(tensor, byLayout);
    const uploads = byLayout.get(whole) ?? compute();
    byLayout.set(whole, uploads);
    return uploads;
  }
}
