import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { BUILTINS } from '../../src/check/builtins.ts';
import { FOREIGN_FUNCTIONS } from '../../src/check/foreign-functions.ts';
import { LOAD } from '../../src/check/names.ts';
import { defined } from '../../src/lookup.ts';
import { positionAt } from '../../src/syntax/diagnostic.ts';
import { diagnostics } from './support.ts';

const prelude = [
  'input x: cipher; input v: cipher[3]; input M: cipher[2, 3]; input Z: cipher[2, 3, 4];',
  'input p: plain; input q: plain[3]; let k = 2; var w = x; fn f(a) = a; fn g() = x;',
].join(' ');

interface Case {
  readonly code: string;
  /** Line 2 of a program, with ⟦ ⟧ around the span of the error. */
  readonly line: string;
  readonly message: string;
  readonly help: string | undefined;
}

const of = (code: string, line: string, message: string, help?: string): Case => ({
  ...{ code, line, message },
  help,
});

const secret =
  'which operations run cannot depend on encrypted data; use a param, a loop index or a number, or select arithmetically: c*a + (1 - c)*b';
const late =
  'the circuit is fixed before plain inputs are known; use a param, a loop index or a number';
const aligned = 'shapes are aligned at the last axis; extents must be equal or 1';
const inverse =
  "approximate the inverse by Newton's iteration, y = y*(2 - b*y), or by poly(b, coefficients) on b's range";
const rounds = 'floor(…) rounds down';
const comparing =
  'min and max compare; approximate by a polynomial, or let the client compare after decryption';
const range = "approximate it on the value's range: poly(x, coefficients)";
const limits = 'at most 16777216, and 1048576 for constants';
const further = 'it is declared further down; names are visible from their declaration on';
const halfOpen = 'slices are half-open: 0..n has the indices 0 to n - 1';
const comparison =
  'approximate it by poly(x, coefficients), or let the client compare after decryption; ' +
  'by an encrypted c that is 0 or 1 select with c*a + (1 - c)*b';
const logic = 'for 0 and 1 write `a*b` for and, `a + b - a*b` for or, `1 - a` for not';
const branch = 'compute both sides and select: `c*a + (1 - c)*b` where c is 0 or 1';
const modulo =
  'reduce it after decryption; under `bfv` and `bgv` all arithmetic is modulo t already';
const before = 'compute it beforehand, and make it a plain input of zeros and ones';
const kernel = 'a kernel is [h, w] for an image [h, w], and [out, c, h, w] for channels';
const extents = 'the product of the extents is the number of elements; one extent may be -1';
const stacking =
  'the elements of [ ] must have equal shapes; concat(a, b) joins them along the first axis';

const cases: readonly Case[] = [
  // Names
  of('unknown-name', 'let a = ⟦y⟧;', "unknown name 'y'"),
  of(
    'unknown-name',
    'let value = 1; let a = ⟦vlaue⟧;',
    "unknown name 'vlaue'",
    "did you mean 'value'?",
  ),
  of('unknown-name', 'let a = ⟦nothing⟧;', "unknown name 'nothing'"),
  of('unknown-name', 'let a = ⟦b⟧ + 1; let b = 2;', "unknown name 'b'", further),
  of('unknown-name', '⟦n⟧ = 3;', "unknown name 'n'"),
  of('unknown-name', 'output ⟦nothing⟧;', "unknown name 'nothing'"),
  of('unknown-name', 'for t in 0..2 { let aa = x; } let bb = ⟦aa⟧;', "unknown name 'aa'"),
  of('unknown-name', 'for t in 0..2 { } let bb = ⟦tt⟧;', "unknown name 'tt'"),
  of('unknown-name', 'fn h(aa) { let bb = aa; return bb; } let cc = ⟦aa⟧;', "unknown name 'aa'"),
  of('unknown-name', 'input u: cipher[⟦nn⟧];', "unknown name 'nn'"),
  of('unknown-name', 'input u: cipher within [0, ⟦hi⟧];', "unknown name 'hi'"),
  of('unknown-name', 'output out = x; let a = ⟦out⟧;', "unknown name 'out'"),
  of('unknown-function', 'let a = ⟦sun⟧(v);', "unknown function 'sun'", "did you mean 'sum'?"),
  of('unknown-function', 'let a = ⟦hh⟧(x); fn hh(a) = a;', "unknown function 'hh'", further),
  of(
    'unknown-function',
    'fn never(a) = ⟦sigmoid⟧(a);',
    "unknown function 'sigmoid'",
    'approximate it on the range of its argument: poly(x, coefficients)',
  ),
  of(
    'unknown-function',
    'let a = ⟦pow⟧(x, 2);',
    "unknown function 'pow'",
    'write x^2; exponents are constant integers',
  ),
  // 81 characters each: one more than a name may have.
  ...['let ⟦NAME⟧ = x;', 'input ⟦NAME⟧: cipher;', 'fn h(⟦NAME⟧) = 1;', 'output ⟦NAME⟧ = x;'].map(
    (text) =>
      of(
        'name-too-long',
        text.replace('NAME', 'n'.repeat(81)),
        `'${'n'.repeat(20)}…' has 81 characters; a name has at most 80`,
        'choose a shorter name',
      ),
  ),
  of('redeclared', 'let ⟦x⟧ = 2;', "'x' is already an input here", 'choose another name'),
  of('redeclared', 'let ⟦k⟧ = 2;', "'k' is already a let here", 'choose another name'),
  of('redeclared', 'let ⟦f⟧ = 2;', "'f' is already a function here", 'choose another name'),
  of('redeclared', 'fn ⟦x⟧(a) = a;', "'x' is already an input here", 'choose another name'),
  of('redeclared', 'input ⟦x⟧: plain;', "'x' is already an input here", 'choose another name'),
  of('redeclared', 'param ⟦x⟧ = 1;', "'x' is already an input here", 'choose another name'),
  of(
    'redeclared',
    'param n = 1; const ⟦n⟧ = 1;',
    "'n' is already a param here",
    'choose another name',
  ),
  of(
    'redeclared',
    'const c = 1; let ⟦c⟧ = 1;',
    "'c' is already a const here",
    'choose another name',
  ),
  of(
    'redeclared',
    'let ⟦w⟧ = 2;',
    "'w' is already a var here",
    'to change it, assign: w = …; or choose another name',
  ),
  of('redeclared', 'for ⟦x⟧ in 0..2 { }', "'x' is already an input here", 'choose another name'),
  of(
    'redeclared',
    'for t in 0..2 { for ⟦t⟧ in 0..2 { } }',
    "'t' is already a loop index here",
    'choose another name',
  ),
  of(
    'redeclared',
    'for t in 0..2 { let ⟦x⟧ = 1; }',
    "'x' is already an input here",
    'choose another name',
  ),
  of(
    'redeclared',
    'fn h(a, ⟦a⟧) = a;',
    "'a' is already a function parameter here",
    'choose another name',
  ),
  of(
    'redeclared',
    'fn h(a) { let ⟦a⟧ = 1; return a; }',
    "'a' is already a function parameter here",
    'choose another name',
  ),
  of(
    'redeclared',
    'fn h(a) { let b = a; for t in 0..1 { let ⟦b⟧ = 1; } return a; }',
    "'b' is already a let here",
    'choose another name',
  ),
  of(
    'not-assignable',
    '⟦x⟧ = 1;',
    "'x' is an input and cannot be assigned",
    'to assign it, declare it with var: var x = …;',
  ),
  of(
    'not-assignable',
    '⟦k⟧ = 1;',
    "'k' is a let and cannot be assigned",
    'to assign it, declare it with var: var k = …;',
  ),
  of(
    'not-assignable',
    '⟦f⟧ = 1;',
    "'f' is a function and cannot be assigned",
    'to assign it, declare it with var: var f = …;',
  ),
  of(
    'not-assignable',
    'for t in 0..2 { ⟦t⟧ = 1; }',
    "'t' is a loop index and cannot be assigned",
    'to assign it, declare it with var: var t = …;',
  ),
  of(
    'not-assignable',
    'fn h(a) { ⟦a⟧ = 1; return a; }',
    "'a' is a function parameter and cannot be assigned",
    'to assign it, declare it with var: var a = …;',
  ),
  of(
    'global-assigned',
    'fn h(a) { ⟦w⟧ = a; return a; }',
    "a function cannot assign the global 'w'",
    'return the new value and assign it where the function is called',
  ),
  of('function-as-value', 'let a = ⟦f⟧;', "'f' is a function, not a value", 'call it: f(…)'),
  of(
    'function-as-value',
    'let a = ⟦sum⟧ + 1;',
    "'sum' is a function, not a value",
    'call it: sum(…)',
  ),
  of('function-as-value', 'output ⟦f⟧;', "'f' is a function, not a value", 'call it: f(…)'),
  of(
    'not-a-function',
    'let a = ⟦x⟧(2);',
    "'x' is an input, not a function",
    'to multiply, write x * (…); to pick an element, x[…]',
  ),
  of(
    'not-a-function',
    'fn h(sum) = ⟦sum⟧(2);',
    "'sum' is a function parameter, not a function",
    'to multiply, write sum * (…); to pick an element, sum[…]',
  ),
  of('wrong-arguments', 'let a = ⟦f⟧(x, x);', "'f' takes 1 argument, not 2"),
  of('wrong-arguments', 'let a = ⟦g⟧(x);', "'g' takes 0 arguments, not 1"),
  of('wrong-arguments', 'let a = ⟦dot⟧(v);', "'dot' takes 2 arguments, not 1", 'write dot(u, v)'),
  of(
    'wrong-arguments',
    'let a = ⟦sum⟧();',
    "'sum' takes 1 to 2 arguments, not 0",
    'write sum(x) or sum(x, axis)',
  ),
  of('wrong-arguments', 'let a = ⟦eye⟧(2, 2);', "'eye' takes 1 argument, not 2", 'write eye(n)'),
  of(
    'wrong-arguments',
    'let a = ⟦concat⟧();',
    "'concat' takes at least 1 argument, not 0",
    'write concat(a, b, …)',
  ),
  of(
    'wrong-arguments',
    'let a = ⟦ones⟧(1, 2, 3, 4, 5);',
    "'ones' takes 1 to 4 arguments, not 5",
    'write ones(m, …)',
  ),
  of(
    'wrong-arguments',
    'fn never(a) = ⟦outer⟧(a);',
    "'outer' takes 2 arguments, not 1",
    'write outer(u, v)',
  ),
  of(
    'recursion',
    'fn h(a) = ⟦h⟧(a - 1); output y = h(x);',
    "'h' calls itself",
    'a circuit has no recursion; write a for loop with constant bounds',
  ),
  of(
    'duplicate-output',
    'output y = x; output ⟦y⟧ = v;',
    "there is already an output 'y'",
    'choose another name: output other = …;',
  ),
  of(
    'duplicate-output',
    'output w; output ⟦w⟧;',
    "there is already an output 'w'",
    'choose another name: output other = …;',
  ),
  // The scheme
  of('unknown-scheme', 'scheme ⟦ckk⟧;', "unknown scheme 'ckk'", "did you mean 'ckks'?"),
  of(
    'unknown-scheme',
    'scheme ⟦paillier⟧;',
    "unknown scheme 'paillier'",
    'ckks for real numbers, bfv(t=65537) or bgv(t=65537) for integers modulo t',
  ),
  of(
    'unknown-scheme-option',
    'scheme ckks(⟦t⟧ = 3);',
    "ckks has no option 't'",
    'the compiler chooses the parameters; --precision sets the precision',
  ),
  of(
    'unknown-scheme-option',
    'scheme bgv(⟦n⟧ = 3);',
    "bgv has no option 'n'",
    'write bgv(t=65537)',
  ),
  ...['bfv(t = ⟦1⟧)', 'bfv(t = ⟦2.5⟧)', 'bgv(t = ⟦1e16⟧)'].map((scheme) =>
    of(
      'scheme-modulus',
      `scheme ${scheme};`,
      't must be an integer from 2 to 2^53',
      'JSON has no exact numbers for larger residues',
    ),
  ),
  of(
    'duplicate-scheme',
    'scheme bfv; ⟦scheme bfv;⟧',
    'the scheme has been chosen already',
    'a file has one scheme',
  ),
  of(
    'not-an-integer-constant',
    'scheme bfv; let a = ⟦x * 0.5⟧;',
    'bfv computes with integers, and 0.5 is not one',
    'scale the inputs to integers, or choose scheme ckks',
  ),
  of(
    'not-an-integer-constant',
    'scheme bgv; let a = ⟦x / 4⟧;',
    'bgv computes with integers, and 0.25 is not one',
    'scale the inputs to integers, or choose scheme ckks',
  ),
  of(
    'not-an-integer-constant',
    'scheme bfv; output ⟦y⟧ = [1, 2.5];',
    'bfv computes with integers, and 2.5 is not one',
    'scale the inputs to integers, or choose scheme ckks',
  ),
  // Declarations
  of('not-constant', 'param n = ⟦x⟧;', 'a param must be a constant, not a cipher value'),
  of('not-constant', 'const n = ⟦p + 1⟧;', 'a const must be a constant, not a plain value'),
  of(
    'not-constant',
    'input u: cipher[⟦p⟧];',
    'an extent must be a constant, not a plain value',
    late,
  ),
  of(
    'not-constant',
    'input u: cipher within [⟦x⟧, 1];',
    'a range must be a constant, not a cipher value',
  ),
  of(
    'not-scalar',
    'param n = ⟦[1, 2]⟧;',
    'a param is one number, not [2]',
    'write const for vectors',
  ),
  of(
    'not-scalar',
    'input u: cipher within [⟦[0, 1], 2⟧];',
    'a range has two numbers',
    'write within [low, high]',
  ),
  of(
    'empty-range',
    'input u: cipher within [⟦1, -1⟧];',
    'no number lies within [1, -1]',
    'write the lower end first',
  ),
  of('bad-extent', 'input u: cipher[⟦0⟧];', 'an extent is at least 1, not 0'),
  of('bad-extent', 'input u: cipher[2, ⟦k - 3⟧];', 'an extent is at least 1, not -1'),
  of('not-integer', 'input u: cipher[⟦2.5⟧];', 'an extent must be an integer, not 2.5', rounds),
  of('rank', '⟦input u: cipher[1, 2, 3, 4, 5];⟧', 'tensors have at most 4 axes'),
  of(
    'tensor-too-large',
    '⟦input u: cipher[5000, 5000];⟧',
    'a tensor of 25000000 elements is too large',
    limits,
  ),
  // Constants required
  of('not-constant', 'let a = v[⟦x⟧];', 'an index must be a constant, not a cipher value', secret),
  of('not-constant', 'let a = v[⟦p⟧];', 'an index must be a constant, not a plain value', late),
  of(
    'not-constant',
    'let a = v[0..⟦x⟧];',
    'a slice bound must be a constant, not a cipher value',
    secret,
  ),
  of(
    'not-constant',
    'for t in 0..⟦x⟧ { }',
    'a loop bound must be a constant, not a cipher value',
    secret,
  ),
  of(
    'not-constant',
    'for t in ⟦p⟧..3 { }',
    'a loop bound must be a constant, not a plain value',
    late,
  ),
  of(
    'not-constant',
    'let a = 2^⟦x⟧;',
    'an exponent must be a constant, not a cipher value',
    secret,
  ),
  of('not-constant', 'let a = x^⟦p⟧;', 'an exponent must be a constant, not a plain value', late),
  of(
    'not-constant',
    'let a = rotate(v, ⟦x⟧);',
    'a rotation offset must be a constant, not a cipher value',
    secret,
  ),
  of('not-constant', 'let a = sum(M, ⟦p⟧);', 'an axis must be a constant, not a plain value', late),
  of(
    'not-constant',
    'let a = zeros(⟦p⟧);',
    'an extent must be a constant, not a plain value',
    late,
  ),
  of('not-scalar', 'let a = v[⟦[0, 1]⟧];', 'an index must be one number, not [2]'),
  of('not-scalar', 'let a = x^⟦[1, 2]⟧;', 'an exponent must be one number, not [2]'),
  of('not-scalar', 'for t in 0..⟦[3]⟧ { }', 'a loop bound must be one number, not [1]'),
  of('not-integer', 'let a = v[⟦0.5⟧];', 'an index must be an integer, not 0.5', rounds),
  of(
    'not-integer',
    'for t in 0..⟦1/3⟧ { }',
    'a loop bound must be an integer, not 0.3333333333333333',
    rounds,
  ),
  of(
    'not-integer',
    'let a = x^⟦0.5⟧;',
    'an exponent must be an integer, not 0.5',
    'a root is not a polynomial: approximate it by poly(x, coefficients)',
  ),
  of(
    'not-integer',
    'let a = 2^⟦0.5⟧;',
    'an exponent must be an integer, not 0.5',
    'write sqrt(x) for a root, and exp(y*log(x)) for another power',
  ),
  of(
    'not-integer',
    'let a = rotate(v, ⟦1e300⟧);',
    'a rotation offset must be an integer below 2^53, not 1e+300',
    rounds,
  ),
  of('bad-extent', 'let a = x * zeros(⟦-1⟧);', 'an extent is at least 0, not -1'),
  of('bad-extent', 'let a = x * eye(⟦-1⟧);', 'an extent is at least 0, not -1'),
  of('bad-extent', 'output ⟦y⟧ = v[2..2];', "output 'y' has no elements: its shape is [0]"),
  // Indices
  of('index-out-of-range', 'let a = v[⟦3⟧];', 'index 3 is outside 0..3', 'the last index is 2'),
  of(
    'index-out-of-range',
    'let a = v[⟦-1⟧];',
    'index -1 is outside 0..3',
    'indices count from 0; the last one is x[len(x) - 1]',
  ),
  of('index-out-of-range', 'let a = M[0, ⟦3⟧];', 'index 3 is outside 0..3', 'the last index is 2'),
  of('index-out-of-range', 'let a = v[⟦1..4⟧];', 'slice 1..4 of an axis of extent 3'),
  of('index-out-of-range', 'let a = v[⟦-1..2⟧];', 'slice -1..2 of an axis of extent 3'),
  of('index-out-of-range', 'let a = v[⟦2..1⟧];', 'slice 2..1 of an axis of extent 3', halfOpen),
  of('index-out-of-range', 'let a = v[⟦4..⟧];', 'slice 4..3 of an axis of extent 3', halfOpen),
  of(
    'index-out-of-range',
    'let a = v[0..0][⟦0⟧];',
    'index 0 is outside 0..0',
    'there are no elements',
  ),
  of('index-out-of-range', 'let a = v[⟦0..3..0⟧];', 'a slice step is at least 1, not 0'),
  of('too-many-indices', 'let a = ⟦x[0]⟧;', '1 index into scalar'),
  of('too-many-indices', 'let a = ⟦v[0, 1]⟧;', '2 indices into [3]'),
  of('too-many-indices', 'let a = ⟦Z[0, 0, 0, ..]⟧;', '4 indices into [2, 3, 4]'),
  // Shapes
  of('shape-mismatch', 'let a = ⟦v + [1, 2]⟧;', 'cannot add [3] and [2]', aligned),
  of('shape-mismatch', 'let a = ⟦v - M.T⟧;', 'cannot subtract [3] and [3, 2]', aligned),
  of('shape-mismatch', 'let a = ⟦x * v * [1, 2]⟧;', 'cannot multiply [3] and [2]', aligned),
  of(
    'shape-mismatch',
    'let a = ⟦M + M.T⟧;',
    'cannot add [2, 3] and [3, 2]',
    'one of them may need .T; the matrix product is @',
  ),
  of('shape-mismatch', 'let a = ⟦M / [1, 2]⟧;', 'cannot multiply [2, 3] and [2]', aligned),
  of('shape-mismatch', 'let a = ⟦[v, x]⟧;', 'cannot stack [3] and scalar', stacking),
  of('shape-mismatch', 'let a = ⟦[1, [1]]⟧;', 'cannot stack scalar and [1]', stacking),
  of(
    'shape-mismatch',
    'let a = ⟦M @ M⟧;',
    'cannot multiply [2, 3] @ [2, 3]: the inner extents are 3 and 2',
    '.T on the right operand makes the extents equal',
  ),
  of(
    'shape-mismatch',
    'let a = ⟦M.T @ v⟧;',
    'cannot multiply [3, 2] @ [3]: the inner extents are 2 and 3',
    '.T on the left operand makes the extents equal',
  ),
  of(
    'shape-mismatch',
    'let a = ⟦v @ [1, 2]⟧;',
    'cannot multiply [3] @ [2]: the inner extents are 3 and 2',
  ),
  of(
    'shape-mismatch',
    'let a = ⟦x @ v⟧;',
    '@ multiplies vectors and matrices, not scalar and [3]',
    'to multiply by a scalar, write *',
  ),
  of(
    'shape-mismatch',
    'let a = ⟦Z @ [eye(4), eye(4), eye(4)]⟧;',
    'cannot multiply [2, 3, 4] @ [3, 4, 4]: the axes before the last two differ',
  ),
  of(
    'shape-mismatch',
    'let a = concat(v, ⟦x⟧);',
    "'concat' takes vectors or matrices, not a scalar",
    'write [x] for a vector of one element',
  ),
  of(
    'shape-mismatch',
    'let a = concat(v, ⟦[v]⟧);',
    'cannot append [1, 3] to [3]',
    'all extents except the first must be equal',
  ),
  of(
    'shape-mismatch',
    'let a = concat(M, ⟦M.T⟧);',
    'cannot append [3, 2] to [2, 3]',
    'all extents except the first must be equal',
  ),
  of(
    'shape-mismatch',
    'let a = ⟦dot(v, [1, 2])⟧;',
    'cannot multiply [3] @ [2]: the inner extents are 3 and 2',
  ),
  of('shape-mismatch', 'let a = ⟦min([1, 2], [1, 2, 3])⟧;', 'cannot compare [2] and [3]', aligned),
  of('rank', 'let a = dot(⟦M⟧, v);', "'dot' takes vectors, not [2, 3]"),
  of('rank', 'let a = outer(v, ⟦x⟧);', "'outer' takes vectors, not scalar"),
  of(
    'rank',
    'let a = poly(x, ⟦2⟧);',
    'coefficients are a vector, not scalar',
    'write poly(x, [c0, c1, c2]), lowest first',
  ),
  of(
    'rank',
    'let a = rotate(⟦M⟧, 1);',
    "'rotate' takes a vector, not [2, 3]",
    'pick a row first: rotate(M[i], k)',
  ),
  of(
    'rank',
    'let a = ⟦Z.T⟧;',
    '.T transposes a matrix, not [2, 3, 4]',
    'pick a matrix first: Z[t].T, or write transpose(x, 0, 2, 1)',
  ),
  of('rank', 'let a = ⟦[[Z], [Z]]⟧;', 'tensors have at most 4 axes'),
  of('axis-out-of-range', 'let a = sum(M, ⟦2⟧);', '[2, 3] has no axis 2', 'its axes are 0 to 1'),
  of('axis-out-of-range', 'let a = sum(v, ⟦-1⟧);', '[3] has no axis -1', 'its axes are 0 to 0'),
  of('axis-out-of-range', 'let a = sum(x, ⟦0⟧);', 'scalar has no axis 0', 'a scalar has no axes'),
  // Operations that are not polynomials
  of(
    'division-by-cipher',
    'let a = ⟦1 / x⟧;',
    'division by a ciphertext is not a polynomial',
    inverse,
  ),
  of(
    'division-by-cipher',
    'let a = ⟦p / v⟧;',
    'division by a ciphertext is not a polynomial',
    inverse,
  ),
  of('division-by-zero', 'let a = ⟦x / 0⟧;', 'division by zero'),
  of('division-by-zero', 'let a = ⟦v / [1, 0.1 + 0.2 - 0.3, 1]⟧;', 'division by zero'),
  of('division-by-zero', 'let a = x * ⟦0^-1⟧;', 'division by zero'),
  of(
    'negative-exponent',
    'let a = ⟦x^-1⟧;',
    'a negative power of a ciphertext is not a polynomial',
    inverse,
  ),
  of('not-polynomial', 'let a = exp(⟦x⟧);', "'exp' of a cipher value is not a polynomial", range),
  of('not-polynomial', 'let a = log(⟦p⟧);', "'log' of a plain value is not a polynomial", range),
  of(
    'not-polynomial',
    'let a = floor(⟦v⟧);',
    "'floor' of a cipher value is not a polynomial",
    range,
  ),
  of(
    'not-polynomial',
    'let a = sqrt(⟦x⟧);',
    "'sqrt' of a cipher value is not a polynomial",
    "approximate by poly(x, coefficients) on x's range, or by Newton's iteration y = 0.5*y*(3 - x*y*y) for 1/sqrt(x)",
  ),
  of(
    'not-polynomial',
    'let a = abs(⟦x⟧);',
    "'abs' of a cipher value is not a polynomial",
    'use x*x if it only has to remove the sign, or an even polynomial: poly(x, coefficients)',
  ),
  of(
    'not-polynomial',
    'let a = min(1, ⟦x⟧);',
    "'min' of a cipher value is not a polynomial",
    comparing,
  ),
  of(
    'not-polynomial',
    'let a = max(⟦v⟧);',
    "'max' of a cipher value is not a polynomial",
    comparing,
  ),
  // Comparisons, remainders, logic and branches
  of(
    'comparison-not-polynomial',
    'let a = ⟦x < 1⟧;',
    '`<` of a ciphertext is not a polynomial',
    comparison,
  ),
  of(
    'comparison-not-polynomial',
    'let a = ⟦1 == v⟧;',
    '`==` of a ciphertext is not a polynomial',
    comparison,
  ),
  of(
    'not-constant',
    'let a = ⟦p >= 1⟧;',
    '`>=` of a plain value: plain inputs are known only at run time',
    before,
  ),
  of('shape-mismatch', 'let a = ⟦[1, 2] != [1, 2, 3]⟧;', 'cannot compare [2] and [3]', aligned),
  of('not-a-number', 'let a = ⟦1/3 < 1/3 + 1e-30⟧;', '`<` has no exact value here'),
  of(
    'remainder-not-polynomial',
    'let a = ⟦x % 2⟧;',
    '`%` of a ciphertext is not a polynomial',
    modulo,
  ),
  of(
    'remainder-not-polynomial',
    'let a = 2 * (⟦5 % x⟧);',
    '`%` of a ciphertext is not a polynomial',
    modulo,
  ),
  of(
    'not-constant',
    'let a = ⟦p % 2⟧;',
    '`%` of a plain value: plain inputs are known only at run time',
    before,
  ),
  of('division-by-zero', 'let a = ⟦7 % (0.1 + 0.2 - 0.3)⟧;', 'the remainder of a division by zero'),
  of('shape-mismatch', 'let a = ⟦[1, 2] % [1, 2, 3]⟧;', 'cannot divide [2] and [3]', aligned),
  of('not-a-number', 'let a = ⟦1e300 % 0.7⟧;', '`%` has no exact value here'),
  of(
    'logic-not-polynomial',
    'let a = ⟦1 and x⟧;',
    '`and` of a ciphertext is not a polynomial',
    logic,
  ),
  of(
    'logic-not-polynomial',
    'let a = ⟦v or 0⟧;',
    '`or` of a ciphertext is not a polynomial',
    logic,
  ),
  of(
    'logic-not-polynomial',
    'let a = ⟦not x⟧;',
    '`not` of a ciphertext is not a polynomial',
    logic,
  ),
  of(
    'not-constant',
    'let a = ⟦0 or p⟧;',
    '`or` of a plain value: plain inputs are known only at run time',
    before,
  ),
  of('shape-mismatch', 'let a = ⟦[1, 2] and [1, 2, 3]⟧;', 'cannot combine [2] and [3]', aligned),
  of(
    'branch-not-polynomial',
    'if ⟦x⟧ { w = 2; }',
    'a branch on a ciphertext is not a polynomial',
    branch,
  ),
  of(
    'not-constant',
    'if 0 { } else if ⟦p⟧ { w = 2; }',
    'a branch on a plain value: plain inputs are known only at run time',
    before,
  ),
  of(
    'not-scalar',
    'if ⟦[1, 1]⟧ { w = 2; }',
    'a condition is one number, not [2]',
    'all elements hold: sum(not c) == 0; one of them does: sum(c) > 0',
  ),
  of(
    'not-scalar',
    'if ⟦zeros(0)⟧ { w = 2; }',
    'a condition is one number, not [0]',
    'all elements hold: sum(not c) == 0; one of them does: sum(c) > 0',
  ),
  // Parts
  of('unknown-name', 'if 1 { let aa = x; } let bb = ⟦aa⟧;', "unknown name 'aa'"),
  of('redeclared', 'if 0 { let ⟦x⟧ = 1; }', "'x' is already an input here", 'choose another name'),
  of('redeclared', 'let [a, ⟦a⟧] = [1, 2];', "'a' is already a let here", 'choose another name'),
  of(
    'shape-mismatch',
    '⟦let [a, b] = v;⟧',
    'the value has 3 parts along its first axis, for 2 names',
    'write a name for each part',
  ),
  of('rank', 'let [a, b] = ⟦x⟧;', 'a scalar has no parts', 'write let x = …;'),
  of('shape-mismatch', 'let [a, b] = ⟦[v, x]⟧;', 'cannot stack [3] and scalar', stacking),
  of(
    'not-assignable',
    '⟦v⟧[0] = 1;',
    "'v' is an input and cannot be assigned",
    'to assign it, declare it with var: var v = …;',
  ),
  of('too-many-indices', '⟦w[0] = 1;⟧', '1 index into scalar'),
  of(
    'index-out-of-range',
    'var r = v; r[⟦3⟧] = 1;',
    'index 3 is outside 0..3',
    'the last index is 2',
  ),
  of(
    'not-constant',
    'var r = v; r[⟦x⟧] = 1;',
    'an index must be a constant, not a cipher value',
    secret,
  ),
  of(
    'shape-mismatch',
    'var r = v; r[0..2] = ⟦[1, 2, 3]⟧;',
    'cannot assign [3] to a part of shape [2]',
  ),
  of('shape-mismatch', 'var r = v; r[0] = ⟦v⟧;', 'cannot assign [3] to a part of shape scalar'),
  of('shape-mismatch', 'var r = v; ⟦r += [1, 2];⟧', 'cannot add [3] and [2]', aligned),
  of('unknown-name', '⟦n⟧ += 3;', "unknown name 'n'"),
  of('out-of-range', '⟦let a = 3 within [0, 2];⟧', 'the constant 3 is not within [0, 2]'),
  of(
    'out-of-range',
    'var r = 1; ⟦r = [1, -1] within [0, k];⟧',
    'the constant -1 is not within [0, 2]',
  ),
  of(
    'empty-range',
    'let a = x within [⟦1, -1⟧];',
    'no number lies within [1, -1]',
    'write the lower end first',
  ),
  of(
    'not-constant',
    'let a = x within [0, ⟦x⟧];',
    'a range must be a constant, not a cipher value',
  ),
  // Shapes
  of('rank', 'let a = len(⟦x⟧);', "'len' takes no scalar: it has no axes"),
  of('axis-out-of-range', 'let a = shape(v, ⟦1⟧);', '[3] has no axis 1', 'its axes are 0 to 0'),
  of(
    'shape-mismatch',
    'let a = ⟦reshape(M, 4)⟧;',
    '[2, 3] has 6 elements, and cannot be reshaped to [4]',
    extents,
  ),
  of(
    'shape-mismatch',
    'let a = ⟦reshape(M, -1, -1)⟧;',
    '[2, 3] has 6 elements, and cannot be reshaped to [-1, -1]',
    extents,
  ),
  of(
    'axis-out-of-range',
    'let a = ⟦transpose(Z, 0, 1)⟧;',
    '0, 1 is no order of the axes of [2, 3, 4]',
    'name each axis once, or none to reverse them',
  ),
  of(
    'axis-out-of-range',
    'let a = transpose(M, 0, ⟦2⟧);',
    '[2, 3] has no axis 2',
    'its axes are 0 to 1',
  ),
  of('division-by-zero', 'let a = ⟦mean(v[..0])⟧;', 'there is no mean of no elements'),
  of('rank', 'let a = trace(⟦v⟧);', "'trace' takes a matrix, not [3]"),
  of('rank', 'let a = diag(⟦Z⟧);', "'diag' takes a vector or a matrix, not [2, 3, 4]"),
  of('rank', 'let a = cumsum(⟦M⟧);', "'cumsum' takes a vector, not [2, 3]"),
  of('rank', 'let a = kron(v, ⟦Z⟧);', "'kron' takes vectors or matrices, not [2, 3, 4]"),
  of('rank', 'let a = conv2d(⟦v⟧, M);', "'conv2d' takes an image [h, w] or [c, h, w], not [3]"),
  of(
    'rank',
    'let a = conv2d(Z, ⟦M⟧);',
    "'conv2d' of an image [2, 3, 4] takes no kernel [2, 3]",
    kernel,
  ),
  of(
    'shape-mismatch',
    'let a = conv2d(Z, ⟦ones(1, 3, 2, 2)⟧);',
    'the kernel [1, 3, 2, 2] has 3 channels, the image has 2',
    kernel,
  ),
  of(
    'shape-mismatch',
    'let a = ⟦conv2d(M, ones(3, 3))⟧;',
    'a window of 3×3 does not fit in 2×3',
    'add padding: conv2d(x, k, stride, padding)',
  ),
  of('bad-extent', 'let a = conv2d(M, M, ⟦0⟧);', 'a stride is at least 1, not 0'),
  of('bad-extent', 'let a = conv2d(M, M, 1, ⟦-1⟧);', 'a padding is at least 0, not -1'),
  of('rank', 'let a = avgpool(⟦v⟧, 2);', "'avgpool' takes two axes at least, not [3]"),
  of('bad-extent', 'let a = avgpool(M, ⟦0⟧);', 'a window size is at least 1, not 0'),
  of('shape-mismatch', 'let a = ⟦avgpool(M, 3)⟧;', 'a window of 3×3 does not fit in 2×3'),
  of('not-a-number', 'let a = x * ⟦min(zeros(0))⟧;', "'min' of no elements"),
  // Files
  of(
    'string-literal',
    'let a = sum(⟦"w.npy"⟧);',
    'a string is only the path of a file',
    'write include "file.circ"; or load("file.npy")',
  ),
  of(
    'wrong-arguments',
    'let a = ⟦load⟧(x);',
    "'load' takes the path of a file in quotes",
    'write load("w.npy")',
  ),
  of(
    'function-as-value',
    'let a = ⟦load⟧;',
    "'load' is a function, not a value",
    'call it: load(…)',
  ),
  of(
    'unreadable-file',
    'const a = load(⟦"w.npy"⟧);',
    'w.npy: the caller of the compiler gave no function that reads files',
  ),
  of(
    'unreadable-file',
    'include ⟦"f.circ"⟧;',
    'f.circ: the caller of the compiler gave no function that reads files',
  ),
  of(
    'bad-path',
    'const a = load(⟦"/w.npy"⟧);',
    'the path is absolute: write it relative to the including file',
  ),
  // Numbers and sizes
  of('not-a-number', 'let a = x * ⟦sqrt(-1)⟧;', "'sqrt' has no finite value here"),
  of('not-a-number', 'let a = x * ⟦log([1, 0])⟧;', "'log' has no finite value here"),
  of('not-a-number', 'let a = x * ⟦exp(1000)⟧;', "'exp' has no finite value here"),
  of('constant-overflow', 'let a = x * ⟦1e400⟧;', '1e400 is larger than any float64'),
  of(
    'constant-overflow',
    'let a = x * (⟦1e200 * 1e200⟧);',
    'this constant is larger than any float64',
  ),
  of('constant-overflow', 'let a = ⟦10^400⟧ * x;', 'this constant is larger than any float64'),
  of(
    'tensor-too-large',
    'let a = ⟦zeros(1000000000)⟧;',
    'a tensor of 1000000000 elements is too large',
    limits,
  ),
  of(
    'tensor-too-large',
    'let a = ⟦ones(2000, 2000)⟧;',
    'a tensor of 4000000 elements is too large',
    limits,
  ),
  of(
    'tensor-too-large',
    'let a = ⟦eye(5000)⟧;',
    'a tensor of 25000000 elements is too large',
    limits,
  ),
  of(
    'tensor-too-large',
    'input u: cipher[5000]; let a = ⟦outer(u, u)⟧;',
    'a tensor of 25000000 elements is too large',
    limits,
  ),
  of(
    'too-large',
    '⟦for t in 0..1000000000 { }⟧',
    'the program expands to more than 4000000 operations',
    'loops and functions are expanded; lower the bounds',
  ),
  of(
    'too-large',
    'for t in 0..100 { let a = sum(⟦ones(1000, 1000)⟧); }',
    'computing the constants takes more than 16777216 operations',
    'compute it beforehand and make it a plain input',
  ),
];

/** Returns the program of a case, and the span marked in it. */
function unmarked(line: string): { text: string; start: number; end: number } {
  const marked = `${prelude}\n${line}\noutput last = x;\n`;
  const start = marked.indexOf('⟦');
  const end = marked.indexOf('⟧') - 1;
  return { text: marked.replace('⟦', '').replace('⟧', ''), start, end };
}

describe('each mistake is reported once, with its span and advice', () => {
  test.each(cases.map((c) => [c.code, c.line, c] as const))('%s: %s', (code, _, expected) => {
    const { text, start, end } = unmarked(expected.line);
    const { message, help } = expected;
    expect(diagnostics(text)).toEqual([
      { severity: 'error', code, message, span: { start, end }, ...(help ? { help } : {}) },
    ]);
    expect(positionAt({ file: '', text }, start)).toEqual({
      line: 2,
      column: start - prelude.length,
    });
  });
});

test('a program without outputs', () => {
  expect(diagnostics('input x: cipher;')).toEqual([
    {
      severity: 'error',
      code: 'no-output',
      message: 'the circuit has no output',
      span: { start: 0, end: 0 },
      help: 'name a result: output y = …;',
    },
  ]);
});

test.each([
  ['param step = 3; output y = step;', 'steps', 'did you mean -D step=…?'],
  ['param steps = 3; param rate = 1; output y = 1;', 'q', 'its params are steps, rate'],
  ['const n = 3; output y = n;', 'n', 'it has no params'],
])('a define without a param: %s', (text, name, help) => {
  expect(diagnostics(text, { [name]: '4' })).toEqual([
    {
      severity: 'error',
      code: 'unknown-param',
      message: `the circuit has no param '${name}' to define`,
      span: { start: 0, end: 0 },
      help,
    },
  ]);
});

test('every code that the checker can report is tested here', () => {
  const folder = new URL('../../src/check/', import.meta.url);
  const codes = readdirSync(folder).flatMap((file) => {
    const text = readFileSync(new URL(file, folder), 'utf8');
    return [...text.matchAll(/(?:(?:#error|refuse)\(\s*|code: )['`]([a-z-]+)['`]/g)].map((found) =>
      defined(found[1]),
    );
  });
  const tested = [
    ...['no-output', 'unknown-param', 'unknown-name', 'unknown-function', 'too-deep'],
    // test/check/files.test.ts
    ...['not-shared', 'file-too-large'],
    ...cases.map(({ code }) => code),
  ];
  expect(codes.length).toBeGreaterThan(30);
  expect([...new Set(codes)].filter((code) => !tested.includes(code))).toEqual([]);
});

test('functions of other languages have advice, unless they are functions of this one', () => {
  for (const [name, help] of FOREIGN_FUNCTIONS) {
    expect([...BUILTINS.keys(), LOAD]).not.toContain(name);
    const text = `input x: cipher; output y = ${name}(x);`;
    const found = diagnostics(text);
    expect(found.map((one) => [one.code, one.help])).toEqual([['unknown-function', help]]);
  }
});

test('all errors of a file are reported, in the order of the text', () => {
  const text = [
    'input x: cipher;',
    'let a = b;',
    'let c = 1 / x;',
    'let d = [1, 2][2];',
    'fn f(s) = s(1);',
    'output y = a + c + d;',
  ].join('\n');
  expect(diagnostics(text).map(({ code }) => code)).toEqual([
    'unknown-name',
    'division-by-cipher',
    'index-out-of-range',
    'not-a-function',
  ]);
});

test('the consequences of a mistake are not reported', () => {
  const text = 'input x: cipher; let a = 1 / x; let b = a[3] + [1, 2] @ a; output y = sum(b, 7);';
  expect(diagnostics(text).map(({ code }) => code)).toEqual(['division-by-cipher']);
});

test('a mistake in a loop or in a function that is called often is reported once', () => {
  const text =
    'input x: cipher; fn f(a) = 1 / a; for t in 0..5 { let b = f(x) + f(x); } output y = x;';
  expect(diagnostics(text).map(({ code }) => code)).toEqual(['division-by-cipher']);
});

test('names in text with syntax errors are reported, except those in dropped statements', () => {
  const text =
    'input x: cipher; let a = x +; var w = [1]; w = concat(w, 1 2); let b = a + w[1]; let c = dd; let e = 1/x;';
  const codes = diagnostics(text).map(({ code }) => code);
  expect(codes).toEqual([
    'expected-expression',
    expect.any(String),
    'unknown-name',
    'division-by-cipher',
  ]);
});
