import type { Span } from './diagnostic.ts';

/**
 * The syntax tree of a `.circ` file. The parser keeps everything that affects the meaning, and each
 * node's span gives its location in the text. Chains of operators of the same precedence are flat.
 * So the tree is only as deep as the text's nesting, which the parser limits.
 */
export interface Program {
  readonly items: readonly Item[];
}

/** A statement or declaration at the top level of a file. */
export type Item = Include | Scheme | Param | Const | Input | Fn | Stmt | Output;

/** `include "path";` */
export interface Include {
  readonly kind: 'include';
  readonly path: StringLiteral;
  readonly span: Span;
}

/** A name and its location. */
export interface Ident {
  readonly name: string;
  readonly span: Span;
}

/** `scheme name(option = number, …);` */
export interface Scheme {
  readonly kind: 'scheme';
  readonly name: Ident;
  readonly options: readonly { readonly name: Ident; readonly value: NumberLiteral }[];
  readonly span: Span;
}

/** `param name = value;` */
export interface Param {
  readonly kind: 'param';
  readonly name: Ident;
  readonly value: Expr;
  readonly span: Span;
}

/** `const name = value;` */
export interface Const {
  readonly kind: 'const';
  readonly name: Ident;
  readonly value: Expr;
  readonly span: Span;
}

/** `input name: secrecy[shape] within [low, high];` */
export interface Input {
  readonly kind: 'input';
  readonly name: Ident;
  readonly secrecy: 'cipher' | 'plain';
  /** Extents, outermost first; empty for a scalar. */
  readonly shape: readonly Expr[];
  readonly within?: Range;
  readonly span: Span;
}

/** `within [low, high]` */
export interface Range {
  readonly low: Expr;
  readonly high: Expr;
  /** From the word `within` to the closing bracket. */
  readonly span: Span;
}

/** `fn name(params) = result;` or with a block that ends in `return result;` */
export interface Fn {
  readonly kind: 'fn';
  readonly name: Ident;
  readonly params: readonly Ident[];
  /** Empty for a function written as `= result`. */
  readonly body: readonly Stmt[];
  readonly result: Expr;
  readonly span: Span;
}

/** A statement: a block is a list of them. */
export type Stmt = Let | Unpack | Var | Assign | For | If;

/** `let name = value within [low, high];` */
export interface Let {
  readonly kind: 'let';
  readonly name: Ident;
  readonly value: Expr;
  readonly within?: Range;
  readonly span: Span;
}

/** `let [a, b] = value within [low, high];` names the parts of a value along its first axis. */
export interface Unpack {
  readonly kind: 'unpack';
  readonly names: readonly Ident[];
  readonly value: Expr;
  readonly within?: Range;
  readonly span: Span;
}

/** `var name = value within [low, high];` */
export interface Var {
  readonly kind: 'var';
  readonly name: Ident;
  readonly value: Expr;
  readonly within?: Range;
  readonly span: Span;
}

/** `name[i, a..b] op= value within [low, high];` */
export interface Assign {
  readonly kind: 'assign';
  readonly name: Ident;
  /** The part that is assigned; empty for the whole variable. */
  readonly indices: readonly IndexPart[];
  /** The operator of `+=`, `-=` or `*=`. */
  readonly op?: '+' | '-' | '*';
  readonly value: Expr;
  readonly within?: Range;
  readonly span: Span;
}

/** `if condition { body } else if … { … } else { otherwise }` */
export interface If {
  readonly kind: 'if';
  /** The conditions in order, each with the block that runs if it is the first that holds. */
  readonly branches: readonly { readonly condition: Expr; readonly body: readonly Stmt[] }[];
  /** The block after `else`, if there is one. */
  readonly otherwise?: readonly Stmt[];
  readonly span: Span;
}

/** `for index in from..to { body }` */
export interface For {
  readonly kind: 'for';
  readonly index: Ident;
  readonly from: Expr;
  readonly to: Expr;
  readonly body: readonly Stmt[];
  readonly span: Span;
}

/** `output name;` or `output name = value;` */
export interface Output {
  readonly kind: 'output';
  readonly name: Ident;
  readonly value?: Expr;
  readonly span: Span;
}

/** An expression. */
export type Expr =
  | NumberLiteral
  | StringLiteral
  | Name
  | Call
  | Vector
  | Logic
  | Not
  | Comparison
  | Sum
  | Product
  | Negate
  | Power
  | Index
  | Transpose
  | Group;

/** A number, written out in the text. */
export interface NumberLiteral {
  readonly kind: 'number';
  /** The digits as written, because a decimal is an exact rational number. */
  readonly text: string;
  readonly span: Span;
}

/** Text in quotes: the path of a file. It is only an argument of `load`. */
export interface StringLiteral {
  readonly kind: 'string';
  /** The characters between the quotes. */
  readonly text: string;
  readonly span: Span;
}

/** A use of the value that a name has. */
export interface Name {
  readonly kind: 'name';
  readonly name: string;
  readonly span: Span;
}

/** `callee(args)` */
export interface Call {
  readonly kind: 'call';
  readonly callee: Ident;
  readonly args: readonly Expr[];
  readonly span: Span;
}

/** `[a, b, …]`: stacks values of equal shapes along a new first axis. */
export interface Vector {
  readonly kind: 'vector';
  readonly elements: readonly Expr[];
  readonly span: Span;
}

/** `first and a and b …` or `first or a or b …`; `rest` is never empty. */
export interface Logic {
  readonly kind: 'logic';
  readonly op: 'and' | 'or';
  readonly first: Expr;
  readonly rest: readonly Expr[];
  readonly span: Span;
}

/** `not operand` */
export interface Not {
  readonly kind: 'not';
  readonly operand: Expr;
  readonly span: Span;
}

/** `left op right` */
export interface Comparison {
  readonly kind: 'comparison';
  readonly op: '==' | '!=' | '<' | '<=' | '>' | '>=';
  readonly left: Expr;
  readonly right: Expr;
  readonly span: Span;
}

/** `first ± a ± b …`, evaluated from left to right; `rest` is never empty. */
export interface Sum {
  readonly kind: 'sum';
  readonly first: Expr;
  readonly rest: readonly { readonly op: '+' | '-'; readonly operand: Expr }[];
  readonly span: Span;
}

/** `first * a / b % c @ d …`, evaluated from left to right; `rest` is never empty. */
export interface Product {
  readonly kind: 'product';
  readonly first: Expr;
  readonly rest: readonly { readonly op: '*' | '/' | '%' | '@'; readonly operand: Expr }[];
  readonly span: Span;
}

/** `-operand` */
export interface Negate {
  readonly kind: 'negate';
  readonly operand: Expr;
  readonly span: Span;
}

/** `base^exponent` */
export interface Power {
  readonly kind: 'power';
  readonly base: Expr;
  readonly exponent: Expr;
  readonly span: Span;
}

/** `base[i, a..b, a..b..s, …]` */
export interface Index {
  readonly kind: 'index';
  readonly base: Expr;
  readonly indices: readonly IndexPart[];
  readonly span: Span;
}

/** One index, or every `step`-th index of a slice that includes `from` and excludes `to`. */
export type IndexPart =
  | { readonly kind: 'at'; readonly at: Expr; readonly span: Span }
  | {
      readonly kind: 'slice';
      readonly from?: Expr;
      readonly to?: Expr;
      readonly step?: Expr;
      readonly span: Span;
    };

/** `base.T` */
export interface Transpose {
  readonly kind: 'transpose';
  readonly base: Expr;
  readonly span: Span;
}

/** `( inner )`. The tree has it so that the formatter keeps brackets and spans include them. */
export interface Group {
  readonly kind: 'group';
  readonly inner: Expr;
  readonly span: Span;
}
