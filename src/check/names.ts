import type { ErrorCode } from '../errors/codes.ts';
import type {
  Call,
  Expr,
  Fn,
  For,
  Ident,
  Include,
  IndexPart,
  Item,
  Range,
  Stmt,
} from '../syntax/ast.ts';
import { declaredNames } from '../syntax/declared-names.ts';
import { didYouMean, type ErrorDiagnostic, type Span } from '../syntax/diagnostic.ts';
import { BUILTINS, type Builtin } from './builtins.ts';
import { FOREIGN_FUNCTIONS } from './foreign-functions.ts';
import { type LinkedFile, type LinkedProgram, SHARED_ITEMS } from './link-files.ts';

type Kind = 'param' | 'const' | 'input' | 'fn' | 'let' | 'var' | 'index' | 'parameter';

/** A declaration that uses of a name refer to. */
export interface Binding {
  readonly name: string;
  /** The number of declarations before it: the index of its value in a list of all values. */
  readonly index: number;
  /** The function that is declared, which calls expand. */
  readonly fn?: Fn;
}

/** The declarations that the names of a program refer to. */
export interface Resolution {
  /** The declaration for every name in the tree, declared or used. Unresolved names are missing. */
  readonly bindings: ReadonlyMap<Ident, Binding>;
  /** Declarations at the top level of the program, in order. */
  readonly globals: readonly Binding[];
  /** The values that each loop carries between iterations: vars from outside that it assigns. */
  readonly carried: ReadonlyMap<For, readonly Binding[]>;
}

/**
 * Limit on the characters of a name. Names in plans may be longer by what stages append to a name.
 */
const LONGEST_IDENTIFIER = 80;

interface Declaration {
  readonly kind: Kind;
  readonly binding: Binding;
  /** The number of parameters of a function. */
  readonly arity?: number;
}

/** The names declared in a block. */
interface Block {
  readonly names: Map<string, Declaration>;
  readonly outer: Block | undefined;
  /** Whether it is the outermost block of a function; names outside of it are global. */
  readonly isFunction: boolean;
}

/** A file whose names have been resolved, or are being resolved. */
interface Scope {
  readonly globals: Block;
  /** Names that statements further down declare. */
  readonly later: ReadonlySet<string>;
  readonly lostNames: ReadonlySet<string>;
}

const DESCRIPTIONS: Record<Kind, string> = {
  param: 'a param',
  const: 'a const',
  input: 'an input',
  fn: 'a function',
  let: 'a let',
  var: 'a var',
  index: 'a loop index',
  parameter: 'a function parameter',
};

/**
 * Resolves every name of a program without evaluating anything, so that functions that are never
 * called and loops that never run are checked, too. Reports unknown and redeclared names,
 * assignments to anything but a var, calls of anything but a function, wrong numbers of arguments,
 * recursion, outputs with the same name, and names that are too long.
 *
 * Names that broken statements would have declared or assigned stay unresolved, and are not
 * reported. Each file has its own global names: those that it declares, and the functions and
 * consts of files that it includes.
 */
export function resolveNames(
  linked: LinkedProgram,
  report: (diagnostic: ErrorDiagnostic) => void,
): Resolution {
  return new NameWalk(linked, report).run();
}

/** The built-in function that reads a file: the only one that takes a string. */
export const LOAD = 'load';

/** Limit on the comparisons of unknown names with known ones: some tenths of a second. */
const MOST_COMPARED = 1_000_000;

class NameWalk {
  readonly #bindings = new Map<Ident, Binding>();
  readonly #carried = new Map<For, readonly Binding[]>();
  /** The loops around the current statement: the declarations before each, and its assignments. */
  readonly #loops: { readonly before: number; readonly assigned: Set<Binding> }[] = [];
  #declared = 0;
  /** Number of names that unknown ones were compared with. */
  #compared = 0;
  readonly #linked: LinkedProgram;
  readonly #report: (diagnostic: ErrorDiagnostic) => void;
  readonly #scopes = new Map<LinkedFile, Scope>();
  readonly #outputs = new Map<string, Span>();
  #scope: Scope;
  #block: Block;
  /** The name of the function whose body is being walked. */
  #enclosing: string | undefined;

  constructor(linked: LinkedProgram, report: (diagnostic: ErrorDiagnostic) => void) {
    this.#linked = linked;
    this.#report = report;
    this.#scope = newScope(linked.main);
    this.#block = this.#scope.globals;
  }

  run(): Resolution {
    const { main } = this.#linked;
    const { globals: names } = this.#scope;
    for (const item of main.program.items) this.#item(item);
    if (this.#outputs.size === 0 && main.isComplete) {
      const { items } = main.program;
      const isLibrary = items.length > 0 && items.every(({ kind }) => SHARED_ITEMS.has(kind));
      this.#error(
        'no-output',
        'the circuit has no output',
        { start: 0, end: 0 },
        isLibrary
          ? 'it has only what other files include: name a result, or include it'
          : 'name a result: output y = …;',
      );
    }
    const globals = [...names.names.values()].map(({ binding }) => binding);
    return { bindings: this.#bindings, globals, carried: this.#carried };
  }

  #item(item: Item): void {
    switch (item.kind) {
      case 'scheme':
        break;
      case 'include':
        this.#include(item);
        break;
      case 'param':
      case 'const':
        this.#expr(item.value);
        this.#declare(item.name, item.kind);
        break;
      case 'input':
        item.shape.forEach((extent) => {
          this.#expr(extent);
        });
        this.#range(item.within);
        this.#declare(item.name, 'input');
        break;
      case 'fn':
        this.#fn(item);
        break;
      case 'output':
        if (item.value) {
          this.#expr(item.value);
          this.#requireShort(item.name);
        } else this.#use(item.name);
        if (this.#outputs.has(item.name.name)) {
          this.#error(
            'duplicate-output',
            `there is already an output '${item.name.name}'`,
            item.name.span,
            'choose another name: output other = …;',
          );
        }
        this.#outputs.set(item.name.name, item.name.span);
        break;
      default:
        this.#stmt(item);
    }
  }

  /** Resolves the names of an included file once, and takes its functions and consts. */
  #include(include: Include): void {
    const file = this.#linked.included.get(include);
    if (!file || file === this.#linked.main) return;
    const known = this.#scopes.get(file);
    const scope = known ?? newScope(file);
    if (!known) {
      this.#scopes.set(file, scope);
      const [outerScope, outerBlock] = [this.#scope, this.#block];
      [this.#scope, this.#block] = [scope, scope.globals];
      for (const item of file.program.items) this.#item(item);
      [this.#scope, this.#block] = [outerScope, outerBlock];
    }
    for (const [name, declaration] of scope.globals.names) {
      if (declaration.kind === 'fn' || declaration.kind === 'const')
        this.#take(name, declaration, include);
    }
  }

  #take(name: string, declaration: Declaration, include: Include): void {
    const { names } = this.#scope.globals;
    const own = names.get(name);
    if (own && own.binding !== declaration.binding) {
      this.#error(
        'redeclared',
        `'${name}' of this file is already ${DESCRIPTIONS[own.kind]} here`,
        include.path.span,
        'rename one of the two',
      );
    } else names.set(name, declaration);
  }

  #range(range: Range | undefined): void {
    if (!range) return;
    this.#expr(range.low);
    this.#expr(range.high);
  }

  #fn(fn: Fn): void {
    this.#declare(fn.name, 'fn', fn);
    this.#enclosing = fn.name.name;
    this.#within(true, () => {
      fn.params.forEach((param) => {
        this.#declare(param, 'parameter');
      });
      fn.body.forEach((stmt) => {
        this.#stmt(stmt);
      });
      this.#expr(fn.result);
    });
    this.#enclosing = undefined;
  }

  #stmt(stmt: Stmt): void {
    switch (stmt.kind) {
      case 'let':
      case 'var':
        this.#expr(stmt.value);
        this.#range(stmt.within);
        this.#declare(stmt.name, stmt.kind);
        break;
      case 'unpack':
        this.#expr(stmt.value);
        this.#range(stmt.within);
        for (const name of stmt.names) this.#declare(name, 'let');
        break;
      case 'assign':
        this.#indices(stmt.indices);
        this.#expr(stmt.value);
        this.#range(stmt.within);
        this.#assign(stmt.name);
        break;
      case 'for':
        this.#expr(stmt.from);
        this.#expr(stmt.to);
        this.#for(stmt);
        break;
      case 'if':
        for (const { condition, body } of stmt.branches) {
          this.#expr(condition);
          this.#body(body);
        }
        if (stmt.otherwise) this.#body(stmt.otherwise);
        break;
    }
  }

  #body(body: readonly Stmt[]): void {
    this.#within(false, () => {
      for (const stmt of body) this.#stmt(stmt);
    });
  }

  #for(stmt: For): void {
    const before = this.#declared;
    const assigned = new Set<Binding>();
    this.#loops.push({ before, assigned });
    this.#within(false, () => {
      this.#declare(stmt.index, 'index');
      stmt.body.forEach((inner) => {
        this.#stmt(inner);
      });
    });
    this.#loops.pop();
    this.#carried.set(stmt, [...assigned]);
  }

  #within(isFunction: boolean, walk: () => void): void {
    const outer = this.#block;
    this.#block = { names: new Map(), outer, isFunction };
    walk();
    this.#block = outer;
  }

  #declare(name: Ident, kind: Kind, fn?: Fn): void {
    this.#requireShort(name);
    const visible = this.#find(name.name);
    const binding = { name: name.name, index: this.#declared++, ...(fn ? { fn } : {}) };
    this.#bindings.set(name, binding);
    const own = { kind, binding, ...(fn ? { arity: fn.params.length } : {}) };
    if (!visible || visible.beyondFunction) {
      this.#block.names.set(name.name, own);
      return;
    }
    // Later errors about the name describe its first declaration; its value is the last one's.
    this.#block.names.set(name.name, { ...visible.declaration, binding });
    this.#error(
      'redeclared',
      `'${name.name}' is already ${DESCRIPTIONS[visible.declaration.kind]} here`,
      name.span,
      visible.declaration.kind === 'var'
        ? `to change it, assign: ${name.name} = …; or choose another name`
        : 'choose another name',
    );
  }

  #requireShort({ name, span }: Ident): void {
    if (name.length <= LONGEST_IDENTIFIER) return;
    const shown = `${name.slice(0, 20)}…`;
    this.#error(
      'name-too-long',
      `'${shown}' has ${name.length} characters; a name has at most ${LONGEST_IDENTIFIER}`,
      span,
      'choose a shorter name',
    );
  }

  #find(name: string): { declaration: Declaration; beyondFunction: boolean } | undefined {
    let beyondFunction = false;
    for (let block: Block | undefined = this.#block; block; block = block.outer) {
      const declaration = block.names.get(name);
      if (declaration) return { declaration, beyondFunction };
      beyondFunction ||= block.isFunction;
    }
    return undefined;
  }

  #use(name: Ident): void {
    const found = this.#find(name.name);
    if (found && !this.#scope.lostNames.has(name.name))
      this.#bindings.set(name, found.declaration.binding);
    const isFunction = found ? found.declaration.kind === 'fn' : isBuiltin(name.name);
    if (isFunction) {
      this.#error(
        'function-as-value',
        `'${name.name}' is a function, not a value`,
        name.span,
        `call it: ${name.name}(…)`,
      );
    } else if (!found) this.#unknown(name, 'name');
  }

  #unknown(name: Ident, what: 'name' | 'function'): void {
    if (this.#scope.lostNames.has(name.name)) return;
    const near = this.#nearest(name.name);
    const foreign = what === 'function' ? FOREIGN_FUNCTIONS.get(name.name) : undefined;
    const help = this.#scope.later.has(name.name)
      ? 'it is declared further down; names are visible from their declaration on'
      : (foreign ?? (near && `did you mean '${near}'?`));
    this.#error(`unknown-${what}`, `unknown ${what} '${name.name}'`, name.span, help);
  }

  /** Returns a similar visible name. Looks for none after very many comparisons. */
  #nearest(name: string): string | undefined {
    if (this.#compared > MOST_COMPARED) return undefined;
    const visible = [...this.#visible()];
    this.#compared += visible.length;
    return didYouMean(name, visible);
  }

  *#visible(): Iterable<string> {
    for (let block: Block | undefined = this.#block; block; block = block.outer)
      yield* block.names.keys();
    yield* BUILTINS.keys();
    yield LOAD;
  }

  #assign(name: Ident): void {
    const found = this.#find(name.name);
    if (found) {
      const { binding } = found.declaration;
      this.#bindings.set(name, binding);
      for (const { before, assigned } of this.#loops)
        if (binding.index < before) assigned.add(binding);
    }
    if (!found) this.#unknown(name, 'name');
    else if (found.declaration.kind !== 'var') {
      this.#error(
        'not-assignable',
        `'${name.name}' is ${DESCRIPTIONS[found.declaration.kind]} and cannot be assigned`,
        name.span,
        `to assign it, declare it with var: var ${name.name} = …;`,
      );
    } else if (found.beyondFunction) {
      this.#error(
        'global-assigned',
        `a function cannot assign the global '${name.name}'`,
        name.span,
        'return the new value and assign it where the function is called',
      );
    }
  }

  #call({ callee, args }: Call): void {
    const found = this.#find(callee.name);
    const isLoad = !found && callee.name === LOAD;
    // Only `load` takes a string, and so may a function that does not exist.
    const isUnknown = !found && !BUILTINS.has(callee.name);
    for (const arg of args) if (!isUnknown || arg.kind !== 'string') this.#expr(arg);
    if (!found) {
      const builtin = BUILTINS.get(callee.name);
      if (isLoad) this.#load(callee, args);
      else if (builtin) this.#builtinCall(callee, builtin, args.length);
      else this.#unknown(callee, 'function');
      return;
    }
    const { kind, arity, binding } = found.declaration;
    this.#bindings.set(callee, binding);
    if (kind !== 'fn') {
      this.#error(
        'not-a-function',
        `'${callee.name}' is ${DESCRIPTIONS[kind]}, not a function`,
        callee.span,
        `to multiply, write ${callee.name} * (…); to pick an element, ${callee.name}[…]`,
      );
    } else if (arity !== undefined && arity !== args.length) {
      this.#error(
        'wrong-arguments',
        `'${callee.name}' takes ${countArguments(arity, arity)}, not ${args.length}`,
        callee.span,
      );
    } else if (callee.name === this.#enclosing) {
      this.#error(
        'recursion',
        `'${callee.name}' calls itself`,
        callee.span,
        'a circuit has no recursion; write a for loop with constant bounds',
      );
    }
  }

  #load(callee: Ident, args: readonly Expr[]): void {
    const [path, ...others] = args;
    if (path?.kind === 'string' && others.length === 0) return;
    this.#error(
      'wrong-arguments',
      `'${LOAD}' takes the path of a file in quotes`,
      callee.span,
      `write ${LOAD}("w.npy")`,
    );
  }

  #builtinCall(callee: Ident, { arity: [min, max], usage }: Builtin, count: number): void {
    if (count >= min && count <= max) return;
    this.#error(
      'wrong-arguments',
      `'${callee.name}' takes ${countArguments(min, max)}, not ${count}`,
      callee.span,
      `write ${usage}`,
    );
  }

  #expr(root: Expr): void {
    switch (root.kind) {
      case 'number':
        return;
      case 'name':
        this.#use(root);
        return;
      case 'string':
        this.#error(
          'string-literal',
          'a string is only the path of a file',
          root.span,
          'write include "file.circ"; or load("file.npy")',
        );
        return;
      case 'call':
        this.#call(root);
        return;
      case 'vector':
        root.elements.forEach((element) => {
          this.#expr(element);
        });
        return;
      case 'logic':
        this.#expr(root.first);
        for (const operand of root.rest) this.#expr(operand);
        return;
      case 'comparison':
        this.#expr(root.left);
        this.#expr(root.right);
        return;
      case 'sum':
      case 'product':
        this.#expr(root.first);
        root.rest.forEach(({ operand }) => {
          this.#expr(operand);
        });
        return;
      case 'not':
      case 'negate':
        this.#expr(root.operand);
        return;
      case 'power':
        this.#expr(root.base);
        this.#expr(root.exponent);
        return;
      case 'index':
        this.#expr(root.base);
        this.#indices(root.indices);
        return;
      case 'transpose':
        this.#expr(root.base);
        return;
      case 'group':
        this.#expr(root.inner);
        return;
    }
  }

  #indices(indices: readonly IndexPart[]): void {
    for (const part of indices) {
      const bounds = part.kind === 'at' ? [part.at] : [part.from, part.to, part.step];
      for (const bound of bounds) if (bound) this.#expr(bound);
    }
  }

  #error(code: ErrorCode, message: string, span: Span, help?: string): void {
    this.#report({ severity: 'error', code, message, span, ...(help ? { help } : {}) });
  }
}

function newScope({ program, lostNames }: LinkedFile): Scope {
  const later = program.items.flatMap(declaredNames).map(({ name }) => name);
  const globals: Block = { names: new Map(), outer: undefined, isFunction: false };
  return { globals, later: new Set(later), lostNames };
}

function isBuiltin(name: string): boolean {
  return BUILTINS.has(name) || name === LOAD;
}

/** Returns `1 argument`, `1 to 3 arguments` or `at least 1 argument`. */
function countArguments(min: number, max: number): string {
  if (max === Number.POSITIVE_INFINITY) return `at least ${min} argument${plural(min)}`;
  return `${min === max ? min : `${min} to ${max}`} argument${plural(max)}`;
}

function plural(n: number): string {
  return n === 1 ? '' : 's';
}
