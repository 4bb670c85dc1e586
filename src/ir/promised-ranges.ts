import { defined } from '../lookup.ts';
import { MODULUS } from '../tensor/exact.ts';
import { type Interval, narrowed, product } from '../tensor/interval.ts';
import { sizeOf } from '../tensor/tensor.ts';
import type { WorkMeter } from '../work-meter.ts';
import { evaluateCircuit, FLOATS } from './evaluate-circuit.ts';
import { type Circuit, type NodeId, nodeAt } from './graph.ts';
import { pointOf } from './point.ts';
import { Residues } from './residues-at-point.ts';

/** Residues of a value at two independent points. */
type Fingerprint = readonly [bigint, bigint];

/** A promised range, and the fingerprint of its value. */
interface KnownPromise {
  readonly node: NodeId;
  readonly range: Interval;
  readonly print: Fingerprint;
  /** Number of its elements: a value with zeros behind them has the same fingerprint. */
  readonly size: number;
}

/** Limit on the comparisons of nodes with promised values up to a factor. */
const MOST_COMPARED = 2 ** 20;
/** Relative width by which a range is extended, because its factor is computed in float64. */
const ROUNDING = 1e-9;

/**
 * The ranges that the author of a program promises, in all circuits for its polynomials. Passes
 * know nothing of promises, and no circuit is deeper for one. A node is recognized by its value:
 * two values that agree at random points modulo a large prime are the same polynomial, and two
 * whose quotients agree are the same up to a factor. So a range also holds for a multiple of the
 * promised value, as passes make them.
 */
export class PromisedRanges {
  readonly #residues: readonly [Residues, Residues];
  readonly #promises: readonly KnownPromise[];
  readonly #source: Circuit;

  /**
   * @param source the circuit as it was built
   * @param meter counts the work on large contractions
   */
  constructor(source: Circuit, meter?: WorkMeter) {
    this.#source = source;
    this.#residues = [new Residues(meter, 'promise'), new Residues(meter, 'quotient')];
    const { promises = [] } = source;
    const prints = promises.length > 0 ? this.#fingerprints(source) : undefined;
    this.#promises = promises.flatMap(({ node, range }) => {
      const print = prints?.(node);
      return print ? [{ node, range, print, size: sizeOf(nodeAt(source, node).shape) }] : [];
    });
  }

  /** Returns the ranges of a circuit's nodes that are promised values, or multiples of them. */
  of(circuit: Circuit): ReadonlyMap<NodeId, Interval> {
    const ranges = new Map<NodeId, Interval>();
    if (this.#promises.length === 0) return ranges;
    const prints = this.#fingerprints(circuit);
    if (!prints) return ranges;
    const same = new Map(this.#promises.map((promise) => [keyOf(promise), promise]));
    const isScaledToo = circuit.nodes.length * this.#promises.length <= MOST_COMPARED;
    const multiples: { readonly id: NodeId; readonly promise: KnownPromise }[] = [];
    for (const { id, secrecy, shape } of circuit.nodes) {
      const print = secrecy === 'const' ? undefined : prints(id);
      if (!print || print[0] === 0n) continue;
      const size = sizeOf(shape);
      const known = same.get(keyOf({ print, size }));
      if (known) narrow(ranges, id, known.range);
      else if (isScaledToo) {
        const promise = this.#promises.find(
          (one) => one.size === size && isMultiple(print, one.print),
        );
        if (promise) multiples.push({ id, promise });
      }
    }
    this.#addMultiples(circuit, multiples, ranges);
    return ranges;
  }

  #addMultiples(
    circuit: Circuit,
    multiples: readonly { readonly id: NodeId; readonly promise: KnownPromise }[],
    ranges: Map<NodeId, Interval>,
  ): void {
    if (multiples.length === 0) return;
    const [before, after] = [floatsOf(this.#source), floatsOf(circuit)];
    for (const { id, promise } of multiples) {
      const factor = defined(after[id]) / defined(before[promise.node]);
      if (!Number.isFinite(factor) || factor === 0) continue;
      const [low, high] = product(promise.range, [factor, factor]);
      const slack = ROUNDING * Math.max(Math.abs(low), Math.abs(high));
      narrow(ranges, id, [low - slack, high + slack]);
    }
  }

  /** Returns the fingerprints of nodes; undefined if a plain divisor is 0 at a point. */
  #fingerprints(circuit: Circuit): ((id: NodeId) => Fingerprint | undefined) | undefined {
    const [first, second] = this.#residues.map((residues) => residues.of(circuit));
    if (!first || !second) return undefined;
    return (id) => {
      const [a, b] = [first[id], second[id]];
      return a === undefined || b === undefined ? undefined : [a, b];
    };
  }
}

/** Returns a text that is equal for equal values. */
function keyOf({ print, size }: Pick<KnownPromise, 'print' | 'size'>): string {
  return `${size}:${print.join()}`;
}

function isMultiple([a, b]: Fingerprint, [c, d]: Fingerprint): boolean {
  return (a * d - b * c) % MODULUS === 0n;
}

/** Adds a range of a value to those that are known of it. */
function narrow(ranges: Map<NodeId, Interval>, id: NodeId, range: Interval): void {
  const known = ranges.get(id);
  ranges.set(id, known ? narrowed(known, range) : range);
}

/** Returns the weighted sum of each node's elements at a point, in float64. */
function floatsOf(circuit: Circuit): readonly number[] {
  const sums: number[] = [];
  let state = 0;
  const next = () => {
    state = (state + Math.SQRT2 - 1) % 1;
    return state - 0.5;
  };
  const point = pointOf(circuit.inputs, next);
  try {
    evaluateCircuit(
      circuit,
      FLOATS,
      (name) => defined(point.get(name)),
      (id, { data }) => {
        sums[id] = data.reduce((sum, x, i) => sum + x * (1 + ((i * Math.SQRT2) % 1)), 0);
      },
    );
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
  }
  return Array.from({ length: circuit.nodes.length }, (_, id) => sums[id] ?? Number.NaN);
}
