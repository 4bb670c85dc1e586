import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { defined } from '../../src/lookup.ts';
import { codes, errors, parseText, showProgram } from './support.ts';

/** Texts and all their errors: `line:column code «marked text» message | help`. */
const cases: readonly (readonly [text: string, expected: readonly string[]])[] = [
  [
    ' { "format": "shoal-plan" }',
    [
      '1:2 not-a-circuit «{» this is JSON, not a circuit | shoal eval takes plans; give data with --inputs',
    ],
  ],
  [
    'let y = a && b || !c;',
    [
      '1:11 logic-not-polynomial «&&» there is no `&&` | for constants write `and`, `or`, `not`; for encrypted 0 and 1 write `a*b` for and, `a + b - a*b` for or, `1 - a` for not',
    ],
  ],
  [
    'let y = c ? a : b;',
    [
      '1:11 branch-not-polynomial «?» there is no `? :` | assign a `var` in `if c { … } else { … }`, which needs a constant c; otherwise select with `c*a + (1 - c)*b` where c is 0 or 1',
    ],
  ],
  [
    'while x { }',
    [
      '1:1 unbounded-loop «while» the number of iterations must be known when the circuit is compiled | write `for t in 0..n { … }`',
    ],
  ],
  [
    'fn f(x) => x;',
    ['1:9 arrow «=>» the language has no arrows | write a function as `fn f(x) = …;`'],
  ],
  ['let y = x ** 2;', ['1:11 power-operator «**» a power is written with `^` | write `^`']],
  ['let y := 3;', ['1:7 assignment-operator «:=» an assignment is written with `=` | write `=`']],
  [
    'for t in 0..=3 { }',
    [
      '1:11 range-operator «..=» a range is written with `..`, and excludes its end | write `a..b` for a to b - 1',
    ],
  ],
  ['let y = $x;', ['1:9 stray-character «$» stray `$` | remove it']],
  ["let y = x';", ["1:10 stray-character «'» stray `'` | a transpose is written `x.T`"]],
  [
    'let y = a \u0000\u0000 + b;',
    ['1:11 stray-character «\u0000\u0000» NUL characters | save the file as UTF-8 text'],
  ],
  ['# note\nlet y = 3;', ['1:1 hash-comment «# note» a comment starts with `//` | write `//`']],
  [
    'let y = 3; /* open',
    ['1:12 unterminated-comment «/*» this comment never ends | end it with `*/`'],
  ],
  [
    'let y = 1.;',
    ['1:9 malformed-number «1.» a decimal point needs digits on both sides | write `1.0`'],
  ],
  [
    'let y = .5;',
    ['1:9 malformed-number «.5» a decimal point needs digits on both sides | write `0.5`'],
  ],
  [
    'let y = 2x;',
    ['1:9 malformed-number «2x» a number cannot end in letters | to multiply, write `2*x`'],
  ],
  ['let y = 1e;', ['1:9 malformed-number «1e» malformed exponent | write it as in `1e-3`']],
  [
    'let y = 1_000;',
    ['1:9 malformed-number «1_000» a number has no `_` between digits | write `1000`'],
  ],
  ['let y = 0x1F;', ['1:9 malformed-number «0x1F» numbers are decimal | write it in decimal']],
  [
    'let y = 1.2.3;',
    ['1:9 malformed-number «1.2.3» a number has one decimal point | write it as in `0.25`'],
  ],
  [
    'let y = 1.e5;',
    ['1:9 malformed-number «1.e5» a decimal point needs digits on both sides | write `1.0e5`'],
  ],
  [
    'let y = x.t;',
    ['1:10 unknown-property «.t» there is no `.t` | the only property is the transpose, `.T`'],
  ],
  [
    'let y = x .T.shape;',
    [
      '1:13 unknown-property «.shape» there is no `.shape` | the only property is the transpose, `.T`',
    ],
  ],
  ['let y = a – b;', ['1:11 lookalike-character «–» `–` (U+2013) is not `-` | write `-`']],
  [
    'let y = x² · 3;',
    [
      '1:10 lookalike-character «²» `²` (U+00B2) is not a power | write `^2`',
      '1:12 lookalike-character «·» `·` (U+00B7) is not `*` | write `*`',
    ],
  ],
  [
    'let y = 3;',
    ['1:4 lookalike-character « » U+00A0 is not a blank here | write an ordinary space'],
  ],
  [
    'let naïve = 3;',
    [
      '1:5 non-ascii-name «naïve» a name consists of ASCII letters, digits and `_` | spell the name out, as in `alpha`',
    ],
  ],
  [
    'let α = 3;',
    [
      '1:5 non-ascii-name «α» a name consists of ASCII letters, digits and `_` | spell the name out, as in `alpha`',
    ],
  ],
  ['let y = a ≤ b;', ['1:11 lookalike-character «≤» `≤` (U+2264) is not `<=` | write `<=`']],
  ['let y = �3;', ['1:9 invalid-utf8 «�» bytes that are not UTF-8 | save the file as UTF-8']],
  ['let y = 3€;', ['1:10 stray-character «€» stray `€` (U+20AC) | remove it']],
  [
    'let y = x);',
    [
      '1:10 unmatched-bracket «)» nothing opens this `)` | remove it, or add the bracket that it closes',
    ],
  ],
  ['let y = (x;', ['1:9 unclosed-bracket «(» this `(` is never closed | add the missing `)`']],
  [
    'let y = [1, (2];',
    ['1:13 unclosed-bracket «(» this `(` is never closed | add the missing `)`'],
  ],
  [
    'for t in 0..3 {\n  let a = t;\noutput a;',
    ['1:15 unclosed-bracket «{» this `{` is never closed | add the missing `}`'],
  ],
  [
    'let y = 3',
    ['1:10 missing-semicolon «» missing `;` at the end of the statement | write `;` here'],
  ],
  [
    'let y = 3\nlet z = 4;',
    ['1:10 missing-semicolon «» missing `;` at the end of the statement | write `;` here'],
  ],
  [
    'let y 3;',
    [
      '1:7 unexpected-token «3» expected `=`, found `3` | write `let x = …;`: the value decides the type',
    ],
  ],
  [
    'let y: cipher = 3;',
    [
      '1:6 unexpected-token «:» expected `=`, found `:` | write `let x = …;`: the value decides the type',
    ],
  ],
  [
    'let y = a b;',
    ['1:11 unexpected-token «b» expected an operator or `;`, found `b` | to multiply, write `*`'],
  ],
  [
    'let y = 2 (3);',
    ['1:11 unexpected-token «(» expected an operator or `;`, found `(` | to multiply, write `*`'],
  ],
  ['let y =', ['1:8 unexpected-end «» the file ends where an expression is expected']],
  [
    'for t in 0..3',
    [
      '1:14 unexpected-end «» the file ends where `{` is expected | the body of a loop is in `{ … }`',
    ],
  ],
  ['let y = ;', ['1:9 expected-expression «;» expected an expression, found `;`']],
  ['let y = *3;', ['1:9 expected-expression «*» expected an expression, found `*`']],
  [
    'let y = a[];',
    [
      '1:11 expected-expression «]» expected an expression, found `]` | brackets contain at least one expression; a scalar has no brackets: `input x: cipher;`',
    ],
  ],
  [
    'input x: cipher[];',
    [
      '1:17 expected-expression «]» expected an expression, found `]` | brackets contain at least one expression; a scalar has no brackets: `input x: cipher;`',
    ],
  ],
  [
    'let y = in + 3;',
    ['1:9 reserved-word «in» `in` is a keyword | choose another name, such as `in_`'],
  ],
  [
    'x;',
    [
      '1:1 expression-statement «x» an expression alone does nothing | name its value with `let x = …;` or `output y = …;`',
    ],
  ],
  [
    '3 + 4;',
    [
      '1:1 expected-statement «3» expected a statement, found `3` | a statement starts with a word such as `let`, `input` or `output`, or with `name =`',
    ],
  ],
  [';', ['1:1 empty-statement «;» nothing before this `;` | remove it']],
  ['for t in 0..3 { };', ['1:18 empty-statement «;» nothing before this `;` | remove it']],
  [
    'for t in 0..3 { output x; }',
    ['1:17 misplaced-item «output» `output` inside a block | move it out of the block'],
  ],
  [
    'fn f(x) { param k = 3; return x; }',
    ['1:11 misplaced-item «param» `param` inside a block | move it out of the block'],
  ],
  [
    'return 3;',
    ['1:1 misplaced-return «return» `return` outside of a function | name a result with `output`'],
  ],
  [
    'for t in 0..3 { return 3; }',
    [
      '1:17 misplaced-return «return» `return` inside a block | assign to a `var`, and return it at the end of the function',
    ],
  ],
  [
    'fn f(x) { let y = x; }',
    ['1:22 missing-return «}» the function returns nothing | end it with `return …;`'],
  ],
  [
    'fn f(x) { return x; let z = 3; }',
    [
      '1:21 after-return «let» nothing can follow `return …;` in a function | end the function with `}` here',
    ],
  ],
  ['let y = f(a, );', ['1:12 trailing-comma «,» a comma before `)` | remove it']],
  ['const c = [1, 2,];', ['1:16 trailing-comma «,» a comma before `]` | remove it']],
  ['let y = +3;', ['1:9 unary-plus «+» there is no unary `+` | remove it']],
  [
    'let for = 3;',
    ['1:5 reserved-word «for» `for` is a keyword | choose another name, such as `for_`'],
  ],
  [
    'let if = 3;',
    ['1:5 reserved-word «if» `if` is a keyword | choose another name, such as `if_`'],
  ],
  [
    'lte y = 3;',
    [
      '1:1 unknown-keyword «lte» `lte` is not a keyword | write `let`, `var`, `input` or another keyword',
    ],
  ],
  [
    'f(x);',
    [
      '1:1 expression-statement «f» an expression alone does nothing | name its value with `let x = …;` or `output y = …;`',
    ],
  ],
  [
    'a + b;',
    [
      '1:1 expression-statement «a» an expression alone does nothing | name its value with `let x = …;` or `output y = …;`',
    ],
  ],
  [
    'scheme;',
    [
      '1:7 unexpected-token «;» expected a name, found `;` | write `scheme ckks;`, `scheme bfv(t = 65537);` or `scheme bgv(t = 65537);`',
    ],
  ],
  [
    'scheme bfv(t = x);',
    [
      '1:16 unexpected-token «x» expected a number, found `x` | an option is a number, as in `bfv(t = 65537)`',
    ],
  ],
  [
    'param k;',
    [
      '1:8 unexpected-token «;» expected `=`, found `;` | a param has a default, as in `param k = 6;`',
    ],
  ],
  ['const c: 3;', ['1:8 unexpected-token «:» expected `=`, found `:` | write `const c = …;`']],
  [
    'input x cipher;',
    [
      '1:9 unexpected-token «cipher» expected `:`, found `cipher` | write `input x: cipher;` or `input v: plain[8];`',
    ],
  ],
  [
    'input x: secret;',
    [
      '1:10 unexpected-token «secret» expected `cipher` or `plain`, found `secret` | say whether it is encrypted: `input x: cipher;`',
    ],
  ],
  [
    'input x: cipher within 3;',
    ['1:24 unexpected-token «3» expected `[`, found `3` | a range has brackets: `within [-1, 1]`'],
  ],
  [
    'input x: cipher within [0 1];',
    ['1:27 unexpected-token «1» expected `,`, found `1` | a range has two ends: `within [-1, 1]`'],
  ],
  ['fn f x = 3;', ['1:6 unexpected-token «x» expected `(`, found `x` | write `fn f(x) = …;`']],
  [
    'fn f(1) = 3;',
    ['1:6 unexpected-token «1» expected `)`, found `1` | parameters are names: `fn f(x, y) = …;`'],
  ],
  [
    'fn f(x) -> x;',
    ['1:9 arrow «->» the language has no arrows | write a function as `fn f(x) = …;`'],
  ],
  [
    'fn f(x) x;',
    [
      '1:9 unexpected-token «x» expected `=` or `{`, found `x` | write `fn f(x) = …;` or `fn f(x) { … return …; }`',
    ],
  ],
  [
    'for (t in 0..3) { }',
    [
      '1:5 unexpected-token «(» expected a name, found `(` | write `for t in 0..n { … }`, without brackets',
    ],
  ],
  [
    'for t = 0..3 { }',
    ['1:7 unexpected-token «=» expected `in`, found `=` | write `for t in 0..n { … }`'],
  ],
  [
    'for t in 3 { }',
    [
      '1:12 unexpected-token «{» expected `..`, found `{` | a range has two ends: `for t in 0..n { … }`',
    ],
  ],
  [
    'for t in 0..3 let x = 3;',
    ['1:15 unexpected-token «let» expected `{`, found `let` | the body of a loop is in `{ … }`'],
  ],
  [
    'output a, b;',
    [
      '1:9 unexpected-token «,» expected `;`, found `,` | write each output as `output y;` or `output y = …;`',
    ],
  ],
  ['output;', ['1:7 unexpected-token «;» expected a name, found `;`']],
  ['let y = x[0;', ['1:10 unclosed-bracket «[» this `[` is never closed | add the missing `]`']],
  [
    'let y = x[];',
    [
      '1:11 expected-expression «]» expected an expression, found `]` | brackets contain at least one expression; a scalar has no brackets: `input x: cipher;`',
    ],
  ],
  [
    'cipher x;',
    [
      '1:1 expected-statement «cipher» expected a statement, found `cipher` | a statement starts with a word such as `let`, `input` or `output`, or with `name =`',
    ],
  ],
  ['let y = 3 +;', ['1:12 expected-expression «;» expected an expression, found `;`']],
  [
    'let y = “a”;',
    [
      '1:9 lookalike-character «“a”» `“` (U+201C) is not `"` | write a string in straight quotes, as in `"w.npy"`',
    ],
  ],
  ['let y = x’;', ['1:10 stray-character «’» stray `’` | a transpose is written `x.T`']],
  [
    'let a = b ? c;',
    [
      '1:11 branch-not-polynomial «?» there is no `? :` | assign a `var` in `if c { … } else { … }`, which needs a constant c; otherwise select with `c*a + (1 - c)*b` where c is 0 or 1',
    ],
  ],
  [
    'let x == 3;',
    ['1:7 unexpected-token «==» expected `=`, found `==` | to give a name its value, write `=`'],
  ],
  [
    'let y = f(x;\nlet z = 3;',
    ['1:10 unclosed-bracket «(» this `(` is never closed | add the missing `)`'],
  ],
  [
    '}',
    [
      '1:1 unmatched-bracket «}» nothing opens this `}` | remove it, or add the bracket that it closes',
    ],
  ],
  [
    'a = 3 4;',
    ['1:7 unexpected-token «4» expected an operator or `;`, found `4` | to multiply, write `*`'],
  ],
  [
    'for t in 0..3 {\noutput x;\n}',
    ['2:1 misplaced-item «output» `output` inside a block | move it out of the block'],
  ],
  [
    'fn f(x) {\n  return x y;\n}\nlet a = 3;',
    ['2:12 unexpected-token «y» expected an operator or `;`, found `y` | to multiply, write `*`'],
  ],
  [
    'let y = (3 + 4\n  * 5;\nlet z = 3;',
    ['1:9 unclosed-bracket «(» this `(` is never closed | add the missing `)`'],
  ],
  [
    'let y = if a { b } else { c };\nlet z = 1;',
    [
      '1:9 expected-expression «if» expected an expression, found `if` | `if` is a statement: assign a `var` in `if c { … } else { … }`, which needs a constant c; otherwise select with `c*a + (1 - c)*b` where c is 0 or 1',
    ],
  ],
  [
    'fn f(x { let y = ; return y; }',
    [
      '1:5 unclosed-bracket «(» this `(` is never closed | add the missing `)`',
      '1:18 expected-expression «;» expected an expression, found `;`',
    ],
  ],
  [
    'for i in 0.3 { let y = ; }',
    [
      '1:14 unexpected-token «{» expected `..`, found `{` | a range has two ends: `for t in 0..n { … }`',
      '1:24 expected-expression «;» expected an expression, found `;`',
    ],
  ],
  [
    'let y = a\n+ b\nlet z = 3;',
    ['2:4 missing-semicolon «» missing `;` at the end of the statement | write `;` here'],
  ],
  [
    'let y = x.T2;',
    ['1:10 unknown-property «.T2» there is no `.T2` | the only property is the transpose, `.T`'],
  ],
  [
    'let y = 1..2;',
    ['1:10 unexpected-token «..» expected `;`, found `..` | ranges are for `for` loops and slices'],
  ],
  [
    'let y = x[1:2];',
    [
      '1:12 unexpected-token «:» expected `]`, found `:` | an index is written as in `x[i]`, `x[i, j]`, `x[a..b]` or `x[a..b..2]`',
    ],
  ],
  ['let x = 3,;', ['1:10 unexpected-token «,» expected `;`, found `,`']],
  [
    'input x: cipher[2][3];',
    [
      '1:19 unexpected-token «[» expected `;`, found `[` | an input is written as in `input x: cipher[2, 3] within [-1, 1];`',
    ],
  ],
  ['let y = a -- b; let z = a++b;', ['1:27 unary-plus «+» there is no unary `+` | remove it']],
  [
    'let y = x!;',
    [
      '1:10 logic-not-polynomial «!» there is no `!` | for constants write `and`, `or`, `not`; for encrypted 0 and 1 write `a*b` for and, `a + b - a*b` for or, `1 - a` for not',
    ],
  ],
  [
    'let a; let b;',
    [
      '1:6 unexpected-token «;» expected `=`, found `;` | write `let x = …;`: the value decides the type',
      '1:13 unexpected-token «;» expected `=`, found `;` | write `let x = …;`: the value decides the type',
    ],
  ],
  [
    'let y = {3};',
    [
      '1:9 expected-expression «{» expected an expression, found `{` | a vector is written `[…]`, a subexpression `(…)`',
    ],
  ],
  [
    'let y = a.b.c;',
    [
      '1:10 unknown-property «.b» there is no `.b` | the only property is the transpose, `.T`',
      '1:12 unknown-property «.c» there is no `.c` | the only property is the transpose, `.T`',
    ],
  ],
  [
    'import x;',
    [
      '1:1 unknown-keyword «import» `import` is not a keyword | write `include "file.circ";`, or `const W = load("w.npy");`',
    ],
  ],
  [
    'let y = "a\nlet z = 3;',
    ['1:9 string-literal «"a» this string never ends | end it with `"` on the same line'],
  ],
  [
    'fn f(x) = { return x; };',
    [
      '1:11 expected-expression «{» expected an expression, found `{` | a vector is written `[…]`, a subexpression `(…)`',
    ],
  ],
  ['w /= 2;', ['1:3 compound-assignment «/=» there is no `/=` | write `w = w / …`']],
  ['v[i] /= 2;', ['1:6 compound-assignment «/=» there is no `/=` | write `x = x / …`']],
  [
    'fn f(x) { if x { return 3; } return x; }',
    [
      '1:18 misplaced-return «return» `return` inside a block | assign to a `var`, and return it at the end of the function',
    ],
  ],
  ['let y = a[1..2..];', ['1:17 expected-expression «]» expected an expression, found `]`']],
  [
    'x == 3;',
    ['1:1 expression-statement «x» an expression alone does nothing | to assign, write `=`'],
  ],
  [
    'let y = (if a { b } else { c });\nlet z = 1;',
    [
      '1:10 expected-expression «if» expected an expression, found `if` | `if` is a statement: assign a `var` in `if c { … } else { … }`, which needs a constant c; otherwise select with `c*a + (1 - c)*b` where c is 0 or 1',
    ],
  ],
  [
    'let y = a if c else b;\nlet z = 1;',
    [
      '1:11 unexpected-token «if» expected `;`, found `if` | assign a `var` in `if c { … } else { … }`, which needs a constant c; otherwise select with `c*a + (1 - c)*b` where c is 0 or 1',
    ],
  ],
  [
    'import "x.circ";',
    [
      '1:1 unknown-keyword «import» `import` is not a keyword | write `include "file.circ";`, or `const W = load("w.npy");`',
    ],
  ],
  [
    'let y = a < b < c;',
    ['1:15 chained-comparison «<» comparisons do not chain | write `a < b and b < c`'],
  ],
  [
    'if a < b <= c { x = 1; } else { y = ; }',
    [
      '1:10 chained-comparison «<=» comparisons do not chain | write `a < b and b < c`',
      '1:37 expected-expression «;» expected an expression, found `;`',
    ],
  ],
  [
    'let y = f(a == b != c);',
    ['1:18 chained-comparison «!=» comparisons do not chain | write `a < b and b < c`'],
  ],
  ['let y = < 3;', ['1:9 expected-expression «<» expected an expression, found `<`']],
  [
    'let y = a === b;',
    [
      '1:13 expected-expression «=» expected an expression, found `=` | comparisons are `==`, `!=`, `<`, `<=`, `>` and `>=`',
    ],
  ],
  ['let y = a and ;', ['1:15 expected-expression «;» expected an expression, found `;`']],
  ['let y = a and or b;', ['1:15 expected-expression «or» expected an expression, found `or`']],
  [
    'if a { x = 1; } elif b { x = ; } else { x = 3; }',
    [
      '1:17 unknown-keyword «elif» `elif` is not a keyword | write `else if c { … }`',
      '1:30 expected-expression «;» expected an expression, found `;`',
    ],
  ],
  [
    'if a { x = 1; } elif b == 3 { x = 2; } else if c { x = ; } else { x = 3; }',
    [
      '1:17 unknown-keyword «elif» `elif` is not a keyword | write `else if c { … }`',
      '1:56 expected-expression «;» expected an expression, found `;`',
    ],
  ],
  [
    'else { x = ; }',
    [
      '1:1 expected-statement «else» `else` without an `if` before it | write it after the block of an `if`: `if c { … } else { … }`',
      '1:12 expected-expression «;» expected an expression, found `;`',
    ],
  ],
  [
    'if c { x = 1; } else { x = 1; } else { x = ; }',
    [
      '1:33 expected-statement «else» `else` without an `if` before it | write it after the block of an `if`: `if c { … } else { … }`',
      '1:44 expected-expression «;» expected an expression, found `;`',
    ],
  ],
  [
    'if c x = 1; else x = 2;',
    [
      '1:6 unexpected-token «x» expected `{`, found `x` | the body of an `if` or `else` is in `{ … }`',
    ],
  ],
  [
    'if c then { x = ; }',
    [
      '1:6 unexpected-token «then» expected `{`, found `then` | write `if c { … }`, without `then`',
      '1:17 expected-expression «;» expected an expression, found `;`',
    ],
  ],
  [
    'if a = 3 { x = ; } else if b { x = 2; } else { x = 1 2; }',
    [
      '1:6 unexpected-token «=» expected `{`, found `=` | to compare, write `==`',
      '1:16 expected-expression «;» expected an expression, found `;`',
      '1:54 unexpected-token «2» expected an operator or `;`, found `2` | to multiply, write `*`',
    ],
  ],
  [
    'if c { x = 1; } else x = 2;',
    [
      '1:22 unexpected-token «x» expected `{`, found `x` | the body of an `if` or `else` is in `{ … }`',
    ],
  ],
  [
    'if { x = 1; }',
    [
      '1:4 expected-expression «{» expected an expression, found `{` | write a condition: `if c { … }`',
    ],
  ],
  [
    'if c { x = 1; } else if { x = ; } else { x = ; }',
    [
      '1:25 expected-expression «{» expected an expression, found `{` | write a condition: `if c { … }`',
      '1:31 expected-expression «;» expected an expression, found `;`',
      '1:46 expected-expression «;» expected an expression, found `;`',
    ],
  ],
  ['if c { x = 1; };', ['1:16 empty-statement «;» nothing before this `;` | remove it']],
  [
    'if c { output y; }',
    ['1:8 misplaced-item «output» `output` inside a block | move it out of the block'],
  ],
  [
    'if c { x = 1\n}\nelse {\n x = 2\n}',
    [
      '1:13 missing-semicolon «» missing `;` at the end of the statement | write `;` here',
      '4:7 missing-semicolon «» missing `;` at the end of the statement | write `;` here',
    ],
  ],
  [
    'if c { include "x.circ"; }',
    ['1:8 misplaced-item «include» `include` inside a block | move it out of the block'],
  ],
  [
    'include x;',
    ['1:9 unexpected-token «x» expected a string, found `x` | write `include "file.circ";`'],
  ],
  [
    'include "x.circ"',
    ['1:17 missing-semicolon «» missing `;` at the end of the statement | write `;` here'],
  ],
  [
    'let a = 3\ninclude "x.circ";',
    ['1:10 missing-semicolon «» missing `;` at the end of the statement | write `;` here'],
  ],
  [
    '"abc";',
    [
      '1:1 string-literal «"abc"» no string can stand here | a string is a path, in `include "file.circ";` or `load("w.npy")`',
    ],
  ],
  [
    'let y = load "w.npy";',
    ['1:14 unexpected-token «"w.npy"» expected `(`, found `"w.npy"` | write `load("w.npy")`'],
  ],
  [
    "let y = load('w.npy');",
    ['1:14 string-literal «\'w.npy\'» a string has double quotes | write `"w.npy"`'],
  ],
  [
    'let "a" = 3;',
    [
      '1:5 string-literal «"a"» no string can stand here | a string is a path, in `include "file.circ";` or `load("w.npy")`',
    ],
  ],
  [
    'let y = a "b";',
    [
      '1:11 string-literal «"b"» no string can stand here | a string is a path, in `include "file.circ";` or `load("w.npy")`',
    ],
  ],
  [
    '#include "x.circ"',
    [
      '1:1 hash-comment «#include "x.circ"» a comment starts with `//` | write `include "file.circ";`',
    ],
  ],
  [
    'fn and(a, b) = a * b;',
    ['1:4 reserved-word «and» `and` is a keyword | choose another name, such as `and_`'],
  ],
  [
    'fn f(x, or) = 3;',
    ['1:9 reserved-word «or» `or` is a keyword | choose another name, such as `or_`'],
  ],
  [
    'fn f(not) = 3;',
    ['1:6 reserved-word «not» `not` is a keyword | choose another name, such as `not_`'],
  ],
  [
    'param include = 3;',
    [
      '1:7 reserved-word «include» `include` is a keyword | choose another name, such as `include_`',
    ],
  ],
  [
    'for or in 0..3 { }',
    ['1:5 reserved-word «or» `or` is a keyword | choose another name, such as `or_`'],
  ],
  [
    'let y = and(a, b);',
    ['1:9 reserved-word «and» `and` is a keyword | choose another name, such as `and_`'],
  ],
  [
    'let y = a + not(b);',
    [
      '1:13 reserved-word «not» `not` is a keyword | choose another name, such as `not_`; as an operator, write it in brackets: `(not …)`',
    ],
  ],
  [
    'let y = f(include, 3);',
    [
      '1:11 reserved-word «include» `include` is a keyword | choose another name, such as `include_`',
    ],
  ],
  [
    'let y = f(not);',
    ['1:11 reserved-word «not» `not` is a keyword | choose another name, such as `not_`'],
  ],
  [
    'include = 3;',
    [
      '1:1 reserved-word «include» `include` is a keyword | choose another name, such as `include_`',
    ],
  ],
  [
    'and[0] = 3;',
    ['1:1 reserved-word «and» `and` is a keyword | choose another name, such as `and_`'],
  ],
  [
    'not += 3;',
    ['1:1 reserved-word «not» `not` is a keyword | choose another name, such as `not_`'],
  ],
  ['if = 3;', ['1:1 reserved-word «if» `if` is a keyword | choose another name, such as `if_`']],
  [
    'let [a, or] = e;',
    ['1:9 reserved-word «or» `or` is a keyword | choose another name, such as `or_`'],
  ],
  ['let [] = e;', ['1:6 unexpected-token «]» expected a name, found `]`']],
  [
    'let [a b] = e;',
    ['1:8 unexpected-token «b» expected `]`, found `b` | the parts are names: `let [a, b] = …;`'],
  ],
  [
    'let a, b = e;',
    [
      '1:6 unexpected-token «,» expected `=`, found `,` | to name the parts of a value, write `let [a, b] = …;`',
    ],
  ],
  [
    'let (a, b) = e;',
    [
      '1:5 unexpected-token «(» expected a name, found `(` | to name the parts of a value, write `let [a, b] = …;`',
    ],
  ],
  [
    'var [a, b] = e;',
    [
      '1:5 unexpected-token «[» expected a name, found `[` | to name the parts of a value, write `let [a, b] = …;`',
    ],
  ],
  [
    '[a, b] = e;',
    [
      '1:1 expected-statement «[» expected a statement, found `[` | to name the parts of a value, write `let [a, b] = …;`',
    ],
  ],
  [
    'M[0][1] = 3;',
    [
      '1:5 indexed-assignment «[» an assignment has one pair of brackets | write all indices in it: `M[i, j] = …;`',
    ],
  ],
  [
    'M[0].T = 3;',
    [
      '1:5 indexed-assignment «.T» an assignment has one pair of brackets | write all indices in it: `M[i, j] = …;`',
    ],
  ],
  ['v[i = 3] = 4;', ['1:5 unexpected-token «=» expected `]`, found `=` | to compare, write `==`']],
  [
    'let y = (a = 3);',
    ['1:12 unexpected-token «=» expected `)`, found `=` | to compare, write `==`'],
  ],
  [
    'let y = (x within [0, 1]);',
    [
      '1:12 unexpected-token «within» expected `)`, found `within` | a range follows the value of `let`, `var` or an assignment, before the `;`',
    ],
  ],
  [
    'output y = x within [0, 1];',
    [
      '1:14 unexpected-token «within» expected `;`, found `within` | a range follows the value of `let`, `var` or an assignment, before the `;`',
    ],
  ],
  [
    'let y = x within 3;',
    ['1:18 unexpected-token «3» expected `[`, found `3` | a range has brackets: `within [-1, 1]`'],
  ],
  [
    'var y = x within [0 1];',
    ['1:21 unexpected-token «1» expected `,`, found `1` | a range has two ends: `within [-1, 1]`'],
  ],
  [
    'let a = 3\nv[0, f(1)] += 2;',
    ['1:10 missing-semicolon «» missing `;` at the end of the statement | write `;` here'],
  ],
];

describe('an error has a code, a location, a message and advice', () => {
  it.each(cases)('%j', (text, expected) => {
    expect(errors(text)).toEqual(expected);
  });

  it('has a case for every code', () => {
    const folder = new URL('../../src/syntax/', import.meta.url);
    const sources = readdirSync(folder).map((name) => readFileSync(new URL(name, folder), 'utf8'));
    const inSources = sources.flatMap((source) =>
      [...source.matchAll(/(?:code: |error\(\s*)'([a-z0-9-]+)'/g)].map(([, code]) => defined(code)),
    );
    const limits = ['file-too-large', 'nesting-too-deep']; // limits.test.ts
    const tested = cases.flatMap(([, expected]) =>
      expected.map((error) => defined(error.split(' ')[1])),
    );
    expect([...new Set(inSources)].sort()).toEqual([...new Set([...limits, ...tested])].sort());
  });
});

describe('advice', () => {
  it('is given once per statement for signs without a translation, each time for others', () => {
    expect(codes('let y = a && b && !c ? d : e; let z = a || b;')).toEqual([
      '1:11 logic-not-polynomial',
      '1:22 branch-not-polynomial',
      '1:41 logic-not-polynomial',
    ]);
    expect(codes('let y = a**2 + b**2;')).toEqual(['1:10 power-operator', '1:17 power-operator']);
  });
});

describe('recovery', () => {
  it('reports all errors of a file at once, each once', () => {
    const text = `scheme ckks
param k := 3;
input x: secret[3];
const c = [1, 2, ];
let a = x ** 2 + 1.;
let b = (a + 2;
let = 3;
for t in 0,k {
  let u = a && b;
  w /= .5;
  output u;
}
fn g(x) { let y = x; }
if a = b { let z = 3 } else { let z = 2x; }
let d = 4
output d;
} /* open`;
    expect(codes(text)).toEqual([
      '1:12 missing-semicolon',
      '2:9 assignment-operator',
      '3:10 unexpected-token',
      '4:16 trailing-comma',
      '5:11 power-operator',
      '5:18 malformed-number',
      '6:9 unclosed-bracket',
      '7:5 unexpected-token',
      '8:11 unexpected-token',
      '9:13 logic-not-polynomial',
      '10:5 compound-assignment',
      '10:8 malformed-number',
      '11:3 misplaced-item',
      '13:22 missing-return',
      '14:6 unexpected-token',
      '14:21 missing-semicolon',
      '14:39 malformed-number',
      '15:10 missing-semicolon',
      '17:1 unmatched-bracket',
      '17:3 unterminated-comment',
    ]);
    expect(showProgram(text)).toEqual([
      '(scheme ckks)',
      '(param k 3)',
      '(let a ((pow x 2) + 1))',
      '(let d 4)',
      '(output d)',
    ]);
  });

  it('keeps statements without errors between broken ones', () => {
    const text = `fn f(x) {
  let a = ;
  let b = x;
  return b;
}
for t in 0..3 {
  w = ;
  v = 2;
}
output v;`;
    expect(codes(text)).toEqual(['2:11 expected-expression', '7:7 expected-expression']);
    expect(showProgram(text)).toEqual([
      '(fn f (x) (let b x) b)',
      '(for t 0 3 (assign v 2))',
      '(output v)',
    ]);
  });

  it('returns the names that dropped statements would have declared', () => {
    const text =
      'let a = ; input b: c; w = 3 +; fn f(x) { let y = x; } let ok = 3; lte d = 3; let = 4;';
    expect([...parseText(text).lostNames].sort()).toEqual(['a', 'b', 'd', 'f', 'w']);
    expect(parseText('let a = 3;').lostNames.size).toBe(0);
  });

  it('ends a statement where the next one starts its line', () => {
    const text = 'let a = 3 +\nlet b = (4\noutput b;\nx = 3 3\ny = 4;';
    expect(codes(text)).toEqual([
      '2:1 expected-expression',
      '2:9 unclosed-bracket',
      '4:7 unexpected-token',
    ]);
    expect(showProgram(text)).toEqual(['(output b)', '(assign y 4)']);
  });

  it('reports the `{` of the block that an item in the first column ends', () => {
    const text = 'for i in 0..2 {\n  for j in 0..2 {\n    x = j;\n  }\nlet y = x;\noutput y;\n';
    expect(errors(text)).toEqual([
      '1:15 unclosed-bracket «{» this `{` is never closed | add the missing `}`',
    ]);
    expect(showProgram(text)).toEqual(['(output y)']);
  });

  it('translates foreign notation for the tree', () => {
    expect(showProgram('let a := x ** 2 × ½; w /= 1; let b = x²; let c = a…b;')).toEqual([
      '(assign* w 1)',
      '(let b (pow x 2))',
    ]);
    expect(showProgram('let a := x ** .5;')).toEqual(['(let a (pow x 0.5))']);
    expect(showProgram('for t in 0...3 { w −= 1; }')).toEqual(['(for t 0 3)']);
    expect(showProgram('let naïve = 2π;')).toEqual([]);
    expect(showProgram('let naïveté = 3;')).toEqual(['(let naïveté 3)']);
  });
});
