import {
  findMatrixFamilies,
  inVariable,
  type MatrixFamily,
  type MatrixVariable,
  MatrixWriter,
  MOST_FAMILIES,
  type Powers,
  polynomialsIn,
  variablesFor,
} from '../algebra/matrix-polynomials.ts';
import { compareArrivals, outputArrival } from '../ir/arrival.ts';
import { type Circuit, GraphBuilder, liveNodes, type NodeId } from '../ir/graph.ts';
import { compact, copyNode, rewrite } from '../ir/rewrite.ts';
import { scalarWork } from '../ir/scalar-work.ts';
import { defined, largestOf } from '../lookup.ts';
import type { Pass } from './pass.ts';
import type { PassContext } from './pass-context.ts';

/**
 * Krylov: sums of powers of a square matrix, or of its products with vectors, are computed from the
 * matrix's squares, however an iteration wrote them:
 *
 *     x = b + R@(b + R@(b + R@b))   =   y + R²@y,   y = b + R@b
 *
 * The values b, R@b, R²@b, … span a Krylov space; the coefficients of an iteration's result are
 * collected exactly. Newton-Schulz and Neumann's series for an inverse become ∏ (1 + R^(2^i)): they
 * are polynomials of the matrix A, and sums of powers of R = 1 − A/c, where the polynomial tells c
 * (see matrix-polynomials.ts). Where only a product with a vector is needed, no
 * matrix but the squares is computed.
 *
 * Safe because polynomials of one matrix commute, and coefficients are exact. It fires if the
 * outputs arrive earlier, or as early with fewer scalar products; values may be larger than before
 * only by a limited factor.
 */
export const krylov: Pass = {
  name: 'krylov',
  summary: 'compute sums of powers of a matrix from its squares',
  example: `input R: cipher[3, 3];
input b: cipher[3];
var x = b;
for t in 0..3 { x = b + R @ x; }
output x;
`,
  requires: [],
  run: (circuit, context) => {
    let best = circuit;
    let work = circuit.nodes.length;
    for (let i = 0; i < MOST_FAMILIES; i++) {
      // Rewriting a family gives other nodes, so families are looked for again.
      const families = findMatrixFamilies(best).filter((one) => !polynomialsIn(one).every(isShort));
      const family = families[i];
      if (!family) break;
      const made = variablesOf(family, context).flatMap((one) => withVariable(best, family, one));
      work += made.reduce((sum, { nodes }) => sum + nodes.length, best.nodes.length);
      best = bestOf(best, made, circuit, context);
    }
    return { circuit: best, work };
  },
};

/** Limit on the variables that are tried for one matrix. */
const MOST_VARIABLES = 6;
/** How much larger values may be than before. */
const MOST_GROWTH = 2 ** 10;

/** Whether a polynomial is linear or constant. */
function isShort({ length }: Powers): boolean {
  return length < 3;
}

/** Returns the variables to try for a family, its matrix first. */
function variablesOf(
  family: MatrixFamily,
  { scaledUploads }: PassContext,
): readonly MatrixVariable[] {
  // Integers modulo t have no fractions.
  if (!scaledUploads) return [undefined];
  const longest = polynomialsIn(family).toSorted((a, b) => b.length - a.length);
  const found = new Map<string, MatrixVariable>();
  for (const powers of longest)
    for (const variable of variablesFor(powers, family.zeros))
      found.set(`${variable?.center.residue} ${variable?.unit.residue}`, variable);
  return [undefined, ...[...found.values()].slice(0, MOST_VARIABLES)];
}

/**
 * Returns the circuit with a family computed in powers of a variable; none if that is impossible.
 */
function withVariable(
  circuit: Circuit,
  family: MatrixFamily,
  variable: MatrixVariable,
): readonly Circuit[] {
  const builder = new GraphBuilder({ interning: true, like: circuit });
  let writer: MatrixWriter | undefined;
  let isPossible = true;
  const made = rewrite(
    circuit,
    liveNodes(circuit),
    (node, moved) => {
      const write = () => {
        writer ??= new MatrixWriter(builder, moved(family.argument), variable, family.side);
        return writer;
      };
      const matrix = family.matrices.get(node.id);
      const terms = family.combinations.get(node.id);
      let written: NodeId | undefined;
      if (matrix && !isShort(matrix.powers)) {
        const own = inVariable(matrix.powers, variable);
        if (own) written = write().polynomial(own, matrix.isTransposed);
        else isPossible = false;
      } else if (terms && ![...terms.values()].every(isShort)) {
        const own = [...terms].map(([base, p]) => [moved(base), inVariable(p, variable)] as const);
        const known = own.flatMap(([base, p]) => (p ? [[base, p] as const] : []));
        if (known.length === own.length) written = write().combination(new Map(known));
        else isPossible = false;
      }
      return written ?? copyNode(node, moved, builder);
    },
    builder,
  );
  return isPossible ? [compact(made)] : [];
}

/**
 * Returns the best of some circuits if it is better than another one and its values are not much
 * larger than at first; else that one.
 */
function bestOf(
  current: Circuit,
  made: readonly Circuit[],
  first: Circuit,
  context: PassContext,
): Circuit {
  const costs = new Map(
    [current, ...made].map((one) => [
      one,
      { arrival: outputArrival(one, context), work: scalarWork(one) },
    ]),
  );
  const compare = (a: Circuit, b: Circuit) => {
    const [x, y] = [defined(costs.get(a)), defined(costs.get(b))];
    return compareArrivals(x.arrival, y.arrival) || x.work - y.work;
  };
  const largest = (circuit: Circuit) => largestOf([...context.magnitudes.of(circuit)]);
  const better = made.filter((one) => compare(one, current) < 0).sort(compare);
  if (better.length === 0) return current;
  const most = MOST_GROWTH * Math.max(1, largest(first));
  return better.find((one) => largest(one) <= most) ?? current;
}
