const APPROXIMATE = 'approximate it on the range of its argument: poly(x, coefficients)';

/** Advice on what to write instead of functions of other languages, by their name. */
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
