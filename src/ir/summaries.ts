import { labelExtents } from '../tensor/op.ts';
import { sizeOf, type Tensor } from '../tensor/tensor.ts';
import { type Domain, nodeValue } from './evaluate.ts';
import { type Circuit, identity, type Node, type NodeId } from './graph.ts';

/** Scalar products of a contraction from which on its value is worth keeping, and for each of its elements. */
const LEAST_PRODUCTS = 2 ** 11;
const LEAST_PER_ELEMENT = 16;

/** How the values of a circuit's nodes are found, and what is wanted of each. */
export interface Sampling<T, S> {
  readonly domain: Domain<T>;
  readonly input: (name: string) => Tensor<T>;
  readonly summarize: (value: Tensor<T>) => S;
}

/**
 * What is wanted of each node's value at one point, for circuits of the same inputs that are looked at one after the
 * other. They have most of their matrix products in common: what was computed once, told by what it is computed
 * from, is remembered, and values are computed only where something new depends on them.
 */
export class Summaries<T, S> {
  readonly #sampling: Sampling<T, S>;
  readonly #keys = new Map<string, number>();
  /** By key. */
  readonly #summaries: S[] = [];
  readonly #values = new Map<number, Tensor<T>>();

  constructor(sampling: Sampling<T, S>) {
    this.#sampling = sampling;
  }

  /** A summary of each node. */
  of(circuit: Circuit): readonly S[] {
    const { domain, input, summarize } = this.#sampling;
    const { nodes } = circuit;
    const keys = this.#keysOf(circuit);
    const needed = this.#neededNodes(circuit, keys);
    const values = new Map<NodeId, Tensor<T>>();
    for (const { id, op, args } of nodes) {
      const key = keys[id] as number;
      if (!needed[id]) continue;
      const operands = () => args.map((arg) => values.get(arg) as Tensor<T>);
      const value = this.#values.get(key) ?? nodeValue(op, operands(), domain, input);
      values.set(id, value);
      if (isLargeContraction(circuit, nodes[id] as Node)) this.#values.set(key, value);
      this.#summaries[key] ??= summarize(value);
    }
    return keys.map((key) => this.#summaries[key] as S);
  }

  /** A number for each node, the same for all nodes that are computed alike. */
  #keysOf({ nodes }: Circuit): readonly number[] {
    const keys: number[] = [];
    for (const { id, op, args } of nodes) {
      const text = `${identity(op, id)}(${args.map((arg) => keys[arg]).join()})`;
      const key = this.#keys.get(text) ?? this.#keys.size;
      this.#keys.set(text, key);
      keys.push(key);
    }
    return keys;
  }

  /** Nodes whose summaries are not known, and what they are computed from, as far as its values are not. */
  #neededNodes({ nodes }: Circuit, keys: readonly number[]): readonly boolean[] {
    const needed = keys.map((key) => this.#summaries[key] === undefined);
    for (const { id, args } of [...nodes].reverse()) {
      if (!needed[id] || this.#values.has(keys[id] as number)) continue;
      for (const arg of args) needed[arg] = true;
    }
    return needed;
  }
}

/** Whether a circuit has contractions so large that a second look at one is too much. */
export function hasLargeContractions(circuit: Circuit): boolean {
  return circuit.nodes.some((node) => isLargeContraction(circuit, node));
}

function isLargeContraction(circuit: Circuit, { op, args, shape }: Node): boolean {
  if (op.kind !== 'mul') return false;
  if ([...op.lhs, ...op.rhs].every((label) => label < op.rank)) return false;
  const shapes = args.map((arg) => (circuit.nodes[arg] as Node).shape);
  const products = sizeOf(labelExtents(op, shapes));
  return products >= LEAST_PRODUCTS && products >= LEAST_PER_ELEMENT * sizeOf(shape);
}
