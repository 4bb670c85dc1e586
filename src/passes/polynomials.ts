import { type Clear, multiplyNodes, nodeOf, spread } from '../algebra/clear-values.ts';
import { CoefficientCollector, type Coefficients } from '../algebra/coefficients.ts';
import {
  type Deadline,
  type EvaluationScheme,
  earliestLevel,
  leastDepth,
  type PolynomialShape,
  type PowerProduct,
  shareSchemes,
} from '../algebra/paterson-stockmeyer.ts';
import {
  findPolynomials,
  type NodePolynomials,
  type PolynomialFacts,
  rootNodes,
} from '../algebra/polynomial-facts.ts';
import { Arrivals, isFreeFactor, isUploadFactor } from '../ir/arrival.ts';
import { depthOfNode } from '../ir/circuit-facts.ts';
import { type Circuit, GraphBuilder, type Node, type NodeId } from '../ir/graph.ts';
import { compact, copyInto, copyNode } from '../ir/rewrite.ts';
import { at, defined, largestOf, lookUp } from '../lookup.ts';
import * as exact from '../tensor/exact.ts';
import { elementwiseProduct } from '../tensor/op.ts';
import type { Pass, PassResult } from './pass.ts';
import type { PassContext } from './pass-context.ts';

/**
 * Polynomials: values that are polynomials in one ciphertext with clear coefficients are computed
 * from shared powers of it, however they were written: by Horner's rule, by powers or by parts:
 *
 *     ((c3*x + c2)*x + c1)*x + c0  =  (c3*x + c2)*x² + (c1*x + c0)
 *
 * Depth is ⌈log2 degree⌉, and about 2√degree multiplications are enough (see
 * paterson-stockmeyer.ts). All polynomials of one argument share their powers. Zero coefficients
 * are left out, so odd and even polynomials take about √(2·degree).
 *
 * The argument is the ciphertext that a value is computed from only by additions and by products
 * with clear values and each other. Safe because collecting coefficients is an identity over every
 * commutative ring, and constants are exact. It fires if an output of the circuit arrives earlier,
 * or no later with fewer multiplications. Coefficients of an expanded composition can be huge and
 * cancel. So the terms of a polynomial may be larger than the values that it replaces only by a
 * limited factor.
 */
export const polynomials: Pass = {
  name: 'polynomials',
  summary: 'evaluate polynomials of one argument from shared powers',
  example: `input x: cipher;
output y = (((5*x + 4)*x + 3)*x + 2)*x + 1;
`,
  requires: [],
  run: (circuit, context) => new Polynomials(circuit, context).run(),
};

/** Deadlines later than this, in levels from the argument on, are all treated alike. */
const MAX_LEVEL = 60;

/** All polynomials of one argument that are computed together. */
interface Group {
  readonly argument: NodeId;
  readonly roots: readonly Root[];
  /** The ciphertext multiplications that they take in the circuit now. */
  readonly muls: number;
}

interface Root {
  readonly node: NodeId;
  readonly coefficients: Coefficients;
  readonly shape: PolynomialShape;
  /** The least level and depth, counted from the argument. */
  readonly earliest: number;
  readonly depth: number;
}

class Polynomials {
  readonly #builder = new GraphBuilder({ interning: true });
  readonly #arrivals: Arrivals;
  readonly #context: PassContext;
  readonly #circuit: Circuit;
  readonly #facts: NodePolynomials;
  readonly #coefficients: CoefficientCollector;
  readonly #groupOf = new Map<NodeId, Group>();
  /** The replacement of each node of the circuit. */
  readonly #resolved: NodeId[] = [];

  constructor(circuit: Circuit, context: PassContext) {
    this.#context = context;
    // The builder has the same nodes, so coefficients can refer to them; the copy does not grow.
    this.#circuit = copyInto(this.#builder, circuit);
    this.#arrivals = new Arrivals((id) => this.#builder.node(id), context);
    this.#facts = findPolynomials(this.#circuit);
    this.#coefficients = new CoefficientCollector(
      this.#builder,
      this.#facts,
      context.magnitudes.of(this.#circuit),
    );
  }

  run(): PassResult {
    this.#findGroups();
    const required = this.#requiredLevels();
    const planned = new Map<Group, ReadonlyMap<NodeId, NodeId> | undefined>();
    for (const node of this.#circuit.nodes) {
      const group = this.#groupOf.get(node.id);
      this.#builder.at(this.#circuit.origins[node.id]);
      const copied = copyNode(node, (arg) => at(this.#resolved, arg), this.#builder);
      this.#resolved[node.id] = copied;
      if (!group) continue;
      if (!planned.has(group)) planned.set(group, this.#plan(group, required));
      this.#resolved[node.id] = planned.get(group)?.get(node.id) ?? copied;
    }
    const outputs = this.#circuit.outputs.map((output) => ({
      ...output,
      node: at(this.#resolved, output.node),
    }));
    return {
      circuit: compact(this.#builder.finish(this.#circuit.inputs, outputs)),
      work: this.#coefficients.terms,
      ...(this.#coefficients.exhausted ? { stopped: 'limit on coefficients reached' } : {}),
    };
  }

  /**
   * Groups, by argument, the polynomials that are outputs or are used by other values than
   * polynomials of their argument.
   */
  #findGroups(): void {
    const isRoot = rootNodes(this.#circuit, this.#facts);
    const roots = new Map<NodeId, Root[]>();
    const kept = new Array<boolean>(this.#circuit.nodes.length).fill(false);
    for (const { id } of this.#circuit.nodes) {
      const inner = this.#facts.inner[id];
      if (!inner || !isRoot[id]) continue;
      const root = this.#rootAt(id, inner);
      if (root) roots.set(inner.argument, [...(roots.get(inner.argument) ?? []), root]);
      else kept[id] = true;
    }
    const muls = this.#replaceableMuls(kept);
    for (const [argument, members] of roots) {
      const group = { argument, roots: members, muls: muls.get(argument) ?? 0 };
      for (const { node } of members) this.#groupOf.set(node, group);
    }
  }

  /**
   * Returns the ciphertext multiplications by argument, without those that values outside the
   * groups still need.
   */
  #replaceableMuls(kept: boolean[]): ReadonlyMap<NodeId, number> {
    const muls = new Map<NodeId, number>();
    for (const node of [...this.#circuit.nodes].reverse()) {
      const inner = this.#facts.inner[node.id];
      if (!inner) continue;
      if (kept[node.id]) {
        for (const arg of node.args)
          if (this.#facts.inner[arg]?.argument === inner.argument) kept[arg] = true;
      } else {
        const count = depthOfNode(this.#circuit, node);
        muls.set(inner.argument, (muls.get(inner.argument) ?? 0) + count);
      }
    }
    return muls;
  }

  #rootAt(node: NodeId, inner: PolynomialFacts): Root | undefined {
    const coefficients = this.#coefficients.of(node, inner.argument);
    if (!coefficients) return undefined;
    const degree = largestOf(coefficients.keys());
    if (degree < 2) return undefined;
    const scalings = (power: number) =>
      Array.from({ length: degree + 1 }, (_, j) => {
        const coefficient = coefficients.get(j);
        return coefficient ? this.#scaling(coefficient.value, power, inner.argument) : 0;
      });
    // All powers behave alike except the argument itself, which the client may upload scaled.
    const [ofArgument, ofOthers] = [scalings(1), scalings(2)];
    const shape: PolynomialShape = {
      present: Array.from({ length: degree + 1 }, (_, j) => coefficients.has(j)),
      scaling: (j, power) => at(power === 1 ? ofArgument : ofOthers, j),
    };
    return {
      node,
      coefficients,
      shape,
      earliest: earliestLevel(shape),
      depth: leastDepth(shape),
    };
  }

  /** Returns the levels that multiplying a power of the argument by a coefficient takes. */
  #scaling(coefficient: Clear, power: number, argument: NodeId): number {
    if (typeof coefficient === 'number') return 1;
    const uploads = power === 1 && this.#arrivals.isUpload(argument) && isUploadFactor(coefficient);
    return uploads || isFreeFactor(coefficient) ? 0 : 1;
  }

  /**
   * Returns, for each node, the latest arrival level at which the outputs still arrive as early as
   * possible.
   */
  #requiredLevels(): readonly number[] {
    const { nodes, outputs } = this.#circuit;
    const { first } = this.#arrivals;
    const added = nodes.map((node) => this.#levelsAddedBy(node));
    const best: number[] = [];
    for (const node of nodes) {
      let level = node.args.reduce((most, arg) => Math.max(most, at(best, arg)), first);
      level += at(added, node.id);
      const group = this.#groupOf.get(node.id);
      const root = group && rootOf(group, node.id);
      if (root) level = Math.min(level, at(best, group.argument) + root.earliest);
      best.push(node.secrecy === 'cipher' ? level : first);
    }
    const least = outputs.reduce((most, { node }) => Math.max(most, at(best, node)), 0);
    const goal = Math.max(least, this.#context.goal ?? 0);
    const required = new Array<number>(nodes.length).fill(Number.POSITIVE_INFINITY);
    for (const { node } of outputs) required[node] = goal;
    for (const { id, args } of nodes.toReversed()) {
      const group = this.#groupOf.get(id);
      const root = group && rootOf(group, id);
      const latest = at(required, id);
      const note = (arg: NodeId, level: number) => {
        if (level < at(required, arg)) required[arg] = level;
      };
      if (root) note(group.argument, latest - root.earliest);
      else for (const arg of args) note(arg, latest - at(added, id));
    }
    return required;
  }

  #levelsAddedBy(node: Node): number {
    const operands = node.args.reduce(
      (most, arg) => Math.max(most, this.#arrivals.of(arg).level),
      this.#arrivals.first,
    );
    return this.#arrivals.of(node.id).level - operands;
  }

  /**
   * Returns new nodes for the roots of a group; undefined if the group is better left unchanged.
   */
  #plan(group: Group, required: readonly number[]): ReadonlyMap<NodeId, NodeId> | undefined {
    const argument = at(this.#resolved, group.argument);
    const { level: from } = this.#arrivals.of(argument);
    const deadlines = group.roots.map(({ node, earliest, depth }) => ({
      level: Math.max(earliest, Math.min(at(required, node) - from, MAX_LEVEL)),
      depth,
    }));
    const shared = shareSchemes(
      group.roots.map(({ shape }) => shape),
      deadlines,
    );
    if (!shared || !this.#gains(group, shared.muls, deadlines)) return undefined;
    const powers = this.#powers(argument, shared.powers);
    return new Map(
      group.roots.map((root, i) => {
        this.#builder.at(this.#circuit.origins[root.node]);
        return [root.node, defined(this.#build(at(shared.schemes, i), root, powers))];
      }),
    );
  }

  /** Whether the schemes are earlier where that matters, or as early with fewer multiplications. */
  #gains({ argument, roots, muls }: Group, newMuls: number, deadlines: readonly Deadline[]) {
    const start = this.#arrivals.of(argument);
    const asWritten = roots.map(({ node }) => this.#arrivals.of(node));
    const late = asWritten.some(({ level }, i) => level - start.level > at(deadlines, i).level);
    if (late || newMuls < muls) return true;
    const deeper = asWritten.some(({ depth }, i) => depth - start.depth > at(roots, i).depth);
    return deeper && newMuls === muls;
  }

  #powers(argument: NodeId, products: readonly PowerProduct[]): ReadonlyMap<number, NodeId> {
    const powers = new Map([[1, argument]]);
    const { shape } = this.#builder.node(argument);
    for (const { exponent, left, right } of products) {
      const factors = [lookUp(powers, left), lookUp(powers, right)];
      powers.set(exponent, this.#builder.apply(elementwiseProduct(shape, shape), factors));
    }
    return powers;
  }

  /**
   * Builds the value of a scheme: a clear value if it is only a coefficient, undefined for zero.
   */
  #build(
    scheme: EvaluationScheme,
    root: Root,
    powers: ReadonlyMap<number, NodeId>,
  ): NodeId | undefined {
    switch (scheme.kind) {
      case 'zero':
        return undefined;
      case 'sum':
        return this.#buildSum(scheme, root, powers);
      case 'split': {
        const high = defined(this.#build(scheme.high, root, powers));
        const product = this.#multiply(high, lookUp(powers, scheme.at));
        const low = this.#build(scheme.low, root, powers);
        return low === undefined ? product : this.#add(product, low);
      }
    }
  }

  #buildSum(
    { from, to }: EvaluationScheme & { kind: 'sum' },
    { coefficients }: Root,
    powers: ReadonlyMap<number, NodeId>,
  ): NodeId {
    let sum: NodeId | undefined;
    for (let j = to - 1; j >= from; j--) {
      const value = coefficients.get(j)?.value;
      if (value === undefined) continue;
      const coefficient = nodeOf(this.#builder, value);
      const term = j === from ? coefficient : this.#multiply(coefficient, lookUp(powers, j - from));
      sum = sum === undefined ? term : this.#add(sum, term);
    }
    return defined(sum);
  }

  #multiply(a: NodeId, b: NodeId): NodeId {
    return this.#isOne(a) ? b : multiplyNodes(this.#builder, a, b);
  }

  #isOne(id: NodeId): boolean {
    const { op, shape } = this.#builder.node(id);
    const isScalar = op.kind === 'const' && shape.length === 0;
    return isScalar && op.tensor.data.every(exact.isOne);
  }

  #add(a: NodeId, b: NodeId): NodeId {
    const { shape } = this.#builder.node(a);
    return this.#builder.apply({ kind: 'add' }, [a, spread(this.#builder, b, shape)]);
  }
}

function rootOf({ roots }: Group, id: NodeId): Root | undefined {
  return roots.find(({ node }) => node === id);
}
