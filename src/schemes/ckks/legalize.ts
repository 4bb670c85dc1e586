import type { Origin } from '../../ir/graph.ts';
import { at, defined, lookUp } from '../../lookup.ts';
import type { PackedCircuit, PackedId, PackedOp } from '../../packing/packed-circuit.ts';
import type { SlotTerm } from '../../packing/slot-sums.ts';
import type { ValueId } from '../../plan/index-space.ts';
import { isClear } from '../../plan/operations.ts';
import type { CkksOp, ClearOp } from '../../plan/plan.ts';
import { rewired } from '../../plan/rewire.ts';
import { assignLevels, type LegalizeOptions, type LevelAssignment } from './assign-levels.ts';

/** Operations with levels; `origins` says for each where in the text it comes from. */
export interface LevelledOps {
  readonly ops: readonly CkksOp[];
  readonly origins: readonly (Origin | undefined)[];
  /** New place of each of the packed circuit's values; -1 for what is part of a sum. */
  readonly valueIds: readonly ValueId[];
  /** Rescalings on the longest path. */
  readonly levels: number;
}

/**
 * CKKS level management: writes a packed circuit with levels, relinearizations and rescalings where
 * {@link assignLevels} wants them. A value that is needed at a lower level than it is had at is brought down in one
 * step however far, landing on that level's scale exactly ("Approximate Homomorphic Encryption with Reduced
 * Approximation Error", Kim, Papadimitriou and Polyakov, 2022). So all values of a level have one scale, products
 * its square, and additions never meet unequal ones.
 *
 * The terms of a sum are added as soon as they are there, so that a long sum needs no more memory than a short one.
 */
export function legalize(circuit: PackedCircuit, options: LegalizeOptions): LevelledOps {
  return new Legalizer(circuit, assignLevels(circuit, options), options.lazy).run();
}

type PackedCipherOp = Exclude<PackedOp, { op: ClearOp['op'] }>;

/** A ciphertext as it is written so far. */
interface Held {
  readonly place: ValueId;
  readonly level: number;
  /** Its scale is the level's to this power: 2 until a product is rescaled. */
  readonly degree: 1 | 2;
  /** 3 until a product is relinearized. */
  readonly polynomials: 2 | 3;
}

/** Terms of a sum that are of one level and degree, added up. */
interface Part extends Held {
  readonly sign: 1 | -1;
}

class Legalizer {
  readonly #circuit: PackedCircuit;
  readonly #placement: LevelAssignment;
  readonly #lazy: boolean;
  readonly #ops: CkksOp[] = [];
  readonly #origins: (Origin | undefined)[] = [];
  readonly #valueIds: ValueId[] = [];
  readonly #held: (Held | undefined)[] = [];
  /** What was brought down or adjusted, by what and where to: it serves all users there. */
  readonly #made = new Map<string, ValueId>();
  /** Sums that each value is a term of, and with which signs. */
  readonly #sumsOf = new Map<PackedId, SlotTerm[]>();
  /** What has been added up of each sum, by root. */
  readonly #parts = new Map<PackedId, Part[]>();
  /** The packed value that operations are written for. */
  #value: PackedId = 0;

  constructor(circuit: PackedCircuit, placement: LevelAssignment, lazy: boolean) {
    this.#circuit = circuit;
    this.#placement = placement;
    this.#lazy = lazy;
    for (const [root, terms] of placement.sums.terms) {
      for (const { value, sign } of terms) {
        const sums = this.#sumsOf.get(value) ?? [];
        this.#sumsOf.set(value, sums);
        sums.push({ value: root, sign });
      }
    }
  }

  run(): LevelledOps {
    this.#circuit.ops.forEach((op, value) => {
      this.#value = value;
      if (isClear(op))
        this.#valueIds.push(this.#push(rewired(op, (arg) => at(this.#valueIds, arg))));
      else this.#valueIds.push(this.#cipher(op, value)?.place ?? -1);
    });
    const levels = this.#placement.levels.reduce((most, level) => Math.max(most, level), 0);
    return { ops: this.#ops, origins: this.#origins, valueIds: this.#valueIds, levels };
  }

  #push(op: CkksOp): ValueId {
    this.#origins.push(this.#circuit.origins[this.#value]);
    return this.#ops.push(op) - 1;
  }

  #cipher(op: PackedCipherOp, value: PackedId): Held | undefined {
    const { sums, deferred } = this.#placement;
    const root = at(sums.roots, value);
    if (root >= 0 && root !== value) return undefined;
    const computed = root === value ? this.#finishSum(value) : this.#compute(op, value);
    const held = deferred[value] === 1 ? computed : this.#settle(computed);
    this.#held[value] = held;
    for (const { value: sum, sign } of this.#sumsOf.get(value) ?? []) {
      this.#value = sum;
      this.#addUp(sum, held, sign);
    }
    return held;
  }

  /** The operation itself; products are left as they are. */
  #compute(op: PackedCipherOp, value: PackedId): Held {
    const own = at(this.#placement.levels, value);
    const level = this.#placement.rescales[value] ? own + 1 : own;
    switch (op.op) {
      case 'upload':
        return { place: this.#push({ ...op, level }), level, degree: 1, polynomials: 2 };
      case 'mul': {
        const { args } = rewired(op, (arg) => this.#at(arg, level));
        const place = this.#push({ op: 'mul', args, level });
        return { place, level, degree: 2, polynomials: 3 };
      }
      case 'mulPlain':
        return this.#multiplyPlain(op.args, value, level);
      case 'rotate': {
        const { args } = rewired(op, (arg) => this.#at(arg, level));
        const place = this.#push({ op: 'rotate', args, steps: op.steps, level });
        return { place, level, degree: 1, polynomials: 2 };
      }
      case 'add':
      case 'sub':
      case 'negate':
      case 'addPlain':
      case 'subPlain':
      case 'gather':
        throw new Error(`level management has no rule for '${op.op}' outside of a sum`);
    }
  }

  #multiplyPlain(args: readonly [PackedId, PackedId], value: PackedId, level: number): Held {
    const cipher = at(this.#held, args[0]);
    const clear = at(this.#valueIds, args[1]);
    if (!this.#placement.rescales[value]) {
      const { place } = cipher;
      const at = cipher.level;
      return {
        ...cipher,
        place: this.#push({ op: 'mulPlain', args: [place, clear], scale: 'one', level: at }),
      };
    }
    // The factor can land on the level by itself: nothing has to be brought down for it.
    const place = this.#lazy ? this.#above(cipher, level) : this.#at(args[0], level);
    return {
      place: this.#push({ op: 'mulPlain', args: [place, clear], scale: 'level', level }),
      level,
      degree: 2,
      polynomials: 2,
    };
  }

  /** Relinearized and rescaled, where that is still to be done. */
  #settle({ place, level, degree, polynomials }: Held): Held {
    let settled = place;
    if (polynomials === 3) settled = this.#push({ op: 'relinearize', args: [settled], level });
    if (degree === 1) return { place: settled, level, degree, polynomials: 2 };
    const below = level - 1;
    settled = this.#push({ op: 'rescale', args: [settled], level: below });
    return { place: settled, level: below, degree: 1, polynomials: 2 };
  }

  /** Place of a value at a level, brought down if it is had at a higher one. */
  #at(value: PackedId, level: number): ValueId {
    return this.#lowered(at(this.#held, value), level).place;
  }

  /** A copy that is at the level already, or the value wherever it is. */
  #above({ place }: Held, level: number): ValueId {
    return this.#made.get(`lower ${place} ${level}`) ?? place;
  }

  #lowered(held: Held, level: number): Held {
    if (held.level === level) return held;
    return { ...held, place: this.#once('lower', held.place, level), level };
  }

  #once(op: 'lower' | 'adjust', place: ValueId, level: number): ValueId {
    const key = `${op} ${place} ${level}`;
    const made = this.#made.get(key) ?? this.#push({ op, args: [place], level });
    this.#made.set(key, made);
    return made;
  }

  /** Adds a term to what there is of a sum. */
  #addUp(root: PackedId, held: Held, sign: 1 | -1): void {
    const parts = this.#parts.get(root) ?? [];
    this.#parts.set(root, parts);
    const level = at(this.#placement.levels, root);
    const term = { ...(this.#lazy ? held : this.#lowered(held, level)), sign };
    const like = parts.findIndex((p) => p.level === term.level && p.degree === term.degree);
    if (like < 0) parts.push(term);
    else parts[like] = this.#plus(at(parts, like), term);
  }

  /** The sum of two parts of one level and degree. */
  #plus(a: Part, b: Part): Part {
    const polynomials = a.polynomials > b.polynomials ? a.polynomials : b.polynomials;
    const [first, second] = a.sign === -1 && b.sign === 1 ? [b, a] : [a, b];
    const op = a.sign === b.sign ? 'add' : 'sub';
    const { level, sign } = first;
    const place = this.#push({ op, args: [first.place, second.place], level });
    return { ...first, place, polynomials, sign };
  }

  /** A sum whose ciphertexts are all there: its parts brought together, then what is in clear. */
  #finishSum(root: PackedId): Held {
    const level = at(this.#placement.levels, root);
    const parts = lookUp(this.#parts, root);
    this.#parts.delete(root);
    let open = parts.find(({ degree }) => degree === 2);
    let here = parts.find((part) => part.degree === 1 && part.level === level);
    const above = parts.filter((part) => part.degree === 1 && part.level > level);
    const [part, ...others] = above;
    if (part && others.length === 0 && !open) {
      here = this.#join(here, { ...this.#lowered(part, level), sign: part.sign });
    } else {
      for (const each of above) open = this.#join(open, this.#adjusted(each, level + 1));
    }
    if (open && (here || this.#placement.deferred[root] === 0)) {
      here = this.#join({ ...this.#settle(open), sign: open.sign }, here);
      open = undefined;
    }
    return this.#addClear(root, this.#positive(defined(here ?? open)));
  }

  #join(a: Part | undefined, b: Part | undefined): Part {
    return a && b ? this.#plus(a, b) : defined(a ?? b);
  }

  #adjusted(part: Part, level: number): Part {
    return { ...part, place: this.#once('adjust', part.place, level), level, degree: 2 };
  }

  #positive({ sign, ...held }: Part): Held {
    if (sign === 1) return held;
    const place = this.#push({ op: 'negate', args: [held.place], level: held.level });
    return { ...held, place };
  }

  /** Adds the terms that are in clear, together. */
  #addClear(root: PackedId, held: Held): Held {
    const terms = this.#placement.sums.terms.get(root) ?? [];
    const clear = (wanted: 1 | -1): ValueId | undefined =>
      terms
        .filter(({ value, sign }) => sign === wanted && this.#held[value] === undefined)
        .map(({ value }) => at(this.#valueIds, value))
        .reduce<ValueId | undefined>(
          (sum, place) =>
            sum === undefined ? place : this.#push({ op: 'clearAdd', args: [sum, place] }),
          undefined,
        );
    const [added, subtracted] = [clear(1), clear(-1)];
    const { level } = held;
    if (added === undefined) {
      if (subtracted === undefined) return held;
      const place = this.#push({ op: 'subPlain', args: [held.place, subtracted], level });
      return { ...held, place };
    }
    const sum =
      subtracted === undefined ? added : this.#push({ op: 'clearSub', args: [added, subtracted] });
    return { ...held, place: this.#push({ op: 'addPlain', args: [held.place, sum], level }) };
  }
}
