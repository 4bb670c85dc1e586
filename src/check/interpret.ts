import type {
  Call,
  Expr,
  Fn,
  For,
  Ident,
  Index,
  IndexPart,
  Input,
  Program,
  Scheme,
  Stmt,
} from '../syntax/ast.ts';
import { type Diagnostic, didYouMean, type Span } from '../syntax/diagnostic.ts';
import { type Constant, EXACT_RING } from '../tensor/constant.ts';
import * as exact from '../tensor/exact.ts';
import { applyOp, labelExtents, resultShape, type TensorOp } from '../tensor/op.ts';
import {
  broadcastShape,
  type Shape,
  sameShape,
  scalar,
  showShape,
  sizeOf,
} from '../tensor/tensor.ts';
import { BUILTIN_NAMES, type Builtin } from './builtins.ts';
import { callBuiltin } from './calls.ts';
import { matrixProduct } from './products.ts';
import { Scope } from './scope.ts';
import { type Algebra, constantValue, type InputType, type Value } from './value.ts';

/** The numeric domain a file chooses. */
export interface SchemeType {
  readonly name: 'ckks' | 'bfv' | 'bgv';
  /** Plaintext modulus of the integer schemes. */
  readonly modulus: number | undefined;
}

/** A loop met on the way, with everything that its body can see. */
export interface LoopSite<W> {
  readonly stmt: For;
  readonly from: number;
  readonly to: number;
  readonly globals: ReadonlyMap<string, Value<W> | undefined>;
  /** Names of the blocks around the loop inside a function; undefined for a loop at the top. */
  readonly locals: ReadonlyMap<string, Value<W> | undefined> | undefined;
  /** Visible names that the body assigns. */
  readonly assigned: readonly string[];
}

export interface WalkOptions<W> {
  readonly program: Program;
  readonly algebra: Algebra<W>;
  /** Values for params given from outside, by name. */
  readonly defines: ReadonlyMap<string, exact.Exact>;
  readonly report: (diagnostic: Diagnostic) => void;
  /** Names that broken statements would have declared or assigned: nothing is known of their values. */
  readonly lostNames?: ReadonlySet<string>;
  /** Says what is being evaluated, before an algebra is asked to make something of it. */
  readonly locate?: (span: Span, iterations: readonly number[]) => void;
  /** Takes a loop as a whole instead of having it walked; returns what the assigned names hold after it. */
  readonly loop?: (site: LoopSite<W>) => ReadonlyMap<string, Value<W> | undefined>;
}

export interface WalkResult<W> {
  readonly scheme: SchemeType;
  readonly inputs: readonly InputType[];
  readonly outputs: ReadonlyMap<string, Value<W>>;
}

/** Operations that one program may expand to; a text of a few lines can ask for any number. */
const MAX_OPERATIONS = 4_000_000;
/** Elements of one tensor, and of one constant, which the compiler holds in memory. */
const MAX_ELEMENTS = 2 ** 24;
const MAX_CONSTANT_ELEMENTS = 2 ** 20;
/** Elements that all folding of constants may take, in operands or results. */
const MAX_CONSTANT_WORK = 2 ** 24;
/** Expressions inside expressions, through calls; a loop takes as much of the stack as some expressions. */
const MAX_DEPTH = 1_000;
const LOOP_DEPTH = 5;

/** Ends a walk early: what it stands for has been reported. */
class WalkEnded extends Error {}

/**
 * Walks a program in order of execution: expands functions and loops, keeps names, evaluates constants,
 * checks shapes, secrecy and domain, and asks an algebra to make every operation that is left.
 * A refused operation is reported once for its place in the text and yields undefined, about which
 * everything that depends on it stays quiet.
 */
export class Walk<W> {
  readonly options: WalkOptions<W>;
  #scheme: SchemeType = { name: 'ckks', modulus: undefined };
  readonly #inputs: InputType[] = [];
  readonly #outputs = new Map<string, Value<W>>();
  readonly #functions: ReadonlyMap<string, Fn>;
  /** From where on each global is visible, in functions too: its declaration's end, a function's name. */
  readonly #visibleFrom: ReadonlyMap<string, number>;
  /** Functions that are being expanded. */
  readonly #active = new Set<Fn>();
  #globals = new Scope<W>();
  #scope = this.#globals;
  #inFunction = false;
  #iterations: readonly number[] = [];
  #operations = 0;
  #constantWork = 0;
  #depth = 0;
  readonly #reported = new Set<string>();
  /** Literals read before: a loop meets the same ones again and again. */
  readonly #literals = new Map<string, Value<never>>();

  constructor(options: WalkOptions<W>) {
    this.options = options;
    const { items } = options.program;
    this.#functions = new Map(
      items.flatMap((item) => (item.kind === 'fn' ? [[item.name.name, item] as const] : [])),
    );
    this.#visibleFrom = new Map(
      items.flatMap((item) =>
        'name' in item && item.kind !== 'assign' && item.kind !== 'output'
          ? [[item.name.name, item.kind === 'fn' ? item.name.span.start : item.span.end] as const]
          : [],
      ),
    );
  }

  /** Walks the whole program. */
  run(): WalkResult<W> {
    const { items } = this.options.program;
    this.#schemeItems(items.filter((item) => item.kind === 'scheme'));
    this.#quietly(() => {
      for (const item of items) this.#item(item);
    });
    this.#checkDefines();
    return { scheme: this.#scheme, inputs: this.#inputs, outputs: this.#outputs };
  }

  /** Walks one loop of the program, from the site where it was met; returns what its names hold after it. */
  runLoop(site: LoopSite<W>, scheme: SchemeType): ReadonlyMap<string, Value<W> | undefined> {
    this.#scheme = scheme;
    site.globals.forEach((value, name) => {
      this.#globals.declare(name, value);
    });
    if (site.locals) {
      this.#inFunction = true;
      this.#scope = new Scope(this.#globals);
      site.locals.forEach((value, name) => {
        this.#scope.declare(name, value);
      });
    }
    this.#quietly(() => {
      this.#iterate(site.stmt, site.from, site.to);
    });
    return new Map(site.assigned.map((name) => [name, this.#scope.find(name)?.value]));
  }

  /** Reports a refusal, once for each place; returns undefined, the value of what was refused. */
  refuse(code: string, message: string, span: Span, help?: string): undefined {
    const key = `${code}@${span.start}-${span.end}`;
    if (!this.#reported.has(key)) {
      this.#reported.add(key);
      this.options.report({ severity: 'error', code, message, span, ...(help ? { help } : {}) });
    }
    return undefined;
  }

  /** Makes one operation of values whose shapes fit: folds constants, asks the algebra for the rest. */
  apply(op: TensorOp, args: readonly Value<W>[], span: Span): Value<W> | undefined {
    const shape = resultShape(
      op,
      args.map((arg) => arg.shape),
    );
    if (sizeOf(shape) > MAX_ELEMENTS) return this.#tooLarge(shape, span);
    this.#count(span);
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
    this.options.locate?.(span, this.#iterations);
    const wires = args.map((arg) => this.#lift(arg, span));
    return {
      kind: 'wire',
      shape,
      secrecy,
      wire: this.options.algebra.apply(op, wires, shape, secrecy),
    };
  }

  /** Repeats a value along the axes it lacks, by NumPy's rule; the shapes must agree. */
  broadcast(value: Value<W>, shape: Shape, span: Span): Value<W> | undefined {
    if (sameShape(value.shape, shape)) return value;
    const aligned = this.align(value, shape, span);
    return (
      aligned && this.apply({ kind: 'broadcast', shape, axes: aligned.axes }, [aligned.value], span)
    );
  }

  /** The value without the axes of extent 1 that `shape` stretches, and where the others lie in `shape`. */
  align(
    value: Value<W>,
    shape: Shape,
    span: Span,
  ): { value: Value<W>; axes: readonly number[] } | undefined {
    const offset = shape.length - value.shape.length;
    const stretched = value.shape.map((extent, axis) => extent === 1 && shape[axis + offset] !== 1);
    const axes = [...value.shape.keys()]
      .filter((axis) => !stretched[axis])
      .map((axis) => axis + offset);
    if (!stretched.includes(true)) return { value, axes };
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
        ? 'one of them may want .T; the matrix product is @'
        : 'shapes are aligned at the last axis; extents must be equal or 1',
    );
  }

  /** An integer that the compiler knows; for indices, bounds, exponents and sizes. */
  integer(expr: Expr, what: string): number | undefined {
    const value = this.expr(expr);
    return value && this.integerValue(value, what, expr.span);
  }

  integerValue(value: Value<W>, what: string, span: Span): number | undefined {
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
    if (value.shape.length > 0) {
      return this.refuse(
        'not-scalar',
        `${what} must be one number, not ${showShape(value.shape)}`,
        span,
      );
    }
    const number = value.tensor.data[0] as exact.Exact;
    const integer = exact.integerOf(number);
    if (integer === undefined) {
      return this.refuse(
        'not-integer',
        Math.abs(number.value) > Number.MAX_SAFE_INTEGER
          ? `${what} must be an integer below 2^53, not ${number.value}`
          : `${what} must be an integer, not ${number.value}`,
        span,
        what === 'an exponent'
          ? 'a root is not a polynomial: write sqrt(…) of a constant, poly(x, coefficients) of anything else'
          : 'floor(…) rounds down',
      );
    }
    return integer;
  }

  /** A constant of an expression that must not depend on inputs. */
  constant(expr: Expr, what: string): Constant | undefined {
    const value = this.expr(expr);
    if (!value) return undefined;
    if (value.kind === 'const') return value.tensor;
    return this.refuse(
      'not-constant',
      `${what} must be a constant, not a ${value.secrecy} value`,
      expr.span,
    );
  }

  expr(expr: Expr): Value<W> | undefined {
    this.#enter(expr.span);
    const value = this.#expr(expr);
    this.#depth--;
    return value;
  }

  #expr(expr: Expr): Value<W> | undefined {
    switch (expr.kind) {
      case 'number':
        return this.#number(expr.text, expr.span);
      case 'name':
        return this.options.lostNames?.has(expr.name)
          ? undefined
          : this.#scope.find(expr.name)?.value;
      case 'group':
        return this.expr(expr.inner);
      case 'call':
        return this.#call(expr);
      case 'vector':
        return this.#vector(expr.elements, expr.span);
      case 'sum':
        return this.#chain(expr.first, expr.rest, (a, b, op, span) =>
          this.add(op === '+' ? 'add' : 'sub', a, b, span),
        );
      case 'product':
        return this.#chain(expr.first, expr.rest, (a, b, op, span) =>
          op === '*'
            ? this.multiply(a, b, span)
            : op === '/'
              ? this.#divide(a, b, span)
              : matrixProduct(this, a, b, span),
        );
      case 'negate': {
        const operand = this.expr(expr.operand);
        return operand && this.apply({ kind: 'neg' }, [operand], expr.span);
      }
      case 'power':
        return this.#power(expr.base, expr.exponent, expr.span);
      case 'index':
        return this.#index(expr);
      case 'transpose':
        return this.#transpose(expr.base, expr.span);
    }
  }

  #chain<O extends string>(
    first: Expr,
    rest: readonly { readonly op: O; readonly operand: Expr }[],
    combine: (a: Value<W>, b: Value<W>, op: O, span: Span) => Value<W> | undefined,
  ): Value<W> | undefined {
    let left = this.expr(first);
    for (const { op, operand } of rest) {
      const right = this.expr(operand);
      left =
        left &&
        right &&
        combine(left, right, op, { start: first.span.start, end: operand.span.end });
    }
    return left;
  }

  #number(text: string, span: Span): Value<W> | undefined {
    const known = this.#literals.get(text);
    if (known) return known;
    const number = exact.fromDecimal(text);
    if (Number.isFinite(number.value)) {
      const value = constantValue(scalar(number));
      this.#literals.set(text, value);
      return value;
    }
    return this.refuse('constant-overflow', `${text} is larger than any float64`, span);
  }

  #vector(elements: readonly Expr[], span: Span): Value<W> | undefined {
    const values = elements.map((element) => this.expr(element));
    const shapes = values.flatMap((value) => (value ? [value.shape] : []));
    const odd = shapes.findIndex((shape) => !sameShape(shape, shapes[0] as Shape));
    if (odd > 0) {
      return this.refuse(
        'shape-mismatch',
        `cannot stack ${showShape(shapes[0] as Shape)} and ${showShape(shapes[odd] as Shape)}`,
        span,
        'the elements of [ ] have equal shapes; concat(a, b) puts one behind the other',
      );
    }
    if ((shapes[0]?.length ?? 0) > 2) return this.#rankTooHigh(span);
    if (values.includes(undefined)) return undefined;
    return this.apply({ kind: 'stack' }, values as Value<W>[], span);
  }

  #divide(a: Value<W>, b: Value<W>, span: Span): Value<W> | undefined {
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

  #power(baseExpr: Expr, exponentExpr: Expr, span: Span): Value<W> | undefined {
    const base = this.expr(baseExpr);
    const exponent = this.integer(exponentExpr, 'an exponent');
    if (!base || exponent === undefined) return undefined;
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
    const inverse = this.#divide(constantValue(scalar(exact.ONE)), base, span);
    return (
      inverse && (exponent === 1 ? inverse : this.apply({ kind: 'pow', exponent }, [inverse], span))
    );
  }

  #transpose(baseExpr: Expr, span: Span): Value<W> | undefined {
    const base = this.expr(baseExpr);
    if (!base || base.shape.length < 2) return base;
    if (base.shape.length > 2) {
      return this.refuse(
        'rank',
        `.T transposes a matrix, not ${showShape(base.shape)}`,
        span,
        'pick a matrix first: Z[t].T',
      );
    }
    return this.apply({ kind: 'permute', order: [1, 0] }, [base], span);
  }

  #index(expr: Index): Value<W> | undefined {
    const base = this.expr(expr.base);
    if (!base) {
      expr.indices.forEach((part) => {
        this.#box(part, Number.MAX_SAFE_INTEGER);
      });
      return undefined;
    }
    if (expr.indices.length > base.shape.length) {
      return this.refuse(
        'too-many-indices',
        `${expr.indices.length} indices into ${showShape(base.shape)}`,
        expr.span,
      );
    }
    const boxes = base.shape.map((extent, axis) => {
      const part = expr.indices[axis];
      return part ? this.#box(part, extent) : { start: 0, size: extent, drop: false };
    });
    if (boxes.includes(undefined)) return undefined;
    const known = boxes as { start: number; size: number; drop: boolean }[];
    if (known.every((box, axis) => !box.drop && box.size === base.shape[axis])) return base;
    const op: TensorOp = {
      kind: 'slice',
      starts: known.map((box) => box.start),
      sizes: known.map((box) => box.size),
      drop: known.map((box) => box.drop),
    };
    return this.apply(op, [base], expr.span);
  }

  #box(
    part: IndexPart,
    extent: number,
  ): { start: number; size: number; drop: boolean } | undefined {
    if (part.kind === 'at') {
      const at = this.integer(part.at, 'an index');
      if (at === undefined) return undefined;
      if (at >= 0 && at < extent) return { start: at, size: 1, drop: true };
      return this.refuse(
        'index-out-of-range',
        `index ${at} is outside 0..${extent}`,
        part.span,
        at < 0
          ? 'indices count from 0; the last one is the length - 1'
          : `the last index is ${extent - 1}`,
      );
    }
    const from = part.from ? this.integer(part.from, 'a slice bound') : 0;
    const to = part.to ? this.integer(part.to, 'a slice bound') : extent;
    if (from === undefined || to === undefined) return undefined;
    if (from >= 0 && from < to && to <= extent)
      return { start: from, size: to - from, drop: false };
    return this.refuse(
      'index-out-of-range',
      `slice ${from}..${to} of an axis of extent ${extent}`,
      part.span,
      from >= to
        ? 'slices are half-open and not empty: 0..n has the indices 0 to n - 1'
        : undefined,
    );
  }

  #call(call: Call): Value<W> | undefined {
    const args = call.args.map((arg) => this.expr(arg));
    const { name, span } = call.callee;
    const cell = this.#scope.find(name);
    const isLocal = cell !== undefined && cell !== this.#globals.cells.get(name);
    if (isLocal || (this.#visibleFrom.get(name) ?? Number.POSITIVE_INFINITY) <= span.start) {
      const fn = cell ? undefined : this.#functions.get(name);
      return fn && this.#callFunction(fn, args, call);
    }
    if (!BUILTIN_NAMES.has(name) || args.includes(undefined)) return undefined;
    return callBuiltin(this, name as Builtin, args as Value<W>[], call);
  }

  #callFunction(fn: Fn, args: readonly (Value<W> | undefined)[], call: Call): Value<W> | undefined {
    if (args.length !== fn.params.length || this.#active.has(fn)) return undefined;
    this.#count(call.span);
    this.#active.add(fn);
    const [scope, inFunction] = [this.#scope, this.#inFunction];
    this.#scope = new Scope(this.#globals);
    this.#inFunction = true;
    fn.params.forEach((param, i) => {
      this.#scope.declare(param.name, args[i]);
    });
    fn.body.forEach((stmt) => {
      this.#stmt(stmt);
    });
    const result = this.expr(fn.result);
    this.#active.delete(fn);
    this.#scope = scope;
    this.#inFunction = inFunction;
    return result;
  }

  #item(item: Program['items'][number]): void {
    switch (item.kind) {
      case 'scheme':
      case 'fn':
        break;
      case 'param':
        this.#scope.declare(item.name.name, this.#paramValue(item.name, item.value));
        break;
      case 'const': {
        const tensor = this.constant(item.value, 'a const');
        this.#scope.declare(item.name.name, tensor && constantValue(tensor));
        break;
      }
      case 'input':
        this.#input(item);
        break;
      case 'output': {
        const value = item.value ? this.expr(item.value) : this.#scope.find(item.name.name)?.value;
        if (value) this.#output(item.name, value);
        break;
      }
      default:
        this.#stmt(item);
    }
  }

  #output(name: Ident, value: Value<W>): void {
    if (value.kind === 'const') this.#lift(value, name.span);
    if (!this.#outputs.has(name.name)) this.#outputs.set(name.name, value);
  }

  /** The scheme holds for the whole file, wherever it is chosen. */
  #schemeItems([first, ...others]: readonly Scheme[]): void {
    if (first) this.#schemeItem(first);
    for (const other of others) {
      this.refuse(
        'duplicate-scheme',
        'the scheme has been chosen already',
        other.span,
        'a file has one scheme',
      );
    }
  }

  #schemeItem(item: Scheme): void {
    const names = ['ckks', 'bfv', 'bgv'] as const;
    const name = names.find((known) => known === item.name.name);
    if (!name) {
      const near = didYouMean(item.name.name, names);
      this.refuse(
        'unknown-scheme',
        `unknown scheme '${item.name.name}'`,
        item.name.span,
        near
          ? `did you mean '${near}'?`
          : 'ckks for real numbers, bfv(t=65537) or bgv(t=65537) for integers modulo t',
      );
      return;
    }
    let modulus = name === 'ckks' ? undefined : 65537;
    for (const option of item.options) {
      const value = exact.integerOf(exact.fromDecimal(option.value.text));
      if (name === 'ckks' || option.name.name !== 't') {
        this.refuse(
          'unknown-scheme-option',
          `${name} has no option '${option.name.name}'`,
          option.name.span,
          name === 'ckks'
            ? 'precision and levels are chosen by the compiler'
            : `write ${name}(t=65537)`,
        );
      } else if (value === undefined || value < 2 || value >= 2 ** 60) {
        this.refuse('scheme-modulus', 't must be an integer from 2 to 2^60', option.value.span);
      } else modulus = value;
    }
    this.#scheme = { name, modulus };
  }

  #paramValue(name: Ident, expr: Expr): Value<W> | undefined {
    const given = this.options.defines.get(name.name);
    if (given) return constantValue(scalar(given));
    const tensor = this.constant(expr, 'a param');
    if (!tensor) return undefined;
    if (tensor.shape.length === 0) return constantValue(tensor);
    return this.refuse(
      'not-scalar',
      `a param is one number, not ${showShape(tensor.shape)}`,
      expr.span,
      'write const for vectors',
    );
  }

  #checkDefines(): void {
    const params = this.options.program.items.flatMap((item) =>
      item.kind === 'param' ? [item.name.name] : [],
    );
    for (const name of this.options.defines.keys()) {
      if (params.includes(name)) continue;
      const near = didYouMean(name, params);
      this.refuse(
        'unknown-param',
        `the circuit has no param '${name}' to define`,
        { start: 0, end: 0 },
        near
          ? `did you mean -D ${near}=…?`
          : params.length > 0
            ? `its params are ${params.join(', ')}`
            : 'it has no params',
      );
    }
  }

  #input(item: Input): void {
    const extents = item.shape.map((extent) => {
      const n = this.integer(extent, 'an extent');
      if (n === undefined || n >= 1) return n;
      return this.refuse('bad-extent', `an extent is at least 1, not ${n}`, extent.span);
    });
    const range = item.within && this.#range(item.within.low, item.within.high);
    if (extents.length > 3) this.#rankTooHigh(item.span);
    const known = extents.length <= 3 && !extents.includes(undefined) && (!item.within || range);
    this.#scope.declare(
      item.name.name,
      known ? this.#inputValue(item, extents as number[], range) : undefined,
    );
  }

  #inputValue(
    item: Input,
    shape: Shape,
    range: readonly [number, number] | undefined,
  ): Value<W> | undefined {
    if (sizeOf(shape) > MAX_ELEMENTS) return this.#tooLarge(shape, item.span);
    const type: InputType = { name: item.name.name, secrecy: item.secrecy, shape, range };
    this.#inputs.push(type);
    this.options.locate?.(item.span, this.#iterations);
    return { kind: 'wire', shape, secrecy: item.secrecy, wire: this.options.algebra.input(type) };
  }

  #range(lowExpr: Expr, highExpr: Expr): readonly [number, number] | undefined {
    const span = { start: lowExpr.span.start, end: highExpr.span.end };
    const low = this.constant(lowExpr, 'a range');
    const high = this.constant(highExpr, 'a range');
    if (!low || !high) return undefined;
    if (low.shape.length > 0 || high.shape.length > 0) {
      return this.refuse('not-scalar', 'a range has two numbers', span, 'write within [low, high]');
    }
    const range = [low.data[0]?.value ?? 0, high.data[0]?.value ?? 0] as const;
    if (range[0] <= range[1]) return range;
    return this.refuse(
      'empty-range',
      `no number lies within [${range.join(', ')}]`,
      span,
      'the lower end comes first',
    );
  }

  #stmt(stmt: Stmt): void {
    switch (stmt.kind) {
      case 'let':
      case 'var':
        this.#scope.declare(stmt.name.name, this.expr(stmt.value));
        break;
      case 'assign': {
        const value = this.expr(stmt.value);
        const cell = this.#scope.find(stmt.name.name);
        if (cell) cell.value = value;
        break;
      }
      case 'for': {
        const from = this.integer(stmt.from, 'a loop bound');
        const to = this.integer(stmt.to, 'a loop bound');
        if (from !== undefined && to !== undefined && from < to) this.#loop(stmt, from, to);
        break;
      }
    }
  }

  #loop(stmt: For, from: number, to: number): void {
    if (!this.options.loop) {
      this.#iterate(stmt, from, to);
      return;
    }
    const after = this.options.loop({
      stmt,
      from,
      to,
      globals: this.#inFunction ? this.#globals.visible() : this.#scope.visible(),
      locals: this.#inFunction ? this.#scope.visible(this.#globals) : undefined,
      assigned: assignedNames(stmt.body).filter((name) => this.#scope.find(name)),
    });
    for (const [name, value] of after) {
      const cell = this.#scope.find(name);
      if (cell) cell.value = value;
    }
  }

  #iterate(stmt: For, from: number, to: number): void {
    const [scope, iterations] = [this.#scope, this.#iterations];
    this.#enter(stmt.span, LOOP_DEPTH);
    for (let i = from; i < to; i++) {
      this.#count(stmt.span);
      this.#iterations = [...iterations, i];
      this.#scope = new Scope(scope);
      this.#scope.declare(stmt.index.name, constantValue(scalar(exact.fromNumber(i))));
      stmt.body.forEach((inner) => {
        this.#stmt(inner);
      });
    }
    this.#depth -= LOOP_DEPTH;
    this.#scope = scope;
    this.#iterations = iterations;
  }

  #fold(op: TensorOp, args: readonly Constant[], shape: Shape, span: Span): Value<W> | undefined {
    if (sizeOf(shape) > MAX_CONSTANT_ELEMENTS) return this.#tooLarge(shape, span);
    this.#countConstants(foldingWork(op, args, shape), span);
    const tensor = applyOp(op, args, EXACT_RING);
    if (tensor.data.every((x) => Number.isFinite(x.value))) return constantValue(tensor);
    return this.refuse('constant-overflow', 'this constant is larger than any float64', span);
  }

  #lift(value: Value<W>, span: Span): W {
    if (value.kind === 'wire') return value.wire;
    const fraction =
      this.#scheme.name === 'ckks'
        ? undefined
        : value.tensor.data.find((x) => exact.integerOf(x) === undefined);
    if (fraction) {
      this.refuse(
        'not-an-integer-constant',
        `${this.#scheme.name} computes with integers, ${fraction.value} is none`,
        span,
        'scale the inputs to integers, or choose scheme ckks',
      );
    }
    return this.options.algebra.constant(value.tensor);
  }

  #count(span: Span): void {
    if (++this.#operations <= MAX_OPERATIONS) return;
    this.refuse(
      'too-large',
      `the program expands to more than ${MAX_OPERATIONS} operations`,
      span,
      'loops and functions are expanded; lower the bounds',
    );
    throw new WalkEnded();
  }

  #countConstants(elements: number, span: Span): void {
    this.#constantWork += elements;
    if (this.#constantWork <= MAX_CONSTANT_WORK) return;
    this.refuse(
      'too-large',
      `computing the constants takes more than ${MAX_CONSTANT_WORK} steps`,
      span,
      'make it a plain input, computed beforehand',
    );
    throw new WalkEnded();
  }

  #enter(span: Span, depth = 1): void {
    this.#depth += depth;
    if (this.#depth <= MAX_DEPTH) return;
    this.refuse(
      'too-deep',
      'expressions, loops and calls are nested too deeply',
      span,
      'name parts of it with let',
    );
    throw new WalkEnded();
  }

  #tooLarge(shape: Shape, span: Span): undefined {
    return this.refuse(
      'tensor-too-large',
      `a tensor of ${sizeOf(shape)} elements is too large`,
      span,
      `at most ${MAX_ELEMENTS}, and ${MAX_CONSTANT_ELEMENTS} for constants`,
    );
  }

  #rankTooHigh(span: Span): undefined {
    return this.refuse('rank', 'tensors have at most 3 axes', span);
  }

  #quietly(walk: () => void): void {
    try {
      walk();
    } catch (error) {
      if (!(error instanceof WalkEnded)) throw error;
    }
  }
}

/** Names assigned anywhere in a block, in order of first assignment. */
function assignedNames(body: readonly Stmt[]): string[] {
  const names = body.flatMap((stmt) =>
    stmt.kind === 'assign' ? [stmt.name.name] : stmt.kind === 'for' ? assignedNames(stmt.body) : [],
  );
  return [...new Set(names)];
}

/** Elements that computing an operation on constants goes through. */
function foldingWork(op: TensorOp, args: readonly Constant[], shape: Shape): number {
  if (op.kind === 'sum') return args[0]?.data.length ?? 0;
  if (op.kind !== 'mul') return sizeOf(shape);
  const shapes = args.map((arg) => arg.shape);
  return sizeOf(labelExtents(op, shapes));
}
