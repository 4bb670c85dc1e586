import { at } from '../lookup.ts';
import { type Exact, equal, invertResidue, MODULUS, ONE, reduce } from '../tensor/exact.ts';
import { integersModulo, type Modular } from '../tensor/modular.ts';
import { applyOp } from '../tensor/op.ts';
import { MAX_SUMMED, productsOfFloats, productsOfIntegers, type Rows } from '../tensor/rows.ts';
import type { Ring, Tensor } from '../tensor/tensor.ts';
import type { Circuit, NodeId, Operation } from './graph.ts';

/** A ring, and how exact constants are represented in it. */
export interface Domain<T> extends Ring<T> {
  constant(value: Exact): T;
}

/** float64 numbers: evaluation in the clear. */
export const FLOATS: Domain<number> = {
  add: (a, b) => a + b,
  subtract: (a, b) => a - b,
  multiply: (a, b) => a * b,
  negate: (a) => -a,
  invert(a) {
    if (a === 0) throw new RangeError('division by a plain input that is 0');
    return 1 / a;
  },
  constant: (c) => c.value,
  sumOfProducts(x, y, count) {
    const [{ data: left, step: leftStep }, { data: right, step: rightStep }] = [x, y];
    let sum = (left[x.from] as number) * (right[y.from] as number);
    for (let i = 1, a = x.from, b = y.from; i < count; i++) {
      a += leftStep;
      b += rightStep;
      sum += (left[a] as number) * (right[b] as number);
    }
    return sum;
  },
  rowProducts: (x, y) => (isLarge(x, y) ? productsOfFloats(x, y) : undefined),
};

/** Returns the integers modulo t. Inputs must be residues already. */
export function residuesModulo(modulus: number): Domain<number> & Modular {
  const ring = integersModulo(modulus);
  return { ...ring, constant: (c) => ring.residue(c.value) };
}

/** Residues modulo the product of the two verification primes. */
export const RESIDUES: Domain<bigint> = {
  add: (a, b) => reduce(a + b),
  subtract: (a, b) => reduce(a - b),
  multiply: (a, b) => (a * b) % MODULUS,
  negate: (a) => reduce(-a),
  invert(a) {
    const inverse = invertResidue(a);
    if (inverse === undefined) throw new RangeError('division by zero');
    return inverse;
  },
  constant: (c) => c.residue,
  sumOfProducts(x, y, count) {
    // A single reduction serves all products.
    let sum = 0n;
    for (let i = 0, a = x.from, b = y.from; i < count; i++, a += x.step, b += y.step)
      sum += (x.data[a] as bigint) * (y.data[b] as bigint);
    return sum % MODULUS;
  },
  rowProducts: (x, y) =>
    isLarge(x, y) && x.count <= MAX_SUMMED
      ? productsOfIntegers(x, y).map((sum) => sum % MODULUS)
      : undefined,
};

/** The least number of rows, and of elements in each, for which the fast row products pay off. */
const MANY_ROWS = 8;

function isLarge<T>(x: Rows<T>, y: Rows<T>): boolean {
  return x.starts.length >= MANY_ROWS && y.starts.length >= MANY_ROWS && x.count >= MANY_ROWS;
}

/**
 * Evaluates a circuit over any domain and returns every output by name. Values are dropped after
 * their last use. Throws RangeError if a plain divisor is 0.
 *
 * @param visit receives the value of every computed node, in order
 */
export function evaluateCircuit<T>(
  circuit: Circuit,
  domain: Domain<T>,
  input: (name: string) => Tensor<T>,
  visit?: (node: NodeId, value: Tensor<T>) => void,
): ReadonlyMap<string, Tensor<T>> {
  const lastUse = new Array<number>(circuit.nodes.length).fill(-1);
  for (const node of circuit.nodes) for (const arg of node.args) lastUse[arg] = node.id;
  for (const { node } of circuit.outputs) lastUse[node] = Number.POSITIVE_INFINITY;
  const values = new Array<Tensor<T> | undefined>(circuit.nodes.length);
  for (const { id, op, args } of circuit.nodes) {
    if (lastUse[id] === -1) continue;
    const operands = args.map((arg) => at(values, arg));
    const value = nodeValue(op, operands, domain, input);
    values[id] = value;
    visit?.(id, value);
    for (const arg of args) if (lastUse[arg] === id) values[arg] = undefined;
  }
  return new Map(
    circuit.outputs.map(({ name, node, factor }) => [
      name,
      scaledBy(factor, at(values, node), domain),
    ]),
  );
}

/** Computes the value of a node over a domain from the values of its operands. */
export function nodeValue<T>(
  op: Operation,
  args: readonly Tensor<T>[],
  domain: Domain<T>,
  input: (name: string) => Tensor<T>,
): Tensor<T> {
  switch (op.kind) {
    case 'input':
      return input(op.type.name);
    case 'const':
      return { shape: op.tensor.shape, data: op.tensor.data.map((c) => domain.constant(c)) };
    case 'barrier':
      return at(args, 0);
    default:
      return applyOp(op, args, domain);
  }
}

/** Returns a constant times a value. */
export function scaledBy<T>(factor: Exact, value: Tensor<T>, domain: Domain<T>): Tensor<T> {
  if (equal(factor, ONE)) return value;
  const by = domain.constant(factor);
  return { shape: value.shape, data: value.data.map((x) => domain.multiply(x, by)) };
}
