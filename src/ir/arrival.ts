import { at, defined } from '../lookup.ts';
import { type Constant, uniformValue } from '../tensor/constant.ts';
import { integerOf } from '../tensor/exact.ts';
import type { TensorOp } from '../tensor/op.ts';
import { type Circuit, idAt, type Node, type NodeId } from './graph.ts';

/** When a value is available, counted from the inputs on. */
export interface Arrival {
  /** Rescalings on the longest path: ciphertext multiplications, and those by clear values that cost one. */
  readonly level: number;
  /** Ciphertext multiplications on the longest path. */
  readonly depth: number;
}

/** When inputs and clear values are there. */
export const AT_INPUT: Arrival = { level: 0, depth: 0 };

/**
 * When inputs are there that the client may still multiply with each other: one multiplication before anything is
 * uploaded. So a product of two of them arrives with the uploads, one of three a level later, and Kraft's inequality
 * holds as it does elsewhere.
 */
const BEFORE_UPLOAD: Arrival = { level: -1, depth: -1 };

const NO_STEP: Arrival = { level: 0, depth: 0 };

/** The larger of two arrivals in both counts: when both values are there. */
export function latest(a: Arrival, b: Arrival): Arrival {
  if (a.level >= b.level && a.depth >= b.depth) return a;
  return { level: Math.max(a.level, b.level), depth: Math.max(a.depth, b.depth) };
}

/** An arrival and the steps from there on. */
function after(arrival: Arrival, steps: Arrival): Arrival {
  return { level: arrival.level + steps.level, depth: arrival.depth + steps.depth };
}

/** Shallower first: by level, then by depth. */
export function compareArrivals(a: Arrival, b: Arrival): number {
  return a.level - b.level || a.depth - b.depth;
}

/** Multiplying by such a constant needs no rescaling: it is encoded exactly at scale 1. */
export function isFreeFactor(constant: Constant): boolean {
  const value = uniformValue(constant);
  const integer = value && integerOf(value);
  return integer !== undefined && Math.abs(integer) <= MAX_FREE_FACTOR;
}

/** Larger integers would use up the headroom of the modulus that rescaling would restore. */
export const MAX_FREE_FACTOR = 2 ** 10;

/**
 * Whether the client may upload an input times this constant in place of the input. An upload has the
 * same absolute error whatever its size: a tiny factor would drown in it, a huge one use up headroom.
 */
export function isUploadFactor(constant: Constant): boolean {
  return isUploadSize(sizeOfFactor(constant));
}

function sizeOfFactor({ data }: Constant): number {
  return data.reduce((most, x) => Math.max(most, Math.abs(x.value)), 0);
}

function isUploadSize(size: number): boolean {
  return size >= 2 ** -UPLOAD_FACTOR_BITS && size <= 2 ** UPLOAD_FACTOR_BITS;
}

const UPLOAD_FACTOR_BITS = 12;

/** What arrival depends on besides the circuit. */
export interface ArrivalRules {
  /** Whether the client may upload an input times a constant. */
  readonly scaledUploads: boolean;
  /** Whether it may upload constant linear combinations of products of two entries of its inputs; not, where not given. */
  readonly precompute?: boolean;
}

/**
 * Arrival of nodes in a graph that may still be growing: a side table, filled on request in order of ids.
 */
export class Arrivals {
  readonly #node: (id: NodeId) => Node;
  readonly #rules: ArrivalRules;
  readonly #first: Arrival;
  readonly #table: Arrival[] = [];
  /**
   * Size of the constants that an input is scaled by, for nodes which the client can compute alone: an input, viewed
   * and scaled, and where it may also multiply inputs, all of degree 2 at most. Undefined for all others.
   */
  readonly #uploads: (number | undefined)[] = [];

  constructor(node: (id: NodeId) => Node, rules: ArrivalRules) {
    this.#node = node;
    this.#rules = rules;
    this.#first = rules.precompute ? BEFORE_UPLOAD : AT_INPUT;
  }

  /** The level of inputs, below which nothing is. */
  get first(): number {
    return this.#first.level;
  }

  of(id: NodeId): Arrival {
    while (this.#table.length <= id) this.#append(this.#node(idAt(this.#table.length)));
    return defined(this.#table[id]);
  }

  /** Whether multiplying the node by a constant costs nothing, since the client uploads the product. */
  isUpload(id: NodeId): boolean {
    this.of(id);
    return this.#uploads[id] !== undefined;
  }

  /** Whether the client can compute the node from its own inputs, where it may multiply them. */
  isPrecomputed(id: NodeId): boolean {
    return this.#rules.precompute === true && this.isUpload(id);
  }

  /** Whether the client may still multiply the node's value with another of the kind, before it uploads anything. */
  isClientFactor(id: NodeId): boolean {
    return this.isPrecomputed(id) && this.of(id).level === this.first;
  }

  /** Whether the client may upload the node's value times a constant, as well as the node's. */
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
    const isThere = size !== undefined || node.secrecy !== 'cipher';
    this.#table.push(isThere ? computed : this.#evaluated(node));
  }

  /** When a node's value is there if whoever has its operands computes it. */
  #computed(node: Node): Arrival {
    if (node.secrecy === 'plain') return AT_INPUT;
    if (node.secrecy === 'const' || node.kind === 'input') return this.#first;
    return after(this.#latestOperand(node), this.#stepsOf(node));
  }

  /** When it is there if the evaluator computes it. */
  #evaluated(node: Node): Arrival {
    if (node.kind === 'input') return AT_INPUT;
    return after(latest(this.#latestOperand(node), AT_INPUT), this.#stepsOf(node));
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

  #stepsOf(node: Node): Arrival {
    if (node.kind === 'pow') return { level: node.op.exponent - 1, depth: node.op.exponent - 1 };
    if (node.kind !== 'mul') return NO_STEP;
    const [a, b] = [this.#node(node.args[0]), this.#node(node.args[1])];
    if (a.secrecy === 'cipher' && b.secrecy === 'cipher') return { level: 1, depth: 1 };
    const [clear, cipher] = a.secrecy === 'cipher' ? [b, a] : [a, b];
    const free =
      clear.kind === 'const' &&
      (this.takesFactor(cipher.id, clear.op.tensor) || isFreeFactor(clear.op.tensor));
    return { level: free ? 0 : 1, depth: 0 };
  }

  /** Size of the constants in a polynomial of degree 2 in the client's inputs; undefined for all else. */
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
      case 'rotate':
      case 'concat':
      case 'stack':
        return Math.max(...sizes);
    }
  }

  #uploadable(node: Node): number | undefined {
    switch (node.kind) {
      case 'input':
        return this.#rules.scaledUploads && node.secrecy === 'cipher' ? 1 : undefined;
      case 'slice':
      case 'broadcast':
      case 'permute':
        return this.#uploads[node.args[0]];
      case 'mul':
        return this.#scaledUpload(node.op, node.args);
      default:
        return undefined;
    }
  }

  /** A constant times an upload, element by element. */
  #scaledUpload(op: TensorOp & { kind: 'mul' }, args: readonly NodeId[]): number | undefined {
    const upload = args.find((arg) => this.#uploads[arg] !== undefined);
    const constant = args
      .map((arg) => this.#node(arg).op)
      .find((operand) => operand.kind === 'const')?.tensor;
    if (upload === undefined || !constant || !this.takesFactor(upload, constant)) return undefined;
    const sums = [...op.lhs, ...op.rhs].some((label) => label >= op.rank);
    return sums ? undefined : at(this.#uploads, upload) * sizeOfFactor(constant);
  }
}

/** Arrival of the nodes of a finished circuit. */
export function arrivalsIn(circuit: Circuit, rules: ArrivalRules): Arrivals {
  const { nodes } = circuit;
  return new Arrivals((id) => defined(nodes[id]), rules);
}

/** When the last output of a circuit is there. */
export function outputArrival(circuit: Circuit, rules: ArrivalRules): Arrival {
  const arrivals = arrivalsIn(circuit, rules);
  return circuit.outputs.map(({ node }) => arrivals.of(node)).reduce(latest, AT_INPUT);
}
