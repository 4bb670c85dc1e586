import type { ArrivalRules } from '../ir/arrival.ts';
import { Arrivals } from '../ir/arrival.ts';
import {
  type Circuit,
  type CircuitOutput,
  GraphBuilder,
  idAt,
  isTensorOp,
  type NodeId,
} from '../ir/graph.ts';
import { compact, copyNode, rewrite } from '../ir/rewrite.ts';
import { at, defined, largestOf } from '../lookup.ts';
import { isModest, isOuter } from './contraction.ts';
import {
  type Factor,
  type FlatProduct,
  keyOf,
  mergeFactors,
  multiplyConstants,
  openIn,
  placeConstants,
  productLevel,
  spreadConstants,
} from './factors.ts';
import { kraftLevel } from './kraft.ts';
import { elementsOf, extentsOf } from './labeled-tensors.ts';
import { buildProduct, sumsOver } from './product.ts';

/** Limits on the deadlines that one goal may set: for each node of the circuit, and at least. */
const DEADLINES_PER_NODE = 30;
const LEAST_DEADLINES = 4_000;
/** Limit on deadlines inside deadlines: the search is recursive. */
const MAX_NESTING = 300;
/** Limit on the factors of one product that are opened. */
const MAX_OPENINGS = 64;

/**
 * The versions of a value that were computed for deadlines, and the latest level that could not be
 * met.
 */
interface Known {
  readonly versions: readonly NodeId[];
  readonly missed: number;
}

/**
 * Recomputes values of a circuit so that each is available by a given arrival level, its
 * *deadline*. The deadline of a sum passes to its terms. A product is split into two halves that
 * are available one level earlier. If that fails, its latest factor is opened if it is a product
 * (replaced by its own factors), recomputed earlier if that helps, or distributed over if it is a
 * sum. Results are remembered: values that several terms need are shared, and an impossible
 * deadline fails only once. A deadline below ⌈log2 degree⌉ fails at once.
 */
export class DeadlineRewriter {
  readonly #circuit: Circuit;
  readonly #builder = new GraphBuilder({ interning: true });
  readonly #arrivals: Arrivals;
  /** Upper limits of total degrees, by node. */
  readonly #degrees: number[] = [];
  /** The results for each node and each product, by key. */
  readonly #known = new Map<string, Known>();
  /** The entry of a value that no deadline was set on. */
  readonly #unknown: Known;
  /** For each node that was computed for a deadline: the node whose earlier version it is. */
  readonly #origins = new Map<NodeId, NodeId>();
  #deadlines: number;
  #nesting = 0;

  constructor(circuit: Circuit, context: ArrivalRules) {
    this.#circuit = circuit;
    this.#arrivals = new Arrivals((id) => this.#builder.node(id), context);
    this.#unknown = { versions: [], missed: this.#arrivals.first - 1 };
    this.#deadlines = DEADLINES_PER_NODE * circuit.nodes.length + LEAST_DEADLINES;
  }

  get exhausted(): boolean {
    return this.#deadlines <= 0;
  }

  /** The work so far: operations in the graph and deadlines on them. */
  get work(): number {
    return this.#degrees.length + this.#known.size;
  }

  /**
   * Returns the circuit with every output at an arrival level of `goal` or below; undefined if one
   * is not met.
   */
  run(goal: number): Circuit | undefined {
    const whole = this.#circuit.nodes.map(() => true);
    const copied = rewrite(this.#circuit, whole, copyNode, this.#builder);
    const outputs: CircuitOutput[] = [];
    for (const output of copied.outputs) {
      const { node } = output;
      this.#builder.at(copied.origins[node]);
      const met = this.#meet(node, goal);
      if (met === undefined) return undefined;
      outputs.push({ ...output, node: met });
    }
    return compact(this.#builder.finish(this.#circuit.inputs, outputs));
  }

  /** Returns a node of the same value at a level or below; undefined if none was found. */
  #meet(id: NodeId, level: number): NodeId | undefined {
    if (this.#level(id) <= level) return id;
    if (this.#floorOf(this.#degree(id)) > level) return undefined;
    const origin = this.#origin(id);
    const found = this.#meetOnce(`${origin}`, level, () => this.#compute(origin, level));
    const isNew = found !== undefined && found >= this.#circuit.nodes.length;
    if (isNew && found !== origin && !this.#origins.has(found)) this.#origins.set(found, origin);
    return found;
  }

  #origin(id: NodeId): NodeId {
    return this.#origins.get(id) ?? id;
  }

  /**
   * Meets a deadline with `compute`, unless the result is known. A version for an earlier level
   * meets it too; a level at or below one that could not be met fails.
   */
  #meetOnce(key: string, level: number, compute: () => NodeId | undefined): NodeId | undefined {
    const { versions, missed } = this.#known.get(key) ?? this.#unknown;
    const known = versions.find((version) => this.#level(version) <= level);
    if (known !== undefined || level <= missed) return known;
    if (this.#deadlines-- <= 0 || this.#nesting > MAX_NESTING) return undefined;
    this.#nesting++;
    const found = compute();
    this.#nesting--;
    this.#note(key, level, found);
    return found;
  }

  #note(key: string, level: number, found: NodeId | undefined): void {
    const { versions, missed } = this.#known.get(key) ?? this.#unknown;
    this.#known.set(
      key,
      found === undefined
        ? { versions, missed: Math.max(missed, level) }
        : { versions: [...versions, found], missed },
    );
  }

  #compute(id: NodeId, level: number): NodeId | undefined {
    const node = this.#builder.node(id);
    const { op } = node;
    // A clear value cannot be earlier: the server knows it, not the client.
    if (node.secrecy !== 'cipher') return undefined;
    if (node.kind === 'mul' || node.kind === 'pow') {
      const labels = [...node.shape.keys()];
      const whole = { node: id, labels, count: 1 };
      const product = openIn({ factors: [whole], rank: labels.length }, whole, node);
      return this.#product(defined(product), level);
    }
    if (node.kind === 'barrier') {
      // The barrier's operand may become earlier; nothing moves across.
      const met = this.#meet(node.args[0], level);
      return met === undefined ? undefined : this.#builder.barrier(met);
    }
    if (!isTensorOp(op)) return undefined;
    const args: NodeId[] = [];
    for (const arg of node.args) {
      const met = this.#meet(arg, level);
      if (met === undefined) return undefined;
      args.push(met);
    }
    return this.#builder.apply(op, args);
  }

  /** Returns a product at a level or below; undefined if none was found. */
  #product({ factors, rank }: FlatProduct, level: number): NodeId | undefined {
    const product = { factors: this.#withConstants(mergeFactors(factors), rank), rank };
    const degree = product.factors.reduce(
      (sum, { node, count }) => sum + count * this.#degree(node),
      0,
    );
    if (this.#floorOf(degree) > level) return undefined;
    const origins = product.factors.map((factor) => ({
      ...factor,
      node: this.#origin(factor.node),
    }));
    const key = keyOf({ factors: mergeFactors(origins), rank });
    return this.#meetOnce(key, level, () => this.#computeProduct(product, level));
  }

  /**
   * Returns the factors with their constants multiplied and placed into uploads. In a product that
   * sums over axes they are not placed yet: products of early matrices are shared only if no
   * constant is in them.
   */
  #withConstants(factors: readonly Factor[], rank: number): readonly Factor[] {
    return sumsOver(factors, rank)
      ? multiplyConstants(this.#builder, factors)
      : placeConstants(this.#builder, this.#arrivals, factors);
  }

  #computeProduct(product: FlatProduct, level: number): NodeId | undefined {
    const { rank } = product;
    let current = product.factors;
    for (let i = 0; i < MAX_OPENINGS; i++) {
      if (!this.#placedFor(current, rank, level)) current = this.#lowered(current, level - 1);
      const placed = this.#placedFor(current, rank, level);
      if (placed) {
        const found = buildProduct(this.#builder, this.#arrivals, placed, rank);
        return found !== undefined && this.#level(found) <= level ? found : undefined;
      }
      const latest = this.#latest(current);
      if (!latest) return undefined;
      const halved = this.#byHalves(current, rank, level);
      if (halved !== undefined) return halved;
      const opened = openIn({ factors: current, rank }, latest, this.#builder.node(latest.node));
      if (!opened) {
        const others = current.filter((factor) => factor !== latest);
        return this.#hasten(others, latest, rank, level);
      }
      current = this.#withConstants(opened.factors, rank);
    }
    return undefined;
  }

  /**
   * Returns the factors if their product meets a level, if need be with constants moved into
   * uploads; else undefined.
   */
  #placedFor(
    factors: readonly Factor[],
    rank: number,
    level: number,
  ): readonly Factor[] | undefined {
    if (productLevel(this.#arrivals, factors) <= level) return factors;
    if (!sumsOver(factors, rank)) return undefined;
    const placed = spreadConstants(this.#builder, this.#arrivals, factors);
    return productLevel(this.#arrivals, placed) <= level ? placed : undefined;
  }

  /**
   * Returns the factors, each one later than `level` replaced by an earlier version if one is
   * found.
   */
  #lowered(factors: readonly Factor[], level: number): readonly Factor[] {
    if (level < this.#arrivals.first) return factors;
    return factors.map((factor) => {
      const node = this.#meet(factor.node, level);
      return node === undefined ? factor : { ...factor, node };
    });
  }

  /**
   * Returns a product of two halves that are both available one level before it; undefined if none
   * are found. A level at most doubles the degree, so each factor goes to the half that has more
   * room for its degree, the largest first. An early factor thus joins a late sum alone: r*y*(1 -
   * x) = y*(r - r*x), where r*x may be known, and less is multiplied twice.
   */
  #byHalves(factors: readonly Factor[], rank: number, level: number): NodeId | undefined {
    const room = 2 ** (level - 1 - this.#arrivals.first);
    const halves: [Factor[], Factor[]] = [[], []];
    const filled: [number, number] = [0, 0];
    const carried: [Set<number>, Set<number>] = [new Set(), new Set()];
    for (const { degree, ...factor } of this.#oneByOne(factors)) {
      const emptier = filled[0] <= filled[1] ? 0 : 1;
      // A clear factor belongs with an upload, any other where it shares an axis.
      const meets = (half: 0 | 1) =>
        degree === 0
          ? halves[half].some(({ node }) => this.#arrivals.isUpload(node))
          : carried[half].size === 0 || factor.labels.some((label) => carried[half].has(label));
      const fits = (half: 0 | 1) => filled[half] + degree <= room;
      const other = emptier === 0 ? 1 : 0;
      const side = !meets(emptier) && meets(other) && fits(other) ? other : emptier;
      if (!fits(side)) return undefined;
      filled[side] += degree;
      halves[side].push(factor);
      for (const label of factor.labels) carried[side].add(label);
    }
    const found: Factor[] = [];
    for (const [side, half] of halves.entries()) {
      const needed = at(carried, 1 - side);
      const local = this.#localProduct(half, rank, needed, level - 1);
      if (local === undefined) return undefined;
      found.push(local);
    }
    return buildProduct(this.#builder, this.#arrivals, mergeFactors(found), rank);
  }

  /**
   * Returns the factors with their degrees, one entry for each repetition, highest degree first.
   */
  #oneByOne(factors: readonly Factor[]): readonly (Factor & { readonly degree: number })[] {
    const apart = factors.flatMap((factor) =>
      new Array<Factor>(factor.count).fill({ ...factor, count: 1 }),
    );
    return apart
      .map((factor) => ({ ...factor, degree: this.#degree(factor.node) }))
      .sort((a, b) => b.degree - a.degree);
  }

  /**
   * Returns the product of some factors of a larger product, as one factor of it with all axes that
   * the others need.
   */
  #localProduct(
    factors: readonly Factor[],
    rank: number,
    needed: ReadonlySet<number>,
    level: number,
  ): Factor | undefined {
    const isNeeded = (label: number) => label < rank || needed.has(label);
    if (factors.length === 0) return undefined;
    const all = [...new Set(factors.flatMap((factor) => factor.labels))].sort((a, b) => a - b);
    const labels = all.filter(isNeeded);
    const extents = extentsOf(this.#builder, factors);
    const largest = largestOf(factors.map((factor) => elementsOf(factor.labels, extents)));
    if (isOuter(factors, labels, rank) || !isModest(labels, extents, largest)) return undefined;
    const order = [...labels, ...all.filter((label) => !isNeeded(label))];
    const local = factors.map((factor) => ({
      ...factor,
      labels: factor.labels.map((label) => order.indexOf(label)),
    }));
    const node = this.#product({ factors: local, rank: labels.length }, level);
    return node === undefined ? undefined : { node, labels, count: 1 };
  }

  #latest(factors: readonly Factor[]): Factor | undefined {
    let latest: Factor | undefined;
    for (const factor of factors) {
      const level = this.#level(factor.node);
      if (level > this.#arrivals.first && (!latest || level > this.#level(latest.node)))
        latest = factor;
    }
    return latest;
  }

  /**
   * Returns a product whose latest factor is a sum, with that factor recomputed earlier or
   * distributed over.
   */
  #hasten(
    others: readonly Factor[],
    latest: Factor,
    rank: number,
    level: number,
  ): NodeId | undefined {
    const early = this.#levelLeft(others, latest, level);
    const earlier =
      early >= this.#floorOf(this.#degree(latest.node))
        ? this.#meet(latest.node, early)
        : undefined;
    if (earlier !== undefined && earlier !== latest.node) {
      return this.#product({ factors: [...others, { ...latest, node: earlier }], rank }, level);
    }
    // With several late matrices, each would have to be expanded, and every term would meet every
    // term of the others.
    const isLate = ({ node }: Factor) => this.#level(node) >= this.#level(latest.node);
    const isPower = latest.count > 1 || others.some(isLate);
    if (isPower && sumsOver([latest, ...others], rank)) return undefined;
    const rest = latest.count > 1 ? [...others, { ...latest, count: latest.count - 1 }] : others;
    const sum = { ...latest, count: 1 };
    return this.#distribute(rest, sum, rank, level);
  }

  /**
   * Returns the latest level of a factor at which the product still meets its own; below that of
   * inputs if no level does.
   */
  #levelLeft(others: readonly Factor[], factor: Factor, level: number): number {
    const waiting = others.map(({ node, count }) => ({ level: this.#level(node), count }));
    let left = Math.min(level, this.#level(factor.node)) - 1;
    while (
      left >= this.#arrivals.first &&
      kraftLevel([...waiting, { level: left, count: factor.count }]) > level
    )
      left--;
    return left;
  }

  #distribute(
    rest: readonly Factor[],
    sum: Factor,
    rank: number,
    level: number,
  ): NodeId | undefined {
    const { kind, op, args } = this.#builder.node(sum.node);
    if (kind !== 'add' && kind !== 'sub' && kind !== 'neg') return undefined;
    const terms = args.map((node) =>
      this.#product({ factors: [...rest, { ...sum, node }], rank }, level),
    );
    return terms.every((term) => term !== undefined) ? this.#builder.apply(op, terms) : undefined;
  }

  #level(id: NodeId): number {
    return this.#arrivals.of(id).level;
  }

  #degree(id: NodeId): number {
    while (this.#degrees.length <= id)
      this.#degrees.push(this.#degreeOf(idAt(this.#degrees.length)));
    return defined(this.#degrees[id]);
  }

  #degreeOf(id: NodeId): number {
    const { op, args, secrecy } = this.#builder.node(id);
    if (secrecy !== 'cipher') return 0;
    if (op.kind === 'input') return 1;
    const degrees = args.map((arg) => at(this.#degrees, arg));
    if (op.kind === 'mul') return degrees.reduce((sum, degree) => sum + degree, 0);
    if (op.kind === 'pow') return op.exponent * at(degrees, 0);
    return largestOf(degrees);
  }

  /** Returns the least arrival level that a value of some degree can have. */
  #floorOf(degree: number): number {
    return this.#arrivals.first + (degree <= 1 ? 0 : Math.ceil(Math.log2(degree)));
  }
}
