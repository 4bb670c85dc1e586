import type { ArrivalRules } from '../ir/arrival.ts';
import { Arrivals } from '../ir/arrival.ts';
import {
  type Circuit,
  GraphBuilder,
  liveNodes,
  type Node,
  type NodeId,
  nodeAt,
  useCounts,
} from '../ir/graph.ts';
import { copyNode, type Moved, rewrite } from '../ir/rewrite.ts';
import { at, defined } from '../lookup.ts';
import * as exact from '../tensor/exact.ts';
import { type Shape, scalar } from '../tensor/tensor.ts';
import { type Factor, mergeFactors, openFactor, placeConstants } from './factors.ts';
import { type Cube, Kernels, merged, multiplications } from './kernels.ts';
import { buildProduct } from './product.ts';
import { isSum, type Term as Part, summands } from './terms.ts';

/** Limit on the terms that one sum is expanded into. */
const MAX_TERMS = 512;
/**
 * Limits on the factors that are looked at: for one sum and, for each node, in the whole circuit.
 */
const MAX_WORK = 20_000;
const WORK_PER_NODE = 100;

/** A term of an expanded sum: a product of factors. */
interface Term {
  readonly negative: boolean;
  readonly factors: readonly Factor[];
}

/** How sums are expanded. */
export interface FactoringOptions {
  /** Whether products that other values use too are opened. */
  readonly opensShared: boolean;
  /**
   * Whether sums become polynomials in their late values, however many multiplications it takes.
   */
  readonly collects: boolean;
}

/** A sum as terms, with what they were expanded from. */
interface Expansion {
  readonly terms: readonly Term[];
  /** The products and powers that were opened, and the values that are factors of terms. */
  readonly opened: ReadonlySet<NodeId>;
  readonly leaves: ReadonlySet<NodeId>;
}

/**
 * Decides whether a product is distributed over a sum, one of its factors.
 *
 * @param isOwn whether the sum has no other users
 */
type Distributes = (sum: Factor, others: readonly Factor[], isOwn: boolean) => boolean;

/** A sum with shared factors, and the ciphertext multiplications that it takes. */
interface Shared {
  readonly cubes: readonly Cube[];
  readonly kernels: Kernels;
  readonly factors: readonly Factor[];
  readonly cost: number;
  readonly level: number;
  /** Whether it takes fewer multiplications than before, or as many. */
  readonly isCheaper: boolean;
  readonly isAsCheap: boolean;
  /** Whether it is a single product of ciphertexts. */
  readonly isProduct: boolean;
}

function inOrder(all: readonly Shared[]): readonly Shared[] {
  return [...all].sort((a, b) => a.level - b.level || a.cost - b.cost);
}

/**
 * Rewrites the sums of a circuit: each is expanded into terms, and terms that share factors become
 * one product with these.
 */
export class Factoring {
  readonly #circuit: Circuit;
  readonly #builder = new GraphBuilder({ interning: true });
  readonly #arrivals: Arrivals;
  readonly #uses: readonly number[];
  readonly #replaced: NodeId[] = [];
  readonly #options: FactoringOptions;
  /** Multiplications of sums without other users, with those of their factors. */
  readonly #costs = new Map<NodeId, number>();
  #budget: number;

  constructor(circuit: Circuit, context: ArrivalRules, options: FactoringOptions) {
    this.#options = options;
    this.#budget = WORK_PER_NODE * circuit.nodes.length + MAX_WORK;
    this.#circuit = circuit;
    this.#arrivals = new Arrivals((id) => this.#builder.node(id), context);
    this.#uses = useCounts(circuit);
  }

  get exhausted(): boolean {
    return this.#budget < 0;
  }

  run(): Circuit {
    const inner = this.#innerSums();
    const make = (node: Node, moved: Moved) => {
      const copied = copyNode(node, moved, this.#builder);
      const isRoot = isSum(node) && !inner[node.id];
      const built = isRoot ? (this.#factored(node, copied) ?? copied) : copied;
      this.#replaced[node.id] = built;
      return built;
    };
    return rewrite(this.#circuit, liveNodes(this.#circuit), make, this.#builder);
  }

  /** Returns, for each node, whether it is a sum that is only a term of another sum. */
  #innerSums(): readonly boolean[] {
    const inner = new Array<boolean>(this.#circuit.nodes.length).fill(false);
    for (const node of this.#circuit.nodes) {
      if (!isSum(node)) continue;
      for (const arg of node.args) if (this.#uses[arg] === 1) inner[arg] = isSum(this.#old(arg));
    }
    return inner;
  }

  #old(id: NodeId): Node {
    return nodeAt(this.#circuit, id);
  }

  /** Returns the sum with shared factors; undefined if that gains nothing. */
  #factored(root: Node, copied: NodeId): NodeId | undefined {
    const { level } = this.#arrivals.of(copied);
    for (const shared of this.#sharings(root, level)) {
      const { isCheaper, isAsCheap, isProduct, cost } = shared;
      if (!isCheaper && !isAsCheap && !this.#options.collects) continue;
      const built = new SharedSum(this.#builder, this.#arrivals, shared).build(root);
      if (built === undefined) continue;
      const gain = level - this.#arrivals.of(built).level;
      // A single product is a gain in itself: it can be multiplied on in any order.
      const isGain = gain > 0 || isCheaper || (isAsCheap && isProduct);
      if (!isGain || gain < 0) continue;
      this.#costs.set(root.id, cost);
      return built;
    }
    return undefined;
  }

  /**
   * Returns a sum with shared factors in some ways, the earliest and cheapest first. They differ in
   * which products are distributed over sums inside them, and in what is shared first: late
   * factors, or those that save most.
   */
  #sharings(root: Node, limit: number): readonly Shared[] {
    const { opensShared, collects } = this.#options;
    const isOwn: Distributes = (_sum, _others, own) => own;
    if (opensShared) {
      const full = this.#expanded(root, isOwn);
      if (!full) return [];
      const before = this.#costOf(full);
      const collected = this.#shared(full, before);
      return collects ? [collected] : inOrder([collected, this.#shared(full, before, limit)]);
    }
    const flat = this.#expanded(root, () => false);
    if (!flat) return [];
    const before = this.#costOf(flat);
    this.#costs.set(root.id, before);
    const sharing = this.#expanded(root, this.#distributesSharing(flat));
    const full = this.#expanded(root, isOwn);
    return inOrder(
      [flat, sharing, full].flatMap((expansion) => {
        if (!expansion) return [];
        const kernels = this.#shared(expansion, before, limit);
        return expansion === full ? [this.#shared(expansion, before), kernels] : [kernels];
      }),
    );
  }

  /**
   * Returns a rule that distributes a product over a sum if a term of the sum has a factor in
   * common with another term: over 1 - c in c*t + (1 - c)*f, but not over a sum f.
   */
  #distributesSharing(flat: Expansion): Distributes {
    const terms = new Map<string, number>();
    for (const { factors } of flat.terms)
      for (const factor of factors) terms.set(keyOf(factor), (terms.get(keyOf(factor)) ?? 0) + 1);
    return ({ node, labels }, others) => {
      const own = new Set(others.map((other) => keyOf(this.#moved(other))));
      const inner = this.#expanded(this.#old(node), () => false, labels)?.terms ?? [];
      return inner.some(({ factors }) =>
        factors.some((factor) => {
          const key = keyOf(factor);
          return this.#isCipher(factor) && (terms.get(key) ?? 0) > Number(own.has(key));
        }),
      );
    };
  }

  #isCipher({ node }: Factor): boolean {
    return this.#builder.node(node).secrecy === 'cipher';
  }

  #moved(factor: Factor): Factor {
    return { ...factor, node: at(this.#replaced, factor.node) };
  }

  /**
   * Returns the multiplications of what an expansion was made from: of opened products, and of the
   * sums that are factors and have no other users.
   */
  #costOf({ opened, leaves }: Expansion): number {
    let cost = this.#costOfLeaves(leaves);
    for (const id of opened) {
      const { op, args } = this.#old(id);
      if (op.kind === 'pow') cost += multiplications(op.exponent);
      else cost += Number(args.every((arg) => this.#old(arg).secrecy === 'cipher'));
    }
    return cost;
  }

  #costOfLeaves(leaves: ReadonlySet<NodeId>): number {
    let cost = 0;
    for (const id of leaves) if (this.#uses[id] === 1) cost += this.#costs.get(id) ?? 0;
    return cost;
  }

  /**
   * @param before the multiplications that the sum takes now
   * @param limit the latest arrival level; late factors are shared first if there is none
   */
  #shared({ terms, leaves }: Expansion, before: number, limit?: number): Shared {
    const kernels = new Kernels(Math.min(MAX_WORK, this.#budget));
    const { left } = kernels;
    const factors: Factor[] = [];
    const numbers = new Map<string, number>();
    const literalOf = (factor: Factor) => {
      const known = numbers.get(keyOf(factor));
      if (known !== undefined) return known;
      const { level } = this.#arrivals.of(factor.node);
      const isUpload = this.#arrivals.isUpload(factor.node);
      const literal = kernels.add({ isCipher: this.#isCipher(factor), level, isUpload });
      factors[literal] = { ...factor, count: 1 };
      numbers.set(keyOf(factor), literal);
      return literal;
    };
    const all = terms.map(({ negative, factors: own }): Cube => {
      let coefficient = negative ? exact.negate(exact.ONE) : exact.ONE;
      const powers = new Map<number, number>();
      for (const factor of own) {
        const { op } = this.#builder.node(factor.node);
        const number = op.kind === 'const' && op.tensor.shape.length === 0 && op.tensor.data[0];
        if (number) coefficient = exact.multiply(coefficient, exact.power(number, factor.count));
        else powers.set(literalOf(factor), factor.count);
      }
      return { coefficient, powers };
    });
    const sum = merged(all);
    // Early powers that a polynomial in a late value needs may be those of another sum.
    const cubes =
      limit === undefined
        ? kernels.collect(sum, !this.#options.collects)
        : kernels.share(sum, limit);
    this.#budget -= left - kernels.left;
    const cost = kernels.costOf(cubes) + this.#costOfLeaves(leaves);
    const isProduct = kernels.isProduct(cubes);
    const isLeft = !isProduct && kernels.isPolynomial(sum);
    return {
      cubes,
      kernels,
      factors,
      cost,
      level: kernels.levelOf(cubes),
      isCheaper: cost < before && !isLeft,
      isAsCheap: cost === before && !isLeft,
      isProduct,
    };
  }

  /**
   * Returns the terms of a sum, with its products opened; undefined if there are too many.
   *
   * @param labels labels of the sum's axes
   */
  #expanded(
    root: Node,
    distributes: Distributes,
    labels: readonly number[] = [...root.shape.keys()],
  ): Expansion | undefined {
    const terms: Term[] = [];
    const opened = new Set<NodeId>();
    const leaves = new Set<NodeId>();
    /** What sums with other users are computed from; these users need it, too. */
    const borrowed = new Set<NodeId>();
    let work = 0;
    const stack: { negative: boolean; open: readonly Factor[]; done: readonly Factor[] }[] = [
      { negative: false, open: [{ node: root.id, labels, count: 1 }], done: [] },
    ];
    for (let item = stack.pop(); item; item = stack.pop()) {
      const { negative, open, done } = item;
      work += open.length + done.length;
      this.#budget -= open.length + done.length;
      if (stack.length + terms.length > MAX_TERMS || work > MAX_WORK || this.#budget < 0)
        return undefined;
      const [factor, ...others] = open;
      if (!factor) {
        terms.push({ negative, factors: mergeFactors(done.map((one) => this.#moved(one))) });
        continue;
      }
      const node = this.#old(factor.node);
      const isSole = factor.node === root.id || this.#uses[factor.node] === 1;
      const isOwn = isSole && !borrowed.has(factor.node);
      const rest = [...others, ...done];
      const opens = () => (rest.length === 0 ? isOwn : distributes(factor, rest, isOwn));
      if (factor.count === 1 && isSum(node) && opens()) {
        for (const summand of summands(node)) {
          if (!isOwn) borrowed.add(summand.node);
          stack.push({
            negative: negative !== summand.negative,
            open: [{ ...factor, node: summand.node }, ...others],
            done,
          });
        }
      } else if ((isOwn || this.#options.opensShared) && isElementwise(node)) {
        opened.add(node.id);
        const inner = defined(openFactor(node, factor, [], root.shape.length));
        stack.push({ negative, open: mergeFactors([...inner, ...others]), done });
      } else {
        leaves.add(node.id);
        stack.push({ negative, open: others, done: [...done, factor] });
      }
    }
    return { terms: terms.reverse(), opened, leaves };
  }
}

/** Builds a sum with shared factors, each sum in it once. */
class SharedSum {
  readonly #builder: GraphBuilder;
  readonly #arrivals: Arrivals;
  readonly #shared: Shared;
  readonly #built = new Map<number, Factor>();

  constructor(builder: GraphBuilder, arrivals: Arrivals, shared: Shared) {
    this.#builder = builder;
    this.#arrivals = arrivals;
    this.#shared = shared;
  }

  /** Returns the sum; undefined if its terms cancel, or no longer have all axes of the root. */
  build({ shape }: Node): NodeId | undefined {
    const { cubes } = this.#shared;
    if (cubes.length === 0) return undefined;
    const { node, labels } = this.#sum(cubes, shape);
    return labels.length === shape.length ? node : undefined;
  }

  #sum(cubes: readonly Cube[], shape: Shape): Factor {
    const parts = cubes.map((cube) => this.#product(cube, shape));
    const labels = labelsOf(parts.map(({ factor }) => factor));
    const terms = parts.map(({ negative, factor }) => {
      return { negative, node: this.#spread(factor, labels, shape) };
    });
    return { node: this.#added(terms), labels, count: 1 };
  }

  /** Returns the value of a term, without its sign. */
  #product(
    { coefficient, powers }: Cube,
    shape: Shape,
  ): { readonly negative: boolean; readonly factor: Factor } {
    const negative = coefficient.value < 0;
    const size = negative ? exact.negate(coefficient) : coefficient;
    const factors = [...powers].map(([id, count]) => ({ ...this.#literal(id, shape), count }));
    const labels = labelsOf(factors);
    const number = { node: this.#builder.constant(scalar(size)), labels: [], count: 1 };
    const all = exact.isOne(size) && factors.length > 0 ? factors : [number, ...factors];
    const local = all.map((factor) => ({
      ...factor,
      labels: factor.labels.map((label) => labels.indexOf(label)),
    }));
    const placed = placeConstants(this.#builder, this.#arrivals, mergeFactors(local));
    const node = defined(buildProduct(this.#builder, this.#arrivals, placed, labels.length));
    return { negative, factor: { node, labels, count: 1 } };
  }

  #literal(id: number, shape: Shape): Factor {
    const { factors, kernels } = this.#shared;
    const known = factors[id] ?? this.#built.get(id);
    if (known) return known;
    const built = this.#sum(defined(kernels.literal(id).sum), shape);
    this.#built.set(id, built);
    return built;
  }

  /** Repeats a value that has some of the sum's axes along the others. */
  #spread({ node, labels }: Factor, axes: readonly number[], shape: Shape): NodeId {
    if (labels.length === axes.length) return node;
    const op = {
      kind: 'broadcast',
      shape: axes.map((axis) => at(shape, axis)),
      axes: labels.map((axis) => axes.indexOf(axis)),
    } as const;
    return this.#builder.apply(op, [node]);
  }

  #added(parts: readonly Part[]): NodeId {
    const ordered = [...parts].sort((a, b) => Number(a.negative) - Number(b.negative));
    const first = at(ordered, 0);
    let sum = first.negative ? this.#builder.apply({ kind: 'neg' }, [first.node]) : first.node;
    for (const { negative, node } of ordered.slice(1))
      sum = this.#builder.apply({ kind: negative ? 'sub' : 'add' }, [sum, node]);
    return sum;
  }
}

/** Returns the axes that at least one of some factors has, ascending. */
function labelsOf(factors: readonly Factor[]): readonly number[] {
  return [...new Set(factors.flatMap(({ labels }) => labels))].sort((a, b) => a - b);
}

function keyOf({ node, labels }: Factor): string {
  return `${node}:${labels.join()}`;
}

function isElementwise({ op, secrecy }: Node): boolean {
  if (secrecy !== 'cipher') return false;
  if (op.kind === 'pow') return true;
  return op.kind === 'mul' && [...op.lhs, ...op.rhs].every((label) => label < op.rank);
}
