import type { Origin } from '../ir/graph.ts';
import { operands } from '../plan/liveness.ts';
import { isClear } from '../plan/operations.ts';
import { movedTensors } from './emitter.ts';
import type { PackedCircuit, PackedOp } from './packed.ts';
import { findSums, readersOf, type Sums, type Term } from './sums.ts';

/**
 * Applies linear operations once to a sum instead of once to each of its terms: Σ rot(vᵢ, s) = rot(Σ vᵢ, s), and the
 * same for products with one mask or plain value and for window sums v + rot(v, s), of which the sums of all slots are
 * made. So the dot products of a sum share their rotations, and their products meet before they are relinearized.
 *
 * An operation is merged where the sum is its only reader; then what it reads may be a sum itself whose terms join.
 */
export function mergeTerms(circuit: PackedCircuit): PackedCircuit {
  return new Merging(circuit).run();
}

/** A linear operation on one ciphertext. */
interface Linear {
  readonly key: string;
  readonly operand: number;
  /** Applies the operation to a new value. */
  readonly apply: (emit: (op: PackedOp) => number, value: number) => number;
}

/** Terms that are the same linear operation on different values. */
interface Group {
  readonly linear: Linear;
  readonly terms: Term[];
}

/** A sum to be written: terms as they are, and sums that an operation is applied to. */
interface MergedSum {
  readonly terms: readonly Term[];
  readonly merged: readonly { readonly linear: Linear; readonly inner: MergedSum }[];
}

class Merging {
  readonly #circuit: PackedCircuit;
  /** For the addition of a window sum, its rotation. */
  readonly #windows: ReadonlyMap<number, number>;
  readonly #readers: readonly ReadonlySet<number>[];
  readonly #sums: Sums;
  /** Operations that are merged into others, and not written by themselves. */
  readonly #merged = new Set<number>();
  /** What windows that are two terms now read: the value itself is one, its rotation the other. */
  readonly #readTwice = new Set<number>();
  readonly #written = new Map<number, MergedSum>();
  readonly #ops: PackedOp[] = [];
  readonly #origins: (Origin | undefined)[] = [];
  readonly #places: number[] = [];
  #origin: Origin | undefined;

  constructor(circuit: PackedCircuit) {
    this.#circuit = circuit;
    this.#windows = findWindows(circuit);
    this.#sums = findSums(circuit, true, (value) => this.#windows.has(value));
    // The rotation of a window sum is part of it.
    const windowOf = new Map(
      [...this.#windows].map(([addition, rotation]) => [rotation, addition]),
    );
    this.#readers = readersOf(circuit, this.#sums, (at) => windowOf.get(at) ?? at);
  }

  run(): PackedCircuit {
    const { ops } = this.#circuit;
    // Readers before what they read, so that a sum is merged into its reader before it is looked at itself.
    for (let at = ops.length - 1; at >= 0; at--) {
      if (this.#sums.roots[at] !== at || this.#merged.has(at)) continue;
      this.#written.set(at, this.#merge(this.#sums.terms.get(at) ?? []));
    }
    ops.forEach((op, at) => {
      this.#origin = this.#circuit.origins[at];
      this.#places.push(this.#write(op, at));
    });
    return {
      ...this.#circuit,
      ops: this.#ops,
      origins: this.#origins,
      outputs: this.#circuit.outputs.map((output) => ({
        ...output,
        value: this.#places[output.value] as number,
      })),
      tensors: movedTensors(this.#circuit.tensors, this.#places),
    };
  }

  #merge(given: readonly Term[]): MergedSum {
    const terms = this.#withoutLoneWindows(given);
    const shared = this.#groups(terms).filter((group) => group.terms.length > 1);
    const taken = new Set(shared.flatMap((group) => group.terms));
    return {
      terms: terms.filter((term) => !taken.has(term)),
      merged: shared.map((group) => {
        const inner = group.terms.flatMap((term) => this.#taken(term));
        return { linear: group.linear, inner: this.#merge(inner) };
      }),
    };
  }

  /** Terms that are a linear operation which nothing else reads, by operation. */
  #groups(terms: readonly Term[]): readonly Group[] {
    const groups = new Map<string, Group>();
    for (const term of terms) {
      const linear = this.#linearOf(term.value);
      if (!linear) continue;
      const group = groups.get(linear.key);
      if (group) group.terms.push(term);
      else groups.set(linear.key, { linear, terms: [term] });
    }
    return [...groups.values()];
  }

  /** A window sum without a like is two terms, whose rotation may have one. */
  #withoutLoneWindows(terms: readonly Term[]): readonly Term[] {
    const lone = new Set(
      this.#groups(terms).flatMap(({ terms: [first, ...others] }) => {
        return first && others.length === 0 && this.#windows.has(first.value) ? [first] : [];
      }),
    );
    return terms.flatMap((term) => {
      if (!lone.has(term)) return [term];
      const { value, sign } = term;
      const { operand } = this.#linearOf(value) as Linear;
      this.#merged.add(value);
      this.#readTwice.add(operand);
      return [
        { value: operand, sign },
        { value: this.#windows.get(value) as number, sign },
      ];
    });
  }

  /** What a merged term's operation is applied to, as terms of the sum that it is applied to now. */
  #taken({ value, sign }: Term): readonly Term[] {
    const { operand } = this.#linearOf(value) as Linear;
    this.#merged.add(value);
    const rotation = this.#windows.get(value);
    if (rotation !== undefined) this.#merged.add(rotation);
    const isSum = this.#sums.roots[operand] === operand && this.#isReadOnce(operand);
    if (!isSum) return [{ value: operand, sign }];
    this.#merged.add(operand);
    const terms = this.#sums.terms.get(operand) ?? [];
    return terms.map((term) => ({ value: term.value, sign: term.sign === sign ? 1 : -1 }));
  }

  #isReadOnce(value: number): boolean {
    return this.#readers[value]?.size === 1 && !this.#readTwice.has(value);
  }

  /** A value as a linear operation that one sum alone reads. */
  #linearOf(value: number): Linear | undefined {
    if (!this.#isReadOnce(value)) return undefined;
    const op = this.#circuit.ops[value] as PackedOp;
    if (op.op === 'rotate') {
      const { steps } = op;
      return {
        key: `rotate ${steps}`,
        operand: op.args[0],
        apply: (emit, a) => emit({ op: 'rotate', args: [a], steps }),
      };
    }
    if (op.op === 'mulPlain') {
      const [operand, clear] = op.args;
      const apply: Linear['apply'] = (emit, a) =>
        emit({ ...op, args: [a, this.#places[clear] as number] });
      return { key: `mulPlain ${clear}`, operand, apply };
    }
    const rotation = this.#windows.get(value);
    if (rotation === undefined) return undefined;
    const { steps, args } = this.#circuit.ops[rotation] as Rotation;
    return {
      key: `window ${steps}`,
      operand: args[0],
      apply: (emit, a) => emit({ op: 'add', args: [a, emit({ op: 'rotate', args: [a], steps })] }),
    };
  }

  #emit = (op: PackedOp): number => {
    this.#origins.push(this.#origin);
    return this.#ops.push(op) - 1;
  };

  #write(op: PackedOp, at: number): number {
    const sum = this.#written.get(at);
    if (sum) return this.#writeSum(sum);
    const root = this.#sums.roots[at] as number;
    if (this.#merged.has(at) || root >= 0) return -1;
    const args = operands(op).map((arg) => this.#places[arg] as number);
    return this.#emit((args.length > 0 ? { ...op, args } : op) as PackedOp);
  }

  /** Ciphertexts that are added before those that are subtracted, so that a negation is seldom needed. */
  #writeSum({ terms, merged }: MergedSum): number {
    const isClearTerm = ({ value }: Term) => isClear(this.#circuit.ops[value] as PackedOp);
    const ciphers = terms.filter((term) => !isClearTerm(term));
    const parts: (Term | undefined)[] = [
      ...merged.map(({ linear, inner }): Term => {
        return { value: linear.apply(this.#emit, this.#writeSum(inner)), sign: 1 };
      }),
      ...ciphers.map(({ value, sign }): Term => ({ value: this.#places[value] as number, sign })),
    ].sort((a, b) => b.sign - a.sign);
    let sum: number | undefined;
    for (const { value, sign } of parts as Term[]) {
      if (sum === undefined) sum = sign === 1 ? value : this.#emit({ op: 'negate', args: [value] });
      else sum = this.#emit({ op: sign === 1 ? 'add' : 'sub', args: [sum, value] });
    }
    for (const { value, sign } of terms.filter(isClearTerm)) {
      const args: [number, number] = [sum as number, this.#places[value] as number];
      sum = this.#emit({ op: sign === 1 ? 'addPlain' : 'subPlain', args });
    }
    return sum as number;
  }
}

type Rotation = Extract<PackedOp, { op: 'rotate' }>;

/** Additions of a value and its own rotation, where nothing else reads the rotation. */
function findWindows({ ops, outputs }: PackedCircuit): ReadonlyMap<number, number> {
  const reads = new Int32Array(ops.length);
  for (const op of ops) for (const arg of operands(op)) reads[arg] = (reads[arg] as number) + 1;
  for (const { value } of outputs) reads[value] = 2;
  const windows = new Map<number, number>();
  ops.forEach((op, at) => {
    if (op.op !== 'add') return;
    const [a, b] = op.args;
    const rotates = (rotation: number, value: number): boolean => {
      const other = ops[rotation] as PackedOp;
      return other.op === 'rotate' && other.args[0] === value && reads[rotation] === 1;
    };
    if (rotates(b, a)) windows.set(at, b);
    else if (rotates(a, b)) windows.set(at, a);
  });
  return windows;
}
