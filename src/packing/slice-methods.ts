import type { NodeOf } from '../ir/graph.ts';
import { at, defined } from '../lookup.ts';
import type { OpOf } from '../tensor/op.ts';
import { indicesOf, type Shape, sizeOf } from '../tensor/tensor.ts';
import { layOut, viewed } from './clear-tensors.ts';
import { type Emitter, UPLOAD } from './emitter.ts';
import {
  type AxisLayout,
  bitsFor,
  bitsOf,
  type Gap,
  hasBit,
  type Layout,
  type LayoutRequest,
  normalized,
  rowMajorIndex,
  type SlotTensor,
  sameAxes,
  tileCounts,
} from './layout.ts';
import { type ElementAt, move, movesTo } from './rearrange.ts';
import {
  type MethodContext,
  type OperandRequest,
  type SlotMethod,
  shapeOf,
  unaryMethod,
} from './slot-method.ts';
import { usualLayouts } from './usual-layouts.ts';

/**
 * Returns methods of a box of a computed tensor. Each ciphertext takes one rotation, unless the
 * box crosses the edge of a ciphertext: then it takes masks.
 */
export function sliceMethods(
  context: MethodContext,
  { op, args: [source], shape: result }: NodeOf<'slice'>,
  request: LayoutRequest,
): readonly SlotMethod[] {
  const shape = shapeOf(context, source);
  const kept = [...shape.keys()].filter((axis) => !op.drop[axis]);
  return usualLayouts(shape, context).map((axes) => {
    const keptAxes = kept.map((axis) => shrunk(at(axes, axis), at(op.sizes, axis)));
    const read = { axes, copies: request.copies & ~bitsOf(axes), clean: false };
    return unaryMethod({ node: source, request: read }, (tensor) => {
      const isNative = sameAxes(keptAxes, request.axes) && isAligned(op, axes);
      if (isNative) return boxOf(context.emit, tensor, op, kept);
      return rearranged(context.emit, tensor, result, request.axes, (indices) => {
        const element = [...op.starts];
        kept.forEach((axis, i) => {
          element[axis] = at(element, axis) + at(indices, i);
        });
        return element;
      });
    });
  });
}

function shrunk(layout: AxisLayout, size: number): AxisLayout {
  return { at: layout.at, bits: Math.min(layout.bits, bitsFor(size)) };
}

/** Whether each ciphertext of a box comes from only one of the source's ciphertexts. */
function isAligned({ starts, sizes }: OpOf<'slice'>, axes: readonly AxisLayout[]): boolean {
  return axes.every(({ bits }, axis) => {
    const [start, size] = [at(starts, axis), at(sizes, axis)];
    const tile = 2 ** bits;
    const isInside = Math.floor(start / tile) === Math.floor((start + size - 1) / tile);
    return isInside || start % tile === 0;
  });
}

function boxOf(
  emit: Emitter,
  tensor: SlotTensor,
  op: OpOf<'slice'>,
  kept: readonly number[],
): SlotTensor {
  const { shape, layout } = tensor;
  const counts = tileCounts(shape, layout.axes);
  const sliceCounts = op.sizes.map((size, axis) =>
    Math.ceil(size / 2 ** at(layout.axes, axis).bits),
  );
  const offset = op.starts.reduce((sum, start, axis) => {
    const own = at(layout.axes, axis);
    return sum + (start % 2 ** own.bits) * 2 ** own.at;
  }, 0);
  const tiles = Array.from({ length: sizeOf(sliceCounts) }, (_, out) => {
    const numbers = indicesOf(out, sliceCounts).map(
      (index, axis) => index + (at(op.starts, axis) >> at(layout.axes, axis).bits),
    );
    return emit.rotate(at(tensor.tiles, rowMajorIndex(numbers, counts)), offset);
  });
  const axes = kept.map((axis) => shrunk(at(layout.axes, axis), at(op.sizes, axis)));
  const freed = bitsOf(layout.axes) & ~bitsOf(axes);
  const gaps = layout.gaps.map((gap, bit): Gap => (hasBit(freed, bit) ? 'garbage' : gap));
  const sizes = kept.map((axis) => at(op.sizes, axis));
  const padding = kept.map((axis) => {
    const isWhole = op.sizes[axis] === shape[axis];
    return isWhole ? at(layout.padding, axis) : 'garbage';
  });
  return { shape: sizes, tiles, layout: normalized(sizes, { axes, gaps, padding }) };
}

/** Returns the methods of a rotation that is cyclic in the vector's own length. */
export function rotateMethods(
  context: MethodContext,
  node: NodeOf<'rotate'>,
  request: LayoutRequest,
): readonly SlotMethod[] {
  return [...uploadedRotation(context, node, request), ...computedRotation(context, node, request)];
}

/** Returns the method of a rotated upload: the client uploads both parts at their final slots. */
function uploadedRotation(
  { emit, slotBits, known, asWritten }: MethodContext,
  { op: { steps }, args: [node], shape }: NodeOf<'rotate'>,
  request: LayoutRequest,
): readonly SlotMethod[] {
  const source = known(node);
  const axis = at(request.axes, 0);
  const n = at(shape, 0);
  if (source?.kind !== 'input' || !source.cipher || asWritten || n > 2 ** axis.bits) return [];
  const shift = ((steps % n) + n) % n;
  const write = (): SlotTensor => {
    const parts = [
      { start: shift, size: n - shift, to: 0 },
      { start: 0, size: shift, to: n - shift },
    ].filter(({ size }) => size > 0);
    const tiles = parts.map(({ start, size, to }) => {
      const box = { starts: [start], sizes: [size], drop: [false] };
      const part = defined(viewed({ kind: 'slice', ...box }, source));
      const axes = [shrunk(axis, size)];
      const own = { axes, copies: request.copies, clean: true };
      return at(layOut(emit, part, own, to * 2 ** axis.at).tiles, 0);
    });
    const gaps = Array.from(
      { length: slotBits },
      (_, bit): Gap => (hasBit(request.copies, bit) ? 'copy' : 'zero'),
    );
    return {
      shape,
      tiles: [emit.sum(tiles)],
      layout: normalized(shape, { axes: request.axes, gaps, padding: ['zero'] }),
    };
  };
  return [{ operands: [], write, leastWork: UPLOAD }];
}

/**
 * Returns the method of a rotation by rotations of ciphertexts. If n is a power of two, copies fill
 * the slots above the vector, and it takes one. Otherwise it takes two: if at least n slots behind
 * the vector are zero, they are added up without a mask.
 */
function computedRotation(
  { emit, slotBits }: MethodContext,
  { op: { steps }, args: [node], shape }: NodeOf<'rotate'>,
  request: LayoutRequest,
): readonly SlotMethod[] {
  const n = at(shape, 0);
  const axis = at(request.axes, 0);
  const size = 2 ** axis.bits;
  const above = ((1 << slotBits) - 1) & ~((1 << (axis.at + axis.bits)) - 1);
  const shift = ((steps % n) + n) % n;
  const rotated = (tensor: SlotTensor, by: number) =>
    emit.rotate(at(tensor.tiles, 0), by * 2 ** axis.at);
  if (n === size) {
    const read = { ...request, copies: request.copies | above };
    const write = (tensor: SlotTensor) => ({ ...tensor, tiles: [rotated(tensor, shift)] });
    return [unaryMethod({ node, request: read }, write)];
  }
  const clean = { axes: request.axes, copies: 0, clean: true };
  const hasRoom = axis.at + axis.bits < slotBits && n < size;
  if (hasRoom) {
    const write = (tensor: SlotTensor): SlotTensor => {
      const tile = emit.add(rotated(tensor, shift), rotated(tensor, shift - n));
      const gaps = tensor.layout.gaps.map(
        (gap, bit): Gap => (hasBit(above, bit) ? 'garbage' : gap),
      );
      return {
        ...tensor,
        tiles: [tile],
        layout: { axes: request.axes, gaps, padding: ['garbage'] },
      };
    };
    return [unaryMethod({ node, request: clean }, write)];
  }
  const write = (tensor: SlotTensor) =>
    rearranged(emit, tensor, [n], request.axes, ([i = 0]) => [(i + shift) % n]);
  return [unaryMethod({ node, request: { ...clean, clean: false } }, write)];
}

/**
 * Returns the method of tensors joined along the first axis. Each is requested with zeros around
 * it and rotated to its slots; then they are added up.
 */
export function joinMethods(
  context: MethodContext,
  node: NodeOf<'concat' | 'stack'>,
  request: LayoutRequest,
): readonly SlotMethod[] {
  const { emit } = context;
  const isStack = node.kind === 'stack';
  const first = at(request.axes, 0);
  const rest = request.axes.slice(1);
  const parts = node.args.map((arg) => ({ arg, shape: shapeOf(context, arg) }));
  const isOneTile = at(node.shape, 0) <= 2 ** first.bits;
  if (!isOneTile && first.bits > 0) return movedParts(context, node, request);
  // Indices with ciphertexts of their own need no additions.
  const isApart = first.bits === 0;
  let offset = 0;
  const placed = parts.map(({ arg, shape }) => {
    const from = offset;
    offset += isStack ? 1 : at(shape, 0);
    const axes = isStack ? rest : [shrunk(first, at(shape, 0)), ...rest];
    const read = isApart
      ? { axes, copies: request.copies, clean: request.clean }
      : { axes, copies: 0, clean: true };
    return { arg, base: isApart ? 0 : from * 2 ** first.at, request: read };
  });
  // Known tensors are laid out in their final slots at once.
  const computed = placed.filter(({ arg }) => !context.known(arg));
  const write = (tensors: readonly SlotTensor[]): SlotTensor => {
    let next = 0;
    const all = placed.map(({ arg, base, request: read }): SlotTensor => {
      const known = context.known(arg);
      if (known) return layOut(emit, known, read, base);
      const tensor = at(tensors, next++);
      return { ...tensor, tiles: tensor.tiles.map((tile) => emit.rotate(tile, -base)) };
    });
    const gaps = Array.from({ length: context.slotBits }, (): Gap => 'zero');
    const layout: Layout = { axes: request.axes, gaps, padding: node.shape.map(() => 'zero') };
    if (isApart) {
      const tiles = all.flatMap((part) => part.tiles);
      return { shape: node.shape, tiles, layout: commonLayout(layout, all, isStack) };
    }
    const tiles = at(all, 0).tiles.map((_, i) => emit.sum(all.map((part) => at(part.tiles, i))));
    return { shape: node.shape, tiles, layout };
  };
  return [
    {
      operands: computed.map(({ arg, request: read }) => ({ node: arg, request: read })),
      write,
    },
  ];
}

/** Returns the layout of joined ciphertexts: a gap or padding is garbage unless all parts agree. */
function commonLayout(layout: Layout, parts: readonly SlotTensor[], isStack: boolean): Layout {
  const gaps = layout.gaps.map((_, bit): Gap => {
    const states = new Set(parts.map((part) => at(part.layout.gaps, bit)));
    return states.size === 1 ? at([...states], 0) : 'garbage';
  });
  const used = bitsOf(layout.axes);
  return {
    axes: layout.axes,
    gaps: gaps.map((gap, bit) => (hasBit(used, bit) ? 'zero' : gap)),
    padding: layout.padding.map((_, axis) => {
      const isZero = parts.every(
        (part) =>
          (isStack && axis === 0) || part.layout.padding[isStack ? axis - 1 : axis] === 'zero',
      );
      return isZero ? 'zero' : 'garbage';
    }),
  };
}

/** Returns the method for parts that cross edges of ciphertexts: each is rearranged by masks. */
function movedParts(
  context: MethodContext,
  node: NodeOf<'concat' | 'stack'>,
  request: LayoutRequest,
): readonly SlotMethod[] {
  const { emit } = context;
  const isStack = node.kind === 'stack';
  const operands = node.args.map((arg): OperandRequest => {
    const axes = at(usualLayouts(shapeOf(context, arg), context), 0);
    return { node: arg, request: { axes, copies: 0, clean: false } };
  });
  const write = (tensors: readonly SlotTensor[]): SlotTensor => {
    let offset = 0;
    const moved = tensors.map((tensor) => {
      const from = offset;
      const count = isStack ? 1 : at(tensor.shape, 0);
      offset += count;
      const pick: ElementAt = ([index = 0, ...others]) =>
        isStack ? others : [index - from, ...others];
      const rows = { from, end: offset };
      return move(emit, movesTo(emit, tensor, node.shape, request.axes, pick, rows));
    });
    const whole = at(moved, 0);
    const tiles = whole.tiles.map((_, i) =>
      moved.map((part) => at(part.tiles, i)).reduce((x, y) => addNonZero(emit, x, y)),
    );
    return { ...whole, tiles };
  };
  return [{ operands, write }];
}

function addNonZero(emit: Emitter, a: number, b: number): number {
  if (emit.isZero(a)) return b;
  return emit.isZero(b) ? a : emit.add(a, b);
}

/** Returns a tensor's elements in another order and layout. */
function rearranged(
  emit: Emitter,
  source: SlotTensor,
  shape: Shape,
  axes: readonly AxisLayout[],
  pick: ElementAt,
): SlotTensor {
  return move(emit, movesTo(emit, source, shape, axes, pick));
}
