import type { CircuitFiles } from '../arrays/circuit-files.ts';
import { joinPath } from '../arrays/join-path.ts';
import { ShoalError } from '../errors/shoal-error.ts';
import type { InputType } from '../ir/graph.ts';
import type {
  Assign,
  Call,
  Expr,
  Fn,
  For,
  Ident,
  If,
  Include,
  Index,
  IndexPart,
  Input,
  Item,
  Logic,
  Range,
  Stmt,
  Unpack,
} from '../syntax/ast.ts';
import { didYouMean, type ErrorDiagnostic, placeAt, type Span } from '../syntax/diagnostic.ts';
import type { Constant } from '../tensor/constant.ts';
import * as exact from '../tensor/exact.ts';
import type { TensorOp } from '../tensor/op.ts';
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
import {
  type AssignedPart,
  assemble,
  partRead,
  type Selection,
  selectedView,
} from './assembled-values.ts';
import { BUILTINS } from './builtins.ts';
import { combine, compare, holds, opposite, remaindersOf } from './constant-logic.ts';
import type { LinkedFile, LinkedProgram } from './link-files.ts';
import { matrixProduct } from './matrix-product.ts';
import { type Binding, LOAD, type Resolution } from './names.ts';
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
  /** Called before the wires are replaced, when vars with assigned parts have been put together. */
  readonly begin?: () => void;
  readonly replace: (name: string, wire: W) => W;
}

/** A promise of the program's author: all elements of a value lie in a range. */
export interface RangePromise {
  readonly range: readonly [number, number];
  /** The statement that gives it. */
  readonly span: Span;
  readonly iterations: readonly number[];
}

/** A program to walk, and the functions that the walk calls. */
export interface WalkOptions<W> {
  readonly linked: LinkedProgram;
  readonly files: CircuitFiles;
  readonly names: Resolution;
  readonly algebra: Algebra<W>;
  /** Values that replace those of params, by name. */
  readonly defines: ReadonlyMap<string, exact.Exact>;
  readonly report: (diagnostic: ErrorDiagnostic) => void;
  /** Called before the algebra, with the location that is being evaluated and its iterations. */
  readonly locate?: (span: Span, iterations: readonly number[]) => void;
  /** Called when an input, a variable or an output gets a value; without a wire for constants. */
  readonly name?: (name: string, wire: W | undefined) => void;
  /** Called when a statement promises the range of a wire. */
  readonly promise?: (wire: W, promise: RangePromise) => void;
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
  /**
   * The parts of vars that were assigned since the whole var was, by the bindings' indices. If such
   * a var has been put together, `#values` has the whole value; if not, the value before.
   */
  readonly #parts: (WrittenParts<W> | undefined)[] = [];
  /** The included files whose consts have been computed. */
  readonly #walked = new Set<LinkedFile>();
  /** Functions that are being expanded. */
  readonly #active = new Set<Fn>();
  #depth = 0;
  /** The values of literals seen before, because loops evaluate the same ones repeatedly. */
  readonly #literals = new Map<string, Value<never>>();

  constructor(options: WalkOptions<W>) {
    this.#options = options;
    const { algebra, linked, report, locate } = options;
    this.#scheme = schemeOf(linked.main.program, (code, message, span, help) => {
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
    const { items } = this.#options.linked.main.program;
    this.#quietly(() => {
      for (const item of items) {
        this.#item(item, true);
        if (isStmt(item)) this.#cross({ stmt: item, isTop: true });
      }
    });
    this.#checkDefines();
    return { scheme: this.#scheme, inputs: this.#inputs, outputs: this.#outputs };
  }

  /**
   * Evaluates a constant integer, for indices, bounds, exponents and extents.
   *
   * @param instead what to write for a number that is not an integer
   */
  #integer(expr: Expr, what: string, instead?: string): number | undefined {
    const value = this.#expr(expr);
    return value && this.#ops.integer(value, what, expr.span, instead);
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
      case 'string':
        // resolveNames has reported it.
        return undefined;
      case 'name':
        return this.#valueOf(expr);
      case 'group':
        return this.#expr(expr.inner);
      case 'call':
        return this.#call(expr);
      case 'vector':
        return this.#vector(expr.elements, expr.span);
      case 'logic':
        return this.#logic(expr);
      case 'not': {
        const operand = this.#expr(expr.operand);
        return operand && opposite(this.#ops, operand, expr.span);
      }
      case 'comparison': {
        const [left, right] = [this.#expr(expr.left), this.#expr(expr.right)];
        return left && right && compare(this.#ops, expr.op, left, right, expr.span);
      }
      case 'sum':
        return this.#chain(expr.first, expr.rest, (a, b, op, span) =>
          this.#ops.add(op === '+' ? 'add' : 'sub', a, b, span),
        );
      case 'product':
        return this.#chain(expr.first, expr.rest, (a, b, op, span) => {
          switch (op) {
            case '*':
              return this.#ops.multiply(a, b, span);
            case '/':
              return this.#ops.divide(a, b, span);
            case '%':
              return remaindersOf(this.#ops, a, b, span);
            case '@':
              return matrixProduct(this.#ops, a, b, span);
          }
        });
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

  /** Evaluates from left to right, until a number decides. */
  #logic({ op, first, rest }: Logic): Value<W> | undefined {
    let left = this.#expr(first);
    for (const operand of rest) {
      const [number] = left?.kind === 'const' && left.shape.length === 0 ? left.tensor.data : [];
      const isDecided = number && exact.isZero(number) === (op === 'and');
      const right = isDecided ? left : this.#expr(operand);
      const span = { start: first.span.start, end: operand.span.end };
      left = left && right && combine(this.#ops, op, left, right, span);
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
    const instead =
      base?.kind === 'const'
        ? 'write sqrt(x) for a root, and exp(y*log(x)) for another power'
        : 'a root is not a polynomial: approximate it by poly(x, coefficients)';
    const exponent = this.#integer(exponentExpr, 'an exponent', instead);
    if (!base || exponent === undefined) return undefined;
    return this.#ops.power(base, exponent, span);
  }

  #index({ base: expr, indices, span }: Index): Value<W> | undefined {
    const binding = expr.kind === 'name' ? this.#options.names.bindings.get(expr) : undefined;
    const hasParts = binding && this.#parts[binding.index] !== undefined;
    const base = hasParts ? this.#values[binding.index] : this.#expr(expr);
    const selections = this.#selections(indices, base, span);
    if (!base || !selections) return undefined;
    return hasParts
      ? this.#part(binding, selections, span)
      : this.#selected(base, selections, span);
  }

  /** Returns a part of a var: if it was assigned as such, that value. */
  #part(binding: Binding, selections: readonly Selection[], span: Span): Value<W> | undefined {
    const written = this.#parts[binding.index];
    const read = written ? partRead(written.parts, selections) : 'base';
    if (read && read !== 'base') return read.value;
    if (!read) this.#assembleValue(binding, span);
    const whole = this.#values[binding.index];
    return whole && this.#selected(whole, selections, span);
  }

  /** Evaluates indices into a value; undefined if one was refused, or there is no value. */
  #selections(
    indices: readonly IndexPart[],
    base: Value<W> | undefined,
    span: Span,
  ): readonly Selection[] | undefined {
    if (!base) {
      for (const part of indices) this.#selection(part, Number.MAX_SAFE_INTEGER);
      return undefined;
    }
    if (indices.length > base.shape.length) {
      return this.#ops.refuse(
        'too-many-indices',
        `${indices.length} ${indices.length === 1 ? 'index' : 'indices'} into ${showShape(base.shape)}`,
        span,
      );
    }
    const selections = base.shape.map((extent, axis): Selection | undefined => {
      const part = indices[axis];
      return part ? this.#selection(part, extent) : wholeAxis(extent);
    });
    return selections.every((selection) => selection !== undefined) ? selections : undefined;
  }

  #selected(base: Value<W>, selections: readonly Selection[], span: Span): Value<W> | undefined {
    const shape = selectedShape(selections);
    if (sizeOf(shape) === 0) return constantValue({ shape, data: [] });
    const isStepped = selections.some(({ step, size }) => step > 1 && size > 1);
    if (isStepped) return this.#ops.view(base, selectedView(base.shape, selections), span);
    const isWhole = selections.every(({ drop, size }, axis) => !drop && size === base.shape[axis]);
    if (isWhole) return base;
    const op: TensorOp = {
      kind: 'slice',
      starts: selections.map(({ start }) => start),
      sizes: selections.map(({ size }) => size),
      drop: selections.map(({ drop }) => drop),
    };
    return this.#ops.apply(op, [base], span);
  }

  #selection(part: IndexPart, extent: number): Selection | undefined {
    if (part.kind === 'at') {
      const at = this.#integer(part.at, 'an index');
      if (at === undefined) return undefined;
      if (at >= 0 && at < extent) return { start: at, size: 1, step: 1, drop: true };
      return this.#ops.refuse(
        'index-out-of-range',
        `index ${at} is outside 0..${extent}`,
        part.span,
        at < 0
          ? 'indices count from 0; the last one is x[len(x) - 1]'
          : extent === 0
            ? 'there are no elements'
            : `the last index is ${extent - 1}`,
      );
    }
    const from = part.from ? this.#integer(part.from, 'a slice bound') : 0;
    const to = part.to ? this.#integer(part.to, 'a slice bound') : extent;
    const step = part.step ? this.#integer(part.step, 'a slice step') : 1;
    if (from === undefined || to === undefined || step === undefined) return undefined;
    if (step < 1) {
      const message = `a slice step is at least 1, not ${step}`;
      return this.#ops.refuse('index-out-of-range', message, part.span);
    }
    if (from >= 0 && from <= to && to <= extent)
      return { start: from, size: Math.ceil((to - from) / step), step, drop: false };
    return this.#ops.refuse(
      'index-out-of-range',
      `slice ${from}..${to} of an axis of extent ${extent}`,
      part.span,
      from > to ? 'slices are half-open: 0..n has the indices 0 to n - 1' : undefined,
    );
  }

  #call(call: Call): Value<W> | undefined {
    const binding = this.#options.names.bindings.get(call.callee);
    if (!binding && call.callee.name === LOAD) return this.#load(call);
    const args = call.args.map((arg) => this.#expr(arg));
    if (binding) {
      const { fn } = binding;
      return fn && this.#callFunction(fn, args, call, () => this.#expr(fn.result));
    }
    const builtin = BUILTINS.get(call.callee.name);
    if (!builtin || !args.every((arg) => arg !== undefined)) return undefined;
    const [min, max] = builtin.arity;
    // resolveNames has reported a wrong number of arguments.
    if (args.length < min || args.length > max) return undefined;
    return builtin.evaluate(this.#ops, call, args);
  }

  /** @param evaluate evaluates the result, where the names of the function have their values */
  #callFunction<T>(
    fn: Fn,
    args: readonly (Value<W> | undefined)[],
    call: Call,
    evaluate: () => T,
  ): T | undefined {
    if (args.length !== fn.params.length || this.#active.has(fn)) return undefined;
    this.#ops.count(call.span);
    this.#active.add(fn);
    fn.params.forEach((param, i) => {
      this.#set(param, args[i]);
    });
    fn.body.forEach((stmt) => {
      this.#stmt(stmt);
    });
    const result = evaluate();
    this.#active.delete(fn);
    return result;
  }

  /** Returns the constant that a file contains. */
  #load({ args: [path], span }: Call): Value<W> | undefined {
    if (path?.kind !== 'string') return undefined;
    const joined = joinPath(this.#fileOf(span), path.text);
    if (typeof joined !== 'string') return this.#ops.refuse(joined.code, joined.message, path.span);
    try {
      return constantValue(this.#options.files.array(joined));
    } catch (error) {
      if (!(error instanceof ShoalError)) throw error;
      const line = error.location?.position ? `, line ${error.location.position.line}` : '';
      return this.#ops.refuse(error.code, `${joined}${line}: ${error.message}`, path.span);
    }
  }

  /** Returns the path of the file that a span is in; empty for the main file. */
  #fileOf({ start }: Span): string {
    const { included, main, source } = this.#options.linked;
    const { source: own } = placeAt(source, start);
    for (const file of included.values()) if (file.source === own) return file.path;
    return main.path;
  }

  /** Returns the value of a name; undefined if it is unresolved or its value was refused. */
  #valueOf(name: Ident): Value<W> | undefined {
    const binding = this.#options.names.bindings.get(name);
    if (!binding) return undefined;
    this.#assembleValue(binding, name.span);
    return this.#values[binding.index];
  }

  /** Puts a var together if parts of it were assigned. */
  #assembleValue({ index, name }: Binding, span: Span): void {
    const written = this.#parts[index];
    const base = this.#values[index];
    if (!written || written.isWhole || !base) return;
    const value = assemble(this.#ops, base, written.parts, span);
    this.#values[index] = value;
    this.#parts[index] = { parts: written.parts, isWhole: true };
    this.#name({ name, span }, value);
  }

  /** Sets the value of a name that is declared or assigned. */
  #set(name: Ident, value: Value<W> | undefined): void {
    const binding = this.#options.names.bindings.get(name);
    if (!binding) return;
    this.#values[binding.index] = value;
    this.#parts[binding.index] = undefined;
  }

  #name({ name }: Ident, value: Value<W> | undefined): void {
    if (value) this.#options.name?.(name, value.kind === 'wire' ? value.wire : undefined);
  }

  /** @param isMain whether the item is in the main file */
  #item(item: Item, isMain: boolean): void {
    switch (item.kind) {
      case 'scheme':
      case 'fn':
        break;
      case 'include':
        this.#include(item);
        break;
      case 'param':
        this.#set(item.name, this.#paramValue(item.name, item.value, isMain));
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

  /** Computes the consts of an included file, once. */
  #include(include: Include): void {
    const file = this.#options.linked.included.get(include);
    if (!file || this.#walked.has(file)) return;
    this.#walked.add(file);
    for (const item of file.program.items) {
      const { kind } = item;
      if (kind === 'include' || kind === 'param' || kind === 'const') this.#item(item, false);
    }
  }

  #output(name: Ident, value: Value<W>): void {
    if (sizeOf(value.shape) === 0) {
      const message = `output '${name.name}' has no elements: its shape is ${showShape(value.shape)}`;
      this.#ops.refuse('bad-extent', message, name.span);
      return;
    }
    if (value.kind === 'const') this.#ops.lift(value, name.span);
    this.#name(name, value);
    if (!this.#outputs.has(name.name)) this.#outputs.set(name.name, value);
  }

  #paramValue(name: Ident, expr: Expr, isMain: boolean): Value<W> | undefined {
    const defined = isMain ? this.#options.defines.get(name.name) : undefined;
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
    const params = this.#options.linked.main.program.items.flatMap((item) =>
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
    const range = item.within && this.#range(item.within);
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

  #range(within: Range): readonly [number, number] | undefined {
    const span = { start: within.low.span.start, end: within.high.span.end };
    const low = this.#constant(within.low, 'a range');
    const high = this.#constant(within.high, 'a range');
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
      case 'var': {
        const value = this.#promised(this.#expr(stmt.value), stmt);
        this.#set(stmt.name, value);
        this.#name(stmt.name, value);
        break;
      }
      case 'unpack':
        this.#unpack(stmt);
        break;
      case 'assign':
        this.#assign(stmt);
        break;
      case 'for': {
        const from = this.#integer(stmt.from, 'a loop bound');
        const to = this.#integer(stmt.to, 'a loop bound');
        if (from !== undefined && to !== undefined && from < to) this.#iterate(stmt, from, to);
        break;
      }
      case 'if':
        this.#if(stmt);
        break;
    }
  }

  #if({ branches, otherwise = [], span }: If): void {
    this.#enter(span, LOOP_DEPTH);
    for (const stmt of this.#branch(branches) ?? otherwise) this.#stmt(stmt);
    this.#depth -= LOOP_DEPTH;
  }

  /**
   * Returns the block of the first condition that holds; undefined if none does. The block is empty
   * if a condition is refused.
   */
  #branch(branches: If['branches']): readonly Stmt[] | undefined {
    for (const { condition, body } of branches) {
      const value = this.#expr(condition);
      const isTaken = value && holds(this.#ops, value, condition.span);
      if (isTaken === undefined) return [];
      if (isTaken) return body;
    }
    return undefined;
  }

  #assign(stmt: Assign): void {
    if (stmt.indices.length > 0) {
      this.#assignPart(stmt);
      return;
    }
    const { name, op } = stmt;
    const before = op && this.#valueOf(name);
    const value = this.#updated(stmt, before);
    this.#set(name, value);
    this.#name(name, value);
  }

  #assignPart(stmt: Assign): void {
    const { name, indices, op, span } = stmt;
    const binding = this.#options.names.bindings.get(name);
    const base = binding && this.#values[binding.index];
    const selections = this.#selections(indices, base, span);
    const before = op && binding && selections && this.#part(binding, selections, span);
    const value = this.#updated(stmt, before);
    if (!binding || !base || !selections) return;
    const part = value && this.#fitted(value, selectedShape(selections), stmt.value.span);
    const written = this.#parts[binding.index];
    if (!part) this.#set(name, undefined);
    else if (sizeOf(part.shape) > 0) {
      const assigned = { selections, value: part };
      // The whole value of a var that was put together is the base of its next parts.
      if (written && !written.isWhole) written.parts.push(assigned);
      else this.#parts[binding.index] = { parts: [assigned], isWhole: false };
    }
  }

  /** Evaluates the value that is assigned, given that of the var or its part before. */
  #updated(stmt: Assign, before: Value<W> | undefined): Value<W> | undefined {
    const operand = this.#expr(stmt.value);
    const { op, span } = stmt;
    if (!op) return this.#promised(operand, stmt);
    const value =
      before &&
      operand &&
      (op === '*'
        ? this.#ops.multiply(before, operand, span)
        : this.#ops.add(op === '+' ? 'add' : 'sub', before, operand, span));
    return this.#promised(value, stmt);
  }

  /** Returns a value in the shape of the part that it is assigned to. */
  #fitted(value: Value<W>, shape: Shape, span: Span): Value<W> | undefined {
    const common = broadcastShape(value.shape, shape);
    if (common && sameShape(common, shape)) return this.#ops.broadcast(value, shape, span);
    return this.#ops.refuse(
      'shape-mismatch',
      `cannot assign ${showShape(value.shape)} to a part of shape ${showShape(shape)}`,
      span,
    );
  }

  #unpack(stmt: Unpack): void {
    const parts = this.#elements(stmt.value);
    const count = stmt.names.length;
    if (parts && parts.length !== count) {
      this.#ops.refuse(
        'shape-mismatch',
        `the value has ${parts.length} parts along its first axis, for ${count} ${count === 1 ? 'name' : 'names'}`,
        stmt.span,
        'write a name for each part',
      );
    }
    stmt.names.forEach((name, i) => {
      const value = this.#promised(parts?.length === count ? parts[i] : undefined, stmt);
      this.#set(name, value);
      this.#name(name, value);
    });
  }

  /**
   * Evaluates the parts of a value along its first axis. Those of `[a, b]`, and of the result of a
   * function that returns it, need not be stacked first.
   */
  #elements(expr: Expr): readonly (Value<W> | undefined)[] | undefined {
    this.#enter(expr.span);
    const elements = this.#elementsOf(expr);
    this.#depth--;
    return elements;
  }

  #elementsOf(expr: Expr): readonly (Value<W> | undefined)[] | undefined {
    if (expr.kind === 'group') return this.#elements(expr.inner);
    const fn = expr.kind === 'call' && this.#options.names.bindings.get(expr.callee)?.fn;
    if (expr.kind === 'call' && fn) {
      const args = expr.args.map((arg) => this.#expr(arg));
      return this.#callFunction(fn, args, expr, () => this.#elements(fn.result));
    }
    if (expr.kind === 'vector') {
      const values = expr.elements.map((element) => this.#expr(element));
      return this.#ops.canStack(values, expr.span) ? values : undefined;
    }
    const value = this.#expr(expr);
    if (!value) return undefined;
    const [count, ...inner] = value.shape;
    if (count === undefined)
      return this.#ops.refuse('rank', 'a scalar has no parts', expr.span, 'write let x = …;');
    return Array.from({ length: count }, (_, start) => {
      const one = { start, size: 1, step: 1, drop: true };
      return this.#selected(value, [one, ...inner.map(wholeAxis)], expr.span);
    });
  }

  /** Returns a value whose range a statement may promise: a constant is compared with it. */
  #promised(
    value: Value<W> | undefined,
    { within, span }: { readonly within?: Range; readonly span: Span },
  ): Value<W> | undefined {
    const range = within && this.#range(within);
    if (!value || !range) return value;
    const { iterations } = this.#ops;
    if (value.kind === 'wire') this.#options.promise?.(value.wire, { range, span, iterations });
    else {
      const outside = value.tensor.data.find((x) => x.value < range[0] || x.value > range[1]);
      const message = `the constant ${outside?.value} is not within [${range.join(', ')}]`;
      if (outside) return this.#ops.refuse('out-of-range', message, span);
    }
    return value;
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
    const crossed = this.#namesAt(boundary, crossing);
    for (const binding of crossed) {
      this.#assembleValue(binding, boundary.stmt.span);
      this.#parts[binding.index] = undefined;
    }
    crossing.begin?.();
    for (const { name, index } of crossed) {
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

/** The parts of a var that were assigned, the latest last. */
interface WrittenParts<W> {
  readonly parts: AssignedPart<W>[];
  /** Whether the value of the var has them already. */
  readonly isWhole: boolean;
}

function wholeAxis(extent: number): Selection {
  return { start: 0, size: extent, step: 1, drop: false };
}

function selectedShape(selections: readonly Selection[]): Shape {
  return selections.flatMap(({ size, drop }) => (drop ? [] : [size]));
}

const STATEMENTS: ReadonlySet<Item['kind']> = new Set([
  'let',
  'unpack',
  'var',
  'assign',
  'for',
  'if',
] satisfies Stmt['kind'][]);

function isStmt(item: Item): item is Stmt {
  return STATEMENTS.has(item.kind);
}
