import { simplerProduct } from '../algebra/constant-structure.ts';
import {
  flatParts,
  innerJoins,
  isViewed,
  productsOfRows,
  simplerJoin,
  sliceOfJoin,
} from '../algebra/joins.ts';
import { isScaling } from '../algebra/labeled-tensors.ts';
import {
  type Circuit,
  type GraphBuilder,
  isTensorOp,
  isView,
  liveNodes,
  type Node,
  type NodeId,
} from '../ir/graph.ts';
import { compact, copyNode, type Moved, rewrite } from '../ir/rewrite.ts';
import { at } from '../lookup.ts';
import { type Constant, EXACT_RING, uniformValue } from '../tensor/constant.ts';
import * as exact from '../tensor/exact.ts';
import {
  applyOp,
  elementwiseProduct,
  type OpOf,
  resultShape,
  type TensorOp,
} from '../tensor/op.ts';
import { type Shape, sameShape, scalar, sizeOf } from '../tensor/tensor.ts';
import { type ViewOp, viewingOp, viewOf, wholeView } from '../tensor/view.ts';
import type { Pass } from './pass.ts';
import type { PassContext } from './pass-context.ts';

/**
 * Constant folding: operations on constants alone are computed, and the identities of a commutative
 * ring remove operations that have no effect:
 *
 *     x + 0 = x    x * 1 = x    x * 0 = 0    x - x = 0    --x = x    (-x) * y = -(x * y)
 *     c * (d * x) = (c*d) * x    (x + c) + d = x + (c+d)    [a, b][0] = a    (x^m)^n = x^(m*n)
 *     c * (-x) = (-c) * x    (x + c) - y = (x - y) + c    (Aᵀ)ᵀ = A
 *     A @ (c*eye(n)) = c*A    A @ (c*ones(n)) = sum(c*A, 1)
 *     concat(a, b)[0] = a[0]    concat(concat(a, b), c) = concat(a, b, c)    [M[0], M[1]] = M[..2]
 *     reshape(x*x, 2, 2) = reshape(x, 2, 2)*reshape(x, 2, 2)    reshape(v, 2, 2)[0] = v[..2]
 *     dot(v, concat(M[0], M[1])) = sum([v[..n], v[n..]]*M)
 *
 * Safe because each is an identity over every commutative ring and constants are exact
 * (tensor/exact.ts). A ciphertext that vanishes is reported, because it is rarely intended. No path
 * gets longer: rearrangements that could cost depth are left to other passes.
 */
export const fold: Pass = {
  name: 'fold',
  summary: 'compute constants, remove additions of 0 and factors of 1',
  example: `input x: cipher;
input y: cipher;
output r = 2*(3*x) + 0*y;
`,
  requires: [],
  run(circuit, context) {
    const live = liveNodes(circuit);
    const vanished = new Map<NodeId, string>();
    const inner = innerJoins(circuit);
    const folded = rewrite(circuit, live, (node, moved, builder) => {
      const folder = new Folder(builder, (what) => vanished.set(node.id, what));
      if (node.kind === 'stack') return folder.join(node.op, node.args.map(moved));
      if (node.kind !== 'concat' || inner[node.id]) return folder.fold(node, moved);
      return folder.join(node.op, flatParts(circuit, node, inner).map(moved));
    });
    reportVanished(circuit, live, vanished, context);
    return { circuit: compact(folded) };
  },
};

/**
 * Warns of operations that give 0 in every iteration. Loops whose first iteration starts from 0 are
 * common and cause no warning.
 */
function reportVanished(
  circuit: Circuit,
  live: readonly boolean[],
  vanished: ReadonlyMap<NodeId, string>,
  context: PassContext,
): void {
  if (vanished.size === 0) return;
  const location = (id: NodeId) =>
    `${circuit.origins[id]?.span.start}-${circuit.origins[id]?.span.end}`;
  const elsewhere = new Set(
    circuit.nodes
      .filter(({ id, args }) => live[id] && args.length > 0 && !vanished.has(id))
      .map(({ id }) => location(id)),
  );
  for (const [id, what] of vanished) {
    const span = circuit.origins[id]?.span;
    if (!span || elsewhere.has(location(id))) continue;
    const message = `${what}: the result is 0 for all inputs`;
    context.warn({ code: 'vanishes', message, span, help: 'remove the term if this is intended' });
  }
}

/**
 * Whether an operation on constants is computed now. Broadcasts are written out later, if at all; a
 * constant without an inverse is an error of the data.
 */
function isComputable({ kind }: TensorOp, constants: readonly Constant[]): boolean {
  if (kind === 'broadcast') return false;
  const isInvertible = ({ data }: Constant) => data.every((x) => exact.invert(x) !== undefined);
  return kind !== 'inverse' || constants.every(isInvertible);
}

/**
 * Limit on the elements of a constant that a broadcast is written out into; packing repeats larger
 * ones.
 */
const MAX_SPREAD = 2 ** 16;

/** Returns a product with its operands exchanged. */
function swapped({ lhs, rhs, ...op }: OpOf<'mul'>): OpOf<'mul'> {
  return { ...op, lhs: rhs, rhs: lhs };
}

/** Whether each element of an operation's result depends on one element of each operand. */
function isElementwise(op: TensorOp): boolean {
  switch (op.kind) {
    case 'add':
    case 'sub':
    case 'neg':
    case 'pow':
      return true;
    case 'mul':
      return [...op.lhs, ...op.rhs].every((label) => label < op.rank);
    default:
      return false;
  }
}

class Folder {
  readonly #builder: GraphBuilder;
  readonly #report: (what: string) => void;

  constructor(builder: GraphBuilder, report: (what: string) => void) {
    this.#builder = builder;
    this.#report = report;
  }

  fold(node: Node, moved: Moved): NodeId {
    const { op, args } = node;
    return isTensorOp(op) ? this.#apply(op, args.map(moved)) : copyNode(node, moved, this.#builder);
  }

  /** Folds a join of these parts. */
  join(op: OpOf<'concat' | 'stack'>, parts: readonly NodeId[]): NodeId {
    return simplerJoin(this.#graph, op, parts) ?? this.#apply(op, parts);
  }

  get #graph() {
    const apply = (op: TensorOp, args: readonly NodeId[]) => this.#apply(op, args);
    return { builder: this.#builder, apply };
  }

  #apply(op: TensorOp, args: readonly NodeId[]): NodeId {
    const constants = args.map((arg) => this.#constantOf(arg));
    if (constants.every((c) => c !== undefined) && isComputable(op, constants)) {
      return this.#builder.constant(applyOp(op, constants, EXACT_RING));
    }
    return this.#simplify(op, args) ?? this.#builder.apply(op, args);
  }

  #simplify(op: TensorOp, args: readonly NodeId[]): NodeId | undefined {
    const a = at(args, 0);
    switch (op.kind) {
      case 'add':
        return this.#add(a, at(args, 1));
      case 'sub':
        return this.#sub(a, at(args, 1));
      case 'neg':
        return this.#neg(a);
      case 'mul':
        return this.#mul(op, a, at(args, 1));
      case 'pow':
        return this.#pow(op.exponent, a);
      case 'broadcast':
        return this.#broadcast(op, a);
      case 'permute':
        return this.#permute(op.order, a);
      case 'slice':
        return this.#slice(op, a);
      case 'reindex':
        return this.#reindex(op, a);
      case 'sum':
        return op.axes.length === 0 ? a : undefined;
      case 'rotate':
        return this.#rotate(op.steps, a);
      case 'inverse':
      case 'cumsum':
      case 'concat':
      case 'stack':
        return undefined;
    }
  }

  #add(a: NodeId, b: NodeId): NodeId | undefined {
    if (this.#isUniform(a, exact.isZero)) return b;
    if (this.#isUniform(b, exact.isZero)) return a;
    const [minusA, minusB] = [this.#operandOf(a, 'neg'), this.#operandOf(b, 'neg')];
    if (minusB !== undefined) return this.#apply({ kind: 'sub' }, [a, minusB]);
    if (minusA !== undefined) return this.#apply({ kind: 'sub' }, [b, minusA]);
    const [constant, rest] = this.#constantFirst(a, b);
    if (constant !== undefined) return this.#addToSum(constant, rest);
    const [x, c] = this.#splitSum(a) ?? [];
    if (x !== undefined && c !== undefined)
      return this.#addConstant(this.#apply({ kind: 'add' }, [x, b]), c);
    const [y, d] = this.#splitSum(b) ?? [];
    if (y !== undefined && d !== undefined)
      return this.#addConstant(this.#apply({ kind: 'add' }, [a, y]), d);
    return undefined;
  }

  /**
   * Returns x and c of a sum x + c; else undefined. Constants move outwards through sums until they
   * meet and become one.
   */
  #splitSum(id: NodeId): readonly [NodeId, NodeId] | undefined {
    const node = this.#builder.node(id);
    if (node.kind !== 'add') return undefined;
    const [constant, rest] = this.#constantFirst(...node.args);
    return constant === undefined ? undefined : [rest, constant];
  }

  #addConstant(sum: NodeId, constant: NodeId): NodeId {
    return this.#apply({ kind: 'add' }, [sum, constant]);
  }

  /** Folds c + (x ± d) and c + (d - x): adds the constants. */
  #addToSum(constant: NodeId, sum: NodeId): NodeId | undefined {
    const node = this.#builder.node(sum);
    if (node.kind !== 'add' && node.kind !== 'sub') return undefined;
    const [x, y] = node.args;
    const [inner, rest] = this.#constantFirst(x, y);
    if (inner === undefined) return undefined;
    if (node.kind === 'add')
      return this.#apply({ kind: 'add' }, [rest, this.#apply({ kind: 'add' }, [constant, inner])]);
    return inner === y
      ? this.#apply({ kind: 'add' }, [x, this.#apply({ kind: 'sub' }, [constant, inner])])
      : this.#apply({ kind: 'sub' }, [this.#apply({ kind: 'add' }, [constant, inner]), y]);
  }

  #sub(a: NodeId, b: NodeId): NodeId | undefined {
    if (this.#isUniform(b, exact.isZero)) return a;
    if (this.#isUniform(a, exact.isZero)) return this.#apply({ kind: 'neg' }, [b]);
    if (a === b) {
      this.#vanishes(a, 'a value is subtracted from itself');
      return this.#zeros(this.#builder.node(a).shape);
    }
    const minusB = this.#operandOf(b, 'neg');
    if (minusB !== undefined) return this.#apply({ kind: 'add' }, [a, minusB]);
    if (this.#constantOf(b))
      return this.#apply({ kind: 'add' }, [a, this.#apply({ kind: 'neg' }, [b])]);
    if (this.#constantOf(a)) return this.#subFromConstant(a, b);
    const [x, c] = this.#splitSum(a) ?? [];
    if (x !== undefined && c !== undefined)
      return this.#addConstant(this.#apply({ kind: 'sub' }, [x, b]), c);
    const [y, d] = this.#splitSum(b) ?? [];
    if (y === undefined || d === undefined) return undefined;
    return this.#addConstant(
      this.#apply({ kind: 'sub' }, [a, y]),
      this.#apply({ kind: 'neg' }, [d]),
    );
  }

  /** Folds c - (x + d), c - (x - d) and c - (d - x): adds the constants. */
  #subFromConstant(constant: NodeId, sum: NodeId): NodeId | undefined {
    const node = this.#builder.node(sum);
    if (node.kind !== 'add' && node.kind !== 'sub') return undefined;
    const [x, y] = node.args;
    const [inner, rest] = this.#constantFirst(x, y);
    if (inner === undefined) return undefined;
    if (node.kind === 'sub')
      return this.#apply({ kind: 'add' }, [constant, this.#apply({ kind: 'sub' }, [y, x])]);
    return this.#apply({ kind: 'sub' }, [this.#apply({ kind: 'sub' }, [constant, inner]), rest]);
  }

  #neg(a: NodeId): NodeId | undefined {
    const node = this.#builder.node(a);
    if (node.kind === 'neg') return node.args[0];
    if (node.kind !== 'sub') return undefined;
    const [x, y] = node.args;
    return this.#apply({ kind: 'sub' }, [y, x]);
  }

  #mul(op: OpOf<'mul'>, a: NodeId, b: NodeId): NodeId | undefined {
    const shapeOf = (id: NodeId) => this.#builder.node(id).shape;
    const shape = resultShape(op, [shapeOf(a), shapeOf(b)]);
    for (const [x, other] of [
      [a, b],
      [b, a],
    ] as const) {
      if (this.#isUniform(x, exact.isZero)) {
        this.#vanishes(other, 'a value is multiplied by 0');
        return this.#zeros(shape);
      }
      const scales = isScaling(op, x === a ? op.rhs : op.lhs);
      if (scales && this.#isUniform(x, exact.isOne)) return other;
      if (scales && this.#isUniform(x, (c) => exact.isZero(exact.add(c, exact.ONE)))) {
        return this.#apply({ kind: 'neg' }, [other]);
      }
      const minusX = this.#operandOf(x, 'neg');
      if (minusX === undefined) continue;
      const product = (y: NodeId) => this.#apply(op, x === a ? [minusX, y] : [y, minusX]);
      return this.#constantOf(other)
        ? product(this.#apply({ kind: 'neg' }, [other]))
        : this.#apply({ kind: 'neg' }, [product(other)]);
    }
    const byRows = this.#mulByRows(op, a, b) ?? this.#mulByRows(swapped(op), b, a);
    if (byRows !== undefined) return byRows;
    const [constant, rest] = this.#constantFirst(a, b);
    if (constant === undefined) return undefined;
    const scales = isScaling(op, rest === a ? op.lhs : op.rhs);
    return scales
      ? this.#scaleAgain(constant, rest)
      : this.#mulByFewer(op, constant, { node: rest, isFirst: rest === a });
  }

  /** Folds a product of a clear value and the joined rows of computed ones. */
  #mulByRows({ lhs, rhs, rank }: OpOf<'mul'>, clear: NodeId, joined: NodeId): NodeId | undefined {
    const join = this.#builder.node(joined);
    const isClear = this.#builder.node(clear).secrecy !== 'cipher';
    if (!isClear || join.kind !== 'concat' || join.secrecy !== 'cipher') return undefined;
    const products = productsOfRows(this.#graph, { clear, join, own: lhs, other: rhs, rank });
    return products
      ?.map((product) => this.#apply(product.op, product.args))
      .reduce((sum, product) => this.#apply({ kind: 'add' }, [sum, product]));
  }

  /** Folds a product with a constant that is diagonal, or the same along an axis. */
  #mulByFewer(
    { lhs, rhs, rank }: OpOf<'mul'>,
    constantId: NodeId,
    { node, isFirst }: { readonly node: NodeId; readonly isFirst: boolean },
  ): NodeId | undefined {
    const constant = this.#constantOf(constantId);
    const [own, other] = isFirst ? [rhs, lhs] : [lhs, rhs];
    const simpler = constant && simplerProduct({ constant, own, other, rank });
    if (!simpler) return undefined;
    const isAlone = (label: number) => label >= rank && !simpler.own.includes(label);
    const axes = [...simpler.other.keys()].filter((axis) => isAlone(at(simpler.other, axis)));
    const factor = this.#builder.constant(simpler.constant);
    const labels = simpler.other.filter((label) => !isAlone(label));
    if (simpler.own.length === 0) {
      // An upload takes a number before it is summed, not after.
      const scaling = elementwiseProduct([], this.#builder.node(node).shape);
      const scaled = this.#apply(scaling, [factor, node]);
      const summed = this.#apply({ kind: 'sum', axes }, [scaled]);
      const order = [...labels.keys()].map((label) => labels.indexOf(label));
      return this.#apply({ kind: 'permute', order }, [summed]);
    }
    const summed = this.#apply({ kind: 'sum', axes }, [node]);
    const left = [...new Set([...simpler.own, ...labels])].sort((x, y) => x - y);
    const product: OpOf<'mul'> = {
      kind: 'mul',
      lhs: simpler.own.map((label) => left.indexOf(label)),
      rhs: labels.map((label) => left.indexOf(label)),
      rank,
    };
    return this.#apply(product, [factor, summed]);
  }

  /** Folds c·(d·x) for a scalar c: multiplies the constants. */
  #scaleAgain(constant: NodeId, product: NodeId): NodeId | undefined {
    const node = this.#builder.node(product);
    const scale = (id: NodeId) =>
      this.#apply(elementwiseProduct([], this.#builder.node(id).shape), [constant, id]);
    if (node.kind !== 'mul') return undefined;
    const [x, y] = node.args;
    if (this.#constantOf(x)) return this.#apply(node.op, [scale(x), y]);
    if (this.#constantOf(y)) return this.#apply(node.op, [x, scale(y)]);
    return undefined;
  }

  #pow(exponent: number, a: NodeId): NodeId | undefined {
    const { kind, op, args } = this.#builder.node(a);
    if (kind === 'pow')
      return this.#apply({ kind: 'pow', exponent: exponent * op.exponent }, [args[0]]);
    if (kind !== 'neg') return undefined;
    const power = this.#apply({ kind: 'pow', exponent }, [args[0]]);
    return exponent % 2 === 0 ? power : this.#apply({ kind: 'neg' }, [power]);
  }

  /**
   * Moves a scaling after the broadcast: its constant then also clears the slots after the vector.
   */
  #broadcast(op: OpOf<'broadcast'>, a: NodeId): NodeId | undefined {
    const node = this.#builder.node(a);
    if (sameShape(node.shape, op.shape) && op.axes.every((to, axis) => to === axis)) return a;
    const spread = sizeOf(op.shape) <= MAX_SPREAD;
    if (node.kind === 'const' && spread)
      return this.#builder.constant(applyOp(op, [node.op.tensor], EXACT_RING));
    if (node.kind !== 'mul' || node.shape.length > 0 || node.op.lhs.length > 0 || !spread)
      return undefined;
    const [constant, rest] = this.#constantFirst(...node.args);
    if (constant === undefined) return undefined;
    return this.#apply(elementwiseProduct(op.shape, []), [this.#apply(op, [constant]), rest]);
  }

  #permute(order: readonly number[], a: NodeId): NodeId | undefined {
    if (order.every((axis, k) => axis === k)) return a;
    const { kind, op, args } = this.#builder.node(a);
    if (kind === 'reindex') return this.#viewOfView({ kind: 'permute', order }, op, args[0]);
    if (kind !== 'permute') return undefined;
    const composed = order.map((axis) => at(op.order, axis));
    return this.#apply({ kind: 'permute', order: composed }, [args[0]]);
  }

  #slice(op: OpOf<'slice'>, a: NodeId): NodeId | undefined {
    const node = this.#builder.node(a);
    const read =
      node.kind === 'concat' || node.kind === 'stack'
        ? sliceOfJoin(this.#graph, op, node)
        : undefined;
    if (read !== undefined) return read;
    if (node.kind === 'slice') return this.#sliceOfSlice(op, node.op, node.args[0]);
    if (node.kind === 'reindex') return this.#viewOfView(op, node.op, node.args[0]);
    if (node.kind === 'broadcast' && node.op.axes.length === 0) {
      const shape = op.sizes.filter((_, axis) => !op.drop[axis]);
      const [scalar] = node.args;
      return shape.length === 0
        ? scalar
        : this.#apply({ kind: 'broadcast', shape, axes: [] }, [scalar]);
    }
    const whole = op.sizes.every((size, axis) => size === node.shape[axis]);
    return whole && !op.drop.includes(true) ? a : undefined;
  }

  #sliceOfSlice(outer: OpOf<'slice'>, inner: OpOf<'slice'>, source: NodeId): NodeId {
    let next = 0;
    const kept = inner.drop.map((dropped) => (dropped ? -1 : next++));
    const pick = <T>(values: readonly T[], axis: number, otherwise: T): T =>
      at(kept, axis) < 0 ? otherwise : at(values, at(kept, axis));
    return this.#apply(
      {
        kind: 'slice',
        starts: inner.starts.map((start, axis) => start + pick(outer.starts, axis, 0)),
        sizes: inner.sizes.map((size, axis) => pick(outer.sizes, axis, size)),
        drop: inner.drop.map((_, axis) => pick(outer.drop, axis, true)),
      },
      [source],
    );
  }

  #reindex(op: OpOf<'reindex'>, a: NodeId): NodeId | undefined {
    const node = this.#builder.node(a);
    if (node.shape.length === 0)
      return this.#apply({ kind: 'broadcast', shape: op.shape, axes: [] }, [a]);
    const view = viewOf(op, wholeView(node.shape));
    const simpler = view && viewingOp(view, node.shape);
    if (view && simpler?.kind !== 'reindex') return simpler ? this.#apply(simpler, [a]) : a;
    if (isView(node.op)) return this.#viewOfView(op, node.op, at(node.args, 0));
    return this.#reindexOperands(op, node);
  }

  /** Folds two views into one. */
  #viewOfView(outer: ViewOp, inner: ViewOp, source: NodeId): NodeId | undefined {
    const { shape } = this.#builder.node(source);
    const first = viewOf(inner, wholeView(shape));
    const both = first && viewOf(outer, first);
    if (!both) return undefined;
    const op = viewingOp(both, shape);
    return op ? this.#apply(op, [source]) : source;
  }

  /**
   * Folds a reindexing of a value that is computed element by element from inputs and constants:
   * reindexing those is free.
   */
  #reindexOperands(op: OpOf<'reindex'>, { op: inner, args, shape }: Node): NodeId | undefined {
    if (!isTensorOp(inner) || !isElementwise(inner)) return undefined;
    const operands = args.map((arg, side): NodeId | undefined => {
      const node = this.#builder.node(arg);
      if (node.shape.length === 0) return arg;
      // All elements are the same.
      if (node.kind === 'broadcast' && node.op.axes.length === 0)
        return this.#apply({ ...node.op, shape: op.shape }, [node.args[0]]);
      const axes = inner.kind !== 'mul' ? [...shape.keys()] : side === 0 ? inner.lhs : inner.rhs;
      const isWhole = axes.length === shape.length;
      if (isWhole && !isViewed(this.#builder, arg)) return this.#reindexOperands(op, node);
      if (!isViewed(this.#builder, arg)) return undefined;
      return this.#apply(op, [this.#apply({ kind: 'broadcast', shape, axes }, [arg])]);
    });
    if (!operands.every((operand) => operand !== undefined)) return undefined;
    if (inner.kind !== 'mul') return this.#apply(inner, operands);
    const axes = [...op.shape.keys()];
    const labels = (side: number) =>
      this.#builder.node(at(operands, side)).shape.length === 0 ? [] : axes;
    return this.#apply(
      { kind: 'mul', lhs: labels(0), rhs: labels(1), rank: axes.length },
      operands,
    );
  }

  #rotate(steps: number, a: NodeId): NodeId | undefined {
    const node = this.#builder.node(a);
    if (node.kind !== 'rotate') return undefined;
    const total = (steps + node.op.steps) % at(node.shape, 0);
    const [vector] = node.args;
    return total === 0 ? vector : this.#apply({ kind: 'rotate', steps: total }, [vector]);
  }

  #constantOf(id: NodeId): Constant | undefined {
    const { op } = this.#builder.node(id);
    return op.kind === 'const' ? op.tensor : undefined;
  }

  /** Returns the constant of two operands, undefined if neither is one, and the other operand. */
  #constantFirst(a: NodeId, b: NodeId): readonly [NodeId | undefined, NodeId] {
    if (this.#constantOf(a)) return [a, b];
    return this.#constantOf(b) ? [b, a] : [undefined, a];
  }

  #isUniform(id: NodeId, predicate: (value: exact.Exact) => boolean): boolean {
    const constant = this.#constantOf(id) ?? this.#spreadConstant(id);
    const value = constant && uniformValue(constant);
    return value !== undefined && predicate(value);
  }

  /** Returns the scalar that a constant broadcast repeats. */
  #spreadConstant(id: NodeId): Constant | undefined {
    const source = this.#operandOf(id, 'broadcast');
    return source === undefined ? undefined : this.#constantOf(source);
  }

  /** Returns the operand of a node of one kind; undefined for nodes of other kinds. */
  #operandOf(id: NodeId, kind: 'neg' | 'broadcast'): NodeId | undefined {
    const node = this.#builder.node(id);
    return node.kind === kind ? node.args[0] : undefined;
  }

  #zeros(shape: Shape): NodeId {
    const zero = this.#builder.constant(scalar(exact.ZERO));
    return shape.length === 0 ? zero : this.#apply({ kind: 'broadcast', shape, axes: [] }, [zero]);
  }

  #vanishes(id: NodeId, what: string): void {
    if (this.#builder.node(id).secrecy === 'cipher') this.#report(what);
  }
}
