import {
  type Circuit,
  type GraphBuilder,
  type Node,
  type NodeId,
  type NodeOf,
  nodeAt,
  useCounts,
} from '../ir/graph.ts';
import { at, largestOf } from '../lookup.ts';
import type { OpOf } from '../tensor/op.ts';

/** A node that joins its operands along the first axis. */
type Join = NodeOf<'concat' | 'stack'>;

/** Adds an operation to a graph, simplified. */
type Apply = (
  op: OpOf<'slice' | 'permute' | 'concat' | 'stack'>,
  args: readonly NodeId[],
) => NodeId;

/** A graph that grows, and how operations are added to it. */
interface Graph {
  readonly builder: GraphBuilder;
  readonly apply: Apply;
}

/** A run of rows along the first axis of a join: an operand of it. */
interface Part {
  readonly node: NodeId;
  readonly from: number;
  readonly rows: number;
}

function partsOf(builder: GraphBuilder, { kind, args }: Join): readonly Part[] {
  let from = 0;
  return args.map((node): Part => {
    const rows = kind === 'stack' ? 1 : at(builder.node(node).shape, 0);
    from += rows;
    return { node, from: from - rows, rows };
  });
}

/**
 * Returns a slice of a join as a slice of what it reads; undefined if it reads all parts, or would
 * cut ciphertexts that the server computes:
 *
 *     concat(a, b, c)[len(a)..] = concat(b, c)    [a, b, c][1..] = [b, c]    concat(a, b)[1] = a[1]
 */
export function sliceOfJoin(
  { builder, apply }: Graph,
  op: OpOf<'slice'>,
  join: Join,
): NodeId | undefined {
  const [start, size] = [at(op.starts, 0), at(op.sizes, 0)];
  const parts = partsOf(builder, join);
  const read = parts.filter(({ from, rows }) => from < start + size && from + rows > start);
  const isStack = join.kind === 'stack';
  const [first] = read;
  if (!first || read.length === parts.length) return undefined;
  const inner = { starts: op.starts.slice(1), sizes: op.sizes.slice(1), drop: op.drop.slice(1) };
  if (read.length === 1 && (!isStack || op.drop[0])) {
    if (!isStack)
      return apply({ ...op, starts: [start - first.from, ...inner.starts] }, [first.node]);
    return inner.starts.length === 0
      ? first.node
      : apply({ kind: 'slice', ...inner }, [first.node]);
  }
  const whole = read.map(({ node, from, rows }): NodeId | undefined => {
    const [begin, end] = [Math.max(from, start), Math.min(from + rows, start + size)];
    if (end - begin === rows) return node;
    return isViewed(builder, node)
      ? rowsOf({ builder, apply }, node, begin - from, end - begin)
      : undefined;
  });
  if (!whole.every((node) => node !== undefined)) return undefined;
  const joined = apply({ kind: join.kind }, whole);
  return apply({ ...op, starts: [0, ...inner.starts] }, [joined]);
}

/** Whether a value is clear, or an input: its slices cost nothing. */
export function isViewed(builder: GraphBuilder, id: NodeId): boolean {
  const { kind, secrecy, op, args } = builder.node(id);
  if (secrecy !== 'cipher' || kind === 'input') return true;
  return (
    (op.kind === 'slice' || op.kind === 'permute' || op.kind === 'reindex') &&
    isViewed(builder, at(args, 0))
  );
}

function rowsOf({ builder, apply }: Graph, node: NodeId, start: number, size: number): NodeId {
  const { shape } = builder.node(node);
  const starts = shape.map((_, axis) => (axis === 0 ? start : 0));
  const sizes = shape.map((extent, axis) => (axis === 0 ? size : extent));
  return apply({ kind: 'slice', starts, sizes, drop: shape.map(() => false) }, [node]);
}

/**
 * Returns a join with fewer parts; undefined if there is none:
 *
 *     concat([x], [y], a) = concat([x, y], a)    concat(v[..3], v[3..5]) = v[..5]
 *     [M[0], M[1]] = M[..2]    [[M[0, 1], M[0, 3]], [M[1, 1], M[1, 3]]] = [M[..2, 1], M[..2, 3]]ᵀ
 */
export function simplerJoin(
  graph: Graph,
  { kind }: OpOf<'concat' | 'stack'>,
  args: readonly NodeId[],
): NodeId | undefined {
  if (kind === 'stack') return neighbours(graph, kind, args) ?? stackOfColumns(graph, args);
  if (args.length === 1) return args[0];
  const merged: NodeId[] = [];
  for (const id of args) {
    const before = merged.at(-1);
    const pair = before === undefined ? undefined : joinedPair(graph, before, id);
    if (pair === undefined) merged.push(id);
    else merged[merged.length - 1] = pair;
  }
  if (merged.length === args.length) return undefined;
  return merged.length === 1 ? merged[0] : graph.apply({ kind: 'concat' }, merged);
}

/** Returns two neighbours of a join as one part; undefined if they are none. */
function joinedPair(graph: Graph, a: NodeId, b: NodeId): NodeId | undefined {
  const { builder, apply } = graph;
  const [x, y] = [builder.node(a), builder.node(b)];
  if (x.kind === 'stack' && y.kind === 'stack')
    return apply({ kind: 'stack' }, [...x.args, ...y.args]);
  if (x.kind === 'const' && y.kind === 'const') return apply({ kind: 'concat' }, [a, b]);
  return neighbours(graph, 'concat', [a, b]);
}

/**
 * Returns joined slices of one value that lie side by side as one slice; undefined if they do not.
 * They may lie so along any axis: along the one that they join, or along one that they drop.
 */
function neighbours(
  { builder, apply }: Graph,
  kind: Join['kind'],
  ids: readonly NodeId[],
): NodeId | undefined {
  const slices = ids.map((id) => builder.node(id));
  const [first, second] = slices;
  if (first?.kind !== 'slice') return undefined;
  const { op } = first;
  const along =
    second?.kind === 'slice'
      ? op.starts.findIndex((start, axis) => start !== second.op.starts[axis])
      : op.drop.lastIndexOf(true);
  if (along < 0 || (kind === 'stack') !== at(op.drop, along)) return undefined;
  const before = op.drop.slice(0, along).filter((isDropped) => !isDropped).length;
  if (kind === 'concat' && before > 0) return undefined;
  let end = at(op.starts, along);
  for (const slice of slices) {
    if (slice.kind !== 'slice' || slice.args[0] !== first.args[0]) return undefined;
    const isLike = op.starts.every(
      (start, axis) =>
        op.drop[axis] === slice.op.drop[axis] &&
        (axis === along
          ? slice.op.starts[axis] === end
          : start === slice.op.starts[axis] && op.sizes[axis] === slice.op.sizes[axis]),
    );
    if (!isLike) return undefined;
    end += at(slice.op.sizes, along);
  }
  const sizes = op.sizes.map((size, axis) => (axis === along ? end - at(op.starts, along) : size));
  const drop = op.drop.map((isDropped, axis) => axis !== along && isDropped);
  const whole = apply({ ...op, sizes, drop }, first.args);
  const others = [...builder.node(whole).shape.keys()].filter((axis) => axis !== before);
  return before === 0 ? whole : apply({ kind: 'permute', order: [before, ...others] }, [whole]);
}

/** A product of a clear value and a join, over whose first axis it sums. */
interface ClearProduct {
  readonly clear: NodeId;
  readonly join: NodeOf<'concat'>;
  /** The labels of the two, of which those below `rank` are the result's. */
  readonly own: readonly number[];
  readonly other: readonly number[];
  readonly rank: number;
}

/**
 * Returns the product of a clear value and the joined rows of computed values as products with
 * these values, which sum over rows and columns; their sum is the product. Undefined for others:
 *
 *     A @ concat(M[0], M[1]) = sum over r and s of A[.., r*n + s]*M[r, s]
 *
 * The clear value is rearranged at no cost; the rows would be masked and moved.
 */
export function productsOfRows(
  { builder, apply }: Graph,
  { clear, join, own, other, rank }: ClearProduct,
): readonly { readonly op: OpOf<'mul'>; readonly args: readonly [NodeId, NodeId] }[] | undefined {
  const [label, ...kept] = other;
  if (label === undefined || label < rank) return undefined;
  const isSummed = own.filter((one) => one === label).length === 1 && !kept.includes(label);
  if (!isSummed || join.args.some((arg) => isViewed(builder, arg))) return undefined;
  const along = own.indexOf(label);
  const { shape } = builder.node(clear);
  const columns = ({ from, rows }: Part) =>
    apply(
      {
        kind: 'slice',
        starts: shape.map((_, axis) => (axis === along ? from : 0)),
        sizes: shape.map((extent, axis) => (axis === along ? rows : extent)),
        drop: shape.map(() => false),
      },
      [clear],
    );
  const added = largestOf([rank - 1, ...own, ...other]) + 1;
  const op: OpOf<'mul'> = { kind: 'mul', lhs: [added, ...own], rhs: [added, ...other], rank };
  const products = runsOfRows(builder, join).map((run) => {
    const isRegular = run.length > 1 && run.every(({ rows }) => rows === run[0]?.rows);
    const nodes = run.map(({ node }) => node);
    const whole = isRegular ? neighbours({ builder, apply }, 'stack', nodes) : undefined;
    if (whole === undefined) return undefined;
    return { op, args: [apply({ kind: 'stack' }, run.map(columns)), whole] as const };
  });
  return products.every((product) => product !== undefined) ? products : undefined;
}

/** Returns the parts of a join in runs of slices of one value. */
function runsOfRows(builder: GraphBuilder, join: Join): readonly (readonly Part[])[] {
  const runs: Part[][] = [];
  const sourceOf = ({ node }: Part) => {
    const { kind, args } = builder.node(node);
    return kind === 'slice' ? args[0] : undefined;
  };
  for (const part of partsOf(builder, join)) {
    const run = runs.at(-1);
    const source = sourceOf(part);
    if (run && source !== undefined && sourceOf(at(run, 0)) === source) run.push(part);
    else runs.push([part]);
  }
  return runs;
}

/** Returns clear stacks, stacked, as a stack of fewer parts; undefined if there is none. */
function stackOfColumns(graph: Graph, args: readonly NodeId[]): NodeId | undefined {
  const { builder, apply } = graph;
  const stacks = args.map((arg) => builder.node(arg));
  const count = stacks[0]?.args.length;
  const isAlike = ({ kind, secrecy, args }: Node) =>
    kind === 'stack' && secrecy !== 'cipher' && args.length === count;
  if (count === undefined || !stacks.every(isAlike)) return undefined;
  const columns: NodeId[] = [];
  for (let i = 0; i < count; i++) {
    const parts = stacks.map((stack) => at<NodeId>(stack.args, i));
    const column = neighbours(graph, 'stack', parts);
    if (column === undefined) return undefined;
    columns.push(column);
  }
  const stack = apply({ kind: 'stack' }, columns);
  const others = [...builder.node(stack).shape.keys()].slice(2);
  return apply({ kind: 'permute', order: [1, 0, ...others] }, [stack]);
}

/** Returns for each node whether it is a `concat` that only another `concat` reads. */
export function innerJoins(circuit: Circuit): readonly boolean[] {
  const uses = useCounts(circuit);
  const inner = new Array<boolean>(circuit.nodes.length).fill(false);
  for (const { kind, args } of circuit.nodes)
    if (kind === 'concat')
      for (const arg of args)
        inner[arg] = uses[arg] === 1 && nodeAt(circuit, arg).kind === 'concat';
  return inner;
}

/**
 * Returns the parts of a `concat` with those of the inner ones in their place: concat(concat(a, b),
 * c) = concat(a, b, c).
 */
export function flatParts(
  circuit: Circuit,
  { args }: Node,
  inner: readonly boolean[],
): readonly NodeId[] {
  const parts: NodeId[] = [];
  const stack = args.toReversed();
  for (let id = stack.pop(); id !== undefined; id = stack.pop()) {
    if (inner[id]) for (const arg of nodeAt(circuit, id).args.toReversed()) stack.push(arg);
    else parts.push(id);
  }
  return parts;
}
