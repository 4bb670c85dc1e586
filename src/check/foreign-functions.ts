const APPROXIMATE = 'approximate it on the range of its argument: poly(x, coefficients)';
const STATISTICS = 'write include "std/statistics"; which has the variance';
const COMPARE = 'it compares: let the client do it after decryption';
const SELECT =
  'of constants write if c { … } else { … }; of others c*a + (1 - c)*b where c is 0 or 1';

/** Advice on what to write instead of functions of other languages, by their name. */
export const FOREIGN_FUNCTIONS: ReadonlyMap<string, string> = new Map([
  ['pow', 'write x^2; exponents are constant integers'],
  ['square', 'write x^2 or x*x'],
  ['avg', 'write mean(x)'],
  ['average', 'write mean(x)'],
  ['matmul', 'write A @ B'],
  ['inner', 'write dot(u, v)'],
  ['einsum', 'write A @ B, outer(u, v), or sum(x*y, axis)'],
  ['prod', 'multiply in a loop: var p = 1; for i in 0..n { p *= x[i]; }'],
  ['cumprod', 'multiply in a loop: for i in 1..n { v[i] *= v[i - 1]; }'],
  ['shift', 'write rotate(x, k), or slices and concat'],
  ['roll', 'write rotate(x, k)'],
  ['append', 'write concat(a, b)'],
  ['concatenate', 'write concat(a, b)'],
  ['hstack', 'write concat(a, b)'],
  ['vstack', 'write concat(a, b), or [u, v] of vectors'],
  ['stack', 'write [a, b]'],
  ['range', 'write for i in 0..n { … }'],
  ['arange', 'write var v = zeros(n); for i in 0..n { v[i] = i; }'],
  ['full', 'write a*ones(m, n)'],
  ['identity', 'write eye(n)'],
  ['print', 'write output name = …;'],
  ['size', 'write len(x), shape(x, axis), or len(flatten(x))'],
  ['length', 'write len(x)'],
  ['ravel', 'write flatten(x)'],
  ['squeeze', 'write x[0], or reshape(x, m, …)'],
  ['unsqueeze', 'write [x], or reshape(x, m, …)'],
  ['expand_dims', 'write [x], or reshape(x, m, …)'],
  ['permute', 'write transpose(x, axis, …)'],
  ['swapaxes', 'write transpose(x, axis, …)'],
  ['flip', 'pick in a loop: for i in 0..n { w[i] = v[n - 1 - i]; }'],
  ['det', 'of a small matrix write its formula: M[0, 0]*M[1, 1] - M[0, 1]*M[1, 0]'],
  ['inv', 'write include "std/solve"; which has an inverse by the iteration of Newton and Schulz'],
  ['solve', 'write include "std/solve"; which solves by the iteration of Newton and Schulz'],
  ['norm', 'write dot(v, v) for its square; approximate the root by poly(x, coefficients)'],
  ['import', 'write include "file.circ"; or load("file.npy")'],
  ['open', 'write load("file.npy")'],
  ['where', SELECT],
  ['select', SELECT],
  ['ifelse', SELECT],
  ['softmax', 'it divides: let the client do it after decryption, or leave it out'],
  ...['std', 'variance', 'stddev'].map((name) => [name, STATISTICS] as const),
  ...['argmax', 'argmin', 'argsort', 'sort', 'median', 'clip', 'clamp'].map(
    (name) => [name, COMPARE] as const,
  ),
  ...[
    ...['sigmoid', 'tanh', 'relu', 'softplus', 'gelu', 'silu', 'sin', 'cos', 'tan', 'erf'],
    ...['sign', 'round', 'ceil', 'rsqrt', 'log2', 'log10'],
  ].map((name) => [name, APPROXIMATE] as const),
]);
