import { defined } from '../../src/lookup.ts';
import {
  broadcastShape,
  concat,
  dataOf,
  elementwise,
  magnitudeOf,
  outer,
  product,
  productShape,
  type Selection,
  scaled,
  slice,
  stack,
  sum,
  type Tensor,
  tensorOf,
  total,
  transpose,
} from './reference.ts';

/** A random linear-algebra program with input data, and its results by a matrix library. */
export interface MatrixCase {
  readonly text: string;
  /** Row-major data by input name. */
  readonly inputs: ReadonlyMap<string, Float64Array>;
  readonly outputs: ReadonlyMap<string, Tensor>;
  /** Descriptions of its statements, such as `cipher matrix @ plain vector`. */
  readonly kinds: readonly string[];
}

/** Limits on the size of a program. */
export interface Sizes {
  /** Largest extent of a matrix or vector. */
  readonly extent: number;
  /** Largest number of statements. */
  readonly statements: number;
  /** Whether all numbers are integers. */
  readonly integers?: true;
  /** Whether all values are outputs, inputs and constants, too; otherwise the encrypted results. */
  readonly allOutputs?: true;
}

/** Limits for programs that a person can follow. */
export const SMALL: Sizes = { extent: 8, statements: 5 };
/** Limits for programs whose matrices do not all fit into one ciphertext. */
export const LARGE: Sizes = { extent: 70, statements: 5 };
/** Limits for programs in which every number may be a ciphertext. */
export const TINY: Sizes = { extent: 4, statements: 4, allOutputs: true };

/** Limit on the depth of a program. */
const MAX_DEPTH = 3;
/**
 * Limit on products with a ciphertext factor on any path, scalings included: its levels as written.
 */
const MAX_PRODUCTS = 5;
/** Limit on the elements of any tensor. */
const MAX_ELEMENTS = 5_000;
/**
 * Limit on the elements of a literal. Larger constant matrices are outer products, and larger
 * tensors are plain inputs.
 */
const MAX_LITERALS = 64;
/** Limit on magnitudes. Larger values are divided by a power of two. */
const MAX_MAGNITUDE = 2;
/** Limit on the magnitude of integers, which are not divided: the reference must be exact. */
const MAX_INTEGER = 2 ** 50;

const SECRECIES = ['cipher', 'plain', 'constant'] as const;
type Secrecy = (typeof SECRECIES)[number];

/** A named value of the program. */
interface Value {
  readonly name: string;
  readonly tensor: Tensor;
  readonly secrecy: Secrecy;
  readonly depth: number;
  readonly products: number;
}

/** A candidate statement: its kind, its text for a name, its operands and its value. */
interface Statement {
  readonly kind: string;
  text(name: string): string;
  readonly operands: readonly Value[];
  readonly tensor: Tensor;
  readonly multiplies?: boolean;
}

/**
 * Returns a random program, determined by the seed and the sizes. Its statements are products of
 * all ranks, elementwise operations with broadcasting, sums, slices, joins and loops, of operands
 * of every secrecy.
 */
export function matrixCase(seed: number, sizes: Sizes): MatrixCase {
  return new Writer(seed, sizes).program();
}

/** A declaration, and the data if it is an input. */
interface Declaration {
  readonly text: string;
  readonly data?: Float64Array;
}

class Writer {
  readonly #sizes: Sizes;
  readonly #random: () => number;
  readonly #values: Value[] = [];
  readonly #declarations = new Map<string, Declaration>();
  readonly #lines: string[] = [];
  readonly #kinds: string[] = [];
  readonly #used = new Set<string>();

  constructor(seed: number, sizes: Sizes) {
    this.#sizes = sizes;
    this.#random = randomFrom(seed);
  }

  program(): MatrixCase {
    this.#declareAll();
    const statements = 2 + this.#pick(this.#sizes.statements - 1);
    // A program without encrypted results would not test packing.
    while (this.#kinds.length < statements || this.#results().length === 0) this.#write();
    const results = this.#sizes.allOutputs ? this.#values : this.#results();
    for (const { name } of results) this.#used.add(name);
    const declared = [...this.#declarations].filter(([name]) => this.#used.has(name));
    const lines = [
      ...declared.map(([, { text }]) => text),
      ...this.#lines,
      ...results.map(({ name }) => `output ${name};`),
    ];
    return {
      text: `${lines.join('\n')}\n`,
      inputs: new Map(declared.flatMap(([name, { data }]) => (data ? [[name, data]] : []))),
      outputs: new Map(results.map(({ name, tensor }) => [name, tensor])),
      kinds: this.#kinds,
    };
  }

  /** Returns the encrypted values that no statement uses. */
  #results(): readonly Value[] {
    return this.#values.filter(
      ({ name, secrecy }) =>
        secrecy === 'cipher' && !this.#used.has(name) && !this.#declarations.has(name),
    );
  }

  /** Declares tensors with few different extents, so that many fit each other. */
  #declareAll(): void {
    const [m, n, k] = [this.#extent(), this.#extent(), this.#extent()];
    const t = 1 + this.#pick(4);
    const shapes = [
      ...[
        [m, n],
        [n, k],
        [n, m],
        [n, n],
        [k, m],
        [1, n],
        [m, 1],
      ],
      ...[[m], [n], [k], [n], [], []],
      ...[
        [t, m, n],
        [t, n, k],
      ],
    ];
    shapes.forEach((shape, i) => {
      // The first one is encrypted, so that there is something to compute.
      const drawn = i === 0 ? 'cipher' : this.#among(['cipher', ...SECRECIES] as const);
      const isLong = shape.length === 3 && sizeOf(shape) > MAX_LITERALS;
      const secrecy = isLong && drawn === 'constant' ? 'plain' : drawn;
      this.#declare(`${'sxMZ'[shape.length] as string}${i}`, shape, secrecy);
    });
  }

  /** Returns an extent: small, arbitrary, or near a power of two, with equal probability. */
  #extent(): number {
    const { extent } = this.#sizes;
    const powers = [1, 2, 4, 8, 16, 32, 64].filter((power) => power < extent);
    const choices = [
      () => 1 + this.#pick(Math.min(extent, 5)),
      () => 1 + this.#pick(extent),
      () => Math.max(1, this.#among(powers) + this.#pick(3) - 1),
    ];
    return this.#among(choices)();
  }

  #declare(name: string, shape: readonly number[], secrecy: Secrecy): void {
    const { tensor, ...declaration } =
      secrecy === 'constant' ? this.#constant(name, shape) : this.#input(name, shape, secrecy);
    this.#declarations.set(name, declaration);
    this.#values.push({ name, tensor, secrecy, depth: 0, products: 0 });
  }

  #input(name: string, shape: readonly number[], secrecy: 'cipher' | 'plain') {
    const { integers } = this.#sizes;
    const number = () => (integers ? this.#pick(19) - 9 : 2 * this.#random() - 1);
    const data = Float64Array.from({ length: sizeOf(shape) }, number);
    const extents = shape.length === 0 ? '' : `[${shape.join(', ')}]`;
    const text = `input ${name}: ${secrecy}${extents}${integers ? '' : ' within [-1, 1]'};`;
    return { text, data, tensor: tensorOf(shape, [...data]) };
  }

  #constant(name: string, shape: readonly number[]) {
    const [rows = 1, columns = 1] = shape;
    if (shape.length === 2 && rows === columns && this.#pick(4) === 0) {
      const data = Array.from({ length: rows * rows }, (_, i) => (i % (rows + 1) === 0 ? 1 : 0));
      return { text: `const ${name} = eye(${rows});`, tensor: tensorOf(shape, data) };
    }
    if (shape.length === 2 && sizeOf(shape) > MAX_LITERALS) {
      const [u, v] = [this.#literals([rows]), this.#literals([columns])];
      const text = `const ${name} = outer(${written(u)}, ${written(v)});`;
      return { text, tensor: outer(u, v) };
    }
    const tensor = this.#literals(shape);
    return { text: `const ${name} = ${written(tensor)};`, tensor };
  }

  #literals(shape: readonly number[]): Tensor {
    return tensorOf(
      shape,
      Array.from({ length: sizeOf(shape) }, () => {
        const hundredths = this.#pick(201) - 100;
        return this.#sizes.integers ? hundredths : hundredths / 100;
      }),
    );
  }

  /** Writes a statement of a random kind, if its operands exist and it exceeds no limit. */
  #write(): void {
    const statement = this.#among(this.#statements)();
    if (!statement) return;
    const { kind, tensor, operands, text } = statement;
    const secrecy = defined(
      SECRECIES.find((s) => operands.some((operand) => operand.secrecy === s)),
    );
    if (this.#sizes.integers && magnitudeOf(tensor) > MAX_INTEGER) return;
    const large = this.#sizes.integers
      ? 0
      : Math.ceil(Math.log2(magnitudeOf(tensor) / MAX_MAGNITUDE));
    const isScaled = large > 0 && Number.isFinite(large);
    const value: Value = {
      name: `v${this.#kinds.length}`,
      tensor: isScaled ? scaled(tensor, 2 ** -large) : tensor,
      secrecy,
      depth: depthOf(statement),
      products: productsOf(statement) + (isScaled && secrecy === 'cipher' ? 1 : 0),
    };
    if (value.depth > MAX_DEPTH || value.products > MAX_PRODUCTS) return;
    const raw = isScaled ? `w${this.#kinds.length}` : value.name;
    this.#lines.push(text(raw));
    if (isScaled) this.#lines.push(`let ${value.name} = ${raw} / ${2 ** large};`);
    this.#kinds.push(kind);
    for (const { name } of operands) this.#used.add(name);
    this.#values.push(value);
  }

  readonly #statements: readonly (() => Statement | undefined)[] = [
    // Products are the most important statements.
    ...new Array<() => Statement | undefined>(6).fill(() => this.#product()),
    ...new Array<() => Statement | undefined>(3).fill(() => this.#elementwise()),
    ...new Array<() => Statement | undefined>(2).fill(() => this.#sum()),
    ...new Array<() => Statement | undefined>(2).fill(() => this.#part()),
    () => this.#outer(),
    () => this.#transpose(),
    () => this.#join(),
    () => this.#square(),
    () => this.#loop(),
  ];

  #product(): Statement | undefined {
    const pair = this.#pair((a, b) => productShape(a, b));
    if (!pair) return undefined;
    const [a, b] = pair;
    return {
      kind: `${kindOf(a)} @ ${kindOf(b)}`,
      text: (name) => `let ${name} = ${a.name} @ ${b.name};`,
      operands: pair,
      tensor: product(a.tensor, b.tensor),
      multiplies: true,
    };
  }

  #outer(): Statement | undefined {
    const pair = this.#pair((a, b) =>
      a.length === 1 && b.length === 1 ? [...a, ...b] : undefined,
    );
    if (!pair) return undefined;
    const [a, b] = pair;
    return {
      kind: 'outer',
      text: (name) => `let ${name} = outer(${a.name}, ${b.name});`,
      operands: pair,
      tensor: outer(a.tensor, b.tensor),
      multiplies: true,
    };
  }

  #elementwise(): Statement | undefined {
    const pair = this.#pair(broadcastShape);
    if (!pair) return undefined;
    const [a, b] = pair;
    const operator = this.#among(['+', '-', '*'] as const);
    const isSame = `${a.tensor.shape}` === `${b.tensor.shape}`;
    return {
      kind: isSame ? operator : `${rankOf(a)} ${operator} ${rankOf(b)}, broadcast`,
      text: (name) => `let ${name} = ${a.name} ${operator} ${b.name};`,
      operands: pair,
      tensor: elementwise(operator, a.tensor, b.tensor),
      multiplies: operator === '*',
    };
  }

  #square(): Statement {
    const a = defined(this.#operand(() => true));
    return {
      kind: 'square',
      text: (name) => `let ${name} = ${a.name}^2;`,
      operands: [a, a],
      tensor: elementwise('*', a.tensor, a.tensor),
      multiplies: true,
    };
  }

  #sum(): Statement | undefined {
    const a = this.#operand((shape) => shape.length > 0);
    if (!a) return undefined;
    const { shape } = a.tensor;
    const axis = this.#pick(shape.length + 1);
    const isTotal = axis === shape.length;
    return {
      kind: isTotal ? `sum of a ${rankOf(a)}` : `sum of a ${rankOf(a)}, axis ${axis}`,
      text: (name) => `let ${name} = sum(${a.name}${isTotal ? '' : `, ${axis}`});`,
      operands: [a],
      tensor: isTotal ? total(a.tensor) : sum(a.tensor, axis),
    };
  }

  #transpose(): Statement | undefined {
    const a = this.#operand((shape) => shape.length === 2);
    if (!a) return undefined;
    return {
      kind: '.T',
      text: (name) => `let ${name} = ${a.name}.T;`,
      operands: [a],
      tensor: transpose(a.tensor),
    };
  }

  #part(): Statement | undefined {
    const a = this.#operand((shape) => shape.length > 0);
    if (!a) return undefined;
    const selections = a.tensor.shape.map((extent): Selection => {
      const from = this.#pick(extent);
      const choices = [from, [from, from + 1 + this.#pick(extent - from)], [0, extent]] as const;
      return this.#among(choices);
    });
    const index = selections.map((t) => (typeof t === 'number' ? `${t}` : `${t[0]}..${t[1]}`));
    const kinds = selections.map((t) => (typeof t === 'number' ? 'index' : 'slice'));
    return {
      kind: `part of a ${rankOf(a)}: ${kinds}`,
      text: (name) => `let ${name} = ${a.name}[${index.join(', ')}];`,
      operands: [a],
      tensor: slice(a.tensor, selections),
    };
  }

  /** Concatenates two tensors, or stacks two of equal shapes along a new axis. */
  #join(): Statement | undefined {
    const isStack = this.#pick(2) === 0;
    const pair = this.#pair((a, b) => {
      if (isStack) return a.length < 3 && `${a}` === `${b}` ? [2, ...a] : undefined;
      const [[first = 0, ...rest], [second = 0, ...others]] = [a, b];
      const fits = a.length > 0 && b.length > 0 && `${rest}` === `${others}`;
      return fits && a.length === b.length ? [first + second, ...rest] : undefined;
    });
    if (!pair) return undefined;
    const [a, b] = pair;
    const parts = pair.map(({ tensor }) => tensor);
    return {
      kind: `${isStack ? 'stack' : 'concat'} of a ${rankOf(a)}`,
      text: (name) =>
        isStack
          ? `let ${name} = [${a.name}, ${b.name}];`
          : `let ${name} = concat(${a.name}, ${b.name});`,
      operands: pair,
      tensor: isStack ? stack(parts) : concat(parts),
    };
  }

  /** Sums the products of all matrices of a tensor with three axes and another tensor. */
  #loop(): Statement | undefined {
    const pair = this.#pair((a, b) =>
      a.length === 3 && b.length < 3 ? productShape(a.slice(1), b) : undefined,
    );
    if (!pair) return undefined;
    const [a, b] = pair;
    const count = defined(a.tensor.shape[0]);
    return {
      kind: 'loop',
      text: (name) =>
        `var ${name} = ${a.name}[0] @ ${b.name};\n` +
        `for t in 1..${count} { ${name} = ${name} + ${a.name}[t] @ ${b.name}; }`,
      operands: pair,
      tensor: sum(product(a.tensor, b.tensor), 0),
      multiplies: true,
    };
  }

  /** Returns one of the values whose shape fits, more often a later one. */
  #operand(fits: (shape: readonly number[]) => boolean): Value | undefined {
    return this.#late(this.#values.filter(({ tensor }) => fits(tensor.shape)));
  }

  /** Returns a pair with a valid result that is not too large and not constant. */
  #pair(
    shapeOf: (a: readonly number[], b: readonly number[]) => readonly number[] | undefined,
  ): readonly [Value, Value] | undefined {
    const pairs = this.#values.flatMap((a, i) =>
      this.#values.flatMap((b, j) => {
        const shape = shapeOf(a.tensor.shape, b.tensor.shape);
        if (!shape || sizeOf(shape) > MAX_ELEMENTS) return [];
        const isConstant = a.secrecy === 'constant' && b.secrecy === 'constant';
        return isConstant ? [] : [{ pair: [a, b] as const, age: i + j }];
      }),
    );
    return this.#late(pairs.sort((p, q) => p.age - q.age))?.pair;
  }

  /** Returns an element of a list, more often one near its end. */
  #late<T>(list: readonly T[]): T | undefined {
    return list[Math.max(this.#pick(list.length), this.#pick(list.length))];
  }

  #among<T>(list: readonly T[]): T {
    return defined(list[this.#pick(list.length)]);
  }

  #pick(limit: number): number {
    return Math.floor(this.#random() * limit);
  }
}

function depthOf({ operands, multiplies }: Statement): number {
  const deepest = Math.max(...operands.map(({ depth }) => depth));
  const factors = operands.filter(({ secrecy }) => secrecy === 'cipher');
  return deepest + (multiplies && factors.length > 1 ? 1 : 0);
}

function productsOf({ operands, multiplies }: Statement): number {
  const most = Math.max(...operands.map(({ products }) => products));
  const isEncrypted = operands.some(({ secrecy }) => secrecy === 'cipher');
  return most + (multiplies && isEncrypted ? 1 : 0);
}

const kindOf = (value: Value) => `${value.secrecy} ${rankOf(value)}`;
const rankOf = ({ tensor }: Value) => ['scalar', 'vector', 'matrix', 'tensor'][tensor.shape.length];
const sizeOf = (shape: readonly number[]) => shape.reduce((size, extent) => size * extent, 1);

/** Returns a tensor as a literal of the language. */
function written(tensor: Tensor): string {
  const nested = (shape: readonly number[], data: readonly number[]): string => {
    const [extent, ...rest] = shape;
    if (extent === undefined) return `${data[0]}`;
    const size = sizeOf(rest);
    const parts = Array.from({ length: extent }, (_, i) =>
      nested(rest, data.slice(i * size, (i + 1) * size)),
    );
    return `[${parts.join(', ')}]`;
  };
  return nested(tensor.shape, dataOf(tensor));
}

/** Returns a generator of numbers from 0 to 1, Mulberry32 of Tommy Ettinger. */
function randomFrom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
