import { at, lookUp } from '../lookup.ts';
import { type Exact, equal, isOne, isZero, multiply, negate, ONE, power } from '../tensor/exact.ts';
import { labelExtents } from '../tensor/op.ts';
import { sizeOf, type Tensor } from '../tensor/tensor.ts';
import type { WorkMeter } from '../work-meter.ts';
import { type Domain, nodeValue, scaledBy } from './evaluate-circuit.ts';
import { type Circuit, identity, type Node, nodeAt, type Operation } from './graph.ts';
import { scalarWorkOf } from './scalar-work.ts';

/**
 * Least number of scalar products, in all and for each element, for which the value of a
 * contraction is kept.
 */
const LEAST_PRODUCTS = 2 ** 11;
const LEAST_PER_ELEMENT = 16;

/** How the values of a circuit's nodes are computed and what is kept of each. */
export interface Sampling<T, S> {
  readonly domain: Domain<T>;
  readonly input: (name: string) => Tensor<T>;
  readonly summarize: (value: Tensor<T>) => S;
  /** Returns the summary of a value times a constant from the summary of the value. */
  readonly scale: (summary: S, by: Exact) => S;
  /** How many operations on numbers take as long as examining one operation of a circuit. */
  readonly numbersPerOperation: number;
}

/** A constant times the value with a key. */
interface Scaled {
  readonly key: number;
  readonly factor: Exact;
}

/** How the value with a key is computed: by its node's operation on these operands. */
interface Computation {
  readonly key: number;
  readonly node: Node;
  readonly operands: readonly Scaled[];
}

/**
 * Summaries of node values at one point, for circuits with the same inputs that are looked at one
 * after the other. Such circuits share most of their matrix products. A value is identified by its
 * computation, remembered, and computed again only if a new value depends on it. Constants move
 * about from one circuit to the next, so they are factored out: matrix products that differ by a
 * constant count as the same value.
 */
export class Summaries<T, S> {
  readonly #sampling: Sampling<T, S>;
  readonly #meter: WorkMeter | undefined;
  readonly #keys = new Map<string, number>();
  /** Summaries, by key. */
  readonly #summaries: S[] = [];
  readonly #values = new Map<number, Tensor<T>>();
  /** Keys of values whose elements are all 1. */
  readonly #ones = new Set<number>();

  /** @param meter counts the operations on numbers, and ends the computation at a limit */
  constructor(sampling: Sampling<T, S>, meter?: WorkMeter) {
    this.#sampling = sampling;
    this.#meter = meter;
  }

  /**
   * Returns a summary of each node.
   *
   * @throws WorkExceeded if computing them takes more operations than the meter allows
   */
  of(circuit: Circuit): readonly S[] {
    const { summarize, scale } = this.#sampling;
    const { scaled, computations } = this.#factored(circuit);
    const needed = this.#neededKeys(computations);
    const values = new Map<number, Tensor<T>>();
    for (const { key, node, operands } of computations) {
      if (!needed.has(key)) continue;
      const value = this.#values.get(key) ?? this.#compute(circuit, node, operands, values);
      values.set(key, value);
      if (isLargeContraction(circuit, node)) this.#values.set(key, value);
      this.#summaries[key] ??= summarize(value);
    }
    return scaled.map(({ key, factor }) => {
      const summary = at(this.#summaries, key);
      return isOne(factor) ? summary : scale(summary, factor);
    });
  }

  #compute(
    circuit: Circuit,
    node: Node,
    operands: readonly Scaled[],
    values: ReadonlyMap<number, Tensor<T>>,
  ): Tensor<T> {
    const { domain, input, numbersPerOperation } = this.#sampling;
    const { op } = node;
    const numbers = scalarWorkOf(circuit, node);
    this.#meter?.spend('numbers of tensors', Math.floor(numbers / numbersPerOperation));
    if (op.kind === 'const' && uniformOf(op.tensor))
      return { shape: op.tensor.shape, data: op.tensor.data.map(() => domain.constant(ONE)) };
    const args = operands.map(({ key, factor }) => scaledBy(factor, lookUp(values, key), domain));
    return nodeValue(op, args, domain, input);
  }

  /**
   * Returns each node as a constant times a value with a key, equal for equal computations, and how
   * the values are computed.
   */
  #factored({ nodes }: Circuit) {
    const scaled: Scaled[] = [];
    const computations: Computation[] = [];
    for (const node of nodes) {
      const args = node.args.map((arg) => at(scaled, arg));
      const same = this.#scaledOperand(node, scaled);
      if (same) {
        scaled.push(same);
        continue;
      }
      const { factor, operands } = takeOut(node.op, args);
      const key = this.#keyOf(node, operands);
      scaled.push({ key, factor });
      computations.push({ key, node, operands });
    }
    return { scaled, computations };
  }

  #keyOf({ op, shape }: Node, operands: readonly Scaled[]): number {
    const isUniform = op.kind === 'const' && uniformOf(op.tensor) !== undefined;
    const what = isUniform ? `ones ${shape.join()}` : identity(op);
    const text = `${what}(${operands.map(({ key, factor }) => (isOne(factor) ? key : `${key}*${factor.residue}`)).join()})`;
    const key = this.#keys.get(text) ?? this.#keys.size;
    this.#keys.set(text, key);
    if (isUniform) this.#ones.add(key);
    return key;
  }

  /**
   * Returns a node that only scales an operand as a constant times the operand's value; undefined
   * for other nodes.
   */
  #scaledOperand({ kind, op, args }: Node, scaled: readonly Scaled[]): Scaled | undefined {
    if (kind === 'barrier') return at(scaled, args[0]);
    if (kind === 'neg') {
      const { key, factor } = at(scaled, args[0]);
      return { key, factor: negate(factor) };
    }
    if (kind !== 'mul') return undefined;
    const [a, b] = [at(scaled, args[0]), at(scaled, args[1])];
    const isWhole = (labels: readonly number[]) =>
      labels.length === op.rank && labels.every((label, axis) => label === axis);
    const isInside = (labels: readonly number[]) => labels.every((label) => label < op.rank);
    const factor = () => multiply(a.factor, b.factor);
    if (this.#ones.has(a.key) && isInside(op.lhs) && isWhole(op.rhs))
      return { key: b.key, factor: factor() };
    if (this.#ones.has(b.key) && isInside(op.rhs) && isWhole(op.lhs))
      return { key: a.key, factor: factor() };
    return undefined;
  }

  /**
   * Returns the keys whose summaries are unknown, and the keys of the unknown values that they are
   * computed from.
   */
  #neededKeys(computations: readonly Computation[]): ReadonlySet<number> {
    const needed = new Set<number>();
    for (const { key, operands } of [...computations].reverse()) {
      if (this.#summaries[key] === undefined) needed.add(key);
      if (!needed.has(key) || this.#values.has(key)) continue;
      for (const operand of operands) needed.add(operand.key);
    }
    return needed;
  }
}

/** Summaries for circuits that are looked at in any order, by inputs and point. */
export class SharedSummaries<T, S> {
  readonly #byPoint = new Map<string, Summaries<T, S>>();
  readonly #meter: WorkMeter | undefined;

  /** @param meter counts the work of computing summaries; no limit by default */
  constructor(meter?: WorkMeter) {
    this.#meter = meter;
  }

  /** Returns a summary of each node at a named point, which is sampled if it is new. */
  of(circuit: Circuit, point: string, sampling: () => Sampling<T, S>): readonly S[] {
    const key = `${point} ${JSON.stringify(circuit.inputs)}`;
    const known = this.#byPoint.get(key) ?? new Summaries(sampling(), this.#meter);
    this.#byPoint.set(key, known);
    return known.of(circuit);
  }
}

/**
 * Returns the constant that can be taken out of an operation's operands into its result, and the
 * operands without it.
 */
function takeOut(
  op: Operation,
  args: readonly Scaled[],
): { readonly factor: Exact; readonly operands: readonly Scaled[] } {
  const bare = () => args.map(({ key }) => ({ key, factor: ONE }));
  const first = args[0]?.factor ?? ONE;
  switch (op.kind) {
    case 'const':
      return { factor: uniformOf(op.tensor) ?? ONE, operands: [] };
    case 'mul':
      return { factor: multiply(first, at(args, 1).factor), operands: bare() };
    case 'pow':
      return { factor: power(first, op.exponent), operands: bare() };
    case 'inverse':
      return { factor: ONE, operands: args };
    case 'input':
    case 'barrier':
    case 'add':
    case 'sub':
    case 'neg':
    case 'sum':
    case 'broadcast':
    case 'permute':
    case 'slice':
    case 'reindex':
    case 'rotate':
    case 'cumsum':
    case 'concat':
    case 'stack':
      // These are linear in all operands together.
      return args.every(({ factor }) => equal(factor, first))
        ? { factor: first, operands: bare() }
        : { factor: ONE, operands: args };
  }
}

/**
 * Returns the number that all elements of a constant are equal to; undefined if they differ or are
 * 0.
 */
function uniformOf({ data }: Tensor<Exact>): Exact | undefined {
  const [first, ...others] = data;
  const isUniform = first && !isZero(first) && others.every((x) => equal(x, first));
  return isUniform ? first : undefined;
}

/** Whether a circuit has contractions that are too expensive to evaluate repeatedly. */
export function hasLargeContractions(circuit: Circuit): boolean {
  return circuit.nodes.some((node) => isLargeContraction(circuit, node));
}

function isLargeContraction(circuit: Circuit, { kind, op, args, shape }: Node): boolean {
  if (kind !== 'mul') return false;
  if ([...op.lhs, ...op.rhs].every((label) => label < op.rank)) return false;
  const [a, b] = args;
  const products = sizeOf(labelExtents(op, [nodeAt(circuit, a).shape, nodeAt(circuit, b).shape]));
  return products >= LEAST_PRODUCTS && products >= LEAST_PER_ELEMENT * sizeOf(shape);
}
