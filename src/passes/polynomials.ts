import { type Clear, numberOf, spread, timesNumber } from '../algebra/clear-values.ts';
import type { Coefficient, Coefficients } from '../algebra/coefficients.ts';
import {
  type Deadline,
  earliestLevel,
  leastDepth,
  type PolynomialShape,
  shareSchemes,
} from '../algebra/paterson-stockmeyer.ts';
import {
  type Basis,
  elementSize,
  parameterOf,
  scaleClear,
  type Terms,
} from '../algebra/polynomial-bases.ts';
import { findPolynomials, type NodePolynomials } from '../algebra/polynomial-facts.ts';
import { collectFamilies, type Families, type Family } from '../algebra/polynomial-families.ts';
import { chooseScales, leadOf, type RootScale } from '../algebra/polynomial-scales.ts';
import { PolynomialWriter } from '../algebra/polynomial-writer.ts';
import {
  Arrivals,
  compareArrivals,
  isFreeFactor,
  isUploadFactor,
  isUploadSize,
  outputArrival,
} from '../ir/arrival.ts';
import { circuitFacts, depthOfNode } from '../ir/circuit-facts.ts';
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
 *
 * Powers of a Chebyshev series nearly cancel, too. There the same values are computed from
 * Chebyshev polynomials of the argument, in as many levels and multiplications (see
 * polynomial-families.ts). A recurrence needs no recognition: in that basis, what is collected from
 * 2·x·T_k − T_(k−1) is one coefficient.
 *
 * In CKKS, a polynomial may be computed up to a factor that an upload, the next polynomial or the
 * client absorbs (see polynomial-scales.ts). That is done where it takes fewer levels or
 * multiplications.
 */
export const polynomials: Pass = {
  name: 'polynomials',
  summary: 'evaluate polynomials of one argument from shared powers',
  example: `input x: cipher;
output y = (((5*x + 4)*x + 3)*x + 2)*x + 1;
`,
  requires: [],
  run: (circuit, context) => {
    const exactly = new Polynomials(circuit, context, false).run();
    if (!context.scaledUploads) return exactly;
    const scaled = new Polynomials(circuit, context, true).run();
    const isBetter = compareCosts(scaled.circuit, exactly.circuit, context) < 0;
    return isBetter ? scaled : exactly;
  },
};

/** Deadlines later than this, in levels from the argument on, are all treated alike. */
const MAX_LEVEL = 60;

/** All polynomials of one argument that are computed together. */
interface Group {
  readonly argument: NodeId;
  readonly basis: Basis;
  /** About what the variable of the basis is multiplied by. */
  readonly stretch: number;
  readonly roots: readonly Root[];
  /** The ciphertext multiplications that they take in the circuit now. */
  readonly muls: number;
}

interface Root {
  readonly node: NodeId;
  readonly coefficients: Coefficients;
  readonly scale: RootScale | undefined;
  readonly shape: PolynomialShape;
  /** The least level and depth, counted from the variable of the basis. */
  readonly earliest: number;
  readonly depth: number;
}

/** A value as a number times a node. */
interface Multiple {
  readonly factor: exact.Exact;
  readonly node: NodeId;
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
  /** The replacements that are computed without a factor, which what follows absorbs. */
  readonly #multiples = new Map<NodeId, Multiple>();
  readonly #magnitudes: Float64Array;
  readonly #scales: boolean;

  /** @param scales whether polynomials may be computed up to factors */
  constructor(circuit: Circuit, context: PassContext, scales: boolean) {
    this.#scales = scales;
    this.#context = context;
    // The builder has the same nodes, so coefficients can refer to them; the copy does not grow.
    this.#circuit = copyInto(this.#builder, circuit);
    this.#arrivals = new Arrivals((id) => this.#builder.node(id), context);
    this.#facts = findPolynomials(this.#circuit);
    this.#magnitudes = context.magnitudes.of(this.#circuit);
    this.#families = collectFamilies(
      this.#builder,
      this.#circuit,
      this.#facts,
      this.#magnitudes,
      context.basis,
    );
  }

  run(): PassResult {
    this.#findGroups();
    const required = this.#requiredLevels();
    const planned = new Map<Group, ReadonlyMap<NodeId, Multiple> | undefined>();
    for (const node of this.#circuit.nodes) {
      const group = this.#groupOf.get(node.id);
      this.#builder.at(this.#circuit.origins[node.id]);
      const copied = copyNode(node, (arg) => at(this.#resolved, arg), this.#builder);
      this.#resolved[node.id] = copied;
      if (!group) continue;
      if (!planned.has(group)) planned.set(group, this.#plan(group, required));
      const found = planned.get(group)?.get(node.id);
      if (!found) continue;
      this.#multiples.set(node.id, found);
      this.#resolved[node.id] = timesNumber(this.#builder, found.factor, found.node);
    }
    const outputs = this.#circuit.outputs.map((output) => {
      const { factor, node } = this.#multiple(output.node);
      return { ...output, node, factor: exact.multiply(output.factor, factor) };
    });
    return {
      circuit: compact(this.#builder.finish(this.#circuit.inputs, outputs)),
      work: this.#families.terms,
      ...(this.#families.exhausted ? { stopped: 'limit on coefficients reached' } : {}),
    };
  }

  #multiple(id: NodeId): Multiple {
    return this.#multiples.get(id) ?? { factor: exact.ONE, node: at(this.#resolved, id) };
  }

  #findGroups(): void {
    const families = this.#families.families.filter(({ roots }) => roots.size > 0);
    const kept = new Array<boolean>(this.#circuit.nodes.length).fill(false);
    const isLinear = (coefficients: Coefficients) => largestOf(coefficients.keys()) < 2;
    for (const { roots, others } of this.#families.families) {
      for (const id of others) kept[id] = true;
      for (const [id, coefficients] of roots) kept[id] = isLinear(coefficients);
    }
    const whole = families.filter(
      ({ roots, others }) => others.length === 0 && ![...roots.values()].some(isLinear),
    );
    const scales = this.#scales
      ? chooseScales(this.#circuit, this.#facts, whole, this.#magnitudes, (id) =>
          this.#arrivals.isUpload(id),
        )
      : undefined;
    const muls = this.#replaceableMuls(kept);
    for (const family of families) {
      const { argument, basis } = family;
      const scale = scales?.get(argument);
      const roots = [...family.roots]
        .filter(([, coefficients]) => !isLinear(coefficients))
        .map(([node, coefficients]) => {
          const ofRoot = scale?.roots.get(node);
          const shape = this.#shapeOf(coefficients, family, scale?.stretch ?? 1, ofRoot);
          return { node, coefficients, scale: ofRoot, shape, ...earliest(shape) };
        });
      const stretch = scale?.stretch ?? 1;
      const group = { argument, basis, stretch, roots, muls: muls.get(argument) ?? 0 };
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

  /** Returns what an evaluation depends on. */
  #shapeOf(
    coefficients: Coefficients,
    family: Family,
    stretch: number,
    scale: RootScale | undefined,
  ): PolynomialShape {
    const { argument, basis } = family;
    const degree = largestOf(coefficients.keys());
    // The client scales the argument, but not a sum of it and a number.
    const uploads = this.#arrivals.isUpload(argument) && exact.isZero(basis.center);
    const isPower = basis.kind === 'power';
    const parities = new Set([...coefficients.keys()].filter(Boolean).map((j) => j % 2));
    const present: boolean[] = [];
    const scalings: (readonly [number, number])[] = [];
    const isAsWritten = stretch === 1 && !scale?.isMonic;
    const lead = scale?.isMonic ? coefficients.get(degree)?.magnitude : undefined;
    const scaled = (coefficient: Coefficient | undefined, j: number) =>
      coefficient
        ? (coefficient.magnitude * stretch ** (degree - j)) / (lead ?? stretch ** degree)
        : 0;
    let size = 0;
    for (let j = degree; j >= 0; j--) {
      const coefficient = coefficients.get(j);
      size = Math.max(size, scaled(coefficient, j));
      present[j] = coefficient !== undefined || (!isPower && parities.has(j % 2));
      const isKnown = coefficient && isAsWritten && (isPower || j === degree);
      // The coefficients of parts in other bases are sums of later ones.
      const largest = isPower ? scaled(coefficient, j) : size;
      scalings[j] = isKnown
        ? scalingsBy(coefficient.value, uploads)
        : [uploads && isUploadSize(largest) ? 0 : 1, 1];
    }
    if (scale?.isMonic) scalings[degree] = [0, 0];
    return {
      basis: basis.kind,
      present,
      // All powers behave alike except the argument itself, which the client may upload scaled.
      scaling: (j, power) => at(at(scalings, j), power === 1 ? 0 : 1),
      spread: (from, to) => this.#spreadOf(coefficients, family, from, to),
    };
  }

  /** Returns the sum of the terms of a part of a polynomial relative to the largest power in it. */
  #spreadOf(
    coefficients: Coefficients,
    { argument, basis }: Family,
    from: number,
    to: number,
  ): number {
    // A part divided by its leading coefficient is a scaled polynomial, too.
    if (!this.#scales) return Number.POSITIVE_INFINITY;
    const size = at(this.#magnitudes, argument);
    let [sum, term] = [0, 0];
    for (let j = from; j < to; j++) {
      const coefficient = coefficients.get(j);
      if (coefficient && !numberOf(coefficient.value)) return Number.POSITIVE_INFINITY;
      term = (coefficient?.magnitude ?? 0) * elementSize(basis, j - from, size);
      sum += term;
    }
    return sum / term;
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
  #plan(group: Group, required: readonly number[]): ReadonlyMap<NodeId, Multiple> | undefined {
    const { argument, basis } = group;
    const inner = this.#multiple(argument);
    // A factor of the argument is stretched away: it is about the inverse of what was wanted.
    const stretch = exact.isOne(inner.factor)
      ? exact.fromNumber(this.#arrivals.isUpload(argument) ? group.stretch : 1)
      : defined(exact.invert(exact.multiply(basis.scale, inner.factor)));
    const variable = this.#variable(inner, basis, stretch);
    const { level: from } = this.#arrivals.of(variable);
    const deadlines = group.roots.map(({ node, earliest, depth }) => ({
      level: Math.max(earliest, Math.min(at(required, node) - from, MAX_LEVEL)),
      depth,
    }));
    const shared = shareSchemes(
      group.roots.map(({ shape }) => shape),
      deadlines,
    );
    const isDue = !exact.isOne(inner.factor);
    if (!shared || !(isDue || this.#gains(group, shared.muls, deadlines, from))) return undefined;
    const parameter = parameterOf(basis, stretch);
    const writer = new PolynomialWriter(this.#builder, variable, parameter, shared.powers);
    const write = (i: number): readonly [NodeId, Multiple] => {
      const root = at(group.roots, i);
      this.#builder.at(this.#circuit.origins[root.node]);
      const { factor, terms } = this.#scaledTerms(root, stretch);
      return [root.node, { factor, node: defined(writer.write(at(shared.schemes, i), terms)) }];
    };
    const others = [...group.roots.keys()].filter((i) => i !== shared.leader);
    return new Map([shared.leader, ...others].map(write));
  }

  /** Returns a polynomial of the stretched variable as a factor times what is computed. */
  #scaledTerms(
    { coefficients, scale }: Root,
    stretch: exact.Exact,
  ): { readonly factor: exact.Exact; readonly terms: Terms } {
    const unstretch = defined(exact.invert(stretch));
    const lead = scale?.isMonic ? leadOf(coefficients) : undefined;
    const degree = largestOf(coefficients.keys());
    const factor = lead
      ? exact.multiply(lead, exact.power(unstretch, degree))
      : defined(exact.invert(exact.fromNumber(scale?.wanted ?? 1)));
    const inverse = defined(exact.invert(factor));
    const terms = [...coefficients].map(([j, { value }]): [number, Clear] => {
      const by = j === 0 ? inverse : exact.multiply(exact.power(unstretch, j), inverse);
      return [j, scaleClear(this.#builder, by, value)];
    });
    return { factor, terms: new Map(terms) };
  }

  /** Returns the variable of a basis, stretched: stretch·scale·(argument − center). */
  #variable({ node, factor }: Multiple, basis: Basis, stretch: exact.Exact): NodeId {
    const scale = exact.multiply(basis.scale, stretch);
    const scaled = timesNumber(this.#builder, exact.multiply(scale, factor), node);
    if (exact.isZero(basis.center)) return scaled;
    const { shape } = this.#builder.node(node);
    const offset = scalar(exact.negate(exact.multiply(scale, basis.center)));
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

/** Compares circuits by the arrival of their outputs, then by their multiplications. */
function compareCosts(a: Circuit, b: Circuit, context: PassContext): number {
  return (
    compareArrivals(outputArrival(a, context), outputArrival(b, context)) ||
    circuitFacts(a).muls - circuitFacts(b).muls
  );
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
