import { Arrivals, compareArrivals, isFreeFactor, outputArrival } from '../ir/arrival.ts';
import { type Circuit, GraphBuilder, type Node, type NodeId, type Output } from '../ir/graph.ts';
import { type Constant, uniformValue } from '../tensor/constant.ts';
import { type Exact, equal, invert, isOne, multiply, negate, ONE, power } from '../tensor/exact.ts';
import type { TensorOp } from '../tensor/op.ts';
import type { Shape } from '../tensor/tensor.ts';
import { scaled } from './parts.ts';
import { compact, copyNode, type Pass, type PassContext } from './pass.ts';

/**
 * Postpone: a constant factor of a ciphertext is kept beside it, not multiplied, until something takes it in for
 * nothing: a clear factor or term, an input, which is uploaded scaled, or in the end the client, who multiplies what
 * it decrypts:
 *
 *     v = (x + y)^2; a = v; b = 0.3*v + 1       b = 0.3*(v + 1/0.3)           1 level, not 2
 *     (x - sum(x)/8)^2 / 8                      (8*x - sum(x))^2 / 512        1 level, not 3
 *
 * Every value is a constant times what is computed: a product multiplies the constants, a linear operation keeps its
 * operand's, and terms of a sum are brought to one, which costs a level where none of them is early enough. Safe by
 * distributivity. It fires where the outputs come earlier, or
 * as early with fewer products. A factor far from 1 takes as much of the modulus as a
 * rescaling does, or of the precision: such constants stay.
 */
export const postpone: Pass = {
  name: 'postpone',
  summary: 'leave constant factors to what takes them in for nothing, in the end to the client',
  run: (circuit, context) => ({ circuit: postponedIn(circuit, context, MOST_BITS) }),
};

/**
 * Unscale: what postpone does, for factors between 1/2 and 2, which leave values their size, before products are distributed
 * over sums:
 *
 *     w = 1.25*s - 0.25*v;  next = s; …       w = 1.25*u, u = s - 0.2*v
 *
 * A late sum that is wanted with several factors would be computed once for each where its terms cannot wait for
 * them. Taken out, they join an upload that the sum is multiplied with.
 */
export const unscale: Pass = {
  name: 'unscale',
  summary: 'take constant factors near 1 out of sums, so that one sum does for all of them',
  run: (circuit, context) => ({ circuit: postponedIn(circuit, context, NEAR_BITS) }),
};

/** The circuit with factors of up to so many bits put off; as it was where nothing is gained. */
function postponedIn(circuit: Circuit, context: PassContext, mostBits: number): Circuit {
  if (!context.scaledUploads) return circuit;
  const postponed = compact(new Postponing(circuit, context, mostBits).run());
  const gain =
    compareArrivals(outputArrival(circuit, context), outputArrival(postponed, context)) ||
    plainProducts(circuit, context) - plainProducts(postponed, context);
  return gain > 0 ? postponed : circuit;
}

/** Products with clear values that take a rescaling. */
function plainProducts({ nodes }: Circuit, context: PassContext): number {
  const arrivals = new Arrivals((id) => nodes[id] as Node, context);
  return nodes.filter(({ id, op, args, secrecy }) => {
    if (op.kind !== 'mul' || secrecy !== 'cipher') return false;
    const isClear = args.some((arg) => nodes[arg]?.secrecy !== 'cipher');
    const [before, after] = [args.map((arg) => arrivals.of(arg).level), arrivals.of(id).level];
    return isClear && after > Math.max(...before);
  }).length;
}

/** Bits that a postponed factor may be away from 1. */
const MOST_BITS = 20;
/** Bits within which a value keeps its size. */
const NEAR_BITS = 1;

/** A value as a factor times a node of the new graph. The factor of values in clear is 1. */
interface Scaled {
  readonly node: NodeId;
  readonly factor: Exact;
}

type ProductOp = TensorOp & { kind: 'mul' };

class Postponing {
  readonly #circuit: Circuit;
  readonly #builder = new GraphBuilder({ interning: true });
  readonly #arrivals: Arrivals;
  readonly #values: Scaled[] = [];
  readonly #mostBits: number;

  constructor(circuit: Circuit, context: PassContext, mostBits: number) {
    this.#circuit = circuit;
    this.#mostBits = mostBits;
    this.#arrivals = new Arrivals((id) => this.#builder.node(id), context);
  }

  run(): Circuit {
    for (const node of this.#circuit.nodes) {
      this.#builder.at(this.#circuit.origins[node.id]);
      this.#values.push(this.#limited(this.#scaled(node)));
    }
    const outputs = this.#circuit.outputs.map((output): Output => {
      const { node, factor } = this.#value(output.node);
      return { ...output, node, factor: multiply(output.factor, factor) };
    });
    return this.#builder.finish(this.#circuit.inputs, outputs);
  }

  #value(id: NodeId): Scaled {
    return this.#values[id] as Scaled;
  }

  #isCipher({ node }: Scaled): boolean {
    return this.#builder.node(node).secrecy === 'cipher';
  }

  #scaled(node: Node): Scaled {
    const args = node.args.map((arg) => this.#value(arg));
    if (node.secrecy !== 'cipher') return plain(this.#copy(node, args));
    switch (node.op.kind) {
      case 'mul':
        return this.#product(node.op, args as [Scaled, Scaled], node.shape);
      case 'pow': {
        const [{ factor }] = args as [Scaled];
        return { node: this.#copy(node, args), factor: power(factor, node.op.exponent) };
      }
      case 'add':
      case 'sub':
      case 'concat':
      case 'stack':
        return this.#joined(node.op, args);
      default:
        // Linear in its only operand, or without one.
        return { node: this.#copy(node, args), factor: args[0]?.factor ?? ONE };
    }
  }

  #copy(node: Node, args: readonly Scaled[]): NodeId {
    return copyNode(
      node,
      args.map((arg) => arg.node),
      this.#builder,
    );
  }

  #product(op: ProductOp, [a, b]: readonly [Scaled, Scaled], shape: Shape): Scaled {
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
    const number = known.kind === 'const' ? uniformValue(known.tensor) : undefined;
    const repeated = number && this.#repeated(cipher.node, op, shape, isFirst);
    const factor = number && multiply(cipher.factor, number);
    if (repeated !== undefined && factor && invert(factor) && this.#isModerate(factor))
      return { node: repeated, factor };
    // A clear factor takes in what has been put off.
    const by = this.#scaleClear(clear.node, cipher.factor);
    return plain(isFirst ? apply(cipher.node, by) : apply(by, cipher.node));
  }

  /** A ciphertext times 1 in place of a number: itself, or repeated; undefined where it is summed or transposed. */
  #repeated(
    node: NodeId,
    { lhs, rhs, rank }: ProductOp,
    shape: Shape,
    isFirst: boolean,
  ): NodeId | undefined {
    const [own, other] = isFirst ? [lhs, rhs] : [rhs, lhs];
    const isSummed = [...own, ...other].some((label) => label >= rank);
    const isOrdered = own.every((label, axis) => axis === 0 || label > (own[axis - 1] as number));
    if (isSummed || !isOrdered) return undefined;
    if (own.length === rank) return node;
    return this.#builder.apply({ kind: 'broadcast', shape, axes: own }, [node]);
  }

  /** Terms of a sum or parts of a vector, brought to one factor. */
  #joined(op: TensorOp, args: readonly Scaled[]): Scaled {
    const factors = new Map(
      args.filter((arg) => this.#isCipher(arg)).map(({ factor }) => [factor.residue, factor]),
    );
    let best:
      | { readonly level: number; readonly nodes: readonly NodeId[]; factor: Exact }
      | undefined;
    for (const factor of [ONE, ...factors.values()]) {
      const nodes = args.map((arg) => this.#broughtTo(arg, factor));
      const level = Math.max(...nodes.map((node) => this.#arrivals.of(node).level));
      if (!best || level < best.level) best = { level, nodes, factor };
    }
    const { nodes, factor } = best as { nodes: readonly NodeId[]; factor: Exact };
    return { node: this.#builder.apply(op, nodes), factor };
  }

  /** The node that, times `factor`, is a value. */
  #broughtTo({ node, factor: own }: Scaled, factor: Exact): NodeId {
    return this.#times(node, multiply(own, invert(factor) as Exact));
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
    return Math.abs(Math.log2(Math.abs(value))) <= this.#mostBits;
  }

  /** A factor that has gone too far from 1 is multiplied. */
  #limited(value: Scaled): Scaled {
    return this.#isModerate(value.factor) ? value : plain(this.#times(value.node, value.factor));
  }
}

function plain(node: NodeId): Scaled {
  return { node, factor: ONE };
}
