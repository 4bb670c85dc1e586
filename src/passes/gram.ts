import { timesNumber } from '../algebra/clear-values.ts';
import {
  elementsOf,
  extentsOf,
  inOrder,
  type LabeledTensor,
  multiplyLabeled,
} from '../algebra/labeled-tensors.ts';
import { isSum, summands } from '../algebra/terms.ts';
import { Arrivals } from '../ir/arrival.ts';
import {
  type Circuit,
  GraphBuilder,
  liveNodes,
  type Node,
  type NodeId,
  type NodeOf,
} from '../ir/graph.ts';
import { compact, copyNode, rewrite } from '../ir/rewrite.ts';
import { at, largestOf, lookUp } from '../lookup.ts';
import * as exact from '../tensor/exact.ts';
import type { Pass } from './pass.ts';
import type { PassContext } from './pass-context.ts';

/**
 * Gram: in a product of a client's matrix with a late sum of products of client's matrices, the
 * matrices are multiplied with each other first, where the client can do so:
 *
 *     A @ (w + B.T @ u - 0.5*v)  =  A@w + (A@B.T) @ u - 0.5*A@v
 *
 * In an iteration that sums updates B.T @ u into w, w is then no longer on the path from one u to
 * the next. If only the last w is needed, the earlier ones are not computed at all. Safe by
 * distributivity and associativity. It fires if the client may upload products of its inputs and
 * the product of the matrices has no more elements than the larger of the two.
 */
export const gram: Pass = {
  name: 'gram',
  summary: "multiply the client's matrices with each other first",
  example: `input A: cipher[2, 3];
input B: cipher[2, 3];
input w: cipher[3];
input v: cipher[2];
output y = A @ (w + B.T @ (v*v*v));
`,
  requires: ['precompute'],
  run: (circuit, context) => ({ circuit: new MatrixProducts(circuit, context).run() }),
};

/** Limit on the terms of a sum; longer sums are not rewritten. */
const MOST_TERMS = 64;

/** A term of a sum: a value times a number. */
interface Scaled {
  readonly factor: exact.Exact;
  readonly node: NodeId;
}

/** An image: the product of a client's matrix and a value. */
interface Image {
  readonly matrix: LabeledTensor;
  readonly value: LabeledTensor;
  readonly rank: number;
}

class MatrixProducts {
  readonly #circuit: Circuit;
  readonly #builder = new GraphBuilder({ interning: true });
  readonly #arrivals: Arrivals;
  readonly #terms = new Map<NodeId, readonly Scaled[]>();

  constructor(circuit: Circuit, context: PassContext) {
    this.#circuit = circuit;
    this.#arrivals = new Arrivals((id) => this.#builder.node(id), context);
  }

  run(): Circuit {
    const rewritten = rewrite(
      this.#circuit,
      liveNodes(this.#circuit),
      (node, moved, builder) => {
        const copied = copyNode(node, moved, builder);
        return this.#rewritten(builder.node(copied)) ?? copied;
      },
      this.#builder,
    );
    return compact(rewritten);
  }

  /**
   * Returns a product of a matrix and a late sum, with the matrices multiplied first; undefined if
   * none can be.
   */
  #rewritten(node: Node): NodeId | undefined {
    const image = this.#imageOf(node);
    if (!image || this.#arrivals.isPrecomputed(node.id)) return undefined;
    const terms = this.#termsOf(image.value.node);
    const inner = terms.map((term) => this.#innerImage(term.node, image));
    const isMet = (i: number) => inner[i] !== undefined || this.#isClients(at(terms, i).node);
    if (!inner.some((met) => met) || !terms.every((_, i) => isMet(i))) return undefined;
    const products: Scaled[] = [];
    for (const [i, { factor, node: term }] of terms.entries()) {
      const met = inner[i];
      const product = met
        ? this.#throughMatrices(image, met)
        : this.#multiply(image.matrix, { ...image.value, node: term }, image.rank);
      if (product === undefined) return undefined;
      products.push({ factor, node: product });
    }
    return this.#sum(products);
  }

  #isClients(id: NodeId): boolean {
    return this.#builder.node(id).secrecy === 'const' || this.#arrivals.isPrecomputed(id);
  }

  /**
   * Returns a node as a product of a matrix that the client may still multiply and a value that is
   * not the client's.
   */
  #imageOf({ kind, op, args }: Node): Image | undefined {
    if (kind !== 'mul') return undefined;
    const [a, b] = args;
    const parts = [
      { node: a, labels: op.lhs },
      { node: b, labels: op.rhs },
    ] as const;
    const isMatrix = ({ node, labels }: LabeledTensor) =>
      labels.length === 2 && this.#arrivals.isClientFactor(node);
    const [matrix, value] = isMatrix(parts[0]) ? parts : [parts[1], parts[0]];
    const isImage = isMatrix(matrix) && this.#builder.node(value.node).secrecy === 'cipher';
    return isImage ? { matrix, value, rank: op.rank } : undefined;
  }

  /**
   * Returns a term as an image whose matrix the outer matrix can be multiplied with, in the labels
   * of the outer product.
   */
  #innerImage(term: NodeId, outer: Image): Image | undefined {
    const inner = this.#imageOf(this.#builder.node(term));
    if (!inner) return undefined;
    let fresh = largestOf([outer.rank, ...outer.matrix.labels, ...outer.value.labels]) + 1;
    const renamed = new Map<number, number>();
    const rename = (label: number) => {
      const axis = outer.value.labels[label];
      if (label < inner.rank && axis !== undefined) return axis;
      if (!renamed.has(label)) renamed.set(label, fresh++);
      return lookUp(renamed, label);
    };
    const part = ({ node, labels }: LabeledTensor) => ({ node, labels: labels.map(rename) });
    const met = { matrix: part(inner.matrix), value: part(inner.value), rank: outer.rank };
    const isSummed = (label: number) => label >= outer.rank && !met.value.labels.includes(label);
    const meets = met.matrix.labels.some(
      (label) => outer.matrix.labels.includes(label) && isSummed(label),
    );
    return meets ? met : undefined;
  }

  /** Returns (A·B)·u; undefined if A·B is larger than both A and B. */
  #throughMatrices({ matrix, rank }: Image, { matrix: inner, value }: Image): NodeId | undefined {
    const kept = [...new Set([...matrix.labels, ...inner.labels])].filter(
      (label) => label < rank || value.labels.includes(label),
    );
    const extents = extentsOf(this.#builder, [matrix, inner]);
    const size = elementsOf(kept, extents);
    const largest = largestOf([matrix, inner].map(({ labels }) => elementsOf(labels, extents)));
    if (size > largest) return undefined;
    return this.#multiply(multiplyLabeled(this.#builder, matrix, inner, kept), value, rank);
  }

  #multiply(a: LabeledTensor, b: LabeledTensor, rank: number): NodeId {
    const labels = [...new Set([...a.labels, ...b.labels])].filter((label) => label < rank);
    const sorted = labels.sort((x, y) => x - y);
    return inOrder(this.#builder, multiplyLabeled(this.#builder, a, b, sorted));
  }

  /**
   * Returns a value as a sum of values times numbers. An image of a sum becomes a sum of images.
   */
  #termsOf(id: NodeId): readonly Scaled[] {
    const known = this.#terms.get(id);
    if (known) return known;
    const found = this.#flatTerms(this.#builder.node(id));
    const terms = found.length <= MOST_TERMS ? found : [{ factor: exact.ONE, node: id }];
    this.#terms.set(id, terms);
    return terms;
  }

  #flatTerms(node: Node): readonly Scaled[] {
    const { id } = node;
    const itself = [{ factor: exact.ONE, node: id }];
    if (this.#isClients(id)) return itself;
    if (isSum(node))
      return merged(
        summands(node).flatMap(({ negative, node: operand }) => {
          const terms = this.#termsOf(operand);
          return negative ? terms.map(negated) : terms;
        }),
      );
    if (node.kind !== 'mul') return itself;
    const scaled = this.#scaled(node);
    if (scaled)
      return this.#termsOf(scaled.node).map(({ factor, node: term }) => {
        return { factor: exact.multiply(factor, scaled.factor), node: term };
      });
    const image = this.#imageOf(node);
    if (!image) return itself;
    const terms = this.#termsOf(image.value.node);
    if (terms.length < 2 && terms[0]?.node === image.value.node) return itself;
    return merged(
      terms.map(({ factor, node: term }) => {
        const value = { ...image.value, node: term };
        return { factor, node: this.#multiply(image.matrix, value, image.rank) };
      }),
    );
  }

  /** Returns a product with a number as that number and a value; else undefined. */
  #scaled({ op, args: [a, b] }: NodeOf<'mul'>): Scaled | undefined {
    for (const [number, value] of [[a, b] as const, [b, a] as const]) {
      const { op: constant, shape } = this.#builder.node(number);
      if (constant.kind !== 'const' || shape.length > 0) continue;
      if (this.#builder.node(value).shape.length !== op.rank) return undefined;
      return { factor: at(constant.tensor.data, 0), node: value };
    }
    return undefined;
  }

  #sum(terms: readonly Scaled[]): NodeId {
    return terms
      .map(({ factor, node }) => timesNumber(this.#builder, factor, node))
      .reduce((sum, node) => this.#builder.apply({ kind: 'add' }, [sum, node]));
  }
}

function negated({ factor, node }: Scaled): Scaled {
  return { factor: exact.negate(factor), node };
}

/** Merges terms of equal values and drops those that vanish, but keeps at least one term. */
function merged(terms: readonly Scaled[]): readonly Scaled[] {
  const factors = new Map<NodeId, exact.Exact>();
  for (const { factor, node } of terms) {
    const before = factors.get(node);
    factors.set(node, before ? exact.add(before, factor) : factor);
  }
  const all = [...factors].map(([node, factor]) => ({ node, factor }));
  const left = all.filter(({ factor }) => !exact.isZero(factor));
  return left.length > 0 ? left : all.slice(0, 1);
}
