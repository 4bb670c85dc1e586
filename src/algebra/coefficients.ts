import type { GraphBuilder, NodeId } from '../ir/graph.ts';
import { at, last, lookUp } from '../lookup.ts';
import { uniformValue } from '../tensor/constant.ts';
import * as exact from '../tensor/exact.ts';
import { scalar } from '../tensor/tensor.ts';
import { addClear, type Clear, clearOf, mulClear, negateClear } from './clear-values.ts';
import type { NodePolynomials } from './polynomial-facts.ts';

/** Limit on products of coefficients while the polynomials of one circuit are collected. */
const MAX_TERMS = 100_000;
/** How much larger the terms of a polynomial may be than the values that it replaces: ten bits. */
const MAX_GROWTH = 2 ** 10;

const ONE = scalar(exact.ONE);

/** A coefficient: a clear value, scalar or of the polynomial's shape, and its largest magnitude. */
export interface Coefficient {
  readonly value: Clear;
  readonly magnitude: number;
}

/** Coefficients by exponent. Zero coefficients are absent. */
export type Coefficients = ReadonlyMap<number, Coefficient>;

/** Collects the coefficients of polynomials in a graph, once for each value. */
export class CoefficientCollector {
  readonly #builder: GraphBuilder;
  /** Largest magnitudes of the graph's values, by node. */
  readonly #magnitudes: Float64Array;
  /** The largest magnitude of all polynomials of an argument, by argument. */
  readonly #familySizes = new Map<NodeId, number>();
  readonly #collected = new Map<NodeId, Coefficients | undefined>();
  #terms = 0;

  constructor(builder: GraphBuilder, { inner }: NodePolynomials, magnitudes: Float64Array) {
    this.#builder = builder;
    this.#magnitudes = magnitudes;
    inner.forEach((facts, id) => {
      if (!facts) return;
      const before = this.#familySizes.get(facts.argument) ?? 1;
      this.#familySizes.set(facts.argument, Math.max(before, at(magnitudes, id)));
    });
  }

  get exhausted(): boolean {
    return this.#terms > MAX_TERMS;
  }

  /** The number of products of coefficients so far. */
  get terms(): number {
    return this.#terms;
  }

  /**
   * Returns the coefficients of a value as a polynomial of an argument. Undefined if they, or those
   * of a value that they are computed from, are too many or too large. A stack replaces recursion,
   * because chains can be long.
   */
  of(root: NodeId, argument: NodeId): Coefficients | undefined {
    const stack = [root];
    while (stack.length > 0) {
      const id = last(stack);
      const missing = this.#polynomialArgs(id, argument).filter((arg) => !this.#collected.has(arg));
      if (this.#collected.has(id) || id === argument) stack.pop();
      else if (missing.length > 0) for (const arg of missing) stack.push(arg);
      else {
        stack.pop();
        const found = this.#terms > MAX_TERMS ? undefined : this.#collect(id, argument);
        const isUsable = found && !this.#isIllConditioned(argument, found);
        this.#collected.set(id, isUsable ? found : undefined);
      }
    }
    return this.#collected.get(root);
  }

  #polynomialArgs(id: NodeId, argument: NodeId): readonly NodeId[] {
    const node = this.#builder.node(id);
    return node.args.filter(
      (arg) => arg !== argument && this.#builder.node(arg).secrecy === 'cipher',
    );
  }

  #collect(id: NodeId, argument: NodeId): Coefficients | undefined {
    const { kind, op, args } = this.#builder.node(id);
    const operands = args.map((arg) => this.#operand(arg, argument));
    if (!operands.every((operand) => operand !== undefined)) return undefined;
    const a = at(operands, 0);
    switch (kind) {
      case 'add':
        return this.#sum(a, at(operands, 1));
      case 'sub':
        return this.#sum(a, this.#negated(at(operands, 1)));
      case 'neg':
        return this.#negated(a);
      case 'mul':
        return this.#product(a, at(operands, 1));
      case 'pow': {
        let power = a;
        for (let i = 1; i < op.exponent; i++) power = this.#product(power, a);
        return power;
      }
      default:
        throw new Error(`polynomials cannot contain the operation '${kind}'`);
    }
  }

  #operand(id: NodeId, argument: NodeId): Coefficients | undefined {
    if (id === argument) return new Map([[1, { value: ONE, magnitude: 1 }]]);
    if (this.#builder.node(id).secrecy === 'cipher') return this.#collected.get(id);
    const coefficient = this.#clearCoefficient(id);
    return isZero(coefficient.value) ? new Map() : new Map([[0, coefficient]]);
  }

  /** Returns a clear value as a coefficient: a scalar if all its elements are equal. */
  #clearCoefficient(id: NodeId): Coefficient {
    const node = this.#builder.node(id);
    const magnitude = at(this.#magnitudes, id);
    if (node.kind === 'broadcast' && node.op.axes.length === 0)
      return { value: clearOf(this.#builder, node.args[0]), magnitude };
    const value = clearOf(this.#builder, id);
    const uniform = typeof value === 'number' ? undefined : uniformValue(value);
    return { value: uniform ? scalar(uniform) : value, magnitude };
  }

  #sum(a: Coefficients, b: Coefficients): Coefficients {
    const [small, large] = a.size < b.size ? [a, b] : [b, a];
    const sum = new Map(large);
    for (const [exponent, coefficient] of small) this.#addTerm(sum, exponent, coefficient);
    return sum;
  }

  #addTerm(to: Map<number, Coefficient>, exponent: number, coefficient: Coefficient): void {
    const before = to.get(exponent);
    if (!before) {
      to.set(exponent, coefficient);
      return;
    }
    const value = addClear(this.#builder, before.value, coefficient.value);
    if (isZero(value)) to.delete(exponent);
    else to.set(exponent, coefficientOf(value, before.magnitude + coefficient.magnitude));
  }

  #negated(a: Coefficients): Coefficients {
    return new Map(
      [...a].map(([exponent, { value, magnitude }]) => [
        exponent,
        { value: negateClear(this.#builder, value), magnitude },
      ]),
    );
  }

  #product(a: Coefficients, b: Coefficients): Coefficients {
    const product = new Map<number, Coefficient>();
    for (const [i, x] of a) {
      for (const [j, y] of b) {
        const value = mulClear(this.#builder, x.value, y.value);
        if (!isZero(value))
          this.#addTerm(product, i + j, coefficientOf(value, x.magnitude * y.magnitude));
      }
    }
    this.#terms += a.size * b.size;
    return product;
  }

  /**
   * Whether the polynomial has terms that cancel and are much larger than the values in the circuit
   * now.
   */
  #isIllConditioned(argument: NodeId, coefficients: Coefficients): boolean {
    const size = at(this.#magnitudes, argument);
    let terms = 0;
    for (const [exponent, { magnitude }] of coefficients) terms += magnitude * size ** exponent;
    return !(terms <= MAX_GROWTH * lookUp(this.#familySizes, argument));
  }
}

function isZero(value: Clear): boolean {
  return typeof value !== 'number' && value.data.every(exact.isZero);
}

/** Returns a coefficient whose magnitude is exact for a constant and else the estimate. */
function coefficientOf(value: Clear, estimate: number): Coefficient {
  if (typeof value === 'number') return { value, magnitude: estimate };
  const magnitude = value.data.reduce((most, x) => Math.max(most, Math.abs(x.value)), 0);
  return { value, magnitude };
}
