import { isSum } from '../algebra/terms.ts';
import { type ArrivalRules, Arrivals } from '../ir/arrival.ts';
import {
  type Circuit,
  isTensorOp,
  isView,
  liveNodes,
  type Node,
  type NodeId,
  nodeAt,
} from '../ir/graph.ts';
import { compact, copyNode, rewrite } from '../ir/rewrite.ts';
import { lookUp } from '../lookup.ts';
import type { ClientOp, Precomputed } from '../plan/plan.ts';
import { type Constant, uniformValue } from '../tensor/constant.ts';
import { labelExtents } from '../tensor/op.ts';
import { sizeOf } from '../tensor/tensor.ts';

/** A circuit of which the client computes a part before it uploads anything. */
export interface Divided {
  /** What is left to the evaluator. What the client computes are inputs here, by the names of `precomputed`. */
  readonly circuit: Circuit;
  /** The client's part; undefined where it is empty. */
  readonly precomputed?: Precomputed;
}

/** Scalar products of one value, beyond which the client leaves it to the evaluator. */
const MOST_PRODUCTS = 2 ** 30;
/** Elements of one value, beyond which the same is done: 64 ciphertexts of 2^14 slots. */
const MOST_ELEMENTS = 2 ** 20;

/**
 * Divides a circuit between client and evaluator: whatever is a polynomial of degree 2 at most in the client's
 * inputs, and takes more than additions and scaled uploads, is the client's; of that the last values, which the
 * evaluator computes with.
 *
 * @param rules what the client may upload; nothing is divided unless it may compute products
 */
export function divide(circuit: Circuit, rules: ArrivalRules): Divided {
  if (!rules.precompute) return { circuit };
  const cut = new Cut(circuit, rules);
  const uploads = cut.uploads();
  if (uploads.length === 0) return { circuit };
  const names = new Map(uploads.map((id, i) => [id, `precomputed ${i + 1}`]));
  const live = liveNodes(circuit);
  const left = rewrite(circuit, live, (node, moved, builder) => {
    const name = names.get(node.id);
    if (name === undefined) return copyNode(node, moved, builder);
    return builder.input({ name, secrecy: 'cipher', shape: node.shape, range: undefined });
  });
  return {
    circuit: compact(left),
    precomputed: new Client(circuit).compute(names),
  };
}

class Cut {
  readonly #circuit: Circuit;
  readonly #arrivals: Arrivals;
  /** As if the client computed nothing. */
  readonly #plain: Arrivals;
  readonly #linear: boolean[] = [];

  constructor(circuit: Circuit, rules: ArrivalRules) {
    this.#circuit = circuit;
    this.#arrivals = new Arrivals((id) => this.#node(id), rules);
    this.#plain = new Arrivals((id) => this.#node(id), { scaledUploads: true });
    for (const node of circuit.nodes) this.#linear.push(this.#isLinear(node));
  }

  /** Values that the client computes and uploads, ascending. */
  uploads(): readonly NodeId[] {
    const { nodes, outputs } = this.#circuit;
    const wanted = new Array<boolean>(nodes.length).fill(false);
    for (const { node } of outputs) wanted[node] = true;
    const uploads: NodeId[] = [];
    for (const node of [...nodes].reverse()) {
      if (!wanted[node.id]) continue;
      if (this.#isUpload(node)) uploads.push(node.id);
      else for (const arg of node.args) wanted[arg] = true;
    }
    return uploads.reverse();
  }

  #node(id: NodeId): Node {
    return nodeAt(this.#circuit, id);
  }

  #isUpload({ id, kind, op, args, shape }: Node): boolean {
    if (isView(op) || this.#linear[id] || !this.#arrivals.isPrecomputed(id)) return false;
    if (sizeOf(shape) > MOST_ELEMENTS) return false;
    if (kind !== 'mul') return true;
    const [a, b] = args;
    const extents = labelExtents(op, [this.#node(a).shape, this.#node(b).shape]);
    return sizeOf(extents) <= MOST_PRODUCTS;
  }

  /** Whether a value takes the evaluator no level, and no more than additions: an upload more would be no gain. */
  #isLinear(node: Node): boolean {
    const { id, op, args, secrecy } = node;
    if (secrecy !== 'cipher') return secrecy === 'const';
    if (this.#plain.isUpload(id)) return true;
    const isFree = isView(op) || isSum(node);
    return isFree && args.every((arg) => this.#linear[arg]);
  }
}

/** Writes down what the client computes. */
class Client {
  readonly #circuit: Circuit;
  readonly #ops: ClientOp[] = [];
  readonly #places = new Map<NodeId, number>();

  constructor(circuit: Circuit) {
    this.#circuit = circuit;
  }

  /** @param names of the values that are uploaded */
  compute(names: ReadonlyMap<NodeId, string>): Precomputed {
    const needed = new Array<boolean>(this.#circuit.nodes.length).fill(false);
    for (const id of names.keys()) needed[id] = true;
    for (const { id, args } of [...this.#circuit.nodes].reverse())
      if (needed[id]) for (const arg of args) needed[arg] = true;
    for (const node of this.#circuit.nodes) if (needed[node.id]) this.#write(node);
    const values = [...names].map(([id, name]) => ({
      name,
      value: lookUp(this.#places, id),
    }));
    return { ops: this.#ops, values };
  }

  #write(node: Node): void {
    this.#places.set(node.id, this.#ops.length);
    this.#ops.push(this.#opOf(node));
  }

  #opOf({ op, args }: Node): ClientOp {
    if (op.kind === 'input') return { kind: 'input', input: op.type.name };
    if (op.kind === 'const') return { kind: 'const', ...constantData(op.tensor) };
    if (!isTensorOp(op)) throw new Error(`no client computes a ${op.kind}`);
    return { ...op, args: args.map((arg) => lookUp(this.#places, arg)) } as ClientOp;
  }
}

function constantData(tensor: Constant) {
  const uniform = uniformValue(tensor);
  const data = uniform ? uniform.value : tensor.data.map(({ value }) => value);
  return { shape: [...tensor.shape], data };
}
