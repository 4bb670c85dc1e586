import { multiplyNodes, spread } from '../algebra/clear-values.ts';
import { isSum } from '../algebra/terms.ts';
import { Arrivals, arrivalsIn } from '../ir/arrival.ts';
import {
  type Circuit,
  GraphBuilder,
  liveNodes,
  type Node,
  type NodeId,
  nodeAt,
} from '../ir/graph.ts';
import { compact, copyNode, type Moved, rewrite } from '../ir/rewrite.ts';
import { at, defined, last, lookUp } from '../lookup.ts';
import * as exact from '../tensor/exact.ts';
import { isElementwiseProduct } from '../tensor/op.ts';
import { sameShape, scalar } from '../tensor/tensor.ts';
import type { Pass } from './pass.ts';
import type { PassContext } from './pass-context.ts';

/**
 * Scan: a chain of affine maps x ← a·x + b is a parallel prefix. Two maps compose to one map,
 *
 *     a₂(a₁x + b₁) + b₂ = (a₂a₁)x + (a₂b₁ + b₂)
 *
 * and composition is associative. So n maps take a depth of ⌈log2(n + 1)⌉ multiplications instead
 * of n, and at most 2n multiplications in all (R. E. Ladner and M. J. Fischer, "Parallel prefix
 * computation", 1980). A recurrence of order k, x ← a·x + b·x' + c, is the same with k values for x
 * and k×k matrices for a (P. M. Kogge and H. S. Stone, "A parallel algorithm for the efficient
 * solution of a general class of recurrence equations", 1973). Only the entries that are needed are
 * computed, and zeros and ones never.
 *
 * A chain leads to a value through operations on late values, those that arrive after some level τ:
 * sums of late values, and products of a late value with an early one. It is cut where at most k of
 * its values are used later; the part between two cuts is one affine map. Every other value is a
 * term of its map, whatever it depends on: the identity holds for any factors and terms. The pass
 * fires if the end of the chain arrives earlier than before, with the τ and the k for which it
 * arrives earliest. Values inside a chain that have other users are not changed.
 */
export const scan: Pass = {
  name: 'scan',
  summary: 'turn recurrences into parallel prefixes',
  example: `input a: cipher[3];
input b: cipher[3];
input x: cipher;
var s = x;
for i in 0..3 { s = a[i]*s + b[i]; }
output s;
`,
  requires: [],
  run(circuit, context) {
    const scanner = new Scanner(circuit, context);
    const scanned = compact(scanner.run());
    return {
      circuit: scanned,
      ...(scanner.exhausted ? { stopped: 'limit on composed maps reached' } : {}),
    };
  },
};

const ONE = scalar(exact.ONE);
const MINUS_ONE = scalar(exact.fromNumber(-1));
/** The levels τ that are tried: values that arrive after τ are late. */
const THRESHOLDS = [0, 1, 2, 3, 4, 5, 6, 8] as const;
/** Limit on the order of a recurrence. */
const MAX_ORDER = 4;
/**
 * Limit on visited operations for each node. It keeps chains whose values are all ends from taking
 * quadratic time.
 */
const WORK_PER_NODE = 32;
/** The least number of maps; for fewer, balancing does as well. */
const LEAST_MAPS = 3;

/** A coefficient: a node, or 1, which takes no multiplication. Zeros are absent. */
type Coefficient = NodeId | 'one';

/**
 * A value as an affine function of the values at a cut: a sum of these times coefficients, and a
 * term.
 */
interface Affine {
  readonly coefficients: ReadonlyMap<number, Coefficient>;
  readonly term: NodeId | undefined;
}

/** The map from the values at one cut to those at the next, one row for each of the latter. */
type AffineMap = readonly Affine[];

class Scanner {
  readonly #circuit: Circuit;
  readonly #builder = new GraphBuilder({ interning: true });
  readonly #arrivals: Arrivals;
  readonly #ends: readonly boolean[];
  readonly #replaced: NodeId[] = [];
  /** The number of nodes of chains that may still be visited. */
  #budget: number;

  constructor(circuit: Circuit, context: PassContext) {
    this.#circuit = circuit;
    this.#arrivals = new Arrivals((id) => this.#builder.node(id), context);
    this.#ends = chainEnds(circuit, context);
    this.#budget = WORK_PER_NODE * circuit.nodes.length + 1_000;
  }

  run(): Circuit {
    const replace = (node: Node, moved: Moved) => {
      const copied = copyNode(node, moved, this.#builder);
      this.#replaced[node.id] = copied;
      const replacement = this.#ends[node.id] ? this.#hastened(node.id, copied) : copied;
      this.#replaced[node.id] = replacement;
      return replacement;
    };
    return rewrite(this.#circuit, liveNodes(this.#circuit), replace, this.#builder);
  }

  get exhausted(): boolean {
    return this.#budget < 0;
  }

  /** Returns the end of a chain as a prefix, if that arrives earlier. */
  #hastened(end: NodeId, copied: NodeId): NodeId {
    let best = copied;
    for (const threshold of THRESHOLDS) {
      if (threshold >= this.#levelOf(best)) break;
      const chain = this.#chainTo(end, threshold);
      this.#budget -= chain.length;
      if (this.#budget < 0) return best;
      for (let order = 1; order <= MAX_ORDER; order++) {
        const maps = this.#cut(chain, threshold, order);
        if (!maps || predictedLevel(maps) >= this.#levelOf(best)) continue;
        this.#budget -= chain.length * order;
        const candidate = new Prefix(this.#builder, maps).end();
        if (this.#levelOf(candidate) < this.#levelOf(best)) best = candidate;
      }
    }
    return best;
  }

  #levelOf(id: NodeId): number {
    return this.#arrivals.of(id).level;
  }

  #isLate(id: NodeId, threshold: number): boolean {
    return this.#levelOf(at(this.#replaced, id)) > threshold;
  }

  #node(id: NodeId): Node {
    return nodeAt(this.#circuit, id);
  }

  /**
   * Returns the late values that an end is an affine function of, one by one, in order; the end is
   * the last.
   */
  #chainTo(end: NodeId, threshold: number): readonly NodeId[] {
    const chain = new Set<NodeId>();
    const stack = [end];
    for (let id = stack.pop(); id !== undefined; id = stack.pop()) {
      if (chain.has(id) || !this.#isAffine(id, threshold)) continue;
      chain.add(id);
      for (const arg of this.#node(id).args) if (this.#isLate(arg, threshold)) stack.push(arg);
    }
    return [...chain].sort((a, b) => a - b);
  }

  /** Whether a late value is a sum, or a product of one late value and an early one. */
  #isAffine(id: NodeId, threshold: number): boolean {
    const node = this.#node(id);
    if (!isAffineOperation(this.#circuit, node)) return false;
    const late = node.args.filter((arg) => this.#isLate(arg, threshold));
    if (node.kind !== 'mul') return late.length > 0;
    return late.length === 1 && sameShape(this.#node(at(late, 0)).shape, node.shape);
  }

  /**
   * Cuts a chain where at most `order` of its values are used later. Undefined if that gives too
   * few maps.
   */
  #cut(
    chain: readonly NodeId[],
    threshold: number,
    order: number,
  ): readonly AffineMap[] | undefined {
    const lastUse = new Map<NodeId, number>();
    chain.forEach((id, at) => {
      for (const arg of this.#node(id).args) lastUse.set(arg, at);
    });
    const isUsedLater = (id: NodeId, at: number) => (lastUse.get(id) ?? at + 1) > at;
    const maps: AffineMap[] = [];
    let state: readonly NodeId[] = [];
    let live: readonly NodeId[] = [];
    let values = new Map<NodeId, Affine>();
    /**
     * The multiplications since the last cut. A value that the chain starts from counts as a
     * product.
     */
    let multiplied = new Map<NodeId, number>();
    const multipliedBefore = (id: NodeId) =>
      this.#node(id).args.reduce((most, arg) => {
        const started = this.#isLate(arg, threshold) && !state.includes(arg) ? 1 : 0;
        return Math.max(most, multiplied.get(arg) ?? started);
      }, 0);
    for (const [at, id] of chain.entries()) {
      const isProduct = this.#node(id).kind === 'mul';
      // A map ends before a product that would follow another one.
      const isDue = isProduct && multipliedBefore(id) > 0;
      if (isDue && live.length > 0 && live.length <= order) {
        maps.push(live.map((value) => lookUp(values, value)));
        state = live;
        values = new Map(state.map((value, column) => [value, unit(column)]));
        multiplied = new Map();
      }
      values.set(id, this.#affine(id, values, threshold));
      multiplied.set(id, multipliedBefore(id) + Number(isProduct));
      live = [...live, id].filter((value) => isUsedLater(value, at));
      if (live.length > MAX_ORDER * MAX_ORDER) return undefined;
    }
    const end = chain.at(-1);
    if (end === undefined || maps.length + 1 < LEAST_MAPS) return undefined;
    return [...maps, [lookUp(values, end)]];
  }

  /** Returns a value of the chain as an affine function of the values at the cut before it. */
  #affine(id: NodeId, values: ReadonlyMap<NodeId, Affine>, threshold: number): Affine {
    const node = this.#node(id);
    const operand = (arg: NodeId): Affine =>
      values.get(arg) ?? { coefficients: new Map(), term: this.#replaced[arg] };
    switch (node.kind) {
      case 'neg':
        return this.#negated(operand(node.args[0]));
      case 'mul': {
        const [a, b] = node.args;
        const [late, early] = this.#isLate(a, threshold) ? [a, b] : [b, a];
        return this.#scaled(operand(late), at(this.#replaced, early));
      }
      case 'sub':
        return this.#sum(operand(node.args[0]), this.#negated(operand(node.args[1])));
      case 'add':
        return this.#sum(operand(node.args[0]), operand(node.args[1]));
      default:
        throw new Error(`chains cannot contain the operation '${node.kind}'`);
    }
  }

  #scaled({ coefficients, term }: Affine, factor: NodeId): Affine {
    return {
      coefficients: new Map(
        [...coefficients].map(([column, c]) => [column, multiply(this.#builder, factor, c)]),
      ),
      term: term === undefined ? undefined : multiplyNodes(this.#builder, factor, term),
    };
  }

  #negated({ coefficients, term }: Affine): Affine {
    const minusOne = this.#builder.constant(MINUS_ONE);
    const { coefficients: negated } = this.#scaled({ coefficients, term: undefined }, minusOne);
    return {
      coefficients: negated,
      term: term === undefined ? undefined : this.#builder.apply({ kind: 'neg' }, [term]),
    };
  }

  #sum(a: Affine, b: Affine): Affine {
    const coefficients = new Map(a.coefficients);
    for (const [column, c] of b.coefficients)
      coefficients.set(column, addCoefficients(this.#builder, coefficients.get(column), c));
    return { coefficients, term: addTerms(this.#builder, a.term, b.term) };
  }
}

/** Coefficients and terms of ranges of maps, each computed once and only if it is needed. */
class Prefix {
  readonly #builder: GraphBuilder;
  readonly #maps: readonly AffineMap[];
  readonly #coefficients = new Map<string, Coefficient | undefined>();
  readonly #terms = new Map<string, NodeId | undefined>();

  constructor(builder: GraphBuilder, maps: readonly AffineMap[]) {
    this.#builder = builder;
    this.#maps = maps;
  }

  /** Returns the only value after the last map. */
  end(): NodeId {
    return defined(this.#term(0, 0, this.#maps.length));
  }

  /** Returns the term of a row in the composition of the maps [from, to); undefined for 0. */
  #term(row: number, from: number, to: number): NodeId | undefined {
    if (to - from === 1) return this.#row(from, row).term;
    return once(this.#terms, `${row}:${from}-${to}`, () => {
      const middle = split(from, to);
      const carried = this.#columns(middle).map((column) => {
        const factor = this.#coefficient(row, column, middle, to);
        const early = factor === undefined ? undefined : this.#term(column, from, middle);
        return early === undefined || factor === undefined
          ? undefined
          : nodeOf(this.#builder, multiply(this.#builder, factor, early));
      });
      const late = this.#term(row, middle, to);
      return [...carried, late].reduce((sum, term) => addTerms(this.#builder, sum, term));
    });
  }

  /**
   * Returns the coefficient of the value at index `column` in a row of the composition of the maps
   * [from, to).
   */
  #coefficient(row: number, column: number, from: number, to: number): Coefficient | undefined {
    if (to - from === 1) return this.#row(from, row).coefficients.get(column);
    return once(this.#coefficients, `${row},${column}:${from}-${to}`, () => {
      const middle = split(from, to);
      let sum: Coefficient | undefined;
      for (const between of this.#columns(middle)) {
        const later = this.#coefficient(row, between, middle, to);
        if (later === undefined) continue;
        const earlier = this.#coefficient(between, column, from, middle);
        if (earlier !== undefined)
          sum = addCoefficients(this.#builder, sum, multiply(this.#builder, later, earlier));
      }
      return sum;
    });
  }

  #row(map: number, row: number): Affine {
    return at(at(this.#maps, map), row);
  }

  /** Returns the indices of the values at the cut before a map. */
  #columns(map: number): readonly number[] {
    return [...at(this.#maps, map - 1).keys()];
  }
}

/**
 * Returns where a range is halved. The later part has a power of two of maps, so that equal factors
 * have equal powers.
 */
function split(from: number, to: number): number {
  return to - 2 ** Math.ceil(Math.log2(to - from) - 1);
}

function once<T>(
  known: Map<string, T | undefined>,
  key: string,
  compute: () => T | undefined,
): T | undefined {
  if (known.has(key)) return known.get(key);
  const computed = compute();
  known.set(key, computed);
  return computed;
}

/**
 * Returns a lower limit on the level of a chain's end: its coefficients are multiplied once for
 * each halving.
 */
function predictedLevel(maps: readonly AffineMap[]): number {
  const multiplying = maps.filter((map) =>
    map.some(({ coefficients }) => [...coefficients.values()].some((c) => c !== 'one')),
  );
  return Math.ceil(Math.log2(multiplying.length + 1));
}

/** Returns the value at an index, unchanged. */
function unit(column: number): Affine {
  return { coefficients: new Map([[column, 'one']]), term: undefined };
}

function multiply(builder: GraphBuilder, a: Coefficient, b: Coefficient): Coefficient {
  if (a === 'one') return b;
  return b === 'one' ? a : multiplyNodes(builder, a, b);
}

function addCoefficients(
  builder: GraphBuilder,
  a: Coefficient | undefined,
  b: Coefficient,
): Coefficient {
  if (a === undefined) return b;
  const [x, y] = [nodeOf(builder, a), nodeOf(builder, b)];
  const [m, n] = [builder.node(x).shape, builder.node(y).shape];
  const wider = m.length >= n.length ? m : n;
  return builder.apply({ kind: 'add' }, [spread(builder, x, wider), spread(builder, y, wider)]);
}

function addTerms(builder: GraphBuilder, a: NodeId | undefined, b: NodeId | undefined) {
  return a === undefined || b === undefined ? (a ?? b) : builder.apply({ kind: 'add' }, [a, b]);
}

function nodeOf(builder: GraphBuilder, coefficient: Coefficient): NodeId {
  return coefficient === 'one' ? builder.constant(ONE) : coefficient;
}

/** Whether an operation may be part of an affine map: a sum or an elementwise product. */
function isAffineOperation(circuit: Circuit, node: Node): boolean {
  if (isSum(node)) return true;
  if (node.secrecy !== 'cipher' || node.kind !== 'mul') return false;
  const [a, b] = node.args;
  return isElementwiseProduct(node.op, nodeAt(circuit, a).shape, nodeAt(circuit, b).shape);
}

/**
 * Returns, for each node, whether it is the end of a chain: a value with a user that does not
 * continue the chain. Only ends are rewritten. A product continues the chain of its later factor.
 */
function chainEnds(circuit: Circuit, context: PassContext): readonly boolean[] {
  const arrivals = arrivalsIn(circuit, context);
  const ends = new Array<boolean>(circuit.nodes.length).fill(false);
  const candidates = circuit.nodes.map((node) => isAffineOperation(circuit, node));
  const latestEarly = last(THRESHOLDS);
  const levelOf = (id: NodeId) => arrivals.of(id).level;
  for (const node of circuit.nodes) {
    const [a, b] = node.kind === 'mul' ? node.args : [];
    for (const arg of node.args) {
      const other = arg === a ? b : a;
      const isFactor = other !== undefined;
      const isLast = isFactor && levelOf(other) < levelOf(arg) && levelOf(other) <= latestEarly;
      if (!candidates[node.id] || (isFactor && !isLast)) ends[arg] = at(candidates, arg);
    }
  }
  for (const { node } of circuit.outputs) ends[node] = at(candidates, node);
  return ends;
}
