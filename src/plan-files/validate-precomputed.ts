import { defined } from '../lookup.ts';
import { clientShapes } from '../plan/input-ranges.ts';
import type { ClientOp, Plan, PlanInput, Precomputed } from '../plan/plan.ts';
import { IllegalOperation, labelExtents } from '../tensor/op.ts';
import { MAX_ELEMENTS, type Shape, sizeOf } from '../tensor/tensor.ts';
import { PlanFault, requireRule } from './plan-fault.ts';

/** Elements of all values together: a gigabyte. */
const MOST_ELEMENTS_IN_ALL = 2 ** 27;
/** Scalar products of all that the client computes: about a minute. */
const MOST_PRODUCTS = 2 ** 35;
/** No upload has a larger degree in the inputs. */
const MOST_DEGREE = 2;

/**
 * DeadlineRewriter that what the client is to compute is well-formed, of degree 2 at most in encrypted inputs alone, and
 * done in bounded time and memory.
 *
 * @returns shapes of the values, by name
 * @throws PlanFault
 */
export function requirePrecomputed(
  { precomputed }: Plan,
  inputs: ReadonlyMap<string, PlanInput>,
): ReadonlyMap<string, Shape> {
  if (!precomputed) return new Map();
  const { ops } = precomputed;
  const path = ['precomputed', 'ops'];
  ops.forEach((op, at) => {
    checkOperands(op, at, inputs);
  });
  const shapes = shapesOrFault(ops, [...inputs.values()]);
  let [products, elements] = [0, 0];
  ops.forEach((op, at) => {
    const size = sizeOf(defined(shapes[at]));
    elements += size;
    const isModest = size <= MAX_ELEMENTS && elements <= MOST_ELEMENTS_IN_ALL;
    requireRule(isModest, 'there are too many elements', [...path, at]);
    if (op.kind !== 'mul') return;
    products += sizeOf(
      labelExtents(op, [defined(shapes[op.args[0]]), defined(shapes[op.args[1]])]),
    );
    requireRule(products <= MOST_PRODUCTS, 'the client has too much to compute', [...path, at]);
  });
  checkDegrees(ops);
  return checkValues(precomputed, inputs, shapes);
}

function checkOperands(op: ClientOp, at: number, inputs: ReadonlyMap<string, PlanInput>): void {
  const path = ['precomputed', 'ops', at];
  if (op.kind === 'input') {
    const secrecy = inputs.get(op.input)?.secrecy;
    requireRule(secrecy !== undefined, `there is no input '${op.input}'`, [...path, 'input']);
    requireRule(secrecy === 'cipher', `'${op.input}' is not cipher`, [...path, 'input']);
  } else if (op.kind === 'const') {
    const { shape, data } = op;
    const size = sizeOf(shape);
    requireRule(size <= MAX_ELEMENTS, 'there are too many elements', [...path, 'shape']);
    const fits = typeof data === 'number' || data.length === size;
    requireRule(fits, `there are ${size} elements`, [...path, 'data']);
  } else {
    const isEarlier = op.args.every((arg) => arg < at);
    requireRule(isEarlier, 'operands come before their operation', [...path, 'args']);
  }
}

function shapesOrFault(ops: readonly ClientOp[], inputs: readonly PlanInput[]): readonly Shape[] {
  try {
    return clientShapes(ops, inputs);
  } catch (error) {
    if (!(error instanceof IllegalOperation)) throw error;
    throw new PlanFault('operands do not fit their operation', ['precomputed', 'ops']);
  }
}

function checkDegrees(ops: readonly ClientOp[]): void {
  const degrees: number[] = [];
  ops.forEach((op, at) => {
    const operands = 'args' in op ? op.args.map((arg) => defined(degrees[arg])) : [];
    const degree = degreeOf(op, operands);
    const path = ['precomputed', 'ops', at];
    requireRule(degree <= MOST_DEGREE, `the client uploads no degree above ${MOST_DEGREE}`, path);
    degrees.push(degree);
  });
}

function degreeOf(op: ClientOp, operands: readonly number[]): number {
  if (op.kind === 'input') return 1;
  if (op.kind === 'mul') return operands.reduce((sum, degree) => sum + degree, 0);
  if (op.kind === 'pow') return op.exponent * defined(operands[0]);
  return Math.max(0, ...operands);
}

function checkValues(
  { ops, values }: Precomputed,
  inputs: ReadonlyMap<string, PlanInput>,
  shapes: readonly Shape[],
): ReadonlyMap<string, Shape> {
  const named = new Map<string, Shape>();
  values.forEach(({ name, value }, at) => {
    const path = ['precomputed', 'values', at];
    requireRule(!named.has(name) && !inputs.has(name), `'${name}' occurs twice`, [...path, 'name']);
    requireRule(value < ops.length, 'there is no such value', [...path, 'value']);
    named.set(name, defined(shapes[value]));
  });
  return named;
}
