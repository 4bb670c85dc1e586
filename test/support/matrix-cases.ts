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
  scaled,
  slice,
  stack,
  sum,
  type Taken,
  type Tensor,
  tensorOf,
  total,
  transpose,
} from './reference.ts';

/** A random program of linear algebra with data, and what it computes by a matrix library. */
export interface MatrixCase {
  readonly text: string;
  /** Row-major data by input. */
  readonly inputs: ReadonlyMap<string, Float64Array>;
  readonly outputs: ReadonlyMap<string, Tensor>;
  /** What its statements do, as `cipher matrix @ plain vector`. */
  readonly forms: readonly string[];
}

/** How large a program's tensors are. */
export interface Sizes {
  /** The largest extent of a matrix or vector. */
  readonly extent: number;
  /** The most statements. */
  readonly statements: number;
}

/** Programs that a person can follow. */
export const SMALL: Sizes = { extent: 8, statements: 5 };
/** Programs whose matrices do not all fit one ciphertext. */
export const LARGE: Sizes = { extent: 70, statements: 5 };

/** Products of ciphertexts on any path. */
const MOST_DEPTH = 3;
/** Products of a ciphertext with anything on any path, scalings included: what takes levels as written. */
const MOST_PRODUCTS = 5;
/** Elements of any tensor. */
const MOST_ELEMENTS = 5_000;
/** Elements of a constant that is written out; larger matrices are outer products, larger tensors plain. */
const MOST_LITERALS = 64;
/** Values above are divided by a power of two, so that no program leaves moderate ranges. */
const MOST_MAGNITUDE = 2;

const SECRECIES = ['cipher', 'plain', 'constant'] as const;
type Secrecy = (typeof SECRECIES)[number];

/** A name of the program. */
interface Value {
  readonly name: string;
  readonly tensor: Tensor;
  readonly secrecy: Secrecy;
  readonly depth: number;
  readonly products: number;
}

/** A statement that could be written: what gives it to a name, from which operands, and its value. */
interface Statement {
  readonly form: string;
  text(name: string): string;
  readonly operands: readonly Value[];
  readonly tensor: Tensor;
  readonly multiplies?: boolean;
}

/**
 * Writes a program. The same seed and sizes always give the same one. Its statements are products of all ranks,
 * elementwise operations with broadcasting, sums, parts, joins and loops, of operands of every secrecy.
 */
export function matrixCase(seed: number, sizes: Sizes): MatrixCase {
  return new Writer(seed, sizes).program();
}

/** A declaration, and the data of what is an input. */
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
  readonly #forms: string[] = [];
  readonly #used = new Set<string>();

  constructor(seed: number, sizes: Sizes) {
    this.#sizes = sizes;
    this.#random = randomFrom(seed);
  }

  program(): MatrixCase {
    this.#declareAll();
    const statements = 2 + this.#pick(this.#sizes.statements - 1);
    // What is computed in clear alone is no test of packing.
    while (this.#forms.length < statements || this.#results().length === 0) this.#write();
    const results = this.#results();
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
      forms: this.#forms,
    };
  }

  /** Encrypted values that nothing else is made of. */
  #results(): readonly Value[] {
    return this.#values.filter(
      ({ name, secrecy }) =>
        secrecy === 'cipher' && !this.#used.has(name) && !this.#declarations.has(name),
    );
  }

  /** Tensors of few extents, so that many fit each other. */
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
      // The first is encrypted, so that there is something to compute.
      const drawn = i === 0 ? 'cipher' : this.#among(['cipher', ...SECRECIES] as const);
      const isLong = shape.length === 3 && sizeOf(shape) > MOST_LITERALS;
      const secrecy = isLong && drawn === 'constant' ? 'plain' : drawn;
      this.#declare(`${'sxMZ'[shape.length] as string}${i}`, shape, secrecy);
    });
  }

  /** A third of them small, a third anything, a third at a power of two or next to one. */
  #extent(): number {
    const { extent } = this.#sizes;
    const powers = [1, 2, 4, 8, 16, 32, 64].filter((power) => power < extent);
    const kinds = [
      () => 1 + this.#pick(Math.min(extent, 5)),
      () => 1 + this.#pick(extent),
      () => Math.max(1, this.#among(powers) + this.#pick(3) - 1),
    ];
    return this.#among(kinds)();
  }

  #declare(name: string, shape: readonly number[], secrecy: Secrecy): void {
    const { tensor, ...declaration } =
      secrecy === 'constant' ? this.#constant(name, shape) : this.#input(name, shape, secrecy);
    this.#declarations.set(name, declaration);
    this.#values.push({ name, tensor, secrecy, depth: 0, products: 0 });
  }

  #input(name: string, shape: readonly number[], secrecy: 'cipher' | 'plain') {
    const data = Float64Array.from({ length: sizeOf(shape) }, () => 2 * this.#random() - 1);
    const extents = shape.length === 0 ? '' : `[${shape.join(', ')}]`;
    const text = `input ${name}: ${secrecy}${extents} within [-1, 1];`;
    return { text, data, tensor: tensorOf(shape, [...data]) };
  }

  #constant(name: string, shape: readonly number[]) {
    const [rows = 1, columns = 1] = shape;
    if (shape.length === 2 && rows === columns && this.#pick(4) === 0) {
      const data = Array.from({ length: rows * rows }, (_, i) => (i % (rows + 1) === 0 ? 1 : 0));
      return { text: `const ${name} = eye(${rows});`, tensor: tensorOf(shape, data) };
    }
    if (shape.length === 2 && sizeOf(shape) > MOST_LITERALS) {
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
      Array.from({ length: sizeOf(shape) }, () => (this.#pick(201) - 100) / 100),
    );
  }

  /** Writes a statement of a random form, if one of that form can be. */
  #write(): void {
    const statement = this.#among(this.#statements)();
    if (!statement) return;
    const { form, tensor, operands, text } = statement;
    const secrecy = defined(
      SECRECIES.find((s) => operands.some((operand) => operand.secrecy === s)),
    );
    const large = Math.ceil(Math.log2(magnitudeOf(tensor) / MOST_MAGNITUDE));
    const isScaled = large > 0 && Number.isFinite(large);
    const value: Value = {
      name: `v${this.#forms.length}`,
      tensor: isScaled ? scaled(tensor, 2 ** -large) : tensor,
      secrecy,
      depth: depthOf(statement),
      products: productsOf(statement) + (isScaled && secrecy === 'cipher' ? 1 : 0),
    };
    if (value.depth > MOST_DEPTH || value.products > MOST_PRODUCTS) return;
    const raw = isScaled ? `w${this.#forms.length}` : value.name;
    this.#lines.push(text(raw));
    if (isScaled) this.#lines.push(`let ${value.name} = ${raw} / ${2 ** large};`);
    this.#forms.push(form);
    for (const { name } of operands) this.#used.add(name);
    this.#values.push(value);
  }

  readonly #statements: readonly (() => Statement | undefined)[] = [
    // Products are what it is about.
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
      form: `${kindOf(a)} @ ${kindOf(b)}`,
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
      form: 'outer',
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
      form: isSame ? operator : `${rankOf(a)} ${operator} ${rankOf(b)}, broadcast`,
      text: (name) => `let ${name} = ${a.name} ${operator} ${b.name};`,
      operands: pair,
      tensor: elementwise(operator, a.tensor, b.tensor),
      multiplies: operator === '*',
    };
  }

  #square(): Statement {
    const a = defined(this.#one(() => true));
    return {
      form: 'square',
      text: (name) => `let ${name} = ${a.name}^2;`,
      operands: [a, a],
      tensor: elementwise('*', a.tensor, a.tensor),
      multiplies: true,
    };
  }

  #sum(): Statement | undefined {
    const a = this.#one((shape) => shape.length > 0);
    if (!a) return undefined;
    const { shape } = a.tensor;
    const axis = this.#pick(shape.length + 1);
    const isTotal = axis === shape.length;
    return {
      form: isTotal ? `sum of a ${rankOf(a)}` : `sum of a ${rankOf(a)}, axis ${axis}`,
      text: (name) => `let ${name} = sum(${a.name}${isTotal ? '' : `, ${axis}`});`,
      operands: [a],
      tensor: isTotal ? total(a.tensor) : sum(a.tensor, axis),
    };
  }

  #transpose(): Statement | undefined {
    const a = this.#one((shape) => shape.length === 2);
    if (!a) return undefined;
    return {
      form: '.T',
      text: (name) => `let ${name} = ${a.name}.T;`,
      operands: [a],
      tensor: transpose(a.tensor),
    };
  }

  #part(): Statement | undefined {
    const a = this.#one((shape) => shape.length > 0);
    if (!a) return undefined;
    const taken = a.tensor.shape.map((extent): Taken => {
      const from = this.#pick(extent);
      const forms = [from, [from, from + 1 + this.#pick(extent - from)], [0, extent]] as const;
      return this.#among(forms);
    });
    const index = taken.map((t) => (typeof t === 'number' ? `${t}` : `${t[0]}..${t[1]}`));
    const kinds = taken.map((t) => (typeof t === 'number' ? 'index' : 'slice'));
    return {
      form: `part of a ${rankOf(a)}: ${kinds}`,
      text: (name) => `let ${name} = ${a.name}[${index.join(', ')}];`,
      operands: [a],
      tensor: slice(a.tensor, taken),
    };
  }

  /** Two behind each other, or of equal shapes along a new axis. */
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
      form: `${isStack ? 'stack' : 'concat'} of a ${rankOf(a)}`,
      text: (name) =>
        isStack
          ? `let ${name} = [${a.name}, ${b.name}];`
          : `let ${name} = concat(${a.name}, ${b.name});`,
      operands: pair,
      tensor: isStack ? stack(parts) : concat(parts),
    };
  }

  /** The sum of the products of all matrices of three axes with one tensor. */
  #loop(): Statement | undefined {
    const pair = this.#pair((a, b) =>
      a.length === 3 && b.length < 3 ? productShape(a.slice(1), b) : undefined,
    );
    if (!pair) return undefined;
    const [a, b] = pair;
    const count = defined(a.tensor.shape[0]);
    return {
      form: 'loop',
      text: (name) =>
        `var ${name} = ${a.name}[0] @ ${b.name};\n` +
        `for t in 1..${count} { ${name} = ${name} + ${a.name}[t] @ ${b.name}; }`,
      operands: pair,
      tensor: sum(product(a.tensor, b.tensor), 0),
      multiplies: true,
    };
  }

  /** One of the values whose shape will do, later ones more often. */
  #one(fits: (shape: readonly number[]) => boolean): Value | undefined {
    return this.#late(this.#values.filter(({ tensor }) => fits(tensor.shape)));
  }

  /** One of the pairs that give a shape which is not too large; of two constants the compiler makes one. */
  #pair(
    shapeOf: (a: readonly number[], b: readonly number[]) => readonly number[] | undefined,
  ): readonly [Value, Value] | undefined {
    const pairs = this.#values.flatMap((a, i) =>
      this.#values.flatMap((b, j) => {
        const shape = shapeOf(a.tensor.shape, b.tensor.shape);
        if (!shape || sizeOf(shape) > MOST_ELEMENTS) return [];
        const isConstant = a.secrecy === 'constant' && b.secrecy === 'constant';
        return isConstant ? [] : [{ pair: [a, b] as const, age: i + j }];
      }),
    );
    return this.#late(pairs.sort((p, q) => p.age - q.age))?.pair;
  }

  /** One of a list, the end of it more often than its begin. */
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

/** A tensor as the language writes it. */
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

/** Numbers from 0 to 1 of a seed: Mulberry32, of Tommy Ettinger. */
function randomFrom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
