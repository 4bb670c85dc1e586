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
import { isViewOp, type ViewOp } from '../tensor/view.ts';
import { NodeTable } from './node-table.ts';
import { OperationTable } from './operation-table.ts';

/**
 * The index of a node in its graph. Operands come before their users, so ascending ids are a
 * topological order.
 */
export type NodeId = number & { readonly [brand]: 'node' };
declare const brand: unique symbol;

/** Returns the id of the node at an index of its graph. */
export function idAt(index: number): NodeId {
  return index as NodeId;
}

/** Who knows a value: the server at run time (`plain`) or only the client (`cipher`). */
export type Secrecy = 'plain' | 'cipher';

/** An input as declared. */
export interface InputType {
  readonly name: string;
  readonly secrecy: Secrecy;
  readonly shape: Shape;
  /** Declared by `within`; undefined if the range is taken from the data. */
  readonly range: readonly [number, number] | undefined;
}

/** What a node does: a tensor operation, or one of the three that only a graph has. */
export type Operation =
  | TensorOp
  | { readonly kind: 'input'; readonly type: InputType }
  | { readonly kind: 'const'; readonly tensor: Constant }
  /** The operand itself. Passes restructure nothing across it. */
  | { readonly kind: 'barrier' };

/** Whether an operation is a tensor operation, not an input, a constant or a barrier. */
export function isTensorOp(op: Operation): op is TensorOp {
  return op.kind in TENSOR_ARITIES;
}

/** Whether an operation only selects, reorders or repeats elements of its operand. */
export function isView(op: Operation): op is ViewOp {
  return isTensorOp(op) && isViewOp(op);
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
  /** Constants and values that are computed from constants alone are `const`. */
  readonly secrecy: Secrecy | 'const';
}

/** A node whose operation is of one of some kinds. */
export type NodeOf<K extends Operation['kind']> = { [P in K]: NodeOfKind<P> }[K];

/** One value of a circuit. Its `kind` decides which operation it has and how many operands. */
export type Node = NodeOf<Operation['kind']>;

type UncheckedNode = Omit<NodeOfKind<Operation['kind']>, 'args'> & {
  readonly args: readonly NodeId[];
};

function isNode(node: UncheckedNode): node is Node {
  return node.kind === node.op.kind && hasArity(ARITIES[node.kind], node.args);
}

function newNode(
  id: NodeId,
  op: Operation,
  args: readonly NodeId[],
  shape: Shape,
  secrecy: Secrecy | 'const',
): Node {
  const node = { id, kind: op.kind, op, args, shape, secrecy };
  if (isNode(node)) return node;
  throw new Error(`operation '${op.kind}' cannot have ${args.length} operands`);
}

/**
 * Where a node comes from: a location in the program's text, and the indices of the loops around
 * it.
 */
export interface Origin {
  readonly span: { readonly start: number; readonly end: number };
  readonly iterations: readonly number[];
}

/** A named result of a circuit: a node's value times a factor. */
export interface CircuitOutput {
  readonly name: string;
  readonly node: NodeId;
  /**
   * Not 0. The client multiplies the decrypted value by it, which takes no level; 1 for values in
   * clear.
   */
  readonly factor: Exact;
}

/** A finished graph: nodes in topological order, inputs and outputs. */
export interface Circuit {
  readonly nodes: readonly Node[];
  readonly origins: readonly (Origin | undefined)[];
  readonly inputs: readonly InputType[];
  readonly outputs: readonly CircuitOutput[];
  /**
   * The nodes that inputs, variables and outputs of the program name: one for each value that the
   * name gets, without constants. Only a circuit that was just built has them.
   */
  readonly named?: ReadonlyMap<string, readonly NodeId[]>;
  /** The ranges that the author promises. Only a circuit that was just built has them. */
  readonly promises?: readonly PromisedRange[];
}

/** A node whose elements all lie in a range, by the promise of the program's author. */
export interface PromisedRange {
  readonly node: NodeId;
  readonly range: readonly [number, number];
  /** The statement that promises it. */
  readonly origin: Origin;
}

/** Whether the operands of an operation can be swapped without changing the value. */
function commutes(op: Operation): boolean {
  return op.kind === 'add' || (op.kind === 'mul' && op.lhs.join() === op.rhs.join());
}

/** Returns a text that is equal for two operations if they give equal values on equal operands. */
export function identity(op: Operation): string {
  switch (op.kind) {
    case 'input':
      // A value that a party computes beforehand may have the name of another circuit's.
      return `input ${op.type.name} ${op.type.secrecy} ${op.type.shape.join()}`;
    case 'const':
      return `const ${op.tensor.shape.join()}:${op.tensor.data.map((x) => x.residue.toString(36)).join()}`;
    default:
      return attributes(op);
  }
}

/** Returns an operation with its attributes as text. JSON would be too slow here. */
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
    case 'reindex':
      return `reindex ${op.shape.join()};${op.from};${op.strides.join()}`;
    case 'rotate':
      return `rotate ${op.steps}`;
    case 'add':
    case 'sub':
    case 'neg':
    case 'inverse':
    case 'cumsum':
    case 'concat':
    case 'stack':
    case 'barrier':
      return op.kind;
  }
}

/** The operations of circuits, by their nodes: a pass makes a circuit of nearly the same ones. */
const OPERATIONS_OF = new WeakMap<readonly Node[], OperationTable<Operation>>();

/**
 * Builds a circuit. Nodes are immutable. An interning builder returns the same node for equal
 * operations on equal operands, so there are no common subexpressions and equal values have equal
 * ids. A builder without interning keeps what the author wrote twice, as the source form requires.
 */
export class GraphBuilder {
  readonly #nodes: Node[] = [];
  readonly #origins: (Origin | undefined)[] = [];
  readonly #operations: OperationTable<Operation>;
  readonly #table: NodeTable<NodeId, Operation>;
  /** Known constants, by object: most constants are the same literal again. */
  readonly #constants = new Map<Constant, NodeId>();
  readonly #interning: boolean;
  #origin: Origin | undefined;

  /** @param options `like` is a circuit whose operations most nodes will have */
  constructor(options: { readonly interning: boolean; readonly like?: Circuit }) {
    this.#interning = options.interning;
    this.#operations =
      (options.like && OPERATIONS_OF.get(options.like.nodes)) ??
      new OperationTable({ textOf: identity, commutes });
    this.#table = new NodeTable(this.#nodes, this.#operations);
  }

  /** Sets the origin of the nodes that are added from now on. */
  at(origin: Origin | undefined): this {
    this.#origin = origin;
    return this;
  }

  node(id: NodeId): Node {
    return defined(this.#nodes[id]);
  }

  input(type: InputType): NodeId {
    return this.#add({ kind: 'input', type }, [], type.shape, type.secrecy, true);
  }

  /** @param original a node of another graph with this constant */
  constant(tensor: Constant, original?: Node): NodeId {
    const known = this.#constants.get(tensor);
    if (known !== undefined) return known;
    const op = original?.op ?? { kind: 'const', tensor };
    const id = this.#add(op, [], tensor.shape, 'const', true, original);
    this.#constants.set(tensor, id);
    return id;
  }

  /** Adds a tensor operation. Throws IllegalOperation if the operands' shapes do not fit it. */
  apply(op: TensorOp, args: readonly NodeId[]): NodeId {
    const shape = resultShape(
      op,
      args.map((arg) => this.node(arg).shape),
    );
    return this.#add(op, args, shape, this.#secrecyOf(args), this.#interning);
  }

  /**
   * Adds a node of another graph, on operands that have the shapes of its own. If nothing about it
   * changes, it is the same object in both graphs.
   */
  copy(node: Node, args: readonly NodeId[]): NodeId {
    const { op, shape } = node;
    if (op.kind === 'const') return this.constant(op.tensor, node);
    const secrecy = args.length === 0 ? node.secrecy : this.#secrecyOf(args);
    const interned = this.#interning || !isTensorOp(op);
    return this.#add(op, args, shape, secrecy, interned, node);
  }

  barrier(value: NodeId): NodeId {
    const { shape } = this.node(value);
    return this.#add({ kind: 'barrier' }, [value], shape, this.#secrecyOf([value]), true);
  }

  finish(inputs: readonly InputType[], outputs: readonly CircuitOutput[]): Circuit {
    OPERATIONS_OF.set(this.#nodes, this.#operations);
    return { nodes: this.#nodes, origins: this.#origins, inputs, outputs };
  }

  /**
   * Returns the secrecy of a value computed from nodes: `cipher` if one of them is, else `plain` if
   * one is.
   */
  #secrecyOf(args: readonly NodeId[]): Secrecy | 'const' {
    let weaker: Secrecy | 'const' = 'const';
    for (const arg of args) {
      const { secrecy } = this.node(arg);
      if (secrecy === 'cipher') return secrecy;
      if (secrecy === 'plain') weaker = secrecy;
    }
    return weaker;
  }

  #add(
    op: Operation,
    args: readonly NodeId[],
    shape: Shape,
    secrecy: Secrecy | 'const',
    interned: boolean,
    original?: Node,
  ): NodeId {
    const id = idAt(this.#nodes.length);
    const number = this.#operations.numberOf(op);
    if (interned) {
      const known = this.#table.findOrAdd(number, args, id);
      if (known !== id) return known;
    }
    // Graphs share the objects of operations and of nodes that a pass leaves as they are.
    const shared = this.#operations.operation(number);
    const isSame = original?.id === id && original.op === shared && original.args === args;
    this.#nodes.push(
      isSame && original.secrecy === secrecy ? original : newNode(id, shared, args, shape, secrecy),
    );
    this.#origins.push(this.#origin);
    return id;
  }
}

/** Returns the node of an id. Throws an Error if no node has it. */
export function nodeAt({ nodes }: Pick<Circuit, 'nodes'>, id: NodeId): Node {
  return defined(nodes[id]);
}

/** Returns, for each node, whether an output depends on it. */
export function liveNodes({ nodes, outputs }: Circuit): readonly boolean[] {
  const live = new Array<boolean>(nodes.length).fill(false);
  for (const { node } of outputs) live[node] = true;
  // No reversed copy of the nodes: every pass starts with this loop.
  for (let id = nodes.length - 1; id >= 0; id--)
    if (live[id]) for (const arg of defined(nodes[id]).args) live[arg] = true;
  return live;
}

/** Returns how often each node is used, as an operand or as an output. */
export function useCounts(circuit: Circuit): readonly number[] {
  const uses = new Array<number>(circuit.nodes.length).fill(0);
  for (const node of circuit.nodes) for (const arg of node.args) uses[arg] = defined(uses[arg]) + 1;
  for (const { node } of circuit.outputs) uses[node] = at(uses, node) + 1;
  return uses;
}
