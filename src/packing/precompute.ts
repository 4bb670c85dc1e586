import { isSum } from '../algebra/terms.ts';
import { type ArrivalRules, type Arrivals, arrivalsIn } from '../ir/arrival.ts';
import { type Circuit, isView, liveNodes, type Node, type NodeId, nodeAt } from '../ir/graph.ts';
import { compact, copyNode, rewrite } from '../ir/rewrite.ts';
import type { Precomputed } from '../plan/plan.ts';
import { labelExtents } from '../tensor/op.ts';
import { sizeOf } from '../tensor/tensor.ts';
import { computedValues } from './computed-values.ts';
import { rearrangedInputs } from './rearranged-inputs.ts';

/** A circuit divided into a client's part, computed before uploading, and a server's part. */
export interface Divided {
  /**
   * The server's part; values that the client computes are inputs, by the names in `precomputed`.
   */
  readonly circuit: Circuit;
  /** The client's part; undefined if it is empty. */
  readonly precomputed?: Precomputed;
}

/** Limit on the scalar products of a value that the client computes. */
const MOST_PRODUCTS = 2 ** 30;
/** Limit on the elements of a value that the client computes: 64 ciphertexts of 2^14 slots. */
const MOST_ELEMENTS = 2 ** 20;

/**
 * Divides a circuit between client and server. The client computes every value that is a polynomial
 * of degree 2 at most in its inputs and takes more than additions and scaled uploads. It uploads
 * only those that the server reads.
 *
 * @param rules what the client may upload: unless products, it only rearranges its inputs
 * @param asWritten whether joins of an input and zeros stay operations of the server
 */
export function divide(circuit: Circuit, rules: ArrivalRules, asWritten = false): Divided {
  const rearranged = rearrangedInputs(circuit, !asWritten);
  if (!rules.precompute && rearranged.size === 0) return { circuit };
  const uploads = new Cut(circuit, rules, rearranged).uploads();
  if (uploads.length === 0) return { circuit };
  const names = new Map(uploads.map((id, i) => [id, `precomputed ${i + 1}`]));
  const live = liveNodes(circuit);
  const remaining = rewrite(circuit, live, (node, moved, builder) => {
    const name = names.get(node.id);
    if (name === undefined) return copyNode(node, moved, builder);
    return builder.input({ name, secrecy: 'cipher', shape: node.shape, range: undefined });
  });
  return {
    circuit: compact(remaining),
    precomputed: computedValues(circuit, names),
  };
}

class Cut {
  readonly #circuit: Circuit;
  readonly #arrivals: Arrivals;
  /** Arrivals if the client computed nothing. */
  readonly #plain: Arrivals;
  readonly #linear: boolean[] = [];
  readonly #rules: ArrivalRules;
  readonly #rearranged: ReadonlySet<NodeId>;

  constructor(circuit: Circuit, rules: ArrivalRules, rearranged: ReadonlySet<NodeId>) {
    this.#circuit = circuit;
    this.#rules = rules;
    this.#rearranged = rearranged;
    this.#arrivals = arrivalsIn(circuit, rules);
    this.#plain = arrivalsIn(circuit, { scaledUploads: true });
    for (const node of circuit.nodes) this.#linear.push(this.#isLinear(node));
  }

  /** Returns the values that the client computes and uploads, ascending. */
  uploads(): readonly NodeId[] {
    const { nodes, outputs } = this.#circuit;
    const needed = new Array<boolean>(nodes.length).fill(false);
    for (const { node } of outputs) needed[node] = true;
    const uploads: NodeId[] = [];
    for (const node of [...nodes].reverse()) {
      if (!needed[node.id]) continue;
      if (this.#isUpload(node)) uploads.push(node.id);
      else for (const arg of node.args) needed[arg] = true;
    }
    return uploads.reverse();
  }

  #node(id: NodeId): Node {
    return nodeAt(this.#circuit, id);
  }

  #isUpload({ id, kind, op, args, shape, secrecy }: Node): boolean {
    if (this.#rearranged.has(id)) return secrecy === 'cipher';
    if (!this.#rules.precompute) return false;
    if (isView(op) || this.#linear[id] || !this.#arrivals.isPrecomputed(id)) return false;
    if (sizeOf(shape) > MOST_ELEMENTS) return false;
    if (kind !== 'mul') return true;
    const [a, b] = args;
    const extents = labelExtents(op, [this.#node(a).shape, this.#node(b).shape]);
    return sizeOf(extents) <= MOST_PRODUCTS;
  }

  /**
   * Whether a value takes the server only additions and no level: uploading it would gain nothing.
   */
  #isLinear(node: Node): boolean {
    const { id, op, args, secrecy } = node;
    if (secrecy !== 'cipher') return secrecy === 'const';
    if (this.#plain.isUpload(id)) return true;
    const isFree = isView(op) || isSum(node);
    return isFree && args.every((arg) => this.#linear[arg]);
  }
}
