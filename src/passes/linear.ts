import { isLinearInEach, isScaling, scaled } from '../algebra/labeled-tensors.ts';
import { isSum, summands } from '../algebra/terms.ts';
import { type Arrivals, arrivalsIn, isFreeFactor } from '../ir/arrival.ts';
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
 * Linear combinations: sums of scaled sums become one sum of scaled terms, and the factors go into
 * uploads:
 *
 *     w1 = A.T@x;  w2 = 1.4*w1 + B.T@y;  w3 = 1.5*w2 + C.T@z
 *     w3 = (2.1*A).T@x + (1.5*B).T@y + C.T@z
 *
 * Then no factor is multiplied, and products that are summed over one axis are added before the
 * summation, so packing rotates them as one. Safe by distributivity. It fires if fewer products by
 * constants remain and nothing arrives later. A term with other users keeps its value and is scaled
 * separately.
 */
export const linear: Pass = {
  name: 'linear',
  summary: 'merge sums of scaled sums, and put the factors into uploads',
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
      const built = combining.build(builder, replaced, node.id) ?? copyNode(node, moved, builder);
      replaced[node.id] = built;
      return built;
    });
    return { circuit: compact(rewritten) };
  },
};

/** Factors, by the node of the term. */
type Combination = ReadonlyMap<NodeId, Exact>;

class Combining {
  readonly #circuit: Circuit;
  readonly #arrivals: Arrivals;
  readonly #uses: readonly number[];
  /** For each sum and scaling, the root that it is a part of and no other; a root is its own. */
  readonly #roots: (NodeId | undefined)[];
  /** For each node, the one root whose parts use it, if it has no other user. */
  readonly #users: (NodeId | 'several' | undefined)[];
  readonly #combinations: ReadonlyMap<NodeId, Combination>;

  constructor(circuit: Circuit, context: PassContext) {
    this.#circuit = circuit;
    this.#arrivals = arrivalsIn(circuit, context);
    this.#uses = useCounts(circuit);
    this.#roots = new Array(circuit.nodes.length);
    this.#users = new Array(circuit.nodes.length);
    this.#findRoots();
    this.#combinations = this.#combine();
  }

  /**
   * Returns the value of a root as one sum; undefined if it is not rewritten. `replaced` maps old
   * nodes to new ones.
   */
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

  /**
   * Returns the factor of a node that scales a ciphertext by a number, and the node that it scales;
   * else undefined.
   */
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
    const [roots, users] = [this.#roots, this.#users];
    for (const { node } of this.#circuit.outputs) users[node] = 'several';
    for (const node of [...this.#circuit.nodes].reverse()) {
      const isLinear = this.#isLinear(node);
      const user = users[node.id];
      if (isLinear) roots[node.id] = typeof user === 'number' ? user : node.id;
      for (const arg of node.args) {
        const root = isLinear ? at(roots, node.id) : 'several';
        users[arg] = (users[arg] ?? root) === root ? root : 'several';
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

  /** Whether a node is a scaling that takes a plaintext multiplication. */
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

  /** Whether a term can be computed scaled at no cost. */
  #takes(root: NodeId, id: NodeId, factor: Exact): boolean {
    const isUnit = isOne(factor) || equal(factor, negate(ONE));
    if (isUnit || this.#node(id).secrecy === 'const') return true;
    return this.#absorbs(id, factor, this.#users[id] === root);
  }

  /**
   * Whether a value, or one that it is computed from, is uploaded or clear and may be scaled
   * instead.
   *
   * @param isAlone whether no user needs the unscaled value
   */
  #absorbs(id: NodeId, factor: Exact, isAlone: boolean): boolean {
    const { op, secrecy, shape } = this.#node(id);
    if (op.kind === 'const') return !isFreeFactor(op.tensor);
    if (secrecy === 'plain') return true;
    if (!this.#arrivals.isUpload(id)) return isAlone && this.#absorber(id, factor) >= 0;
    // A matrix would be uploaded a second time.
    const isSpare = isAlone || shape.length < 2;
    return isSpare && this.#arrivals.takesFactor(id, { shape: [], data: [factor] });
  }

  /**
   * Returns the index of the operand that absorbs a factor for its user; -1 if none does. For x*x,
   * only one operand does.
   */
  #absorber(id: NodeId, factor: Exact): number {
    const node = this.#node(id);
    if (!isLinearInEach(node)) return -1;
    return node.args.findIndex((arg) => this.#absorbs(arg, factor, this.#uses[arg] === 1));
  }

  /** Returns factor · value with the factor in the value that absorbs it. */
  #absorbed(builder: GraphBuilder, replaced: readonly NodeId[], id: NodeId, factor: Exact): NodeId {
    const { op, args } = this.#node(id);
    const absorber = this.#arrivals.isUpload(id) ? -1 : this.#absorber(id, factor);
    if (absorber < 0 || !isTensorOp(op)) return scaled(builder, factor, at(replaced, id));
    const operands = args.map((arg, i) =>
      i === absorber ? this.#absorbed(builder, replaced, arg, factor) : at(replaced, arg),
    );
    return builder.apply(op, operands);
  }
}
