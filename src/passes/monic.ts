import { multiplyNodes, spread, timesNumber } from '../algebra/clear-values.ts';
import { CoefficientCollector, type Coefficients } from '../algebra/coefficients.ts';
import { findPolynomials, rootNodes } from '../algebra/polynomial-facts.ts';
import { type Circuit, GraphBuilder, liveNodes, type NodeId } from '../ir/graph.ts';
import { compact, copyInto, copyNode, rewrite } from '../ir/rewrite.ts';
import type { Magnitudes } from '../ir/sampled-magnitudes.ts';
import { at } from '../lookup.ts';
import * as exact from '../tensor/exact.ts';
import { scalar } from '../tensor/tensor.ts';
import type { Pass, PassResult } from './pass.ts';

/**
 * Monic: a polynomial in one ciphertext becomes a constant times a product of monic polynomials in
 * a multiple of it:
 *
 *     a1*x + a3*x³  =  d*y*(y² + e)          y = s*x,  d = a3/s³,  e = a1*s²/a3
 *
 * The other factors of a product are then multiplied by y and by y² + e separately. No constant
 * takes a level: d joins an upload in the product, s joins an upload that x is computed from, and e
 * is added. So a late x is computed once, with one factor, not once for each term of the
 * polynomial. s is the power of two for which e is nearest to 1 in magnitude: then all values are
 * as large as the polynomial's terms, if these are equally large.
 *
 * Safe because both sides are equal over every field, and constants are exact. It fires on
 * polynomials with numbers as coefficients whose non-constant part is x^m times a binomial or a
 * quadratic. A quadratic becomes a square plus a number.
 */
export const monic: Pass = {
  name: 'monic',
  summary: 'write polynomials as a constant times monic ones',
  example: `input x: cipher;
output y = poly(x, [5, 6, 0, 96]);
`,
  // Integers modulo t cannot be scaled by powers of two, and their constants take no levels.
  requires: ['scaledUploads'],
  run: (circuit, { magnitudes }) => new Monic(circuit, magnitudes).run(),
};

/**
 * The polynomial d·y^low·(y^gap + linear·y + number) + constant with y = scale·x; `linear` is 0
 * unless `gap` is 2.
 */
interface Factored {
  readonly argument: NodeId;
  readonly constant: exact.Exact;
  readonly scale: exact.Exact;
  readonly outer: exact.Exact;
  readonly low: number;
  readonly gap: number;
  readonly linear: exact.Exact;
  readonly number: exact.Exact;
}

class Monic {
  readonly #builder = new GraphBuilder({ interning: true });
  readonly #circuit: Circuit;
  readonly #factored = new Map<NodeId, Factored>();
  readonly #resolved: NodeId[] = [];
  #terms = 0;

  constructor(circuit: Circuit, magnitudes: Magnitudes) {
    this.#circuit = copyInto(this.#builder, circuit);
    this.#findPolynomials(magnitudes);
  }

  run(): PassResult {
    if (this.#factored.size === 0) return { circuit: this.#circuit, work: this.#terms };
    const rewritten = rewrite(
      this.#circuit,
      liveNodes(this.#circuit),
      (node, moved, builder) => {
        const factored = this.#factored.get(node.id);
        const id = factored ? this.#build(factored) : copyNode(node, moved, builder);
        this.#resolved[node.id] = id;
        return id;
      },
      this.#builder,
    );
    return { circuit: compact(rewritten), work: this.#terms };
  }

  #findPolynomials(magnitudes: Magnitudes): void {
    const facts = findPolynomials(this.#circuit);
    const isRoot = rootNodes(this.#circuit, facts);
    const sampled = magnitudes.of(this.#circuit);
    const collector = CoefficientCollector.ofPowers(this.#builder, facts, sampled);
    for (const { id } of this.#circuit.nodes) {
      const inner = facts.inner[id];
      if (!inner || !isRoot[id]) continue;
      const coefficients = collector.of(id, inner.argument);
      const factored = coefficients && factoredOf(coefficients, inner.argument);
      if (factored) this.#factored.set(id, factored);
    }
    this.#terms = collector.terms;
  }

  #build(polynomial: Factored): NodeId {
    const { constant, scale, outer, low, gap, linear, number } = polynomial;
    const x = at(this.#resolved, polynomial.argument);
    const y = timesNumber(this.#builder, scale, x);
    // y² + l·y + n = (y + l/2)² + n - l²/4.
    const half = exact.multiply(linear, exact.fromNumber(0.5));
    const base = this.#plus(y, half);
    const rest = exact.subtract(number, exact.multiply(half, half));
    let value = this.#plus(this.#power(base, gap), rest);
    for (let i = 0; i < low; i++) value = multiplyNodes(this.#builder, y, value);
    return this.#plus(timesNumber(this.#builder, outer, value), constant);
  }

  #power(base: NodeId, exponent: number): NodeId {
    if (exponent === 1) return base;
    return this.#builder.apply({ kind: 'pow', exponent }, [base]);
  }

  #plus(value: NodeId, number: exact.Exact): NodeId {
    if (exact.isZero(number)) return value;
    const { shape } = this.#builder.node(value);
    const term = spread(this.#builder, this.#builder.constant(scalar(number)), shape);
    return this.#builder.apply({ kind: 'add' }, [value, term]);
  }
}

/**
 * Returns a polynomial as a constant times monic ones. Undefined if that is not possible, or if it
 * is only one power and a constant.
 */
function factoredOf(coefficients: Coefficients, argument: NodeId): Factored | undefined {
  const numbers = new Map<number, exact.Exact>();
  for (const [exponent, { value }] of coefficients) {
    if (typeof value === 'number' || value.shape.length > 0) return undefined;
    numbers.set(exponent, at(value.data, 0));
  }
  const exponents = [...numbers.keys()].filter((exponent) => exponent > 0).sort((a, b) => a - b);
  const [low, high] = [exponents[0] ?? 0, exponents.at(-1) ?? 0];
  const gap = high - low;
  if (gap === 0 || (exponents.length > 2 && gap > 2)) return undefined;
  const coefficient = (exponent: number) => numbers.get(exponent) ?? exact.ZERO;
  const bits = Math.log2(Math.abs(coefficient(high).value / coefficient(low).value)) / gap;
  const scale = exact.fromNumber(2 ** Math.round(bits));
  const inverse = exact.invert(coefficient(high));
  const inverseScale = exact.invert(scale);
  if (!inverse || !inverseScale) return undefined;
  const relative = (exponent: number) =>
    exact.multiply(
      exact.multiply(coefficient(exponent), inverse),
      exact.power(scale, high - exponent),
    );
  return {
    argument,
    constant: coefficient(0),
    scale,
    outer: exact.multiply(coefficient(high), exact.power(inverseScale, high)),
    low,
    gap,
    linear: gap === 2 ? relative(low + 1) : exact.ZERO,
    number: relative(low),
  };
}
