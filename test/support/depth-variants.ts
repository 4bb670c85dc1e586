import type { DepthRow } from './depth-table.ts';

/**
 * Variants of the programs of the depth table, and similar programs. They have the same limits, for
 * the objective `depth`. The allowed depths follow from the degrees of the polynomials.
 */

const log2 = (n: number) => Math.ceil(Math.log2(n));

/** Returns a coefficient in (-1, 1), deterministic and never zero. */
const coefficient = (i: number) => (Math.sin(12.9898 * (i + 1)) * 0.9 + 0.001).toFixed(6);

const upTo = (n: number) => Array.from({ length: n + 1 }, (_, i) => i);

const list = (values: readonly (string | number)[]) => `[${values.join(', ')}]`;

const X = 'input x: cipher within [-1, 1];\n';

const coefficients = (d: number) => `const c = ${list(upTo(d).map(coefficient))};\n`;

/** Returns coefficients that are zero except for every `every`-th one from `first` on. */
const spaced = (d: number, first: number, every: number) =>
  list(upTo(d).map((i) => (i % every === first ? coefficient(i) : 0)));

/** Returns statements that evaluate a polynomial of x by Horner's rule. */
const horner = (d: number) =>
  `var s = c[${d}];\nfor i in 1..${d + 1} { s = s*x + c[${d} - i]; }\noutput s;\n`;

/** Multiplications for powers by halving, for baby and giant steps, and for combining them. */
const polynomialMuls = (d: number) => Math.floor(2 * Math.sqrt(d) + 2 * Math.log2(d) + 2);

/**
 * Multiplications for a polynomial of degree d in x whose exponents are equal modulo `step`: a
 * polynomial of degree ⌊d / step⌋ in x^step, times a power below x^step. Those two powers take at
 * most 2·(step - 1) multiplications, and combining them takes one.
 */
const spacedMuls = (d: number, step: number) =>
  polynomialMuls(Math.floor(d / step)) + 2 * (step - 1) + 1;

/** Programs for a polynomial of degree d, by name. All have the same limits as Horner's rule. */
const POLYNOMIALS: Record<string, (d: number) => string> = {
  'c[i] + x*s': (d) =>
    `${coefficients(d)}${X}var s = c[${d}];\nfor i in 1..${d + 1} { s = c[${d} - i] + x*s; }\noutput s;\n`,
  'powers in a loop': (d) =>
    `${coefficients(d)}${X}var s = c[0];\nvar p = 1;\nfor i in 1..${d + 1} { p = p*x; s = s + c[i]*p; }\noutput s;\n`,
  'powers in a loop, plain coefficients': (d) =>
    `input c: plain[${d + 1}] within [-1, 1];\n${X}var s = c[0];\nvar p = 1;\nfor i in 1..${d + 1} { p = p*x; s = s + c[i]*p; }\noutput s;\n`,
  'c0 + c1*x + c2*x^2 + …': (d) =>
    `${X}output s = ${upTo(d)
      .map((i) => `${coefficient(i)}*x^${i}`)
      .join(' + ')};\n`,
  'poly(x, c)': (d) => `${coefficients(d)}${X}output s = poly(x, c);\n`,
  'integer coefficients': (d) =>
    `const c = ${list(upTo(d).map((i) => ((i * 7) % 11) - 5 || 3))};\n${X}${horner(d)}`,
};

function polynomialRows(d: number): readonly DepthRow[] {
  const dense = Object.entries(POLYNOMIALS).map(([name, text]) => ({
    group: `a polynomial, ${name}`,
    size: d,
    text: text(d),
    depth: () => log2(d),
    muls: polynomialMuls(d),
  }));
  const spacedRows = [
    ['odd', d % 2 === 1 ? d : d - 1, 1, 2],
    ['even', d % 2 === 0 ? d : d - 1, 0, 2],
    ['every third coefficient', d - (d % 3), 0, 3],
  ] as const;
  return [
    ...dense,
    ...spacedRows.map(([name, degree, first, every]) => ({
      group: `a polynomial, ${name}`,
      size: degree,
      text: `${X}output s = poly(x, ${spaced(degree, first, every)});\n`,
      depth: () => log2(degree),
      muls: spacedMuls(degree, every),
    })),
    {
      group: 'a polynomial of a dot product',
      size: d,
      text: `${coefficients(d)}input u: cipher[8] within [-0.3, 0.3];\ninput v: cipher[8] within [-0.3, 0.3];\nlet x = dot(u, v);\n${horner(d)}`,
      // The dot product has degree 2.
      depth: () => log2(2 * d),
      muls: polynomialMuls(d) + 1,
    },
  ];
}

/** Returns a program with a recurrence on x over encrypted a, b and c, and maybe on y and z. */
const recurrence = (n: number, update: string, more = '', shape = '') =>
  [
    `input a: cipher[${n}] within [-0.5, 0.5];`,
    `input b: cipher[${n}${shape}] within [-0.3, 0.3];`,
    `input c: cipher[${n}] within [-0.2, 0.2];`,
    `input x0: cipher${shape.replace(', ', '[').replace(/(\d)$/, '$1]')} within [-1, 1];`,
    ...(more ? ['input y0: cipher within [-1, 1];', 'input z0: cipher within [-1, 1];'] : []),
    `${more}var x = x0;`,
    `for i in 0..${n} { ${update} }`,
    'output x;\n',
  ].join('\n');

/** Updates of recurrences whose results have degree n + 1. */
const AFFINE: Record<string, string> = {
  'x = b + x*a': 'x = b[i] + x*a[i];',
  'x = b - a*x': 'x = b[i] - a[i]*x;',
  'x = -(a*x) - b': 'x = -(a[i]*x) - b[i];',
  'x = a*(x - b)': 'x = a[i]*(x - b[i]);',
  'x = a*(b - x) + c': 'x = a[i]*(b[i] - x) + c[i];',
  'x = x + a*(b - x)': 'x = x + a[i]*(b[i] - x);',
  'x = a*x + (1 - a)*b': 'x = a[i]*x + (1 - a[i])*b[i];',
  'x = a*x + b*c': 'x = a[i]*x + b[i]*c[i];',
};

function recurrenceRows(n: number): readonly DepthRow[] {
  const row = (group: string, text: string, degree: number, above = 0) => ({
    group: `a recurrence, ${group}`,
    size: n,
    text,
    depth: () => log2(degree) + above,
  });
  const third = 'var y = y0;\nvar z = z0;\n';
  return [
    ...Object.entries(AFFINE).map(([name, update]) => row(name, recurrence(n, update), n + 1)),
    row('x = a*b*x + c', recurrence(n, 'x = a[i]*b[i]*x + c[i];'), 2 * n + 1),
    row('on vectors', recurrence(n, 'x = a[i]*x + b[i];', '', ', 4'), n + 1),
    row(
      'of third order',
      recurrence(n, 'let w = a[i]*x + b[i]*y + c[i]*z; z = y; y = x; x = w;', third),
      n + 1,
      1,
    ),
    row(
      'two in one loop, and their product',
      `${recurrence(n, 'x = a[i]*x + b[i]; y = b[i]*y - c[i];', third)}output y;\noutput p = x*y;\n`,
      2 * n + 2,
    ),
    row(
      'two that depend on each other',
      recurrence(n, 'let w = a[i]*x + b[i]*y; y = b[i]*x - c[i]*y; x = w;', third),
      n + 1,
      1,
    ),
    row(
      'and the sum of its values',
      recurrence(n, 'x = a[i]*x + b[i]; y = y + x;', third).replace('output x', 'output y'),
      n + 1,
    ),
  ];
}

/** Returns a row for an iteration x = update. It allows a depth of one above the bound. */
function iteration(
  group: string,
  k: number,
  inputs: string,
  start: string,
  update: string,
): DepthRow {
  return {
    group,
    size: k,
    text: `${inputs}var x = ${start};\nfor i in 0..${k} { x = ${update}; }\noutput x;\n`,
    depth: (bound) => bound + 1,
  };
}

const A = 'input a: cipher within [0.5, 1.5];\n';
const LOGISTIC = 'input r: cipher within [2, 4];\ninput x0: cipher within [0, 1];\n';

function iterationRows(k: number): readonly DepthRow[] {
  const newton = (name: string, inputs: string, start: string, update = 'x*(2 - a*x)') =>
    iteration(`Newton's inverse, ${name}`, k, inputs, start, update);
  const logistic = (update: string) =>
    iteration(`logistic map, ${update}`, k, LOGISTIC, 'x0', update);
  return [
    newton('plain start', `${A}input y: plain within [0.5, 1];\n`, 'y'),
    newton('encrypted start', `${A}input y: cipher within [0.5, 1];\n`, 'y'),
    newton('2*x - a*x*x', A, '1', '2*x - a*x*x'),
    newton('x + x*(1 - a*x)', A, '1', 'x + x*(1 - a*x)'),
    logistic('r*(x - x*x)'),
    logistic('r*x - r*x*x'),
    logistic('x*(1 - x)*r'),
  ];
}

/** Returns rows for logistic regression on one feature, written with vectors. */
function regressionRows(k: number): readonly DepthRow[] {
  const updates = { 'dot(X, g(X*w))': 'dot(X, g(X*w))', 'sum(X*g(X*w))': 'sum(X*g(X*w))' };
  return Object.entries(updates).map(([name, update]) => ({
    group: `logistic regression on one feature, ${name}`,
    size: k,
    text: `input X: cipher[8] within [-1, 1];\ninput w0: cipher within [-1, 1];\nfn g(x) = 0.5 - 0.15012*x + 0.001593*x^3;\nvar w = w0;\nfor t in 0..${k} { w = w + 0.1*${update}; }\noutput w;\n`,
    depth: () => 2 * k + 1,
  }));
}

/** All variants, at sizes that compile quickly. */
export const VARIANT_ROWS: readonly DepthRow[] = [
  ...[5, 8, 15, 16, 31, 33, 64].flatMap(polynomialRows),
  ...[3, 8, 15, 16, 31].flatMap(recurrenceRows),
  ...[1, 2, 3, 4, 5, 6].flatMap(iterationRows),
  ...[1, 2, 3, 4].flatMap(regressionRows),
];
