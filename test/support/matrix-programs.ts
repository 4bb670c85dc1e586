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
/** Limit on the elements of values that are larger than their operands. */
const MAX_SIZE = 600;

/**
 * Generates programs over scalars, vectors, matrices and stacks of matrices, with every operation
 * that moves axes or elements, and with assigned parts.
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
    { text: 'R', shape: [2, k, m, n], degree: 1 },
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
    const pick = picker(seed);
    const name = `s${i}`;
    const value = pick(5) === 0 ? assigned(name, values, pick, lines) : randomValue(values, pick);
    if (value.text !== name) lines.push(`let ${name} = ${value.text};`);
    values.push({ ...value, text: name });
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

/** Writes a var of which one part after the other is assigned. */
function assigned(name: string, values: readonly Value[], pick: Pick, lines: string[]): Value {
  const base = choose(values, pick);
  let { degree } = base;
  lines.push(`var ${name} = ${base.text};`);
  for (let count = 1 + pick(3); count > 0 && base.shape.length > 0; count--) {
    const parts = base.shape.map((extent) => randomPart(extent, pick));
    const shape = parts.flatMap(({ extent }) => extent);
    const fitting = values.filter((value) => {
      const [narrow, wide] = [value.shape, shape.slice(shape.length - value.shape.length)];
      return narrow.length <= shape.length && narrow.every((n, axis) => n === wide[axis]);
    });
    const part = choose(fitting, pick);
    const operator = ['', '', '+', '-', '*'][pick(5)] as string;
    const product = operator === '*' ? degree + part.degree : Math.max(degree, part.degree);
    if (product > MAX_DEGREE) continue;
    degree = product;
    const text = `${name}[${parts.map((one) => one.text).join(', ')}]`;
    lines.push(`${text} ${operator}= ${part.text};`);
    if (pick(3) === 0) lines.push(`let ${name}_${count} = ${text};`);
  }
  return { text: name, shape: base.shape, degree };
}

/** Returns an index or a slice of an axis, and the extents that it keeps. */
function randomPart(extent: number, pick: Pick): { text: string; extent: readonly number[] } {
  const kind = pick(4);
  if (kind === 0) return { text: '..', extent: [extent] };
  const from = pick(extent);
  if (kind === 1) return { text: `${from}`, extent: [] };
  const to = from + 1 + pick(extent - from);
  const step = kind === 2 ? 1 : 1 + pick(3);
  const text = `${from}..${to}${step > 1 ? `..${step}` : ''}`;
  return { text, extent: [Math.ceil((to - from) / step)] };
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
  (a, _, pick) => {
    if (a.shape.length === 0) return undefined;
    const parts = a.shape.map((extent) => randomPart(extent, pick));
    const shape = parts.flatMap(({ extent }) => extent);
    return { ...a, text: `${a.text}[${parts.map(({ text }) => text).join(', ')}]`, shape };
  },
  (a, _, pick) => reshaped(a, pick),
  (a, _, pick) => reshaped(a, pick),
  (a) => ({ ...a, text: `flatten(${a.text})`, shape: [sizeOf(a.shape)] }),
  (a, _, pick) => {
    const order = a.shape.map((_, axis) => axis);
    for (let axis = order.length - 1; axis > 0; axis--) {
      const other = pick(axis + 1);
      [order[axis], order[other]] = [order[other] as number, order[axis] as number];
    }
    const shape = order.map((axis) => a.shape[axis] as number);
    const text = order.length > 0 ? `transpose(${a.text}, ${order.join(', ')})` : a.text;
    return { ...a, text, shape };
  },
  (a) => ({ ...a, text: `mean(${a.text})`, shape: [] }),
  (a, _, pick) => {
    if (a.shape.length === 0) return undefined;
    const axis = pick(a.shape.length);
    return { ...a, text: `mean(${a.text}, ${axis})`, shape: a.shape.toSpliced(axis, 1) };
  },
  (a) => (a.shape.length === 2 ? { ...a, text: `trace(${a.text})`, shape: [] } : undefined),
  (a) => {
    const [n = 0, m = 0] = a.shape;
    if (a.shape.length === 1) return { ...a, text: `diag(${a.text})`, shape: [n, n] };
    if (a.shape.length !== 2) return undefined;
    return { ...a, text: `diag(${a.text})`, shape: [Math.min(n, m)] };
  },
  (a) => (a.shape.length === 1 ? { ...a, text: `0.5*cumsum(${a.text})` } : undefined),
  (a, b) => {
    const rank = Math.max(a.shape.length, b.shape.length);
    if (rank > 2 || sizeOf(a.shape) * sizeOf(b.shape) > MAX_SIZE) return undefined;
    const padded = ({ shape }: Value) => [...Array(rank - shape.length).fill(1), ...shape];
    const shape = padded(a).map((extent: number, axis) => extent * (padded(b)[axis] as number));
    return { text: `kron(${a.text}, ${b.text})`, shape, degree: a.degree + b.degree };
  },
  convolution,
  convolution,
  (a, _, pick) => {
    if (a.shape.length < 2) return undefined;
    const [size, stride] = [1 + pick(2), 1 + pick(3)];
    const plane = a.shape.slice(-2).map((extent) => Math.floor((extent - size) / stride) + 1);
    if (plane.some((extent) => extent < 1)) return undefined;
    const shape = [...a.shape.slice(0, -2), ...plane];
    return { ...a, text: `avgpool(${a.text}, ${size}, ${stride})`, shape };
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

function sizeOf(shape: Shape): number {
  return shape.reduce((size, extent) => size * extent, 1);
}

/** Returns the elements in another shape. */
function reshaped(a: Value, pick: Pick): Value {
  const shape: number[] = [];
  let rest = sizeOf(a.shape);
  while (shape.length < 3 && pick(3) > 0) {
    const divisors = Array.from({ length: rest }, (_, i) => i + 1).filter((d) => rest % d === 0);
    const extent = divisors[pick(divisors.length)] as number;
    shape.push(extent);
    rest /= extent;
  }
  shape.push(rest);
  return { ...a, text: `reshape(${a.text}, ${shape.join(', ')})`, shape };
}

/** Returns a convolution with a matrix, with a constant, or with kernels of several channels. */
function convolution(a: Value, b: Value, pick: Pick): Value | undefined {
  const [height = 0, width = 0] = a.shape.slice(-2);
  const [stride, padding] = [1 + pick(2), pick(2)];
  const channels = a.shape.length === 3 ? a.shape.slice(0, 1) : [];
  if (a.shape.length !== 2 && a.shape.length !== 3) return undefined;
  const isOwn = b.shape.length === 2 && channels.length === 0;
  const outputs = channels.length > 0 ? [1 + pick(2)] : [];
  const kernel = isOwn ? b.shape : [1 + pick(2), 1 + pick(2)];
  const [rows = 0, columns = 0] = kernel;
  const plane = [height + 2 * padding - rows, width + 2 * padding - columns].map(
    (extent) => Math.floor(extent / stride) + 1,
  );
  const shape = [...outputs, ...plane];
  if (plane.some((extent) => extent < 1) || sizeOf(shape) > MAX_SIZE) return undefined;
  const weights = sizeOf([...outputs, ...channels, ...kernel]);
  const numbers = Array.from({ length: weights }, () => (pick(5) - 2) / 4).join(', ');
  const extents = [...outputs, ...channels, ...kernel].join(', ');
  const k = isOwn ? b.text : `reshape([${numbers}], ${extents})`;
  const degree = a.degree + (isOwn ? b.degree : 0);
  return { text: `conv2d(${a.text}, ${k}, ${stride}, ${padding})`, shape, degree };
}

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
  if (a.text.endsWith('.T') && m > 2) return undefined;
  if (b.text.endsWith('.T') && n > 2) return undefined;
  if (a.shape[m - 1] !== b.shape[Math.max(0, n - 2)]) return undefined;
  const batch = broadcast(a.shape.slice(0, -2), b.shape.slice(0, -2));
  if (!batch) return undefined;
  const rows = m > 1 ? [a.shape[m - 2] as number] : [];
  const columns = n > 1 ? [b.shape[n - 1] as number] : [];
  const shape = [...batch, ...rows, ...columns];
  return { text: `${a.text} @ ${b.text}`, shape, degree: a.degree + b.degree };
}

/** Returns the common shape of two by NumPy's rule; undefined if there is none. */
function broadcast(a: Shape, b: Shape): Shape | undefined {
  const rank = Math.max(a.length, b.length);
  const padded = (shape: Shape) => [...Array(rank - shape.length).fill(1), ...shape];
  const [x, y] = [padded(a), padded(b)] as [number[], number[]];
  const fits = x.every((extent, axis) => extent === y[axis] || extent === 1 || y[axis] === 1);
  return fits ? x.map((extent, axis) => Math.max(extent, y[axis] as number)) : undefined;
}

function elementwise(operator: '*' | '+' | '-', a: Value, b: Value): Value | undefined {
  const [wide, narrow] = a.shape.length >= b.shape.length ? [a.shape, b.shape] : [b.shape, a.shape];
  const tail = wide.slice(wide.length - narrow.length);
  if (tail.some((extent, axis) => extent !== narrow[axis])) return undefined;
  const degree = operator === '*' ? a.degree + b.degree : Math.max(a.degree, b.degree);
  return { text: `${a.text} ${operator} ${b.text}`, shape: wide, degree };
}
