import { MOST_REPEATED } from '../algebra/factors.ts';
import {
  constantForm,
  elementForm,
  elementOf,
  type LinearForm,
  linearForms,
} from '../algebra/linear-forms.ts';
import { type Arrivals, arrivalsIn } from '../ir/arrival.ts';
import {
  type Circuit,
  type GraphBuilder,
  isTensorOp,
  liveNodes,
  type Node,
  type NodeId,
  nodeAt,
} from '../ir/graph.ts';
import { compact, copyNode, type Moved, rewrite } from '../ir/rewrite.ts';
import { at, largestOf, lookUp } from '../lookup.ts';
import { type Constant, uniformValue } from '../tensor/constant.ts';
import * as exact from '../tensor/exact.ts';
import { applyOp, type OpOf } from '../tensor/op.ts';
import {
  indexAlong,
  type Shape,
  sameShape,
  sizeOf,
  stridesOf,
  type Tensor,
} from '../tensor/tensor.ts';
import type { Pass } from './pass.ts';
import type { PassContext } from './pass-context.ts';

/**
 * Compose: whatever lies between two products is a linear map of their values, and linear maps of
 * one value are one map, a product with one constant:
 *
 *     P @ (Q @ y)                                          (P@Q) @ y
 *     concat(y[..2] + y[2..], y[..2] - y[2..])/2           [[½, 0, ½, 0], …] @ y
 *
 * A scaling, a product with a constant matrix, a rotation, or parts that are joined take up to one
 * level each, because packing masks what it joins. The composed map takes one, or none if it maps
 * an input, which the client then uploads times the constant.
 *
 * Each element of a linear value is computed as a combination of elements of the values that are
 * not linear in others. Safe by linearity. It fires where two of the operations that may take a
 * level lie on a path, or one, if the client can upload the maps or many operations become few; and
 * where the constants are small.
 */
export const compose: Pass = {
  name: 'compose',
  summary: 'make one map of all linear operations on a value',
  example: `input x: cipher[4];
let y = x*x;
output r = concat(0.25*(y[0..2] + y[2..4]), 0.75*y[0..2]);
`,
  requires: [],
  run(circuit, context) {
    const composing = new Composing(circuit, context);
    const composed = composing.run();
    return { circuit: composed, work: Math.floor(composing.terms / TERMS_PER_OPERATION) };
  },
};

/** Limit on the elements of the constants that replace the operations before one value. */
const MOST_ELEMENTS = 2 ** 14;
/** Limit on the terms of all linear forms that the pass computes for one circuit. */
const MOST_TERMS = 2 ** 20;
/** How many terms take as long as another operation that a pass examines. */
const TERMS_PER_OPERATION = 16;

/** Operations that move elements to other slots, or multiply them by constants. */
const MOVES: ReadonlySet<Node['kind']> = new Set([
  'mul',
  'slice',
  'reindex',
  'rotate',
  'cumsum',
  'concat',
  'stack',
]);
/** How many such operations take about as long as a map. */
const MOVES_OF_MAP = 4;
/** Limit on the operations before a value that are counted. */
const MOST_SEEN = 256;

/** Thrown when linear forms have too many terms. */
class TooManyTerms extends Error {}

class Composing {
  readonly #circuit: Circuit;
  readonly #arrivals: Arrivals;
  /** For each node, whether it is computed by a linear operation on ciphertexts. */
  readonly #linear: readonly boolean[];
  /** For each node, the levels that operations may take on a path from its sources. */
  readonly #steps: number[] = [];
  /** For each node, whether packing has zeros around it anyway. */
  readonly #clean: boolean[] = [];
  /** For each node, whether all its sources are encrypted inputs. */
  readonly #ofInputs: boolean[] = [];
  /** Nodes that an operation which is not linear reads, and outputs. */
  readonly #read: ReadonlySet<NodeId>;
  readonly #forms = new Map<NodeId, Tensor<LinearForm>>();
  readonly #ring = linearForms((terms) => {
    this.terms += terms;
    if (this.terms > MOST_TERMS) throw new TooManyTerms();
  });
  /** The number of terms computed so far. */
  terms = 0;

  constructor(circuit: Circuit, context: PassContext) {
    this.#circuit = circuit;
    this.#arrivals = arrivalsIn(circuit, context);
    this.#linear = circuit.nodes.map((node) => this.#isLinear(node));
    for (const node of circuit.nodes) {
      const isLinear = at(this.#linear, node.id);
      const isClients = node.secrecy === 'const' || this.#arrivals.isUpload(node.id);
      this.#ofInputs.push(isClients || (isLinear && node.args.every((arg) => this.#ofInputs[arg])));
      const before = node.args.reduce((most, arg) => Math.max(most, at(this.#steps, arg)), 0);
      this.#steps.push(isLinear ? before + this.#stepsOf(node) : 0);
      this.#clean.push(isClients || this.#isClean(node));
    }
    this.#read = new Set([
      ...circuit.outputs.map(({ node }) => node),
      ...circuit.nodes.filter(({ id }) => !this.#linear[id]).flatMap(({ args }) => args),
    ]);
  }

  /** Returns the circuit with composed maps; the same one if there are none. */
  run(): Circuit {
    const maps = new Map<NodeId, Maps>();
    for (const { id } of this.#circuit.nodes) {
      const composed = this.#read.has(id) ? this.#shorter(id) : undefined;
      if (composed) maps.set(id, composed);
    }
    if (maps.size === 0) return this.#circuit;
    const composed = rewrite(this.#circuit, liveNodes(this.#circuit), (node, moved, builder) => {
      const own = maps.get(node.id);
      return own ? written(builder, moved, node, own) : copyNode(node, moved, builder);
    });
    return compact(composed);
  }

  #node(id: NodeId): Node {
    return nodeAt(this.#circuit, id);
  }

  #isLinear({ op, args, secrecy }: Node): boolean {
    if (secrecy !== 'cipher') return false;
    switch (op.kind) {
      case 'mul':
        return args.some((arg) => this.#constantOf(arg) !== undefined);
      case 'add':
      case 'sub':
      case 'neg':
      case 'sum':
      case 'broadcast':
      case 'permute':
      case 'slice':
      case 'reindex':
      case 'rotate':
      case 'cumsum':
      case 'concat':
      case 'stack':
        return true;
      case 'pow':
      case 'inverse':
      case 'input':
      case 'const':
      case 'barrier':
        return false;
    }
  }

  /** Returns a constant that is small enough for a map; undefined for other nodes. */
  #constantOf(id: NodeId): Constant | undefined {
    const { op } = this.#node(id);
    return op.kind === 'const' && op.tensor.data.length <= MOST_ELEMENTS ? op.tensor : undefined;
  }

  /** Returns how many levels a linear operation may take. */
  #stepsOf({ kind, args, shape }: Node): number {
    switch (kind) {
      case 'mul': {
        const [a, b] = args;
        const constant = this.#constantOf(a) ?? this.#constantOf(b);
        const other = this.#constantOf(a) ? b : a;
        return constant && this.#isFree(constant, other) ? 0 : 1;
      }
      case 'reindex':
        return 1;
      case 'cumsum':
      case 'concat':
      case 'stack':
        return args.every((arg) => this.#clean[arg]) ? 0 : 1;
      case 'rotate': {
        const [n = 1] = shape;
        const isCyclic = Number.isInteger(Math.log2(n));
        return isCyclic || args.every((arg) => this.#clean[arg]) ? 0 : 1;
      }
      default:
        return 0;
    }
  }

  /** Whether other passes find a place for the constant: it is a number, or joins an upload. */
  #isFree(constant: Constant, other: NodeId): boolean {
    if (uniformValue(constant) !== undefined) return true;
    return constant.data.length <= MOST_REPEATED && this.#arrivals.takesFactor(other, constant);
  }

  /** Whether packing has zeros around a linear value: a mask or a constant made them. */
  #isClean({ kind, op, args, shape }: Node): boolean {
    switch (kind) {
      case 'concat':
      case 'stack':
        return true;
      case 'add':
      case 'sub':
      case 'neg':
        return args.every((arg) => this.#clean[arg]);
      case 'mul': {
        const isWhole = (labels: readonly number[]) =>
          shape.length > 0 && shape.every((_, axis) => labels.includes(axis));
        return [op.lhs, op.rhs].some(
          (labels, side) => isWhole(labels) && this.#constantOf(at(args, side)) !== undefined,
        );
      }
      default:
        return false;
    }
  }

  /** Returns the maps of a value if they are fewer than its operations; else undefined. */
  #shorter(id: NodeId): Maps | undefined {
    const steps = at(this.#steps, id);
    const isFreed = steps > 0 && this.#ofInputs[id] === true;
    const moves = steps < 2 ? this.#movesBefore(id) : 0;
    if (steps < 2 && moves <= MOVES_OF_MAP && !isFreed) return undefined;
    const maps = this.#mapsOf(id);
    if (!maps) return undefined;
    const isUploaded = ({ source, matrix }: ComposedMap) =>
      this.#node(source).kind === 'input' && matrix.data.length <= MOST_REPEATED;
    const isFewer = moves > MOVES_OF_MAP * maps.terms.length;
    return steps > 1 || isFewer || (isFreed && maps.terms.every(isUploaded)) ? maps : undefined;
  }

  /**
   * Counts the linear operations before a value that move elements or multiply them by constants,
   * up to a limit.
   */
  #movesBefore(root: NodeId): number {
    const seen = new Set([root]);
    let moves = 0;
    for (const id of seen) {
      const { kind, args } = this.#node(id);
      if (!this.#linear[id] || this.#arrivals.isUpload(id)) continue;
      if (MOVES.has(kind)) moves++;
      if (seen.size < MOST_SEEN) for (const arg of args) seen.add(arg);
    }
    return moves;
  }

  /** Returns a value as a map of each source; undefined if the maps are large. */
  #mapsOf(id: NodeId): Maps | undefined {
    const { shape } = this.#node(id);
    const form = this.#formWithin(id);
    if (!form) return undefined;
    const bySource = new Map<NodeId, Entry[]>();
    form.data.forEach(({ terms }, row) => {
      for (const [key, factor] of terms) {
        const { source, index } = elementOf(key);
        const entries = bySource.get(source) ?? [];
        bySource.set(source, entries);
        entries.push({ row, index, factor });
      }
    });
    const boxes = [...bySource].map(([source, entries]) => this.#boxOf(source, entries));
    const elements = boxes.reduce((sum, { sizes }) => sum + sizeOf(sizes), 0) * sizeOf(shape);
    if (boxes.length === 0 || elements > MOST_ELEMENTS) return undefined;
    const terms = [...bySource].map(([source, entries], i): ComposedMap => {
      const box = at(boxes, i);
      return { source, box, matrix: matrixOf(shape, this.#node(source).shape, box, entries) };
    });
    const constant: Constant = { shape, data: form.data.map((element) => element.constant) };
    return { terms, constant };
  }

  /** Returns the box of a source that a map reads: a part of an input, which is a view, or all. */
  #boxOf(source: NodeId, entries: readonly Entry[]): Box {
    const { shape, kind } = this.#node(source);
    if (kind !== 'input') return { starts: shape.map(() => 0), sizes: shape };
    const along = shape.map((_, axis) => {
      const indexOf = indexAlong(shape, axis);
      return entries.map(({ index }) => indexOf(index));
    });
    const starts = along.map((indices) => indices.reduce((a, b) => Math.min(a, b)));
    const sizes = along.map((indices, axis) => largestOf(indices) + 1 - at(starts, axis));
    return { starts, sizes };
  }

  /** Returns a value's linear forms; undefined if too many terms have been computed. */
  #formWithin(id: NodeId): Tensor<LinearForm> | undefined {
    try {
      return this.#formOf(id);
    } catch (error) {
      if (error instanceof TooManyTerms) return undefined;
      throw error;
    }
  }

  /** Returns the linear forms of a value's elements. Operands come first, without recursion. */
  #formOf(root: NodeId): Tensor<LinearForm> {
    const stack = [root];
    for (let id = stack.at(-1); id !== undefined; id = stack.at(-1)) {
      const node = this.#node(id);
      const missing = at(this.#linear, id) ? node.args.filter((arg) => !this.#forms.has(arg)) : [];
      if (missing.length > 0) {
        for (const arg of missing) stack.push(arg);
        continue;
      }
      stack.pop();
      if (!this.#forms.has(id)) this.#forms.set(id, this.#formAbove(node));
    }
    return lookUp(this.#forms, root);
  }

  /** Returns the linear forms of a node whose operands' forms are known. */
  #formAbove({ id, op, args, shape }: Node): Tensor<LinearForm> {
    if (op.kind === 'const') return { shape, data: op.tensor.data.map(constantForm) };
    if (at(this.#linear, id) && isTensorOp(op)) {
      const forms = args.map((arg) => lookUp(this.#forms, arg));
      return applyOp(op, forms, this.#ring);
    }
    const data = Array.from({ length: sizeOf(shape) }, (_, index) =>
      elementForm({ source: id, index }),
    );
    return { shape, data };
  }
}

/** A coefficient of a map: from an element of the source to one of the result, both row-major. */
interface Entry {
  readonly row: number;
  readonly index: number;
  readonly factor: exact.Exact;
}

interface Box {
  readonly starts: readonly number[];
  readonly sizes: readonly number[];
}

/** A linear map of a source: a constant with the axes of the result, then those of the box. */
interface ComposedMap {
  readonly source: NodeId;
  readonly box: Box;
  readonly matrix: Constant;
}

/** A value as a sum of maps and a constant. */
interface Maps {
  readonly terms: readonly ComposedMap[];
  readonly constant: Constant;
}

function matrixOf(result: Shape, source: Shape, box: Box, entries: readonly Entry[]): Constant {
  const to = stridesOf(box.sizes);
  const along = source.map((_, axis) => indexAlong(source, axis));
  const columns = sizeOf(box.sizes);
  const data = new Array<exact.Exact>(sizeOf(result) * columns).fill(exact.ZERO);
  for (const { row, index, factor } of entries) {
    const column = along.reduce(
      (sum, indexOf, axis) => sum + (indexOf(index) - at(box.starts, axis)) * at(to, axis),
      0,
    );
    data[row * columns + column] = factor;
  }
  const isPart = !sameShape(source, box.sizes);
  return { shape: [...result, ...box.sizes.filter((size) => !isPart || size > 1)], data };
}

/** Writes a value as the sum of its maps. */
function written(builder: GraphBuilder, moved: Moved, { shape }: Node, maps: Maps): NodeId {
  const rank = shape.length;
  const terms = maps.terms.map(({ source, box, matrix }) => {
    const from = moved(source);
    const whole = builder.node(from).shape;
    const read = sameShape(whole, box.sizes)
      ? from
      : builder.apply({ kind: 'slice', ...box, drop: box.sizes.map((size) => size === 1) }, [from]);
    const own = builder.node(read).shape.map((_, axis) => rank + axis);
    const op: OpOf<'mul'> = { kind: 'mul', lhs: [...shape.keys(), ...own], rhs: own, rank };
    return builder.apply(op, [builder.constant(matrix), read]);
  });
  const isZero = maps.constant.data.every(exact.isZero);
  const all = isZero ? terms : [...terms, builder.constant(maps.constant)];
  return all.reduce((sum, term) => builder.apply({ kind: 'add' }, [sum, term]));
}
