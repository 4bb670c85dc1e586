import fc from 'fast-check';

/** A random program of typical constructs: loops, recurrences, polynomials, functions, sharing. */
export interface Computation {
  readonly text: string;
}

/** Returns the next number of a sequence, below a limit. */
type Pick = (limit: number) => number;

/** A scalar of the program, with an upper bound of its total degree. */
interface Value {
  readonly name: string;
  readonly degree: number;
}

/** An unfinished program, to which statements are added. */
interface Draft {
  readonly pick: Pick;
  /** Length of the vectors, and of the loops over them. */
  readonly n: number;
  readonly values: Value[];
  readonly lines: string[];
}

/** Limit on the total degree of any value; nested Newton iterations would exceed it soon. */
const MAX_DEGREE = 300;
/**
 * Numbers of statements and lengths of loops. Most programs are small; the largest have about 2,000
 * operations.
 */
const SIZES = [
  { weight: 40, statements: 5, lengths: [2, 3, 4, 5, 7, 8] },
  { weight: 8, statements: 8, lengths: [9, 12, 16, 20] },
  { weight: 1, statements: 8, lengths: [31, 48, 64, 100, 150] },
] as const;

/**
 * Generates programs over scalars, elements of vectors and plain inputs, with up to about 2,000
 * operations after unrolling.
 */
export function randomComputation(): fc.Arbitrary<Computation> {
  return fc.oneof(
    ...SIZES.map(({ weight, statements, lengths }) => ({
      weight,
      arbitrary: fc
        .tuple(
          fc.constantFrom(...lengths),
          fc.array(fc.nat(2 ** 30), { minLength: 1, maxLength: statements }),
        )
        .map(([n, seeds]) => ({ text: computation(n, seeds) })),
    })),
  );
}

function computation(n: number, seeds: readonly number[]): string {
  const values: Value[] = [
    { name: 'x', degree: 1 },
    { name: 'y', degree: 1 },
    { name: 'a[0]', degree: 1 },
    { name: 'p', degree: 0 },
  ];
  const lines = [
    'input x: cipher within [-1, 1];',
    'input y: cipher within [-1, 1];',
    'input p: plain within [0.5, 1];',
    `input a: cipher[${n}] within [-0.9, 0.9];`,
    `input b: cipher[${n}] within [-0.1, 0.1];`,
    `input q: plain[${n}] within [0.5, 1];`,
    `const c = [${Array.from({ length: n }, (_, i) => ((i * 7) % 11) / 8 - 0.6).join(', ')}];`,
    'fn affine(u, v) = 0.5*u - v + 0.25;',
    'fn late(u, v, w) = u*(v + w*w) - v;',
    `fn horner(u) { var s = c[0]; for j in 1..${n} { s = s*u + c[j]; } return s; }`,
  ];
  seeds.forEach((seed, i) => {
    addStatement(`s${i}`, { pick: picker(seed), n, values, lines });
  });
  const last = values.at(-1) as Value;
  lines.push(`output r = ${last.name};`, `output t = ${last.name} + ${values.at(-2)?.name}*x;`);
  return `${lines.join('\n')}\n`;
}

/** Returns pseudo-random numbers, from the high bits of a linear congruential generator. */
function picker(seed: number): Pick {
  let state = seed;
  return (limit) => {
    state = (state * 1_103_515_245 + 12_345) % 2 ** 31;
    return Math.floor((state / 2 ** 31) * limit);
  };
}

/** Adds a random statement that defines a value, or a sum if its degree would be too high. */
function addStatement(name: string, draft: Draft): void {
  const { pick, lines, values } = draft;
  const writers = [...SUMS, ...PRODUCTS, ...LOOPS];
  const [text, degree] = (writers[pick(writers.length)] as StatementWriter)(name, draft);
  const [simple, low] = (SUMS[pick(SUMS.length)] as StatementWriter)(name, draft);
  const isLow = degree <= MAX_DEGREE;
  lines.push(isLow ? text : simple);
  values.push({ name, degree: isLow ? degree : low });
}

/** Writes a statement that defines a value, and returns it with the degree of the value. */
type StatementWriter = (name: string, draft: Draft) => readonly [text: string, degree: number];

/** Returns one of the last values most of the time, so that programs are deep. */
function choose({ pick, values }: Draft): Value {
  const back = pick(2) === 0 ? pick(Math.min(2, values.length)) : pick(values.length);
  return values[values.length - 1 - back] as Value;
}

const SUMS: readonly StatementWriter[] = [
  (name, draft) => {
    const [u, v] = [choose(draft), choose(draft)];
    return [`let ${name} = ${u.name} - ${v.name} + x;`, Math.max(u.degree, v.degree, 1)];
  },
  (name, draft) => {
    const [u, v] = [choose(draft), choose(draft)];
    return [`let ${name} = affine(${u.name}, ${v.name}*p);`, Math.max(u.degree, v.degree)];
  },
];

const PRODUCTS: readonly StatementWriter[] = [
  (name, draft) => {
    const [u, v] = [choose(draft), choose(draft)];
    return [`let ${name} = ${u.name}*${v.name};`, u.degree + v.degree];
  },
  (name, draft) => {
    const [u, v, w] = [choose(draft), choose(draft), choose(draft)];
    const degree = u.degree + Math.max(v.degree, 2 * w.degree);
    return [`let ${name} = late(${u.name}, ${v.name}, ${w.name});`, degree];
  },
  (name, draft) => {
    // A value that is used three times.
    const [u, v] = [choose(draft), choose(draft)];
    const degree = 3 * Math.max(u.degree, v.degree);
    return [
      `let t${name} = ${u.name} + ${v.name}; let ${name} = t${name}*t${name}*x + t${name}*y;`,
      Math.max(degree, 1) + 1,
    ];
  },
  (name, draft) => {
    const u = choose(draft);
    const exponent = 2 + draft.pick(7);
    return [`let ${name} = ${u.name}^${exponent} - y;`, exponent * u.degree + 1];
  },
  (name, draft) => {
    const u = choose(draft);
    return [`let ${name} = poly(${u.name}, [0.5, -0.25, 0, 0.125, 1]);`, 4 * u.degree];
  },
];

const LOOPS: readonly StatementWriter[] = [
  (name, { n }) => {
    // A sum of products.
    const text = `var ${name} = 0; for i in 0..${n} { ${name} = ${name} + a[i]*b[${n - 1} - i]*q[i]; }`;
    return [text, 2];
  },
  (name, draft) => {
    // A sum of polynomials.
    const u = choose(draft);
    const text = `var ${name} = x; for i in 0..${draft.n} { ${name} = ${name} + a[i]*(0.5 - a[i]*${u.name}); }`;
    return [text, u.degree + 2];
  },
  (name, draft) => {
    const u = choose(draft);
    const updates = [
      `a[i]*${name} + b[i]`,
      `b[i] - ${name}*a[i]`,
      `a[i]*(${name} - q[i])`,
      `${name} + a[i]*(b[i] - ${name})`,
      `c[i]*${name} + a[i]*b[i]`,
    ];
    const update = updates[draft.pick(updates.length)];
    const text = `var ${name} = ${u.name}; for i in 0..${draft.n} { ${name} = ${update}; }`;
    return [text, u.degree + 2 * draft.n];
  },
  (name, draft) => {
    // A recurrence of second order.
    const u = choose(draft);
    const text =
      `var l${name} = y; var ${name} = ${u.name}; ` +
      `for i in 0..${draft.n} { let n = a[i]*${name} + b[i]*l${name}; l${name} = ${name}; ${name} = n; }`;
    return [text, Math.max(u.degree, 1) + draft.n];
  },
  (name, draft) => {
    const u = choose(draft);
    return [`let ${name} = horner(${u.name});`, u.degree * draft.n];
  },
  (name, draft) => {
    const u = choose(draft);
    const text = `var ${name} = 1; for i in 0..${draft.n} { ${name} = ${name}*(${u.name} + c[i]); }`;
    return [text, u.degree * draft.n];
  },
  (name, draft) => {
    const u = choose(draft);
    const k = 1 + draft.pick(4);
    const text = `var ${name} = 1; for i in 0..${k} { ${name} = ${name}*(2 - ${u.name}*${name}); }`;
    return [text, u.degree * (2 ** k - 1)];
  },
  (name, draft) => {
    // The logistic map: degree d becomes 2·d + 1.
    const u = choose(draft);
    const k = 1 + draft.pick(4);
    const text = `var ${name} = ${u.name}; for i in 0..${k} { ${name} = y*${name}*(1 - ${name}); }`;
    return [text, 2 ** k * (u.degree + 1)];
  },
];
