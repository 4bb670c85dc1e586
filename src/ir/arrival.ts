import { at, defined, largestOf } from '../lookup.ts';
import { type Constant, uniformValue } from '../tensor/constant.ts';
import { integerOf } from '../tensor/exact.ts';
import type { TensorOp } from '../tensor/op.ts';
import { type Circuit, idAt, type Node, type NodeId } from './graph.ts';

/** The arrival of a value: what lies on the longest path from the inputs to it. */
export interface Arrival {
  /**
   * The arrival level: rescalings of ciphertext multiplications and of multiplications by clear
   * values that need one.
   */
  readonly level: number;
  /** Ciphertext multiplications on the longest path. */
  readonly depth: number;
}

/** The arrival of inputs and clear values. */
export const AT_INPUT: Arrival = { level: 0, depth: 0 };

/**
 * The arrival of inputs that the client may still multiply with each other before the upload. A
 * product of two of them then arrives with the uploads, a product of three one level later, and
 * Kraft's inequality holds as for all other products.
 */
const BEFORE_UPLOAD: Arrival = { level: -1, depth: -1 };

const NOTHING_ADDED: Arrival = { level: 0, depth: 0 };

/**
 * Returns the arrival at which both values are available: the larger level and the larger depth.
 */
export function latest(a: Arrival, b: Arrival): Arrival {
  if (a.level >= b.level && a.depth >= b.depth) return a;
  return { level: Math.max(a.level, b.level), depth: Math.max(a.depth, b.depth) };
}

/** Returns an arrival plus the level and depth that an operation adds. */
function later(arrival: Arrival, added: Arrival): Arrival {
  if (added === NOTHING_ADDED) return arrival;
  return { level: arrival.level + added.level, depth: arrival.depth + added.depth };
}

/** Compares two arrivals for sorting, earlier ones first: by level, then by depth. */
export function compareArrivals(a: Arrival, b: Arrival): number {
  return a.level - b.level || a.depth - b.depth;
}

/**
 * Whether multiplying by the constant needs no rescaling: it is an integer that is encoded exactly
 * at scale 1.
 */
export function isFreeFactor(constant: Constant): boolean {
  const value = uniformValue(constant);
  const integer = value && integerOf(value);
  return integer !== undefined && Math.abs(integer) <= MAX_FREE_FACTOR;
}

/**
 * The largest integer factor without a rescaling. A larger one would use up the headroom of the
 * modulus, which only a rescaling restores.
 */
export const MAX_FREE_FACTOR = 2 ** 10;

/**
 * Whether the client may upload an input times this constant instead of the input. An upload has
 * the same absolute error whatever its size: a tiny factor would drown in that error, a huge one
 * would use up headroom.
 */
export function isUploadFactor(constant: Constant): boolean {
  return isUploadSize(sizeOfFactor(constant));
}

function sizeOfFactor({ data }: Constant): number {
  return data.reduce((most, x) => Math.max(most, Math.abs(x.value)), 0);
}

/** Whether the client may upload an input times constants of this largest magnitude. */
export function isUploadSize(size: number): boolean {
  return size >= 2 ** -UPLOAD_FACTOR_BITS && size <= 2 ** UPLOAD_FACTOR_BITS;
}

const UPLOAD_FACTOR_BITS = 12;

/** What arrivals depend on besides the circuit. */
export interface ArrivalRules {
  /** Whether the client may upload an input times a constant. */
  readonly scaledUploads: boolean;
  /**
   * Whether the client may upload constant linear combinations of products of two entries of its
   * inputs; by default it may not.
   */
  readonly precompute?: boolean;
}

/**
 * Arrivals of the nodes of a graph that may still be growing. They are computed on request, in the
 * order of ids.
 */
export class Arrivals {
  readonly #node: (id: NodeId) => Node;
  readonly #rules: ArrivalRules;
  readonly #first: Arrival;
  readonly #table: Arrival[] = [];
  /**
   * For each node that the client can compute alone: the size of the constants in it. Such a node
   * is an input that is sliced, reordered, repeated or scaled. Where the client may also multiply
   * inputs, it is any such polynomial of degree 2 at most. Undefined for all other nodes.
   */
  readonly #uploads: (number | undefined)[] = [];

  constructor(node: (id: NodeId) => Node, rules: ArrivalRules) {
    this.#node = node;
    this.#rules = rules;
    this.#first = rules.precompute ? BEFORE_UPLOAD : AT_INPUT;
  }

  /** The arrival level of inputs, the lowest that any value has. */
  get first(): number {
    return this.#first.level;
  }

  of(id: NodeId): Arrival {
    while (this.#table.length <= id) this.#append(this.#node(idAt(this.#table.length)));
    return defined(this.#table[id]);
  }

  /**
   * Whether multiplying the node by a constant costs nothing, because the client uploads the
   * product.
   */
  isUpload(id: NodeId): boolean {
    this.of(id);
    return this.#uploads[id] !== undefined;
  }

  /** Whether the client may multiply its inputs and can compute the node from them. */
  isPrecomputed(id: NodeId): boolean {
    return this.#rules.precompute === true && this.isUpload(id);
  }

  /** Whether the client may multiply the node's value with another such value before the upload. */
  isClientFactor(id: NodeId): boolean {
    return this.isPrecomputed(id) && this.of(id).level === this.first;
  }

  /** Whether the client may upload the node's value times this constant instead of the value. */
  takesFactor(id: NodeId, constant: Constant): boolean {
    this.of(id);
    const size = this.#uploads[id];
    return size !== undefined && isUploadSize(size * sizeOfFactor(constant));
  }

  #append(node: Node): void {
    const computed = this.#computed(node);
    const size = this.#rules.precompute
      ? this.#precomputable(node, computed)
      : this.#uploadable(node);
    this.#uploads.push(size);
    const isEarly = size !== undefined || node.secrecy !== 'cipher';
    this.#table.push(isEarly ? computed : this.#evaluated(node));
  }

  /** Returns the arrival of a node that is computed by the party that has its operands. */
  #computed(node: Node): Arrival {
    if (node.secrecy === 'plain') return AT_INPUT;
    if (node.secrecy === 'const' || node.kind === 'input') return this.#first;
    return later(this.#latestOperand(node), this.#addedBy(node));
  }

  /** Returns the arrival of a node that the server computes. */
  #evaluated(node: Node): Arrival {
    if (node.kind === 'input') return AT_INPUT;
    return later(latest(this.#latestOperand(node), AT_INPUT), this.#addedBy(node));
  }

  #latestOperand({ args }: Node): Arrival {
    let found: Arrival | undefined;
    for (const arg of args) {
      if (this.#node(arg).secrecy !== 'cipher') continue;
      const own = defined(this.#table[arg]);
      found = found ? latest(found, own) : own;
    }
    return defined(found);
  }

  #addedBy(node: Node): Arrival {
    if (node.kind === 'pow') return { level: node.op.exponent - 1, depth: node.op.exponent - 1 };
    if (node.kind !== 'mul') return NOTHING_ADDED;
    const [a, b] = [this.#node(node.args[0]), this.#node(node.args[1])];
    if (a.secrecy === 'cipher' && b.secrecy === 'cipher') return { level: 1, depth: 1 };
    const [clear, cipher] = a.secrecy === 'cipher' ? [b, a] : [a, b];
    const free =
      clear.kind === 'const' &&
      (this.takesFactor(cipher.id, clear.op.tensor) || isFreeFactor(clear.op.tensor));
    return { level: free ? 0 : 1, depth: 0 };
  }

  /**
   * Returns the size of the constants in a polynomial of degree 2 at most in the client's inputs;
   * undefined for all other nodes.
   */
  #precomputable({ op, args }: Node, computed: Arrival): number | undefined {
    const nodes = args.map((arg) => this.#node(arg));
    if (nodes.some(({ secrecy }) => secrecy === 'plain') || computed.level > 0) return undefined;
    const sizes = args.map((arg, i) => {
      const operand = at(nodes, i).op;
      return operand.kind === 'const' ? sizeOfFactor(operand.tensor) : this.#uploads[arg];
    });
    if (!sizes.every((size) => size !== undefined)) return undefined;
    switch (op.kind) {
      case 'input':
        return op.type.secrecy === 'cipher' ? 1 : undefined;
      case 'mul':
      case 'pow':
        return sizes.reduce((product, size) => product * size, 1);
      case 'const':
      case 'barrier':
        return undefined;
      case 'add':
      case 'sub':
      case 'neg':
      case 'inverse':
      case 'sum':
      case 'broadcast':
      case 'permute':
      case 'slice':
      case 'reindex':
      case 'rotate':
      case 'cumsum':
      case 'concat':
      case 'stack':
        return largestOf(sizes);
    }
  }

  #uploadable(node: Node): number | undefined {
    switch (node.kind) {
      case 'input':
        return this.#rules.scaledUploads && node.secrecy === 'cipher' ? 1 : undefined;
      case 'slice':
      case 'broadcast':
      case 'permute':
      case 'reindex':
        return this.#uploads[node.args[0]];
      case 'mul':
        return this.#scaledUpload(node.op, node.args);
      default:
        return undefined;
    }
  }

  /** Returns the size of the constants in an elementwise product of a constant and an upload. */
  #scaledUpload(op: TensorOp & { kind: 'mul' }, args: readonly NodeId[]): number | undefined {
    const upload = args.find((arg) => this.#uploads[arg] !== undefined);
    if (upload === undefined) return undefined;
    const constant = args
      .map((arg) => this.#node(arg).op)
      .find((operand) => operand.kind === 'const')?.tensor;
    if (!constant || !this.takesFactor(upload, constant)) return undefined;
    const sums = [...op.lhs, ...op.rhs].some((label) => label >= op.rank);
    return sums ? undefined : at(this.#uploads, upload) * sizeOfFactor(constant);
  }
}

/** Arrivals in finished circuits, by rules: several passes look at one circuit. */
const FINISHED = new WeakMap<Circuit, Map<string, Arrivals>>();

/** Returns the arrivals of the nodes of a finished circuit. */
export function arrivalsIn(circuit: Circuit, rules: ArrivalRules): Arrivals {
  const { nodes } = circuit;
  const { scaledUploads, precompute = false } = rules;
  const byRules = FINISHED.get(circuit) ?? new Map<string, Arrivals>();
  FINISHED.set(circuit, byRules);
  const key = `${scaledUploads} ${precompute}`;
  const known = byRules.get(key);
  if (known) return known;
  const made = new Arrivals((id) => defined(nodes[id]), { scaledUploads, precompute });
  byRules.set(key, made);
  return made;
}

/** Returns the arrival at which all outputs of a circuit are available. */
export function outputArrival(circuit: Circuit, rules: ArrivalRules): Arrival {
  const arrivals = arrivalsIn(circuit, rules);
  return circuit.outputs.map(({ node }) => arrivals.of(node)).reduce(latest, AT_INPUT);
}
