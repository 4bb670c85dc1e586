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

export const BUILTIN_NAMES: ReadonlySet<string> = new Set(Object.keys(BUILTINS));
