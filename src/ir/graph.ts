import { at, defined } from '../lookup.ts';
import type { Constant } from '../tensor/constant.ts';
import type { Exact } from '../tensor/exact.ts';
import {
  type Arity,
  hasArity,
  type Operands,
  resultShape,
  TENSOR_ARITIES,
  type TensorOp,
} from '../tensor/op.ts';
import type { Shape } from '../tensor/tensor.ts';

/** A node's place in its graph. Operands come before their users, so ascending ids are a topological order. */
export type NodeId = number & { readonly [brand]: 'node' };
declare const brand: unique symbol;

/** The id of the node at a place of its graph. */
export function idAt(place: number): NodeId {
  return place as NodeId;
}

/** Who knows a value: the evaluator at run time (`plain`) or nobody but the client (`cipher`). */
export type Secrecy = 'plain' | 'cipher';

/** An input as declared. */
export interface InputType {
  readonly name: string;
  readonly secrecy: Secrecy;
  readonly shape: Shape;
  /** Declared by `within`; undefined where the range is left to the data. */
  readonly range: readonly [number, number] | undefined;
}

/** What a node does: a tensor operation, or one of what a graph needs besides. */
export type Operation =
  | TensorOp
  | { readonly kind: 'input'; readonly type: InputType }
  | { readonly kind: 'const'; readonly tensor: Constant }
  /** The operand itself, which nothing is restructured across. */
  | { readonly kind: 'barrier' };

/** Whether an operation is one of tensors, and not one of what a graph needs besides. */
export function isTensorOp(op: Operation): op is TensorOp {
  return op.kind in TENSOR_ARITIES;
}

/** Whether an operation lays its operand out anew, without holding it as it is. */
export function isView(op: Operation): boolean {
  return op.kind === 'slice' || op.kind === 'permute' || op.kind === 'broadcast';
}

const ARITIES = {
  ...TENSOR_ARITIES,
  input: 0,
  const: 0,
  barrier: 1,
} as const satisfies Record<Operation['kind'], Arity>;

interface NodeOfKind<K extends Operation['kind']> {
  readonly id: NodeId;
  readonly kind: K;
  readonly op: Extract<Operation, { kind: K }>;
  readonly args: Operands<(typeof ARITIES)[K], NodeId>;
  readonly shape: Shape;
  /** Constants, and what is computed from them alone, are `const`. */
  readonly secrecy: Secrecy | 'const';
}

/** A value of a circuit that operations of some kinds give. */
export type NodeOf<K extends Operation['kind']> = { [P in K]: NodeOfKind<P> }[K];

/** One value of a circuit; what its operation is, and how many operands it has, follows from `kind`. */
export type Node = NodeOf<Operation['kind']>;

type UncheckedNode = Omit<NodeOfKind<Operation['kind']>, 'args'> & {
  readonly args: readonly NodeId[];
};

function isNode(node: UncheckedNode): node is Node {
  return node.kind === node.op.kind && hasArity(ARITIES[node.kind], node.args);
}

/** Where a node comes from: places in the program's text, and indices of the loops around it. */
export interface Origin {
  readonly span: { readonly start: number; readonly end: number };
  readonly iterations: readonly number[];
}

/** What a circuit computes, by name: a node's value times a factor. */
export interface CircuitOutput {
  readonly name: string;
  readonly node: NodeId;
  /** Not 0. Whoever decrypts the value multiplies by it, which takes no level; 1 for values in clear. */
  readonly factor: Exact;
}

/** A finished graph: nodes in topological order, and what it computes. */
export interface Circuit {
  readonly nodes: readonly Node[];
  readonly origins: readonly (Origin | undefined)[];
  readonly inputs: readonly InputType[];
  readonly outputs: readonly CircuitOutput[];
}

/** Operations whose operands may change places without changing the value. */
function commutes(op: Operation): boolean {
  return op.kind === 'add' || (op.kind === 'mul' && op.lhs.join() === op.rhs.join());
}

/** Everything but its operands that makes an operation the same value, as text. */
export function identity(op: Operation): string {
  switch (op.kind) {
    case 'input':
      return `input ${op.type.name}`;
    case 'const':
      return `const ${op.tensor.shape.join()}:${op.tensor.data.map((x) => x.residue.toString(36)).join()}`;
    default:
      return attributes(op);
  }
}

/** Ids stay below this, so that two of them make one integer that float64 holds. */
const ID_LIMIT = 2 ** 26;

/** Operands as a key: a number for the one or two that nearly all operations have. */
function operandKey(op: Operation, args: readonly NodeId[]): number | string {
  const [a = 0, b = 0] = args;
  if (args.length > 2) return args.join();
  return commutes(op) && b < a ? b * ID_LIMIT + a : a * ID_LIMIT + b;
}

/** An operation with its attributes, as text; unlike JSON it is made without reflection, a hot path. */
function attributes(op: Exclude<Operation, { kind: 'input' | 'const' }>): string {
  switch (op.kind) {
    case 'mul':
      return `mul ${op.lhs.join()};${op.rhs.join()};${op.rank}`;
    case 'pow':
      return `pow ${op.exponent}`;
    case 'sum':
      return `sum ${op.axes.join()}`;
    case 'broadcast':
      return `broadcast ${op.shape.join()};${op.axes.join()}`;
    case 'permute':
      return `permute ${op.order.join()}`;
    case 'slice':
      return `slice ${op.starts.join()};${op.sizes.join()};${op.drop.join()}`;
    case 'rotate':
      return `rotate ${op.steps}`;
    case 'add':
    case 'sub':
    case 'neg':
    case 'inverse':
    case 'concat':
    case 'stack':
    case 'barrier':
      return op.kind;
  }
}

/**
 * Builds a circuit. Nodes are immutable. An interning builder gives equal operations on equal operands
 * the same node, so that common subexpressions vanish by construction and equality is identity; a
 * builder that does not intern keeps what the author wrote twice, for the source form.
 */
export class GraphBuilder {
  readonly #nodes: Node[] = [];
  readonly #origins: (Origin | undefined)[] = [];
  readonly #byIdentity = new Map<string, Map<number | string, NodeId>>();
  /** Constants met before, by object: most are the same literal again. */
  readonly #constants = new Map<Constant, NodeId>();
  readonly #interning: boolean;
  #origin: Origin | undefined;

  constructor(options: { readonly interning: boolean }) {
    this.#interning = options.interning;
  }

  /** Sets the origin of the nodes made from now on. */
  at(origin: Origin | undefined): this {
    this.#origin = origin;
    return this;
  }

  node(id: NodeId): Node {
    return defined(this.#nodes[id]);
  }

  input(type: InputType): NodeId {
    return this.#make({ kind: 'input', type }, [], type.shape, type.secrecy, true);
  }

  constant(tensor: Constant): NodeId {
    const known = this.#constants.get(tensor);
    if (known !== undefined) return known;
    const id = this.#make({ kind: 'const', tensor }, [], tensor.shape, 'const', true);
    this.#constants.set(tensor, id);
    return id;
  }

  /** Throws IllegalOperation where the operands' shapes do not fit the operation. */
  apply(op: TensorOp, args: readonly NodeId[]): NodeId {
    const shape = resultShape(
      op,
      args.map((arg) => this.node(arg).shape),
    );
    return this.#make(op, args, shape, this.#secrecyOf(args), this.#interning);
  }

  barrier(value: NodeId): NodeId {
    const { shape } = this.node(value);
    return this.#make({ kind: 'barrier' }, [value], shape, this.#secrecyOf([value]), true);
  }

  finish(inputs: readonly InputType[], outputs: readonly CircuitOutput[]): Circuit {
    return { nodes: this.#nodes, origins: this.#origins, inputs, outputs };
  }

  /** The secrecy of what is computed from nodes: an encrypted one makes it so, then a plain one. */
  #secrecyOf(args: readonly NodeId[]): Secrecy | 'const' {
    let weaker: Secrecy | 'const' = 'const';
    for (const arg of args) {
      const { secrecy } = this.node(arg);
      if (secrecy === 'cipher') return secrecy;
      if (secrecy === 'plain') weaker = secrecy;
    }
    return weaker;
  }

  #make(
    op: Operation,
    args: readonly NodeId[],
    shape: Shape,
    secrecy: Secrecy | 'const',
    interned: boolean,
  ): NodeId {
    const id = idAt(this.#nodes.length);
    if (interned) {
      const known = this.#intern(op, args, id);
      if (known !== id) return known;
    }
    const node = { id, kind: op.kind, op, args, shape, secrecy };
    if (!isNode(node)) throw new Error(`${op.kind} of ${args.length} operands`);
    this.#nodes.push(node);
    this.#origins.push(this.#origin);
    return id;
  }

  /** The node that equals this operation: a known one, or `id` from now on. */
  #intern(op: Operation, args: readonly NodeId[], id: NodeId): NodeId {
    const key = identity(op);
    const byOperands = this.#byIdentity.get(key) ?? new Map<number | string, NodeId>();
    if (byOperands.size === 0) this.#byIdentity.set(key, byOperands);
    const operands = operandKey(op, args);
    const known = byOperands.get(operands);
    if (known === undefined) byOperands.set(operands, id);
    return known ?? id;
  }
}

/** The node of an id. Throws an Error where there is none. */
export function nodeAt({ nodes }: Pick<Circuit, 'nodes'>, id: NodeId): Node {
  return defined(nodes[id]);
}

/** Which nodes some output depends on. */
export function liveNodes({ nodes, outputs }: Circuit): readonly boolean[] {
  const live = new Array<boolean>(nodes.length).fill(false);
  for (const { node } of outputs) live[node] = true;
  // Every pass begins with this: no reversed copy is made.
  for (let id = nodes.length - 1; id >= 0; id--)
    if (live[id]) for (const arg of defined(nodes[id]).args) live[arg] = true;
  return live;
}

/** How many operand places each node fills; an output counts as one. */
export function useCounts(circuit: Circuit): readonly number[] {
  const uses = new Array<number>(circuit.nodes.length).fill(0);
  for (const node of circuit.nodes) for (const arg of node.args) uses[arg] = defined(uses[arg]) + 1;
  for (const { node } of circuit.outputs) uses[node] = at(uses, node) + 1;
  return uses;
}
