import type { ErrorCode } from '../errors/codes.ts';
import { at } from '../lookup.ts';
import type { ErrorDiagnostic, Span } from '../syntax/diagnostic.ts';
import { type Constant, EXACT_RING, gatherConstant } from '../tensor/constant.ts';
import * as exact from '../tensor/exact.ts';
import { applyOp, labelExtents, resultShape, type TensorOp } from '../tensor/op.ts';
import {
  broadcastShape,
  MAX_ELEMENTS,
  MOST_AXES,
  type Shape,
  sameShape,
  scalar,
  showShape,
  sizeOf,
} from '../tensor/tensor.ts';
import { isViewOp, type View, viewingOp, viewOf, wholeView } from '../tensor/view.ts';
import type { SchemeType } from './scheme.ts';
import { type Algebra, constantValue, type Value } from './value.ts';

/** Limit on the operations that a program expands to; a few lines of text can need any number. */
const MAX_OPERATIONS = 4_000_000;
/** Limit on the elements of a constant, which the compiler keeps in memory. */
const MAX_CONSTANT_ELEMENTS = 2 ** 20;
/** Limit on the elements that the compiler processes when it computes constants, in total. */
const MAX_CONSTANT_WORK = 2 ** 24;

/** Thrown to end a walk early, after the reason has been reported. */
export const WALK_ENDED = new Error('the walk has ended');

/** The scheme and the algebra that operations use, and the functions that they call. */
export interface OperationsOptions<W> {
  readonly algebra: Algebra<W>;
  readonly scheme: SchemeType;
  readonly report: (diagnostic: ErrorDiagnostic) => void;
  /** Called before the algebra, with the location that is being evaluated and its iterations. */
  readonly locate?: (span: Span, iterations: readonly number[]) => void;
}

/**
 * The operations of the language on values. They check shapes, secrecy and numeric domain, compute
 * constants, and let an algebra carry out the rest. A refused operation is reported once for its
 * span and returns undefined.
 */
export class Operations<W> {
  readonly #options: OperationsOptions<W>;
  /** The current indices of the loops around the expression, outermost first. */
  iterations: readonly number[] = [];
  #operations = 0;
  #constantWork = 0;
  readonly #reported = new Set<string>();

  constructor(options: OperationsOptions<W>) {
    this.#options = options;
  }

  /** Reports an error, once for each span. Returns undefined, the value of a refused operation. */
  refuse(code: ErrorCode, message: string, span: Span, help?: string): undefined {
    const key = `${code}@${span.start}-${span.end}`;
    if (!this.#reported.has(key)) {
      this.#reported.add(key);
      this.#options.report({ severity: 'error', code, message, span, ...(help ? { help } : {}) });
    }
    return undefined;
  }

  /** Applies an operation to values whose shapes fit, computing it here if all are constants. */
  apply(op: TensorOp, args: readonly Value<W>[], span: Span): Value<W> | undefined {
    const shape = resultShape(
      op,
      args.map((arg) => arg.shape),
    );
    if (sizeOf(shape) > MAX_ELEMENTS) return this.tooLarge(shape, span);
    this.count(span);
    const filled = args.filter((arg) => sizeOf(arg.shape) > 0);
    if (sizeOf(shape) === 0) return constantValue({ shape, data: [] });
    if (filled.length < args.length) return this.#withoutEmpty(op, filled, shape, span);
    if (args.every((arg) => arg.kind === 'const'))
      return this.#fold(
        op,
        args.map((arg) => arg.tensor),
        shape,
        span,
      );
    const secrecy = args.some((arg) => arg.kind === 'wire' && arg.secrecy === 'cipher')
      ? 'cipher'
      : 'plain';
    this.#options.locate?.(span, this.iterations);
    const wires = args.map((arg) => this.lift(arg, span));
    return {
      kind: 'wire',
      shape,
      secrecy,
      wire: this.#options.algebra.apply(op, wires, shape, secrecy),
    };
  }

  /** Applies an operation whose result is not empty, as some of its operands are. */
  #withoutEmpty(
    op: TensorOp,
    filled: readonly Value<W>[],
    shape: Shape,
    span: Span,
  ): Value<W> | undefined {
    const [only, ...others] = filled;
    // Only joins and sums over an empty axis have such a result.
    if (op.kind === 'concat' && only)
      return others.length > 0 ? this.apply(op, filled, span) : only;
    return this.broadcast(constantValue(scalar(exact.ZERO)), shape, span);
  }

  /** Returns elements of a value, given as a view of its elements in row-major order. */
  view(value: Value<W>, view: View, span: Span): Value<W> | undefined {
    if (view.shape.length > MOST_AXES) return this.rankTooHigh(span);
    if (sizeOf(view.shape) === 0) return constantValue({ shape: view.shape, data: [] });
    const op = viewingOp(view, value.shape);
    return op ? this.apply(op, [value], span) : value;
  }

  /** Repeats a value along missing axes, by NumPy's rule. The shapes must be compatible. */
  broadcast(value: Value<W>, shape: Shape, span: Span): Value<W> | undefined {
    if (sameShape(value.shape, shape)) return value;
    const aligned = this.align(value, shape, span);
    return (
      aligned && this.apply({ kind: 'broadcast', shape, axes: aligned.axes }, [aligned.value], span)
    );
  }

  /**
   * Drops the axes of extent 1 along which `shape` repeats the value. Returns it with the axes of
   * `shape` that the remaining ones become.
   */
  align(
    value: Value<W>,
    shape: Shape,
    span: Span,
  ): { value: Value<W>; axes: readonly number[] } | undefined {
    const offset = shape.length - value.shape.length;
    const stretched = value.shape.map((extent, axis) => extent === 1 && shape[axis + offset] !== 1);
    const kept = [...value.shape.keys()].filter((axis) => !stretched[axis]);
    const axes = kept.map((axis) => axis + offset);
    if (!stretched.includes(true)) return { value, axes };
    if (sizeOf(value.shape) === 0) {
      const narrow = kept.map((axis) => at(value.shape, axis));
      return { value: constantValue({ shape: narrow, data: [] }), axes };
    }
    const slice: TensorOp = {
      kind: 'slice',
      starts: value.shape.map(() => 0),
      sizes: value.shape,
      drop: stretched,
    };
    const narrowed = this.apply(slice, [value], span);
    return narrowed && { value: narrowed, axes };
  }

  add(op: 'add' | 'sub', a: Value<W>, b: Value<W>, span: Span): Value<W> | undefined {
    const shape = this.commonShape(op === 'add' ? 'add' : 'subtract', a, b, span);
    const x = shape && this.broadcast(a, shape, span);
    const y = shape && this.broadcast(b, shape, span);
    return x && y && this.apply({ kind: op }, [x, y], span);
  }

  multiply(a: Value<W>, b: Value<W>, span: Span): Value<W> | undefined {
    const shape = this.commonShape('multiply', a, b, span);
    const x = shape && this.align(a, shape, span);
    const y = shape && this.align(b, shape, span);
    if (!shape || !x || !y) return undefined;
    const covered = new Set([...x.axes, ...y.axes]);
    if (covered.size < shape.length) {
      const whole = this.broadcast(a, shape, span);
      return whole && this.multiply(whole, b, span);
    }
    const op: TensorOp = { kind: 'mul', lhs: x.axes, rhs: y.axes, rank: shape.length };
    return this.apply(op, [x.value, y.value], span);
  }

  commonShape(verb: string, a: Value<W>, b: Value<W>, span: Span): Shape | undefined {
    const shape = broadcastShape(a.shape, b.shape);
    if (shape) return shape;
    const transposes = a.shape.length === 2 && b.shape.length === 2 && a.shape[0] === b.shape[1];
    return this.refuse(
      'shape-mismatch',
      `cannot ${verb} ${showShape(a.shape)} and ${showShape(b.shape)}`,
      span,
      transposes
        ? 'one of them may need .T; the matrix product is @'
        : 'shapes are aligned at the last axis; extents must be equal or 1',
    );
  }

  divide(a: Value<W>, b: Value<W>, span: Span): Value<W> | undefined {
    if (b.kind === 'wire' && b.secrecy === 'cipher') {
      return this.refuse(
        'division-by-cipher',
        'division by a ciphertext is not a polynomial',
        span,
        "approximate the inverse by Newton's iteration, y = y*(2 - b*y), or by poly(b, coefficients) on b's range",
      );
    }
    if (b.kind === 'const' && b.tensor.data.some(exact.isZero)) {
      return this.refuse('division-by-zero', 'division by zero', span);
    }
    const inverse = this.apply({ kind: 'inverse' }, [b], span);
    return inverse && this.multiply(a, inverse, span);
  }

  power(base: Value<W>, exponent: number, span: Span): Value<W> | undefined {
    if (exponent < 0) return this.#negativePower(base, -exponent, span);
    if (exponent === 1) return base;
    if (exponent === 0) return this.broadcast(constantValue(scalar(exact.ONE)), base.shape, span);
    return this.apply({ kind: 'pow', exponent }, [base], span);
  }

  #negativePower(base: Value<W>, exponent: number, span: Span): Value<W> | undefined {
    if (base.kind === 'wire' && base.secrecy === 'cipher') {
      return this.refuse(
        'negative-exponent',
        'a negative power of a ciphertext is not a polynomial',
        span,
        "approximate the inverse by Newton's iteration, y = y*(2 - b*y), or by poly(b, coefficients) on b's range",
      );
    }
    const inverse = this.divide(constantValue(scalar(exact.ONE)), base, span);
    return (
      inverse && (exponent === 1 ? inverse : this.apply({ kind: 'pow', exponent }, [inverse], span))
    );
  }

  transpose(base: Value<W>, span: Span): Value<W> | undefined {
    if (base.shape.length < 2) return base;
    if (base.shape.length > 2) {
      return this.refuse(
        'rank',
        `.T transposes a matrix, not ${showShape(base.shape)}`,
        span,
        'pick a matrix first: Z[t].T, or write transpose(x, 0, 2, 1)',
      );
    }
    return this.apply({ kind: 'permute', order: [1, 0] }, [base], span);
  }

  /** Whether values can be stacked; refuses those that cannot. */
  canStack(values: readonly (Value<W> | undefined)[], span: Span): boolean {
    const [first, ...rest] = values.filter((value) => value !== undefined);
    return first === undefined || this.#areAlike(first, rest, span);
  }

  /** Stacks values of equal shapes along a new first axis. */
  stack(first: Value<W>, rest: readonly Value<W>[], span: Span): Value<W> | undefined {
    if (!this.#areAlike(first, rest, span)) return undefined;
    return this.apply({ kind: 'stack' }, [first, ...rest], span);
  }

  #areAlike(first: Value<W>, rest: readonly Value<W>[], span: Span): boolean {
    const odd = rest.find((value) => !sameShape(value.shape, first.shape));
    if (odd) {
      this.refuse(
        'shape-mismatch',
        `cannot stack ${showShape(first.shape)} and ${showShape(odd.shape)}`,
        span,
        'the elements of [ ] must have equal shapes; concat(a, b) joins them along the first axis',
      );
    } else if (first.shape.length >= MOST_AXES) this.rankTooHigh(span);
    return !odd && first.shape.length < MOST_AXES;
  }

  /**
   * Returns the value of a constant integer, for indices, bounds, exponents and extents.
   *
   * @param instead what to write for a number that is not an integer
   */
  integer(
    value: Value<W>,
    what: string,
    span: Span,
    instead = 'floor(…) rounds down',
  ): number | undefined {
    if (value.kind === 'wire') {
      const secret = value.secrecy === 'cipher';
      return this.refuse(
        'not-constant',
        `${what} must be a constant, not a ${value.secrecy} value`,
        span,
        secret
          ? 'which operations run cannot depend on encrypted data; use a param, a loop index or a number, or select arithmetically: c*a + (1 - c)*b'
          : 'the circuit is fixed before plain inputs are known; use a param, a loop index or a number',
      );
    }
    const [number] = value.tensor.data;
    if (!number || value.shape.length > 0) {
      return this.refuse(
        'not-scalar',
        `${what} must be one number, not ${showShape(value.shape)}`,
        span,
      );
    }
    const integer = exact.integerOf(number);
    if (integer === undefined) {
      return this.refuse(
        'not-integer',
        Math.abs(number.value) > Number.MAX_SAFE_INTEGER
          ? `${what} must be an integer below 2^53, not ${number.value}`
          : `${what} must be an integer, not ${number.value}`,
        span,
        instead,
      );
    }
    return integer;
  }

  /** Returns a constant, or refuses a value that depends on inputs. */
  constant(value: Value<W>, what: string, span: Span): Constant | undefined {
    if (value.kind === 'const') return value.tensor;
    return this.refuse(
      'not-constant',
      `${what} must be a constant, not a ${value.secrecy} value`,
      span,
    );
  }

  #fold(op: TensorOp, args: readonly Constant[], shape: Shape, span: Span): Value<W> | undefined {
    if (sizeOf(shape) > MAX_CONSTANT_ELEMENTS) return this.tooLarge(shape, span);
    this.#countConstants(foldingWork(op, args, shape), span);
    const tensor = computed(op, args);
    if (tensor.data.every((x) => Number.isFinite(x.value))) return constantValue(tensor);
    return this.refuse('constant-overflow', 'this constant is larger than any float64', span);
  }

  /** Returns the wire of a value, or a new one for a constant, which the scheme must support. */
  lift(value: Value<W>, span: Span): W {
    if (value.kind === 'wire') return value.wire;
    const { name, modulus } = this.#options.scheme;
    if (modulus === undefined) return this.#options.algebra.constant(value.tensor);
    const fraction = value.tensor.data.find((x) => exact.integerOf(x) === undefined);
    if (fraction) this.#refuseConstant(fraction, name, span);
    const { shape, data } = value.tensor;
    return this.#options.algebra.constant({
      shape,
      data: data.map((x) => exact.moduloT(x, modulus)),
    });
  }

  #refuseConstant({ value }: exact.Exact, scheme: string, span: Span): void {
    const isLarge = Math.abs(value) > Number.MAX_SAFE_INTEGER;
    this.refuse(
      'not-an-integer-constant',
      isLarge
        ? `${scheme} computes with integers below 2^53, and the constant ${value} is larger`
        : `${scheme} computes with integers, and ${value} is not one`,
      span,
      isLarge
        ? 'write its residue modulo t'
        : 'scale the inputs to integers, or choose scheme ckks',
    );
  }

  /** Counts an operation, and ends the walk if there are too many. */
  count(span: Span): void {
    if (++this.#operations <= MAX_OPERATIONS) return;
    this.refuse(
      'too-large',
      `the program expands to more than ${MAX_OPERATIONS} operations`,
      span,
      'loops and functions are expanded; lower the bounds',
    );
    throw WALK_ENDED;
  }

  #countConstants(elements: number, span: Span): void {
    this.#constantWork += elements;
    if (this.#constantWork <= MAX_CONSTANT_WORK) return;
    this.refuse(
      'too-large',
      `computing the constants takes more than ${MAX_CONSTANT_WORK} operations`,
      span,
      'compute it beforehand and make it a plain input',
    );
    throw WALK_ENDED;
  }

  /** Refuses a tensor with too many elements. */
  tooLarge(shape: Shape, span: Span): undefined {
    return this.refuse(
      'tensor-too-large',
      `a tensor of ${sizeOf(shape)} elements is too large`,
      span,
      `at most ${MAX_ELEMENTS}, and ${MAX_CONSTANT_ELEMENTS} for constants`,
    );
  }

  rankTooHigh(span: Span): undefined {
    return this.refuse('rank', `tensors have at most ${MOST_AXES} axes`, span);
  }
}

/** Computes an operation; a view of a loaded constant makes no exact numbers of the rest. */
function computed(op: TensorOp, args: readonly Constant[]): Constant {
  const [source] = args;
  const view = source && isViewOp(op) ? viewOf(op, wholeView(source.shape)) : undefined;
  return source && view
    ? gatherConstant(source, view.shape, view.from, view.strides)
    : applyOp(op, args, EXACT_RING);
}

/** Returns how many elements the compiler processes to compute an operation on constants. */
function foldingWork(op: TensorOp, args: readonly Constant[], shape: Shape): number {
  if (op.kind === 'sum') return args[0]?.data.length ?? 0;
  if (op.kind !== 'mul') return sizeOf(shape);
  return sizeOf(labelExtents(op, [at(args, 0).shape, at(args, 1).shape]));
}
