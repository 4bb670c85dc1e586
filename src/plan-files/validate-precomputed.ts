import { asOneLine } from '../errors/one-line.ts';
import { defined, largestOf } from '../lookup.ts';
import { computedShapes } from '../plan/input-ranges.ts';
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

/** The lists of values that a party computes: the party, and the secrecy of the inputs it has. */
const PARTIES = {
  precomputed: { party: 'client', secrecy: 'cipher' },
  prepared: { party: 'server', secrecy: 'plain' },
} as const;
type ListName = keyof typeof PARTIES;

/** Shapes of values that a party computes, by name. */
export type ComputedShapes = Record<PlanInput['secrecy'], ReadonlyMap<string, Shape>>;

/**
 * Requires that the operations of both parties on whole tensors are well-formed, read only inputs
 * of their party, and take bounded time and memory, and that the client's have degree 2 at most in
 * them.
 *
 * @returns shapes of the values, by the secrecy of the inputs that they are computed from
 * @throws PlanFault if one of these does not hold
 */
export function requireComputed(
  plan: Plan,
  inputs: ReadonlyMap<string, PlanInput>,
): ComputedShapes {
  const cipher = requireList(plan, 'precomputed', inputs, new Set(inputs.keys()));
  const names = new Set([...inputs.keys(), ...cipher.keys()]);
  return { cipher, plain: requireList(plan, 'prepared', inputs, names) };
}

/** @param known the names that no value may have */
function requireList(
  plan: Plan,
  key: ListName,
  inputs: ReadonlyMap<string, PlanInput>,
  known: ReadonlySet<string>,
): ReadonlyMap<string, Shape> {
  const list = plan[key];
  if (!list) return new Map();
  const { ops } = list;
  const { party, secrecy } = PARTIES[key];
  const path = [key, 'ops'];
  ops.forEach((op, at) => {
    requireOperands(op, [...path, at], at, secrecy, inputs);
  });
  const shapes = shapesOrFault(ops, path, [...inputs.values()]);
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
    requireRule(products <= MOST_PRODUCTS, `the ${party} has too much to compute`, [...path, at]);
  });
  if (key === 'precomputed') requireDegrees(ops);
  return requireValues(list, key, known, shapes);
}

function requireOperands(
  op: ClientOp,
  path: readonly (string | number)[],
  at: number,
  needed: PlanInput['secrecy'],
  inputs: ReadonlyMap<string, PlanInput>,
): void {
  if (op.kind === 'input') {
    const secrecy = inputs.get(op.input)?.secrecy;
    requireRule(secrecy !== undefined, `there is no input '${asOneLine(op.input)}'`, [
      ...path,
      'input',
    ]);
    requireRule(secrecy === needed, `'${op.input}' is not a ${needed} input`, [...path, 'input']);
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

function shapesOrFault(
  ops: readonly ClientOp[],
  path: readonly string[],
  inputs: readonly PlanInput[],
): readonly Shape[] {
  try {
    return computedShapes(ops, inputs);
  } catch (error) {
    if (!(error instanceof IllegalOperation)) throw error;
    throw new PlanFault('operands do not fit their operation', path);
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
  key: ListName,
  known: ReadonlySet<string>,
  shapes: readonly Shape[],
): ReadonlyMap<string, Shape> {
  const named = new Map<string, Shape>();
  values.forEach(({ name, value }, at) => {
    const path = [key, 'values', at];
    requireOneLine(name, [...path, 'name']);
    requireRule(!named.has(name) && !known.has(name), `'${name}' occurs twice`, [...path, 'name']);
    requireRule(value < ops.length, 'there is no such value', [...path, 'value']);
    named.set(name, defined(shapes[value]));
  });
  return named;
}
