import {
  type Circuit,
  type CircuitOutput,
  liveNodes,
  type Node,
  type NodeId,
  nodeAt,
  useCounts,
} from '../ir/graph.ts';
import { latestLevels } from '../ir/latest-levels.ts';
import { at, defined } from '../lookup.ts';
import type { ErrorDiagnostic } from '../syntax/diagnostic.ts';
import { isOne } from '../tensor/exact.ts';
import type { Interval } from '../tensor/interval.ts';
import type { OpOf } from '../tensor/op.ts';
import { type Shape, stridesOf } from '../tensor/tensor.ts';
import { isReshape, viewOf, walkOf, wholeView } from '../tensor/view.ts';
import type { WorkMeter } from '../work-meter.ts';
import { layOut, leastWork, mapOf } from './clear-tensors.ts';
import { Emitter, workOf } from './emitter.ts';
import { hasGarbage, meetRequest } from './gaps.ts';
import { arrivalLevel } from './grid-contraction.ts';
import { KnownTensors } from './known-tensors.ts';
import {
  bitsFor,
  bitsOf,
  hasBit,
  type LayoutRequest,
  layoutKey,
  requestKey,
  type SlotTensor,
  sameAxes,
  tileBoxes,
} from './layout.ts';
import { type LayoutChoice, liesAs } from './layout-choices.ts';
import type { PackedCircuit, PackedOutput, PackedPromise, PackedTensor } from './packed-circuit.ts';
import { canRelayout, relayouts } from './relayouts.ts';
import type { MethodContext, SlotMethod } from './slot-method.ts';
import { methodsOf } from './slot-methods.ts';
import { hasComputedMatrices, slotsGathered, slotsNeeded } from './slots-needed.ts';
import { inner, usualLayouts } from './usual-layouts.ts';

/** Options of packing. */
export interface PackingOptions {
  /** Whether the client may upload inputs multiplied by constants. */
  readonly scaledUploads: boolean;
  /**
   * Whether to use the packing of the source form: rows outer, columns inner; sums of rows masked
   * and copied back; sums of vectors masked where they are needed in more than one slot. Otherwise
   * each tensor has the layout with the fewest levels and, among those, the least work.
   */
  readonly asWritten: boolean;
  /** Slots of a vector, a power of two; as few as the circuit needs unless given. */
  readonly slots?: number;
  /**
   * Slot bits that stay free beside the axes of matrices, for copies that sums of rows read; 0
   * unless given.
   */
  readonly spareBits?: number;
  /**
   * Whether axes that are summed over lie across ciphertexts only where no slots are free for them:
   * then products of products read fewer layouts. False unless given.
   */
  readonly sumsInSlots?: boolean;
  /**
   * Largest work, in additions of ciphertexts, that is spent to save one level; unlimited unless
   * given, so that the levels are fewest.
   */
  readonly levelWorth?: number;
  /**
   * Whether every ciphertext contains only one number, in slot 0. The circuit's only encrypted
   * tensors are then those that `stack` builds for outputs; see scalarize.ts.
   */
  readonly scalars?: boolean;
  /**
   * Layouts, by {@link layoutKey}, that no computed tensor may have. If given, packing fails where
   * a tensor without such a layout would take many masks.
   */
  readonly excludedLayouts?: ReadonlySet<string>;
  /**
   * The tensors whose layouts the user chose, by node. Such a tensor is uploaded or computed in
   * this layout, and rearranged from it where another one is read.
   */
  readonly fixedLayouts?: ReadonlyMap<NodeId, { readonly layout: LayoutChoice }>;
  /** The nodes whose ranges are promised; none by default. */
  readonly promised?: ReadonlyMap<NodeId, Interval>;
  /**
   * Whether nodes with promised ranges are computed with copies in all slots beside them: garbage
   * there need not be in the range. False unless given.
   */
  readonly spreadsPromised?: boolean;
  /** The known tensors, if other packings of the circuit share them; its own by default. */
  readonly known?: KnownTensors;
  /** Counts the operations that are appended, and ends packing at a limit; none by default. */
  readonly work?: WorkMeter | undefined;
}

/** Thrown when a circuit cannot be packed. */
export class PackingError extends Error {
  override readonly name = 'PackingError';
  /** The reason, for the author; undefined when no allowed layout of a tensor can be computed. */
  readonly refusal: ErrorDiagnostic | undefined;

  constructor(message: string, refusal?: ErrorDiagnostic) {
    super(message);
    this.refusal = refusal;
  }
}

/** Limit on the operations of one packed circuit, powers written out. */
const MAX_OPERATIONS = 4_000_000;
/**
 * Limit on the layouts in which one tensor is computed; further layouts take masks and rotations.
 */
const MOST_REQUESTS = 64;

/**
 * Limit on the masks of a change of layout, if the tensor can be computed in the layout directly.
 */
const MOST_MASKS = 32;
/** Factor by which the limit on masks grows until a tensor has a layout. */
const MORE_MASKS = 8;
const ANY = Number.POSITIVE_INFINITY;

/**
 * Packs a circuit: chooses a layout for each tensor and writes the circuit's operations as
 * operations on slot vectors.
 *
 * Every value is a vector of `slots` slots. A ciphertext contains it repeated, so that rotations
 * are cyclic in `slots`. There are two sweeps. From the outputs back, each tensor collects the
 * layouts that methods of its readers request. Forward, each tensor is computed in each requested
 * layout by the method with the fewest levels and, among those, the least work. Inputs and
 * constants cost nothing to rearrange and are laid out at each use.
 *
 * @param isPromising whether a first run, without knowledge of shared layouts, is worth a second
 *   one with it
 * @throws PackingError if the circuit is too large, or no allowed layout of a tensor can be
 *   computed
 * @throws WorkExceeded if it appends more operations than the meter allows
 */
export function pack(
  circuit: Circuit,
  options: PackingOptions,
  isPromising: (first: PackedCircuit) => boolean = () => true,
): PackedCircuit {
  const { work } = options;
  const before = work?.spent ?? 0;
  const known = options.known ?? new KnownTensors(circuit, options.scaledUploads);
  const first = new Packer(circuit, options, known).run();
  const { preferred } = first;
  if (options.asWritten || preferred.size === 0) return first.packed;
  // Without enough work for a second run, which takes as much, the first one counts.
  if (work && !work.affords(work.spent - before)) return first.packed;
  if (!isPromising(first.packed)) return first.packed;
  // Only now it is known which readers share a layout: pack again, favouring the most read layouts.
  const second = new Packer(circuit, options, known, preferred).run();
  const isBetter =
    second.arrival < first.arrival ||
    (second.arrival === first.arrival && second.work < first.work);
  return isBetter ? second.packed : first.packed;
}

/** A packed circuit and the figures by which packings are compared. */
interface Packed extends Figures {
  readonly packed: PackedCircuit;
  /** The most read layout of each tensor that has several layouts. */
  readonly preferred: ReadonlyMap<NodeId, string>;
}

/** The layout in which a node's tensor is read. */
interface Read {
  readonly node: NodeId;
  /** The layout; see {@link requestKey}. */
  readonly key: string;
}

/** The figures by which methods are compared. */
interface Figures {
  /** Rescalings on the longest path to the tensor. */
  readonly arrival: number;
  /** Work in additions of ciphertexts. */
  readonly work: number;
}

/** A tensor that has been computed in a layout, and its cost. */
interface Computed extends Figures {
  readonly tensor: SlotTensor;
  /** The tensors and layouts that it is computed from. */
  readonly reads: readonly Read[];
}

/** A requested layout of a tensor. */
interface ReadRequest {
  readonly request: LayoutRequest;
  /** The first node that requests it: the origin of the masks and copies that it takes. */
  readonly reader: NodeId;
}

/** An output, and the tensor that the client reads it from. */
interface ReadOutput extends CircuitOutput {
  readonly shape: Shape;
  /** The elements of the tensor that are the output; all elements in their order by default. */
  readonly view?: OpOf<'reindex'>;
}

class Packer {
  readonly #circuit: Circuit;
  readonly #options: PackingOptions;
  readonly #emit: Emitter;
  readonly #context: MethodContext;
  readonly #known: KnownTensors;
  readonly #requests: Map<string, ReadRequest>[];
  readonly #computed: Map<string, Computed>[];
  /** The largest number of masks with which computing a layout has failed, by node. */
  readonly #failed = new Map<NodeId, Map<string, number>>();
  readonly #outputs: readonly ReadOutput[];
  /** Layouts of inputs. */
  readonly #laidOut: { readonly node: NodeId; readonly tensor: SlotTensor }[] = [];
  readonly #uses: readonly number[];
  /** The latest arrival level of each node that delays no output. */
  readonly #latest: readonly number[];

  /** Limit on the masks of a layout; packing fails beyond it. */
  readonly #mostMasks: number;

  /**
   * For each tensor the layout whose work its readers share; any layout if the tensor is missing.
   */
  readonly #preferred: ReadonlyMap<NodeId, string>;

  constructor(
    circuit: Circuit,
    options: PackingOptions,
    known: KnownTensors,
    preferred: ReadonlyMap<NodeId, string> = new Map(),
  ) {
    this.#circuit = circuit;
    this.#preferred = preferred;
    this.#options = options;
    this.#mostMasks = options.excludedLayouts ? MOST_MASKS + 1 : MAX_OPERATIONS;
    const needed = options.scalars ? slotsGathered : slotsNeeded;
    const slots = options.slots ?? needed(circuit);
    this.#known = known;
    this.#emit = new Emitter(slots, options.work, this.#known.layouts);
    this.#context = {
      circuit,
      emit: this.#emit,
      slotBits: Math.log2(slots),
      spareBits: options.spareBits ?? 0,
      sumsInSlots: options.sumsInSlots ?? false,
      hasGrids: hasComputedMatrices(circuit),
      asWritten: options.asWritten,
      // A fixed input is read like a computed tensor: a method that lays it out itself would not
      // ask which layouts are allowed.
      known: (id) => (options.fixedLayouts?.has(id) ? undefined : this.#known.of(id)),
    };
    this.#requests = circuit.nodes.map(() => new Map());
    this.#computed = circuit.nodes.map(() => new Map());
    this.#outputs = circuit.outputs.map((output) => this.#readOutput(output));
    this.#uses = useCounts(circuit);
    this.#latest = options.asWritten
      ? circuit.nodes.map(() => 0)
      : latestLevels(circuit, { scaledUploads: options.scaledUploads });
  }

  run(): Packed {
    const roots = this.#roots();
    this.#collectRequests(roots);
    for (const node of this.#circuit.nodes) this.#compute(node);
    const outputs = this.#outputs.flatMap((output) => this.#output(output));
    const kept = roots.flatMap((id) => this.#kept(id));
    const { inputs } = this.#circuit;
    const arrival = outputs.reduce(
      (most, { value }) => Math.max(most, this.#emit.arrivalLevelOf(value)),
      0,
    );
    const figures = { tensors: this.#tensors(), promises: this.#promises() };
    const packed = this.#emit.used({ outputs, inputs, ...figures }, kept);
    return { packed, arrival, work: workOf(packed.ops), preferred: this.#mostRead(roots) };
  }

  /** Returns the most read layout of each tensor that is used in several layouts. */
  #mostRead(roots: readonly NodeId[]): ReadonlyMap<NodeId, string> {
    const readers = this.#circuit.nodes.map(() => new Map<string, number>());
    for (const id of roots)
      if (!this.#known.of(id)) this.#note(readers, this.#rootTensor(id).reads);
    for (const { id } of this.#circuit.nodes.toReversed()) {
      // A layout may be computed from another one of the same tensor, which #note then adds to the
      // map.
      for (const [key] of at(readers, id))
        this.#note(readers, this.#computed[id]?.get(key)?.reads ?? []);
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

  /** Returns all tensors in all their layouts, each ciphertext once. */
  #tensors(): readonly PackedTensor[] {
    const seen = new Set<number>();
    const computed = this.#circuit.nodes.flatMap(({ id }) =>
      [...at(this.#computed, id).values()].map(({ tensor }) => ({ node: id, tensor })),
    );
    return [...this.#laidOut, ...computed].flatMap(({ node, tensor }): PackedTensor[] => {
      const { layout, tiles } = tensor;
      if (layout.axes.length === 0 || tiles.every((tile) => seen.has(tile))) return [];
      for (const tile of tiles) seen.add(tile);
      return [{ node, layout, values: tiles }];
    });
  }

  /** Returns the tensor that an output is read from: the client reindexes for free. */
  #readOutput(output: CircuitOutput): ReadOutput {
    const { op, args, shape } = this.#node(output.node);
    const [source] = args;
    const own = { ...output, shape };
    if (op.kind !== 'reindex' || source === undefined || this.#known.of(source)) return own;
    const { shape: from } = this.#node(source);
    if (isReshape(op, from)) return { ...own, node: source };
    const bits = from.reduce((sum, extent) => sum + bitsFor(extent), 0);
    const isInOne = from.length < 3 && bits <= this.#context.slotBits;
    return isInOne && walkOf(op, from) ? { ...own, node: source, view: op } : own;
  }

  /** Returns the promised ranges of the ciphertexts without garbage. */
  #promises(): readonly PackedPromise[] {
    const { promised = new Map<NodeId, Interval>() } = this.#options;
    return [...promised].flatMap(([id, range]) => {
      const computed = [...at(this.#computed, id).values()].map(({ tensor }) => tensor);
      const laidOut = this.#laidOut.filter(({ node }) => node === id);
      return [...computed, ...laidOut.map(({ tensor }) => tensor)]
        .filter(({ layout }) => !hasGarbage(layout))
        .flatMap(({ tiles, layout, shape }) => {
          const used = bitsOf(layout.axes);
          const hasGaps = layout.gaps.some((gap, bit) => gap === 'zero' && !hasBit(used, bit));
          const isFull = shape.every((n, axis) => n % 2 ** at(layout.axes, axis).bits === 0);
          return tiles.map((value) => ({ value, range, hasZeros: hasGaps || !isFull }));
        });
    });
  }

  #node(id: NodeId): Node {
    return nodeAt(this.#circuit, id);
  }

  /** Returns the nodes of outputs and, in the source form, nodes that nothing reads. */
  #roots(): readonly NodeId[] {
    const outputs = this.#outputs.map(({ node }) => node);
    const live = liveNodes(this.#circuit);
    const dead = this.#circuit.nodes.flatMap(({ id }) =>
      !live[id] && this.#uses[id] === 0 && !this.#known.of(id) ? [id] : [],
    );
    const gathered = outputs
      .filter((id) => this.#isGathered(id))
      .flatMap((id) => this.#leavesOf(id));
    return [...new Set([...outputs, ...gathered, ...dead])].filter((id) => !this.#isGathered(id));
  }

  /** Whether a node is a tensor that an output gathers from ciphertexts of one number each. */
  #isGathered(id: NodeId): boolean {
    return this.#options.scalars === true && this.#node(id).shape.length > 0;
  }

  /** Walks from the outputs back and collects the requested layouts of every tensor. */
  #collectRequests(roots: readonly NodeId[]): void {
    for (const id of roots) this.#requestUsual(id);
    for (const node of this.#circuit.nodes.toReversed()) {
      const { id } = node;
      const requests = at(this.#requests, id);
      if (requests.size === 0) continue;
      const hasRelayouts = canRelayout(node) || requests.size >= MOST_REQUESTS;
      if (this.#context.hasGrids && hasRelayouts) this.#requestUsual(id);
      for (const { request } of requests.values())
        for (const { operands } of methodsOf(this.#context, node, request))
          for (const operand of operands) this.#request(operand.node, operand.request, id);
    }
  }

  #requestUsual(id: NodeId): void {
    if (this.#known.of(id)) return;
    for (const usual of this.#usual(id)) {
      const request = this.#spread(id, usual);
      if (!this.#isExcluded(id, request))
        this.#requests[id]?.set(requestKey(request), { request, reader: id });
    }
  }

  /** Returns requests for a tensor's usual layouts, with any gaps. */
  #usual(id: NodeId): readonly LayoutRequest[] {
    return usualLayouts(this.#node(id).shape, this.#context).map((axes) => {
      return { axes, copies: 0, clean: false };
    });
  }

  #isExcluded(id: NodeId, request: LayoutRequest): boolean {
    const { excludedLayouts: without } = this.#options;
    const isForbidden = without?.has(layoutKey(this.#node(id).shape, request.axes)) ?? false;
    return isForbidden || !this.#isAllowed(id, request);
  }

  /** Whether a request has the layout that the user chose for the tensor, if there is one. */
  #isAllowed(id: NodeId, { axes }: LayoutRequest): boolean {
    const choice = this.#options.fixedLayouts?.get(id);
    if (!choice) return true;
    return liesAs(choice.layout, this.#node(id).shape, axes, this.#context.slotBits);
  }

  /** Returns a request with copies in all slots beside a tensor whose range is promised. */
  #spread(id: NodeId, request: LayoutRequest): LayoutRequest {
    const { spreadsPromised, promised } = this.#options;
    if (!spreadsPromised || request.clean || !promised?.has(id)) return request;
    const all = (1 << this.#context.slotBits) - 1;
    return { ...request, copies: all & ~bitsOf(request.axes) };
  }

  #request(id: NodeId, asked: LayoutRequest, reader: NodeId): void {
    const request = this.#spread(id, asked);
    const requests = at(this.#requests, id);
    const key = requestKey(request);
    if (this.#known.of(id) || requests.size >= MOST_REQUESTS || requests.has(key)) return;
    if (!this.#isExcluded(id, request)) requests.set(key, { request, reader });
    else if (!this.#isAllowed(id, request)) this.#requestUsual(id);
  }

  /**
   * Computes a node in every requested layout that takes few masks; if all take many, in those that
   * take the fewest.
   */
  #compute(node: Node): void {
    this.#emit.origin = this.#circuit.origins[node.id];
    if (this.#emit.ops.length > MAX_OPERATIONS) this.#refuseSize();
    const computed = at(this.#computed, node.id);
    if (this.#options.fixedLayouts?.has(node.id)) this.#uploadFixed(node.id);
    if (at(this.#requests, node.id).size === 0) return;
    for (
      let masks = MOST_MASKS;
      computed.size === 0 && masks < this.#mostMasks;
      masks *= MORE_MASKS
    )
      this.#computeWithin(node, masks);
  }

  /** Uploads a known tensor in the usual layouts that are allowed, to be rearranged from them. */
  #uploadFixed(id: NodeId): void {
    if (!this.#known.of(id)) return;
    for (const request of this.#usual(id)) {
      const uploaded = this.#isAllowed(id, request) && this.#get(id, request);
      if (uploaded) at(this.#computed, id).set(requestKey(request), uploaded);
    }
  }

  /** @param masks limit on the masks that change an operand's layout */
  #computeWithin(node: Node, masks: number): void {
    const computed = at(this.#computed, node.id);
    for (const [key, readRequest] of at(this.#requests, node.id)) {
      const { request } = readRequest;
      if (node.kind === 'pow' && node.op.exponent + this.#emit.ops.length > MAX_OPERATIONS)
        this.#refuseSize('raise the optimization level: powers are then computed by squaring');
      const methods = methodsOf(this.#context, node, request);
      const native = this.#best(node.id, methods, readRequest, masks);
      const best =
        this.#context.hasGrids && canRelayout(node)
          ? this.#bestRelayout(node, request, native, native ? MOST_MASKS : masks)
          : native;
      if (best) computed.set(key, best);
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
   * Returns the best of some methods. Lower bounds of their costs are known before they are
   * written: the most promising one is written first, and others only if they can still be better.
   *
   * @param masks limit on the masks that change an operand's layout
   */
  #best(
    id: NodeId,
    methods: readonly SlotMethod[],
    readRequest: ReadRequest,
    masks: number,
  ): Computed | undefined {
    const [only, ...others] = methods;
    // Most operations on single numbers have one method, which needs no comparison.
    if (only && others.length === 0) {
      const operands = this.#operandsOf(only, masks);
      return operands && this.#written(only, operands, readRequest);
    }
    let best: Computed | undefined;
    for (const { method, least } of this.#promising(id, methods, masks)) {
      if (best && !this.#isBetter(id, least, best)) continue;
      const operands = this.#operandsOf(method, masks);
      if (!operands) continue;
      const mark = this.#emit.mark();
      const computed = this.#written(method, operands, readRequest);
      if (!best || this.#isBetter(id, computed, best)) best = computed;
      else mark.undo();
    }
    return best;
  }

  /** Returns a method's operands in the layouts that it reads; undefined if one has none. */
  #operandsOf({ operands }: SlotMethod, masks: number): readonly Computed[] | undefined {
    const read = operands.map(({ node, request }) => this.#get(node, request, masks));
    return read.every((operand) => operand !== undefined) ? read : undefined;
  }

  /** Writes a method in a requested layout. */
  #written(
    method: SlotMethod,
    operands: readonly Computed[],
    { request, reader }: ReadRequest,
  ): Computed {
    const operandWork = operands.reduce((sum, { work }) => sum + work, method.penalty ?? 0);
    const { work } = this.#emit;
    const native = method.write(operands.map((operand) => operand.tensor));
    const { origin } = this.#emit;
    this.#emit.origin = this.#circuit.origins[reader];
    const tensor = meetRequest(this.#emit, native, request);
    this.#emit.origin = origin;
    const reads = method.operands.flatMap(({ node, request: read }): Read[] =>
      this.#known.of(node) ? [] : [{ node, key: requestKey(read) }],
    );
    return { ...this.#measured(tensor, operandWork + this.#emit.work - work), reads };
  }

  /** Returns methods with the lower bounds of their costs, the most promising first. */
  #promising(id: NodeId, methods: readonly SlotMethod[], masks: number) {
    const bounded = methods.flatMap((method) => {
      const operands = method.operands.map(({ node, request }) =>
        this.#leastOf(node, request, masks),
      );
      if (!operands.every((operand) => operand !== undefined)) return [];
      const arrival = operands.reduce((most, operand) => Math.max(most, operand.arrival), 0);
      const work = operands.reduce((sum, operand) => sum + operand.work, method.penalty ?? 0);
      const least = {
        arrival: arrival + (method.leastLevels ?? 0),
        work: work + (method.leastWork ?? 0),
      };
      return [{ method, least }];
    });
    if (bounded.length < 2) return bounded;
    return bounded.sort(
      (a, b) =>
        Number(this.#isBetter(id, b.least, a.least)) ||
        -Number(this.#isBetter(id, a.least, b.least)),
    );
  }

  /**
   * Returns lower bounds of the cost of a node in a layout; undefined if computing it has failed.
   */
  #leastOf(id: NodeId, asked: LayoutRequest, masks: number): Figures | undefined {
    const request = this.#spread(id, asked);
    const known = this.#known.of(id);
    if (known && this.#isAllowed(id, request))
      return { arrival: 0, work: leastWork(known, request) };
    const all = at(this.#computed, id);
    const key = requestKey(request);
    const uses = this.#sharers(id, key);
    const computed = all.get(key);
    if (computed) return { arrival: computed.arrival, work: computed.work / uses };
    if ((this.#failed.get(id)?.get(key) ?? -1) >= masks) return undefined;
    // A change of layout takes a level.
    let [arrival, work] = [ANY, ANY];
    for (const other of all.values()) {
      arrival = Math.min(arrival, other.arrival + 1);
      work = Math.min(work, other.work / uses);
    }
    return { arrival, work };
  }

  /**
   * Whether `a` is better than `b`. Fewer levels count only down to the node's latest arrival
   * level, and only if they are worth the work; otherwise less work counts.
   */
  #isBetter(id: NodeId, a: Figures, b: Figures): boolean {
    const { levelWorth } = this.#options;
    const latest = at(this.#latest, id);
    const levels = Math.max(a.arrival, latest) - Math.max(b.arrival, latest);
    if (levelWorth === undefined) return levels !== 0 ? levels < 0 : a.work < b.work;
    return a.work - b.work < -levelWorth * levels;
  }

  #measured(tensor: SlotTensor, work: number): Computed {
    return { tensor, arrival: arrivalLevel(this.#emit, tensor), work, reads: [] };
  }

  /**
   * Returns the better of `native` and the best change of another layout into the requested one.
   */
  #bestRelayout(
    node: Node,
    request: LayoutRequest,
    native: Computed | undefined,
    masks: number,
  ): Computed | undefined {
    const others = [...at(this.#computed, node.id)].filter(
      ([, { tensor }]) => !sameAxes(tensor.layout.axes, request.axes),
    );
    const from = this.#bestOf(
      node.id,
      others.map(([, computed]) => computed),
    );
    if (!from || (native && native.arrival <= from.arrival + 1)) return native;
    const [key] = defined(others.find(([, computed]) => computed === from));
    const reads = [{ node: node.id, key }];
    let best = native;
    for (const relayout of relayouts(
      this.#context,
      node.shape,
      from.tensor.layout.axes,
      request,
      masks,
    )) {
      const least = { arrival: from.arrival + 1, work: from.work + relayout.leastWork };
      if (best && !this.#isBetter(node.id, least, best)) continue;
      const mark = this.#emit.mark();
      const tensor = meetRequest(this.#emit, relayout.write(from.tensor), request);
      const changed = { ...this.#measured(tensor, from.work + mark.workSince()), reads };
      if (!best || this.#isBetter(node.id, changed, best)) best = changed;
      else mark.undo();
    }
    return best;
  }

  /** Returns how many readers share the work of a layout. */
  #sharers(id: NodeId, key: string): number {
    const preferred = this.#preferred.get(id) ?? key;
    return preferred === key ? Math.max(1, at(this.#uses, id)) : 1;
  }

  /** Returns a node's tensor in the requested layout, with one reader's share of the work. */
  #get(id: NodeId, asked: LayoutRequest, masks = ANY): Computed | undefined {
    const request = this.#spread(id, asked);
    const known = this.#known.of(id);
    if (!known || !this.#isAllowed(id, request)) {
      const computed = this.#computedAs(id, request, masks);
      return (
        computed && { ...computed, work: computed.work / this.#sharers(id, requestKey(request)) }
      );
    }
    const mark = this.#emit.mark();
    const tensor = layOut(this.#emit, known, request);
    if (known.kind === 'input') this.#laidOut.push({ node: id, tensor });
    return this.#measured(tensor, mark.workSince());
  }

  #computedAs(id: NodeId, request: LayoutRequest, masks: number): Computed | undefined {
    const all = at(this.#computed, id);
    const key = requestKey(request);
    const known = all.get(key);
    if (known) return known;
    const failed = this.#failed.get(id) ?? new Map<string, number>();
    if ((failed.get(key) ?? -1) >= masks) return undefined;
    const computed = this.#bestRelayout(this.#node(id), request, undefined, masks);
    if (computed) all.set(key, computed);
    else this.#failed.set(id, failed.set(key, masks));
    return computed;
  }

  /** Returns the cheapest usual layout of a root. */
  #rootTensor(id: NodeId): Computed {
    const best = this.#bestOf(
      id,
      this.#usual(id)
        .filter((request) => this.#isAllowed(id, request))
        .flatMap((request) => this.#get(id, request, this.#mostMasks) ?? []),
    );
    if (!best) throw new PackingError(`no layout is found for node ${id}`);
    return best;
  }

  #bestOf(id: NodeId, all: readonly Computed[]): Computed | undefined {
    return all.reduce<Computed | undefined>(
      (best, computed) => (best && !this.#isBetter(id, computed, best) ? best : computed),
      undefined,
    );
  }

  #kept(id: NodeId): readonly number[] {
    return this.#outputs.some(({ node }) => node === id) ? [] : this.#rootTensor(id).tensor.tiles;
  }

  #output({ name, node, shape, factor, view }: ReadOutput): readonly PackedOutput[] {
    this.#emit.origin = this.#circuit.origins[node];
    const scaling = isOne(factor) ? {} : { factor: factor.value };
    if (this.#isGathered(node)) {
      const leaves = this.#leavesOf(node).map((leaf) => at(this.#rootTensor(leaf).tensor.tiles, 0));
      const elements = [leaves.length];
      const layout = {
        axes: [inner(leaves.length, this.#context.slotBits)],
        gaps: [],
        padding: [],
      };
      return tileBoxes(elements, layout.axes).map((box) => {
        const [from, size] = [at(box.starts, 0), at(box.sizes, 0)];
        const value = this.#emit.gather(leaves.slice(from, from + size));
        return { name, shape, value, map: mapOf(wholeView(elements), box, layout), ...scaling };
      });
    }
    const { tiles, layout, shape: whole } = this.#rootTensor(node).tensor;
    const gaps = layout.gaps.map(() => 'zero' as const);
    if (view) {
      const slots = layout.axes.map((axis) => 2 ** axis.at);
      const { from, strides } = defined(viewOf(view, { shape: whole, from: 0, strides: slots }));
      const fromStrides = stridesOf(shape);
      const map = { sizes: [...shape], from: 0, fromStrides, strides: [...strides], copies: [] };
      const base = from > 0 ? { at: from } : {};
      return [{ name, shape, value: at(tiles, 0), map: { ...map, ...base }, ...scaling }];
    }
    const boxes = tileBoxes(whole, layout.axes);
    return tiles.map((value, i) => ({
      name,
      shape,
      value,
      map: mapOf(wholeView(whole), at(boxes, i), { ...layout, gaps }),
      ...scaling,
    }));
  }

  /** Returns the elements of a stack of stacks, row-major. */
  #leavesOf(id: NodeId): readonly NodeId[] {
    const { op, args } = this.#node(id);
    return op.kind === 'stack' ? args.flatMap((arg) => this.#leavesOf(arg)) : [id];
  }
}
