import { Arrivals } from '../ir/arrival.ts';
import { GraphBuilder, liveNodes, type Node, type NodeId } from '../ir/graph.ts';
import { compact, copyNode, type Moved, rewrite } from '../ir/rewrite.ts';
import { at } from '../lookup.ts';
import type { OpOf } from '../tensor/op.ts';
import type { Pass } from './pass.ts';
import type { PassContext } from './pass-context.ts';

/**
 * Narrow: a part of a computed value that is repeated in a product is computed from the same parts
 * of inputs:
 *
 *     y = a*b - c*d;  y[1]*y       (a[1]*b[1] - c[1]*d[1])*y
 *
 * The client uploads those parts repeated. Taken from the whole value, the part has to be masked,
 * which takes a level, and copied. Safe because sums and products act on each element alone. It
 * fires where a part takes few products of inputs.
 */
export const narrow: Pass = {
  name: 'narrow',
  summary: 'compute parts that are repeated in products from inputs',
  example: `input a: cipher[4];
input b: cipher[4];
let y = a*b + a;
output r = y[1]*y;
`,
  requires: [],
  run(circuit, context) {
    const builder = new GraphBuilder({ interning: true, like: circuit });
    const narrowing = new Narrowing(builder, context);
    const repeated = new Set(circuit.nodes.flatMap(repeatedFactors));
    const replace = (node: Node, moved: Moved) =>
      (repeated.has(node.id) ? narrowing.part(node, moved) : undefined) ??
      copyNode(node, moved, builder);
    const narrowed = compact(rewrite(circuit, liveNodes(circuit), replace, builder));
    return { circuit: narrowed, work: narrowing.visited };
  },
};

/** Limit on the products that a part is computed by. */
const MOST_PRODUCTS = 8;
/** Limit on the operations that a part is computed by. */
const MOST_OPERATIONS = 64;

type Slice = OpOf<'slice'>;

/** Returns the factors of a product that lack one of its labels. */
function repeatedFactors({ op, args }: Node): readonly NodeId[] {
  if (op.kind !== 'mul') return [];
  const labels = new Set([...op.lhs, ...op.rhs]);
  return args.filter((_, side) => (side === 0 ? op.lhs : op.rhs).length < labels.size);
}

class Narrowing {
  readonly #builder: GraphBuilder;
  readonly #arrivals: Arrivals;
  /** The number of operations looked at so far. */
  visited = 0;
  #products = 0;
  #operations = 0;

  constructor(builder: GraphBuilder, context: PassContext) {
    this.#builder = builder;
    this.#arrivals = new Arrivals((id) => builder.node(id), context);
  }

  /** Returns a slice of a computed value, computed from uploads; undefined for other values. */
  part({ op, args, secrecy }: Node, moved: Moved): NodeId | undefined {
    if (op.kind !== 'slice' || secrecy !== 'cipher') return undefined;
    this.#products = 0;
    this.#operations = 0;
    return this.#sliced(op, moved(at(args, 0)));
  }

  #sliced(slice: Slice, source: NodeId): NodeId | undefined {
    this.visited++;
    if (this.#operations++ > MOST_OPERATIONS || this.#products > MOST_PRODUCTS) return undefined;
    const { op, args, secrecy, shape } = this.#builder.node(source);
    if (secrecy !== 'cipher' || this.#arrivals.isUpload(source)) {
      const isWhole = slice.sizes.every((size, axis) => size === shape[axis] && !slice.drop[axis]);
      return isWhole ? source : this.#builder.apply(slice, [source]);
    }
    switch (op.kind) {
      case 'add':
      case 'sub':
      case 'neg':
      case 'pow': {
        if (op.kind === 'pow') this.#products += op.exponent - 1;
        const parts = args.map((arg) => this.#sliced(slice, arg));
        return parts.every((part) => part !== undefined)
          ? this.#builder.apply(op, parts)
          : undefined;
      }
      case 'mul': {
        this.#products++;
        const parts = [op.lhs, op.rhs].map((labels, side) =>
          this.#sliced(this.#along(slice, labels, at(args, side)), at(args, side)),
        );
        const kept = [...slice.drop.keys()].filter((label) => !slice.drop[label]);
        const own = (labels: readonly number[]) =>
          labels
            .filter((label) => label >= op.rank || !slice.drop[label])
            .map((label) =>
              label < op.rank ? kept.indexOf(label) : label - op.rank + kept.length,
            );
        const product: OpOf<'mul'> = {
          kind: 'mul',
          lhs: own(op.lhs),
          rhs: own(op.rhs),
          rank: kept.length,
        };
        return parts.every((part) => part !== undefined)
          ? this.#builder.apply(product, parts)
          : undefined;
      }
      default:
        return undefined;
    }
  }

  /** Returns the slice of a factor with these labels; labels that are summed over stay whole. */
  #along({ starts, sizes, drop }: Slice, labels: readonly number[], factor: NodeId): Slice {
    const { shape } = this.#builder.node(factor);
    return {
      kind: 'slice',
      starts: labels.map((label) => starts[label] ?? 0),
      sizes: labels.map((label, axis) => sizes[label] ?? at(shape, axis)),
      drop: labels.map((label) => drop[label] ?? false),
    };
  }
}
