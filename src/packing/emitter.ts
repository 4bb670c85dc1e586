import type { Origin } from '../ir/graph.ts';
import { isClear } from '../plan/clear-ops.ts';
import type { SlotData } from '../plan/plan.ts';
import { maskData } from './layout.ts';
import type { PackedOp } from './packed.ts';

/**
 * Appends operations on slot vectors, choosing the clear or the encrypted form by what the operands are.
 * Results that are 0 whatever the inputs are become constants: SEAL refuses to compute them.
 */
export class Emitter {
  readonly ops: PackedOp[] = [];
  readonly origins: (Origin | undefined)[] = [];
  readonly slots: number;
  /** Origin of the operations appended from now on. */
  origin: Origin | undefined;
  readonly #constants = new Map<string, number>();

  constructor(slots: number) {
    this.slots = slots;
  }

  push(op: PackedOp): number {
    this.origins.push(this.origin);
    return this.ops.push(op) - 1;
  }

  isClear(value: number): boolean {
    return isClear(this.#op(value));
  }

  constant(data: SlotData): number {
    const key = JSON.stringify(data);
    const known = this.#constants.get(key);
    if (known !== undefined) return known;
    const value = this.push({ op: 'const', data });
    this.#constants.set(key, value);
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
    if (this.#isZero(clear)) return clear;
    return this.push({ op: 'mulPlain', args: [cipher, clear], scale: 'level' });
  }

  /** Slot i of the result is slot i + steps of the operand, cyclically; steps may be negative. */
  rotate(a: number, steps: number): number {
    const cyclic = ((steps % this.slots) + this.slots) % this.slots;
    if (cyclic === 0) return a;
    return this.push({ op: this.isClear(a) ? 'clearRotate' : 'rotate', args: [a], steps: cyclic });
  }

  /** Adds a value to itself rotated by 1, 2, 4, … : each slot then holds the sum of `count` slots from it on. */
  sumWindow(a: number, count: number): number {
    let sum = a;
    for (let step = 1; step < count; step *= 2) sum = this.add(sum, this.rotate(sum, step));
    return sum;
  }

  /**
   * The first slot's value in the first `count` slots, zeros behind them; the other slots must be zero.
   * Doubling gives runs of 1, 2, 4, … copies, and the runs of count's binary digits lie side by side.
   */
  copyFirst(a: number, count: number): number {
    let run = a;
    let copies: number | undefined;
    let filled = 0;
    for (let length = 1; length <= count; length *= 2) {
      if ((count & length) !== 0) {
        const moved = this.rotate(run, -filled);
        copies = copies === undefined ? moved : this.add(copies, moved);
        filled += length;
      }
      if (2 * length <= count) run = this.add(run, this.rotate(run, -length));
    }
    return copies as number;
  }

  /** A vector whose slot i is slot 0 of the i-th value; values in clear are the same in all slots. */
  gather(values: readonly number[]): number {
    if (values.length === 1) return values[0] as number;
    if (!values.every((value) => this.isClear(value)))
      return this.push({ op: 'gather', args: [...values] });
    const parts = values.map((value, i) => this.mul(value, this.constant(maskData(i, 1))));
    return parts.reduce((sum, part) => this.add(sum, part));
  }

  #op(value: number): PackedOp {
    return this.ops[value] as PackedOp;
  }

  #isZero(value: number): boolean {
    const op = this.#op(value);
    if (op.op !== 'const') return false;
    return typeof op.data === 'number' ? op.data === 0 : op.data.every((x) => x === 0);
  }
}
