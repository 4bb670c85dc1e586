import { isLinearInEach, isScaling, scaled } from '../algebra/labeled-tensors.ts';
import { isSum, summands } from '../algebra/terms.ts';
import { Arrivals, isFreeFactor } from '../ir/arrival.ts';
import {
  type Circuit,
  type GraphBuilder,
  isTensorOp,
  liveNodes,
  type Node,
  type NodeId,
  nodeAt,
  useCounts,
} from '../ir/graph.ts';
import { compact, copyNode, rewrite } from '../ir/rewrite.ts';
import { at, lookUp } from '../lookup.ts';
import { uniformValue } from '../tensor/constant.ts';
import { add, type Exact, equal, isOne, isZero, multiply, negate, ONE } from '../tensor/exact.ts';
import type { Pass } from './pass.ts';
import type { PassContext } from './pass-context.ts';

/**
 * Linear combinations: sums of scaled sums become one sum of scaled terms, and the factors go into uploads:
 *
 *     w1 = A.T@x;  w2 = 1.4*w1 + B.T@y;  w3 = 1.5*w2 + C.T@z
 *     w3 = (2.1*A).T@x + (1.5*B).T@y + C.T@z
 *
 * No factor is multiplied then, and what is summed over one axis meets before it is summed: packing rotates the terms
 * as one. Safe by distributivity. It fires where fewer products by constants are left and nothing comes later; a term that
 * something else reads, too, keeps its value and is scaled by itself.
 */
export const linear: Pass = {
  name: 'linear',
  summary: 'write sums of scaled sums as one, with the factors in uploads',
  example: `input x: cipher;
input y: cipher;
input z: cipher;
output r = 1.5*(0.5*(x*y) + y*z) + z;
`,
  requires: ['scaledUploads'],
  run(circuit, context) {
    const combining = new Combining(circuit, context);
    const replaced: NodeId[] = [];
    const rewritten = rewrite(circuit, liveNodes(circuit), (node, moved, builder) => {
      const made = combining.build(builder, replaced, node.id) ?? copyNode(node, moved, builder);
      replaced[node.id] = made;
      return made;
    });
    return { circuit: compact(rewritten) };
  },
};

/** Terms by node, each with its factor. */
type Combination = ReadonlyMap<NodeId, Exact>;

class Combining {
  readonly #circuit: Circuit;
  readonly #arrivals: Arrivals;
  readonly #uses: readonly number[];
  /** Of sums and scalings the one that they are a part of alone; a root is its own. */
  readonly #roots: (NodeId | undefined)[];
  /** The one root whose parts read a node, if nothing else does. */
  readonly #readers: (NodeId | 'several' | undefined)[];
  readonly #combinations: ReadonlyMap<NodeId, Combination>;

  constructor(circuit: Circuit, context: PassContext) {
    this.#circuit = circuit;
    this.#arrivals = new Arrivals((id) => this.#node(id), context);
    this.#uses = useCounts(circuit);
    this.#roots = new Array(circuit.nodes.length);
    this.#readers = new Array(circuit.nodes.length);
    this.#findRoots();
    this.#combinations = this.#combine();
  }

  /** The value of a root as one sum; undefined where it stays as it is. `replaced` leads from old nodes to new ones. */
  build(builder: GraphBuilder, replaced: readonly NodeId[], root: NodeId): NodeId | undefined {
    const combination = this.#combinations.get(root);
    if (!combination) return undefined;
    const level = (id: NodeId) => this.#arrivals.of(id).level;
    const terms = [...combination].sort(([a], [b]) => level(a) - level(b) || a - b);
    return terms.reduce<NodeId | undefined>((sum, [id, factor]) => {
      const isSubtracted = sum !== undefined && equal(factor, negate(ONE));
      const term = isSubtracted
        ? at(replaced, id)
        : this.#scaled(builder, replaced, { root, id, factor });
      if (sum === undefined) return term;
      return builder.apply({ kind: isSubtracted ? 'sub' : 'add' }, [sum, term]);
    }, undefined);
  }

  #scaled(
    builder: GraphBuilder,
    replaced: readonly NodeId[],
    { root, id, factor }: { readonly root: NodeId; readonly id: NodeId; readonly factor: Exact },
  ): NodeId {
    if (isOne(factor)) return at(replaced, id);
    if (this.#takes(root, id, factor)) return this.#absorbed(builder, replaced, id, factor);
    return scaled(builder, factor, at(replaced, id));
  }

  #node(id: NodeId): Node {
    return nodeAt(this.#circuit, id);
  }

  /** The factor of a node that scales a ciphertext by a number, and what it scales. */
  #scaling(node: Node): { readonly factor: Exact; readonly of: NodeId } | undefined {
    const { kind, op, args, secrecy } = node;
    if (kind !== 'mul' || secrecy !== 'cipher') return undefined;
    const [a, b] = args;
    for (const [scale, value, labels] of [[a, b, op.rhs] as const, [b, a, op.lhs] as const]) {
      const constant = this.#node(scale);
      if (constant.kind !== 'const' || !isScaling(op, labels)) continue;
      const factor = uniformValue(constant.op.tensor);
      if (factor && !isZero(factor)) return { factor, of: value };
    }
    return undefined;
  }

  #isLinear(node: Node): boolean {
    if (this.#arrivals.isUpload(node.id)) return false;
    return isSum(node) || this.#scaling(node) !== undefined;
  }

  #findRoots(): void {
    const [roots, readers] = [this.#roots, this.#readers];
    for (const { node } of this.#circuit.outputs) readers[node] = 'several';
    for (const node of [...this.#circuit.nodes].reverse()) {
      const isLinear = this.#isLinear(node);
      const reader = readers[node.id];
      if (isLinear) roots[node.id] = typeof reader === 'number' ? reader : node.id;
      for (const arg of node.args) {
        const root = isLinear ? at(roots, node.id) : 'several';
        readers[arg] = (readers[arg] ?? root) === root ? root : 'several';
      }
    }
  }

  #combine(): ReadonlyMap<NodeId, Combination> {
    const parts = new Map<NodeId, Node[]>();
    for (const node of this.#circuit.nodes) {
      const root = this.#roots[node.id];
      if (root === undefined) continue;
      const known = parts.get(root);
      if (known) known.push(node);
      else parts.set(root, [node]);
    }
    const combinations = new Map<NodeId, Combination>();
    for (const [root, nodes] of parts) {
      const before = nodes.filter((node) => this.#isPaid(node)).length;
      if (before === 0 || nodes.length < 2) continue;
      const combination = this.#combinationOf(root, nodes);
      const left = [...combination].filter(([id, factor]) => !this.#takes(root, id, factor));
      const { level } = this.#arrivals.of(root);
      const isInTime = left.every(([id]) => this.#arrivals.of(id).level < level);
      if (combination.size > 0 && left.length < before && isInTime)
        combinations.set(root, combination);
    }
    return combinations;
  }

  /** Whether a node is a scaling that takes a product. */
  #isPaid(node: Node): boolean {
    const scaling = this.#scaling(node);
    return scaling !== undefined && !isFreeFactor({ shape: [], data: [scaling.factor] });
  }

  #combinationOf(root: NodeId, nodes: readonly Node[]): Combination {
    const factors = new Map<NodeId, Exact>([[root, ONE]]);
    const note = (id: NodeId, factor: Exact) => {
      const known = factors.get(id);
      factors.set(id, known ? add(known, factor) : factor);
    };
    for (const node of [...nodes].reverse()) {
      const factor = lookUp(factors, node.id);
      factors.delete(node.id);
      const scaling = this.#scaling(node);
      if (scaling) note(scaling.of, multiply(factor, scaling.factor));
      else if (isSum(node)) {
        for (const { negative, node: id } of summands(node))
          note(id, negative ? negate(factor) : factor);
      }
    }
    return new Map([...factors].filter(([, factor]) => !isZero(factor)));
  }

  /** Whether a term may be computed scaled, at no price. */
  #takes(root: NodeId, id: NodeId, factor: Exact): boolean {
    const isUnit = isOne(factor) || equal(factor, negate(ONE));
    if (isUnit || this.#node(id).secrecy === 'const') return true;
    return this.#absorbs(id, factor, this.#readers[id] === root);
  }

  /**
   * Whether a value or something that it is computed from is uploaded or known in clear, and may be scaled in its place.
   *
   * @param isAlone whether nobody wants the value as it is
   */
  #absorbs(id: NodeId, factor: Exact, isAlone: boolean): boolean {
    const { op, secrecy, shape } = this.#node(id);
    if (op.kind === 'const') return !isFreeFactor(op.tensor);
    if (secrecy === 'plain') return true;
    if (!this.#arrivals.isUpload(id)) return isAlone && this.#absorber(id, factor) >= 0;
    // A matrix would be uploaded once more.
    const isSpare = isAlone || shape.length < 2;
    return isSpare && this.#arrivals.takesFactor(id, { shape: [], data: [factor] });
  }

  /** Place of the operand that takes in a factor in place of its reader, of x*x only one; -1 where none does. */
  #absorber(id: NodeId, factor: Exact): number {
    const node = this.#node(id);
    if (!isLinearInEach(node)) return -1;
    return node.args.findIndex((arg) => this.#absorbs(arg, factor, this.#uses[arg] === 1));
  }

  /** factor · value, the factor in what absorbs it. */
  #absorbed(builder: GraphBuilder, replaced: readonly NodeId[], id: NodeId, factor: Exact): NodeId {
    const { op, args } = this.#node(id);
    const absorber = this.#arrivals.isUpload(id) ? -1 : this.#absorber(id, factor);
    if (absorber < 0 || !isTensorOp(op)) return scaled(builder, factor, at(replaced, id));
    const operands = args.map((arg, place) =>
      place === absorber ? this.#absorbed(builder, replaced, arg, factor) : at(replaced, arg),
    );
    return builder.apply(op, operands);
  }
}
