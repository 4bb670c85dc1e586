import type { IToken, ParserMethod } from 'chevrotain';
import { defined } from '../lookup.ts';
import type * as ast from './ast.ts';
import type { Span } from './diagnostic.ts';
import { type ParseContext, RecoveringParser } from './recovery.ts';
import * as t from './tokens.ts';

/** The operators of assignments that have one. */
const OPERATOR_OF: ReadonlyMap<string, '+' | '-' | '*'> = new Map([
  ['+=', '+'],
  ['-=', '-'],
  ['*=', '*'],
]);

/**
 * The parser for `grammar/circ.ebnf`, rule by rule; a test compares the two. It is LL(1), except
 * that after an `else` it looks for an `if`.
 */
export class CircuitParser extends RecoveringParser {
  constructor(options: { readonly validate: boolean } = { validate: false }) {
    super(options);
    this.performSelfAnalysis();
  }

  /** Parses tokens whose nesting {@link checkBrackets} has accepted. */
  parse(tokens: readonly IToken[], context: ParseContext): ast.Program {
    return this.recovering(tokens, context, () => this.program());
  }

  readonly program = this.RULE(
    'program',
    (): ast.Program => ({
      items: this.sequence(this.item, []),
    }),
  );

  readonly item: ParserMethod<[], ast.Item> = this.RULE(
    'item',
    (): ast.Item =>
      this.OR([
        { ALT: () => this.SUBRULE(this.include) },
        { ALT: () => this.SUBRULE(this.scheme) },
        { ALT: () => this.SUBRULE(this.param) },
        { ALT: () => this.SUBRULE(this.const) },
        { ALT: () => this.SUBRULE(this.inputItem) },
        { ALT: () => this.SUBRULE(this.fn) },
        { ALT: () => this.SUBRULE(this.stmt) },
        { ALT: () => this.SUBRULE(this.output) },
      ]),
  );

  readonly include = this.RULE('include', (): ast.Include => {
    const start = this.CONSUME(t.IncludeToken).startOffset;
    const path = this.#string();
    this.semicolon(1);
    return { kind: 'include', path, span: this.#spanFrom(start) };
  });

  readonly scheme = this.RULE('scheme', (): ast.Scheme => {
    const start = this.CONSUME(t.SchemeToken).startOffset;
    const name = this.#ident(1);
    const options: { name: ast.Ident; value: ast.NumberLiteral }[] = [];
    this.OPTION(() => {
      this.CONSUME(t.LParenToken);
      this.AT_LEAST_ONE_SEP({
        SEP: t.CommaToken,
        DEF: () => {
          const option = this.#ident(2);
          this.CONSUME(t.EqualsToken);
          const value = this.CONSUME(t.NumberToken);
          options.push({
            name: option,
            value: { kind: 'number', text: value.image, span: t.spanOf(value) },
          });
        },
      });
      this.CONSUME(t.RParenToken);
    });
    this.semicolon(1);
    return { kind: 'scheme', name, options, span: this.#spanFrom(start) };
  });

  readonly param = this.RULE('param', (): ast.Param => {
    const start = this.CONSUME(t.ParamToken).startOffset;
    return { kind: 'param', ...this.#definition(), span: this.#spanFrom(start) };
  });

  readonly const = this.RULE('const', (): ast.Const => {
    const start = this.CONSUME(t.ConstToken).startOffset;
    return { kind: 'const', ...this.#definition(), span: this.#spanFrom(start) };
  });

  // Not called `input`, because chevrotain's parser has a property of that name.
  readonly inputItem = this.RULE('inputItem', (): ast.Input => {
    const start = this.CONSUME(t.InputToken).startOffset;
    const name = this.#ident(1);
    this.CONSUME(t.ColonToken);
    const secrecy = this.OR({
      DEF: [{ ALT: () => this.CONSUME(t.CipherToken) }, { ALT: () => this.CONSUME(t.PlainToken) }],
      ERR_MSG: '`cipher` or `plain`',
    }).image as ast.Input['secrecy'];
    const shape = this.OPTION(() => this.SUBRULE(this.shape)) ?? [];
    const within = this.OPTION2(() => this.SUBRULE(this.range));
    this.semicolon(1);
    const span = this.#spanFrom(start);
    return { kind: 'input', name, secrecy, shape, ...(within ? { within } : {}), span };
  });

  readonly shape = this.RULE('shape', (): readonly ast.Expr[] => {
    const extents: ast.Expr[] = [];
    this.CONSUME(t.LSquareToken);
    this.AT_LEAST_ONE_SEP({ SEP: t.CommaToken, DEF: () => extents.push(this.SUBRULE(this.expr)) });
    this.CONSUME(t.RSquareToken);
    return extents;
  });

  readonly range = this.RULE('range', (): ast.Range => {
    const start = this.CONSUME(t.WithinToken).startOffset;
    this.CONSUME(t.LSquareToken);
    const low = this.SUBRULE(this.expr);
    this.CONSUME(t.CommaToken);
    const high = this.SUBRULE2(this.expr);
    this.CONSUME(t.RSquareToken);
    return { low, high, span: this.#spanFrom(start) };
  });

  readonly fn = this.RULE('fn', (): ast.Fn => {
    const start = this.CONSUME(t.FnToken).startOffset;
    const name = this.#ident(1);
    const params: ast.Ident[] = [];
    this.CONSUME(t.LParenToken);
    this.MANY_SEP({ SEP: t.CommaToken, DEF: () => params.push(this.#ident(2)) });
    this.CONSUME(t.RParenToken);
    let body: readonly ast.Stmt[] = [];
    const result = this.OR({
      DEF: [
        {
          ALT: () => {
            this.CONSUME(t.EqualsToken);
            const value = this.SUBRULE(this.expr);
            this.semicolon(1);
            return value;
          },
        },
        {
          ALT: () => {
            this.openBlock();
            body = this.sequence(this.stmt, [t.RBraceToken, t.ReturnToken]);
            this.CONSUME(t.ReturnToken);
            const value = this.SUBRULE2(this.expr);
            this.semicolon(2);
            this.closeBlock();
            return value;
          },
        },
      ],
      ERR_MSG: '`=` or `{`',
    });
    return { kind: 'fn', name, params, body, result, span: this.#spanFrom(start) };
  });

  readonly stmt: ParserMethod<[], ast.Stmt> = this.RULE(
    'stmt',
    (): ast.Stmt =>
      this.OR([
        { ALT: () => this.SUBRULE(this.let) },
        { ALT: () => this.SUBRULE(this.var) },
        { ALT: () => this.SUBRULE(this.assign) },
        { ALT: () => this.SUBRULE(this.for) },
        { ALT: () => this.SUBRULE(this.if) },
      ]),
  );

  readonly let = this.RULE('let', (): ast.Let | ast.Unpack => {
    const start = this.CONSUME(t.LetToken).startOffset;
    let names: ast.Ident[] | undefined;
    const name = this.OR({
      DEF: [
        { ALT: () => this.#ident(1) },
        {
          ALT: () => {
            const parts: ast.Ident[] = [];
            this.CONSUME(t.LSquareToken);
            this.AT_LEAST_ONE_SEP({
              SEP: t.CommaToken,
              DEF: () => parts.push(this.#ident(2)),
              ERR_MSG: 'name',
            });
            this.CONSUME(t.RSquareToken);
            names = parts;
          },
        },
      ],
      ERR_MSG: 'name',
    });
    this.CONSUME(t.EqualsToken);
    const value = this.#value();
    const span = this.#spanFrom(start);
    return name
      ? { kind: 'let', name, ...value, span }
      : { kind: 'unpack', names: defined(names), ...value, span };
  });

  readonly var = this.RULE('var', (): ast.Var => {
    const start = this.CONSUME(t.VarToken).startOffset;
    const name = this.#ident(1);
    this.CONSUME(t.EqualsToken);
    return { kind: 'var', name, ...this.#value(), span: this.#spanFrom(start) };
  });

  readonly assign = this.RULE('assign', (): ast.Assign => {
    const name = this.#ident(1);
    const indices = this.OPTION(() => this.#indices()) ?? [];
    const sign = this.OR({
      DEF: [
        { ALT: () => this.CONSUME(t.EqualsToken) },
        { ALT: () => this.CONSUME(t.PlusEqualsToken) },
        { ALT: () => this.CONSUME(t.MinusEqualsToken) },
        { ALT: () => this.CONSUME(t.StarEqualsToken) },
      ],
      ERR_MSG: '`=`',
    });
    const op = OPERATOR_OF.get(sign.image);
    const value = this.#value();
    const span = this.#spanFrom(name.span.start);
    return { kind: 'assign', name, indices, ...(op ? { op } : {}), ...value, span };
  });

  readonly for = this.RULE('for', (): ast.For => {
    const start = this.CONSUME(t.ForToken).startOffset;
    const index = this.#ident(1);
    this.CONSUME(t.InToken);
    const from = this.SUBRULE(this.expr);
    this.CONSUME(t.RangeToken);
    const to = this.SUBRULE2(this.expr);
    const body = this.SUBRULE(this.block);
    return { kind: 'for', index, from, to, body, span: this.#spanFrom(start) };
  });

  readonly if = this.RULE('if', (): ast.If => {
    const start = this.CONSUME(t.IfToken).startOffset;
    const condition = this.SUBRULE(this.expr);
    const branches = [{ condition, body: this.SUBRULE(this.block) }];
    this.MANY({
      MAX_LOOKAHEAD: 2,
      DEF: () => {
        this.CONSUME(t.ElseToken);
        this.CONSUME2(t.IfToken);
        const condition = this.SUBRULE2(this.expr);
        branches.push({ condition, body: this.SUBRULE2(this.block) });
      },
    });
    const otherwise = this.OPTION(() => {
      this.CONSUME2(t.ElseToken);
      return this.SUBRULE3(this.block);
    });
    const span = this.#spanFrom(start);
    return { kind: 'if', branches, ...(otherwise ? { otherwise } : {}), span };
  });

  readonly block = this.RULE('block', (): readonly ast.Stmt[] => {
    this.openBlock();
    const body = this.sequence(this.stmt, [t.RBraceToken]);
    this.closeBlock();
    return body;
  });

  readonly output = this.RULE('output', (): ast.Output => {
    const start = this.CONSUME(t.OutputToken).startOffset;
    const name = this.#ident(1);
    const value = this.OPTION(() => {
      this.CONSUME(t.EqualsToken);
      return this.SUBRULE(this.expr);
    });
    this.semicolon(1);
    return { kind: 'output', name, ...(value ? { value } : {}), span: this.#spanFrom(start) };
  });

  readonly expr: ParserMethod<[], ast.Expr> = this.RULE('expr', (): ast.Expr => {
    const start = this.LA(1).startOffset;
    const first = this.SUBRULE(this.condition);
    let conjuncts: ast.Expr[] | undefined;
    this.MANY(() => {
      this.CONSUME(t.AndToken);
      conjuncts ??= [];
      conjuncts.push(this.SUBRULE2(this.condition));
    });
    const conjunction = this.#logic('and', first, conjuncts, start);
    let disjuncts: ast.Expr[] | undefined;
    this.MANY2(() => {
      this.CONSUME(t.OrToken);
      const start = this.LA(1).startOffset;
      const first = this.SUBRULE3(this.condition);
      let conjuncts: ast.Expr[] | undefined;
      this.MANY3(() => {
        this.CONSUME2(t.AndToken);
        conjuncts ??= [];
        conjuncts.push(this.SUBRULE4(this.condition));
      });
      disjuncts ??= [];
      disjuncts.push(this.#logic('and', first, conjuncts, start));
    });
    return this.#logic('or', conjunction, disjuncts, start);
  });

  readonly condition: ParserMethod<[], ast.Expr> = this.RULE('condition', (): ast.Expr => {
    const nots: number[] = [];
    this.MANY(() => nots.push(this.CONSUME(t.NotToken).startOffset));
    const start = this.LA(1).startOffset;
    const left = this.SUBRULE(this.sum);
    const compared = this.OPTION((): Pick<ast.Comparison, 'op' | 'right'> => {
      const op = this.OR([
        { ALT: () => this.CONSUME(t.EqualToken) },
        { ALT: () => this.CONSUME(t.UnequalToken) },
        { ALT: () => this.CONSUME(t.LessToken) },
        { ALT: () => this.CONSUME(t.AtMostToken) },
        { ALT: () => this.CONSUME(t.GreaterToken) },
        { ALT: () => this.CONSUME(t.AtLeastToken) },
      ]).image as ast.Comparison['op'];
      const right = this.SUBRULE2(this.sum);
      this.noteChain();
      return { op, right };
    });
    const operand: ast.Expr = compared
      ? { kind: 'comparison', left, ...compared, span: this.#spanFrom(start) }
      : left;
    return this.#prefixed('not', nots, operand);
  });

  readonly sum: ParserMethod<[], ast.Expr> = this.RULE('sum', (): ast.Expr => {
    const start = this.LA(1).startOffset;
    const first = this.SUBRULE(this.term);
    let rest: { op: '+' | '-'; operand: ast.Expr }[] | undefined;
    this.MANY(() => {
      const op = this.OR([
        { ALT: () => this.CONSUME(t.PlusToken) },
        { ALT: () => this.CONSUME(t.MinusToken) },
      ]).image as '+' | '-';
      rest ??= [];
      rest.push({ op, operand: this.SUBRULE2(this.term) });
    });
    return rest ? { kind: 'sum', first, rest, span: this.#spanFrom(start) } : first;
  });

  readonly term: ParserMethod<[], ast.Expr> = this.RULE('term', (): ast.Expr => {
    const start = this.LA(1).startOffset;
    const first = this.SUBRULE(this.unary);
    let rest: { op: '*' | '/' | '%' | '@'; operand: ast.Expr }[] | undefined;
    this.MANY(() => {
      const op = this.OR([
        { ALT: () => this.CONSUME(t.StarToken) },
        { ALT: () => this.CONSUME(t.SlashToken) },
        { ALT: () => this.CONSUME(t.PercentToken) },
        { ALT: () => this.CONSUME(t.AtToken) },
      ]).image as '*' | '/' | '%' | '@';
      rest ??= [];
      rest.push({ op, operand: this.SUBRULE2(this.unary) });
    });
    return rest ? { kind: 'product', first, rest, span: this.#spanFrom(start) } : first;
  });

  readonly unary: ParserMethod<[], ast.Expr> = this.RULE('unary', (): ast.Expr => {
    const minuses: number[] = [];
    this.MANY(() => minuses.push(this.CONSUME(t.MinusToken).startOffset));
    const start = this.LA(1).startOffset;
    const base = this.SUBRULE(this.postfix);
    const exponent = this.OPTION(() => {
      this.CONSUME(t.CaretToken);
      return this.SUBRULE(this.unary);
    });
    const operand: ast.Expr = exponent
      ? { kind: 'power', base, exponent, span: this.#spanFrom(start) }
      : base;
    return this.#prefixed('negate', minuses, operand);
  });

  readonly postfix: ParserMethod<[], ast.Expr> = this.RULE('postfix', (): ast.Expr => {
    const start = this.LA(1).startOffset;
    let base = this.SUBRULE(this.primary);
    this.MANY(() => {
      base = this.OR([
        {
          ALT: (): ast.Expr => {
            const indices = this.#indices();
            return { kind: 'index', base, indices, span: this.#spanFrom(start) };
          },
        },
        {
          ALT: (): ast.Expr => {
            this.CONSUME(t.TransposeToken);
            return { kind: 'transpose', base, span: this.#spanFrom(start) };
          },
        },
      ]);
    });
    return base;
  });

  readonly index: ParserMethod<[], ast.IndexPart> = this.RULE('index', (): ast.IndexPart => {
    const start = this.LA(1).startOffset;
    return this.OR({
      DEF: [
        {
          ALT: (): ast.IndexPart => {
            const at = this.SUBRULE(this.expr);
            const slice = this.OPTION(() => this.#slice(1));
            const span = this.#spanFrom(start);
            return slice ? { kind: 'slice', from: at, ...slice, span } : { kind: 'at', at, span };
          },
        },
        {
          ALT: (): ast.IndexPart => {
            const slice = this.#slice(2);
            return { kind: 'slice', ...slice, span: this.#spanFrom(start) };
          },
        },
      ],
      ERR_MSG: 'an index',
    });
  });

  readonly primary: ParserMethod<[], ast.Expr> = this.RULE(
    'primary',
    (): ast.Expr =>
      this.OR([
        { ALT: () => this.#number() },
        { ALT: () => this.#string() },
        { ALT: () => this.#nameOrCall() },
        {
          ALT: (): ast.Group => {
            const start = this.CONSUME2(t.LParenToken).startOffset;
            const inner = this.SUBRULE2(this.expr);
            this.CONSUME2(t.RParenToken);
            return { kind: 'group', inner, span: this.#spanFrom(start) };
          },
        },
        {
          ALT: (): ast.Vector => {
            const elements: ast.Expr[] = [];
            const start = this.CONSUME(t.LSquareToken).startOffset;
            this.AT_LEAST_ONE_SEP({
              SEP: t.CommaToken,
              DEF: () => elements.push(this.SUBRULE3(this.expr)),
            });
            this.CONSUME(t.RSquareToken);
            return { kind: 'vector', elements, span: this.#spanFrom(start) };
          },
        },
      ]),
  );

  #number(): ast.NumberLiteral {
    const token = this.CONSUME(t.NumberToken);
    return { kind: 'number', text: token.image, span: t.spanOf(token) };
  }

  #string(): ast.StringLiteral {
    const token = this.CONSUME(t.StringToken);
    return { kind: 'string', text: token.image.slice(1, -1), span: t.spanOf(token) };
  }

  #nameOrCall(): ast.Name | ast.Call {
    const callee = this.#ident(1);
    const args = this.OPTION(() => {
      const found: ast.Expr[] = [];
      this.CONSUME(t.LParenToken);
      this.MANY_SEP({ SEP: t.CommaToken, DEF: () => found.push(this.SUBRULE(this.expr)) });
      this.CONSUME(t.RParenToken);
      return found;
    });
    return args
      ? { kind: 'call', callee, args, span: this.#spanFrom(callee.span.start) }
      : { kind: 'name', ...callee };
  }

  #ident(occurrence: number): ast.Ident {
    const token = this.consume(occurrence, t.IdentToken);
    return { name: token.image, span: t.spanOf(token) };
  }

  /** Parses `name = value ;`. A rule can call this only once. */
  #definition(): { name: ast.Ident; value: ast.Expr } {
    const name = this.#ident(1);
    this.CONSUME(t.EqualsToken);
    const value = this.SUBRULE(this.expr);
    this.semicolon(1);
    return { name, value };
  }

  /** Parses `value ;` or `value within [low, high] ;`. A rule can call this only once. */
  #value(): { value: ast.Expr; within?: ast.Range } {
    const value = this.SUBRULE(this.expr);
    const within = this.OPTION9(() => this.SUBRULE(this.range));
    this.semicolon(1);
    return { value, ...(within ? { within } : {}) };
  }

  /** Parses `[ index, … ]`. A rule can call this only once. */
  #indices(): readonly ast.IndexPart[] {
    const indices: ast.IndexPart[] = [];
    this.CONSUME(t.LSquareToken);
    this.AT_LEAST_ONE_SEP({ SEP: t.CommaToken, DEF: () => indices.push(this.SUBRULE(this.index)) });
    this.CONSUME(t.RSquareToken);
    return indices;
  }

  /** Parses a slice from its first `..` on. A rule can call this only once for each number. */
  #slice(call: 1 | 2): { to?: ast.Expr; step?: ast.Expr } {
    const [first, second] = [2 * call - 1, 2 * call];
    this.consume(first, t.RangeToken);
    const to = this.option(first + 2, () => this.subrule(first + 2, this.expr));
    const step = this.option(second + 2, () => {
      this.consume(second, t.RangeToken);
      return this.subrule(second + 2, this.expr);
    });
    return { ...(to ? { to } : {}), ...(step ? { step } : {}) };
  }

  /** Returns a chain of `and` or `or`; its first operand if there are no others. */
  #logic(
    op: ast.Logic['op'],
    first: ast.Expr,
    rest: readonly ast.Expr[] | undefined,
    start: number,
  ): ast.Expr {
    return rest ? { kind: 'logic', op, first, rest, span: this.#spanFrom(start) } : first;
  }

  /** Puts prefix operators, which start at the offsets, around an operand. */
  #prefixed(kind: 'not' | 'negate', starts: readonly number[], operand: ast.Expr): ast.Expr {
    return starts.reduceRight<ast.Expr>(
      (inner, start) => ({ kind, operand: inner, span: this.#spanFrom(start) }),
      operand,
    );
  }

  #spanFrom(start: number): Span {
    return { start, end: t.endOf(this.LA(0)) };
  }
}
