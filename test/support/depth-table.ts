/**
 * A program whose depth -O3 guarantees, written for readability and without regard to depth, with
 * limits for -O3. Tests check the limits, benchmarks evaluate the programs encrypted, and the table
 * of docs/optimizer.md shows their figures.
 */
export interface DepthRow {
  /** The group of programs that the documentation shows in one line. */
  readonly group: string;
  readonly size: number;
  readonly text: string;
  /** Returns the largest allowed depth, given the proven bound. */
  depth(bound: number): number;
  /** Limit on ciphertext multiplications. */
  readonly muls?: number;
}

/** Returns a coefficient in (-1, 1) that looks random but is deterministic, never zero. */
function coefficient(i: number): string {
  return (Math.sin(12.9898 * (i + 1)) * 0.9 + 0.001).toFixed(6);
}

function range(from: number, to: number): readonly number[] {
  return Array.from({ length: to - from + 1 }, (_, i) => from + i);
}

const log2 = (n: number) => Math.ceil(Math.log2(n));

/** An input with a small range, so that all programs can be evaluated encrypted. */
const X = 'input x: cipher within [-1, 1];\n';

/** Returns a program that evaluates a polynomial by Horner's rule in a loop. */
function horner(degree: number, secrecy: 'const' | 'plain'): string {
  const values = range(0, degree).map(coefficient).join(', ');
  const c =
    secrecy === 'const'
      ? `const c = [${values}];\n`
      : `input c: plain[${degree + 1}] within [-1, 1];\n`;
  return `${c}${X}var s = c[${degree}];\nfor i in 1..${degree + 1} { s = s*x + c[${degree} - i]; }\noutput s;\n`;
}

const polynomialMuls = (d: number) => Math.floor(2 * Math.sqrt(d) + 2 * Math.log2(d) + 2);

function threePolynomials(): string {
  const rows = [0, 16, 32].map(
    (from) =>
      `[${range(from, from + 15)
        .map(coefficient)
        .join(', ')}]`,
  );
  return `const c = [${rows.join(',\n  ')}];\n${X}for_each`.replace(
    'for_each',
    rows.map((_, i) => `output p${i} = poly(x, c[${i}]);\n`).join(''),
  );
}

/** Returns a program for a determinant by expansion along the first row, one function a minor. */
function determinant(n: number): string {
  const entry = (row: number, column: number) => `M[${row}, ${column}]`;
  const functions: string[] = [];
  const name = (columns: readonly number[]) => `det_${columns.join('_')}`;
  const seen = new Set<string>();
  const define = (columns: readonly number[]): void => {
    if (seen.has(name(columns))) return;
    seen.add(name(columns));
    const row = n - columns.length;
    if (columns.length === 1) {
      functions.push(`fn ${name(columns)}() = ${entry(row, columns[0] as number)};`);
      return;
    }
    const terms = columns.map((column, i) => {
      const rest = columns.filter((other) => other !== column);
      define(rest);
      return `${i === 0 ? '' : i % 2 === 1 ? ' - ' : ' + '}${entry(row, column)}*${name(rest)}()`;
    });
    functions.push(`fn ${name(columns)}() = ${terms.join('')};`);
  };
  const all = range(0, n - 1);
  define(all);
  return `input M: cipher[${n}, ${n}] within [-1, 1];\n${functions.join('\n')}\noutput d = ${name(all)}();\n`;
}

/** Every program of the table. */
export const DEPTH_ROWS: readonly DepthRow[] = [
  ...range(2, 256).flatMap((d) =>
    (['const', 'plain'] as const).map((secrecy) => ({
      group: `Horner's rule in a loop, ${secrecy === 'const' ? 'constant' : 'plain'} coefficients`,
      size: d,
      text: horner(d, secrecy),
      depth: () => log2(d),
      muls: polynomialMuls(d),
    })),
  ),
  {
    group: 'three polynomials of degree 15 of one x',
    size: 15,
    text: threePolynomials(),
    depth: () => 4,
    muls: 14,
  },
  ...range(1, 8).map((k) => ({
    group: "Newton's inverse, k iterations",
    size: k,
    text: `param k = ${k};\ninput a: cipher within [0.5, 1.5];\nvar y = 1;\nfor i in 0..k { y = y*(2 - a*y); }\noutput y;\n`,
    depth: (bound: number) => bound + 1,
    muls: 2 * k + 2,
  })),
  ...range(1, 4).map((k) => ({
    group: "Newton's inverse square root, k iterations, the stable variant",
    size: k,
    text: `param k = ${k};\ninput a: cipher within [0.5, 1.5];\nvar y = 1;\nfor i in 0..k { y = y + 0.5*y*(1 - a*y*y); }\noutput y;\n`,
    depth: (bound: number) => bound + 1,
  })),
  ...[8, 16, 32, 64, 100, 128, 256, 512].map((n) => ({
    group: 'x = a[i]*x + b[i], n iterations',
    size: n,
    text: `param n = ${n};\ninput a: cipher[n] within [-0.9, 0.9];\ninput b: cipher[n] within [-0.1, 0.1];\ninput x0: cipher within [-1, 1];\nvar x = x0;\nfor i in 0..n { x = a[i]*x + b[i]; }\noutput x;\n`,
    depth: () => log2(n + 1),
    muls: 3 * n,
  })),
  {
    group: "x = a[i]*x + b[i]*x', n iterations",
    size: 64,
    text: `param n = 64;\ninput a: cipher[n] within [-0.5, 0.5];\ninput b: cipher[n] within [-0.4, 0.4];\ninput x0: cipher within [-1, 1];\ninput x1: cipher within [-1, 1];\nvar last = x0;\nvar x = x1;\nfor i in 0..n { let next = a[i]*x + b[i]*last; last = x; x = next; }\noutput x;\n`,
    depth: () => 8,
  },
  ...range(1, 8).map((k) => ({
    group: 'logistic map, k iterations, r encrypted',
    size: k,
    text: `param k = ${k};\ninput r: cipher within [2, 4];\ninput x0: cipher within [0, 1];\nvar x = x0;\nfor i in 0..k { x = r*x*(1 - x); }\noutput x;\n`,
    depth: (bound: number) => bound + 1,
  })),
  {
    group: 'factors at depths 3, 0, 0, 0',
    size: 4,
    text: `input a: cipher within [-1, 1];\ninput x: cipher within [-1, 1];\ninput y: cipher within [-1, 1];\ninput z: cipher within [-1, 1];\nlet late = (a^4 + x)*(a^4 + y) + 1;\nlet p = late*x;\noutput r = p*y*z;\noutput s = p;\n`,
    depth: () => 4,
  },
  {
    group: 's = s*x - 1, eight times, from 1',
    size: 8,
    text: `${X}var s = 1;\nfor i in 0..8 { s = s*x - 1; }\noutput s;\n`,
    depth: () => 3,
  },
  ...[8, 16, 32].map((n) => ({
    group: 'product of n inputs in a loop',
    size: n,
    text: `param n = ${n};\ninput x: cipher[n] within [-1, 1];\nvar p = x[0];\nfor i in 1..n { p = p*x[i]; }\noutput p;\n`,
    depth: () => log2(n),
    muls: n - 1,
  })),
  ...range(3, 6).map((n) => ({
    group: 'determinant by expansion along the first row',
    size: n,
    text: determinant(n),
    depth: (bound: number) => bound + 1,
  })),
  ...[16, 64].map((n) => ({
    group: 'all prefix products of n inputs',
    size: n,
    text: `param n = ${n};\ninput x: cipher[n] within [-1, 1];\nvar p = x[0];\nvar all = [x[0]];\nfor i in 1..n { p = p*x[i]; all = concat(all, [p]); }\noutput all;\n`,
    depth: (bound: number) => bound + 1,
  })),
  ...[7, 16, 31, 100].map((d) => ({
    group: "Horner's rule in a loop in a function in a loop, on vectors",
    size: d,
    text: `const c = [${range(0, d).map(coefficient).join(', ')}];\ninput x: cipher[4] within [-1, 1];\nfn p(x) { var s = c[${d}]; for i in 1..${d + 1} { s = s*x + c[${d} - i]; } return s; }\nvar total = 0;\nfor j in 0..2 { total = total + (j + 1)*p(x); }\noutput total;\n`,
    depth: () => log2(d),
    muls: polynomialMuls(d),
  })),
  ...range(1, 6).map((k) => ({
    group: 'logistic regression on one feature and 8 samples, k iterations',
    size: k,
    text: `param k = ${k};\nparam n = 8;\ninput X: cipher[n] within [-1, 1];\ninput w0: cipher within [-1, 1];\nfn g(x) = 0.5 - 0.15012*x + 0.001593*x^3;\nvar w = w0;\nfor t in 0..k {\n  var s = 0;\n  for i in 0..n { s = s + X[i]*g(X[i]*w); }\n  w = w + 0.1*s;\n}\noutput w;\n`,
    depth: () => 2 * k + 1,
  })),
  ...range(1, 6).map((k) => ({
    group: 'logistic regression on one feature and one sample, k iterations',
    size: k,
    text: `param k = ${k};\ninput x: cipher within [-1, 1];\ninput y: cipher within [-1, 1];\ninput w0: cipher within [-1, 1];\nconst c = [0.5, 0.15012, -0.001593];\nfn sigmoid(z) = c[0] + c[1]*z + c[2]*z^3;\nvar w = w0;\nfor t in 0..k { w = w + 0.1*x*(y - sigmoid(w*x)); }\noutput w;\n`,
    depth: () => 2 * k + 1,
    // x², x⁴ and x*y, and 4 for each iteration: w², and 3 products with coefficients of w and w³.
    muls: 4 * k + 3,
  })),
];
