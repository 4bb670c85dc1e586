import { asOneLine } from '../errors/one-line.ts';
import { defined, largestOf } from '../lookup.ts';
import { clientShapes } from '../plan/input-ranges.ts';
import type { ClientOp, Plan, PlanInput, Precomputed } from '../plan/plan.ts';
import { IllegalOperation, labelExtents } from '../tensor/op.ts';
import { MAX_ELEMENTS, type Shape, sizeOf } from '../tensor/tensor.ts';
import { PlanFault, requireOneLine, requireRule } from './plan-fault.ts';

/** Limit on the elements of all values together: a gigabyte. */
const MOST_ELEMENTS_IN_ALL = 2 ** 27;
/** Limit on the scalar products of all values together: about a minute. */
const MOST_PRODUCTS = 2 ** 35;
/** Limit on the degree of a value in the inputs. */
const MOST_DEGREE = 2;

/**
 * Requires that the client's operations are well-formed, read only cipher inputs, have degree 2 at
 * most in them, and take bounded time and memory.
 *
 * @returns shapes of the values, by name
 * @throws PlanFault if one of these does not hold
 */
export function requirePrecomputed(
  { precomputed }: Plan,
  inputs: ReadonlyMap<string, PlanInput>,
): ReadonlyMap<string, Shape> {
  if (!precomputed) return new Map();
  const { ops } = precomputed;
  const path = ['precomputed', 'ops'];
  ops.forEach((op, at) => {
    requireOperands(op, at, inputs);
  });
  const shapes = shapesOrFault(ops, [...inputs.values()]);
  let [products, elements] = [0, 0];
  ops.forEach((op, at) => {
    const size = sizeOf(defined(shapes[at]));
    elements += size;
    const isWithinLimits = size <= MAX_ELEMENTS && elements <= MOST_ELEMENTS_IN_ALL;
    requireRule(isWithinLimits, 'there are too many elements', [...path, at]);
    if (op.kind !== 'mul') return;
    products += sizeOf(
      labelExtents(op, [defined(shapes[op.args[0]]), defined(shapes[op.args[1]])]),
    );
    requireRule(products <= MOST_PRODUCTS, 'the client has too much to compute', [...path, at]);
  });
  requireDegrees(ops);
  return requireValues(precomputed, inputs, shapes);
}

function requireOperands(op: ClientOp, at: number, inputs: ReadonlyMap<string, PlanInput>): void {
  const path = ['precomputed', 'ops', at];
  if (op.kind === 'input') {
    const secrecy = inputs.get(op.input)?.secrecy;
    requireRule(secrecy !== undefined, `there is no input '${asOneLine(op.input)}'`, [
      ...path,
      'input',
    ]);
    requireRule(secrecy === 'cipher', `'${op.input}' is not a cipher input`, [...path, 'input']);
  } else if (op.kind === 'const') {
    const { shape, data } = op;
    const size = sizeOf(shape);
    requireRule(size <= MAX_ELEMENTS, 'there are too many elements', [...path, 'shape']);
    const fits = typeof data === 'number' || data.length === size;
    requireRule(fits, `there must be ${size} elements`, [...path, 'data']);
  } else {
    const isEarlier = op.args.every((arg) => arg < at);
    requireRule(isEarlier, 'an operand is not an earlier value', [...path, 'args']);
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

function requireDegrees(ops: readonly ClientOp[]): void {
  const degrees: number[] = [];
  ops.forEach((op, at) => {
    const operands = 'args' in op ? op.args.map((arg) => defined(degrees[arg])) : [];
    const degree = degreeOf(op, operands);
    const path = ['precomputed', 'ops', at];
    requireRule(degree <= MOST_DEGREE, `the degree in the inputs is above ${MOST_DEGREE}`, path);
    degrees.push(degree);
  });
}

function degreeOf(op: ClientOp, operands: readonly number[]): number {
  if (op.kind === 'input') return 1;
  if (op.kind === 'mul') return operands.reduce((sum, degree) => sum + degree, 0);
  if (op.kind === 'pow') return op.exponent * defined(operands[0]);
  return Math.max(0, largestOf(operands));
}

function requireValues(
  { ops, values }: Precomputed,
  inputs: ReadonlyMap<string, PlanInput>,
  shapes: readonly Shape[],
): ReadonlyMap<string, Shape> {
  const named = new Map<string, Shape>();
  values.forEach(({ name, value }, at) => {
    const path = ['precomputed', 'values', at];
    requireOneLine(name, [...path, 'name']);
    requireRule(!named.has(name) && !inputs.has(name), `'${name}' occurs twice`, [...path, 'name']);
    requireRule(value < ops.length, 'there is no such value', [...path, 'value']);
    named.set(name, defined(shapes[value]));
  });
  return named;
}
