import { defined } from '../../src/lookup.ts';
import type { CkksOp, CkksSketch, SlotMap } from '../../src/plan/plan.ts';
import { scalarMap, sketchOf, vectorMap } from './plans.ts';

interface Cipher {
  readonly index: number;
  readonly level: number;
  readonly degree: number;
  readonly size: number;
}

/**
 * Grows a plan operation by operation. Adds only operations that levels, scales and sizes allow.
 */
class Growth {
  readonly ops: CkksOp[] = [];
  readonly ciphers: Cipher[] = [];
  readonly clears: number[] = [];
  readonly slots: number;
  readonly #random: () => number;

  constructor(slots: number, random: () => number) {
    this.slots = slots;
    this.#random = random;
  }

  pick<T>(from: readonly T[]): T {
    return defined(from[Math.floor(this.#random() * from.length)]);
  }

  int(limit: number): number {
    return Math.floor(this.#random() * limit);
  }

  clear(op: CkksOp): void {
    this.clears.push(this.ops.push(op) - 1);
  }

  cipher(op: CkksOp, level: number, degree: number, size: number): void {
    this.ciphers.push({ index: this.ops.push(op) - 1, level, degree, size });
  }

  vector(): number[] {
    return Array.from({ length: 1 + this.int(this.slots) }, () => this.#random() * 2 - 1);
  }

  grow(): void {
    const a = this.pick(this.ciphers);
    const similar = this.ciphers.filter((c) => c.level === a.level && c.degree === a.degree);
    const choice = this.int(13);
    if (choice < 2) this.#add(a, this.pick(similar), choice === 0 ? 'add' : 'sub');
    else if (choice < 6) this.#withPlain(a, this.pick(this.clears), choice);
    else if (choice < 12) this.#withCiphers(a, similar, choice);
    else this.#growClear(this.pick(this.clears));
  }

  #add({ index, level, degree, size }: Cipher, b: Cipher, op: 'add' | 'sub'): void {
    this.cipher({ op, args: [index, b.index], level }, level, degree, Math.max(size, b.size));
  }

  #withPlain({ index, level, degree, size }: Cipher, plain: number, choice: number): void {
    const args: [number, number] = [index, plain];
    if (choice === 2) this.cipher({ op: 'addPlain', args, level }, level, degree, size);
    if (choice === 3) this.cipher({ op: 'subPlain', args, level }, level, degree, size);
    if (choice === 4 && degree === 1 && level > 0) {
      const at = 1 + this.int(level);
      this.cipher({ op: 'mulPlain', args, scale: 'level', level: at }, at, 2, size);
    }
    if (choice === 5) {
      this.clear({ op: 'const', data: this.int(5) - 2 });
      const by: [number, number] = [index, defined(this.clears.at(-1))];
      this.cipher({ op: 'mulPlain', args: by, scale: 'one', level }, level, degree, size);
    }
  }

  #withCiphers(a: Cipher, similar: readonly Cipher[], choice: number): void {
    const { index, level, degree, size } = a;
    const args: [number] = [index];
    if (choice === 6 && degree === 1 && size === 2 && level > 0) {
      const other = this.pick(similar.filter((c) => c.size === 2)).index;
      this.cipher({ op: 'mul', args: [index, other], level }, level, 2, 3);
    } else if (choice === 6) this.cipher({ op: 'negate', args, level }, level, degree, size);
    if (choice === 7 && size === 3)
      this.cipher({ op: 'relinearize', args, level }, level, degree, 2);
    if (choice === 8 && degree === 2) {
      this.cipher({ op: 'rescale', args, level: level - 1 }, level - 1, 1, size);
    }
    if (choice === 9 && degree === 1 && level > 0) {
      const to = this.int(level);
      this.cipher({ op: 'lower', args, level: to }, to, 1, size);
    }
    if (choice === 10 && size === 2 && this.slots > 1) {
      const steps = 1 + this.int(this.slots - 1);
      this.cipher({ op: 'rotate', args, steps, level }, level, degree, 2);
    }
    if (choice === 11 && degree === 1 && level > 0) {
      const at = 1 + this.int(level);
      this.cipher({ op: 'adjust', args, level: at }, at, 2, size);
    }
  }

  #growClear(a: number): void {
    const b = this.pick(this.clears);
    const choice = this.int(this.slots === 1 ? 5 : 6);
    if (choice === 0) this.clear({ op: 'clearAdd', args: [a, b] });
    if (choice === 1) this.clear({ op: 'clearSub', args: [a, b] });
    if (choice === 2) this.clear({ op: 'clearMul', args: [a, b] });
    if (choice === 3) this.clear({ op: 'const', data: this.vector() });
    if (choice === 4) this.clear({ op: 'clearNegate', args: [a] });
    if (choice === 5) this.clear({ op: 'clearRotate', args: [a], steps: this.int(this.slots) });
  }
}

/** Returns a random plan with a cipher and a plain input of `slots` elements within [-1, 1]. */
export function randomPlan(
  random: () => number,
  slots: number,
  levels: number,
  growth: number,
): CkksSketch {
  const g = new Growth(slots, random);
  const map: SlotMap = slots === 1 ? scalarMap : vectorMap(slots);
  const shape = slots === 1 ? [] : [slots];
  g.clear({ op: 'plainInput', input: 'p', map });
  g.clear({ op: 'const', data: random() });
  g.clear({ op: 'const', data: g.vector() });
  g.cipher({ op: 'upload', input: 'x', map, level: levels }, levels, 1, 2);
  g.cipher({ op: 'upload', input: 'x', map, factor: 0.5, level: levels }, levels, 1, 2);
  g.cipher({ op: 'upload', input: 'x', map, factor: g.vector(), level: 0 }, 0, 1, 2);
  for (let i = 0; i < growth; i++) g.grow();
  const values = [
    defined(g.ciphers.at(-1)).index,
    g.pick(g.ciphers).index,
    defined(g.clears.at(-1)),
  ];
  return sketchOf({
    slots,
    inputs: [
      { name: 'x', secrecy: 'cipher', shape, range: [-1, 1] },
      { name: 'p', secrecy: 'plain', shape, range: [-1, 1] },
    ],
    ops: g.ops,
    outputs: values.map((value, i) => ({ name: `y${i}`, shape, value, map, factor: i + 0.5 })),
  });
}
