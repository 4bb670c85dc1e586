import { type Clear, spread, timesNumber } from '../algebra/clear-values.ts';
import type { Coefficients } from '../algebra/coefficients.ts';
import {
  type Deadline,
  earliestLevel,
  leastDepth,
  type PolynomialShape,
  shareSchemes,
} from '../algebra/paterson-stockmeyer.ts';
import { type Basis, parameterOf } from '../algebra/polynomial-bases.ts';
import { findPolynomials, type NodePolynomials } from '../algebra/polynomial-facts.ts';
import { collectFamilies, type Families, type Family } from '../algebra/polynomial-families.ts';
import { PolynomialWriter } from '../algebra/polynomial-writer.ts';
import { Arrivals, isFreeFactor, isUploadFactor, isUploadSize } from '../ir/arrival.ts';
import { depthOfNode } from '../ir/circuit-facts.ts';
import { type Circuit, GraphBuilder, type Node, type NodeId } from '../ir/graph.ts';
import { compact, copyInto, copyNode } from '../ir/rewrite.ts';
import { at, defined, largestOf } from '../lookup.ts';
import * as exact from '../tensor/exact.ts';
import { scalar } from '../tensor/tensor.ts';
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
  readonly basis: Basis;
  readonly roots: readonly Root[];
  /** The ciphertext multiplications that they take in the circuit now. */
  readonly muls: number;
}

interface Root {
  readonly node: NodeId;
  readonly coefficients: Coefficients;
  readonly shape: PolynomialShape;
  /** The least level and depth, counted from the variable of the basis. */
  readonly earliest: number;
  readonly depth: number;
}

class Polynomials {
  readonly #builder = new GraphBuilder({ interning: true });
  readonly #arrivals: Arrivals;
  readonly #context: PassContext;
  readonly #circuit: Circuit;
  readonly #facts: NodePolynomials;
  readonly #families: Families;
  readonly #groupOf = new Map<NodeId, Group>();
  /** The replacement of each node of the circuit. */
  readonly #resolved: NodeId[] = [];

  constructor(circuit: Circuit, context: PassContext) {
    this.#context = context;
    // The builder has the same nodes, so coefficients can refer to them; the copy does not grow.
    this.#circuit = copyInto(this.#builder, circuit);
    this.#arrivals = new Arrivals((id) => this.#builder.node(id), context);
    this.#facts = findPolynomials(this.#circuit);
    const magnitudes = context.magnitudes.of(this.#circuit);
    this.#families = collectFamilies(
      this.#builder,
      this.#circuit,
      this.#facts,
      magnitudes,
      context.basis,
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
      work: this.#families.terms,
      ...(this.#families.exhausted ? { stopped: 'limit on coefficients reached' } : {}),
    };
  }

  #findGroups(): void {
    const { families } = this.#families;
    const kept = new Array<boolean>(this.#circuit.nodes.length).fill(false);
    const shaped = families.map((family) => {
      const roots = [...family.roots].flatMap(([node, coefficients]) => {
        const shape = this.#shapeOf(coefficients, family);
        return shape ? [{ node, coefficients, shape, ...earliest(shape) }] : [];
      });
      const isRewritten = new Set(roots.map(({ node }) => node));
      for (const node of [...family.roots.keys(), ...family.others])
        kept[node] = !isRewritten.has(node);
      return { family, roots };
    });
    const muls = this.#replaceableMuls(kept);
    for (const { family, roots } of shaped) {
      const { argument, basis } = family;
      const group = { argument, basis, roots, muls: muls.get(argument) ?? 0 };
      for (const { node } of roots) this.#groupOf.set(node, group);
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

  /** Returns what an evaluation depends on; undefined for polynomials of a degree below 2. */
  #shapeOf(coefficients: Coefficients, { argument, basis }: Family): PolynomialShape | undefined {
    const degree = largestOf(coefficients.keys());
    if (degree < 2) return undefined;
    // The client scales the argument, but not a sum of it and a number.
    const uploads = this.#arrivals.isUpload(argument) && exact.isZero(basis.center);
    const isPower = basis.kind === 'power';
    const parities = new Set([...coefficients.keys()].filter(Boolean).map((j) => j % 2));
    const present: boolean[] = [];
    const scalings: (readonly [number, number])[] = [];
    let size = 0;
    for (let j = degree; j >= 0; j--) {
      const coefficient = coefficients.get(j);
      size = Math.max(size, coefficient?.magnitude ?? 0);
      present[j] = coefficient !== undefined || (!isPower && parities.has(j % 2));
      // The coefficients of parts in other bases are sums of later ones.
      scalings[j] =
        coefficient && (isPower || j === degree)
          ? scalingsBy(coefficient.value, uploads)
          : [uploads && isUploadSize(size) ? 0 : 1, 1];
    }
    return {
      basis: basis.kind,
      present,
      // All powers behave alike except the argument itself, which the client may upload scaled.
      scaling: (j, power) => at(at(scalings, j), power === 1 ? 0 : 1),
    };
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
    const { argument, basis } = group;
    const variable = this.#variable(at(this.#resolved, argument), basis);
    const { level: from } = this.#arrivals.of(variable);
    const deadlines = group.roots.map(({ node, earliest, depth }) => ({
      level: Math.max(earliest, Math.min(at(required, node) - from, MAX_LEVEL)),
      depth,
    }));
    const shared = shareSchemes(
      group.roots.map(({ shape }) => shape),
      deadlines,
    );
    if (!shared || !this.#gains(group, shared.muls, deadlines, from)) return undefined;
    const parameter = parameterOf(basis, exact.ONE);
    const writer = new PolynomialWriter(this.#builder, variable, parameter, shared.powers);
    return new Map(
      group.roots.map((root, i) => {
        this.#builder.at(this.#circuit.origins[root.node]);
        const terms = new Map([...root.coefficients].map(([j, { value }]) => [j, value]));
        return [root.node, defined(writer.write(at(shared.schemes, i), terms))];
      }),
    );
  }

  /** Returns the variable of a basis: scale·(argument − center). */
  #variable(argument: NodeId, { scale, center }: Basis): NodeId {
    const scaled = timesNumber(this.#builder, scale, argument);
    if (exact.isZero(center)) return scaled;
    const { shape } = this.#builder.node(argument);
    const offset = scalar(exact.negate(exact.multiply(scale, center)));
    const term = spread(this.#builder, this.#builder.constant(offset), shape);
    return this.#builder.apply({ kind: 'add' }, [scaled, term]);
  }

  /** Whether the schemes are earlier where that matters, or as early with fewer multiplications. */
  #gains(
    { argument, roots, muls }: Group,
    newMuls: number,
    deadlines: readonly Deadline[],
    from: number,
  ): boolean {
    const start = this.#arrivals.of(argument);
    const asWritten = roots.map(({ node }) => this.#arrivals.of(node));
    const late = asWritten.some(({ level }, i) => level - from > at(deadlines, i).level);
    if (late || newMuls < muls) return true;
    const deeper = asWritten.some(({ depth }, i) => depth - start.depth > at(roots, i).depth);
    return deeper && newMuls === muls;
  }
}

function rootOf({ roots }: Group, id: NodeId): Root | undefined {
  return roots.find(({ node }) => node === id);
}

function earliest(shape: PolynomialShape): Pick<Root, 'earliest' | 'depth'> {
  return { earliest: earliestLevel(shape), depth: leastDepth(shape) };
}

/** Returns the levels that multiplying by a coefficient takes: of the argument, of other powers. */
function scalingsBy(coefficient: Clear, uploads: boolean): readonly [number, number] {
  if (typeof coefficient === 'number') return [1, 1];
  if (isFreeFactor(coefficient)) return [0, 0];
  return [uploads && isUploadFactor(coefficient) ? 0 : 1, 1];
}
