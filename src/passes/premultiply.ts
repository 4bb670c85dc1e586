import {
  elementsOf,
  extentsOf,
  type LabeledTensor,
  multiplyLabeled,
} from '../algebra/labeled-tensors.ts';
import { Arrivals } from '../ir/arrival.ts';
import { GraphBuilder, liveNodes, type Node, type NodeId } from '../ir/graph.ts';
import { compact, copyNode, rewrite } from '../ir/rewrite.ts';
import { at, largestOf } from '../lookup.ts';
import { identityMatrix } from '../tensor/constant.ts';
import * as exact from '../tensor/exact.ts';
import type { OpOf } from '../tensor/op.ts';
import { type Shape, sizeOf } from '../tensor/tensor.ts';
import type { Pass } from './pass.ts';

/**
 * Premultiply: what matrices of plain inputs make of an encrypted vector, step by step, is one
 * matrix times that vector. The server computes the matrix in clear, which takes no level:
 *
 *     y = P @ x;  z = d*(P @ y) + (1-d)*x        z = (d*(P@P) + (1-d)*I) @ x      1 level, not 2
 *
 * Every vector or number that is a sum of clear matrices times other vectors is remembered as such,
 * and a matrix is multiplied by each further clear one. Safe by associativity and distributivity.
 * It fires where the vector arrives earlier, for as many products of matrices at least as remain;
 * where a plain input is among the matrices (constants are composed by other passes); and where the
 * matrices are small.
 */
export const premultiply: Pass = {
  name: 'premultiply',
  summary: 'multiply plain matrices in clear before they meet a vector',
  example: `input P: plain[4, 4];
input x: cipher[4];
let y = 0.5*(P @ x) + x;
output r = 0.5*(P @ y) + x;
`,
  requires: [],
  run(circuit, context) {
    const isPlainTensor = ({ secrecy, shape }: Node) => secrecy === 'plain' && shape.length > 0;
    if (!circuit.nodes.some(isPlainTensor)) return { circuit };
    const builder = new GraphBuilder({ interning: true, like: circuit });
    const arrivals = new Arrivals((id) => builder.node(id), context);
    const writer = new MapWriter(builder, arrivals);
    const rewritten = rewrite(
      circuit,
      liveNodes(circuit),
      (node, moved, target) =>
        writer.place(node, node.args.map(moved), copyNode(node, moved, target)),
      builder,
    );
    const work = rewritten.nodes.length;
    return { circuit: writer.fired ? compact(rewritten) : circuit, work };
  },
};

/** Limit on the elements of a matrix: the slots of the smallest ring that has a level. */
const MOST_ELEMENTS = 2 ** 12;
/** Limit on the scalar products of a product in clear, and of all together: seconds. */
const MOST_PRODUCTS = 2 ** 20;
const MOST_PRODUCTS_IN_ALL = 2 ** 28;
/** Limit on the vectors that a value is computed from. */
const MOST_SOURCES = 4;

/**
 * A clear tensor with the axes of a value, then those of the source: what the source is multiplied
 * by. The identity, or the identity times a number, is written out only when it is needed.
 */
interface Term {
  readonly source: NodeId;
  /** Undefined: the identity. */
  readonly matrix: NodeId | undefined;
}

/** A value as a sum of clear matrices times vectors, by source. */
interface LinearMap {
  readonly terms: readonly Term[];
  /** The products of matrices and vectors that compute it as written. */
  readonly products: number;
}

class MapWriter {
  readonly #builder: GraphBuilder;
  readonly #arrivals: Arrivals;
  /** Maps by value of the new graph; values that are not linear in others have none. */
  readonly #maps = new Map<NodeId, LinearMap>();
  #left = MOST_PRODUCTS_IN_ALL;
  #fired = false;

  constructor(builder: GraphBuilder, arrivals: Arrivals) {
    this.#builder = builder;
    this.#arrivals = arrivals;
  }

  /** Whether a value was replaced. */
  get fired(): boolean {
    return this.#fired;
  }

  /**
   * Returns the better way to compute a node: its copy, or clear matrices times vectors.
   *
   * @param args the operands in the new graph
   */
  place(node: Node, args: readonly NodeId[], copy: NodeId): NodeId {
    if (this.#builder.node(copy).secrecy !== 'cipher') return copy;
    const map = this.#maps.get(copy) ?? this.#mapOf(node, args);
    if (!map) return copy;
    this.#maps.set(copy, map);
    if (!this.#isWorth(map, copy)) return copy;
    const built = this.#written(map, node.shape.length);
    if (this.#level(built) >= this.#level(copy)) return copy;
    this.#fired = true;
    this.#maps.set(built, map);
    return built;
  }

  #level(id: NodeId): number {
    return this.#arrivals.of(id).level;
  }

  #shape(id: NodeId): Shape {
    return this.#builder.node(id).shape;
  }

  #isWorth({ terms, products }: LinearMap, copy: NodeId): boolean {
    const isPlain = ({ matrix }: Term) =>
      matrix !== undefined && this.#builder.node(matrix).secrecy === 'plain';
    const multiplied = terms.filter(({ matrix }) => matrix !== undefined);
    const latest = largestOf(terms.map(({ source }) => this.#level(source)));
    return (
      products >= multiplied.length && multiplied.some(isPlain) && this.#level(copy) > latest + 1
    );
  }

  /** Returns a value as a sum of matrices times vectors. */
  #written({ terms }: LinearMap, rank: number): NodeId {
    const parts = terms.map(({ source, matrix }): NodeId => {
      if (matrix === undefined) return source;
      const axes = [...this.#shape(source).keys()].map((axis) => rank + axis);
      const own = [...new Array<number>(rank).keys()];
      const factor = { node: matrix, labels: [...own, ...axes] };
      return multiplyLabeled(this.#builder, factor, { node: source, labels: axes }, own).node;
    });
    return parts.reduce((sum, part) => this.#builder.apply({ kind: 'add' }, [sum, part]));
  }

  /** Returns the map of an operand; a value that is not linear in others maps itself. */
  #operand(id: NodeId): LinearMap | undefined {
    const known = this.#maps.get(id);
    if (known) return known;
    const { secrecy, shape } = this.#builder.node(id);
    if (secrecy !== 'cipher' || shape.length > 1) return undefined;
    return { terms: [{ source: id, matrix: undefined }], products: 0 };
  }

  #mapOf({ op, kind, shape }: Node, args: readonly NodeId[]): LinearMap | undefined {
    if (shape.length > 1) return undefined;
    const [a, b] = args;
    if (a === undefined) return undefined;
    switch (kind) {
      case 'mul':
        return b === undefined ? undefined : this.#product(op, a, b);
      case 'add':
      case 'sub':
        return b === undefined ? undefined : this.#sum(kind, a, b);
      case 'neg':
        return this.#each(this.#operand(a), (matrix) => this.#builder.apply(op, [matrix]));
      case 'sum':
        return this.#each(this.#operand(a), (matrix) => this.#builder.apply(op, [matrix]));
      case 'slice':
        return this.#each(this.#operand(a), (matrix, { length }, whole) => {
          const rest = whole.slice(whole.length - length);
          return this.#builder.apply(
            {
              kind,
              starts: [...op.starts, ...rest.map(() => 0)],
              sizes: [...op.sizes, ...rest],
              drop: [...op.drop, ...rest.map(() => false)],
            },
            [matrix],
          );
        });
      default:
        return undefined;
    }
  }

  /** Applies a linear operation to the matrices of a map, which are written out. */
  #each(
    map: LinearMap | undefined,
    apply: (matrix: NodeId, source: Shape, whole: Shape) => NodeId,
  ): LinearMap | undefined {
    if (!map) return undefined;
    const terms: Term[] = [];
    for (const { source, matrix } of map.terms) {
      const whole = matrix ?? this.#identity(source);
      if (whole === undefined) return undefined;
      terms.push({ source, matrix: apply(whole, this.#shape(source), this.#shape(whole)) });
    }
    return { ...map, terms };
  }

  #sum(kind: 'add' | 'sub', a: NodeId, b: NodeId): LinearMap | undefined {
    const [x, y] = [this.#operand(a), this.#operand(b)];
    if (!x || !y) return undefined;
    const negative = this.#each(y, (matrix) => this.#builder.apply({ kind: 'neg' }, [matrix]));
    const second = kind === 'add' ? y : negative;
    if (!second) return undefined;
    const terms = [...x.terms];
    for (const term of second.terms) {
      const index = terms.findIndex(({ source }) => source === term.source);
      if (index < 0) terms.push(term);
      else {
        const pair = [at(terms, index), term].map(
          ({ source, matrix }) => matrix ?? this.#identity(source),
        );
        if (!pair.every((matrix) => matrix !== undefined)) return undefined;
        const matrix = this.#builder.apply({ kind: 'add' }, pair);
        terms[index] = { source: term.source, matrix };
      }
    }
    if (terms.length > MOST_SOURCES) return undefined;
    return { terms, products: x.products + y.products };
  }

  /** Returns a product of a clear value and a linear one. */
  #product(op: OpOf<'mul'>, a: NodeId, b: NodeId): LinearMap | undefined {
    const isClear = (id: NodeId) => this.#builder.node(id).secrecy !== 'cipher';
    if (isClear(a) === isClear(b)) return undefined;
    const [clear, own, vector, labels] = isClear(a)
      ? [a, op.lhs, b, op.rhs]
      : [b, op.rhs, a, op.lhs];
    const map = this.#operand(vector);
    if (!map) return undefined;
    const sums = [...own, ...labels].some((label) => label >= op.rank);
    const terms: Term[] = [];
    for (const { source, matrix } of map.terms) {
      const first = 1 + largestOf([...own, ...labels, op.rank]);
      const axes = [...this.#shape(source).keys()].map((axis) => first + axis);
      const kept = [...new Array<number>(op.rank).keys(), ...axes];
      // A matrix times the identity is the matrix, with its summed axis as the source's.
      const isWhole = matrix === undefined && labels.length === 1 && at(labels, 0) >= op.rank;
      const product = isWhole
        ? this.#reordered({ node: clear, labels: own }, [...kept.slice(0, op.rank), at(labels, 0)])
        : this.#multiplied(
            { node: clear, labels: own },
            matrix ?? this.#identity(source),
            [...labels, ...axes],
            kept,
          );
      if (product === undefined) return undefined;
      terms.push({ source, matrix: product });
    }
    return { terms, products: map.products + (sums ? 1 : 0) };
  }

  #reordered({ node, labels }: LabeledTensor, kept: readonly number[]): NodeId | undefined {
    const order = kept.map((label) => labels.indexOf(label));
    if (order.includes(-1) || order.length !== labels.length) return undefined;
    if (sizeOf(this.#shape(node)) > MOST_ELEMENTS) return undefined;
    const isSame = order.every((axis, i) => axis === i);
    return isSame ? node : this.#builder.apply({ kind: 'permute', order }, [node]);
  }

  #multiplied(
    clear: LabeledTensor,
    matrix: NodeId | undefined,
    labels: readonly number[],
    kept: readonly number[],
  ): NodeId | undefined {
    if (matrix === undefined) return undefined;
    const parts = [clear, { node: matrix, labels }] as const;
    const extents = extentsOf(this.#builder, parts);
    const products = elementsOf([...clear.labels, ...labels], extents);
    this.#left -= products;
    if (products > MOST_PRODUCTS || this.#left < 0) return undefined;
    if (elementsOf(kept, extents) > MOST_ELEMENTS) return undefined;
    return multiplyLabeled(this.#builder, ...parts, kept).node;
  }

  /** Returns the identity on a source: the number 1, or a matrix; undefined if it is too large. */
  #identity(source: NodeId): NodeId | undefined {
    const shape = this.#shape(source);
    const [n] = shape;
    if (n === undefined) return this.#builder.constant({ shape: [], data: [exact.ONE] });
    if (n * n > MOST_ELEMENTS) return undefined;
    return this.#builder.constant(identityMatrix(n));
  }
}
