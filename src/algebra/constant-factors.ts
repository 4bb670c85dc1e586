import {
  type ArrivalRules,
  Arrivals,
  arrivalsIn,
  compareArrivals,
  isFreeFactor,
  outputArrival,
} from '../ir/arrival.ts';
import {
  type Circuit,
  type CircuitOutput,
  GraphBuilder,
  type Node,
  type NodeId,
  type NodeOf,
} from '../ir/graph.ts';
import { compact, copyNode } from '../ir/rewrite.ts';
import { at, defined, largestOf } from '../lookup.ts';
import { type Constant, uniformValue } from '../tensor/constant.ts';
import { type Exact, equal, invert, isOne, multiply, negate, ONE, power } from '../tensor/exact.ts';
import type { OpOf, TensorOp } from '../tensor/op.ts';
import type { Shape } from '../tensor/tensor.ts';
import { scaled } from './labeled-tensors.ts';

/** Whether a circuit multiplies a ciphertext by a constant. */
export function hasConstantFactor({ nodes }: Pick<Circuit, 'nodes'>): boolean {
  return nodes.some(
    ({ kind, secrecy, args }) =>
      kind === 'mul' && secrecy === 'cipher' && args.some((arg) => nodes[arg]?.kind === 'const'),
  );
}

/**
 * Returns the circuit with its constant factors postponed: each stays beside its value until an
 * operation absorbs it at no cost. Returns the circuit itself unless the outputs arrive earlier, or
 * as early with fewer products. Factors of uploads, which are free, are postponed with the others:
 * a sum of an upload and a computed value then has one factor. They stay where values would become
 * too large or too small without them.
 *
 * @param maxBits how far from 1 a postponed factor may be, in bits
 */
export function postponeFactors(circuit: Circuit, context: ArrivalRules, maxBits: number): Circuit {
  if (!hasConstantFactor(circuit)) return circuit;
  const compare = (a: Circuit, b: Circuit) =>
    compareArrivals(outputArrival(a, context), outputArrival(b, context)) ||
    plainProducts(a, context) - plainProducts(b, context);
  return [false, true]
    .map((keepsUploads) =>
      compact(new Postponing(circuit, context, { maxBits, keepsUploads }).run()),
    )
    .reduce((best, postponed) => (compare(postponed, best) < 0 ? postponed : best), circuit);
}

/**
 * Returns the circuit with its constant factors postponed such that values are large: the terms of
 * a sum are brought to the smallest of their factors, which the client multiplies by in the end.
 * Returns the circuit itself if the outputs would arrive later.
 *
 * @param maxBits how far from 1 a postponed factor may be, in bits
 */
export function enlargeValues(circuit: Circuit, context: ArrivalRules, maxBits: number): Circuit {
  if (!hasConstantFactor(circuit)) return circuit;
  const rules = { maxBits, keepsUploads: false, enlarges: true };
  const enlarged = compact(new Postponing(circuit, context, rules).run());
  const isLater = compareArrivals(
    outputArrival(enlarged, context),
    outputArrival(circuit, context),
  );
  return isLater > 0 ? circuit : enlarged;
}

/** How factors are postponed. */
interface PostponingRules {
  /** How far from 1 a postponed factor may be, in bits. */
  readonly maxBits: number;
  /** Whether the client uploads products of inputs and constants. */
  readonly keepsUploads: boolean;
  /** Whether a sum takes the smallest factor of its terms, among those with which it is early. */
  readonly enlarges?: boolean;
}

/** Counts the products with clear values that need a rescaling. */
function plainProducts(circuit: Circuit, context: ArrivalRules): number {
  const { nodes } = circuit;
  const arrivals = arrivalsIn(circuit, context);
  return nodes.filter(({ id, op, args, secrecy }) => {
    if (op.kind !== 'mul' || secrecy !== 'cipher') return false;
    const isClear = args.some((arg) => nodes[arg]?.secrecy !== 'cipher');
    const [before, after] = [args.map((arg) => arrivals.of(arg).level), arrivals.of(id).level];
    return isClear && after > largestOf(before);
  }).length;
}

/** A value as a factor times a node of the new graph. The factor of a clear value is 1. */
interface Scaled {
  readonly node: NodeId;
  readonly factor: Exact;
}

class Postponing {
  readonly #circuit: Circuit;
  readonly #builder: GraphBuilder;
  readonly #arrivals: Arrivals;
  readonly #values: Scaled[] = [];
  readonly #rules: PostponingRules;

  constructor(circuit: Circuit, context: ArrivalRules, rules: PostponingRules) {
    this.#circuit = circuit;
    this.#rules = rules;
    this.#builder = new GraphBuilder({ interning: true, like: circuit });
    this.#arrivals = new Arrivals((id) => this.#builder.node(id), context);
  }

  run(): Circuit {
    for (const node of this.#circuit.nodes) {
      this.#builder.at(this.#circuit.origins[node.id]);
      this.#values.push(this.#limited(this.#postponed(node)));
    }
    const outputs = this.#circuit.outputs.map((output): CircuitOutput => {
      const { node, factor } = this.#value(output.node);
      return { ...output, node, factor: multiply(output.factor, factor) };
    });
    return this.#builder.finish(this.#circuit.inputs, outputs);
  }

  #value(id: NodeId): Scaled {
    return at(this.#values, id);
  }

  #isCipher({ node }: Scaled): boolean {
    return this.#builder.node(node).secrecy === 'cipher';
  }

  #postponed(node: Node): Scaled {
    if (node.secrecy !== 'cipher') return plain(this.#copy(node));
    switch (node.kind) {
      case 'mul':
        return this.#product(node);
      case 'pow': {
        const factor = power(this.#value(node.args[0]).factor, node.op.exponent);
        return { node: this.#copy(node), factor };
      }
      case 'add':
      case 'sub':
      case 'concat':
      case 'stack':
        return this.#joined(
          node.op,
          node.args.map((arg) => this.#value(arg)),
        );
      case 'inverse':
        throw new Error('a ciphertext cannot be inverted');
      case 'input':
      case 'const':
        return { node: this.#copy(node), factor: ONE };
      case 'neg':
      case 'sum':
      case 'broadcast':
      case 'permute':
      case 'slice':
      case 'reindex':
      case 'rotate':
      case 'cumsum':
      case 'barrier':
        // These are linear in their only operand.
        return { node: this.#copy(node), factor: this.#value(node.args[0]).factor };
    }
  }

  #copy(node: Node): NodeId {
    return copyNode(node, (arg) => this.#value(arg).node, this.#builder);
  }

  #product({ op, args, shape }: NodeOf<'mul'>): Scaled {
    const [a, b] = [this.#value(args[0]), this.#value(args[1])];
    const apply = (x: NodeId, y: NodeId) => this.#builder.apply(op, [x, y]);
    if (this.#isCipher(a) && this.#isCipher(b)) {
      const factor = multiply(a.factor, b.factor);
      const sums = [...op.lhs, ...op.rhs].some((label) => label >= op.rank);
      if (sums && !isOne(factor)) {
        const by: Constant = { shape: [], data: [factor] };
        if (this.#arrivals.takesFactor(a.node, by))
          return plain(apply(this.#scaleClear(a.node, factor), b.node));
        if (this.#arrivals.takesFactor(b.node, by))
          return plain(apply(a.node, this.#scaleClear(b.node, factor)));
      }
      return { node: apply(a.node, b.node), factor };
    }
    const isFirst = this.#isCipher(a);
    const [cipher, clear] = isFirst ? [a, b] : [b, a];
    const known = this.#builder.node(clear.node).op;
    if (known.kind === 'const' && isFreeFactor(known.tensor))
      return { node: apply(a.node, b.node), factor: cipher.factor };
    if (
      this.#rules.keepsUploads &&
      known.kind === 'const' &&
      this.#arrivals.takesFactor(cipher.node, known.tensor)
    )
      return { node: apply(a.node, b.node), factor: cipher.factor };
    const number = known.kind === 'const' ? uniformValue(known.tensor) : undefined;
    const repeated = number && this.#repeated(cipher.node, op, shape, isFirst);
    const factor = number && multiply(cipher.factor, number);
    if (repeated !== undefined && factor && invert(factor) && this.#isModerate(factor))
      return { node: repeated, factor };
    // The clear factor absorbs the postponed factor.
    const by = this.#scaleClear(clear.node, cipher.factor);
    return plain(isFirst ? apply(cipher.node, by) : apply(by, cipher.node));
  }

  /**
   * Returns a product of a ciphertext and a number without the number: the ciphertext, repeated if
   * need be. Undefined if the product sums over or reorders axes.
   */
  #repeated(
    node: NodeId,
    { lhs, rhs, rank }: OpOf<'mul'>,
    shape: Shape,
    isFirst: boolean,
  ): NodeId | undefined {
    const [own, other] = isFirst ? [lhs, rhs] : [rhs, lhs];
    const isSummed = [...own, ...other].some((label) => label >= rank);
    const isOrdered = own.every((label, axis) => axis === 0 || label > at(own, axis - 1));
    if (isSummed || !isOrdered) return undefined;
    if (own.length === rank) return node;
    return this.#builder.apply({ kind: 'broadcast', shape, axes: own }, [node]);
  }

  /** Returns a sum or a concatenation whose operands are brought to one common factor. */
  #joined(op: TensorOp, args: readonly Scaled[]): Scaled {
    const factors = new Map(
      args.filter((arg) => this.#isCipher(arg)).map(({ factor }) => [factor.residue, factor]),
    );
    const candidates = [ONE, ...factors.values()].map((factor) => {
      const nodes = args.map((arg) => this.#broughtTo(arg, factor));
      return { nodes, factor, level: largestOf(nodes.map((id) => this.#arrivals.of(id).level)) };
    });
    const size = (number: Exact) => (this.#rules.enlarges ? Math.abs(number.value) : 0);
    const { nodes, factor } = candidates.reduce((a, b) =>
      (b.level - a.level || size(b.factor) - size(a.factor)) < 0 ? b : a,
    );
    return { node: this.#builder.apply(op, nodes), factor };
  }

  /** Returns the node that equals a value when it is multiplied by `factor`. */
  #broughtTo({ node, factor: own }: Scaled, factor: Exact): NodeId {
    return this.#times(node, multiply(own, defined(invert(factor))));
  }

  #times(node: NodeId, number: Exact): NodeId {
    if (isOne(number)) return node;
    if (equal(number, negate(ONE))) return this.#builder.apply({ kind: 'neg' }, [node]);
    return this.#scaleClear(node, number);
  }

  #scaleClear(node: NodeId, number: Exact): NodeId {
    return isOne(number) ? node : scaled(this.#builder, number, node);
  }

  #isModerate({ value }: Exact): boolean {
    return Math.abs(Math.log2(Math.abs(value))) <= this.#rules.maxBits;
  }

  /** Multiplies a value by its factor if the factor is too far from 1. */
  #limited(value: Scaled): Scaled {
    return this.#isModerate(value.factor) ? value : plain(this.#times(value.node, value.factor));
  }
}

function plain(node: NodeId): Scaled {
  return { node, factor: ONE };
}
