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
        return concat([this.#token(), SPACE, this.#definition(stmt.value)]);
      case 'assign':
        return this.#definition(stmt.value);
      case 'for':
        return this.#for(stmt);
    }
  }

  /** `name = value;` */
  #definition(value: ast.Expr): Doc {
    const name = this.#token();
    return concat([name, SPACE, this.#token(), SPACE, this.#apart(value), this.#token()]);
  }

  #scheme({ options }: ast.Scheme): Doc {
    const head = [this.#token(), SPACE, this.#token()];
    const option = () => concat([this.#token(), SPACE, this.#token(), SPACE, this.#token()]);
    if (options.length > 0) head.push(this.#list(options.map(() => option)));
    return concat([...head, this.#token()]);
  }

  #input({ shape, within }: ast.Input): Doc {
    const parts = [this.#token(), SPACE, this.#token(), this.#token(), SPACE, this.#token()];
    if (shape.length > 0) parts.push(this.#list(shape.map((extent) => () => this.#expr(extent))));
    if (within) {
      const ends = [within.low, within.high].map((end) => () => this.#expr(end));
      parts.push(SPACE, this.#token(), SPACE, this.#list(ends));
    }
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
      this.#block(body.map((stmt) => () => this.#stmt(stmt))),
    ]);
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
      case 'name':
        return this.#token();
      case 'call':
        return concat([this.#token(), this.#exprs(expr.args)]);
      case 'vector':
        return this.#vector(expr);
      case 'sum':
      case 'product':
        return group(this.#chain(expr, indent));
      case 'negate':
        return concat([this.#token(), this.#expr(expr.operand)]);
      case 'power':
        return concat([this.#expr(expr.base), this.#token(), this.#expr(expr.exponent)]);
      case 'index':
        return concat([
          this.#expr(expr.base),
          this.#list(expr.indices.map((part) => () => this.#index(part))),
        ]);
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
    const isChain = expr.kind === 'sum' || expr.kind === 'product';
    return isChain ? this.#chain(expr, (doc) => doc) : this.#expr(expr);
  }

  /** Lays out `a + b - c`, broken before every operator or before none. */
  #chain({ first, rest }: ast.Sum | ast.Product, indented: (doc: Doc) => Doc): Doc {
    const head = this.#expr(first);
    const tail = rest.flatMap(({ operand }) => [
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

  #index(part: ast.IndexPart): Doc {
    if (part.kind === 'at') return this.#expr(part.at);
    const from = part.from ? [this.#expr(part.from)] : [];
    const range = this.#token();
    const to = part.to ? [this.#expr(part.to)] : [];
    return concat([...from, range, ...to]);
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
