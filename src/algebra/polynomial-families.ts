import { depthOfNode } from '../ir/circuit-facts.ts';
import type { Circuit, GraphBuilder, NodeId } from '../ir/graph.ts';
import { at, largestOf } from '../lookup.ts';
import * as exact from '../tensor/exact.ts';
import { CoefficientCollector, type Coefficients } from './coefficients.ts';
import { type Basis, type BasisKind, POWERS } from './polynomial-bases.ts';
import { type NodePolynomials, rootNodes } from './polynomial-facts.ts';

/** All polynomials of one argument, in the basis in which they are evaluated. */
export interface Family {
  readonly argument: NodeId;
  readonly basis: Basis;
  /** The coefficients of the values that are used outside the family, by node. */
  readonly roots: ReadonlyMap<NodeId, Coefficients>;
  /** The values that are used outside, and whose coefficients are too many or too large. */
  readonly others: readonly NodeId[];
}

/** The families of a circuit. */
export interface Families {
  readonly families: readonly Family[];
  /** The number of products of coefficients that collecting them took. */
  readonly terms: number;
  /** Whether the limit on these products was reached. */
  readonly exhausted: boolean;
}

/**
 * How much smaller the terms of a polynomial must be in the Chebyshev basis, in sum, than those of
 * its powers: four bits of precision.
 */
const LEAST_GAIN = 16;
/** Limit on the variables that are tried for the Chebyshev basis of one argument. */
const MOST_VARIABLES = 3;

/**
 * Returns the polynomials of a circuit that are outputs or are used by other values than
 * polynomials of their argument, by argument in ascending order. Those of one argument are in
 * powers of it, unless the terms are much larger than in a Chebyshev basis: then they nearly
 * cancel, and their errors do not.
 *
 * @param builder has the nodes of the circuit
 * @param magnitudes of the circuit's values, by node
 * @param fixed the basis of all polynomials, whatever their terms; chosen for each if not given
 */
export function collectFamilies(
  builder: GraphBuilder,
  circuit: Circuit,
  facts: NodePolynomials,
  magnitudes: Float64Array,
  fixed?: BasisKind,
): Families {
  const growth = fixed === undefined ? undefined : Number.MAX_VALUE;
  const powers = CoefficientCollector.ofPowers(builder, facts, magnitudes, growth);
  const members = rootsByArgument(circuit, facts);
  const factors = affineFactors(circuit, facts);
  const families = [...members].map(([argument, nodes]) => {
    const inPowers = familyIn(POWERS, powers, argument, nodes);
    const most = LEAST_GAIN * largestOf([1, ...nodes.map((node) => at(magnitudes, node))]);
    const isGood = inPowers.others.length === 0 && inPowers.size <= most;
    if (fixed === 'power' || (fixed === undefined && isGood)) return inPowers;
    const variables = factors.get(argument) ?? new Set();
    const others = chebyshevBases(powers, argument, variables, magnitudes).map((basis) =>
      familyIn(basis, powers.in(basis), argument, nodes),
    );
    const gain = fixed === undefined ? LEAST_GAIN : 0;
    return others.reduce(
      (best, one) => (isPreferred(one, best, best === inPowers ? gain : 1) ? one : best),
      inPowers,
    );
  });
  return {
    families: families.sort((a, b) => a.argument - b.argument),
    terms: powers.terms,
    exhausted: powers.exhausted,
  };
}

function isPreferred(a: SizedFamily, b: SizedFamily, gain: number): boolean {
  return (
    a.roots.size - b.roots.size > 0 || (a.roots.size === b.roots.size && a.size * gain < b.size)
  );
}

interface SizedFamily extends Family {
  /** The largest sum of the magnitudes of a polynomial's terms. */
  readonly size: number;
}

function familyIn(
  basis: Basis,
  collector: CoefficientCollector,
  argument: NodeId,
  nodes: readonly NodeId[],
): SizedFamily {
  const roots = new Map<NodeId, Coefficients>();
  for (const node of nodes) {
    const coefficients = collector.of(node, argument);
    if (coefficients) roots.set(node, coefficients);
  }
  return {
    argument,
    basis,
    roots,
    others: nodes.filter((node) => !roots.has(node)),
    size: largestOf([...roots.values()].map((found) => collector.sizeOf(argument, found))),
  };
}

function rootsByArgument(
  circuit: Circuit,
  facts: NodePolynomials,
): ReadonlyMap<NodeId, readonly NodeId[]> {
  const isRoot = rootNodes(circuit, facts);
  const roots = new Map<NodeId, NodeId[]>();
  for (const { id } of circuit.nodes) {
    const inner = facts.inner[id];
    if (!inner || !isRoot[id]) continue;
    const known = roots.get(inner.argument);
    if (known) known.push(id);
    else roots.set(inner.argument, [id]);
  }
  return roots;
}

/**
 * Returns, for each argument, the values of degree 1 in it that are factors of its polynomials:
 * what an author who uses a Chebyshev basis writes the polynomials in.
 */
function affineFactors(
  circuit: Circuit,
  { inner, outer }: NodePolynomials,
): ReadonlyMap<NodeId, ReadonlySet<NodeId>> {
  const factors = new Map<NodeId, Set<NodeId>>();
  for (const node of circuit.nodes) {
    const argument = inner[node.id]?.argument;
    if (argument === undefined || depthOfNode(circuit, node) === 0) continue;
    const known = factors.get(argument) ?? new Set();
    factors.set(argument, known);
    for (const arg of node.args) if (outer[arg]?.degree === 1) known.add(arg);
  }
  return factors;
}

/**
 * Returns the Chebyshev bases of variables that are between -2 and 2 at the sampled points, and
 * nearly reach that: the variables are multiples of given values by powers of two.
 */
function chebyshevBases(
  powers: CoefficientCollector,
  argument: NodeId,
  values: ReadonlySet<NodeId>,
  magnitudes: Float64Array,
): readonly Basis[] {
  const bases = new Map<string, Basis>();
  for (const node of values) {
    const affine = node === argument ? IDENTITY : affineNumbers(powers.of(node, argument));
    const bits = Math.ceil(Math.log2(at(magnitudes, node)) - BITS_TOLERANCE);
    if (!affine || !Number.isFinite(bits)) continue;
    const { slope, offset } = affine;
    const scale = exact.multiply(slope, exact.fromNumber(2 ** (1 - bits)));
    const inverse = exact.invert(slope);
    if (!inverse) continue;
    const center = exact.negate(exact.multiply(offset, inverse));
    bases.set(`${scale.residue} ${center.residue}`, { kind: 'chebyshev', scale, center });
  }
  return [...bases.values()].slice(0, MOST_VARIABLES);
}

/** How far beyond a power of two a sampled magnitude may be, in bits, to count as one. */
const BITS_TOLERANCE = 1e-6;

const IDENTITY = { slope: exact.ONE, offset: exact.ZERO };

/** Returns the numbers of slope·x + offset; undefined if they are not numbers. */
function affineNumbers(coefficients: Coefficients | undefined) {
  const numberAt = (exponent: number) => {
    const value = coefficients?.get(exponent)?.value;
    if (value === undefined) return exact.ZERO;
    return typeof value === 'number' || value.shape.length > 0 ? undefined : at(value.data, 0);
  };
  const [offset, slope] = [numberAt(0), numberAt(1)];
  return offset && slope && { slope, offset };
}
