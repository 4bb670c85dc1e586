import type { Origin } from '../../ir/graph.ts';
import { at, defined, lookUp } from '../../lookup.ts';
import type { PackedCircuit, PackedId, PackedOp } from '../../packing/packed-circuit.ts';
import type { SlotTerm } from '../../packing/slot-sums.ts';
import type { ValueId } from '../../plan/index-space.ts';
import { isClear } from '../../plan/operations.ts';
import type { CkksOp, ClearOp } from '../../plan/plan.ts';
import { rewired } from '../../plan/rewire.ts';
import { assignLevels, type LegalizeOptions, type LevelAssignment } from './assign-levels.ts';

/** Operations with levels. `origins` gives the source location of each. */
export interface LevelledOps {
  readonly ops: readonly CkksOp[];
  readonly origins: readonly (Origin | undefined)[];
  /** The new id of each of the packed circuit's values; -1 for values that are inside a sum. */
  readonly valueIds: readonly ValueId[];
  /** The rescalings on the longest path. */
  readonly levels: number;
}

/**
 * CKKS level management: writes a packed circuit with levels, and with relinearizations and
 * rescalings where {@link assignLevels} puts them. A value that is needed at a lower level is
 * lowered in one step, however far, and lands exactly on that level's scale ("Approximate
 * Homomorphic Encryption with Reduced Approximation Error", Kim, Papadimitriou and Polyakov, 2022).
 * So all values of a level have the same scale, products have its square, and additions never have
 * operands of different scales.
 *
 * Each term is added to its sum as soon as it is computed, so that a long sum needs no more memory
 * than a short one.
 */
export function legalize(circuit: PackedCircuit, options: LegalizeOptions): LevelledOps {
  return new Legalizer(circuit, assignLevels(circuit, options), options.lazy).run();
}

type PackedCipherOp = Exclude<PackedOp, { op: ClearOp['op'] }>;

/** A ciphertext among the operations written so far. */
interface Ciphertext {
  readonly id: ValueId;
  readonly level: number;
  /** Its scale is the level's scale to this power: 2 until a product is rescaled. */
  readonly degree: 1 | 2;
  /** 3 until a product is relinearized. */
  readonly polynomials: 2 | 3;
}

/** The sum of those terms of a sum that have the same level and degree. */
interface PartialSum extends Ciphertext {
  readonly sign: 1 | -1;
}

class Legalizer {
  readonly #circuit: PackedCircuit;
  readonly #assignment: LevelAssignment;
  readonly #lazy: boolean;
  readonly #ops: CkksOp[] = [];
  readonly #origins: (Origin | undefined)[] = [];
  readonly #valueIds: ValueId[] = [];
  readonly #ciphertexts: (Ciphertext | undefined)[] = [];
  /**
   * The lowered or adjusted copies of values, by operation, value and level. All users share them.
   */
  readonly #copies = {
    lower: new Map<ValueId, Map<number, ValueId>>(),
    adjust: new Map<ValueId, Map<number, ValueId>>(),
  };
  /** The sums that each value is a term of, and the term's signs. */
  readonly #sumsOf = new Map<PackedId, SlotTerm[]>();
  /** What has been added up of each sum so far, by its root. */
  readonly #partialSums = new Map<PackedId, PartialSum[]>();
  /** The packed value whose operations are being written. */
  #value: PackedId = 0;

  constructor(circuit: PackedCircuit, assignment: LevelAssignment, lazy: boolean) {
    this.#circuit = circuit;
    this.#assignment = assignment;
    this.#lazy = lazy;
    for (const [root, terms] of assignment.sums.terms) {
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
      else this.#valueIds.push(this.#cipher(op, value)?.id ?? -1);
    });
    const levels = this.#assignment.levels.reduce((most, level) => Math.max(most, level), 0);
    return { ops: this.#ops, origins: this.#origins, valueIds: this.#valueIds, levels };
  }

  #push(op: CkksOp): ValueId {
    this.#origins.push(this.#circuit.origins[this.#value]);
    return this.#ops.push(op) - 1;
  }

  #cipher(op: PackedCipherOp, value: PackedId): Ciphertext | undefined {
    const { sums, deferred } = this.#assignment;
    const root = at(sums.roots, value);
    if (root >= 0 && root !== value) return undefined;
    const computed = root === value ? this.#finishSum(value) : this.#compute(op, value);
    const ciphertext = deferred[value] === 1 ? computed : this.#finish(computed);
    this.#ciphertexts[value] = ciphertext;
    for (const { value: sum, sign } of this.#sumsOf.get(value) ?? []) {
      this.#value = sum;
      this.#addTerm(sum, ciphertext, sign);
    }
    return ciphertext;
  }

  /** Writes the operation itself. Products are neither relinearized nor rescaled here. */
  #compute(op: PackedCipherOp, value: PackedId): Ciphertext {
    const own = at(this.#assignment.levels, value);
    const level = this.#assignment.rescales[value] ? own + 1 : own;
    switch (op.op) {
      case 'upload':
        return { id: this.#push({ ...op, level }), level, degree: 1, polynomials: 2 };
      case 'mul': {
        const { args } = rewired(op, (arg) => this.#at(arg, level));
        const id = this.#push({ op: 'mul', args, level });
        return { id, level, degree: 2, polynomials: 3 };
      }
      case 'mulPlain':
        return this.#multiplyPlain(op.args, value, level);
      case 'rotate': {
        const { args } = rewired(op, (arg) => this.#at(arg, level));
        const id = this.#push({ op: 'rotate', args, steps: op.steps, level });
        return { id, level, degree: 1, polynomials: 2 };
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

  #multiplyPlain(args: readonly [PackedId, PackedId], value: PackedId, level: number): Ciphertext {
    const cipher = at(this.#ciphertexts, args[0]);
    const clear = at(this.#valueIds, args[1]);
    if (!this.#assignment.rescales[value]) {
      const { id } = cipher;
      const at = cipher.level;
      return {
        ...cipher,
        id: this.#push({ op: 'mulPlain', args: [id, clear], scale: 'one', level: at }),
      };
    }
    // The factor's scale can bring the product to the level, so the ciphertext need not be lowered.
    const id = this.#lazy ? this.#knownCopy(cipher, level) : this.#at(args[0], level);
    return {
      id: this.#push({ op: 'mulPlain', args: [id, clear], scale: 'level', level }),
      level,
      degree: 2,
      polynomials: 2,
    };
  }

  /** Relinearizes and rescales a ciphertext if that is still necessary. */
  #finish({ id, level, degree, polynomials }: Ciphertext): Ciphertext {
    let settled = id;
    if (polynomials === 3) settled = this.#push({ op: 'relinearize', args: [settled], level });
    if (degree === 1) return { id: settled, level, degree, polynomials: 2 };
    const below = level - 1;
    settled = this.#push({ op: 'rescale', args: [settled], level: below });
    return { id: settled, level: below, degree: 1, polynomials: 2 };
  }

  /** Returns the id of a value at a level, and lowers the value if it is at a higher level. */
  #at(value: PackedId, level: number): ValueId {
    return this.#lowered(at(this.#ciphertexts, value), level).id;
  }

  /**
   * Returns the id of an existing copy at the level, otherwise that of the value at its own level.
   */
  #knownCopy({ id }: Ciphertext, level: number): ValueId {
    return this.#copies.lower.get(id)?.get(level) ?? id;
  }

  #lowered(ciphertext: Ciphertext, level: number): Ciphertext {
    if (ciphertext.level === level) return ciphertext;
    return { ...ciphertext, id: this.#pushOnce('lower', ciphertext.id, level), level };
  }

  #pushOnce(op: 'lower' | 'adjust', id: ValueId, level: number): ValueId {
    const copies = this.#copies[op];
    const byLevel = copies.get(id) ?? new Map<number, ValueId>();
    const made = byLevel.get(level) ?? this.#push({ op, args: [id], level });
    copies.set(id, byLevel.set(level, made));
    return made;
  }

  /** Adds a term to what has been added up of a sum. */
  #addTerm(root: PackedId, ciphertext: Ciphertext, sign: 1 | -1): void {
    const parts = this.#partialSums.get(root) ?? [];
    this.#partialSums.set(root, parts);
    const level = at(this.#assignment.levels, root);
    const term = { ...(this.#lazy ? ciphertext : this.#lowered(ciphertext, level)), sign };
    const same = parts.findIndex((p) => p.level === term.level && p.degree === term.degree);
    if (same < 0) parts.push(term);
    else parts[same] = this.#addPartialSums(at(parts, same), term);
  }

  /** Adds two partial sums of one level and degree. */
  #addPartialSums(a: PartialSum, b: PartialSum): PartialSum {
    const polynomials = a.polynomials > b.polynomials ? a.polynomials : b.polynomials;
    const [first, second] = a.sign === -1 && b.sign === 1 ? [b, a] : [a, b];
    const op = a.sign === b.sign ? 'add' : 'sub';
    const { level, sign } = first;
    const id = this.#push({ op, args: [first.id, second.id], level });
    return { ...first, id, polynomials, sign };
  }

  /**
   * Completes a sum, once all its ciphertexts are computed: combines its partial sums, then adds
   * the clear terms.
   */
  #finishSum(root: PackedId): Ciphertext {
    const level = at(this.#assignment.levels, root);
    const parts = lookUp(this.#partialSums, root);
    this.#partialSums.delete(root);
    let unfinished = parts.find(({ degree }) => degree === 2);
    let finished = parts.find((part) => part.degree === 1 && part.level === level);
    const above = parts.filter((part) => part.degree === 1 && part.level > level);
    const [part, ...others] = above;
    if (part && others.length === 0 && !unfinished) {
      finished = this.#join(finished, { ...this.#lowered(part, level), sign: part.sign });
    } else {
      for (const each of above)
        unfinished = this.#join(unfinished, this.#adjusted(each, level + 1));
    }
    if (unfinished && (finished || this.#assignment.deferred[root] === 0)) {
      finished = this.#join({ ...this.#finish(unfinished), sign: unfinished.sign }, finished);
      unfinished = undefined;
    }
    return this.#addClear(root, this.#positive(defined(finished ?? unfinished)));
  }

  #join(a: PartialSum | undefined, b: PartialSum | undefined): PartialSum {
    return a && b ? this.#addPartialSums(a, b) : defined(a ?? b);
  }

  #adjusted(part: PartialSum, level: number): PartialSum {
    return { ...part, id: this.#pushOnce('adjust', part.id, level), level, degree: 2 };
  }

  #positive({ sign, ...ciphertext }: PartialSum): Ciphertext {
    if (sign === 1) return ciphertext;
    const id = this.#push({ op: 'negate', args: [ciphertext.id], level: ciphertext.level });
    return { ...ciphertext, id };
  }

  /** Adds all clear terms of a sum at once. */
  #addClear(root: PackedId, ciphertext: Ciphertext): Ciphertext {
    const terms = this.#assignment.sums.terms.get(root) ?? [];
    const clear = (termSign: 1 | -1): ValueId | undefined =>
      terms
        .filter(({ value, sign }) => sign === termSign && this.#ciphertexts[value] === undefined)
        .map(({ value }) => at(this.#valueIds, value))
        .reduce<ValueId | undefined>(
          (sum, id) => (sum === undefined ? id : this.#push({ op: 'clearAdd', args: [sum, id] })),
          undefined,
        );
    const [added, subtracted] = [clear(1), clear(-1)];
    const { level } = ciphertext;
    if (added === undefined) {
      if (subtracted === undefined) return ciphertext;
      const id = this.#push({ op: 'subPlain', args: [ciphertext.id, subtracted], level });
      return { ...ciphertext, id };
    }
    const sum =
      subtracted === undefined ? added : this.#push({ op: 'clearSub', args: [added, subtracted] });
    return { ...ciphertext, id: this.#push({ op: 'addPlain', args: [ciphertext.id, sum], level }) };
  }
}
