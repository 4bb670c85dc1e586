import fc from 'fast-check';
import type { RandomProgram } from './programs.ts';

/** Returns the next number of a sequence, below a limit. */
type Pick = (limit: number) => number;
type Shape = readonly number[];

/** An expression with its shape and an upper bound of its total degree. */
interface Value {
  readonly text: string;
  readonly shape: Shape;
  readonly degree: number;
}

/** Limit on the total degree of any value. */
const MAX_DEGREE = 40;

/**
 * Generates programs over scalars, vectors, matrices and stacks of matrices, with every operation
 * that moves axes.
 */
export function randomMatrixProgram(size = 8): fc.Arbitrary<RandomProgram> {
  return fc
    .tuple(
      fc.tuple(
        fc.integer({ min: 1, max: 6 }),
        fc.integer({ min: 1, max: 6 }),
        fc.constantFrom(1, 2, 3),
      ),
      fc.array(fc.nat(2 ** 30), { minLength: 2, maxLength: size }),
    )
    .map(([extents, seeds]) => ({ text: programText(extents, seeds) }));
}

function programText(
  [n, m, k]: readonly [number, number, number],
  seeds: readonly number[],
): string {
  const values: Value[] = [
    { text: 'x', shape: [], degree: 1 },
    { text: 'u', shape: [n], degree: 1 },
    { text: 'v', shape: [m], degree: 1 },
    { text: 'A', shape: [n, m], degree: 1 },
    { text: 'B', shape: [m, n], degree: 1 },
    { text: 'S', shape: [n, n], degree: 1 },
    { text: 'T', shape: [k, n, m], degree: 1 },
    { text: 'P', shape: [n, m], degree: 0 },
    { text: 'c', shape: [n], degree: 0 },
  ];
  const lines = [
    ...values
      .filter(({ text }) => text !== 'c')
      .map(({ text, shape, degree }) => {
        const extents = shape.length > 0 ? `[${shape.join(', ')}]` : '';
        return `input ${text}: ${degree > 0 ? 'cipher' : 'plain'}${extents} within [-1, 1];`;
      }),
    `const c = [${Array.from({ length: n }, (_, i) => (i % 3) / 4 - 0.25).join(', ')}];`,
  ];
  for (const [i, seed] of seeds.entries()) {
    const value = randomValue(values, picker(seed));
    lines.push(`let s${i} = ${value.text};`);
    values.push({ ...value, text: `s${i}` });
  }
  const last = values.slice(-3);
  return `${[...lines, ...last.map(({ text }, i) => `output r${i} = ${text};`)].join('\n')}\n`;
}

/** Returns pseudo-random numbers, from the high bits of a linear congruential generator. */
function picker(seed: number): Pick {
  let state = seed;
  return (limit) => {
    state = (state * 1_103_515_245 + 12_345) % 2 ** 31;
    return Math.floor((state / 2 ** 31) * limit);
  };
}

/** Returns a random expression of values that fit; after 20 failures, the double of a value. */
function randomValue(values: readonly Value[], pick: Pick): Value {
  for (let attempt = 0; attempt < 20; attempt++) {
    const [a, b] = [choose(values, pick), choose(values, pick)];
    const value = (EXPRESSIONS[pick(EXPRESSIONS.length)] as Expression)(a, b, pick);
    if (value && value.degree <= MAX_DEGREE) return value;
  }
  const a = choose(values, pick);
  return { ...a, text: `${a.text} + ${a.text}` };
}

/** Returns one of the last values half of the time, so that programs are deep. */
function choose(values: readonly Value[], pick: Pick): Value {
  const back = pick(2) === 0 ? pick(Math.min(3, values.length)) : pick(values.length);
  return values[values.length - 1 - back] as Value;
}

/** Returns an expression of two values; undefined if they do not fit. */
type Expression = (a: Value, b: Value, pick: Pick) => Value | undefined;

const EXPRESSIONS: readonly Expression[] = [
  matrixProduct,
  matrixProduct,
  matrixProduct,
  (a, b) => matrixProduct(transposed(a), b),
  (a, b) => matrixProduct(a, transposed(b)),
  (a) => matrixProduct(transposed(a), a),
  (a) => (a.shape.length === 2 ? transposed(a) : undefined),
  (a, b) => elementwise('*', a, b),
  (a, b) => elementwise('+', a, b),
  (a, b) => elementwise('-', a, b),
  (a) => ({ ...a, text: `-${a.text}` }),
  (a) => ({ ...a, text: `0.5*${a.text}` }),
  (a) => (a.shape.length === 2 ? transposed({ ...a, text: `2*(0.25*${a.text})` }) : undefined),
  (a, _, pick) => {
    const exponent = 2 + pick(2);
    return { ...a, text: `${a.text}^${exponent}`, degree: exponent * a.degree };
  },
  (a) => ({ ...a, text: `(0.5 - 0.25*${a.text} + 0.125*${a.text}^3)`, degree: 3 * a.degree }),
  (a) => (a.shape.length > 0 ? { ...a, text: `sum(${a.text})`, shape: [] } : undefined),
  (a, _, pick) => {
    if (a.shape.length === 0) return undefined;
    const axis = pick(a.shape.length);
    const shape = a.shape.filter((_, other) => other !== axis);
    return { ...a, text: `sum(${a.text}, ${axis})`, shape };
  },
  (a, _, pick) => {
    if (a.shape.length === 0) return undefined;
    const index = pick(a.shape[0] as number);
    return { ...a, text: `${a.text}[${index}]`, shape: a.shape.slice(1) };
  },
  (a, _, pick) => {
    if (a.shape.length < 2) return undefined;
    const from = pick(a.shape[1] as number);
    const shape = a.shape.with(1, (a.shape[1] as number) - from);
    return { ...a, text: `${a.text}[0..${a.shape[0]}, ${from}..]`, shape };
  },
  (a, b) => {
    if (a.shape.length !== 1 || b.shape.length !== 1) return undefined;
    const shape = [...a.shape, ...b.shape];
    return { text: `outer(${a.text}, ${b.text})`, shape, degree: a.degree + b.degree };
  },
  (a, b) => {
    // A square of a product: the two factors must not share the index of their sums.
    const product = matrixProduct(a, b);
    return product && { ...product, text: `(${product.text})^2`, degree: 2 * product.degree };
  },
];

function transposed(a: Value): Value {
  return {
    ...a,
    text: `${a.text}.T`,
    shape: a.shape.length === 2 ? [...a.shape].reverse() : a.shape,
  };
}

function matrixProduct(a: Value, b: Value): Value | undefined {
  const [m, n] = [a.shape.length, b.shape.length];
  if (m === 0 || n === 0) return undefined;
  if (a.text.endsWith('.T') && m === 3) return undefined;
  if (b.text.endsWith('.T') && n === 3) return undefined;
  if (a.shape[m - 1] !== b.shape[Math.max(0, n - 2)]) return undefined;
  const batches = [a, b].flatMap(({ shape }) => (shape.length === 3 ? [shape[0] as number] : []));
  const batch = Math.max(...batches, 0);
  if (batches.some((extent) => extent !== batch && extent !== 1)) return undefined;
  const rows = m > 1 ? [a.shape[m - 2] as number] : [];
  const columns = n > 1 ? [b.shape[n - 1] as number] : [];
  const shape = [...(batches.length > 0 ? [batch] : []), ...rows, ...columns];
  return { text: `${a.text} @ ${b.text}`, shape, degree: a.degree + b.degree };
}

function elementwise(operator: '*' | '+' | '-', a: Value, b: Value): Value | undefined {
  const [wide, narrow] = a.shape.length >= b.shape.length ? [a.shape, b.shape] : [b.shape, a.shape];
  const tail = wide.slice(wide.length - narrow.length);
  if (tail.some((extent, axis) => extent !== narrow[axis])) return undefined;
  const degree = operator === '*' ? a.degree + b.degree : Math.max(a.degree, b.degree);
  return { text: `${a.text} ${operator} ${b.text}`, shape: wide, degree };
}
