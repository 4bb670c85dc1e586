import { at, lookUp } from '../lookup.ts';
import { type Exact, equal, isOne, isZero, multiply, negate, ONE, power } from '../tensor/exact.ts';
import { labelExtents } from '../tensor/op.ts';
import { sizeOf, type Tensor } from '../tensor/tensor.ts';
import { type Domain, nodeValue, scaledBy } from './evaluate-circuit.ts';
import { type Circuit, identity, type Node, nodeAt, type Operation } from './graph.ts';

/** Scalar products of a contraction from which on its value is worth keeping, and for each of its elements. */
const LEAST_PRODUCTS = 2 ** 11;
const LEAST_PER_ELEMENT = 16;

/** How the values of a circuit's nodes are found, and what is wanted of each. */
export interface Sampling<T, S> {
  readonly domain: Domain<T>;
  readonly input: (name: string) => Tensor<T>;
  readonly summarize: (value: Tensor<T>) => S;
  /** What `summarize` gives of a value times a constant, by what it gives of the value. */
  readonly scale: (summary: S, by: Exact) => S;
}

/** A constant times the value that has a key. */
interface Scaled {
  readonly key: number;
  readonly factor: Exact;
}

/** How the value of a key is computed: what its node does to these. */
interface Step {
  readonly key: number;
  readonly node: Node;
  readonly operands: readonly Scaled[];
}

/**
 * What is wanted of each node's value at one point, for circuits of the same inputs that are looked at one after the
 * other. They have most of their matrix products in common: what was computed once, told by what it is computed
 * from, is remembered, and values are computed only where something new depends on them. Constants move about from
 * one circuit to the next; so they are taken out of what they scale, and a matrix product that differs by a constant
 * is the same one.
 */
export class Summaries<T, S> {
  readonly #sampling: Sampling<T, S>;
  readonly #keys = new Map<string, number>();
  /** By key. */
  readonly #summaries: S[] = [];
  readonly #values = new Map<number, Tensor<T>>();
  /** Keys of values all of whose elements are 1. */
  readonly #ones = new Set<number>();

  constructor(sampling: Sampling<T, S>) {
    this.#sampling = sampling;
  }

  /** A summary of each node. */
  of(circuit: Circuit): readonly S[] {
    const { summarize, scale } = this.#sampling;
    const { scaled, steps } = this.#read(circuit);
    const needed = this.#neededKeys(steps);
    const values = new Map<number, Tensor<T>>();
    for (const { key, node, operands } of steps) {
      if (!needed.has(key)) continue;
      const value = this.#values.get(key) ?? this.#compute(node, operands, values);
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
    { op }: Node,
    operands: readonly Scaled[],
    values: ReadonlyMap<number, Tensor<T>>,
  ): Tensor<T> {
    const { domain, input } = this.#sampling;
    if (op.kind === 'const' && uniformOf(op.tensor))
      return { shape: op.tensor.shape, data: op.tensor.data.map(() => domain.constant(ONE)) };
    const args = operands.map(({ key, factor }) => scaledBy(factor, lookUp(values, key), domain));
    return nodeValue(op, args, domain, input);
  }

  /** Each node as a constant times a value with a key, the same for all that are computed alike; and how these are. */
  #read({ nodes }: Circuit) {
    const scaled: Scaled[] = [];
    const steps: Step[] = [];
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
      steps.push({ key, node, operands });
    }
    return { scaled, steps };
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

  /** What a node that only scales an operand is: a constant times the operand's value. */
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

  /** Keys whose summaries are not known, and what they are computed from, as far as its values are not. */
  #neededKeys(steps: readonly Step[]): ReadonlySet<number> {
    const needed = new Set<number>();
    for (const { key, operands } of [...steps].reverse()) {
      if (this.#summaries[key] === undefined) needed.add(key);
      if (!needed.has(key) || this.#values.has(key)) continue;
      for (const operand of operands) needed.add(operand.key);
    }
    return needed;
  }
}

/** Summaries for circuits that are looked at in any order, by their inputs and the point. */
export class SharedSummaries<T, S> {
  readonly #byPoint = new Map<string, Summaries<T, S>>();

  /** A summary of each node at a point that is named and, where it is new, sampled. */
  of(circuit: Circuit, point: string, sampling: () => Sampling<T, S>): readonly S[] {
    const key = `${point} ${JSON.stringify(circuit.inputs)}`;
    const known = this.#byPoint.get(key) ?? new Summaries(sampling());
    this.#byPoint.set(key, known);
    return known.of(circuit);
  }
}

/** The constant that an operation's result has of its operands, and the operands without it. */
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
    case 'rotate':
    case 'concat':
    case 'stack':
      // Linear in all operands together.
      return args.every(({ factor }) => equal(factor, first))
        ? { factor: first, operands: bare() }
        : { factor: ONE, operands: args };
  }
}

/** The number that all elements of a constant are, if it is one and not 0. */
function uniformOf({ data }: Tensor<Exact>): Exact | undefined {
  const [first, ...others] = data;
  const isUniform = first && !isZero(first) && others.every((x) => equal(x, first));
  return isUniform ? first : undefined;
}

/** Whether a circuit has contractions so large that a second look at one is too much. */
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
