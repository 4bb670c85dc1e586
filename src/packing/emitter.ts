import { MAX_FREE_FACTOR } from '../ir/arrival.ts';
import type { Origin } from '../ir/graph.ts';
import { at, defined } from '../lookup.ts';
import { operands } from '../plan/liveness.ts';
import { isClear } from '../plan/operations.ts';
import type { ClearOp, SlotData } from '../plan/plan.ts';
import { rewired } from '../plan/rewire.ts';
import type { Constant } from '../tensor/constant.ts';
import type { Layout } from './layout.ts';
import type { PackedCircuit, PackedOp, PackedTensor } from './packed-circuit.ts';

/** A place in what an emitter writes. */
export interface Mark {
  /** Work of what is written since. */
  workSince(): number;
  /** Takes back what is written since; nothing else may use it. */
  undo(): void;
}

/** A tensor's uploads, and the texts that they are shared by. */
export interface Uploads {
  readonly layout: Layout;
  readonly ops: readonly { readonly key: string; readonly op: PackedOp }[];
}

/**
 * Appends operations on slot vectors, choosing the clear or the encrypted form by what the operands are.
 * Results that are 0 whatever the inputs are become constants: SEAL refuses to compute them.
 *
 * Ways of computing the same value may be written side by side, and compared by `levels` and `work`; what is not
 * used in the end is left out by {@link used}.
 */
export class Emitter {
  readonly ops: PackedOp[] = [];
  readonly origins: (Origin | undefined)[] = [];
  readonly slots: number;
  /** Origin of the operations appended from now on. */
  origin: Origin | undefined;
  /** Estimated time of all operations so far, a ciphertext addition being 1. */
  work = 0;
  readonly #levels: number[] = [];
  /** Constants and inputs, by what they are. */
  readonly #sources = new Map<string, number>();
  /** The same in the order in which they were written. */
  readonly #newest: { readonly key: string; readonly value: number }[] = [];

  /** Long constants, also those that have been taken back. */
  readonly #data = new Map<string, SlotData>();
  /** Numbers of tensors that constants are made of. */
  readonly #numbers = new WeakMap<Constant, number>();
  #numbered = 0;
  /** Uploads made before, by tensor and place: the same are asked for again and again while ways are compared. */
  readonly #uploads = new WeakMap<object, Map<string, Uploads>>();

  constructor(slots: number) {
    this.slots = slots;
  }

  push(op: PackedOp): number {
    const level = operands(op).reduce((most, arg) => Math.max(most, defined(this.#levels[arg])), 0);
    this.#levels.push(level + this.#steps(op));
    this.work += isClear(op) || op.op === 'upload' ? 0 : WORK[op.op];
    this.origins.push(this.origin);
    return this.ops.push(op) - 1;
  }

  /** The end of what is written so far. */
  mark(): Mark {
    const { work } = this;
    const count = this.ops.length;
    return {
      workSince: () => this.work - work,
      undo: () => {
        for (const list of [this.ops, this.origins, this.#levels]) list.length = count;
        let kept = this.#newest.length;
        while (kept > 0 && at(this.#newest, kept - 1).value >= count) kept--;
        for (const { key } of this.#newest.splice(kept)) this.#sources.delete(key);
      },
    };
  }

  /** Rescalings on the longest path to a value. */
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
   * A constant of many slots, made where it is not there already.
   *
   * @param key text that no other constant has
   */
  longConstant(key: string, make: () => SlotData): number {
    const data = this.#data.get(key) ?? make();
    this.#data.set(key, data);
    return this.pushOnce(key, { op: 'const', data });
  }

  /** A number that no other tensor has. */
  numberOf(tensor: Constant): number {
    const known = this.#numbers.get(tensor) ?? this.#numbered++;
    this.#numbers.set(tensor, known);
    return known;
  }

  /** Uploads of a tensor at a place, made where they are not there already. */
  uploads(tensor: object, place: string, make: () => Uploads): Uploads {
    const places = this.#uploads.get(tensor) ?? new Map<string, Uploads>();
    this.#uploads.set(tensor, places);
    const uploads = places.get(place) ?? make();
    places.set(place, uploads);
    return uploads;
  }

  /** An operation without operands, the same one where it is there already. */
  pushShared(op: PackedOp): number {
    return this.pushOnce(JSON.stringify(op), op);
  }

  /** An operation without operands, the same one where there is one of this text, which no other has. */
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

  /** The sum of some values, at least one. */
  sum(values: readonly number[]): number {
    return values.reduce((sum, value) => this.add(sum, value));
  }

  /** Slot i of the result is slot i + steps of the operand, cyclically; steps may be negative. */
  rotate(a: number, steps: number): number {
    const cyclic = ((steps % this.slots) + this.slots) % this.slots;
    if (cyclic === 0 || this.#isUniform(a)) return a;
    return this.push({ op: this.isClear(a) ? 'clearRotate' : 'rotate', args: [a], steps: cyclic });
  }

  /** Adds a value to itself rotated by 2^at, 2^(at+1), …: each slot then holds the sum of 2^bits slots that far apart. */
  sumWindow(a: number, at: number, bits: number): number {
    let sum = a;
    for (let bit = at; bit < at + bits; bit++) sum = this.add(sum, this.rotate(sum, 2 ** bit));
    return sum;
  }

  /**
   * The value of the slots where an axis's index is 0 at its first `count` indices, which lie `stride` slots apart;
   * zeros must lie at the other indices, and do so behind the copies. Doubling gives runs of 1, 2, 4, … copies, and
   * the runs of count's binary digits lie side by side.
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

  /** A vector whose slot i is slot 0 of the i-th value; values in clear are the same in all slots. */
  gather(values: readonly number[]): number {
    if (values.length === 1) return at(values, 0);
    if (!values.every((value) => this.isClear(value)))
      return this.push({ op: 'gather', args: [...values] });
    const parts = values.map((value, i) =>
      this.mul(value, this.constant([...new Array<number>(i).fill(0), 1])),
    );
    return this.sum(parts);
  }

  /** Whether a value is the constant 0. */
  isZero(value: number): boolean {
    const op = this.#op(value);
    if (op.op !== 'const') return false;
    return typeof op.data === 'number' ? op.data === 0 : op.data.every((x) => x === 0);
  }

  /** The operations that outputs and `kept` values depend on; of the tensors those that are left. */
  used(
    { outputs, inputs, tensors }: Pick<PackedCircuit, 'outputs' | 'inputs' | 'tensors'>,
    kept: readonly number[],
  ): PackedCircuit {
    const live = new Uint8Array(this.ops.length);
    for (const { value } of outputs) live[value] = 1;
    for (const value of kept) live[value] = 1;
    for (let value = this.ops.length - 1; value >= 0; value--) {
      if (live[value] === 1) for (const arg of operands(this.#op(value))) live[arg] = 1;
    }
    const places = new Int32Array(this.ops.length).fill(-1);
    const ops: PackedOp[] = [];
    const origins: (Origin | undefined)[] = [];
    this.ops.forEach((op, value) => {
      if (live[value] === 0) return;
      places[value] = ops.push(rewired(op, (arg) => at(places, arg))) - 1;
      origins.push(this.origins[value]);
    });
    return {
      slots: this.slots,
      ops,
      origins,
      inputs,
      outputs: outputs.map((output) => ({ ...output, value: at(places, output.value) })),
      tensors: movedTensors(tensors, places),
    };
  }

  #op(value: number): PackedOp {
    return defined(this.ops[value]);
  }

  /** Rescalings that an operation is due. */
  #steps(op: PackedOp): number {
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

  /** Whether a value in clear is the same in all slots. */
  #isUniform(value: number): boolean {
    const op = this.#op(value);
    return op.op === 'const' && typeof op.data === 'number';
  }
}

/** Tensors after their values have moved to other places; those that have lost one, which is at -1, are left out. */
export function movedTensors(
  tensors: readonly PackedTensor[],
  places: ArrayLike<number>,
): readonly PackedTensor[] {
  return tensors
    .map((tensor) => ({ ...tensor, values: tensor.values.map((value) => places[value] ?? -1) }))
    .filter(({ values }) => values.every((value) => value >= 0));
}

/** Times of operations on ciphertexts in that of an addition: what is typical, for choices between ways to compute. */
export const ADDITION = 1;
export const MULTIPLICATION = 10;
export const MULTIPLICATION_BY_CLEAR = 8;
export const RELINEARIZATION = 50;
export const ROTATION = 50;
/** Encoding and encrypting an upload: the client's time counts little. */
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

/** Estimated time of operations, uploads included. */
export function workOf(ops: readonly PackedOp[]): number {
  return ops.reduce((sum, op) => sum + (isClear(op) ? 0 : WORK[op.op]), 0);
}
