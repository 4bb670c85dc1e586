import {
  type Circuit,
  type GraphBuilder,
  type Node,
  type NodeId,
  type NodeOf,
  nodeAt,
  useCounts,
} from '../ir/graph.ts';
import { at } from '../lookup.ts';
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
function isViewed(builder: GraphBuilder, id: NodeId): boolean {
  const { kind, secrecy, op, args } = builder.node(id);
  if (secrecy !== 'cipher' || kind === 'input') return true;
  return (op.kind === 'slice' || op.kind === 'permute') && isViewed(builder, at(args, 0));
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
 *     [M[0], M[1]] = M[..2]
 */
export function simplerJoin(
  graph: Graph,
  { kind }: OpOf<'concat' | 'stack'>,
  args: readonly NodeId[],
): NodeId | undefined {
  if (kind === 'stack') return neighbours(graph, kind, args);
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
