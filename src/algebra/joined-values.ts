import { type ArrivalRules, Arrivals } from '../ir/arrival.ts';
import { type GraphBuilder, identity, isTensorOp, type Node, type NodeId } from '../ir/graph.ts';
import { at, largestOf } from '../lookup.ts';
import { uniformValue } from '../tensor/constant.ts';
import { type Exact, equal, isOne, isZero, negate, ONE, ZERO } from '../tensor/exact.ts';
import { elementwiseProduct, type OpOf, resultShape, type TensorOp } from '../tensor/op.ts';
import { type Shape, sameShape, sizeOf } from '../tensor/tensor.ts';
import { simplerJoin } from './joins.ts';
import { multiplications } from './kernels.ts';
import { scaled } from './labeled-tensors.ts';

/** Limit on the parts that are looked at in one circuit. */
const MOST_VISITED = 100_000;
/** Limit on the elements of a value that is joined. */
const MOST_ELEMENTS = 2 ** 16;
/** Limit on the factors of a part that is joined with parts of fewer factors. */
const MOST_FACTORS = 32;
/** Limit on the depth of expressions that are joined: the walk is recursive. */
const MOST_NESTED = 400;
/** Limit on the operations that are counted to compare parts and their join. */
const MOST_COUNTED = 20_000;

/** How parts are joined: along their first axis, or along a new one. */
type JoinKind = 'concat' | 'stack';

/** An operand of a joined product: its value and labels. */
interface Operand {
  readonly node: NodeId;
  readonly labels: readonly number[];
}

/**
 * Computes joins of values as single values, from joins of their operands, in a graph that grows.
 * The class is what the pass `vectorize` does to one circuit.
 */
export class JoinedValues {
  readonly #builder: GraphBuilder;
  readonly #arrivals: Arrivals;
  readonly #known = new Map<string, NodeId | undefined>();
  /** The factors of elementwise products. */
  readonly #factors = new Map<NodeId, readonly NodeId[]>();
  /** The number of joins and products that the walk is inside of. */
  #nesting = 0;
  /** The number of parts looked at so far. */
  visited = 0;

  /** @param rules what the client uploads: joins of uploads cost nothing */
  constructor(builder: GraphBuilder, rules: ArrivalRules) {
    this.#builder = builder;
    this.#arrivals = new Arrivals((id) => builder.node(id), rules);
  }

  /** Returns parts joined, as one value where that is possible. */
  joined(kind: JoinKind, parts: readonly NodeId[]): NodeId {
    const whole = this.#builder.apply({ kind }, parts);
    if (parts.length < 2 || sizeOf(this.#node(whole).shape) > MOST_ELEMENTS) return whole;
    if (parts.every((part) => this.#isJoinedFree(part))) return whole;
    const joined = this.#join(kind, parts);
    if (joined === undefined) return whole;
    const [before, after] = [this.#productsOf(parts), this.#productsOf([joined])];
    const isCheaper = before !== undefined && after !== undefined && after <= before;
    return isCheaper ? joined : whole;
  }

  /**
   * Returns the number of products of ciphertexts that values are computed by; undefined if they
   * take too many operations to count.
   */
  #productsOf(ids: readonly NodeId[]): number | undefined {
    const seen = new Set<NodeId>(ids);
    let products = 0;
    for (const id of seen) {
      const { kind, op, args } = this.#node(id);
      const isCipher = (arg: NodeId) => this.#node(arg).secrecy === 'cipher';
      if (kind === 'mul' && args.every(isCipher)) products++;
      if (kind === 'pow') products += multiplications(op.exponent);
      for (const arg of args) seen.add(arg);
      if (seen.size > MOST_COUNTED) break;
    }
    this.visited += seen.size;
    return seen.size > MOST_COUNTED ? undefined : products;
  }

  #node(id: NodeId): Node {
    return this.#builder.node(id);
  }

  /** Whether a value takes no product: its joins are left to other passes, and to packing. */
  #isEarly(id: NodeId): boolean {
    const { level, depth } = this.#arrivals.of(id);
    return this.#node(id).secrecy !== 'cipher' || (level <= 0 && depth <= 0);
  }

  /** Whether joining a value to others takes nothing: the sum of a vector would be masked. */
  #isJoinedFree(id: NodeId): boolean {
    return this.#isEarly(id) && this.#node(id).kind !== 'sum';
  }

  /** Returns the join of some parts; undefined if it would move elements of computed values. */
  #join(kind: JoinKind, parts: readonly NodeId[]): NodeId | undefined {
    const key = `${kind} ${parts.join()}`;
    if (this.#known.has(key)) return this.#known.get(key);
    this.visited += parts.length;
    const isBeyond = this.visited > MOST_VISITED || this.#nesting >= MOST_NESTED;
    const made = isBeyond ? undefined : this.#nested(() => this.#newJoin(kind, parts));
    this.#known.set(key, made);
    return made;
  }

  #nested<T>(walk: () => T): T {
    this.#nesting++;
    const result = walk();
    this.#nesting--;
    return result;
  }

  #newJoin(kind: JoinKind, parts: readonly NodeId[]): NodeId | undefined {
    const apply = (op: TensorOp, args: readonly NodeId[]) => this.#builder.apply(op, args);
    const first = at(parts, 0);
    const { shape } = this.#node(first);
    if (kind === 'stack' && isShared(parts)) {
      const axes = shape.map((_, axis) => axis + 1);
      return apply({ kind: 'broadcast', shape: [parts.length, ...shape], axes }, [first]);
    }
    const areEarly = parts.every((part) => this.#isEarly(part));
    if (areEarly && parts.every((part) => this.#isJoinedFree(part)))
      return this.#padded(kind, parts);
    const simpler = simplerJoin({ builder: this.#builder, apply }, { kind }, parts);
    if (simpler !== undefined && !['concat', 'stack'].includes(this.#node(simpler).kind))
      return simpler;
    const joined =
      this.#joinAlike(kind, parts) ??
      this.#joinScaled(kind, parts) ??
      this.#joinMonomials(kind, parts) ??
      this.#joinTerms(kind, parts);
    return joined === undefined && areEarly ? this.#padded(kind, parts) : joined;
  }

  /**
   * Returns the join of early parts, which may differ in the extents of axes that a product or a sum
   * adds up: these are padded with zeros.
   */
  #padded(kind: JoinKind, parts: readonly NodeId[]): NodeId {
    const shapes = parts.map((part) => this.#node(part).shape);
    const most = at(shapes, 0).map((_, axis) => largestOf(shapes.map((shape) => at(shape, axis))));
    const padded = parts.map((part) =>
      most.reduce<NodeId>((one, extent, axis) => {
        const isJoined = kind === 'concat' && axis === 0;
        return isJoined ? one : padAxis(this.#builder, one, axis, extent);
      }, part),
    );
    return this.#builder.apply({ kind }, padded);
  }

  /** Returns the join of parts that are results of the same operation. */
  #joinAlike(kind: JoinKind, parts: readonly NodeId[]): NodeId | undefined {
    const apply = (op: TensorOp, args: readonly NodeId[]) => this.#builder.apply(op, args);
    const nodes = parts.map((part) => this.#node(part));
    const operation = nodes.find((node) => !isZeros(node));
    if (!operation) return undefined;
    const isSpared = (node: Node) =>
      kind === 'stack' && isZeros(node) && sameShape(node.shape, operation.shape);
    const operations = nodes.map((node) => (isSpared(node) ? this.#ofZeros(operation) : node));
    switch (operation.kind) {
      case 'add':
      case 'sub':
      case 'neg':
      case 'pow': {
        const { op, args } = operation;
        if (!operations.every((other) => identity(other.op) === identity(op))) return undefined;
        const operands = args.map((_, i) =>
          this.#join(
            kind,
            operations.map((other) => at(other.args, i)),
          ),
        );
        return operands.every((operand) => operand !== undefined) ? apply(op, operands) : undefined;
      }
      case 'mul':
        return this.#joinProducts(kind, operation.op, operations, parts);
      case 'sum':
        return this.#joinSums(kind, operation.op, operations);
      case 'broadcast':
        return kind === 'stack' ? this.#stackBroadcasts(operation.op, operations) : undefined;
      default:
        return undefined;
    }
  }

  /** Returns an operation that gives zeros, like another one. */
  #ofZeros(node: Node): Node {
    const { op, args } = node;
    if (!isTensorOp(op)) return node;
    const cipher = args.find((arg) => this.#node(arg).secrecy === 'cipher');
    // A product keeps its clear factor, so that all parts may share it.
    const zeros = args.map((arg) =>
      op.kind === 'mul' && arg !== cipher ? arg : this.#uniform(this.#node(arg).shape, ZERO),
    );
    return this.#node(this.#builder.apply(op, zeros));
  }

  /** Returns the join of sums over the same axes. */
  #joinSums(kind: JoinKind, { axes }: OpOf<'sum'>, sums: readonly Node[]): NodeId | undefined {
    const isAlike = ({ op }: Node) => op.kind === 'sum' && op.axes.join() === axes.join();
    const keepsRows = kind === 'stack' || !axes.includes(0);
    if (!sums.every(isAlike) || !keepsRows) return undefined;
    const summed = sums.map(({ args }) => at(args, 0));
    const size = summed.reduce((all, id) => all + sizeOf(this.#node(id).shape), 0);
    if (size > MOST_ELEMENTS) return undefined;
    const operand = this.#join(kind, summed);
    const moved = kind === 'stack' ? axes.map((axis) => axis + 1) : axes;
    return operand && this.#builder.apply({ kind: 'sum', axes: moved }, [operand]);
  }

  /** Returns stacked values that are repeated along the same axes. */
  #stackBroadcasts(op: OpOf<'broadcast'>, all: readonly Node[]): NodeId | undefined {
    if (!all.every((other) => identity(other.op) === identity(op))) return undefined;
    const shape = [all.length, ...op.shape];
    const stacked = this.#join(
      'stack',
      all.map(({ args }) => at(args, 0)),
    );
    const axes = [0, ...op.axes.map((axis) => axis + 1)];
    return stacked && this.#builder.apply({ kind: 'broadcast', shape, axes }, [stacked]);
  }

  /** Returns the join of parts that are alike but for factors, of which some are missing. */
  #joinScaled(kind: JoinKind, parts: readonly NodeId[]): NodeId | undefined {
    const all = parts.map((part) => this.#withoutFactor(part));
    if (all.every(({ value }, i) => value === parts[i])) return undefined;
    const values = all.map(({ value }) => value);
    // Factors of linear forms move into uploads.
    if (values.every((value) => this.#isJoinedFree(value))) return this.#padded(kind, parts);
    const joined = this.#join(kind, values);
    if (joined === undefined) return undefined;
    const rows = all.flatMap(({ factor, value }) =>
      new Array<Exact>(kind === 'stack' ? 1 : at(this.#node(value).shape, 0)).fill(factor),
    );
    const inside = this.#scaledInside(joined, rows);
    if (inside !== undefined) return inside;
    const factors = this.#builder.constant({ shape: [rows.length], data: rows });
    const labels = this.#node(joined).shape.map((_, axis) => axis);
    const op: OpOf<'mul'> = { kind: 'mul', lhs: labels, rhs: [0], rank: labels.length };
    return this.#builder.apply(op, [joined, factors]);
  }

  /** Returns the join of products of different numbers of factors: ones take the missing places. */
  #joinMonomials(kind: JoinKind, parts: readonly NodeId[]): NodeId | undefined {
    const all = parts.map((part) => this.#factorsOf(part));
    const most = largestOf(all.map(({ length }) => length));
    if (most < 2 || most > MOST_FACTORS) return undefined;
    // As in a product tree, one side has a power of two of the factors.
    const half = 2 ** Math.floor(Math.log2(most - 1));
    const side = (from: number, to: number) =>
      this.#join(
        kind,
        all.map((factors, i) => this.#product(factors.slice(from, to), at(parts, i))),
      );
    const left = side(0, half);
    const right = left === undefined ? undefined : side(half, most);
    if (left === undefined || right === undefined) return undefined;
    const op = elementwiseProduct(this.#node(left).shape, this.#node(right).shape);
    return this.#builder.apply(op, [left, right]);
  }

  /** Returns the join of sums and other values: zeros take the place of missing terms. */
  #joinTerms(kind: JoinKind, parts: readonly NodeId[]): NodeId | undefined {
    const nodes = parts.map((part) => this.#node(part));
    const sum = nodes.find((node) => node.kind === 'add' || node.kind === 'sub');
    if (!sum) return undefined;
    const side = (at: 0 | 1) =>
      this.#join(
        kind,
        nodes.map(({ id, kind, args, shape }) => {
          if (kind === sum.kind) return args[at] as NodeId;
          return at === 0 ? id : this.#uniform(shape, ZERO);
        }),
      );
    const left = side(0);
    const right = left === undefined ? undefined : side(1);
    if (left === undefined || right === undefined) return undefined;
    return this.#builder.apply({ kind: sum.kind }, [left, right]);
  }

  #uniform(shape: Shape, number: Exact): NodeId {
    const data = new Array<Exact>(sizeOf(shape)).fill(number);
    return this.#builder.constant({ shape, data });
  }

  /**
   * Returns the factors of an elementwise product, powers written out, in the order of their ids; a
   * value itself if it is no product, or one of too many factors.
   */
  #factorsOf(id: NodeId): readonly NodeId[] {
    const known = this.#factors.get(id);
    if (known) return known;
    const isBeyond = this.#nesting >= MOST_NESTED;
    const opened = isBeyond ? undefined : this.#nested(() => this.#opened(this.#node(id)));
    const factors = opened && opened.length <= MOST_FACTORS ? opened.toSorted(byId) : [id];
    this.#factors.set(id, factors);
    return factors;
  }

  #opened({ kind, op, args }: Node): readonly NodeId[] | undefined {
    switch (kind) {
      case 'const': {
        const number = uniformValue(op.tensor);
        return number && isOne(number) ? [] : undefined;
      }
      case 'pow': {
        const factors = this.#factorsOf(args[0]);
        const isLong = op.exponent * factors.length > MOST_FACTORS;
        return isLong ? undefined : new Array(op.exponent).fill(factors).flat();
      }
      case 'mul': {
        const [a, b] = args;
        const isElementwise = isWhole(op, op.lhs) && isWhole(op, op.rhs);
        return isElementwise ? [...this.#factorsOf(a), ...this.#factorsOf(b)] : undefined;
      }
      default:
        return undefined;
    }
  }

  /** Returns the product of some factors of a part; ones if there are none. */
  #product([first, ...others]: readonly NodeId[], part: NodeId): NodeId {
    const { shape } = this.#node(part);
    if (first === undefined) return this.#uniform(shape, ONE);
    const op = elementwiseProduct(shape, shape);
    return others.reduce((product, factor) => this.#builder.apply(op, [product, factor]), first);
  }

  /**
   * Returns a value whose rows are multiplied by numbers: those of a factor that is a join of linear
   * forms, where numbers move into uploads. Undefined if there is no such factor.
   */
  #scaledInside(id: NodeId, rows: readonly Exact[]): NodeId | undefined {
    const { kind, op, args } = this.#node(id);
    switch (kind) {
      case 'stack':
      case 'concat':
        return this.#scaledParts(kind, args, rows);
      case 'sum': {
        const inside = op.axes.includes(0) ? undefined : this.#scaledInside(at(args, 0), rows);
        return inside && this.#builder.apply(op, [inside]);
      }
      case 'mul': {
        const [a, b] = args;
        const left = op.lhs[0] === 0 ? this.#scaledInside(a, rows) : undefined;
        if (left !== undefined) return this.#builder.apply(op, [left, b]);
        const right = op.rhs[0] === 0 ? this.#scaledInside(b, rows) : undefined;
        return right === undefined ? undefined : this.#builder.apply(op, [a, right]);
      }
      default:
        return undefined;
    }
  }

  /** Returns joined linear forms with rows multiplied by numbers, if each has one number. */
  #scaledParts(
    kind: JoinKind,
    parts: readonly NodeId[],
    rows: readonly Exact[],
  ): NodeId | undefined {
    let from = 0;
    const all: NodeId[] = [];
    for (const part of parts) {
      const size = kind === 'stack' ? 1 : at(this.#node(part).shape, 0);
      const factor = at(rows, from);
      const isOneNumber = rows.slice(from, from + size).every((row) => equal(row, factor));
      if (!isOneNumber || !this.#isEarly(part)) return undefined;
      all.push(isOne(factor) ? part : scaled(this.#builder, factor, part));
      from += size;
    }
    return this.#builder.apply({ kind }, all);
  }

  /** Returns a value as a number times another value; as once itself if it is no such product. */
  #withoutFactor(id: NodeId): { readonly factor: Exact; readonly value: NodeId } {
    const { kind, op, args } = this.#node(id);
    if (kind === 'neg') return { factor: negate(ONE), value: at(args, 0) };
    if (kind === 'mul')
      for (const side of [0, 1] as const) {
        const { op: constant } = this.#node(args[side]);
        const factor = constant.kind === 'const' ? uniformValue(constant.tensor) : undefined;
        const value = args[1 - side];
        const labels = side === 0 ? op.rhs : op.lhs;
        if (factor && value !== undefined && isWhole(op, labels)) return { factor, value };
      }
    return { factor: ONE, value: id };
  }

  #joinProducts(
    kind: JoinKind,
    op: OpOf<'mul'>,
    products: readonly Node[],
    parts: readonly NodeId[],
  ): NodeId | undefined {
    const first = at(products, 0);
    const pairs = products.map((product) => this.#aligned(product, first));
    if (!pairs.every((pair) => pair !== undefined)) return undefined;
    const sides = [op.lhs, op.rhs].map((labels, side): Operand | undefined => {
      const own = pairs.map((pair) => at(pair, side));
      return kind === 'stack' ? this.#stacked(own, labels) : this.#concatenated(own, labels, parts);
    });
    const [lhs, rhs] = sides;
    if (!lhs || !rhs) return undefined;
    const rank = kind === 'stack' ? op.rank + 1 : op.rank;
    const joined: OpOf<'mul'> = { kind: 'mul', lhs: lhs.labels, rhs: rhs.labels, rank };
    const shapes = [lhs, rhs].map(({ node }) => this.#node(node).shape);
    const covered = new Set([...lhs.labels, ...rhs.labels]);
    if (!covered.has(0) || resultShape(joined, shapes).length !== rank) return undefined;
    return this.#builder.apply(joined, [lhs.node, rhs.node]);
  }

  /**
   * Returns the operands of a product in the order in which they resemble those of the first one;
   * undefined if it has other labels.
   */
  #aligned({ kind, op, args }: Node, first: Node): readonly NodeId[] | undefined {
    if (kind !== 'mul' || first.kind !== 'mul') return undefined;
    const [a, b] = args;
    const [x, y] = first.args;
    const likeness = (one: NodeId, other: NodeId) => {
      const [p, q] = [this.#node(one), this.#node(other)];
      return Number(one === other) + Number(p.kind === q.kind) + Number(p.args[0] === q.args[0]);
    };
    const isStraight = identity(op) === identity(first.op);
    const swapped: OpOf<'mul'> = { ...op, lhs: op.rhs, rhs: op.lhs };
    const isSwapped = identity(swapped) === identity(first.op);
    const gain = likeness(b, x) + likeness(a, y) - likeness(a, x) - likeness(b, y);
    if (isSwapped && (!isStraight || gain > 0)) return [b, a];
    return isStraight ? [a, b] : undefined;
  }

  /** Returns operands of stacked products along a new label 0, which a shared operand lacks. */
  #stacked(parts: readonly NodeId[], labels: readonly number[]): Operand | undefined {
    const own = labels.map((label) => label + 1);
    if (isShared(parts)) return { node: at(parts, 0), labels: own };
    const node = this.#join('stack', parts);
    return node === undefined ? undefined : { node, labels: [0, ...own] };
  }

  /**
   * Returns operands of products whose results are joined along label 0. An operand without that
   * label is repeated along the rows of its product.
   *
   * @param products the products, which have the rows
   */
  #concatenated(
    parts: readonly NodeId[],
    labels: readonly number[],
    products: readonly NodeId[],
  ): Operand | undefined {
    const axis = labels.indexOf(0);
    if (axis > 0) return undefined;
    if (axis === 0) {
      const node = this.#join('concat', parts);
      return node === undefined ? undefined : { node, labels };
    }
    if (isShared(parts)) return { node: at(parts, 0), labels };
    if (!parts.every((part) => this.#isEarly(part))) return undefined;
    const repeated = parts.map((part, i) => {
      const { shape } = this.#node(part);
      const rows = at(this.#node(at(products, i)).shape, 0);
      const axes = shape.map((_, own) => own + 1);
      return this.#builder.apply({ kind: 'broadcast', shape: [rows, ...shape], axes }, [part]);
    });
    return { node: this.#builder.apply({ kind: 'concat' }, repeated), labels: [0, ...labels] };
  }
}

function isZeros({ op }: Node): boolean {
  return op.kind === 'const' && op.tensor.data.every(isZero);
}

function byId(a: NodeId, b: NodeId): number {
  return a - b;
}

/** Returns a value with zeros after it along an axis, up to an extent. */
function padAxis(builder: GraphBuilder, id: NodeId, axis: number, extent: number): NodeId {
  const { shape } = builder.node(id);
  const missing = extent - at(shape, axis);
  if (missing === 0) return id;
  const others = [...shape.keys()].filter((other) => other !== axis);
  const zeros = [missing, ...others.map((other) => at(shape, other))];
  const padding = builder.constant({
    shape: zeros,
    data: new Array<Exact>(sizeOf(zeros)).fill(ZERO),
  });
  const first =
    axis === 0 ? id : builder.apply({ kind: 'permute', order: [axis, ...others] }, [id]);
  const padded = builder.apply({ kind: 'concat' }, [first, padding]);
  const back = [...shape.keys()].map((old) => [axis, ...others].indexOf(old));
  return axis === 0 ? padded : builder.apply({ kind: 'permute', order: back }, [padded]);
}

/** Whether an operand has the labels of a product's result, in order, and no others are summed. */
function isWhole({ lhs, rhs, rank }: OpOf<'mul'>, labels: readonly number[]): boolean {
  const isInside = [...lhs, ...rhs].every((label) => label < rank);
  return isInside && labels.length === rank && labels.every((label, axis) => label === axis);
}

function isShared(parts: readonly NodeId[]): boolean {
  return parts.every((part) => part === parts[0]);
}
