import type { CheckedProgram } from '../check/check-program.ts';
import type { IntegerScheme } from '../check/scheme.ts';
import { asOneLine } from '../errors/one-line.ts';
import type { ArrivalRules } from '../ir/arrival.ts';
import { type Circuit, idAt, type Node, type NodeId, nodeAt, type Origin } from '../ir/graph.ts';
import type { PromisedRanges } from '../ir/promised-ranges.ts';
import { at, last, lookUp } from '../lookup.ts';
import { describePacking, type TensorPacking } from '../packing/describe-packing.ts';
import { withFewerRotations } from '../packing/fewer-rotations.ts';
import { KnownTensors } from '../packing/known-tensors.ts';
import { layoutKey } from '../packing/layout.ts';
import { PackingError, pack } from '../packing/pack.ts';
import type { PackedCircuit, PackedPromise, PackedTensor } from '../packing/packed-circuit.ts';
import { isLongToPack, type Packing, packingsOf } from '../packing/packings.ts';
import { type Divided, divide } from '../packing/precompute.ts';
import { type PreparedInClear, prepareInClear } from '../packing/prepare.ts';
import { scalarize } from '../packing/scalarize.ts';
import { type Measures, measureOps } from '../plan/measures.ts';
import { isClear, OPERATIONS } from '../plan/operations.ts';
import type { CkksSketch, IntegerSketch, PlanOp, PlanPromise, PlanSketch } from '../plan/plan.ts';
import { legalize } from '../schemes/ckks/legalize.ts';
import { largestBatchingDegree } from '../schemes/integers/batching.ts';
import { chooseIntegerParams } from '../schemes/integers/choose-integer-params.ts';
import { relinearize } from '../schemes/integers/relinearize.ts';
import { SCHEMES } from '../schemes/schemes.ts';
import { DEFAULT_SECURITY, offeredRings } from '../schemes/security.ts';
import { CircuitError } from '../syntax/diagnostic.ts';
import type { Interval } from '../tensor/interval.ts';
import { sizeOf } from '../tensor/tensor.ts';
import { WorkExceeded, type WorkMeter } from '../work-meter.ts';
import { type PackedTrial, type PackingFigures, withFewerLayouts } from './fewer-layouts.ts';
import type { FixedLayout, FixedLayouts } from './fixed-layouts.ts';
import { roughTime } from './rough-time.ts';

/** The rules for packing and levels: those of the source form, or the best known ones. */
export type FormKind = 'source' | 'optimized';

/** A packed circuit with levels, ready for parameters. */
export interface Form {
  readonly circuit: Circuit;
  readonly sketch: PlanSketch;
  /** The source location of each of the sketch's operations. */
  readonly origins: readonly (Origin | undefined)[];
  /** The circuit node that each of the sketch's operations computes a part of. */
  readonly nodes: readonly (NodeId | undefined)[];
  readonly measures: Measures;
  /** How the circuit's tensors lie in slots. */
  readonly packing: readonly TensorPacking[];
  /** The layouts that the user chose; none in source forms. */
  readonly layouts: readonly HeldLayout[];
  /** The rules for the client's uploads, from which arrival levels are computed. */
  readonly rules: ArrivalRules;
}

/** A layout that the user chose, and how many tensors of a packed circuit have it. */
export interface HeldLayout extends FixedLayout {
  readonly tensors: number;
}

/** The lowest and highest values of inputs, by name. */
export type InputRanges = ReadonlyMap<string, readonly [number, number]>;

/** Typical values of inputs, row-major, by name. */
export type TypicalValues = ReadonlyMap<string, readonly number[]>;

/** The default range of CKKS inputs. */
export const DEFAULT_RANGE: readonly [number, number] = [-1, 1];

/** The default range of BFV and BGV inputs, which are reduced modulo t. */
const ANY_INTEGER: readonly [number, number] = [-Number.MAX_SAFE_INTEGER, Number.MAX_SAFE_INTEGER];

/** The options for making forms. */
export interface FormOptions {
  /** Ranges of inputs by name; they override declared ones. */
  readonly ranges: InputRanges;
  /** Typical values of inputs, which samples are close to. */
  readonly typical?: TypicalValues;
  /** Correct bits required in every output. */
  readonly request: { readonly precisionBits: number };
  /** Whether the client may upload products of its inputs; not in source forms. */
  readonly precompute: boolean;
  /** The objective for circuits that take long to pack; by default forms for all objectives. */
  readonly objective?: 'time' | 'depth';
  /**
   * Whether to search for better layouts, which takes several times as long, and return all good
   * forms.
   */
  readonly searchesLayouts?: boolean;
  /** The layouts that the user chose; not in source forms. */
  readonly fixedLayouts?: FixedLayouts;
  /** Whether to try only the first of several packings. */
  readonly packsOnce?: boolean;
  /**
   * The packing to beat: if the first packing of a circuit has no fewer levels and takes much
   * longer, the circuit is not packed again.
   */
  readonly rival?: PackingFigures;
  /** The ranges that the program's author promises; none by default. */
  readonly promised?: PromisedRanges;
  /** Counts the operations of packings, and ends them at a limit; none by default. */
  readonly work?: WorkMeter;
}

/**
 * Packs a circuit without loops and gives every operation its level, if the scheme has levels.
 *
 * @returns the form with the least estimated time and, if it is another one, the form with the
 *   fewest levels; more forms if layouts are searched; none if the circuit cannot be packed in the
 *   layouts that the user chose
 * @throws CircuitError if the circuit cannot be packed
 * @throws WorkExceeded if packing takes more operations than the meter allows
 */
export function makeForms(
  checked: CheckedProgram,
  circuit: Circuit,
  kind: FormKind,
  options: FormOptions,
): readonly Form[] {
  const { precompute, objective } = options;
  const { tracked, nodeOf } = trackNodes(circuit);
  const rules = {
    scaledUploads: SCHEMES[checked.scheme.name].rescales,
    precompute: precompute && kind === 'optimized',
  };
  const fixed = kind === 'optimized' ? options.fixedLayouts : undefined;
  const ready = prepareInClear(tracked, kind === 'source');
  const parts = { ...divide(ready.circuit, rules, kind === 'source'), prepared: ready.prepared };
  const ranges = options.promised?.of(circuit) ?? new Map<NodeId, Interval>();
  const promised = movedInto(parts.circuit, nodeOf, ranges);
  const located = { ...withLayouts(parts, circuit, nodeOf, fixed), promised };
  const layouts = fixed ? heldLayouts(fixed, located) : [];
  const form = ({ sketch, origins, levels, packed, valueIds }: Sketched<PlanSketch>): Form => {
    const nodes = origins.map((origin) => origin && nodeOf.get(origin));
    const packing = describePacking(packed, located.circuit, checked.source, (value) => {
      const op = sketch.ops[at(valueIds, value)];
      return op && 'level' in op ? op.level : null;
    });
    const measures = measureOps(sketch.ops, levels);
    return { circuit, sketch, origins, nodes, measures, packing, layouts, rules };
  };
  const { scheme } = checked;
  if (scheme.name !== 'ckks') {
    const made = unlessImpossible(() => integerSketch(checked, scheme, located, kind, options));
    return made ? [form(made)] : [];
  }
  const known = new KnownTensors(located.circuit, kind === 'optimized');
  const divided = { ...located, known };
  const packings =
    kind === 'source' ? [{}] : packingsOf(divided.circuit, objective, options.searchesLayouts);
  const { work } = options;
  const before = work?.spent ?? 0;
  const hopeless = isLongToPack(divided.circuit) ? HOPELESS_IF_LONG : HOPELESS;
  const made: TimedPacking[] = [];
  for (const packing of packings) {
    // Another packing takes about as much work as the ones before, on average. If that is not left,
    // these count: else a circuit whose packings take long would be lost.
    const each = made.length === 0 ? 0 : ((work?.spent ?? 0) - before) / made.length;
    if (work && made.length > 0 && !work.affords(Math.ceil(each))) break;
    const best = made.length === 0 ? undefined : fastestOf(made);
    const packed = unlessImpossible(() => timed(checked, divided, kind, options, packing, best));
    if (!packed) continue;
    made.push(packed);
    if (options.packsOnce) break;
    if (options.rival && !isClose(packed, options.rival, hopeless)) break;
  }
  if (made.length === 0) return [];
  if (options.searchesLayouts)
    return searched(checked, divided, options, made).map(({ sketched }) => form(sketched));
  const [fastest, lowest] = [fastestOf(made), lowestOf(made)];
  const kept = lowest.levels < fastest.levels ? [fastest, lowest] : [fastest];
  const spread = unlessImpossible(() => withPromises(checked, divided, kind, options, fastest));
  // At the same time, the first form counts.
  return (spread ? [spread, ...kept] : kept).map(({ sketched }) => form(sketched));
}

/**
 * Packs a circuit again, so that more promised ranges hold in all slots; undefined if none does. It
 * may take more rotations, and smaller parameters.
 */
function withPromises(
  checked: CheckedProgram,
  divided: Prepared,
  kind: FormKind,
  options: FormOptions,
  fastest: TimedPacking,
): TimedPacking | undefined {
  const held = ({ sketched }: TimedPacking) => sketched.sketch.promises?.length ?? 0;
  if (kind === 'source' || held(fastest) >= divided.promised.size) return undefined;
  const packing = { ...fastest.packing, spreadsPromised: true };
  const spread = timed(checked, divided, kind, options, packing, fastest);
  return held(spread) > held(fastest) && spread.levels <= fastest.levels ? spread : undefined;
}

/** What the client, the server in clear, and the server on ciphertexts compute of a circuit. */
type Parts = Divided & Pick<PreparedInClear, 'prepared'>;

/** A circuit to pack, and what is known of its nodes. */
interface Located extends Parts {
  /** The layouts that the user chose. */
  readonly fixed: ReadonlyMap<NodeId, FixedLayout>;
  /** The ranges that the author promises. */
  readonly promised: ReadonlyMap<NodeId, Interval>;
}

/** The same with what its packings share. */
interface Prepared extends Located {
  readonly known: KnownTensors;
}

/**
 * Finds the tensors with fixed layouts in the server's part of a circuit.
 */
function withLayouts(
  divided: Parts,
  whole: Circuit,
  nodeOf: ReadonlyMap<Origin, NodeId>,
  layouts: FixedLayouts | undefined,
): Omit<Located, 'promised'> {
  const inWhole = layouts?.in(whole) ?? new Map<NodeId, FixedLayout>();
  return { ...divided, fixed: movedInto(divided.circuit, nodeOf, inWhole) };
}

/**
 * Returns what is known of nodes for the same nodes of the server's part of their circuit. What the
 * client computes has an origin of its own there, by which it is found.
 */
function movedInto<T>(
  { nodes, origins }: Circuit,
  nodeOf: ReadonlyMap<Origin, NodeId>,
  known: ReadonlyMap<NodeId, T>,
): ReadonlyMap<NodeId, T> {
  if (known.size === 0) return known;
  const moved = nodes.flatMap(({ id }): [NodeId, T][] => {
    const origin = origins[id];
    const original = origin && nodeOf.get(origin);
    const found = original === undefined ? undefined : known.get(original);
    return found === undefined ? [] : [[id, found]];
  });
  return new Map(moved);
}

function heldLayouts({ choices }: FixedLayouts, { fixed }: Located): readonly HeldLayout[] {
  const all = [...fixed.values()];
  return [...choices].map(([name, layout]) => {
    return { name, layout, tensors: all.filter((one) => one.name === name).length };
  });
}

/** Packs a circuit. Returns undefined if the layouts that the user chose do not allow it. */
function unlessImpossible<T>(action: () => T): T | undefined {
  try {
    return action();
  } catch (error) {
    if (error instanceof PackingError) return undefined;
    throw error;
  }
}

/** A packing of a circuit, with the figures by which it is compared. */
interface TimedPacking extends PackedTrial {
  readonly packing: Packing;
  readonly sketched: Sketched<CkksSketch>;
}

/**
 * Packs a circuit.
 *
 * @param best the best packing so far, if there is one: only a packing that comes close to it in
 *   its first run has a second one
 */
function timed(
  checked: CheckedProgram,
  divided: Prepared,
  kind: FormKind,
  options: FormOptions,
  packing: Packing,
  best?: PackingFigures,
): TimedPacking {
  const { circuit } = divided;
  const { work } = options;
  const before = work?.spent ?? 0;
  const isPromising = (first: Sketched<CkksSketch>) =>
    best === undefined || isWorthwhile(circuit, figuresOf(first, options), best);
  const sketched = ckksSketch(checked, divided, kind, options, packing, isPromising);
  const { packed } = sketched;
  const computed = packed.tensors.filter(({ node }) => isComputed(nodeAt(circuit, node)));
  const shapeOf = ({ node }: PackedTensor) => nodeAt(circuit, node).shape;
  computed.sort((a, b) => sizeOf(shapeOf(b)) - sizeOf(shapeOf(a)));
  return {
    packing,
    sketched,
    ...figuresOf(sketched, options),
    operations: (work?.spent ?? 0) - before,
    layouts: [...new Set(computed.map((tensor) => layoutKey(shapeOf(tensor), tensor.layout.axes)))],
  };
}

function figuresOf(
  { sketch, levels }: Sketched<CkksSketch>,
  { request: { precisionBits } }: FormOptions,
): PackingFigures {
  return { levels: levels ?? 0, time: roughTime(sketch, levels ?? 0, precisionBits) };
}

/**
 * Whether a packing may lead to one that is better than the best: it is close to it, or the circuit
 * does not take long to pack.
 */
function isWorthwhile(circuit: Circuit, packing: PackingFigures, best: PackingFigures): boolean {
  return !isLongToPack(circuit) || isClose(packing, best, PROMISING);
}

/** Whether a packing has fewer levels than another one, or takes at most `factor` times as long. */
function isClose(a: PackingFigures, b: PackingFigures, factor: number): boolean {
  return a.levels < b.levels || a.time <= factor * b.time;
}

function isComputed({ op, secrecy }: Node): boolean {
  return op.kind !== 'input' && secrecy === 'cipher';
}

function fastestOf(all: readonly TimedPacking[]): TimedPacking {
  return all.reduce((best, one) => (one.time < best.time ? one : best));
}

function lowestOf(all: readonly TimedPacking[]): TimedPacking {
  return all.reduce((best, one) =>
    (one.levels - best.levels || one.time - best.time) < 0 ? one : best,
  );
}

/** Limit on the time of a first run, relative to the best packing, for which there is a second. */
const PROMISING = 1.5;
/**
 * Factors over the time of the rival above which a circuit is not packed again: one that takes long
 * to pack, and any.
 */
const HOPELESS_IF_LONG = 2;
const HOPELESS = 5;

/** Number of packings that are worth a search, the fastest ones. */
const MOST_PROMISING = 3;

/** Returns the fastest packings and the one with the fewest levels, each improved by a search. */
function searched(
  checked: CheckedProgram,
  divided: Prepared,
  options: FormOptions,
  made: readonly TimedPacking[],
): readonly TimedPacking[] {
  // Different options often give the same packing.
  const different = [...new Map(made.map((one) => [`${one.time} ${one.levels}`, one])).values()];
  const sorted = different.sort((a, b) => a.time - b.time).slice(0, MOST_PROMISING);
  const best = fastestOf(different);
  const fastest = sorted.filter((one) => isWorthwhile(divided.circuit, one, best));
  return [...new Set([...fastest, lowestOf(different)])].map((first) =>
    withFewerLayouts(first, (without) => {
      const packing = { ...first.packing, excludedLayouts: without };
      try {
        return timed(checked, divided, 'optimized', options, packing, first);
      } catch (error) {
        // Without work left, every further packing ends at once, and the best one so far remains.
        if (error instanceof WorkExceeded) return undefined;
        if (error instanceof PackingError || error instanceof CircuitError) return undefined;
        throw error;
      }
    }),
  );
}

interface Sketched<S extends PlanSketch> extends Pick<Form, 'origins'> {
  readonly sketch: S;
  /** Rescalings on the longest path; null if the scheme has none. */
  readonly levels: number | null;
  readonly packed: PackedCircuit;
  /** The index in the sketch of each of the packed circuit's values. */
  readonly valueIds: readonly number[];
}

function ckksSketch(
  checked: CheckedProgram,
  { circuit, fixed: fixedLayouts, promised, known, ...computed }: Prepared,
  kind: FormKind,
  options: FormOptions,
  packing: Packing,
  isPromising: (first: Sketched<CkksSketch>) => boolean,
): Sketched<CkksSketch> {
  const optimized = kind === 'optimized';
  const { work } = options;
  const common = { scaledUploads: optimized, asWritten: !optimized, fixedLayouts, promised, known };
  const rules = { ...common, ...packing, work };
  const sketchOf = (unmerged: PackedCircuit): Sketched<CkksSketch> => {
    const packed = optimized ? withFewerRotations(unmerged) : unmerged;
    const legal = legalize(packed, { freeIntegers: optimized, lazy: optimized });
    const { ops, origins, valueIds, levels } = legal;
    work?.spend('levels', packed.ops.length);
    const sketch: CkksSketch = {
      ...commonOf(checked, packed, computed, legal, options, DEFAULT_RANGE),
      scheme: 'ckks',
      batchable: !rotates(ops),
      ops: [...ops],
    };
    return { sketch, origins, levels, packed, valueIds };
  };
  return packChecked(checked, () =>
    sketchOf(pack(circuit, rules, (first) => isPromising(sketchOf(first)))),
  );
}

/**
 * Packs integers in slots if t has slots in a ring whose parameters fit. Otherwise every number has
 * its own ciphertext, and tensors are split into numbers.
 */
function integerSketch(
  checked: CheckedProgram,
  scheme: IntegerScheme,
  divided: Located,
  kind: FormKind,
  options: FormOptions,
): Sketched<IntegerSketch> {
  const largest = largestBatchingDegree(scheme.modulus);
  const encoded = (encoding: IntegerSketch['encoding']) =>
    encodedSketch(checked, scheme, divided, kind, options, encoding);
  if (largest === undefined) return encoded('coefficients');
  const inSlots = encoded('slots');
  if (
    largest === last(offeredRings(DEFAULT_SECURITY)).degree ||
    'plan' in chooseIntegerParams(inSlots.sketch)
  )
    return inSlots;
  const scalars = encoded('coefficients');
  return 'plan' in chooseIntegerParams(scalars.sketch) ? scalars : inSlots;
}

function encodedSketch(
  checked: CheckedProgram,
  { name, modulus }: IntegerScheme,
  { circuit, fixed: fixedLayouts, promised: _, ...computed }: Located,
  kind: FormKind,
  options: FormOptions,
  encoding: IntegerSketch['encoding'],
): Sketched<IntegerSketch> {
  const optimized = kind === 'optimized';
  const inSlots = encoding === 'slots';
  const { work } = options;
  if (!inSlots && fixedLayouts.size > 0) throw new PackingError('numbers without slots');
  const common = { scaledUploads: false, asWritten: !optimized, work };
  const rules = { ...common, scalars: !inSlots, fixedLayouts };
  const packed = packChecked(checked, () => {
    const straight = inSlots ? circuit : scalarize(circuit, { interning: optimized });
    const unmerged = pack(straight, rules);
    return optimized ? withFewerRotations(unmerged) : unmerged;
  });
  const written = relinearize(packed);
  const { ops, origins, valueIds } = written;
  const sketch: IntegerSketch = {
    ...commonOf(checked, packed, computed, written, options, ANY_INTEGER),
    scheme: name,
    plainModulus: modulus,
    encoding,
    batchable: inSlots && !rotates(ops),
    ops: [...ops],
  };
  return { sketch, origins, levels: null, packed, valueIds };
}

/** Returns the entries that sketches of all schemes have. */
function commonOf(
  { source, files }: CheckedProgram,
  { slots, inputs, outputs, promises }: PackedCircuit,
  { precomputed, prepared }: Pick<Parts, 'precomputed' | 'prepared'>,
  { ops, valueIds }: { readonly ops: readonly PlanOp[]; readonly valueIds: readonly number[] },
  { ranges, typical = new Map() }: FormOptions,
  defaultRange: readonly [number, number],
) {
  const digests = files.digests();
  return {
    format: 'shoal-plan' as const,
    version: 1 as const,
    circuit: asOneLine(baseName(source.file)),
    ...(digests.length > 0 ? { files: [...digests] } : {}),
    slots,
    inputs: inputs.map(({ name, secrecy, shape, range }) => {
      const [low, high] = ranges.get(name) ?? range ?? defaultRange;
      const within: [number, number] = [low, high];
      return {
        name,
        secrecy,
        shape: [...shape],
        range: within,
        ...(typical.has(name) ? { typical: [...lookUp(typical, name)] } : {}),
      };
    }),
    ...(precomputed ? { precomputed } : {}),
    ...(prepared ? { prepared } : {}),
    ...promisesOf(promises, valueIds, ops),
    outputs: outputs.map(({ shape, value, ...output }) => ({
      ...output,
      shape: [...shape],
      value: at(valueIds, value),
    })),
  };
}

/** Returns the promises of those values that are values of the sketch. */
function promisesOf(
  promises: readonly PackedPromise[],
  valueIds: readonly number[],
  ops: readonly PlanOp[],
): Pick<PlanSketch, 'promises'> {
  const moved = new Map<number, PlanPromise>();
  for (const {
    value,
    range: [low, high],
    hasZeros,
  } of promises) {
    const id = at(valueIds, value);
    const op = ops[id];
    if (op && !isClear(op)) moved.set(id, { value: id, range: [low, high], hasZeros });
  }
  return moved.size > 0 ? { promises: [...moved.values()] } : {};
}

function rotates(ops: readonly PlanOp[]): boolean {
  return ops.some((op) => OPERATIONS[op.op].means === 'rotate');
}

/** Gives every node its own origin, so that operations can be traced to nodes after packing. */
function trackNodes(circuit: Circuit) {
  const nodeOf = new Map<Origin, NodeId>();
  const origins = circuit.origins.map((origin, id) => {
    const own = origin && { ...origin };
    if (own) nodeOf.set(own, idAt(id));
    return own;
  });
  return { tracked: { ...circuit, origins }, nodeOf };
}

/** @throws CircuitError if the circuit cannot be packed */
function packChecked<T>({ source }: CheckedProgram, action: () => T): T {
  try {
    return action();
  } catch (error) {
    if (!(error instanceof PackingError && error.refusal)) throw error;
    throw new CircuitError(source, [error.refusal]);
  }
}

function baseName(file: string): string {
  return file.split(/[\\/]/).at(-1) ?? file;
}
