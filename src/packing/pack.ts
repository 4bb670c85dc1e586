import { isUploadFactor } from '../ir/arrival.ts';
import type { Circuit, Node, NodeId, Origin } from '../ir/graph.ts';
import type { SlotData } from '../plan/plan.ts';
import { type Constant, EXACT_RING, uniformValue } from '../tensor/constant.ts';
import { isOne } from '../tensor/exact.ts';
import { applyOp, type TensorOp } from '../tensor/op.ts';
import { type Shape, sizeOf, stridesOf } from '../tensor/tensor.ts';
import { Emitter } from './emitter.ts';
import {
  asScalar,
  combineLayouts,
  EVERYWHERE,
  firstSlot,
  hasZeroRest,
  type Layout,
  mapOfView,
  maskData,
  outputMap,
  powerOfTwoAbove,
  type View,
  vectorLayout,
  wholeView,
} from './layout.ts';
import type { PackedCircuit, PackedOp, PackedOutput } from './packed.ts';
import { combineFactors, scaledUploadChoice } from './scaled-uploads.ts';
import { slotsNeeded } from './slots-needed.ts';
import { scalarsWantedEverywhere } from './wanted.ts';

/** What packing may ask of the client and do with sums. */
export interface PackingOptions {
  /** Whether the client may upload inputs scaled by constants. */
  readonly scaledUploads: boolean;
  /** Whether a vector's sum is left in every slot where it is wanted there, instead of masked and copied. */
  readonly copiedSums: boolean;
  /**
   * Whether a ciphertext holds one number only, in slot 0. The circuit then has no encrypted tensors, but those
   * that `stack` makes for outputs; see scalarize.ts.
   */
  readonly scalars?: boolean;
}

/** A circuit that cannot be put into slots; the message is for the circuit's author. */
export class PackingError extends Error {
  override readonly name = 'PackingError';
  readonly code: string;
  readonly origin: Origin | undefined;
  readonly help: string | undefined;

  constructor(code: string, message: string, origin: Origin | undefined, help?: string) {
    super(message);
    this.code = code;
    this.origin = origin;
    this.help = help;
  }
}

/** Slots of the largest ciphertext that is offered: half of N = 32768. */
export const MAX_SLOTS = 16_384;
/** Operations of one packed circuit, powers written out. */
const MAX_OPERATIONS = 4_000_000;

/**
 * Lays a circuit's tensors out in slots and writes its operations as operations on slot vectors.
 *
 * Every value is a vector of `slots` slots, the smallest power of two that holds all tensors; the
 * evaluator repeats it over the ciphertext, so that rotations are cyclic in `slots`. Tensors lie row-major
 * from slot 0. Constants and inputs are laid out where they are used, as the use wants them: what the
 * compiler or the client knows costs nothing to rearrange. The slots behind a tensor are zero or garbage;
 * the packer keeps count, and pays for a mask only where garbage would enter a sum.
 *
 * Throws a PackingError for tensors larger than a ciphertext and for what is not yet laid out: products
 * and sums over single axes of matrices, transposes of computed matrices.
 */
export function pack(circuit: Circuit, options: PackingOptions): PackedCircuit {
  const slots = slotsNeeded(circuit);
  if (slots > MAX_SLOTS) {
    throw new PackingError(
      'too-many-slots',
      `a tensor needs ${slots} slots, a ciphertext has ${MAX_SLOTS}`,
      undefined,
      'split it into several inputs',
    );
  }
  return new Packer(circuit, slots, options).run();
}

/** A tensor during packing: known to compiler or client and not laid out yet, or held in slots. */
type Packed =
  | { readonly kind: 'constant'; readonly tensor: Constant }
  | {
      readonly kind: 'input';
      readonly name: string;
      readonly cipher: boolean;
      readonly view: View;
      readonly factor?: Constant;
    }
  | Held;

interface Held {
  readonly kind: 'held';
  readonly value: number;
  readonly layout: Layout;
}

class Packer {
  readonly #circuit: Circuit;
  readonly #options: PackingOptions;
  readonly #emit: Emitter;
  readonly #values: (Packed | undefined)[];
  readonly #uploads = new Map<string, number>();
  /** Scalars copied to many slots, by value and number of copies. */
  readonly #copies = new Map<string, number>();
  readonly #wantedEverywhere: readonly boolean[];
  readonly #uploadsScaled: (node: Node) => boolean;

  constructor(circuit: Circuit, slots: number, options: PackingOptions) {
    this.#circuit = circuit;
    this.#options = options;
    this.#emit = new Emitter(slots);
    this.#values = new Array(circuit.nodes.length);
    this.#wantedEverywhere = scalarsWantedEverywhere(circuit);
    this.#uploadsScaled = options.scaledUploads ? scaledUploadChoice(circuit) : () => false;
  }

  run(): PackedCircuit {
    for (const node of this.#circuit.nodes) {
      this.#emit.origin = this.#circuit.origins[node.id];
      if (this.#emit.ops.length > MAX_OPERATIONS)
        this.#refuse('too-large', `the circuit has more than ${MAX_OPERATIONS} operations`);
      // Numbers stay apart until an output needs them side by side.
      if (this.#options.scalars && node.op.kind === 'stack') continue;
      this.#values[node.id] = this.#pack(node);
    }
    const outputs = this.#circuit.outputs.map(({ name, node, factor }): PackedOutput => {
      const { shape } = this.#node(node);
      this.#emit.origin = this.#circuit.origins[node];
      const gathers = this.#options.scalars && shape.length > 0;
      const value = gathers ? this.#emit.gather(this.#elementsOf(node)) : this.#hold(node).value;
      const by = isOne(factor) ? {} : { factor: factor.value };
      return { name, shape, value, map: outputMap(shape), ...by };
    });
    return {
      slots: this.#emit.slots,
      ops: this.#emit.ops,
      origins: this.#emit.origins,
      inputs: this.#circuit.inputs,
      outputs,
    };
  }

  #node(id: NodeId): Node {
    return this.#circuit.nodes[id] as Node;
  }

  /** The elements of a stack of stacks, row-major. */
  #elementsOf(id: NodeId): readonly number[] {
    const { op, args } = this.#node(id);
    if (op.kind !== 'stack') return [this.#hold(id).value];
    return args.flatMap((arg) => this.#elementsOf(arg));
  }

  #packed(id: NodeId): Packed {
    return this.#values[id] as Packed;
  }

  #refuse(code: string, message: string, help?: string): never {
    throw new PackingError(code, message, this.#emit.origin, help);
  }

  #unsupported(what: string): never {
    this.#refuse(
      'matrices-not-compiled',
      `${what} is checked but not compiled yet`,
      'scalars, vectors, elementwise operations, sum(x) and rows of inputs compile; write the product row by row with dot(M[i], v)',
    );
  }

  #pack(node: Node): Packed {
    const { op, args } = node;
    const [a = -1, b = -1] = args;
    switch (op.kind) {
      case 'input':
        return {
          kind: 'input',
          name: op.type.name,
          cipher: op.type.secrecy === 'cipher',
          view: wholeView(node.shape),
        };
      case 'const':
        return { kind: 'constant', tensor: op.tensor };
      case 'add':
      case 'sub': {
        const [x, y] = this.#holdBoth(a, b);
        return held(
          this.#emit[op.kind](x.value, y.value),
          combineLayouts(x.layout, y.layout, 'add'),
        );
      }
      case 'neg': {
        const x = this.#hold(a);
        return held(this.#emit.negate(x.value), x.layout);
      }
      case 'inverse':
        return this.#inverse(a, node.shape);
      case 'mul':
        return this.#mul(op, node);
      case 'pow':
        return this.#pow(op.exponent, a);
      case 'sum':
        if (op.axes.length < this.#node(a).shape.length)
          this.#unsupported('a sum over one axis of a matrix');
        return this.#sum(this.#hold(a), sizeOf(this.#node(a).shape), node.id);
      case 'broadcast':
        return this.#broadcast(op, a);
      case 'permute':
        return this.#permute(op.order, a);
      case 'slice':
        return this.#slice(op, a, node.shape);
      case 'rotate':
        return this.#rotate(op.steps, a);
      case 'concat':
      case 'stack':
        return this.#concat(args);
      case 'barrier':
      case 'loop':
      case 'result':
        throw new Error('loops are unrolled before packing');
    }
  }

  /** A tensor in slots, in its usual layout: vectors with zeros behind them, scalars everywhere. */
  #hold(id: NodeId): Held {
    const packed = this.#packed(id);
    if (packed.kind === 'held') return packed;
    const { shape } = this.#node(id);
    const layout =
      shape.length === 0 ? EVERYWHERE : vectorLayout(sizeOf(shape), this.#emit.slots, 'zero');
    return held(this.#layOut(packed, 0), layout);
  }

  #holdBoth(a: NodeId, b: NodeId): [Held, Held] {
    return [this.#hold(a), this.#hold(b)];
  }

  /** Puts what compiler or client know into slots from `offset` on, a scalar into all slots if `offset` is 0. */
  #layOut(packed: Exclude<Packed, Held>, offset: number, alone = false): number {
    if (packed.kind === 'constant') {
      return this.#emit.constant(constantData(packed.tensor, offset, alone, this.#emit.slots));
    }
    const map = {
      ...mapOfView(packed.view, alone ? 1 : this.#emit.slots),
      ...(offset > 0 ? { at: offset } : {}),
    };
    const factor = packed.factor && factorData(packed.factor, offset, this.#emit.slots);
    const op: PackedOp = packed.cipher
      ? { op: 'upload', input: packed.name, map, ...(factor === undefined ? {} : { factor }) }
      : { op: 'plainInput', input: packed.name, map };
    const key = JSON.stringify(op);
    const value = this.#uploads.get(key) ?? this.#emit.push(op);
    this.#uploads.set(key, value);
    return value;
  }

  #inverse(a: NodeId, shape: Shape): Packed {
    const x = this.#hold(a);
    const map = mapOfView(wholeView(shape), x.layout.kind === 'everywhere' ? this.#emit.slots : 1);
    const value = this.#emit.push({ op: 'clearInverse', args: [x.value], map });
    return held(value, x.layout.kind === 'everywhere' ? EVERYWHERE : { ...x.layout, rest: 'zero' });
  }

  #mul(op: TensorOp & { kind: 'mul' }, node: Node): Packed {
    const [a, b] = node.args as [NodeId, NodeId];
    const scaled = this.#scaledInput(node, a, b) ?? this.#scaledInput(node, b, a);
    if (scaled) return scaled;
    const [left, right] = [op.lhs.join(), op.rhs.join()];
    if (op.lhs.length > 0 && op.rhs.length > 0 && left !== right) {
      this.#unsupported(
        op.rank === 2 && op.lhs.length === 1 ? 'an outer product' : 'a product of matrices',
      );
    }
    const labels = op.lhs.length > 0 ? op.lhs : op.rhs;
    const inOrder = labels.every((label, axis) => label === axis);
    const sumsAll = labels.every((label) => label >= op.rank) && labels.length > 0;
    if (!inOrder && !sumsAll) this.#unsupported('a product that transposes or sums over one axis');
    const product = this.#multiply(a, b);
    return sumsAll
      ? this.#sum(product, sizeOf(this.#node(op.lhs.length > 0 ? a : b).shape), node.id)
      : product;
  }

  /** Elementwise, or a scalar times a tensor. */
  #multiply(a: NodeId, b: NodeId): Held {
    const [m, n] = [this.#node(a), this.#node(b)];
    const x = m.shape.length < n.shape.length ? this.#spread(a, sizeOf(n.shape)) : this.#hold(a);
    const y = n.shape.length < m.shape.length ? this.#spread(b, sizeOf(m.shape)) : this.#hold(b);
    return held(this.#emit.mul(x.value, y.value), combineLayouts(x.layout, y.layout, 'mul'));
  }

  /** A constant times an input that the client uploads scaled. */
  #scaledInput(node: Node, constantId: NodeId, inputId: NodeId): Packed | undefined {
    const constant = this.#packed(constantId);
    const input = this.#packed(inputId);
    if (constant.kind !== 'constant' || input.kind !== 'input' || !input.cipher) return undefined;
    if (!this.#uploadsScaled(node)) return undefined;
    const factor = combineFactors(constant.tensor, input.factor, node.shape);
    const spread = this.#node(inputId).shape.length === 0 && node.shape.length > 0;
    if (!factor || !isUploadFactor(factor) || (spread && factor.shape.length === 0)) {
      return undefined;
    }
    const view = spread
      ? { shape: node.shape, from: input.view.from, fromStrides: node.shape.map(() => 0) }
      : input.view;
    return { ...input, view, factor };
  }

  #pow(exponent: number, a: NodeId): Packed {
    const x = this.#hold(a);
    let power = x.value;
    if (exponent + this.#emit.ops.length > MAX_OPERATIONS)
      this.#refuse(
        'too-large',
        `the circuit has more than ${MAX_OPERATIONS} operations`,
        'raise the optimization level: powers are then taken by squaring',
      );
    for (let i = 1; i < exponent; i++) power = this.#emit.mul(power, x.value);
    return held(power, x.layout);
  }

  /** The sum of a vector's elements: in every slot where that is wanted and free, else in the first. */
  #sum(x: Held, length: number, node: NodeId): Packed {
    const { slots } = this.#emit;
    if (length === 1) return held(x.value, asScalar(x.layout, slots));
    const clean = this.#clearRest(x, length);
    const everywhere = this.#options.copiedSums && this.#wantedEverywhere[node];
    if (everywhere) return held(this.#emit.sumWindow(clean, slots), EVERYWHERE);
    return held(this.#emit.sumWindow(clean, powerOfTwoAbove(length)), firstSlot(slots, 'garbage'));
  }

  /** The value with zeros in all slots but the first `length`: as it is, or masked. */
  #clearRest(x: Held, length: number): number {
    if (hasZeroRest(x.layout) || length === this.#emit.slots) return x.value;
    return this.#emit.mul(x.value, this.#emit.constant(maskData(0, length)));
  }

  /** A scalar in (at least) the first `count` slots, for use beside a tensor of that many elements. */
  #spread(id: NodeId, count: number): Held {
    const { slots } = this.#emit;
    const x = this.#hold(id);
    if (x.layout.kind === 'everywhere') return held(x.value, vectorLayout(count, slots, 'garbage'));
    const key = `${x.value}x${count}`;
    const copied = this.#copies.get(key) ?? this.#emit.copyFirst(this.#clearRest(x, 1), count);
    this.#copies.set(key, copied);
    return held(copied, vectorLayout(count, slots, 'zero'));
  }

  #broadcast(op: TensorOp & { kind: 'broadcast' }, a: NodeId): Packed {
    const packed = this.#packed(a);
    if (packed.kind === 'constant') {
      return { kind: 'constant', tensor: applyOp(op, [packed.tensor], EXACT_RING) };
    }
    if (packed.kind === 'input' && !packed.factor) {
      const fromStrides = op.shape.map(() => 0);
      op.axes.forEach((to, axis) => {
        fromStrides[to] = packed.view.fromStrides[axis] as number;
      });
      return { ...packed, view: { shape: op.shape, from: packed.view.from, fromStrides } };
    }
    const length = sizeOf(op.shape);
    if (this.#node(a).shape.length === 0) return this.#spread(a, length);
    const x = this.#hold(a);
    if (length === sizeOf(this.#node(a).shape)) return x;
    return this.#unsupported('repeating a computed vector along a new axis');
  }

  #permute(order: readonly number[], a: NodeId): Packed {
    const packed = this.#packed(a);
    if (packed.kind !== 'input' || packed.factor) {
      return this.#unsupported('the transpose of a computed matrix');
    }
    const { shape, from, fromStrides } = packed.view;
    const pick = (values: readonly number[]) => order.map((axis) => values[axis] as number);
    return { ...packed, view: { shape: pick(shape), from, fromStrides: pick(fromStrides) } };
  }

  #slice(op: TensorOp & { kind: 'slice' }, a: NodeId, shape: Shape): Packed {
    const packed = this.#packed(a);
    const keep = (values: readonly number[]) => values.filter((_, axis) => !op.drop[axis]);
    if (packed.kind === 'input' && !packed.factor) {
      const { from, fromStrides } = packed.view;
      const start = op.starts.reduce(
        (sum, s, axis) => sum + s * (fromStrides[axis] as number),
        from,
      );
      return { ...packed, view: { shape, from: start, fromStrides: keep(fromStrides) } };
    }
    const x = this.#hold(a);
    const source = this.#node(a).shape;
    const strides = stridesOf(source);
    const start = op.starts.reduce((sum, s, axis) => sum + s * (strides[axis] as number), 0);
    const contiguous = keep(strides).join() === stridesOf(shape).join() || sizeOf(shape) === 1;
    if (!contiguous) this.#unsupported('a column of a computed matrix');
    if (x.layout.kind === 'everywhere') return x;
    const { slots } = this.#emit;
    const whole = sizeOf(source) === sizeOf(shape);
    const moved = whole ? x.layout : vectorLayout(sizeOf(shape), slots, 'garbage');
    const layout = shape.length === 0 ? asScalar(moved, slots) : moved;
    return held(this.#emit.rotate(x.value, start), layout);
  }

  /**
   * Cyclic in the vector's own length n. Where that is the number of slots, one rotation; else the two
   * parts come from two rotations, which meet without a mask if at least n slots behind the vector are zero.
   */
  #rotate(steps: number, a: NodeId): Packed {
    const x = this.#hold(a);
    const n = sizeOf(this.#node(a).shape);
    if (n === this.#emit.slots) return held(this.#emit.rotate(x.value, steps), x.layout);
    const clean = this.#clearRest(x, n);
    const value = this.#emit.add(
      this.#emit.rotate(clean, steps),
      this.#emit.rotate(clean, steps - n),
    );
    return held(value, vectorLayout(n, this.#emit.slots, 'garbage'));
  }

  /** One tensor behind the other; zeros around each let them be added up. */
  #concat(args: readonly NodeId[]): Packed {
    let offset = 0;
    let whole: number | undefined;
    for (const arg of args) {
      const part = this.#partAt(arg, offset);
      whole = whole === undefined ? part : this.#emit.add(whole, part);
      offset += sizeOf(this.#node(arg).shape);
    }
    return held(whole as number, vectorLayout(offset, this.#emit.slots, 'zero'));
  }

  /** A tensor from slot `offset` on, zeros elsewhere. */
  #partAt(id: NodeId, offset: number): number {
    const packed = this.#packed(id);
    if (packed.kind !== 'held') return this.#layOut(packed, offset, true);
    const { value, layout } = packed;
    const length = sizeOf(this.#node(id).shape);
    if (layout.kind === 'everywhere') {
      return this.#emit.slots === 1
        ? value
        : this.#emit.mul(value, this.#emit.constant(maskData(offset, 1)));
    }
    return this.#emit.rotate(this.#clearRest({ kind: 'held', value, layout }, length), -offset);
  }
}

function held(value: number, layout: Layout): Held {
  return { kind: 'held', value, layout };
}

/** A constant's float64 values from slot `offset` on; a scalar in all slots, unless it stands alone. */
function constantData(tensor: Constant, offset: number, alone: boolean, slots: number): SlotData {
  const uniform = uniformValue(tensor);
  const everywhere = tensor.shape.length === 0 ? !alone : tensor.data.length === slots;
  if (uniform && (everywhere || slots === 1)) return uniform.value;
  return [...new Array<number>(offset).fill(0), ...tensor.data.map((x) => x.value)];
}

/** An upload's factor: one number for all slots, or numbers that lie where the upload's elements lie. */
function factorData(factor: Constant, offset: number, slots: number): SlotData {
  return constantData(factor, offset, factor.shape.length > 0, slots);
}
