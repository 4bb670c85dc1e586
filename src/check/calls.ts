import type { Call } from '../syntax/ast.ts';
import type { Constant } from '../tensor/constant.ts';
import * as exact from '../tensor/exact.ts';
import { type Shape, scalar, showShape } from '../tensor/tensor.ts';
import { ARITY, type Builtin } from './builtins.ts';
import type { Operations } from './operations.ts';
import { matrixProduct } from './products.ts';
import { constantValue, type Value } from './value.ts';

type Args<W> = readonly Value<W>[];
type Result<W> = Value<W> | undefined;

/** Evaluates a call of a built-in function; its arguments have been evaluated. */
export function callBuiltin<W>(
  ops: Operations<W>,
  name: Builtin,
  args: Args<W>,
  call: Call,
): Result<W> {
  const [least, most] = ARITY[name];
  // The check of names has told.
  if (args.length < least || args.length > most) return undefined;
  switch (name) {
    case 'sum':
      return sum(ops, args, call);
    case 'dot':
    case 'outer':
      return ofVectors(ops, name, args, call);
    case 'poly':
      return horner(ops, args, call);
    case 'rotate':
      return rotate(ops, args, call);
    case 'concat':
      return concat(ops, args, call);
    case 'zeros':
    case 'ones':
      return filled(ops, name === 'ones' ? exact.ONE : exact.ZERO, args, call);
    case 'eye':
      return identity(ops, args, call);
    case 'min':
    case 'max':
      return extremum(ops, name, args, call);
    default:
      return elementwise(ops, name, args, call);
  }
}

function spanOf(call: Call, i: number) {
  return call.args[i]?.span ?? call.span;
}

function sum<W>(ops: Operations<W>, args: Args<W>, call: Call): Result<W> {
  const x = args[0] as Value<W>;
  if (x.shape.length === 0 && args.length === 1) return x;
  if (args.length === 1)
    return ops.apply({ kind: 'sum', axes: [...x.shape.keys()] }, [x], call.span);
  const axis = ops.integer(args[1] as Value<W>, 'an axis', spanOf(call, 1));
  if (axis === undefined) return undefined;
  if (axis < 0 || axis >= x.shape.length) {
    return ops.refuse(
      'axis-out-of-range',
      `${showShape(x.shape)} has no axis ${axis}`,
      spanOf(call, 1),
      x.shape.length > 0 ? `its axes are 0 to ${x.shape.length - 1}` : 'a scalar has no axes',
    );
  }
  return ops.apply({ kind: 'sum', axes: [axis] }, [x], call.span);
}

function ofVectors<W>(
  ops: Operations<W>,
  name: 'dot' | 'outer',
  args: Args<W>,
  call: Call,
): Result<W> {
  const odd = args.findIndex((arg) => arg.shape.length !== 1);
  if (odd >= 0) {
    return ops.refuse(
      'rank',
      `'${name}' takes vectors, not ${showShape((args[odd] as Value<W>).shape)}`,
      spanOf(call, odd),
    );
  }
  const [u, v] = args as [Value<W>, Value<W>];
  if (name === 'dot') return matrixProduct(ops, u, v, call.span);
  return ops.apply({ kind: 'mul', lhs: [0], rhs: [1], rank: 2 }, [u, v], call.span);
}

/** Horner's rule, as the contract defines the source form of `poly`. */
function horner<W>(ops: Operations<W>, args: Args<W>, call: Call): Result<W> {
  const [x, coefficients] = args as [Value<W>, Value<W>];
  if (coefficients.shape.length !== 1) {
    return ops.refuse(
      'rank',
      `coefficients are a vector, not ${showShape(coefficients.shape)}`,
      spanOf(call, 1),
      'write poly(x, [c0, c1, c2]), lowest first',
    );
  }
  const known = coefficients.kind === 'const' ? coefficients.tensor.data : undefined;
  const isZero = (i: number) => known !== undefined && exact.isZero(known[i] as exact.Exact);
  let degree = (coefficients.shape[0] as number) - 1;
  while (degree > 0 && isZero(degree)) degree--;
  const coefficient = (i: number) =>
    ops.apply(
      { kind: 'slice', starts: [i], sizes: [1], drop: [true] },
      [coefficients],
      spanOf(call, 1),
    );
  const top = coefficient(degree);
  let value = top && ops.broadcast(top, x.shape, call.span);
  for (let i = degree - 1; i >= 0 && value; i--) {
    const c = coefficient(i);
    const product: Result<W> = ops.multiply(value, x, call.span);
    value = c && product && (isZero(i) ? product : ops.add('add', product, c, call.span));
  }
  return value;
}

function rotate<W>(ops: Operations<W>, args: Args<W>, call: Call): Result<W> {
  const x = args[0] as Value<W>;
  const steps = ops.integer(args[1] as Value<W>, 'a rotation', spanOf(call, 1));
  if (steps === undefined) return undefined;
  if (x.shape.length !== 1) {
    return ops.refuse(
      'rank',
      `'rotate' takes a vector, not ${showShape(x.shape)}`,
      spanOf(call, 0),
      'pick a row first: rotate(M[i], k)',
    );
  }
  const n = x.shape[0] as number;
  const cyclic = ((steps % n) + n) % n;
  return cyclic === 0 ? x : ops.apply({ kind: 'rotate', steps: cyclic }, [x], call.span);
}

function concat<W>(ops: Operations<W>, args: Args<W>, call: Call): Result<W> {
  const first = args[0] as Value<W>;
  const odd = args.findIndex(
    (arg) =>
      arg.shape.length === 0 ||
      arg.shape.slice(1).join() !== first.shape.slice(1).join() ||
      arg.shape.length !== first.shape.length,
  );
  if (odd >= 0) {
    const shape = (args[odd] as Value<W>).shape;
    return ops.refuse(
      'shape-mismatch',
      shape.length === 0
        ? "'concat' takes vectors or matrices, not a scalar"
        : `cannot put ${showShape(shape)} behind ${showShape(first.shape)}`,
      spanOf(call, odd),
      shape.length === 0
        ? 'write [x] for a vector of one element'
        : 'all axes but the first must agree',
    );
  }
  return args.length === 1 ? first : ops.apply({ kind: 'concat' }, args, call.span);
}

function filled<W>(ops: Operations<W>, value: exact.Exact, args: Args<W>, call: Call): Result<W> {
  const extents = args.map((arg, i) => extent(ops, arg, call, i));
  if (extents.includes(undefined)) return undefined;
  return ops.broadcast(constantValue(scalar(value)), extents as number[], call.span);
}

function identity<W>(ops: Operations<W>, args: Args<W>, call: Call): Result<W> {
  const n = extent(ops, args[0] as Value<W>, call, 0);
  if (n === undefined) return undefined;
  const shape: Shape = [n, n];
  const zeros = ops.broadcast(constantValue(scalar(exact.ZERO)), shape, call.span);
  if (zeros?.kind !== 'const') return undefined;
  const data = zeros.tensor.data.map((zero, at) => (at % (n + 1) === 0 ? exact.ONE : zero));
  return constantValue({ shape, data });
}

function extent<W>(ops: Operations<W>, value: Value<W>, call: Call, i: number): number | undefined {
  const n = ops.integer(value, 'an extent', spanOf(call, i));
  if (n === undefined || n >= 1) return n;
  return ops.refuse('bad-extent', `an extent is at least 1, not ${n}`, spanOf(call, i));
}

const FUNCTIONS = {
  sqrt: Math.sqrt,
  exp: Math.exp,
  log: Math.log,
  floor: Math.floor,
} as const;

const POLYNOMIAL_ADVICE: Partial<Record<Builtin, string>> = {
  abs: 'use x*x where the sign is all that matters, or poly(x, coefficients) of an even approximation',
  sqrt: "approximate by poly(x, coefficients) on x's range, or by Newton's iteration y = 0.5*y*(3 - x*y*y) for 1/sqrt(x)",
  min: 'min and max compare; approximate by a polynomial, or let the client compare after decryption',
  max: 'min and max compare; approximate by a polynomial, or let the client compare after decryption',
};

function constants<W>(
  ops: Operations<W>,
  name: Builtin,
  args: Args<W>,
  call: Call,
): Constant[] | undefined {
  const tensors: Constant[] = [];
  for (const [i, arg] of args.entries()) {
    if (arg.kind === 'wire') {
      return ops.refuse(
        'not-polynomial',
        `'${name}' of a ${arg.secrecy} value is not a polynomial`,
        spanOf(call, i),
        POLYNOMIAL_ADVICE[name] ?? "approximate it on the value's range: poly(x, coefficients)",
      );
    }
    tensors.push(arg.tensor);
  }
  return tensors;
}

function elementwise<W>(ops: Operations<W>, name: Builtin, args: Args<W>, call: Call): Result<W> {
  const x = constants(ops, name, args, call)?.[0];
  if (!x) return undefined;
  if (name === 'abs') {
    return constantValue({
      shape: x.shape,
      data: x.data.map((e) => (e.value < 0 ? exact.negate(e) : e)),
    });
  }
  const f = FUNCTIONS[name as keyof typeof FUNCTIONS];
  // A float just below an integer that the number exactly is must not be rounded down.
  const values = x.data.map((e) => f(name === 'floor' ? (exact.integerOf(e) ?? e.value) : e.value));
  if (values.every(Number.isFinite))
    return constantValue({ shape: x.shape, data: values.map(exact.fromNumber) });
  return ops.refuse('not-a-number', `'${name}' has no finite value here`, call.span);
}

function extremum<W>(
  ops: Operations<W>,
  name: 'min' | 'max',
  args: Args<W>,
  call: Call,
): Result<W> {
  const tensors = constants(ops, name, args, call);
  if (!tensors) return undefined;
  const choose = (a: exact.Exact, b: exact.Exact) =>
    a.value < b.value === (name === 'min') ? a : b;
  const [first, ...rest] = tensors as [Constant, ...Constant[]];
  if (rest.length === 0) return constantValue(scalar(first.data.reduce(choose)));
  let best: Constant = first;
  for (const next of rest) {
    const shape = ops.commonShape('compare', constantValue(best), constantValue(next), call.span);
    if (!shape) return undefined;
    const [a, b] = [best, next].map((t) => ops.broadcast(constantValue(t), shape, call.span));
    if (a?.kind !== 'const' || b?.kind !== 'const') return undefined;
    const right = b.tensor.data;
    best = { shape, data: a.tensor.data.map((x, i) => choose(x, right[i] as exact.Exact)) };
  }
  return constantValue(best);
}
