import type { Circuit, NodeId } from '../ir/graph.ts';
import { at, defined, largestOf } from '../lookup.ts';
import * as exact from '../tensor/exact.ts';
import { numberOf } from './clear-values.ts';
import type { Coefficients } from './coefficients.ts';
import type { NodePolynomials } from './polynomial-facts.ts';
import type { Family } from './polynomial-families.ts';

/**
 * Chooses factors by which polynomials and their arguments are multiplied, so that leading
 * coefficients become 1. A monic polynomial of degree 2^k − 1 takes one multiplication less,
 * because its leading part needs none to multiply a late power by its coefficient:
 *
 *     c·x³ + b·x² + a·x  =  f·(y³ + (b/(f·s²))·y² + (a/(f·s))·y)      y = s·x,  f = c/s³
 *
 * The client uploads x times s, a polynomial of the result takes f into its own coefficients, and
 * the client multiplies an output by f. In a composition s of the outer polynomial is what f of the
 * inner one should be, up to a rounding: so the factors are chosen from the outputs to the inputs,
 * and all values keep about the size that they have as written.
 */

/** How a polynomial is scaled. */
export interface RootScale {
  /** Whether it is divided by its leading coefficient. */
  readonly isMonic: boolean;
  /** About what it is multiplied by: what the polynomial of it would like to have. */
  readonly wanted: number;
}

/** How the polynomials of an argument are scaled. */
export interface FamilyScale {
  /** About what the variable of the basis is multiplied by. */
  readonly stretch: number;
  readonly roots: ReadonlyMap<NodeId, RootScale>;
}

/** How far from what is wanted the factor of an output may be, in bits, and that of an argument. */
const MOST_OUTPUT_BITS = 8;
const MOST_ARGUMENT_BITS = 0.5;
/** How many bits of precision stretching the variable may cost. */
const MOST_LOST_BITS = 2;
const STRETCH_STEP = 2 ** (1 / 8);

/**
 * Returns the scales of families whose factors cost nothing.
 *
 * @param families in ascending order of their arguments; all of their roots are rewritten
 * @param isUpload whether the client may upload a value times a constant
 */
export function chooseScales(
  circuit: Circuit,
  facts: NodePolynomials,
  families: readonly Family[],
  magnitudes: Float64Array,
  isUpload: (id: NodeId) => boolean,
): ReadonlyMap<NodeId, FamilyScale> {
  const absorbed = absorbedRoots(circuit, facts, families);
  const scales = new Map<NodeId, FamilyScale>();
  const familyOf = new Map(families.map((family) => [family.argument, family]));
  for (const family of families.toReversed()) {
    const { argument, basis, roots } = family;
    const wantedOf = (node: NodeId) => {
      const outer = familyOf.get(node);
      const scale = scales.get(node);
      return outer && scale ? Math.abs(outer.basis.scale.value) * scale.stretch : 1;
    };
    const isFlexible = (isUpload(argument) && exact.isZero(basis.center)) || absorbed.has(argument);
    const [first] = roots;
    const stretch =
      isFlexible && roots.size === 1 && first && absorbed.has(first[0])
        ? stretchOf(first[1], wantedOf(first[0]), sizeOfVariable(family, magnitudes))
        : 1;
    const scaled = [...roots].flatMap(([node, coefficients]): [NodeId, RootScale][] => {
      if (!absorbed.has(node)) return [];
      const wanted = wantedOf(node);
      const lead = leadOf(coefficients);
      const degree = largestOf(coefficients.keys());
      const bits = lead
        ? Math.log2(Math.abs(lead.value * wanted)) - degree * Math.log2(stretch)
        : 0;
      const most = familyOf.has(node) ? MOST_ARGUMENT_BITS : MOST_OUTPUT_BITS;
      const isMonic = lead !== undefined && Math.abs(bits) <= most;
      return [[node, { isMonic, wanted }]];
    });
    const isScaled = scaled.some(([, { isMonic }]) => isMonic);
    scales.set(argument, { stretch: isScaled ? stretch : 1, roots: new Map(scaled) });
  }
  return scales;
}

/** Returns the leading coefficient, if it is a number. */
export function leadOf(coefficients: Coefficients): exact.Exact | undefined {
  return numberOf(defined(coefficients.get(largestOf(coefficients.keys()))).value);
}

/**
 * Returns the roots that are outputs or arguments of other families and nothing else: their factors
 * cost nothing.
 */
function absorbedRoots(
  { nodes }: Circuit,
  { inner }: NodePolynomials,
  families: readonly Family[],
): ReadonlySet<NodeId> {
  const known = new Set(families.map(({ argument }) => argument));
  const argumentOf = new Map(
    families.flatMap(({ argument, roots }) => [...roots.keys()].map((node) => [node, argument])),
  );
  const absorbed = new Set(argumentOf.keys());
  for (const node of nodes) {
    const argument = inner[node.id]?.argument;
    for (const arg of node.args) {
      const isInside = argument !== undefined && argument === argumentOf.get(arg);
      const isOutside = argument === arg && known.has(arg);
      if (!isInside && !isOutside) absorbed.delete(arg);
    }
  }
  return absorbed;
}

function sizeOfVariable({ argument, basis }: Family, magnitudes: Float64Array): number {
  return basis.kind === 'power' ? at(magnitudes, argument) : 1;
}

/**
 * Returns the stretch after which the leading coefficient is 1, or the nearest one to it that costs
 * little precision: where powers get smaller than 1, coefficients get larger, and with them errors.
 */
function stretchOf(coefficients: Coefficients, wanted: number, size: number): number {
  const lead = leadOf(coefficients);
  const degree = largestOf(coefficients.keys());
  const exactly = lead && Math.abs(lead.value * wanted) ** (1 / degree);
  if (!exactly || !Number.isFinite(exactly) || !Number.isFinite(size) || size === 0) return 1;
  const errorAt = (stretch: number) =>
    [...coefficients].reduce((sum, [j, { magnitude }]) => sum + magnitude * stretch ** -j, 0);
  const most = 2 ** MOST_LOST_BITS * errorAt(1 / size);
  let stretch = exactly;
  while (stretch * size < 1 && errorAt(stretch) > most) stretch *= STRETCH_STEP;
  return stretch;
}
