import type { GraphBuilder, NodeId } from '../ir/graph.ts';
import { lookUp } from '../lookup.ts';
import * as exact from '../tensor/exact.ts';
import { scalar } from '../tensor/tensor.ts';
import { multiplyNodes, nodeOf, spread } from './clear-values.ts';
import type { EvaluationScheme, PowerProduct } from './paterson-stockmeyer.ts';
import { divideBy, reflection, type Terms } from './polynomial-bases.ts';

/** Writes polynomials of one variable into a graph, from elements of a basis that they share. */
export class PolynomialWriter {
  readonly #builder: GraphBuilder;
  readonly #parameter: exact.Exact;
  readonly #elements: Map<number, NodeId>;

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
   * Returns the value of a scheme: a clear value if it is only a coefficient, undefined for zero.
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
        return product === undefined || rest === undefined
          ? (product ?? rest)
          : this.#add(product, rest);
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
    for (const [exponent, value] of [...terms].sort(([a], [b]) => b - a)) {
      const coefficient = nodeOf(this.#builder, value);
      const term =
        exponent === 0
          ? coefficient
          : this.#multiply(coefficient, lookUp(this.#elements, exponent));
      sum = sum === undefined ? term : this.#add(sum, term);
    }
    return sum;
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
