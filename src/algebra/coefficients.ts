import type { GraphBuilder, NodeId } from '../ir/graph.ts';
import { at, defined, last, lookUp } from '../lookup.ts';
import { uniformValue } from '../tensor/constant.ts';
import * as exact from '../tensor/exact.ts';
import { scalar } from '../tensor/tensor.ts';
import { addClear, type Clear, clearOf, mulClear, negateClear } from './clear-values.ts';
import {
  type Basis,
  elementSize,
  isClearZero,
  POWERS,
  parameterOf,
  reflection,
  scaleClear,
} from './polynomial-bases.ts';
import type { NodePolynomials } from './polynomial-facts.ts';

/** Limit on products of coefficients while the polynomials of one circuit are collected. */
const MAX_TERMS = 100_000;
/** How much larger the terms of a polynomial may be than the values that it replaces: ten bits. */
const MAX_GROWTH = 2 ** 10;

/** A coefficient: a clear value, scalar or of the polynomial's shape, and its largest magnitude. */
export interface Coefficient {
  readonly value: Clear;
  readonly magnitude: number;
}

/** Coefficients of the elements of a basis, by exponent. Zero coefficients are absent. */
export type Coefficients = ReadonlyMap<number, Coefficient>;

/** The sizes that limit coefficients, and the work of collecting them, which all bases share. */
interface Limits {
  /** Largest magnitudes of the graph's values, by node. */
  readonly magnitudes: Float64Array;
  /** The largest magnitude of all polynomials of an argument, by argument. */
  readonly familySizes: ReadonlyMap<NodeId, number>;
  /** How much larger the terms of a polynomial may be than the values that it replaces. */
  readonly growth: number;
  /** The number of products of coefficients so far. */
  terms: number;
}

/** Collects the coefficients of polynomials in a graph in one basis, once for each value. */
export class CoefficientCollector {
  readonly #builder: GraphBuilder;
  readonly #limits: Limits;
  readonly #basis: Basis;
  readonly #parameter: exact.Exact;
  /** The argument itself. */
  readonly #argument: Coefficients;
  readonly #collected = new Map<NodeId, Coefficients | undefined>();

  private constructor(builder: GraphBuilder, limits: Limits, basis: Basis) {
    this.#builder = builder;
    this.#limits = limits;
    this.#basis = basis;
    this.#parameter = parameterOf(basis, exact.ONE);
    this.#argument = asElements(basis);
  }

  /**
   * Returns a collector of coefficients of powers.
   *
   * @param growth how much larger the terms of a polynomial may be than the values in the graph now
   */
  static ofPowers(
    builder: GraphBuilder,
    { inner }: NodePolynomials,
    magnitudes: Float64Array,
    growth = MAX_GROWTH,
  ): CoefficientCollector {
    const familySizes = new Map<NodeId, number>();
    inner.forEach((facts, id) => {
      if (!facts) return;
      const before = familySizes.get(facts.argument) ?? 1;
      familySizes.set(facts.argument, Math.max(before, at(magnitudes, id)));
    });
    return new CoefficientCollector(builder, { magnitudes, familySizes, growth, terms: 0 }, POWERS);
  }

  /** Returns a collector in another basis, which counts its work together with this one. */
  in(basis: Basis): CoefficientCollector {
    return new CoefficientCollector(this.#builder, this.#limits, basis);
  }

  get exhausted(): boolean {
    return this.#limits.terms > MAX_TERMS;
  }

  /** The number of products of coefficients so far, in all bases. */
  get terms(): number {
    return this.#limits.terms;
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
        const found = this.exhausted ? undefined : this.#collect(id, argument);
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
    if (id === argument) return this.#argument;
    if (this.#builder.node(id).secrecy === 'cipher') return this.#collected.get(id);
    const coefficient = this.#clearCoefficient(id);
    return isClearZero(coefficient.value) ? new Map() : new Map([[0, coefficient]]);
  }

  /** Returns a clear value as a coefficient: a scalar if all its elements are equal. */
  #clearCoefficient(id: NodeId): Coefficient {
    const node = this.#builder.node(id);
    const magnitude = at(this.#limits.magnitudes, id);
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
    if (isClearZero(value)) to.delete(exponent);
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
        if (isClearZero(value)) continue;
        const magnitude = x.magnitude * y.magnitude;
        this.#addTerm(product, i + j, coefficientOf(value, magnitude));
        if (i === 0 || j === 0 || exact.isZero(this.#parameter)) continue;
        const factor = reflection(this.#parameter, i, j);
        const reflected = scaleClear(this.#builder, factor, value);
        this.#addTerm(
          product,
          Math.abs(i - j),
          coefficientOf(reflected, Math.abs(factor.value) * magnitude),
        );
      }
    }
    this.#limits.terms += a.size * b.size;
    return product;
  }

  /**
   * Whether the polynomial has terms that cancel and are much larger than the values in the circuit
   * now.
   */
  #isIllConditioned(argument: NodeId, coefficients: Coefficients): boolean {
    const size = this.sizeOf(argument, coefficients);
    const { growth, familySizes } = this.#limits;
    return !(size <= growth * lookUp(familySizes, argument));
  }

  /** Returns the sum of the largest magnitudes of a polynomial's terms. */
  sizeOf(argument: NodeId, coefficients: Coefficients): number {
    const size = at(this.#limits.magnitudes, argument);
    let sum = 0;
    for (const [exponent, { magnitude }] of coefficients)
      sum += magnitude * elementSize(this.#basis, exponent, size);
    return sum;
  }
}

/** Returns the argument of a basis in that basis: center + B_1/scale. */
function asElements({ scale, center }: Basis): Coefficients {
  const coefficients = new Map([[1, coefficientOf(scalar(defined(exact.invert(scale))), 0)]]);
  if (!exact.isZero(center)) coefficients.set(0, coefficientOf(scalar(center), 0));
  return coefficients;
}

/** Returns a coefficient whose magnitude is exact for a constant and else the estimate. */
function coefficientOf(value: Clear, estimate: number): Coefficient {
  if (typeof value === 'number') return { value, magnitude: estimate };
  const magnitude = value.data.reduce((most, x) => Math.max(most, Math.abs(x.value)), 0);
  return { value, magnitude };
}
