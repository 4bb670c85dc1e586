import type { Call } from '../syntax/ast.ts';
import { type Constant, identityMatrix } from '../tensor/constant.ts';
import * as exact from '../tensor/exact.ts';
import { MOST_AXES, sameShape, scalar, showShape } from '../tensor/tensor.ts';
import { argumentSpan } from './call-arguments.ts';
import { avgpool, conv2d } from './image-functions.ts';
import { matrixProduct } from './matrix-product.ts';
import {
  asVector,
  cumsum,
  diag,
  extentAlong,
  kron,
  lengthOf,
  meanAlong,
  reshape,
  sumAlong,
  trace,
  transpose,
} from './shape-functions.ts';
import { constantValue, type Value } from './value.ts';
import type { Operations } from './value-operations.ts';

type Result<W> = Value<W> | undefined;

/** A built-in function of the language. */
export interface Builtin {
  /** How to write a call, as error messages show it. */
  readonly usage: string;
  /** The smallest and the largest number of arguments. */
  readonly arity: readonly [min: number, max: number];
  /** Returns the value of a call with these arguments; undefined if the call was refused. */
  readonly evaluate: <W>(ops: Operations<W>, call: Call, args: readonly Value<W>[]) => Result<W>;
}

/** Advice for comparisons of encrypted values. */
const COMPARISON =
  'min and max compare; approximate by a polynomial, or let the client compare after decryption';

/** The functions that a program may call without declaring them, by name; users may shadow them. */
export const BUILTINS: ReadonlyMap<string, Builtin> = new Map(
  Object.entries<Builtin>({
    sum: ofOneOrTwo('sum(x) or sum(x, axis)', sumAlong),
    dot: ofTwo('dot(u, v)', dot),
    outer: ofTwo('outer(u, v)', outer),
    poly: ofTwo('poly(x, coefficients), lowest first', horner),
    rotate: ofTwo('rotate(x, k)', rotate),
    concat: ofSome('concat(a, b, …)', concat),
    zeros: ofExtents('zeros(m, …)', MOST_AXES, filledWith(exact.ZERO)),
    ones: ofExtents('ones(m, …)', MOST_AXES, filledWith(exact.ONE)),
    eye: ofExtents('eye(n)', 1, identity),
    len: ofOne('len(x)', lengthOf),
    shape: ofTwo('shape(x, axis)', extentAlong),
    reshape: ofSome('reshape(x, m, …)', reshape, [2, 1 + MOST_AXES]),
    flatten: ofOne('flatten(x)', asVector),
    transpose: ofSome('transpose(x, axis, …)', transpose, [1, 1 + MOST_AXES]),
    mean: ofOneOrTwo('mean(x) or mean(x, axis)', meanAlong),
    trace: ofOne('trace(M)', trace),
    diag: ofOne('diag(v) or diag(M)', diag),
    cumsum: ofOne('cumsum(v)', cumsum),
    kron: ofTwo('kron(A, B)', kron),
    conv2d: {
      usage: 'conv2d(image, kernel, stride, padding)',
      arity: [2, 4],
      evaluate: (ops, call, [image, kernel, ...options]) =>
        image && kernel && conv2d(ops, call, image, kernel, options),
    },
    avgpool: ofSome('avgpool(x, size, stride)', avgpool, [2, 3]),
    sqrt: ofConstant(
      'sqrt(x) of a constant',
      inFloats(Math.sqrt),
      "approximate by poly(x, coefficients) on x's range, or by Newton's iteration y = 0.5*y*(3 - x*y*y) for 1/sqrt(x)",
    ),
    exp: ofConstant('exp(x) of a constant', inFloats(Math.exp)),
    log: ofConstant('log(x) of a constant', inFloats(Math.log)),
    abs: ofConstant(
      'abs(x) of a constant',
      (x) => (x.value < 0 ? exact.negate(x) : x),
      'use x*x if it only has to remove the sign, or an even polynomial: poly(x, coefficients)',
    ),
    min: ofConstants(
      'min(a, b, …) of constants',
      (a, b) => (a.value < b.value ? a : b),
      COMPARISON,
    ),
    max: ofConstants(
      'max(a, b, …) of constants',
      (a, b) => (a.value < b.value ? b : a),
      COMPARISON,
    ),
    floor: ofConstant('floor(x) of a constant', exact.floor),
  }),
);

function ofTwo(
  usage: string,
  f: <W>(ops: Operations<W>, call: Call, a: Value<W>, b: Value<W>) => Result<W>,
): Builtin {
  return {
    usage,
    arity: [2, 2],
    evaluate: (ops, call, [a, b]) => a && b && f(ops, call, a, b),
  };
}

function ofOneOrTwo(
  usage: string,
  f: <W>(ops: Operations<W>, call: Call, a: Value<W>, b?: Value<W>) => Result<W>,
): Builtin {
  return { usage, arity: [1, 2], evaluate: (ops, call, [a, b]) => a && f(ops, call, a, b) };
}

function ofOne(
  usage: string,
  f: <W>(ops: Operations<W>, call: Call, x: Value<W>) => Result<W>,
): Builtin {
  return { usage, arity: [1, 1], evaluate: (ops, call, [x]) => x && f(ops, call, x) };
}

function ofSome(
  usage: string,
  f: <W>(ops: Operations<W>, call: Call, first: Value<W>, rest: Value<W>[]) => Result<W>,
  arity: Builtin['arity'] = [1, Number.POSITIVE_INFINITY],
): Builtin {
  return {
    usage,
    arity,
    evaluate: (ops, call, [first, ...rest]) => first && f(ops, call, first, rest),
  };
}

function ofExtents(
  usage: string,
  maxCount: number,
  f: <W>(ops: Operations<W>, call: Call, extents: readonly number[]) => Result<W>,
): Builtin {
  return {
    usage,
    arity: [1, maxCount],
    evaluate(ops, call, args) {
      const extents = args.map((arg, i) => {
        const n = ops.integer(arg, 'an extent', argumentSpan(call, i));
        if (n === undefined || n >= 0) return n;
        return ops.refuse('bad-extent', `an extent is at least 0, not ${n}`, argumentSpan(call, i));
      });
      return extents.every((n) => n !== undefined) ? f(ops, call, extents) : undefined;
    },
  };
}

/** A function of one constant, element by element. `advice` is for values that are not constant. */
function ofConstant(
  usage: string,
  f: (x: exact.Exact) => exact.Exact | undefined,
  advice?: string,
): Builtin {
  return {
    usage,
    arity: [1, 1],
    evaluate(ops, call, args) {
      const [x] = constants(ops, call, args, advice) ?? [];
      if (!x) return undefined;
      const data = x.data.map(f);
      if (data.every((y) => y !== undefined)) return constantValue({ shape: x.shape, data });
      const { name } = call.callee;
      return ops.refuse('not-a-number', `'${name}' has no finite value here`, call.span);
    },
  };
}

/** Chooses among several constants element by element, or among the elements of one constant. */
function ofConstants(
  usage: string,
  choose: (a: exact.Exact, b: exact.Exact) => exact.Exact,
  advice: string,
): Builtin {
  return {
    usage,
    arity: [1, Number.POSITIVE_INFINITY],
    evaluate(ops, call, args) {
      const [first, ...rest] = constants(ops, call, args, advice) ?? [];
      if (!first) return undefined;
      if (rest.length === 0) {
        if (first.data.length > 0) return constantValue(scalar(first.data.reduce(choose)));
        const message = `'${call.callee.name}' of no elements`;
        return ops.refuse('not-a-number', message, call.span);
      }
      let best = first;
      for (const next of rest) {
        const [x, y] = [constantValue(best), constantValue(next)];
        const shape = ops.commonShape('compare', x, y, call.span);
        if (!shape) return undefined;
        const [a, b] = [x, y].map((value) => ops.broadcast(value, shape, call.span));
        if (a?.kind !== 'const' || b?.kind !== 'const') return undefined;
        const others = b.tensor.data;
        best = { shape, data: a.tensor.data.map((e, i) => choose(e, others[i] ?? e)) };
      }
      return constantValue(best);
    },
  };
}

/** Returns the arguments if all are constants; if not, refuses the call. */
function constants<W>(
  ops: Operations<W>,
  call: Call,
  args: readonly Value<W>[],
  advice = "approximate it on the value's range: poly(x, coefficients)",
): readonly Constant[] | undefined {
  const tensors: Constant[] = [];
  for (const [i, arg] of args.entries()) {
    if (arg.kind === 'wire') {
      const message = `'${call.callee.name}' of a ${arg.secrecy} value is not a polynomial`;
      return ops.refuse('not-polynomial', message, argumentSpan(call, i), advice);
    }
    tensors.push(arg.tensor);
  }
  return tensors;
}

/** Returns a function computed in float64; its value is undefined where it is not finite. */
function inFloats(f: (x: number) => number): (x: exact.Exact) => exact.Exact | undefined {
  return ({ value }) => {
    const y = f(value);
    return Number.isFinite(y) ? exact.fromNumber(y) : undefined;
  };
}

function dot<W>(ops: Operations<W>, call: Call, u: Value<W>, v: Value<W>): Result<W> {
  return areVectors(ops, call, u, v) ? matrixProduct(ops, u, v, call.span) : undefined;
}

function outer<W>(ops: Operations<W>, call: Call, u: Value<W>, v: Value<W>): Result<W> {
  if (!areVectors(ops, call, u, v)) return undefined;
  return ops.apply({ kind: 'mul', lhs: [0], rhs: [1], rank: 2 }, [u, v], call.span);
}

function areVectors<W>(ops: Operations<W>, call: Call, ...args: Value<W>[]): boolean {
  for (const [i, { shape }] of args.entries()) {
    if (shape.length === 1) continue;
    const message = `'${call.callee.name}' takes vectors, not ${showShape(shape)}`;
    ops.refuse('rank', message, argumentSpan(call, i));
    return false;
  }
  return true;
}

/** Applies Horner's rule, the source form of `poly`. */
function horner<W>(ops: Operations<W>, call: Call, x: Value<W>, coefficients: Value<W>): Result<W> {
  const [count, ...others] = coefficients.shape;
  if (count === 0) return ops.broadcast(constantValue(scalar(exact.ZERO)), x.shape, call.span);
  if (count === undefined || others.length > 0) {
    return ops.refuse(
      'rank',
      `coefficients are a vector, not ${showShape(coefficients.shape)}`,
      argumentSpan(call, 1),
      'write poly(x, [c0, c1, c2]), lowest first',
    );
  }
  const zeros = coefficients.kind === 'const' ? coefficients.tensor.data.map(exact.isZero) : [];
  let degree = count - 1;
  while (degree > 0 && zeros[degree]) degree--;
  const coefficient = (i: number) =>
    ops.apply(
      { kind: 'slice', starts: [i], sizes: [1], drop: [true] },
      [coefficients],
      argumentSpan(call, 1),
    );
  const top = coefficient(degree);
  let value = top && ops.broadcast(top, x.shape, call.span);
  for (let i = degree - 1; i >= 0 && value; i--) {
    const c = coefficient(i);
    const product: Result<W> = ops.multiply(value, x, call.span);
    value = c && product && (zeros[i] ? product : ops.add('add', product, c, call.span));
  }
  return value;
}

function rotate<W>(ops: Operations<W>, call: Call, x: Value<W>, by: Value<W>): Result<W> {
  const offset = ops.integer(by, 'a rotation offset', argumentSpan(call, 1));
  if (offset === undefined) return undefined;
  const [n, ...others] = x.shape;
  if (n === undefined || others.length > 0) {
    return ops.refuse(
      'rank',
      `'rotate' takes a vector, not ${showShape(x.shape)}`,
      argumentSpan(call, 0),
      'pick a row first: rotate(M[i], k)',
    );
  }
  const cyclic = ((offset % n) + n) % n;
  return cyclic === 0 ? x : ops.apply({ kind: 'rotate', steps: cyclic }, [x], call.span);
}

function concat<W>(
  ops: Operations<W>,
  call: Call,
  first: Value<W>,
  rest: readonly Value<W>[],
): Result<W> {
  const args = [first, ...rest];
  for (const [i, { shape }] of args.entries()) {
    if (shape.length === 0) {
      return ops.refuse(
        'shape-mismatch',
        "'concat' takes vectors or matrices, not a scalar",
        argumentSpan(call, i),
        'write [x] for a vector of one element',
      );
    }
    if (!sameShape(shape.slice(1), first.shape.slice(1))) {
      return ops.refuse(
        'shape-mismatch',
        `cannot append ${showShape(shape)} to ${showShape(first.shape)}`,
        argumentSpan(call, i),
        'all extents except the first must be equal',
      );
    }
  }
  return rest.length === 0 ? first : ops.apply({ kind: 'concat' }, args, call.span);
}

function filledWith(value: exact.Exact) {
  return <W>(ops: Operations<W>, call: Call, extents: readonly number[]): Result<W> =>
    ops.broadcast(constantValue(scalar(value)), extents, call.span);
}

function identity<W>(ops: Operations<W>, call: Call, [n = 0]: readonly number[]): Result<W> {
  const zeros = ops.broadcast(constantValue(scalar(exact.ZERO)), [n, n], call.span);
  return zeros && constantValue(identityMatrix(n));
}
