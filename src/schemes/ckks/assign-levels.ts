import { MAX_FREE_FACTOR } from '../../ir/arrival.ts';
import { at, smallestOf } from '../../lookup.ts';
import type { PackedCircuit, PackedOp } from '../../packing/packed-circuit.ts';
import { CLIENT, findSums, isClearTerm, readersOf, type Sums } from '../../packing/slot-sums.ts';
import { operands } from '../../plan/liveness.ts';
import { isClear } from '../../plan/operations.ts';

/** Options of level management. */
export interface LegalizeOptions {
  /** Whether small integer constants are encoded at scale 1, which takes no level. */
  readonly freeIntegers: boolean;
  /**
   * Whether products that are summed are relinearized and rescaled once, after the sum. The order
   * of the sum's terms does not matter.
   */
  readonly lazy: boolean;
}

/** The level of every value of a packed circuit, and the products that wait for their sum. */
export interface LevelAssignment {
  /** Products whose scale is the square of a level's, so that they must be rescaled. */
  readonly rescales: readonly boolean[];
  /** The level of each ciphertext after its rescaling. */
  readonly levels: Int32Array;
  /** 1 for values that only sums read. Instead of them, their sum is relinearized and rescaled. */
  readonly deferred: Uint8Array;
  readonly sums: Sums;
}

/**
 * Decides where rescalings and relinearizations go.
 *
 * A product gets the lowest level from which the outputs can still be reached, because operations
 * are cheapest there: one level more for each rescaling between it and the outputs. Additions cost
 * almost nothing, so a sum gets the level of its terms. It is then lowered once, not term by term.
 *
 * A product that only one sum reads is deferred: Σ relin(aᵢbᵢ) = relin(Σ aᵢbᵢ), and the same holds
 * for rescalings. A product or sum that several sums read is deferred if all of them wait for
 * products of their own anyway. (The best choice in general is NP-hard: "Optimizing relinearization
 * in circuits for homomorphic encryption", Chen, 2017.)
 */
export function assignLevels(circuit: PackedCircuit, options: LegalizeOptions): LevelAssignment {
  const rescales = circuit.ops.map((op) => costsLevel(circuit, op, options));
  const lowest = lowestLevels(circuit, rescales);
  const sums = findSums(circuit, options.lazy);
  if (!options.lazy) {
    const deferred = new Uint8Array(circuit.ops.length);
    return { rescales, levels: lowest, deferred, sums };
  }
  return new DeferralChoice(circuit, rescales, lowest, sums).run();
}

function costsLevel(circuit: PackedCircuit, op: PackedOp, options: LegalizeOptions): boolean {
  if (op.op === 'mul') return true;
  if (op.op !== 'mulPlain') return false;
  const factor = circuit.ops[op.args[1]];
  const isInteger =
    factor?.op === 'const' &&
    typeof factor.data === 'number' &&
    Number.isInteger(factor.data) &&
    Math.abs(factor.data) <= MAX_FREE_FACTOR;
  return !(options.freeIntegers && isInteger);
}

/** Returns, for each cipher value, the largest number of rescalings between it and an output. */
function lowestLevels(circuit: PackedCircuit, rescales: readonly boolean[]): Int32Array {
  const levels = new Int32Array(circuit.ops.length);
  for (let value = circuit.ops.length - 1; value >= 0; value--) {
    const op = at(circuit.ops, value);
    if (isClear(op)) continue;
    const needed = at(levels, value) + Number(rescales[value]);
    for (const arg of operands(op)) {
      if (!isClear(at(circuit.ops, arg))) levels[arg] = Math.max(at(levels, arg), needed);
    }
  }
  return levels;
}

class DeferralChoice {
  readonly #circuit: PackedCircuit;
  readonly #rescales: readonly boolean[];
  readonly #lowest: Int32Array;
  readonly #sums: Sums;
  readonly #levels: Int32Array;
  readonly #deferred: Uint8Array;
  /** Whether a value can remain an unfinished product, one that is not rescaled. */
  readonly #unfinished: Uint8Array;
  /** Whether a value has three polynomials if it is not relinearized. */
  readonly #wide: Uint8Array;
  /** The readers of each value: sums by their roots, other operations, the client. */
  readonly #readers: readonly ReadonlySet<number>[];
  /**
   * Sums that have a product which no other sum reads, and those where such a product has three
   * polynomials.
   */
  readonly #summing = new Set<number>();
  readonly #summingWide = new Set<number>();

  constructor(
    circuit: PackedCircuit,
    rescales: readonly boolean[],
    lowest: Int32Array,
    sums: Sums,
  ) {
    this.#circuit = circuit;
    this.#rescales = rescales;
    this.#lowest = lowest;
    this.#sums = sums;
    this.#levels = Int32Array.from(lowest);
    this.#deferred = new Uint8Array(lowest.length);
    this.#unfinished = new Uint8Array(lowest.length);
    this.#wide = new Uint8Array(lowest.length);
    this.#readers = readersOf(circuit, sums);
  }

  run(): LevelAssignment {
    this.#circuit.ops.forEach((op, value) => {
      this.#analyze(op, value);
      if (this.#unfinished[value] === 1 && this.#readers[value]?.size === 1) this.#defer(value);
    });
    this.#circuit.ops.forEach((_, value) => {
      if (this.#unfinished[value] === 1 && this.#canJoinReaders(value)) this.#deferred[value] = 1;
    });
    return {
      rescales: this.#rescales,
      levels: this.#levels,
      deferred: this.#deferred,
      sums: this.#sums,
    };
  }

  /** Determines the level of a value, and whether it can remain an unfinished product. */
  #analyze(op: PackedOp, value: number): void {
    if (this.#rescales[value]) {
      this.#unfinished[value] = 1;
      this.#wide[value] = Number(op.op === 'mul');
    } else if (op.op === 'mulPlain') {
      const [cipher] = op.args;
      this.#unfinished[value] = at(this.#deferred, cipher);
      this.#wide[value] = at(this.#wide, cipher);
      this.#levels[value] = at(this.#levels, cipher);
    } else if (this.#sums.roots[value] === value) this.#analyzeSum(value);
  }

  #analyzeSum(root: number): void {
    const terms = this.#termsOf(root);
    const lowest = at(this.#lowest, root);
    if (!this.#summing.has(root)) {
      this.#levels[root] = smallestOf(terms.map((value) => at(this.#levels, value)));
      return;
    }
    this.#wide[root] = Number(this.#summingWide.has(root));
    // A term at the sum's own level cannot be raised to the level of the products.
    this.#unfinished[root] = Number(
      terms.every((value) => this.#deferred[value] === 1 || at(this.#levels, value) > lowest),
    );
  }

  #termsOf(root: number): readonly number[] {
    const terms = this.#sums.terms.get(root) ?? [];
    return terms.filter((term) => !isClearTerm(this.#circuit, term)).map(({ value }) => value);
  }

  /** Defers a value with a single reader, if that is a sum at its level or an integer multiple. */
  #defer(value: number): void {
    const [reader] = at(this.#readers, value);
    if (reader === undefined || !this.#takesUnfinished(reader, value)) return;
    this.#deferred[value] = 1;
    this.#summing.add(reader);
    if (this.#wide[value] === 1) this.#summingWide.add(reader);
  }

  #takesUnfinished(reader: number, value: number): boolean {
    if (reader === CLIENT || this.#lowest[reader] !== this.#lowest[value]) return false;
    if (this.#sums.roots[reader] === reader) return true;
    return this.#circuit.ops[reader]?.op === 'mulPlain' && !this.#rescales[reader];
  }

  /**
   * Whether all readers of a value are sums at its level that have products of their own to finish.
   */
  #canJoinReaders(value: number): boolean {
    const waiting = this.#wide[value] === 1 ? this.#summingWide : this.#summing;
    const readers = [...at(this.#readers, value)];
    return readers.every(
      (reader) =>
        this.#takesUnfinished(reader, value) &&
        this.#sums.roots[reader] === reader &&
        waiting.has(reader),
    );
  }
}
