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
import { type Diagnostic, didYouMean, type Span } from '../syntax/diagnostic.ts';
import type { Constant } from '../tensor/constant.ts';
import * as exact from '../tensor/exact.ts';
import type { TensorOp } from '../tensor/op.ts';
import { MAX_ELEMENTS, type Shape, scalar, showShape, sizeOf } from '../tensor/tensor.ts';
import { BUILTIN_NAMES, type Builtin } from './builtins.ts';
import { callBuiltin } from './calls.ts';
import { Operations, WalkEnded } from './operations.ts';
import { matrixProduct } from './products.ts';
import { type SchemeType, schemeOf } from './scheme.ts';
import { Scope } from './scope.ts';
import { type Algebra, constantValue, type InputType, type Value } from './value.ts';

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

/**
 * A place where a program may be cut in two: behind a statement at the top, or between two iterations of a loop there.
 */
export interface ProgramPoint {
  /** The statement behind which it is, or the loop that it is in. */
  readonly stmt: Stmt;
  /** The iteration of the loop that comes next. */
  readonly next?: number;
}

/** Cuts a program: told of the outputs so far, it says what becomes of the wires that names hold. */
export type Cut<W> = (outputs: ReadonlyMap<string, Value<W>>) => (name: string, wire: W) => W;

/** What a walk is of, and what is made and told on the way. */
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
  /** Asked at every point whether the program is cut there. */
  readonly point?: (point: ProgramPoint) => Cut<W> | undefined;
  /** Takes a loop as a whole; returns what the assigned names hold after it, or undefined to have it walked. */
  readonly loop?: (site: LoopSite<W>) => ReadonlyMap<string, Value<W> | undefined> | undefined;
  /** What becomes of the wires that an outermost loop carries from every so-many-th iteration to the next. */
  readonly carried?: { readonly every: number; readonly wrap: (wire: W) => W };
}

/** What a whole program declares and gives. */
export interface WalkResult<W> {
  readonly scheme: SchemeType;
  readonly inputs: readonly InputType[];
  readonly outputs: ReadonlyMap<string, Value<W>>;
}

/** Expressions inside expressions, through calls; a loop takes as much of the stack as some expressions. */
const MAX_DEPTH = 1_000;
const LOOP_DEPTH = 5;

/**
 * Walks a program in order of execution: expands functions and loops, keeps names, evaluates constants,
 * checks shapes, secrecy and domain, and asks an algebra to make every operation that is left.
 * A refused operation is reported once for its place in the text and yields undefined, about which
 * everything that depends on it stays quiet.
 */
export class Walk<W> {
  readonly #options: WalkOptions<W>;
  readonly #scheme: SchemeType;
  readonly #ops: Operations<W>;
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
  #depth = 0;
  /** Literals read before: a loop meets the same ones again and again. */
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
    const { items } = program;
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
    const { items } = this.#options.program;
    this.#quietly(() => {
      for (const item of items) {
        this.#item(item);
        if (isStmt(item)) this.#cut(this.#options.point?.({ stmt: item }));
      }
    });
    this.#checkDefines();
    return { scheme: this.#scheme, inputs: this.#inputs, outputs: this.#outputs };
  }

  /** Walks one loop of the program, from the site where it was met; returns what its names hold after it. */
  runLoop(site: LoopSite<W>): ReadonlyMap<string, Value<W> | undefined> {
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

  /** An integer that the compiler knows; for indices, bounds, exponents and sizes. */
  #integer(expr: Expr, what: string): number | undefined {
    const value = this.#expr(expr);
    return value && this.#ops.integer(value, what, expr.span);
  }

  /** A constant of an expression that must not depend on inputs. */
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
        return this.#options.lostNames?.has(expr.name)
          ? undefined
          : this.#scope.find(expr.name)?.value;
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
    const known = values.filter((value) => value !== undefined);
    const stacked = known.length > 0 ? this.#ops.stack(known, span) : undefined;
    return known.length === values.length ? stacked : undefined;
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
    if (boxes.includes(undefined)) return undefined;
    const known = boxes as { start: number; size: number; drop: boolean }[];
    if (known.every((box, axis) => !box.drop && box.size === base.shape[axis])) return base;
    const op: TensorOp = {
      kind: 'slice',
      starts: known.map((box) => box.start),
      sizes: known.map((box) => box.size),
      drop: known.map((box) => box.drop),
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
    if (from >= 0 && from < to && to <= extent)
      return { start: from, size: to - from, drop: false };
    return this.#ops.refuse(
      'index-out-of-range',
      `slice ${from}..${to} of an axis of extent ${extent}`,
      part.span,
      from >= to
        ? 'slices are half-open and not empty: 0..n has the indices 0 to n - 1'
        : undefined,
    );
  }

  #call(call: Call): Value<W> | undefined {
    const args = call.args.map((arg) => this.#expr(arg));
    const { name, span } = call.callee;
    const cell = this.#scope.find(name);
    const isLocal = cell !== undefined && cell !== this.#globals.cells.get(name);
    if (isLocal || (this.#visibleFrom.get(name) ?? Number.POSITIVE_INFINITY) <= span.start) {
      const fn = cell ? undefined : this.#functions.get(name);
      return fn && this.#callFunction(fn, args, call);
    }
    if (!BUILTIN_NAMES.has(name) || args.includes(undefined)) return undefined;
    return callBuiltin(this.#ops, name as Builtin, args as Value<W>[], call);
  }

  #callFunction(fn: Fn, args: readonly (Value<W> | undefined)[], call: Call): Value<W> | undefined {
    if (args.length !== fn.params.length || this.#active.has(fn)) return undefined;
    this.#ops.count(call.span);
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
    const result = this.#expr(fn.result);
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
        const tensor = this.#constant(item.value, 'a const');
        this.#scope.declare(item.name.name, tensor && constantValue(tensor));
        break;
      }
      case 'input':
        this.#input(item);
        break;
      case 'output': {
        const value = item.value ? this.#expr(item.value) : this.#scope.find(item.name.name)?.value;
        if (value) this.#output(item.name, value);
        break;
      }
      default:
        this.#stmt(item);
    }
  }

  #output(name: Ident, value: Value<W>): void {
    if (value.kind === 'const') this.#ops.lift(value, name.span);
    if (!this.#outputs.has(name.name)) this.#outputs.set(name.name, value);
  }

  #paramValue(name: Ident, expr: Expr): Value<W> | undefined {
    const given = this.#options.defines.get(name.name);
    if (given) return constantValue(scalar(given));
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
    if (extents.length > 3) this.#ops.rankTooHigh(item.span);
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
      'the lower end comes first',
    );
  }

  #stmt(stmt: Stmt): void {
    switch (stmt.kind) {
      case 'let':
      case 'var':
        this.#scope.declare(stmt.name.name, this.#expr(stmt.value));
        break;
      case 'assign': {
        const value = this.#expr(stmt.value);
        const cell = this.#scope.find(stmt.name.name);
        if (cell) cell.value = value;
        break;
      }
      case 'for': {
        const from = this.#integer(stmt.from, 'a loop bound');
        const to = this.#integer(stmt.to, 'a loop bound');
        if (from !== undefined && to !== undefined && from < to) this.#parts(stmt, from, to);
        break;
      }
    }
  }

  /** A loop at the top in parts, where the program is cut between its iterations; any other as a whole. */
  #parts(stmt: For, from: number, to: number): void {
    const { point } = this.#options;
    const isTop = this.#ops.iterations.length === 0 && !this.#inFunction;
    // Who asks for points has had the program checked: only then is there a bound on iterations.
    if (!point || !isTop) {
      this.#loop(stmt, from, to);
      return;
    }
    let start = from;
    for (let next = from + 1; next < to; next++) {
      const cut = point({ stmt, next });
      if (!cut) continue;
      this.#loop(stmt, start, next);
      this.#cut(cut);
      start = next;
    }
    this.#loop(stmt, start, to);
  }

  #cut(cut: Cut<W> | undefined): void {
    if (!cut) return;
    const replace = cut(this.#outputs);
    for (const [name, cell] of this.#globals.cells)
      if (cell.value?.kind === 'wire')
        cell.value = { ...cell.value, wire: replace(name, cell.value.wire) };
  }

  #loop(stmt: For, from: number, to: number): void {
    const after = this.#options.loop?.({
      stmt,
      from,
      to,
      globals: this.#inFunction ? this.#globals.visible() : this.#scope.visible(),
      locals: this.#inFunction ? this.#scope.visible(this.#globals) : undefined,
      assigned: assignedNames(stmt.body).filter((name) => this.#scope.find(name)),
    });
    if (!after) this.#iterate(stmt, from, to);
    for (const [name, value] of after ?? []) {
      const cell = this.#scope.find(name);
      if (cell) cell.value = value;
    }
  }

  #iterate(stmt: For, from: number, to: number): void {
    const [scope, iterations] = [this.#scope, this.#ops.iterations];
    this.#enter(stmt.span, LOOP_DEPTH);
    const { carried } = this.#options;
    const isOutermost = iterations.length === 0;
    for (let i = from; i < to; i++) {
      this.#ops.count(stmt.span);
      if (carried && isOutermost && i > from && (i - from) % carried.every === 0)
        wrapCarried(stmt, scope, carried.wrap);
      this.#ops.iterations = [...iterations, i];
      this.#scope = new Scope(scope);
      this.#scope.declare(stmt.index.name, constantValue(scalar(exact.fromNumber(i))));
      stmt.body.forEach((inner) => {
        this.#stmt(inner);
      });
    }
    this.#depth -= LOOP_DEPTH;
    this.#scope = scope;
    this.#ops.iterations = iterations;
  }

  #enter(span: Span, depth = 1): void {
    this.#depth += depth;
    if (this.#depth <= MAX_DEPTH) return;
    this.#ops.refuse(
      'too-deep',
      'expressions, loops and calls are nested too deeply',
      span,
      'name parts of it with let',
    );
    throw new WalkEnded();
  }

  #quietly(walk: () => void): void {
    try {
      walk();
    } catch (error) {
      if (!(error instanceof WalkEnded)) throw error;
    }
  }
}

function isStmt(item: Program['items'][number]): item is Stmt {
  return (
    item.kind === 'let' || item.kind === 'var' || item.kind === 'assign' || item.kind === 'for'
  );
}

/** Replaces the wires that a loop carries into its next iteration. */
function wrapCarried<W>(stmt: For, scope: Scope<W>, wrap: (wire: W) => W): void {
  for (const name of assignedNames(stmt.body)) {
    const cell = scope.find(name);
    if (cell?.value?.kind === 'wire') cell.value = { ...cell.value, wire: wrap(cell.value.wire) };
  }
}

/** Names assigned anywhere in a block, in order of first assignment. */
function assignedNames(body: readonly Stmt[]): string[] {
  const names = body.flatMap((stmt) =>
    stmt.kind === 'assign' ? [stmt.name.name] : stmt.kind === 'for' ? assignedNames(stmt.body) : [],
  );
  return [...new Set(names)];
}
