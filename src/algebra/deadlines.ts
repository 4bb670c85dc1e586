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
import { at, defined } from '../lookup.ts';
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

/** DeadlineRewriter on products that one goal may make, for each node of the circuit and at least. */
const DEADLINES_PER_NODE = 30;
const LEAST_DEADLINES = 4_000;
/** DeadlineRewriter inside deadlines: the search is recursive. */
const MAX_NESTING = 300;
/** Factors of one product that may be opened on the way. */
const MAX_STEPS = 64;

/** What has been made to meet deadlines on a value, and the latest level for which nothing was found. */
interface Known {
  readonly versions: readonly NodeId[];
  readonly missed: number;
}

/**
 * Makes values of a circuit anew so that they meet deadlines: this value, at that level. A sum is made by its
 * terms. A product is made by halves that are there a level before it; where none can be had, its latest
 * factor is opened if it is a product, made earlier if that helps, or distributed over if it is a sum. Equal
 * deadlines are met once, so what several terms want is shared, and those out of reach fail once. A deadline below
 * ⌈log2 degree⌉ fails at once.
 */
export class DeadlineRewriter {
  readonly #circuit: Circuit;
  readonly #builder = new GraphBuilder({ interning: true });
  readonly #arrivals: Arrivals;
  /** Upper limits of total degrees, by node. */
  readonly #degrees: number[] = [];
  /** What deadlines on a node or a product have given. */
  readonly #known = new Map<string, Known>();
  /** Where none has been made. */
  readonly #unknown: Known;
  /** What a node that was made to meet a deadline is an earlier version of. */
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

  /** Operations of the graph that has grown, and deadlines on it. */
  get work(): number {
    return this.#degrees.length + this.#known.size;
  }

  /** The circuit with every output at the goal's level or below; undefined where that is not met. */
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

  /** A node of the same value at a level or below. */
  #meet(id: NodeId, level: number): NodeId | undefined {
    if (this.#level(id) <= level) return id;
    if (this.#floorOf(this.#degree(id)) > level) return undefined;
    const origin = this.#origin(id);
    const made = this.#once(`${origin}`, level, () => this.#make(origin, level));
    const isNew = made !== undefined && made >= this.#circuit.nodes.length;
    if (isNew && made !== origin && !this.#origins.has(made)) this.#origins.set(made, origin);
    return made;
  }

  #origin(id: NodeId): NodeId {
    return this.#origins.get(id) ?? id;
  }

  /**
   * Meets a deadline, or finds that it is out of reach. What was made for an earlier level will do, and what was
   * out of reach for a later one is.
   */
  #once(key: string, level: number, make: () => NodeId | undefined): NodeId | undefined {
    const { versions, missed } = this.#known.get(key) ?? this.#unknown;
    const known = versions.find((version) => this.#level(version) <= level);
    if (known !== undefined || level <= missed) return known;
    if (this.#deadlines-- <= 0 || this.#nesting > MAX_NESTING) return undefined;
    this.#nesting++;
    const made = make();
    this.#nesting--;
    this.#note(key, level, made);
    return made;
  }

  #note(key: string, level: number, made: NodeId | undefined): void {
    const { versions, missed } = this.#known.get(key) ?? this.#unknown;
    this.#known.set(
      key,
      made === undefined
        ? { versions, missed: Math.max(missed, level) }
        : { versions: [...versions, made], missed },
    );
  }

  #make(id: NodeId, level: number): NodeId | undefined {
    const node = this.#builder.node(id);
    const { op } = node;
    // What is clear is the evaluator's, and no earlier than it is: the client does not know it.
    if (node.secrecy !== 'cipher') return undefined;
    if (node.kind === 'mul' || node.kind === 'pow') {
      const labels = [...node.shape.keys()];
      const whole = { node: id, labels, count: 1 };
      const product = openIn({ factors: [whole], rank: labels.length }, whole, node);
      return this.#product(defined(product), level);
    }
    if (node.kind === 'barrier') {
      // What is behind it may come earlier; nothing moves across.
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

  /** A product at a level or below. */
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
    return this.#once(key, level, () => this.#makeProduct(product, level));
  }

  /**
   * The factors, their constants multiplied. In a product that sums over axes a constant that has time waits: early
   * matrices that meet are the same whatever they are multiplied by.
   */
  #withConstants(factors: readonly Factor[], rank: number): readonly Factor[] {
    return sumsOver(factors, rank)
      ? multiplyConstants(this.#builder, factors)
      : placeConstants(this.#builder, this.#arrivals, factors);
  }

  #makeProduct(product: FlatProduct, level: number): NodeId | undefined {
    const { rank } = product;
    let current = product.factors;
    for (let step = 0; step < MAX_STEPS; step++) {
      if (!this.#meeting(current, rank, level)) current = this.#lowered(current, level - 1);
      const meeting = this.#meeting(current, rank, level);
      if (meeting) {
        const made = buildProduct(this.#builder, this.#arrivals, meeting, rank);
        return made !== undefined && this.#level(made) <= level ? made : undefined;
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

  /** The factors, with their constants in uploads where the product then meets a level; undefined where it does not. */
  #meeting(factors: readonly Factor[], rank: number, level: number): readonly Factor[] | undefined {
    if (productLevel(this.#arrivals, factors) <= level) return factors;
    if (!sumsOver(factors, rank)) return undefined;
    const placed = spreadConstants(this.#builder, this.#arrivals, factors);
    return productLevel(this.#arrivals, placed) <= level ? placed : undefined;
  }

  /** The factors, those later than a level made again by then where that can be had. */
  #lowered(factors: readonly Factor[], level: number): readonly Factor[] {
    if (level < this.#arrivals.first) return factors;
    return factors.map((factor) => {
      const node = this.#meet(factor.node, level);
      return node === undefined ? factor : { ...factor, node };
    });
  }

  /**
   * A product as that of two halves, each there a level before it. What is at most doubled by a level is
   * the degree: factors go to the half that has more room for theirs, the largest first. So an early factor
   * joins a late sum alone, r*y*(1 - x) = y*(r - r*x), where r*x may be known, and less is multiplied twice.
   */
  #byHalves(factors: readonly Factor[], rank: number, level: number): NodeId | undefined {
    const room = 2 ** (level - 1 - this.#arrivals.first);
    const halves: [Factor[], Factor[]] = [[], []];
    const filled: [number, number] = [0, 0];
    const carried: [Set<number>, Set<number>] = [new Set(), new Set()];
    for (const { degree, ...factor } of this.#oneByOne(factors)) {
      const emptier = filled[0] <= filled[1] ? 0 : 1;
      // What is clear belongs where it may be uploaded, all else where it shares an axis.
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
    const made: Factor[] = [];
    for (const [side, half] of halves.entries()) {
      const needed = at(carried, 1 - side);
      const local = this.#localProduct(half, rank, needed, level - 1);
      if (local === undefined) return undefined;
      made.push(local);
    }
    return buildProduct(this.#builder, this.#arrivals, mergeFactors(made), rank);
  }

  /** Factors with their degrees, repeated ones apart, those of the highest degree first. */
  #oneByOne(factors: readonly Factor[]): readonly (Factor & { readonly degree: number })[] {
    const apart = factors.flatMap((factor) =>
      new Array<Factor>(factor.count).fill({ ...factor, count: 1 }),
    );
    return apart
      .map((factor) => ({ ...factor, degree: this.#degree(factor.node) }))
      .sort((a, b) => b.degree - a.degree);
  }

  /** The product of some factors of another one, as a factor of that, with all axes that the others need. */
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
    const largest = Math.max(...factors.map((factor) => elementsOf(factor.labels, extents)));
    if (isOuter(factors, labels, rank) || !isModest(labels, extents, largest)) return undefined;
    const places = [...labels, ...all.filter((label) => !isNeeded(label))];
    const local = factors.map((factor) => ({
      ...factor,
      labels: factor.labels.map((label) => places.indexOf(label)),
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

  /** A product whose latest factor is a sum: made with the factor made earlier, or distributed over it. */
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
    // Of several late matrices each would have to be taken apart, and every term of one meets every one of the others.
    const isLate = ({ node }: Factor) => this.#level(node) >= this.#level(latest.node);
    const isPower = latest.count > 1 || others.some(isLate);
    if (isPower && sumsOver([latest, ...others], rank)) return undefined;
    const rest = latest.count > 1 ? [...others, { ...latest, count: latest.count - 1 }] : others;
    const sum = { ...latest, count: 1 };
    return this.#distribute(rest, sum, rank, level);
  }

  /** The latest level at which a factor still lets the product meet its own; below that of inputs for none. */
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
    return Math.max(...degrees);
  }

  /** The least level of a value of some degree, as far as its degree tells. */
  #floorOf(degree: number): number {
    return this.#arrivals.first + (degree <= 1 ? 0 : Math.ceil(Math.log2(degree)));
  }
}
