/** The names that a program may call without declaring them; users may shadow them. */
export const BUILTINS = {
  sum: 'sum(x) or sum(x, axis)',
  dot: 'dot(u, v)',
  outer: 'outer(u, v)',
  poly: 'poly(x, coefficients), lowest first',
  rotate: 'rotate(x, steps)',
  concat: 'concat(a, b, …)',
  zeros: 'zeros(m, …)',
  ones: 'ones(m, …)',
  eye: 'eye(n)',
  sqrt: 'sqrt(x) of a constant',
  exp: 'exp(x) of a constant',
  log: 'log(x) of a constant',
  abs: 'abs(x) of a constant',
  min: 'min(a, b, …) of constants',
  max: 'max(a, b, …) of constants',
  floor: 'floor(x) of a constant',
} as const;

/** Name of a built-in function. */
export type Builtin = keyof typeof BUILTINS;

/** The least and the largest number of arguments that each takes. */
export const ARITY: Readonly<Record<Builtin, readonly [least: number, most: number]>> = {
  sum: [1, 2],
  dot: [2, 2],
  outer: [2, 2],
  poly: [2, 2],
  rotate: [2, 2],
  concat: [1, Number.POSITIVE_INFINITY],
  zeros: [1, 3],
  ones: [1, 3],
  eye: [1, 1],
  sqrt: [1, 1],
  exp: [1, 1],
  log: [1, 1],
  abs: [1, 1],
  min: [1, Number.POSITIVE_INFINITY],
  max: [1, Number.POSITIVE_INFINITY],
  floor: [1, 1],
};

/** The same names as a set. */
export const BUILTIN_NAMES: ReadonlySet<string> = new Set(Object.keys(BUILTINS));

const APPROXIMATE = 'approximate it on the range of its argument: poly(x, coefficients)';

/** What to write for functions that other languages have. */
export const FOREIGN_FUNCTIONS: ReadonlyMap<string, string> = new Map([
  ['pow', 'write x^2; exponents are constant integers'],
  ['square', 'write x^2 or x*x'],
  ['mean', 'write sum(x)/n, with the length n as a param'],
  ['avg', 'write sum(x)/n, with the length n as a param'],
  ['transpose', 'write M.T'],
  ['matmul', 'write A @ B'],
  ['inner', 'write dot(u, v)'],
  ['prod', 'multiply in a loop: var p = 1; for i in 0..n { p = p*x[i]; }'],
  ['shift', 'write rotate(x, k), or slices and concat'],
  ['roll', 'write rotate(x, k)'],
  ['append', 'write concat(a, b)'],
  ['range', 'write for i in 0..n { … }'],
  ['print', 'write output name = …;'],
  ...[
    'sigmoid',
    'tanh',
    'relu',
    'softmax',
    'softplus',
    'gelu',
    'sin',
    'cos',
    'tan',
    'erf',
    'sign',
  ].map((name): [string, string] => [name, APPROXIMATE]),
]);
