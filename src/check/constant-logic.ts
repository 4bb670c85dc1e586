import type { ErrorCode } from '../errors/codes.ts';
import type { Comparison } from '../syntax/ast.ts';
import type { Span } from '../syntax/diagnostic.ts';
import type { Constant } from '../tensor/constant.ts';
import * as exact from '../tensor/exact.ts';
import { showShape } from '../tensor/tensor.ts';
import { constantValue, type Value } from './value.ts';
import type { Operations } from './value-operations.ts';

/*
 * Comparisons, remainders and logic. They are defined on constants, element by element; truth is 1
 * or 0. On other values they are refused, with what to write instead.
 */

type Result<W> = Value<W> | undefined;

/** Whether each comparison holds, by the sign of the difference. */
const COMPARISONS: Readonly<Record<Comparison['op'], (order: number) => boolean>> = {
  '==': (order) => order === 0,
  '!=': (order) => order !== 0,
  '<': (order) => order < 0,
  '<=': (order) => order <= 0,
  '>': (order) => order > 0,
  '>=': (order) => order >= 0,
};

/** What is wrong with an operation on encrypted values, and what to write instead. */
interface Advice {
  readonly code: ErrorCode;
  readonly help: string;
}

const COMPARING: Advice = {
  code: 'comparison-not-polynomial',
  help:
    'approximate it by poly(x, coefficients), or let the client compare after decryption; ' +
    'by an encrypted c that is 0 or 1 select with c*a + (1 - c)*b',
};
const REMAINDER: Advice = {
  code: 'remainder-not-polynomial',
  help: 'reduce it after decryption; under `bfv` and `bgv` all arithmetic is modulo t already',
};
const LOGIC: Advice = {
  code: 'logic-not-polynomial',
  help: 'for 0 and 1 write `a*b` for and, `a + b - a*b` for or, `1 - a` for not',
};
const BRANCH: Advice = {
  code: 'branch-not-polynomial',
  help: 'compute both sides and select: `c*a + (1 - c)*b` where c is 0 or 1',
};
const LATE = 'compute it beforehand, and make it a plain input of zeros and ones';

/** Compares constants. */
export function compare<W>(
  ops: Operations<W>,
  op: Comparison['op'],
  a: Value<W>,
  b: Value<W>,
  span: Span,
): Result<W> {
  const holds = COMPARISONS[op];
  const ordered = op !== '==' && op !== '!=';
  const what = { name: `\`${op}\``, verb: 'compare' };
  return elementwise(ops, what, COMPARING, [a, b], span, (x, y) => {
    const order = exact.order(x, y);
    return order === undefined && ordered ? undefined : truth(holds(order ?? 1));
  });
}

/** Returns the remainder of constants, which has the sign of the divisor. */
export function remaindersOf<W>(
  ops: Operations<W>,
  a: Value<W>,
  b: Value<W>,
  span: Span,
): Result<W> {
  if (b.kind === 'const' && b.tensor.data.some(exact.isZero))
    return ops.refuse('division-by-zero', 'the remainder of a division by zero', span);
  const what = { name: '`%`', verb: 'divide' };
  return elementwise(ops, what, REMAINDER, [a, b], span, exact.remainder);
}

/** Returns whether both of two constants hold, or one of them. */
export function combine<W>(
  ops: Operations<W>,
  op: 'and' | 'or',
  a: Value<W>,
  b: Value<W>,
  span: Span,
): Result<W> {
  const what = { name: `\`${op}\``, verb: 'combine' };
  return elementwise(ops, what, LOGIC, [a, b], span, (x, y) => {
    const [first, second] = [!exact.isZero(x), !exact.isZero(y)];
    return truth(op === 'and' ? first && second : first || second);
  });
}

/** Returns whether a constant does not hold. */
export function opposite<W>(ops: Operations<W>, x: Value<W>, span: Span): Result<W> {
  const constant = constantOf(ops, '`not` of', LOGIC, x, span);
  if (!constant) return undefined;
  const { shape, data } = constant;
  return constantValue({ shape, data: data.map((element) => truth(exact.isZero(element))) });
}

/** Returns whether the condition of an `if` holds; refuses all but one constant number. */
export function holds<W>(ops: Operations<W>, x: Value<W>, span: Span): boolean | undefined {
  const constant = constantOf(ops, 'a branch on', BRANCH, x, span);
  if (!constant) return undefined;
  const [number] = constant.data;
  if (number && constant.shape.length === 0) return !exact.isZero(number);
  return ops.refuse(
    'not-scalar',
    `a condition is one number, not ${showShape(constant.shape)}`,
    span,
    'all elements hold: sum(not c) == 0; one of them does: sum(c) > 0',
  );
}

function truth(holds: boolean): exact.Exact {
  return holds ? exact.ONE : exact.ZERO;
}

function elementwise<W>(
  ops: Operations<W>,
  { name, verb }: { readonly name: string; readonly verb: string },
  advice: Advice,
  operands: readonly [Value<W>, Value<W>],
  span: Span,
  f: (x: exact.Exact, y: exact.Exact) => exact.Exact | undefined,
): Result<W> {
  if (!operands.every((value) => constantOf(ops, `${name} of`, advice, value, span)))
    return undefined;
  const shape = ops.commonShape(verb, ...operands, span);
  const [x, y] = operands.map((value) => shape && ops.broadcast(value, shape, span));
  if (x?.kind !== 'const' || y?.kind !== 'const') return undefined;
  const data = x.tensor.data.map((element, i) => f(element, y.tensor.data[i] ?? element));
  if (data.every((element) => element !== undefined))
    return constantValue({ shape: x.shape, data });
  return ops.refuse('not-a-number', `${name} has no exact value here`, span);
}

/** @param operation with the word before its operand: `not` of, a branch on */
function constantOf<W>(
  ops: Operations<W>,
  operation: string,
  { code, help }: Advice,
  value: Value<W>,
  span: Span,
): Constant | undefined {
  if (value.kind === 'const') return value.tensor;
  if (value.secrecy === 'cipher')
    return ops.refuse(code, `${operation} a ciphertext is not a polynomial`, span, help);
  const message = `${operation} a plain value: plain inputs are known only at run time`;
  return ops.refuse('not-constant', message, span, LATE);
}
