import type { Origin } from '../ir/graph.ts';
import { at, defined, lookUp } from '../lookup.ts';
import { operands } from '../plan/liveness.ts';
import { isClear } from '../plan/operations.ts';
import { rewired } from '../plan/rewire.ts';
import { movedFacts } from './emitter.ts';
import type { PackedCircuit, PackedOp } from './packed-circuit.ts';
import { findSums, readersOf, type SlotTerm, type Sums } from './slot-sums.ts';

/**
 * Applies linear operations once to a sum instead of once to each of its terms:
 * Σ rot(vᵢ, s) = rot(Σ vᵢ, s). The same holds for products with one mask or plain value, and for
 * window sums v + rot(v, s), from which sums of all slots are built. A sum of dot products then has
 * the rotations of one, and adds up its products before they are relinearized.
 *
 * An operation is merged if the sum is its only reader. If the operation's operand is itself a sum
 * without other readers, its terms become terms of the merged sum.
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
  readonly terms: SlotTerm[];
}

/** A sum to write: single terms, and inner sums to which a linear operation is applied. */
interface MergedSum {
  readonly terms: readonly SlotTerm[];
  readonly merged: readonly { readonly linear: Linear; readonly inner: MergedSum }[];
}

class Merging {
  readonly #circuit: PackedCircuit;
  /** Window sums by the index of their addition. */
  readonly #windows: ReadonlyMap<number, Window>;
  readonly #readers: readonly ReadonlySet<number>[];
  readonly #sums: Sums;
  /** Operations that are merged into others and not written by themselves. */
  readonly #merged = new Set<number>();
  /** Operands of window sums that are now two terms: the operand and its rotation. */
  readonly #readTwice = new Set<number>();
  readonly #written = new Map<number, MergedSum>();
  readonly #ops: PackedOp[] = [];
  readonly #origins: (Origin | undefined)[] = [];
  readonly #newIndices: number[] = [];
  #origin: Origin | undefined;

  constructor(circuit: PackedCircuit) {
    this.#circuit = circuit;
    this.#windows = findWindows(circuit);
    this.#sums = findSums(circuit, true, (value) => this.#windows.has(value));
    // The rotation of a window sum counts as part of the window sum.
    const windowOf = new Map(
      [...this.#windows].map(([addition, { rotation }]) => [rotation, addition]),
    );
    this.#readers = readersOf(circuit, this.#sums, (at) => windowOf.get(at) ?? at);
  }

  run(): PackedCircuit {
    const { ops } = this.#circuit;
    // From the last operation back, so that a sum is merged into its reader before its own turn.
    for (let value = ops.length - 1; value >= 0; value--) {
      if (this.#sums.roots[value] !== value || this.#merged.has(value)) continue;
      this.#written.set(value, this.#merge(this.#sums.terms.get(value) ?? []));
    }
    ops.forEach((op, value) => {
      this.#origin = this.#circuit.origins[value];
      this.#newIndices.push(this.#write(op, value));
    });
    return {
      ...this.#circuit,
      ops: this.#ops,
      origins: this.#origins,
      outputs: this.#circuit.outputs.map((output) => ({
        ...output,
        value: at(this.#newIndices, output.value),
      })),
      ...movedFacts(this.#circuit, this.#newIndices),
    };
  }

  #merge(allTerms: readonly SlotTerm[]): MergedSum {
    const terms = this.#withoutLoneWindows(allTerms);
    const shared = this.#groups(terms).filter((group) => group.terms.length > 1);
    const mergedTerms = new Set(shared.flatMap((group) => group.terms));
    return {
      terms: terms.filter((term) => !mergedTerms.has(term)),
      merged: shared.map((group) => {
        const inner = group.terms.flatMap((term) => this.#operandTerms(term));
        return { linear: group.linear, inner: this.#merge(inner) };
      }),
    };
  }

  /** Groups the terms that are linear operations without other readers by their operation. */
  #groups(terms: readonly SlotTerm[]): readonly Group[] {
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

  /**
   * Splits every window sum that no other term can be merged with into two terms: its rotation may
   * merge with another rotation.
   */
  #withoutLoneWindows(terms: readonly SlotTerm[]): readonly SlotTerm[] {
    const lone = new Set(
      this.#groups(terms).flatMap(({ terms: [first, ...others] }) => {
        return first && others.length === 0 && this.#windows.has(first.value) ? [first] : [];
      }),
    );
    return terms.flatMap((term) => {
      if (!lone.has(term)) return [term];
      const { value, sign } = term;
      const { operand } = defined(this.#linearOf(value));
      this.#merged.add(value);
      this.#readTwice.add(operand);
      return [
        { value: operand, sign },
        { value: lookUp(this.#windows, value).rotation, sign },
      ];
    });
  }

  /** Returns the operand of a merged term as terms of the inner sum. */
  #operandTerms({ value, sign }: SlotTerm): readonly SlotTerm[] {
    const { operand } = defined(this.#linearOf(value));
    this.#merged.add(value);
    const window = this.#windows.get(value);
    if (window) this.#merged.add(window.rotation);
    const isSum = this.#sums.roots[operand] === operand && this.#isReadOnce(operand);
    if (!isSum) return [{ value: operand, sign }];
    this.#merged.add(operand);
    const terms = this.#sums.terms.get(operand) ?? [];
    return terms.map((term) => ({ value: term.value, sign: term.sign === sign ? 1 : -1 }));
  }

  #isReadOnce(value: number): boolean {
    return this.#readers[value]?.size === 1 && !this.#readTwice.has(value);
  }

  /** Returns a value as a linear operation; undefined if it is none or has several readers. */
  #linearOf(value: number): Linear | undefined {
    if (!this.#isReadOnce(value)) return undefined;
    const op = at(this.#circuit.ops, value);
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
        emit({ ...op, args: [a, at(this.#newIndices, clear)] });
      return { key: `mulPlain ${clear}`, operand, apply };
    }
    const window = this.#windows.get(value);
    if (!window) return undefined;
    const { steps, operand } = window;
    return {
      key: `window ${steps}`,
      operand,
      apply: (emit, a) => emit({ op: 'add', args: [a, emit({ op: 'rotate', args: [a], steps })] }),
    };
  }

  #emit = (op: PackedOp): number => {
    this.#origins.push(this.#origin);
    return this.#ops.push(op) - 1;
  };

  #write(op: PackedOp, value: number): number {
    const sum = this.#written.get(value);
    if (sum) return this.#writeSum(sum);
    const root = at(this.#sums.roots, value);
    if (this.#merged.has(value) || root >= 0) return -1;
    return this.#emit(rewired(op, (arg) => at(this.#newIndices, arg)));
  }

  /** Writes a sum: first the added ciphertexts, then the subtracted ones, to avoid negations. */
  #writeSum({ terms, merged }: MergedSum): number {
    const isClearTerm = ({ value }: SlotTerm) => isClear(at(this.#circuit.ops, value));
    const ciphers = terms.filter((term) => !isClearTerm(term));
    const parts = [
      ...merged.map(({ linear, inner }): SlotTerm => {
        return { value: linear.apply(this.#emit, this.#writeSum(inner)), sign: 1 };
      }),
      ...ciphers.map(({ value, sign }): SlotTerm => ({ value: at(this.#newIndices, value), sign })),
    ].sort((a, b) => b.sign - a.sign);
    let sum: number | undefined;
    for (const { value, sign } of parts) {
      if (sum === undefined) sum = sign === 1 ? value : this.#emit({ op: 'negate', args: [value] });
      else sum = this.#emit({ op: sign === 1 ? 'add' : 'sub', args: [sum, value] });
    }
    for (const { value, sign } of terms.filter(isClearTerm)) {
      const args: [number, number] = [defined(sum), at(this.#newIndices, value)];
      sum = this.#emit({ op: sign === 1 ? 'addPlain' : 'subPlain', args });
    }
    return defined(sum);
  }
}

/** The sum of a value and its own rotation. */
interface Window {
  readonly rotation: number;
  readonly operand: number;
  readonly steps: number;
}

/** Returns the window sums whose rotation has no other reader, by the index of their addition. */
function findWindows({ ops, outputs }: PackedCircuit): ReadonlyMap<number, Window> {
  const reads = new Int32Array(ops.length);
  for (const op of ops) for (const arg of operands(op)) reads[arg] = at(reads, arg) + 1;
  for (const { value } of outputs) reads[value] = 2;
  const windowOf = (rotation: number, operand: number): Window | undefined => {
    const op = at(ops, rotation);
    const isWindow = op.op === 'rotate' && op.args[0] === operand && reads[rotation] === 1;
    return isWindow ? { rotation, operand, steps: op.steps } : undefined;
  };
  const windows = new Map<number, Window>();
  ops.forEach((op, addition) => {
    if (op.op !== 'add') return;
    const [a, b] = op.args;
    const window = windowOf(b, a) ?? windowOf(a, b);
    if (window) windows.set(addition, window);
  });
  return windows;
}
