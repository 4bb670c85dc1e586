import type { GraphBuilder } from '../ir/graph.ts';
import * as exact from '../tensor/exact.ts';
import { scalar } from '../tensor/tensor.ts';
import { addClear, type Clear, mulClear, negateClear } from './clear-values.ts';

/** The names of the bases, as `--basis` takes them. */
export const BASES = ['power', 'chebyshev'] as const;
export type BasisKind = (typeof BASES)[number];

/**
 * A basis B_0 = 1, B_1, B_2, … for the polynomials of one argument x: powers of a variable u =
 * scale·(x − center), or its Chebyshev polynomials 2·T_k(u/2) = 2·cos(k·arccos(u/2)), which lie in
 * [-2, 2] where u does. Written so, the leading coefficient is 1, and products need no factors: for
 * j ≥ k ≥ 1,
 *
 *     B_j·B_k = B_(j+k) + m^k·B_(j−k)
 *
 * with m = 1, and with m = 0 for powers. If j = k, the last term is 2·m^k. With any other m, this
 * is the product of Dickson's polynomials, the Chebyshev polynomials of √m·u times m^(k/2) (R.
 * Lidl, G. L. Mullen and G. Turnwald, "Dickson Polynomials", 1993).
 */
export interface Basis {
  readonly kind: BasisKind;
  readonly scale: exact.Exact;
  readonly center: exact.Exact;
}

/** Powers of the argument itself. */
export const POWERS: Basis = { kind: 'power', scale: exact.ONE, center: exact.ZERO };

/** Returns the m of a basis, if its variable is multiplied by a number. */
export function parameterOf({ kind }: Basis, stretch: exact.Exact): exact.Exact {
  return kind === 'power' ? exact.ZERO : exact.multiply(stretch, stretch);
}

/** Returns the largest magnitude of B_k where that of the variable is `size`. */
export function elementSize({ kind }: Basis, exponent: number, size: number): number {
  if (exponent === 0) return 1;
  return kind === 'power' ? size ** exponent : 2;
}

/** Coefficients of B_0, B_1, …; those that are zero may be absent. */
export type Terms = ReadonlyMap<number, Clear>;

/** Returns the number by which B_(|j−k|) enters the product of B_j and B_k, for j, k ≥ 1. */
export function reflection(parameter: exact.Exact, j: number, k: number): exact.Exact {
  const factor = exact.power(parameter, Math.min(j, k));
  return j === k ? exact.add(factor, factor) : factor;
}

/**
 * Divides a polynomial by B_s: returns q and r with p = q·B_s + r. The degree of r is below s if
 * that of p is below 3s.
 */
export function divideBy(
  builder: GraphBuilder,
  polynomial: Terms,
  by: number,
  parameter: exact.Exact,
): readonly [Terms, Terms] {
  const high = new Map<number, Clear>();
  const low = new Map<number, Clear>();
  for (const [exponent, value] of polynomial)
    if (exponent < by) low.set(exponent, value);
    else high.set(exponent - by, value);
  if (exact.isZero(parameter)) return [high, low];
  for (const [j, value] of high) {
    if (j === 0) continue;
    const factor = exact.negate(reflection(parameter, by, j));
    addTerm(builder, low, Math.abs(by - j), scaleClear(builder, factor, value));
  }
  return [high, low];
}

/** Adds a multiple of an element to a polynomial. */
export function addTerm(
  builder: GraphBuilder,
  to: Map<number, Clear>,
  exponent: number,
  term: Clear,
): void {
  const before = to.get(exponent);
  const sum = before === undefined ? term : addClear(builder, before, term);
  if (isClearZero(sum)) to.delete(exponent);
  else to.set(exponent, sum);
}

/** Returns a clear value times a number. */
export function scaleClear(builder: GraphBuilder, factor: exact.Exact, value: Clear): Clear {
  if (exact.isOne(factor)) return value;
  if (exact.equal(factor, exact.negate(exact.ONE))) return negateClear(builder, value);
  return mulClear(builder, scalar(factor), value);
}

/** Whether a clear value is known to be zero. */
export function isClearZero(value: Clear): boolean {
  return typeof value !== 'number' && value.data.every(exact.isZero);
}
