import { isUploadFactor } from '../ir/arrival.ts';
import { type Circuit, liveNodes, type Node, type NodeId, nodeAt, useCounts } from '../ir/graph.ts';
import { latestLevels } from '../ir/latest-levels.ts';
import { at, defined } from '../lookup.ts';
import type { ErrorDiagnostic } from '../syntax/diagnostic.ts';
import { isOne } from '../tensor/exact.ts';
import { sizeOf } from '../tensor/tensor.ts';
import {
  type ClearTensor,
  clearShape,
  layOut,
  leastWork,
  mapOf,
  viewed,
  wholeView,
} from './clear-tensors.ts';
import { Emitter, workOf } from './emitter.ts';
import { meetRequest } from './gaps.ts';
import { arrivalLevel } from './grid-contraction.ts';
import {
  type Box,
  type LayoutRequest,
  layoutKey,
  requestKey,
  type SlotTensor,
  sameAxes,
  tileBoxes,
} from './layout.ts';
import type { Lowering, LoweringContext } from './lowering.ts';
import { loweringsOf } from './lowerings.ts';
import type { PackedCircuit, PackedOutput, PackedTensor } from './packed-circuit.ts';
import { canRelayout, relayouts } from './relayouts.ts';
import { combineFactors, scaledUploadChoice } from './scaled-uploads.ts';
import { hasComputedMatrices, slotsNeeded } from './slots-needed.ts';
import { usualLayouts } from './usual-layouts.ts';

/** How a circuit is put into slots. */
export interface PackingOptions {
  /** Whether the client may upload inputs scaled by constants. */
  readonly scaledUploads: boolean;
  /**
   * Whether the default packing is wanted: rows outer, columns inner, sums of rows masked and copied back, sums of
   * vectors masked where they are wanted in more slots than one. Otherwise each tensor lies where levels, then work,
   * are fewest.
   */
  readonly asWritten: boolean;
  /** Slots of a vector, a power of two; as few as the circuit needs, where not given. */
  readonly slots?: number;
  /** Slot bits that stay free beside the axes of matrices, so that sums of rows find copies there; none, unless given. */
  readonly spareBits?: number;
  /**
   * Work, in additions of ciphertexts, for which one level is saved; any, where not given. Levels are then fewest.
   */
  readonly levelWorth?: number;
  /**
   * Whether a ciphertext holds one number only, in slot 0. The circuit then has no encrypted tensors, but those
   * that `stack` makes for outputs; see scalarize.ts.
   */
  readonly scalars?: boolean;
  /** Places where no computed tensor may lie, for which few masks are made; see {@link layoutKey}. */
  readonly excludedLayouts?: ReadonlySet<string>;
}

/** A circuit that cannot be put into slots. */
export class PackingError extends Error {
  override readonly name = 'PackingError';
  /** Why, for the circuit's author; missing where a tensor lies nowhere else than where none may. */
  readonly refusal: ErrorDiagnostic | undefined;

  constructor(message: string, refusal?: ErrorDiagnostic) {
    super(message);
    this.refusal = refusal;
  }
}

/** Operations of one packed circuit, powers written out. */
const MAX_OPERATIONS = 4_000_000;
/** Layouts in which one tensor is computed; for more it is laid out anew. */
const MOST_DEMANDS = 64;

/** Masks by which a tensor is laid out anew, where it can be computed as it is wanted. */
const MOST_MASKS = 32;
/** Times as many are allowed where a tensor cannot be had otherwise, until it can. */
const MORE_MASKS = 8;
const ANY = Number.POSITIVE_INFINITY;

/**
 * Lays a circuit's tensors out in slots and writes its operations as operations on slot vectors.
 *
 * Every value is a vector of `slots` slots; the evaluator repeats it over the ciphertext, so that rotations are
 * cyclic in `slots`. Two sweeps: from the outputs back, which layouts of each tensor some way to compute what reads it
 * could want; then forward, for each tensor and layout the way with the fewest levels, and of those the least work. What
 * compiler or client know costs nothing to rearrange, and is laid out where it is used.
 *
 * @throws PackingError for circuits that are too large, and where tensors may not lie anywhere, and cannot do with that
 */
export function pack(circuit: Circuit, options: PackingOptions): PackedCircuit {
  const first = new Packer(circuit, options).run();
  const { preferred } = first;
  if (options.asWritten || preferred.size === 0) return first.packed;
  // Who shares a tensor is known only now: once more, with the others going where most want it.
  const second = new Packer(circuit, options, preferred).run();
  const isBetter =
    second.level < first.level || (second.level === first.level && second.work < first.work);
  return isBetter ? second.packed : first.packed;
}

/** A packing, and what choices are made by. */
interface Packed extends Figures {
  readonly packed: PackedCircuit;
  /** Of tensors that are laid out in several ways, the one that is read most. */
  readonly preferred: ReadonlyMap<NodeId, string>;
}

/** A tensor in a layout. */
interface Read {
  readonly node: NodeId;
  /** The layout; see {@link requestKey}. */
  readonly key: string;
}

/** What ways to compute are compared by. */
interface Figures {
  /** Rescalings on the longest path. */
  readonly level: number;
  /** In additions of ciphertexts. */
  readonly work: number;
}

/** A tensor in a layout, and what it takes. */
interface Made extends Figures {
  readonly held: SlotTensor;
  /** What it is computed from. */
  readonly reads: readonly Read[];
}

/** A layout that a tensor is wanted in. */
interface Wanted {
  readonly request: LayoutRequest;
  /** Who wants it first: masks and copies are made for that. */
  readonly reader: NodeId;
}

class Packer {
  readonly #circuit: Circuit;
  readonly #options: PackingOptions;
  readonly #emit: Emitter;
  readonly #context: LoweringContext;
  readonly #known: (ClearTensor | undefined)[];
  readonly #requests: Map<string, Wanted>[];
  readonly #made: Map<string, Made>[];
  /** Masks with which a layout cannot be had. */
  readonly #unmade: Map<string, number>[];
  /** Inputs as they have been laid out. */
  readonly #laidOut: { readonly node: NodeId; readonly held: SlotTensor }[] = [];
  readonly #uses: readonly number[];
  /** Level up to which it is all the same when a node is there. */
  readonly #latest: readonly number[];
  readonly #uploadsScaled: (node: Node) => boolean;

  /** Masks beyond which a tensor that cannot be had otherwise is given up. */
  readonly #mostMasks: number;

  /** Layouts whose work readers share; of tensors that are not listed, any. */
  readonly #preferred: ReadonlyMap<NodeId, string>;

  constructor(
    circuit: Circuit,
    options: PackingOptions,
    preferred: ReadonlyMap<NodeId, string> = new Map(),
  ) {
    this.#circuit = circuit;
    this.#preferred = preferred;
    this.#options = options;
    this.#mostMasks = options.excludedLayouts ? MOST_MASKS + 1 : MAX_OPERATIONS;
    const slots = options.slots ?? slotsNeeded(circuit);
    this.#emit = new Emitter(slots);
    this.#context = {
      circuit,
      emit: this.#emit,
      slotBits: Math.log2(slots),
      spareBits: options.spareBits ?? 0,
      hasGrids: hasComputedMatrices(circuit),
      asWritten: options.asWritten,
      known: (id) => this.#known[id],
    };
    this.#known = new Array(circuit.nodes.length);
    this.#requests = circuit.nodes.map(() => new Map());
    this.#made = circuit.nodes.map(() => new Map());
    this.#unmade = circuit.nodes.map(() => new Map());
    this.#uses = useCounts(circuit);
    this.#latest = options.asWritten
      ? circuit.nodes.map(() => 0)
      : latestLevels(circuit, { scaledUploads: options.scaledUploads });
    this.#uploadsScaled = options.scaledUploads ? scaledUploadChoice(circuit) : () => false;
  }

  run(): Packed {
    for (const node of this.#circuit.nodes) this.#known[node.id] = this.#knownOf(node);
    const roots = this.#roots();
    this.#collectDemands(roots);
    for (const node of this.#circuit.nodes) this.#make(node);
    const outputs = this.#circuit.outputs.flatMap((output) => this.#output(output));
    const kept = roots.flatMap((id) => this.#kept(id));
    const { inputs } = this.#circuit;
    const level = outputs.reduce(
      (most, { value }) => Math.max(most, this.#emit.arrivalLevelOf(value)),
      0,
    );
    const packed = this.#emit.used({ outputs, inputs, tensors: this.#tensors() }, kept);
    return { packed, level, work: workOf(packed.ops), preferred: this.#mostRead(roots) };
  }

  /** Of tensors that are used in several layouts, the layout that most of what is used reads. */
  #mostRead(roots: readonly NodeId[]): ReadonlyMap<NodeId, string> {
    const readers = this.#circuit.nodes.map(() => new Map<string, number>());
    for (const id of roots) if (!this.#known[id]) this.#note(readers, this.#rootMade(id).reads);
    for (const { id } of this.#circuit.nodes.toReversed()) {
      // A layout may be made from another one of the same tensor, which is then added to the list.
      for (const [key] of at(readers, id))
        this.#note(readers, this.#made[id]?.get(key)?.reads ?? []);
    }
    return new Map(
      this.#circuit.nodes.flatMap(({ id }): [NodeId, string][] => {
        const [first, ...others] = [...at(readers, id)].sort((a, b) => b[1] - a[1]);
        return first && others.length > 0 ? [[id, first[0]]] : [];
      }),
    );
  }

  #note(readers: readonly Map<string, number>[], reads: readonly Read[]): void {
    for (const { node, key } of reads) {
      const byKey = at(readers, node);
      byKey.set(key, (byKey.get(key) ?? 0) + 1);
    }
  }

  /** All tensors in all layouts that they have been laid out or computed in, each ciphertext once. */
  #tensors(): readonly PackedTensor[] {
    const seen = new Set<number>();
    const computed = this.#circuit.nodes.flatMap(({ id }) =>
      [...at(this.#made, id).values()].map(({ held }) => ({ node: id, held })),
    );
    return [...this.#laidOut, ...computed].flatMap(({ node, held }): PackedTensor[] => {
      const { layout, tiles } = held;
      if (layout.axes.length === 0 || tiles.every((tile) => seen.has(tile))) return [];
      for (const tile of tiles) seen.add(tile);
      return [{ node, layout, values: tiles }];
    });
  }

  #node(id: NodeId): Node {
    return nodeAt(this.#circuit, id);
  }

  /** Outputs, and in the program as written also what nobody reads. */
  #roots(): readonly NodeId[] {
    const outputs = this.#circuit.outputs.map(({ node }) => node);
    const live = liveNodes(this.#circuit);
    const dead = this.#circuit.nodes.flatMap(({ id }) =>
      !live[id] && this.#uses[id] === 0 && !this.#known[id] ? [id] : [],
    );
    const gathered = outputs
      .filter((id) => this.#isGathered(id))
      .flatMap((id) => this.#leavesOf(id));
    return [...new Set([...outputs, ...gathered, ...dead])].filter((id) => !this.#isGathered(id));
  }

  /** Numbers stay apart until an output needs them side by side. */
  #isGathered(id: NodeId): boolean {
    return this.#options.scalars === true && this.#node(id).shape.length > 0;
  }

  #knownOf(node: Node): ClearTensor | undefined {
    const { kind, op, args, shape } = node;
    switch (kind) {
      case 'input': {
        const { name, secrecy } = op.type;
        return { kind: 'input', name, cipher: secrecy === 'cipher', view: wholeView(shape) };
      }
      case 'const':
        return { kind: 'constant', tensor: op.tensor };
      case 'broadcast':
      case 'permute':
      case 'slice': {
        const source = this.#known[args[0]];
        return source && viewed(op, source);
      }
      case 'mul': {
        const [a, b] = args;
        return this.#scaledInput(node, a, b) ?? this.#scaledInput(node, b, a);
      }
      default:
        return undefined;
    }
  }

  /** A constant times an input that the client uploads scaled, or that the evaluator knows in clear. */
  #scaledInput(node: Node, constantId: NodeId, inputId: NodeId): ClearTensor | undefined {
    const constant = this.#known[constantId];
    const input = this.#known[inputId];
    if (constant?.kind !== 'constant' || input?.kind !== 'input') return undefined;
    if (input.cipher ? !this.#uploadsScaled(node) : node.shape.length < 2) return undefined;
    const factor = combineFactors(constant.tensor, input.factor, node.shape);
    const spread = clearShape(input).length === 0 && node.shape.length > 0;
    if (!factor || !isElementwise(node) || (spread && factor.shape.length === 0)) return undefined;
    if (input.cipher && !isUploadFactor(factor)) return undefined;
    const view = spread
      ? { shape: node.shape, from: input.view.from, fromStrides: node.shape.map(() => 0) }
      : input.view;
    return { ...input, view, factor };
  }

  /** Walks from the outputs back, and notes how tensors may be wanted. */
  #collectDemands(roots: readonly NodeId[]): void {
    for (const id of roots) this.#requestUsual(id);
    for (const node of this.#circuit.nodes.toReversed()) {
      const { id } = node;
      const requests = at(this.#requests, id);
      if (requests.size === 0) continue;
      const isTurned = canRelayout(node) || requests.size >= MOST_DEMANDS;
      if (this.#context.hasGrids && isTurned) this.#requestUsual(id);
      for (const { request } of requests.values())
        for (const { operands: wants } of loweringsOf(this.#context, node, request))
          for (const want of wants) this.#request(want.node, want.request, id);
    }
  }

  #requestUsual(id: NodeId): void {
    if (this.#known[id]) return;
    for (const request of this.#usual(id))
      if (!this.#isExcluded(id, request))
        this.#requests[id]?.set(requestKey(request), { request, reader: id });
  }

  /** A tensor in its usual places, whatever lies around it. */
  #usual(id: NodeId): readonly LayoutRequest[] {
    return usualLayouts(this.#node(id).shape, this.#context).map((axes) => {
      return { axes, copies: 0, clean: false };
    });
  }

  #isExcluded(id: NodeId, { axes }: LayoutRequest): boolean {
    const { excludedLayouts: without } = this.#options;
    return without?.has(layoutKey(this.#node(id).shape, axes)) ?? false;
  }

  #request(id: NodeId, request: LayoutRequest, reader: NodeId): void {
    const requests = at(this.#requests, id);
    const key = requestKey(request);
    if (this.#known[id] || requests.size >= MOST_DEMANDS || requests.has(key)) return;
    if (this.#isExcluded(id, request)) return;
    requests.set(key, { request, reader });
  }

  /** Computes a node in every layout that is wanted and does not take many masks, or, if all do, in those that take the fewest. */
  #make(node: Node): void {
    this.#emit.origin = this.#circuit.origins[node.id];
    if (this.#emit.ops.length > MAX_OPERATIONS) this.#refuseSize();
    const made = at(this.#made, node.id);
    if (at(this.#requests, node.id).size === 0) return;
    for (let masks = MOST_MASKS; made.size === 0 && masks < this.#mostMasks; masks *= MORE_MASKS)
      this.#makeWithin(node, masks);
  }

  /** @param masks that an operand may take to be laid out anew */
  #makeWithin(node: Node, masks: number): void {
    const made = at(this.#made, node.id);
    for (const [key, wanted] of at(this.#requests, node.id)) {
      const { request } = wanted;
      if (node.kind === 'pow' && node.op.exponent + this.#emit.ops.length > MAX_OPERATIONS)
        this.#refuseSize('raise the optimization level: powers are then taken by squaring');
      const ways = loweringsOf(this.#context, node, request);
      const native = this.#best(node.id, ways, wanted, masks);
      const best =
        this.#context.hasGrids && canRelayout(node)
          ? this.#turned(node, request, native, native ? MOST_MASKS : masks)
          : native;
      if (best) made.set(key, best);
    }
  }

  #refuseSize(help?: string): never {
    const message = `the circuit has more than ${MAX_OPERATIONS} operations`;
    const span = this.#emit.origin?.span ?? { start: 0, end: 0 };
    throw new PackingError(message, {
      severity: 'error',
      code: 'too-large',
      message,
      span,
      ...(help ? { help } : {}),
    });
  }

  /**
   * The best of some ways. What a way takes at least is known before it is written, so the most promising are written
   * first, and only those that can be better than what there is.
   *
   * @param masks that an operand may take to be laid out anew
   */
  #best(
    id: NodeId,
    ways: readonly Lowering[],
    { request, reader }: Wanted,
    masks: number,
  ): Made | undefined {
    let best: Made | undefined;
    for (const { way, least } of this.#promising(id, ways, masks)) {
      if (best && !this.#isBetter(id, least, best)) continue;
      const operands = way.operands.map(({ node, request: want }) => this.#get(node, want, masks));
      if (!operands.every((operand) => operand !== undefined)) continue;
      const given = operands.reduce((sum, { work }) => sum + work, way.penalty ?? 0);
      const mark = this.#emit.mark();
      const native = way.write(operands.map((operand) => operand.held));
      const { origin } = this.#emit;
      this.#emit.origin = this.#circuit.origins[reader];
      const held = meetRequest(this.#emit, native, request);
      this.#emit.origin = origin;
      const reads = way.operands.flatMap(({ node, request: want }): Read[] =>
        this.#known[node] ? [] : [{ node, key: requestKey(want) }],
      );
      const made = { ...this.#measured(held, given + mark.workSince()), reads };
      if (!best || this.#isBetter(id, made, best)) best = made;
      else mark.undo();
    }
    return best;
  }

  /** Ways with the least level and work that each can have, the best first. */
  #promising(id: NodeId, ways: readonly Lowering[], masks: number) {
    const bounded = ways.flatMap((way) => {
      const operands = way.operands.map(({ node, request }) => this.#leastOf(node, request, masks));
      if (!operands.every((operand) => operand !== undefined)) return [];
      const level = operands.reduce((most, operand) => Math.max(most, operand.level), 0);
      const work = operands.reduce((sum, operand) => sum + operand.work, way.penalty ?? 0);
      const least = { level: level + (way.leastLevels ?? 0), work: work + (way.leastWork ?? 0) };
      return [{ way, least }];
    });
    if (bounded.length < 2) return bounded;
    return bounded.sort(
      (a, b) =>
        Number(this.#isBetter(id, b.least, a.least)) ||
        -Number(this.#isBetter(id, a.least, b.least)),
    );
  }

  /** The least that a node's tensor can take as it is wanted; undefined where it cannot be had. */
  #leastOf(id: NodeId, request: LayoutRequest, masks: number): Figures | undefined {
    const known = this.#known[id];
    if (known) return { level: 0, work: leastWork(known, request) };
    const all = at(this.#made, id);
    const key = requestKey(request);
    const uses = this.#sharers(id, key);
    const made = all.get(key);
    if (made) return { level: made.level, work: made.work / uses };
    if ((this.#unmade[id]?.get(key) ?? -1) >= masks) return undefined;
    // Laying out anew takes a level.
    let [level, work] = [ANY, ANY];
    for (const other of all.values()) {
      level = Math.min(level, other.level + 1);
      work = Math.min(work, other.work / uses);
    }
    return { level, work };
  }

  /** Fewer levels, if a node has to be there earlier and they are worth the work, or less work. */
  #isBetter(id: NodeId, a: Figures, b: Figures): boolean {
    const { levelWorth } = this.#options;
    const latest = at(this.#latest, id);
    const levels = Math.max(a.level, latest) - Math.max(b.level, latest);
    if (levelWorth === undefined) return levels !== 0 ? levels < 0 : a.work < b.work;
    return a.work - b.work < -levelWorth * levels;
  }

  #measured(held: SlotTensor, work: number): Made {
    return { held, level: arrivalLevel(this.#emit, held), work, reads: [] };
  }

  /** The better of what is computed as wanted and what is computed otherwise and laid out anew. */
  #turned(
    node: Node,
    request: LayoutRequest,
    native: Made | undefined,
    masks: number,
  ): Made | undefined {
    const others = [...at(this.#made, node.id)].filter(
      ([, { held }]) => !sameAxes(held.layout.axes, request.axes),
    );
    const from = this.#bestOf(
      node.id,
      others.map(([, made]) => made),
    );
    if (!from || (native && native.level <= from.level + 1)) return native;
    const [key] = defined(others.find(([, made]) => made === from));
    const reads = [{ node: node.id, key }];
    let best = native;
    for (const turn of relayouts(
      this.#context,
      node.shape,
      from.held.layout.axes,
      request,
      masks,
    )) {
      const least = { level: from.level + 1, work: from.work + turn.leastWork };
      if (best && !this.#isBetter(node.id, least, best)) continue;
      const mark = this.#emit.mark();
      const held = meetRequest(this.#emit, turn.write(from.held), request);
      const turned = { ...this.#measured(held, from.work + mark.workSince()), reads };
      if (!best || this.#isBetter(node.id, turned, best)) best = turned;
      else mark.undo();
    }
    return best;
  }

  /** How many share the work of a layout. */
  #sharers(id: NodeId, key: string): number {
    const preferred = this.#preferred.get(id) ?? key;
    return preferred === key ? Math.max(1, at(this.#uses, id)) : 1;
  }

  /** A node's tensor as it is wanted; its work is shared by all who read it. */
  #get(id: NodeId, request: LayoutRequest, masks = ANY): Made | undefined {
    const known = this.#known[id];
    if (!known) {
      const made = this.#madeAs(id, request, masks);
      return made && { ...made, work: made.work / this.#sharers(id, requestKey(request)) };
    }
    const mark = this.#emit.mark();
    const held = layOut(this.#emit, known, request);
    if (known.kind === 'input') this.#laidOut.push({ node: id, held });
    return this.#measured(held, mark.workSince());
  }

  #madeAs(id: NodeId, request: LayoutRequest, masks: number): Made | undefined {
    const all = at(this.#made, id);
    const key = requestKey(request);
    const known = all.get(key);
    if (known) return known;
    const failed = at(this.#unmade, id);
    if ((failed.get(key) ?? -1) >= masks) return undefined;
    const made = this.#turned(this.#node(id), request, undefined, masks);
    if (made) all.set(key, made);
    else failed.set(key, masks);
    return made;
  }

  /** The cheapest of the layouts in which a root may be left. */
  #rootMade(id: NodeId): Made {
    const best = this.#bestOf(
      id,
      this.#usual(id).flatMap((request) => this.#get(id, request, this.#mostMasks) ?? []),
    );
    if (!best) throw new PackingError(`no layout is found for node ${id}`);
    return best;
  }

  #bestOf(id: NodeId, all: readonly Made[]): Made | undefined {
    return all.reduce<Made | undefined>(
      (best, made) => (best && !this.#isBetter(id, made, best) ? best : made),
      undefined,
    );
  }

  #kept(id: NodeId): readonly number[] {
    return this.#circuit.outputs.some(({ node }) => node === id)
      ? []
      : this.#rootMade(id).held.tiles;
  }

  #output({ name, node, factor }: Circuit['outputs'][number]): readonly PackedOutput[] {
    const { shape } = this.#node(node);
    this.#emit.origin = this.#circuit.origins[node];
    const by = isOne(factor) ? {} : { factor: factor.value };
    if (this.#isGathered(node)) {
      const value = this.#emit.gather(
        this.#leavesOf(node).flatMap((leaf) => this.#rootMade(leaf).held.tiles),
      );
      const map = mapOf(wholeView([sizeOf(shape)]), wholeBox([sizeOf(shape)]), {
        axes: [{ at: 0, bits: this.#context.slotBits }],
        gaps: [],
        padding: [],
      });
      return [{ name, shape, value, map, ...by }];
    }
    const { tiles, layout } = this.#rootMade(node).held;
    const gaps = layout.gaps.map(() => 'zero' as const);
    const boxes = tileBoxes(shape, layout.axes);
    return tiles.map((value, i) => ({
      name,
      shape,
      value,
      map: mapOf(wholeView(shape), at(boxes, i), { ...layout, gaps }),
      ...by,
    }));
  }

  /** The elements of a stack of stacks, row-major. */
  #leavesOf(id: NodeId): readonly NodeId[] {
    const { op, args } = this.#node(id);
    return op.kind === 'stack' ? args.flatMap((arg) => this.#leavesOf(arg)) : [id];
  }
}

function wholeBox(sizes: readonly number[]): Box {
  return { starts: sizes.map(() => 0), sizes };
}

/** Whether a product has no sum, and its axes stay where they are. */
function isElementwise({ op, shape }: Node): boolean {
  if (op.kind !== 'mul') return false;
  return [op.lhs, op.rhs].every(
    (labels) => labels.length === 0 || labels.join() === [...shape.keys()].join(),
  );
}
