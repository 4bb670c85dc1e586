import { hasConstantFactor } from '../algebra/constant-factors.ts';
import { isLinearInEach, scaled } from '../algebra/labeled-tensors.ts';
import {
  type ArrivalRules,
  type Arrivals,
  AT_INPUT,
  arrivalsIn,
  isUploadFactor,
  outputArrival,
} from '../ir/arrival.ts';
import {
  type Circuit,
  type GraphBuilder,
  liveNodes,
  type Node,
  type NodeId,
  type NodeOf,
  nodeAt,
  useCounts,
} from '../ir/graph.ts';
import { latestLevels } from '../ir/latest-levels.ts';
import { compact, copyNode, rewrite } from '../ir/rewrite.ts';
import { at, largestOf } from '../lookup.ts';
import { uniformValue } from '../tensor/constant.ts';
import type { Exact } from '../tensor/exact.ts';
import type { OpOf } from '../tensor/op.ts';
import type { Pass } from './pass.ts';

/**
 * Constants: a constant factor, one number, moves to where multiplying by it takes no level: into
 * the shallowest factor of a product, through sums into every term, and at best into an input,
 * which the client uploads scaled:
 *
 *     0.5*((x*x)*y) = (x*x)*(0.5*y)          2 levels, not 3
 *     0.5*(x*y + z*z) = x*(0.5*y) + z*(0.5*z)
 *
 * Safe by distributivity. It fires only if the scaled value arrives earlier than by multiplying at
 * the end. A value with other users needs a second, scaled copy. The constant moves through it if
 * the copy takes nothing but additions and plaintext multiplications. A copy that takes ciphertext
 * multiplications or rotations is made only where an output would arrive later without it. Very
 * small and very large constants are not moved: inside, they would cost precision or headroom.
 */
export const constants: Pass = {
  name: 'constants',
  summary: 'move constant factors to where they take no level',
  example: `input x: cipher;
input y: cipher;
output r = 0.5*((x*x)*y);
`,
  requires: [],
  run(circuit, context) {
    if (!hasConstantFactor(circuit)) return { circuit };
    const { moved: shared, isKept } = withConstantsMoved(circuit, context, () => false);
    if (!isKept) return { circuit: shared };
    const { moved: copied } = withConstantsMoved(circuit, context, () => true);
    if (context.copiesFactors) return { circuit: copied };
    const goal = outputArrival(copied, context).level;
    if (goal >= outputArrival(shared, context).level) return { circuit: shared };
    const arrivals = arrivalsIn(circuit, context);
    const latest = latestLevels(circuit, context, goal);
    const isLate = (id: NodeId) => arrivals.of(id).level > at(latest, id);
    const { moved: needed } = withConstantsMoved(circuit, context, isLate);
    return { circuit: outputArrival(needed, context).level > goal ? copied : needed };
  },
};

/**
 * Moves the constant factors of a circuit.
 *
 * @param mayCopy whether the constant factor of a product may move through copies that take
 *   ciphertext multiplications or rotations
 * @returns the circuit, and whether a constant was kept from moving through such a copy
 */
function withConstantsMoved(
  circuit: Circuit,
  rules: ArrivalRules,
  mayCopy: (product: NodeId) => boolean,
): { readonly moved: Circuit; readonly isKept: boolean } {
  const sharing = new Scaling(circuit, rules, false);
  const copying = new Scaling(circuit, rules, true);
  const replaced: NodeId[] = [];
  const rewritten = rewrite(circuit, liveNodes(circuit), (node, moved, builder) => {
    const scaling = mayCopy(node.id) ? copying : sharing;
    const computed = scaling.moved(builder, replaced, node) ?? copyNode(node, moved, builder);
    replaced[node.id] = computed;
    return computed;
  });
  return { moved: compact(rewritten), isKept: sharing.isKept };
}

/** Limit on the depth of expressions that a constant is moved through: the walk is recursive. */
const MAX_NESTING = 400;

class Scaling {
  readonly #circuit: Circuit;
  readonly #arrivals: Arrivals;
  /** The arrival level that the product of each node with a constant can have. */
  readonly #levels: number[] = [];
  readonly #nesting: number[] = [];
  readonly #uses: readonly number[];
  /** Whether a node, if one of its users scales it, must be computed both scaled and unscaled. */
  readonly #shared: readonly boolean[];
  /** Whether a constant may move through a copy that takes multiplications or rotations. */
  readonly #copies: boolean;
  /** Whether a constant was kept from moving through such a copy. */
  isKept = false;
  /** The scaled copies so far, by constant and value: shared values are scaled once. */
  readonly #built = new Map<string, NodeId>();

  constructor(circuit: Circuit, rules: ArrivalRules, copies: boolean) {
    this.#circuit = circuit;
    this.#copies = copies;
    this.#arrivals = arrivalsIn(circuit, rules);
    this.#uses = useCounts(circuit);
    this.#shared = this.#sharedNodes();
    for (const node of circuit.nodes) {
      this.#nesting.push(
        1 + node.args.reduce((most, arg) => Math.max(most, this.#nesting[arg] ?? 0), 0),
      );
      this.#levels.push(this.#scaledLevel(node));
    }
  }

  /**
   * Returns a product with its constant moved inside; undefined if it has none that should move.
   * `replaced` maps old nodes to new ones.
   */
  moved(builder: GraphBuilder, replaced: readonly NodeId[], node: Node): NodeId | undefined {
    if (node.kind !== 'mul' || node.secrecy !== 'cipher') return undefined;
    const { op, args, shape } = node;
    const constant = args.find((arg) => this.#isMovable(arg));
    const value = args.find((arg) => this.#node(arg).secrecy === 'cipher');
    if (constant === undefined || value === undefined) return undefined;
    const [labels, others] = value === args[0] ? [op.lhs, op.rhs] : [op.rhs, op.lhs];
    const moves =
      isRepetition(op, labels, others) &&
      this.#moves(value) &&
      this.#level(value) < this.#arrivals.of(node.id).level;
    if (!moves) return undefined;
    const scaled = this.build(builder, replaced, at(replaced, constant), value);
    if (labels.length === shape.length) return scaled;
    return builder.apply({ kind: 'broadcast', shape, axes: labels }, [scaled]);
  }

  /**
   * Builds constant · value with the constant moved inside. `replaced` maps old nodes to new ones.
   */
  build(
    builder: GraphBuilder,
    replaced: readonly NodeId[],
    constant: NodeId,
    value: NodeId,
  ): NodeId {
    const key = `${constant}*${value}`;
    const known = this.#built.get(key);
    if (known !== undefined) return known;
    const computed = this.#computed(builder, replaced, constant, value);
    this.#built.set(key, computed);
    return computed;
  }

  #computed(
    builder: GraphBuilder,
    replaced: readonly NodeId[],
    constant: NodeId,
    value: NodeId,
  ): NodeId {
    const node = this.#node(value);
    const scale = (id: NodeId) => this.build(builder, replaced, constant, id);
    const unscaled = (id: NodeId) => at(replaced, id);
    if (!this.#moves(value)) return scaled(builder, numberIn(builder, constant), unscaled(value));
    switch (node.kind) {
      case 'mul': {
        const [a, b] = node.args;
        const intoFirst = this.#factorToScale(node) === a;
        return builder.apply(
          node.op,
          intoFirst ? [scale(a), unscaled(b)] : [unscaled(a), scale(b)],
        );
      }
      case 'add':
      case 'sub':
      case 'concat':
      case 'stack':
        return builder.apply(node.op, node.args.map(scale));
      case 'neg':
      case 'sum':
      case 'broadcast':
      case 'permute':
      case 'rotate':
        // These are linear in their only operand.
        return builder.apply(node.op, [scale(node.args[0])]);
      default:
        throw new Error(`factors cannot move through the operation '${node.kind}'`);
    }
  }

  #node(id: NodeId): Node {
    return nodeAt(this.#circuit, id);
  }

  #level(id: NodeId): number {
    return at(this.#levels, id);
  }

  #isMovable(id: NodeId): boolean {
    const { op } = this.#node(id);
    return (
      op.kind === 'const' && uniformValue(op.tensor) !== undefined && isUploadFactor(op.tensor)
    );
  }

  /** Whether a constant factor moves from this node to its operands. */
  #moves(id: NodeId): boolean {
    const node = this.#node(id);
    if (node.secrecy !== 'cipher' || this.#arrivals.isUpload(id)) return false;
    if (at(this.#nesting, id) > MAX_NESTING) return false;
    if (sumsProducts(node)) return !this.#shared[id];
    if (this.#isCheap(node)) return true;
    if (!(isLinearInEach(node) || isJoin(node)) || this.#uses[id] !== 1) return false;
    if (this.#copies || !this.#shared[id]) return true;
    this.isKept = true;
    return false;
  }

  /**
   * Whether computing the node a second time takes no ciphertext multiplication and no rotation.
   */
  #isCheap(node: Node): boolean {
    if (node.kind === 'mul')
      return !sumsProducts(node) && node.args.some((arg) => this.#node(arg).secrecy !== 'cipher');
    if (isJoin(node)) return node.args.every((arg) => this.#arrivals.of(arg).level <= 0);
    return ['add', 'sub', 'neg'].includes(node.kind);
  }

  /**
   * Returns, for each node, whether it has several users or is used by a shared node that a
   * constant moves through.
   */
  #sharedNodes(): readonly boolean[] {
    const shared = this.#uses.map((uses) => uses > 1);
    for (const node of [...this.#circuit.nodes].reverse()) {
      if (!shared[node.id] || !(this.#isCheap(node) || this.#uses[node.id] === 1)) continue;
      for (const arg of node.args) shared[arg] = true;
    }
    return shared;
  }

  #scaledLevel(node: Node): number {
    const level = this.#arrivals.of(node.id).level;
    if (node.secrecy !== 'cipher' || this.#arrivals.isUpload(node.id)) return level;
    if (!this.#moves(node.id)) return level + 1;
    const operands = node.args.map((arg) => this.#level(arg));
    if (node.kind !== 'mul') return largestOf(operands);
    const factor = this.#factorToScale(node);
    const other = node.args.find((arg) => arg !== factor) ?? factor;
    const cost = level - largestOf(node.args.map((arg) => this.#arrivals.of(arg).level));
    return Math.max(this.#level(factor), this.#arrivals.of(other).level) + cost;
  }

  /**
   * Returns the operand whose scaling delays a product least; scaling a clear one costs nothing.
   */
  #factorToScale({ args: [a, b] }: NodeOf<'mul'>): NodeId {
    const delay = (id: NodeId) =>
      this.#node(id).secrecy === 'cipher' ? this.#level(id) : AT_INPUT.level - 1;
    return delay(a) <= delay(b) ? a : b;
  }
}

/**
 * Whether a product with a constant of equal elements is the scaled value, whose labels these are,
 * or repeats it along further axes.
 */
function isRepetition(
  { rank }: OpOf<'mul'>,
  labels: readonly number[],
  others: readonly number[],
): boolean {
  const isInside = [...labels, ...others].every((label) => label < rank);
  return isInside && labels.every((label, axis) => axis === 0 || label > at(labels, axis - 1));
}

/** Whether a node joins values. */
function isJoin({ kind }: Node): boolean {
  return kind === 'concat' || kind === 'stack';
}

/** Whether a node multiplies and sums over an axis: computing it twice takes at least rotations. */
function sumsProducts({ op }: Node): boolean {
  return op.kind === 'mul' && [...op.lhs, ...op.rhs].some((label) => label >= op.rank);
}

function numberIn(builder: GraphBuilder, constant: NodeId): Exact {
  const { kind, op } = builder.node(constant);
  if (kind !== 'const') throw new Error(`node ${constant} is not a constant`);
  return at(op.tensor.data, 0);
}
