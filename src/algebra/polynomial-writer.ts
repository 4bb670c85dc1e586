import type { GraphBuilder, NodeId } from '../ir/graph.ts';
import { largestOf, lookUp } from '../lookup.ts';
import * as exact from '../tensor/exact.ts';
import { scalar } from '../tensor/tensor.ts';
import { mulClear, multiplyNodes, negateClear, nodeOf, numberOf, spread } from './clear-values.ts';
import type { EvaluationScheme, PowerProduct } from './paterson-stockmeyer.ts';
import { addTerm, divideBy, reflection, scaleClear, type Terms } from './polynomial-bases.ts';

/** Writes polynomials of one variable into a graph, from elements of a basis that they share. */
export class PolynomialWriter {
  readonly #builder: GraphBuilder;
  readonly #parameter: exact.Exact;
  readonly #elements: Map<number, NodeId>;
  /** The coefficients of the elements that are parts of a polynomial. */
  readonly #parts = new Map<number, Terms>();

  /**
   * @param variable the first element of the basis
   * @param parameter the basis's m; see polynomial-bases.ts
   * @param products the other elements that schemes use
   */
  constructor(
    builder: GraphBuilder,
    variable: NodeId,
    parameter: exact.Exact,
    products: readonly PowerProduct[],
  ) {
    this.#builder = builder;
    this.#parameter = parameter;
    this.#elements = new Map([[1, variable]]);
    for (const { exponent, left, right } of products)
      this.#elements.set(exponent, this.#element(left, right));
  }

  /**
   * Returns the value of a scheme: a clear value if it is only a coefficient, undefined for zero. A
   * scheme with parts that others use as elements is written before the others.
   */
  write(scheme: EvaluationScheme, terms: Terms): NodeId | undefined {
    switch (scheme.kind) {
      case 'zero':
        return undefined;
      case 'sum':
        return this.#sum(terms);
      case 'split': {
        const [high, low] = divideBy(this.#builder, terms, scheme.at, this.#parameter);
        const quotient = this.write(scheme.high, high);
        const product =
          quotient === undefined
            ? undefined
            : this.#multiply(quotient, lookUp(this.#elements, scheme.at));
        const rest = this.write(scheme.low, low);
        const part =
          product === undefined || rest === undefined
            ? (product ?? rest)
            : this.#add(product, rest);
        if (scheme.element !== undefined && part !== undefined) {
          this.#elements.set(scheme.element, part);
          this.#parts.set(scheme.element, terms);
        }
        return part;
      }
    }
  }

  #element(left: number, right: number): NodeId {
    const product = multiplyNodes(
      this.#builder,
      lookUp(this.#elements, left),
      lookUp(this.#elements, right),
    );
    if (exact.isZero(this.#parameter)) return product;
    const factor = scalar(exact.negate(reflection(this.#parameter, left, right)));
    const number = this.#builder.constant(factor);
    if (left === right) return this.#add(product, number);
    return this.#add(product, this.#multiply(number, lookUp(this.#elements, left - right)));
  }

  /** Returns the sum of terms from the highest to the lowest. */
  #sum(terms: Terms): NodeId | undefined {
    let sum: NodeId | undefined;
    for (const [exponent, value] of [...this.#inElements(terms)].sort(([a], [b]) => b - a)) {
      const coefficient = nodeOf(this.#builder, value);
      const term =
        exponent === 0
          ? coefficient
          : this.#multiply(coefficient, lookUp(this.#elements, exponent));
      sum = sum === undefined ? term : this.#add(sum, term);
    }
    return sum;
  }

  /**
   * Returns a polynomial's coefficients of the elements, some of which are parts with more terms.
   */
  #inElements(terms: Terms): Terms {
    const result = new Map(terms);
    const parts = [...this.#parts].filter(([exponent]) => exponent <= largestOf(terms.keys()));
    for (const [exponent, part] of parts.sort(([a], [b]) => b - a)) {
      const value = result.get(exponent);
      const lead = numberOf(part.get(exponent));
      const inverse = lead && exact.invert(lead);
      if (value === undefined || !inverse) continue;
      const ratio = scaleClear(this.#builder, inverse, value);
      for (const [lower, coefficient] of part) {
        if (lower === exponent) continue;
        const term = negateClear(this.#builder, mulClear(this.#builder, ratio, coefficient));
        addTerm(this.#builder, result, lower, term);
      }
      result.set(exponent, ratio);
    }
    return result;
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
