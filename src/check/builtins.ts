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

export const BUILTIN_NAMES: ReadonlySet<string> = new Set(Object.keys(BUILTINS));
