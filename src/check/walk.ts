import type { InputType } from '../ir/graph.ts';
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
  Stmt,
} from '../syntax/ast.ts';
import { didYouMean, type ErrorDiagnostic, type Span } from '../syntax/diagnostic.ts';
import type { Constant } from '../tensor/constant.ts';
import * as exact from '../tensor/exact.ts';
import type { TensorOp } from '../tensor/op.ts';
import {
  MAX_ELEMENTS,
  MOST_AXES,
  type Shape,
  scalar,
  showShape,
  sizeOf,
} from '../tensor/tensor.ts';
import { BUILTINS } from './builtins.ts';
import { matrixProduct } from './matrix-product.ts';
import type { Binding, Resolution } from './names.ts';
import { type SchemeType, schemeOf } from './scheme.ts';
import { type Algebra, constantValue, type Value } from './value.ts';
import { Operations, WALK_ENDED } from './value-operations.ts';

/**
 * A boundary in the execution of a program: after a statement at the top level, or between two
 * iterations of a loop that is not in another loop.
 */
export interface Boundary {
  /** The statement before the boundary, or the loop that it is in. */
  readonly stmt: Stmt;
  /** In a loop: the index of its first iteration, and that of the iteration after the boundary. */
  readonly iteration?: { readonly first: number; readonly next: number };
  /** Whether it is at the top level of the program, and not in a function that is called. */
  readonly isTop: boolean;
}

/** A replacement of wires at a boundary. */
export interface Crossing<W> {
  /** The names whose wires are replaced: those that the loop carries, or all at the top level. */
  readonly names: 'carried' | 'globals';
  readonly replace: (name: string, wire: W) => W;
}

/** A program to walk, and the functions that the walk calls. */
export interface WalkOptions<W> {
  readonly program: Program;
  readonly names: Resolution;
  readonly algebra: Algebra<W>;
  /** Values that replace those of params, by name. */
  readonly defines: ReadonlyMap<string, exact.Exact>;
  readonly report: (diagnostic: ErrorDiagnostic) => void;
  /** Called before the algebra, with the location that is being evaluated and its iterations. */
  readonly locate?: (span: Span, iterations: readonly number[]) => void;
  /** Called when an input, a variable or an output gets a value; without a wire for constants. */
  readonly name?: (name: string, wire: W | undefined) => void;
  /** Called at every boundary with the number of outputs before it; may return a replacement. */
  readonly cross?: (boundary: Boundary, outputs: number) => Crossing<W> | undefined;
}

/** The scheme, inputs and outputs of a program. */
export interface WalkResult<W> {
  readonly scheme: SchemeType;
  readonly inputs: readonly InputType[];
  readonly outputs: ReadonlyMap<string, Value<W>>;
}

/** Limit on the nesting of expressions, through calls. */
const MAX_DEPTH = 1_000;
/** The nesting that a loop counts as, because of the stack space that it takes. */
const LOOP_DEPTH = 5;

/**
 * A walk through a program in the order of execution. It expands functions and loops, keeps the
 * values of names, computes constants, and checks shapes, secrecy and numeric domain. An algebra
 * carries out all other operations. A refused operation is reported once for its span and has the
 * value undefined; operations on undefined values are not reported.
 */
export class Walk<W> {
  readonly #options: WalkOptions<W>;
  readonly #scheme: SchemeType;
  readonly #ops: Operations<W>;
  readonly #inputs: InputType[] = [];
  readonly #outputs = new Map<string, Value<W>>();
  /**
   * The values of names, by their bindings' indices. Without recursion, one per binding suffices.
   */
  readonly #values: (Value<W> | undefined)[] = [];
  /** Functions that are being expanded. */
  readonly #active = new Set<Fn>();
  #depth = 0;
  /** The values of literals seen before, because loops evaluate the same ones repeatedly. */
  readonly #literals = new Map<string, Value<never>>();

  constructor(options: WalkOptions<W>) {
    this.#options = options;
    const { algebra, program, report, locate } = options;
    this.#scheme = schemeOf(program, (code, message, span, help) => {
      report({ severity: 'error', code, message, span, ...(help ? { help } : {}) });
    });
    this.#ops = new Operations({
      algebra,
      scheme: this.#scheme,
      report,
      ...(locate ? { locate } : {}),
    });
  }

  /** Walks the whole program. */
  run(): WalkResult<W> {
    const { items } = this.#options.program;
    this.#quietly(() => {
      for (const item of items) {
        this.#item(item);
        if (isStmt(item)) this.#cross({ stmt: item, isTop: true });
      }
    });
    this.#checkDefines();
    return { scheme: this.#scheme, inputs: this.#inputs, outputs: this.#outputs };
  }

  /** Evaluates a constant integer, for indices, bounds, exponents and extents. */
  #integer(expr: Expr, what: string): number | undefined {
    const value = this.#expr(expr);
    return value && this.#ops.integer(value, what, expr.span);
  }

  /** Evaluates an expression that must not depend on inputs. */
  #constant(expr: Expr, what: string): Constant | undefined {
    const value = this.#expr(expr);
    return value && this.#ops.constant(value, what, expr.span);
  }

  #expr(expr: Expr): Value<W> | undefined {
    this.#enter(expr.span);
    const value = this.#evaluate(expr);
    this.#depth--;
    return value;
  }

  #evaluate(expr: Expr): Value<W> | undefined {
    switch (expr.kind) {
      case 'number':
        return this.#number(expr.text, expr.span);
      case 'name':
        return this.#valueOf(expr);
      case 'group':
        return this.#expr(expr.inner);
      case 'call':
        return this.#call(expr);
      case 'vector':
        return this.#vector(expr.elements, expr.span);
      case 'sum':
        return this.#chain(expr.first, expr.rest, (a, b, op, span) =>
          this.#ops.add(op === '+' ? 'add' : 'sub', a, b, span),
        );
      case 'product':
        return this.#chain(expr.first, expr.rest, (a, b, op, span) =>
          op === '*'
            ? this.#ops.multiply(a, b, span)
            : op === '/'
              ? this.#ops.divide(a, b, span)
              : matrixProduct(this.#ops, a, b, span),
        );
      case 'negate': {
        const operand = this.#expr(expr.operand);
        return operand && this.#ops.apply({ kind: 'neg' }, [operand], expr.span);
      }
      case 'power':
        return this.#power(expr.base, expr.exponent, expr.span);
      case 'index':
        return this.#index(expr);
      case 'transpose': {
        const base = this.#expr(expr.base);
        return base && this.#ops.transpose(base, expr.span);
      }
    }
  }

  #chain<O extends string>(
    first: Expr,
    rest: readonly { readonly op: O; readonly operand: Expr }[],
    combine: (a: Value<W>, b: Value<W>, op: O, span: Span) => Value<W> | undefined,
  ): Value<W> | undefined {
    let left = this.#expr(first);
    for (const { op, operand } of rest) {
      const right = this.#expr(operand);
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
    return this.#ops.refuse('constant-overflow', `${text} is larger than any float64`, span);
  }

  #vector(elements: readonly Expr[], span: Span): Value<W> | undefined {
    const values = elements.map((element) => this.#expr(element));
    const [first, ...rest] = values.filter((value) => value !== undefined);
    const stacked = first && this.#ops.stack(first, rest, span);
    return values.includes(undefined) ? undefined : stacked;
  }

  #power(baseExpr: Expr, exponentExpr: Expr, span: Span): Value<W> | undefined {
    const base = this.#expr(baseExpr);
    const exponent = this.#integer(exponentExpr, 'an exponent');
    if (!base || exponent === undefined) return undefined;
    return this.#ops.power(base, exponent, span);
  }

  #index(expr: Index): Value<W> | undefined {
    const base = this.#expr(expr.base);
    if (!base) {
      expr.indices.forEach((part) => {
        this.#box(part, Number.MAX_SAFE_INTEGER);
      });
      return undefined;
    }
    if (expr.indices.length > base.shape.length) {
      return this.#ops.refuse(
        'too-many-indices',
        `${expr.indices.length} indices into ${showShape(base.shape)}`,
        expr.span,
      );
    }
    const boxes = base.shape.map((extent, axis) => {
      const part = expr.indices[axis];
      return part ? this.#box(part, extent) : { start: 0, size: extent, drop: false };
    });
    if (!boxes.every((box) => box !== undefined)) return undefined;
    if (boxes.every((box, axis) => !box.drop && box.size === base.shape[axis])) return base;
    const shape = boxes.flatMap((box) => (box.drop ? [] : [box.size]));
    if (sizeOf(shape) === 0) return constantValue({ shape, data: [] });
    const op: TensorOp = {
      kind: 'slice',
      starts: boxes.map((box) => box.start),
      sizes: boxes.map((box) => box.size),
      drop: boxes.map((box) => box.drop),
    };
    return this.#ops.apply(op, [base], expr.span);
  }

  #box(
    part: IndexPart,
    extent: number,
  ): { start: number; size: number; drop: boolean } | undefined {
    if (part.kind === 'at') {
      const at = this.#integer(part.at, 'an index');
      if (at === undefined) return undefined;
      if (at >= 0 && at < extent) return { start: at, size: 1, drop: true };
      return this.#ops.refuse(
        'index-out-of-range',
        `index ${at} is outside 0..${extent}`,
        part.span,
        at < 0
          ? 'indices count from 0; the last one is the length - 1'
          : `the last index is ${extent - 1}`,
      );
    }
    const from = part.from ? this.#integer(part.from, 'a slice bound') : 0;
    const to = part.to ? this.#integer(part.to, 'a slice bound') : extent;
    if (from === undefined || to === undefined) return undefined;
    if (from >= 0 && from <= to && to <= extent)
      return { start: from, size: to - from, drop: false };
    return this.#ops.refuse(
      'index-out-of-range',
      `slice ${from}..${to} of an axis of extent ${extent}`,
      part.span,
      from > to ? 'slices are half-open: 0..n has the indices 0 to n - 1' : undefined,
    );
  }

  #call(call: Call): Value<W> | undefined {
    const args = call.args.map((arg) => this.#expr(arg));
    const binding = this.#options.names.bindings.get(call.callee);
    if (binding) return binding.fn && this.#callFunction(binding.fn, args, call);
    const builtin = BUILTINS.get(call.callee.name);
    if (!builtin || !args.every((arg) => arg !== undefined)) return undefined;
    const [min, max] = builtin.arity;
    // resolveNames has reported a wrong number of arguments.
    if (args.length < min || args.length > max) return undefined;
    return builtin.evaluate(this.#ops, call, args);
  }

  #callFunction(fn: Fn, args: readonly (Value<W> | undefined)[], call: Call): Value<W> | undefined {
    if (args.length !== fn.params.length || this.#active.has(fn)) return undefined;
    this.#ops.count(call.span);
    this.#active.add(fn);
    fn.params.forEach((param, i) => {
      this.#set(param, args[i]);
    });
    fn.body.forEach((stmt) => {
      this.#stmt(stmt);
    });
    const result = this.#expr(fn.result);
    this.#active.delete(fn);
    return result;
  }

  /** Returns the value of a name; undefined if it is unresolved or its value was refused. */
  #valueOf(name: Ident): Value<W> | undefined {
    const binding = this.#options.names.bindings.get(name);
    return binding && this.#values[binding.index];
  }

  /** Sets the value of a name that is declared or assigned. */
  #set(name: Ident, value: Value<W> | undefined): void {
    const binding = this.#options.names.bindings.get(name);
    if (binding) this.#values[binding.index] = value;
  }

  #name({ name }: Ident, value: Value<W> | undefined): void {
    if (value) this.#options.name?.(name, value.kind === 'wire' ? value.wire : undefined);
  }

  #item(item: Program['items'][number]): void {
    switch (item.kind) {
      case 'scheme':
      case 'fn':
        break;
      case 'param':
        this.#set(item.name, this.#paramValue(item.name, item.value));
        break;
      case 'const': {
        const tensor = this.#constant(item.value, 'a const');
        this.#set(item.name, tensor && constantValue(tensor));
        break;
      }
      case 'input':
        this.#input(item);
        break;
      case 'output': {
        const value = item.value ? this.#expr(item.value) : this.#valueOf(item.name);
        if (value) this.#output(item.name, value);
        break;
      }
      default:
        this.#stmt(item);
    }
  }

  #output(name: Ident, value: Value<W>): void {
    if (value.kind === 'const') this.#ops.lift(value, name.span);
    this.#name(name, value);
    if (!this.#outputs.has(name.name)) this.#outputs.set(name.name, value);
  }

  #paramValue(name: Ident, expr: Expr): Value<W> | undefined {
    const defined = this.#options.defines.get(name.name);
    if (defined) return constantValue(scalar(defined));
    const tensor = this.#constant(expr, 'a param');
    if (!tensor) return undefined;
    if (tensor.shape.length === 0) return constantValue(tensor);
    return this.#ops.refuse(
      'not-scalar',
      `a param is one number, not ${showShape(tensor.shape)}`,
      expr.span,
      'write const for vectors',
    );
  }

  #checkDefines(): void {
    const params = this.#options.program.items.flatMap((item) =>
      item.kind === 'param' ? [item.name.name] : [],
    );
    for (const name of this.#options.defines.keys()) {
      if (params.includes(name)) continue;
      const near = didYouMean(name, params);
      this.#ops.refuse(
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
      const n = this.#integer(extent, 'an extent');
      if (n === undefined || n >= 1) return n;
      return this.#ops.refuse('bad-extent', `an extent is at least 1, not ${n}`, extent.span);
    });
    const range = item.within && this.#range(item.within.low, item.within.high);
    if (extents.length > MOST_AXES) this.#ops.rankTooHigh(item.span);
    const isKnown =
      extents.length <= MOST_AXES &&
      extents.every((n) => n !== undefined) &&
      (!item.within || range);
    const value = isKnown ? this.#inputValue(item, extents, range) : undefined;
    this.#set(item.name, value);
    this.#name(item.name, value);
  }

  #inputValue(
    item: Input,
    shape: Shape,
    range: readonly [number, number] | undefined,
  ): Value<W> | undefined {
    if (sizeOf(shape) > MAX_ELEMENTS) return this.#ops.tooLarge(shape, item.span);
    const type: InputType = { name: item.name.name, secrecy: item.secrecy, shape, range };
    this.#inputs.push(type);
    this.#options.locate?.(item.span, this.#ops.iterations);
    return { kind: 'wire', shape, secrecy: item.secrecy, wire: this.#options.algebra.input(type) };
  }

  #range(lowExpr: Expr, highExpr: Expr): readonly [number, number] | undefined {
    const span = { start: lowExpr.span.start, end: highExpr.span.end };
    const low = this.#constant(lowExpr, 'a range');
    const high = this.#constant(highExpr, 'a range');
    if (!low || !high) return undefined;
    if (low.shape.length > 0 || high.shape.length > 0) {
      return this.#ops.refuse(
        'not-scalar',
        'a range has two numbers',
        span,
        'write within [low, high]',
      );
    }
    const range = [low.data[0]?.value ?? 0, high.data[0]?.value ?? 0] as const;
    if (range[0] <= range[1]) return range;
    return this.#ops.refuse(
      'empty-range',
      `no number lies within [${range.join(', ')}]`,
      span,
      'write the lower end first',
    );
  }

  #stmt(stmt: Stmt): void {
    switch (stmt.kind) {
      case 'let':
      case 'var':
      case 'assign': {
        const value = this.#expr(stmt.value);
        this.#set(stmt.name, value);
        this.#name(stmt.name, value);
        break;
      }
      case 'for': {
        const from = this.#integer(stmt.from, 'a loop bound');
        const to = this.#integer(stmt.to, 'a loop bound');
        if (from !== undefined && to !== undefined && from < to) this.#iterate(stmt, from, to);
        break;
      }
    }
  }

  #iterate(stmt: For, first: number, to: number): void {
    const { iterations } = this.#ops;
    const isOutermost = iterations.length === 0;
    const isTop = this.#active.size === 0;
    this.#enter(stmt.span, LOOP_DEPTH);
    for (let next = first; next < to; next++) {
      this.#ops.count(stmt.span);
      if (isOutermost && next > first) this.#cross({ stmt, iteration: { first, next }, isTop });
      this.#ops.iterations = [...iterations, next];
      this.#set(stmt.index, constantValue(scalar(exact.fromNumber(next))));
      stmt.body.forEach((inner) => {
        this.#stmt(inner);
      });
      this.#ops.iterations = iterations;
    }
    this.#depth -= LOOP_DEPTH;
  }

  #cross(boundary: Boundary): void {
    const crossing = this.#options.cross?.(boundary, this.#outputs.size);
    if (!crossing) return;
    for (const { name, index } of this.#namesAt(boundary, crossing)) {
      const value = this.#values[index];
      if (value?.kind === 'wire')
        this.#values[index] = { ...value, wire: crossing.replace(name, value.wire) };
    }
  }

  #namesAt({ stmt }: Boundary, { names }: Crossing<W>): readonly Binding[] {
    const { globals, carried } = this.#options.names;
    if (names === 'globals') return globals;
    return stmt.kind === 'for' ? (carried.get(stmt) ?? []) : [];
  }

  #enter(span: Span, depth = 1): void {
    this.#depth += depth;
    if (this.#depth <= MAX_DEPTH) return;
    this.#ops.refuse(
      'too-deep',
      'expressions, loops and calls are nested too deeply',
      span,
      'name subexpressions with let',
    );
    throw WALK_ENDED;
  }

  #quietly(walk: () => void): void {
    try {
      walk();
    } catch (error) {
      if (error !== WALK_ENDED) throw error;
    }
  }
}

function isStmt(item: Program['items'][number]): item is Stmt {
  return (
    item.kind === 'let' || item.kind === 'var' || item.kind === 'assign' || item.kind === 'for'
  );
}
