import type { IToken } from 'chevrotain';
import { defined } from '../lookup.ts';
import type * as ast from './ast.ts';
import { CircuitError, type Source } from './diagnostic.ts';
import {
  concat,
  type Doc,
  FILL_LINE,
  group,
  hardline,
  indent,
  LINE,
  printDoc,
  SOFTLINE,
  SPACE,
} from './layout-document.ts';
import { parse } from './parse.ts';
import { EqualsToken, tokenize } from './tokens.ts';
import { attachComments, type Trivia } from './trivia.ts';

const LINE_WIDTH = 100;

/**
 * Returns the text of a file in the canonical layout that `shoal fmt` prints. The tree and the
 * comments stay the same. Throws a CircuitError if the file has syntax errors.
 */
export function format(source: Source): string {
  const { program, diagnostics } = parse(source);
  if (diagnostics.length > 0) throw new CircuitError(source, diagnostics);
  const { tokens, comments } = tokenize(source.text);
  const layout = new Layout(tokens, attachComments(source.text, tokens, comments));
  return printDoc(layout.program(program), LINE_WIDTH);
}

/** An expression with operators of one precedence. */
type Chain = ast.Logic | ast.Comparison | ast.Sum | ast.Product;

const CHAINS: readonly ast.Expr['kind'][] = ['logic', 'comparison', 'sum', 'product'];

function isChain(expr: ast.Expr): expr is Chain {
  return CHAINS.includes(expr.kind);
}

function operandsOf(chain: Chain): readonly [first: ast.Expr, rest: readonly ast.Expr[]] {
  switch (chain.kind) {
    case 'logic':
      return [chain.first, chain.rest];
    case 'comparison':
      return [chain.left, [chain.right]];
    default:
      return [chain.first, chain.rest.map(({ operand }) => operand)];
  }
}

/**
 * Walks the tree in the order of the text. The tree decides the layout. The tokens are printed one
 * after the other, each with its comments.
 */
class Layout {
  readonly #tokens: readonly IToken[];
  readonly #trivia: readonly Trivia[];
  #next = 0;
  /** Whether the comments above the next token have been printed. */
  #aboveTaken = false;

  constructor(tokens: readonly IToken[], trivia: readonly Trivia[]) {
    this.#tokens = tokens;
    this.#trivia = trivia;
  }

  program({ items }: ast.Program): Doc {
    const body = this.#lines(items.map((item) => () => this.#item(item)));
    return body.length === 0 ? '' : concat([...body, hardline()]);
  }

  /**
   * Lays out statements and the comments above them, each on its own line, with at most one empty
   * line between two of them; then the comments before the token that ends the statements.
   */
  #lines(statements: readonly (() => Doc)[]): readonly Doc[] {
    const lines: Doc[] = [];
    const add = (doc: Doc, blankBefore: boolean) => {
      if (lines.length > 0) lines.push(hardline(blankBefore));
      lines.push(doc);
    };
    for (const statement of [...statements, undefined]) {
      const { above, blankBefore } = defined(this.#trivia[this.#next]);
      for (const { comment, blankBefore } of above) add(comment, blankBefore);
      this.#aboveTaken = true;
      if (statement) add(statement(), blankBefore);
    }
    return lines;
  }

  #item(item: ast.Item): Doc {
    switch (item.kind) {
      case 'include':
        return concat([this.#token(), SPACE, this.#token(), this.#token()]);
      case 'scheme':
        return this.#scheme(item);
      case 'input':
        return this.#input(item);
      case 'fn':
        return this.#fn(item);
      case 'output':
        return item.value
          ? concat([this.#token(), SPACE, this.#definition(item.value)])
          : concat([this.#token(), SPACE, this.#token(), this.#token()]);
      case 'param':
      case 'const':
        return concat([this.#token(), SPACE, this.#definition(item.value)]);
      default:
        return this.#stmt(item);
    }
  }

  #stmt(stmt: ast.Stmt): Doc {
    switch (stmt.kind) {
      case 'let':
      case 'var':
        return concat([this.#token(), SPACE, this.#definition(stmt.value, stmt.within)]);
      case 'unpack': {
        const head = [this.#token(), SPACE, this.#list(stmt.names.map(() => () => this.#token()))];
        return concat([...head, SPACE, this.#value(stmt.value, stmt.within)]);
      }
      case 'assign': {
        const name = this.#token();
        const indices = stmt.indices.length > 0 ? [this.#indices(stmt.indices)] : [];
        return concat([name, ...indices, SPACE, this.#value(stmt.value, stmt.within)]);
      }
      case 'for':
        return this.#for(stmt);
      case 'if':
        return this.#if(stmt);
    }
  }

  /** `name = value within [low, high];` */
  #definition(value: ast.Expr, within?: ast.Range): Doc {
    return concat([this.#token(), SPACE, this.#value(value, within)]);
  }

  /** `= value within [low, high];` */
  #value(value: ast.Expr, within?: ast.Range): Doc {
    const parts = [this.#token(), SPACE, this.#apart(value)];
    if (within) parts.push(SPACE, this.#range(within));
    return concat([...parts, this.#token()]);
  }

  /** `within [low, high]` */
  #range({ low, high }: ast.Range): Doc {
    return concat([this.#token(), SPACE, this.#exprs([low, high])]);
  }

  #scheme({ options }: ast.Scheme): Doc {
    const head = [this.#token(), SPACE, this.#token()];
    const option = () => concat([this.#token(), SPACE, this.#token(), SPACE, this.#token()]);
    if (options.length > 0) head.push(this.#list(options.map(() => option)));
    return concat([...head, this.#token()]);
  }

  #input({ shape, within }: ast.Input): Doc {
    const parts = [this.#token(), SPACE, this.#token(), this.#token(), SPACE, this.#token()];
    if (shape.length > 0) parts.push(this.#exprs(shape));
    if (within) parts.push(SPACE, this.#range(within));
    return concat([...parts, this.#token()]);
  }

  #fn(fn: ast.Fn): Doc {
    const head = [this.#token(), SPACE, this.#token()];
    head.push(this.#list(fn.params.map(() => () => this.#token())), SPACE);
    // The tree does not say whether the function has a block; the token `=` does.
    if (defined(this.#tokens[this.#next]).tokenType === EqualsToken) {
      return concat([...head, this.#token(), SPACE, this.#apart(fn.result), this.#token()]);
    }
    const body = fn.body.map((stmt) => () => this.#stmt(stmt));
    return concat([...head, this.#block([...body, () => this.#return(fn.result)])]);
  }

  #return(value: ast.Expr): Doc {
    return concat([this.#token(), SPACE, this.#apart(value), this.#token()]);
  }

  #for({ from, to, body }: ast.For): Doc {
    return concat([
      ...[this.#token(), SPACE, this.#token(), SPACE, this.#token(), SPACE],
      ...[this.#expr(from), this.#token(), this.#expr(to), SPACE],
      this.#stmts(body),
    ]);
  }

  #if({ branches, otherwise }: ast.If): Doc {
    const parts: Doc[] = [];
    for (const { condition, body } of branches) {
      if (parts.length > 0) parts.push(this.#beforeElse(), this.#token(), SPACE);
      parts.push(this.#token(), SPACE, this.#expr(condition), SPACE, this.#stmts(body));
    }
    if (otherwise) parts.push(this.#beforeElse(), this.#token(), SPACE, this.#stmts(otherwise));
    return concat(parts);
  }

  /** What is between a `}` and its `else`: a blank, or the comments there on lines of their own. */
  #beforeElse(): Doc {
    const { after } = defined(this.#trivia[this.#next - 1]);
    const { above } = defined(this.#trivia[this.#next]);
    if (above.length === 0 && !after.some(({ breaks }) => breaks)) return SPACE;
    this.#aboveTaken = true;
    const lines = above.flatMap(({ comment, blankBefore }) => [hardline(blankBefore), comment]);
    return concat([...lines, hardline()]);
  }

  #stmts(stmts: readonly ast.Stmt[]): Doc {
    return this.#block(stmts.map((stmt) => () => this.#stmt(stmt)));
  }

  #block(statements: readonly (() => Doc)[]): Doc {
    const opener = this.#token();
    const lines = this.#lines(statements);
    const closer = this.#token();
    if (lines.length === 0) return concat([opener, closer]);
    return concat([opener, indent(concat([hardline(), ...lines])), hardline(), closer]);
  }

  #expr(expr: ast.Expr): Doc {
    switch (expr.kind) {
      case 'number':
      case 'string':
      case 'name':
        return this.#token();
      case 'call':
        return concat([this.#token(), this.#exprs(expr.args)]);
      case 'vector':
        return this.#vector(expr);
      case 'logic':
      case 'comparison':
      case 'sum':
      case 'product':
        return group(this.#chain(expr, indent));
      case 'not':
        return concat([this.#token(), SPACE, this.#apart(expr.operand)]);
      case 'negate':
        return concat([this.#token(), this.#expr(expr.operand)]);
      case 'power':
        return concat([this.#expr(expr.base), this.#token(), this.#expr(expr.exponent)]);
      case 'index':
        return concat([this.#expr(expr.base), this.#indices(expr.indices)]);
      case 'transpose':
        return concat([this.#expr(expr.base), this.#token()]);
      case 'group':
        return this.#list([() => this.#inBrackets(expr.inner)]);
    }
  }

  /** Lays out an expression; comments above it do not break the lines around it. */
  #apart(expr: ast.Expr): Doc {
    return concat([...this.#above(), this.#expr(expr)]);
  }

  /** Lays out an expression in brackets, which already indent it. */
  #inBrackets(expr: ast.Expr): Doc {
    return isChain(expr) ? this.#chain(expr, (doc) => doc) : this.#expr(expr);
  }

  /** Lays out `a + b - c`, broken before every operator or before none. */
  #chain(chain: Chain, indented: (doc: Doc) => Doc): Doc {
    const [first, rest] = operandsOf(chain);
    const head = this.#expr(first);
    const tail = rest.flatMap((operand) => [
      LINE,
      ...this.#above(),
      this.#token(),
      SPACE,
      this.#apart(operand),
    ]);
    return concat([head, indented(concat(tail))]);
  }

  #exprs(exprs: readonly ast.Expr[]): Doc {
    return this.#list(exprs.map((expr) => () => this.#expr(expr)));
  }

  /** Puts as many numbers on a line as fit; if other elements need breaks, each has its line. */
  #vector({ elements }: ast.Vector): Doc {
    const isNumber = (expr: ast.Expr): boolean =>
      expr.kind === 'number' || (expr.kind === 'negate' && isNumber(expr.operand));
    const between = elements.every(isNumber) ? FILL_LINE : LINE;
    return this.#list(
      elements.map((element) => () => this.#expr(element)),
      between,
    );
  }

  #indices(indices: readonly ast.IndexPart[]): Doc {
    return this.#list(indices.map((part) => () => this.#index(part)));
  }

  #index(part: ast.IndexPart): Doc {
    if (part.kind === 'at') return this.#expr(part.at);
    const from = part.from ? [this.#expr(part.from)] : [];
    const range = this.#token();
    const to = part.to ? [this.#expr(part.to)] : [];
    const step = part.step ? [this.#token(), this.#expr(part.step)] : [];
    return concat([...from, range, ...to, ...step]);
  }

  /** Lays out elements with commas in brackets, on one line or indented on a line each. */
  #list(elements: readonly (() => Doc)[], between: Doc = LINE): Doc {
    const opener = this.#token();
    const inner: Doc[] = [];
    elements.forEach((element, i) => {
      if (i > 0) inner.push(this.#token(), between);
      for (const comment of this.#above()) inner.push(comment);
      inner.push(element());
    });
    for (const comment of this.#above()) inner.push(SOFTLINE, comment);
    const closer = this.#token();
    if (inner.length === 0) return concat([opener, closer]);
    const content = indent(concat([SOFTLINE, ...inner]));
    return group(concat([opener, content, SOFTLINE, closer]));
  }

  /** Takes the next token, with all comments around it that have not been taken yet. */
  #token(): Doc {
    const above = this.#above();
    const { before, after } = defined(this.#trivia[this.#next]);
    const { image } = defined(this.#tokens[this.#next]);
    this.#next++;
    this.#aboveTaken = false;
    const comments = above.length + before.length + after.length;
    return comments === 0 ? image : concat([...above, ...before, image, ...after]);
  }

  /** Takes the comments above the next token. */
  #above(): readonly Doc[] {
    if (this.#aboveTaken) return [];
    this.#aboveTaken = true;
    return defined(this.#trivia[this.#next]).above.map(({ comment }) => comment);
  }
}
