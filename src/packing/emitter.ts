import { MAX_FREE_FACTOR } from '../ir/arrival.ts';
import type { Origin } from '../ir/graph.ts';
import { at, defined } from '../lookup.ts';
import { operands } from '../plan/liveness.ts';
import { isClear } from '../plan/operations.ts';
import type { ClearOp, SlotData } from '../plan/plan.ts';
import { rewired } from '../plan/rewire.ts';
import type { Constant } from '../tensor/constant.ts';
import { WorkExceeded, type WorkMeter } from '../work-meter.ts';
import { ClearLayouts, type Uploads } from './clear-layouts.ts';
import type { PackedCircuit, PackedOp } from './packed-circuit.ts';

/** A position in the operations that an emitter writes. */
export interface Mark {
  /** Returns the work of the operations written since. */
  workSince(): number;
  /** Removes the operations written since, which nothing else may use. */
  undo(): void;
}

/** How many slots of a constant count as much as an operation. */
const SLOTS_PER_OPERATION = 64;
/** Limit on the slots of constants that are used in one place: 1 GiB. */
const MOST_OWN_SLOTS = 2 ** 27;

/**
 * Appends operations on slot vectors. Whether an operation is on clear values or on ciphertexts
 * depends on its operands. Results that are 0 for all inputs become constants, because SEAL refuses
 * to compute them.
 *
 * Several computations of the same value may be written side by side and compared by {@link
 * arrivalLevelOf} and `work`; {@link used} leaves out unused operations in the end.
 */
export class Emitter {
  readonly ops: PackedOp[] = [];
  readonly origins: (Origin | undefined)[] = [];
  readonly slots: number;
  readonly #meter: WorkMeter | undefined;
  /** Origin of the operations that are appended next. */
  origin: Origin | undefined;
  /** Estimated time of all operations so far, in additions of ciphertexts. */
  work = 0;
  readonly #levels: number[] = [];
  /** Constants and inputs by key. */
  readonly #sources = new Map<string, number>();
  /** The same, in the order in which they were written. */
  readonly #newest: { readonly key: string; readonly value: number }[] = [];

  /** Slots of the constants that are used in one place. */
  #ownSlots = 0;
  readonly #layouts: ClearLayouts;

  /**
   * @param meter counts the operations that are appended, also those that are removed again; no
   *   limit by default
   * @param layouts constants and uploads of other packings of the same circuit; none by default
   */
  constructor(slots: number, meter?: WorkMeter, layouts = new ClearLayouts()) {
    this.slots = slots;
    this.#meter = meter;
    this.#layouts = layouts;
  }

  push(op: PackedOp): number {
    const level = operands(op).reduce((most, arg) => Math.max(most, defined(this.#levels[arg])), 0);
    this.#levels.push(level + this.#rescalings(op));
    this.work += isClear(op) || op.op === 'upload' ? 0 : WORK[op.op];
    this.origins.push(this.origin);
    this.#meter?.spend('packing', 1);
    return this.ops.push(op) - 1;
  }

  /** Returns a mark at the end of the operations so far. */
  mark(): Mark {
    const { work } = this;
    const count = this.ops.length;
    const ownSlots = this.#ownSlots;
    return {
      workSince: () => this.work - work,
      undo: () => {
        this.#ownSlots = ownSlots;
        for (const list of [this.ops, this.origins, this.#levels]) list.length = count;
        let kept = this.#newest.length;
        while (kept > 0 && at(this.#newest, kept - 1).value >= count) kept--;
        for (const { key } of this.#newest.splice(kept)) this.#sources.delete(key);
      },
    };
  }

  /** Returns the arrival level of a value: rescalings on the longest path to it. */
  arrivalLevelOf(value: number): number {
    return at(this.#levels, value);
  }

  /** Whether a value is a product of two ciphertexts. */
  isProduct(value: number): boolean {
    return this.#op(value).op === 'mul';
  }

  isClear(value: number): boolean {
    return isClear(this.#op(value));
  }

  constant(data: SlotData): number {
    return this.pushOnce(JSON.stringify(data), { op: 'const', data });
  }

  /**
   * Returns a constant of many slots, which is computed only if `key` is new.
   *
   * @param key text that no other constant has
   */
  longConstant(key: string, compute: () => SlotData): number {
    const data = this.#layouts.constant(this.slots, key, () => this.#counted(compute()));
    return this.pushOnce(key, { op: 'const', data });
  }

  /**
   * Returns a constant of many slots that is used only here.
   *
   * @throws WorkExceeded if such constants take too much memory
   */
  newConstant(data: SlotData): number {
    this.#ownSlots += typeof data === 'number' ? 0 : data.length;
    if (this.#ownSlots > MOST_OWN_SLOTS)
      throw new WorkExceeded(`writes constants of more than ${MOST_OWN_SLOTS} slots`);
    return this.push({ op: 'const', data: this.#counted(data) });
  }

  /** Counts the slots of a constant, which take time and memory. */
  #counted(data: SlotData): SlotData {
    const slots = typeof data === 'number' ? 0 : data.length;
    this.#meter?.spend('packing', Math.floor(slots / SLOTS_PER_OPERATION));
    return data;
  }

  /** Returns a number that identifies a tensor. */
  numberOf(tensor: Constant): number {
    return this.#layouts.numberOf(tensor);
  }

  /** Returns the uploads of a tensor in a layout, which are computed only if `layout` is new. */
  uploads(tensor: object, layout: string, compute: () => Uploads): Uploads {
    return this.#layouts.uploads(this.slots, tensor, layout, compute);
  }

  /** Appends an operation without operands, or returns an equal earlier one. */
  pushShared(op: PackedOp): number {
    return this.pushOnce(JSON.stringify(op), op);
  }

  /**
   * Appends an operation without operands, or returns the earlier one with the same key.
   *
   * @param key text that no other operation has
   */
  pushOnce(key: string, op: PackedOp): number {
    const known = this.#sources.get(key);
    if (known !== undefined) return known;
    const value = this.push(op);
    this.#sources.set(key, value);
    this.#newest.push({ key, value });
    return value;
  }

  add(a: number, b: number): number {
    const [clearA, clearB] = [this.isClear(a), this.isClear(b)];
    if (clearA && clearB) return this.push({ op: 'clearAdd', args: [a, b] });
    if (clearA) return this.push({ op: 'addPlain', args: [b, a] });
    return this.push({ op: clearB ? 'addPlain' : 'add', args: [a, b] });
  }

  sub(a: number, b: number): number {
    const [clearA, clearB] = [this.isClear(a), this.isClear(b)];
    if (a === b) return this.constant(0);
    if (clearA && clearB) return this.push({ op: 'clearSub', args: [a, b] });
    if (clearA) return this.push({ op: 'addPlain', args: [this.negate(b), a] });
    return this.push({ op: clearB ? 'subPlain' : 'sub', args: [a, b] });
  }

  negate(a: number): number {
    return this.push({ op: this.isClear(a) ? 'clearNegate' : 'negate', args: [a] });
  }

  mul(a: number, b: number): number {
    const [clearA, clearB] = [this.isClear(a), this.isClear(b)];
    if (clearA && clearB) return this.push({ op: 'clearMul', args: [a, b] });
    if (!clearA && !clearB) return this.push({ op: 'mul', args: [a, b] });
    const [cipher, clear] = clearA ? [b, a] : [a, b];
    if (this.isZero(clear)) return clear;
    return this.push({ op: 'mulPlain', args: [cipher, clear], scale: 'level' });
  }

  /** Returns the sum of at least one value. */
  sum(values: readonly number[]): number {
    return values.reduce((sum, value) => this.add(sum, value));
  }

  /**
   * Rotates left by `offset` slots, which may be negative: slot i of the result is slot i + offset
   * of the operand, cyclically.
   */
  rotate(a: number, offset: number): number {
    const cyclic = ((offset % this.slots) + this.slots) % this.slots;
    if (cyclic === 0 || this.#uniformOf(a) !== undefined) return a;
    return this.push({ op: this.isClear(a) ? 'clearRotate' : 'rotate', args: [a], steps: cyclic });
  }

  /**
   * Adds a value to itself rotated by 2^at, 2^(at+1), …: each slot then contains the sum of 2^bits
   * slots, from itself upwards, that are 2^at slots apart.
   */
  sumWindow(a: number, at: number, bits: number): number {
    let sum = a;
    for (let bit = at; bit < at + bits; bit++) sum = this.add(sum, this.rotate(sum, 2 ** bit));
    return sum;
  }

  /**
   * Returns a vector whose slot i contains the sum of `count` slots from i upwards that are 2^at
   * slots apart: the runs of count's binary digits side by side.
   */
  sumFirst(a: number, at: number, count: number): number {
    let run = a;
    let sum: number | undefined;
    let added = 0;
    for (let bit = 0; 2 ** bit <= count; bit++) {
      if (bit > 0) run = this.add(run, this.rotate(run, 2 ** (at + bit - 1)));
      if ((count & (2 ** bit)) === 0) continue;
      const moved = this.rotate(run, added * 2 ** at);
      sum = sum === undefined ? moved : this.add(sum, moved);
      added += 2 ** bit;
    }
    return defined(sum);
  }

  /**
   * Copies the slots in which an axis's index is 0 to its first `count` indices, which lie `stride`
   * slots apart. The slots of all other indices must be zero; those after the copies stay zero.
   * Doubling gives runs of 1, 2, 4, … copies; the result is the runs of count's binary digits side
   * by side.
   */
  copyFirst(a: number, count: number, stride: number): number {
    let run = a;
    let copies: number | undefined;
    let filled = 0;
    for (let length = 1; length <= count; length *= 2) {
      if ((count & length) !== 0) {
        const moved = this.rotate(run, -filled * stride);
        copies = copies === undefined ? moved : this.add(copies, moved);
        filled += length;
      }
      if (2 * length <= count) run = this.add(run, this.rotate(run, -length * stride));
    }
    return defined(copies);
  }

  /** Returns a vector whose slot i is slot 0 of the i-th value. */
  gather(values: readonly number[]): number {
    if (values.length === 1) return at(values, 0);
    if (!values.every((value) => this.isClear(value)))
      return this.push({ op: 'gather', args: [...values] });
    // Clear values are not gathered in a ciphertext: the vector is a sum of rotated ones.
    const numbers = values.map((value) => this.#uniformOf(value) ?? 0);
    const others = values.flatMap((value, i) =>
      this.#uniformOf(value) === undefined
        ? [this.rotate(this.mul(value, this.constant([1])), -i)]
        : [],
    );
    return this.sum([this.constant(numbers), ...others]);
  }

  /** Whether a value is the constant 0. */
  isZero(value: number): boolean {
    const op = this.#op(value);
    if (op.op !== 'const') return false;
    if (typeof op.data === 'number') return op.data === 0;
    // Most data end with their last number that is not 0.
    return (op.data.at(-1) ?? 0) === 0 && op.data.every((x) => x === 0);
  }

  /**
   * Returns the operations that outputs and the values `kept` depend on, and the tensors whose
   * values are among them.
   */
  used(
    named: Omit<PackedCircuit, 'slots' | 'ops' | 'origins'>,
    kept: readonly number[],
  ): PackedCircuit {
    const { slots, ops, origins } = this;
    return usedOnly({ slots, ops, origins, ...named }, kept);
  }

  #op(value: number): PackedOp {
    return defined(this.ops[value]);
  }

  /** Returns the rescalings that an operation needs: 0 or 1. */
  #rescalings(op: PackedOp): number {
    if (op.op === 'mul') return 1;
    if (op.op !== 'mulPlain') return 0;
    const clear = this.#op(op.args[1]);
    const isFree =
      clear.op === 'const' &&
      typeof clear.data === 'number' &&
      Number.isInteger(clear.data) &&
      Math.abs(clear.data) <= MAX_FREE_FACTOR;
    return isFree ? 0 : 1;
  }

  /** Returns the constant that is in all slots of a value; undefined if it is not one. */
  #uniformOf(value: number): number | undefined {
    const op = this.#op(value);
    return op.op === 'const' && typeof op.data === 'number' ? op.data : undefined;
  }
}

/**
 * Returns a circuit with the operations that outputs and the values `kept` depend on, and the
 * tensors whose values are among them.
 */
export function usedOnly(circuit: PackedCircuit, kept: readonly number[]): PackedCircuit {
  const { ops, origins, outputs } = circuit;
  const live = new Uint8Array(ops.length);
  for (const { value } of outputs) live[value] = 1;
  for (const value of kept) live[value] = 1;
  for (let value = ops.length - 1; value >= 0; value--) {
    if (live[value] === 1) for (const arg of operands(at(ops, value))) live[arg] = 1;
  }
  const newIndices = new Int32Array(ops.length).fill(-1);
  const used: PackedOp[] = [];
  const usedOrigins: (Origin | undefined)[] = [];
  ops.forEach((op, value) => {
    if (live[value] === 0) return;
    newIndices[value] = used.push(rewired(op, (arg) => at(newIndices, arg))) - 1;
    usedOrigins.push(origins[value]);
  });
  return {
    ...circuit,
    ops: used,
    origins: usedOrigins,
    outputs: outputs.map((output) => ({ ...output, value: at(newIndices, output.value) })),
    ...movedFacts(circuit, newIndices),
  };
}

/** What is known of the values of a packed circuit. */
type Facts = Pick<PackedCircuit, 'tensors' | 'promises'>;

/**
 * Returns what is known of values, with their new indices. Tensors and promises with a removed
 * value (index -1) are left out.
 */
export function movedFacts({ tensors, promises }: Facts, newIndices: ArrayLike<number>): Facts {
  const indexOf = (value: number) => newIndices[value] ?? -1;
  return {
    tensors: tensors
      .map((tensor) => ({ ...tensor, values: tensor.values.map(indexOf) }))
      .filter(({ values }) => values.every((value) => value >= 0)),
    promises: promises
      .map((promise) => ({ ...promise, value: indexOf(promise.value) }))
      .filter(({ value }) => value >= 0),
  };
}

/** Typical times of operations, in additions of ciphertexts, by which methods are compared. */
export const ADDITION = 1;
export const MULTIPLICATION = 10;
export const MULTIPLICATION_BY_CLEAR = 8;
export const RELINEARIZATION = 50;
export const ROTATION = 50;
/** The weight of encoding and encrypting an upload: time of the client counts less. */
export const UPLOAD = 25;

const WORK: Readonly<Record<Exclude<PackedOp['op'], ClearOp['op']>, number>> = {
  upload: UPLOAD,
  add: ADDITION,
  sub: ADDITION,
  negate: ADDITION,
  addPlain: ADDITION,
  subPlain: ADDITION,
  mulPlain: MULTIPLICATION_BY_CLEAR,
  mul: MULTIPLICATION,
  rotate: ROTATION,
  gather: 0,
};

/** Returns the estimated time of operations, including uploads, in additions of ciphertexts. */
export function workOf(ops: readonly PackedOp[]): number {
  return ops.reduce((sum, op) => sum + (isClear(op) ? 0 : WORK[op.op]), 0);
}
