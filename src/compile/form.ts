import type { CheckedProgram } from '../check/check-program.ts';
import type { IntegerScheme } from '../check/scheme.ts';
import type { ArrivalRules } from '../ir/arrival.ts';
import { type Circuit, idAt, type Node, type NodeId, nodeAt, type Origin } from '../ir/graph.ts';
import { at, last, lookUp } from '../lookup.ts';
import { describePacking, type TensorPacking } from '../packing/describe-packing.ts';
import { layoutKey } from '../packing/layout.ts';
import { mergeTerms } from '../packing/merge-terms.ts';
import { PackingError, pack } from '../packing/pack.ts';
import type { PackedCircuit, PackedTensor } from '../packing/packed-circuit.ts';
import { type Packing, packingsOf } from '../packing/packings.ts';
import { type Divided, divide } from '../packing/precompute.ts';
import { scalarize } from '../packing/scalarize.ts';
import { type Measures, measureOps } from '../plan/measures.ts';
import { OPERATIONS } from '../plan/operations.ts';
import type { CkksSketch, IntegerSketch, PlanOp, PlanSketch, Precomputed } from '../plan/plan.ts';
import { legalize } from '../schemes/ckks/legalize.ts';
import { largestBatchingDegree } from '../schemes/integers/batching.ts';
import { chooseIntegerParams } from '../schemes/integers/choose-integer-params.ts';
import { relinearize } from '../schemes/integers/relinearize.ts';
import { SCHEMES } from '../schemes/schemes.ts';
import { DEFAULT_SECURITY, offeredRings } from '../schemes/security.ts';
import { CircuitError } from '../syntax/diagnostic.ts';
import { sizeOf } from '../tensor/tensor.ts';
import { type PackedTrial, withFewerLayouts } from './fewer-layouts.ts';
import { roughTime } from './rough-time.ts';

/** How a circuit is laid out and levelled: as the contract defines the source form, or as well as is known. */
export type FormKind = 'source' | 'optimized';

/** A circuit in slots and levels, ready for parameters. */
export interface Form {
  readonly circuit: Circuit;
  readonly sketch: PlanSketch;
  /** Where in the text each of the sketch's operations comes from. */
  readonly origins: readonly (Origin | undefined)[];
  /** Of which of the circuit's nodes each of the sketch's operations is a part. */
  readonly nodes: readonly (NodeId | undefined)[];
  readonly measures: Measures;
  /** Where the circuit's tensors lie. */
  readonly packing: readonly TensorPacking[];
  /** What the client uploads, for whoever asks when the circuit's values are there. */
  readonly rules: ArrivalRules;
}

/** Lowest and highest values of inputs, by name. */
export type InputRanges = ReadonlyMap<string, readonly [number, number]>;

/** Likely values of inputs, row-major by name. */
export type Typical = ReadonlyMap<string, readonly number[]>;

/** What real inputs lie in where nothing says otherwise. */
export const DEFAULT_RANGE: readonly [number, number] = [-1, 1];

/** Where integers lie, where nothing says otherwise: they are taken modulo t. */
const ANY_INTEGER: readonly [number, number] = [-Number.MAX_SAFE_INTEGER, Number.MAX_SAFE_INTEGER];

/** What forms are made for. */
export interface FormWishes {
  /** Ranges of inputs, by name, before the declared ones; others are the scheme's. */
  readonly ranges: InputRanges;
  /** Likely values of inputs that samples are near to. */
  readonly typical?: Typical;
  /** Bits of the outputs that are to be right. */
  readonly request: { readonly precisionBits: number };
  /** Whether the client may upload products of its inputs, where the form is an optimized one. */
  readonly precompute: boolean;
  /** What forms of circuits that are long to pack are wanted for; anything, where not given. */
  readonly objective?: 'time' | 'depth';
  /** Whether packings are searched for better ones, which takes as long as packing some times more, and all that promise something are returned. */
  readonly searchesPlaces?: boolean;
}

/**
 * Packs a straight circuit and gives every operation its level, where the scheme has levels.
 *
 * @param wishes what the form is made for
 * @returns the form that seems quickest, and if that is another one also the form of the fewest levels; more, where places are
 *   searched
 * @throws CircuitError for what cannot be packed
 */
export function makeForms(
  checked: CheckedProgram,
  circuit: Circuit,
  kind: FormKind,
  wishes: FormWishes,
): readonly Form[] {
  const { precompute, objective, request } = wishes;
  const { tracked, nodeOf } = trackNodes(circuit);
  const rules = {
    scaledUploads: SCHEMES[checked.scheme.name].rescales,
    precompute: precompute && kind === 'optimized',
  };
  const divided = divide(tracked, rules);
  const form = ({ sketch, origins, levels, packed, places }: Sketched<PlanSketch>): Form => {
    const nodes = origins.map((origin) => origin && nodeOf.get(origin));
    const packing = describePacking(packed, divided.circuit, checked.source, (value) => {
      const op = sketch.ops[at(places, value)];
      return op && 'level' in op ? op.level : null;
    });
    const measures = measureOps(sketch.ops, levels);
    return { circuit, sketch, origins, nodes, measures, packing, rules };
  };
  if (checked.scheme.name !== 'ckks')
    return [form(integerSketch(checked, checked.scheme, divided, kind, wishes))];
  const packings = kind === 'source' ? [{}] : packingsOf(divided.circuit, objective);
  const made = packings.map((packing) => {
    const sketched = ckksSketch(checked, divided, kind, wishes, packing);
    return timed(packing, sketched, divided.circuit, request.precisionBits);
  });
  if (wishes.searchesPlaces)
    return searched(checked, divided, wishes, made).map(({ sketched }) => form(sketched));
  const [quickest, lowest] = [quickestOf(made), lowestOf(made)];
  return lowest.levels < quickest.levels
    ? [form(quickest.sketched), form(lowest.sketched)]
    : [form(quickest.sketched)];
}

/** A packing of a circuit, and what it is compared by. */
interface TimedPacking extends PackedTrial {
  readonly packing: Packing;
  readonly sketched: Sketched<CkksSketch>;
}

function timed(
  packing: Packing,
  sketched: Sketched<CkksSketch>,
  circuit: Circuit,
  precisionBits: number,
): TimedPacking {
  const { sketch, packed } = sketched;
  const levels = sketched.levels ?? 0;
  const computed = packed.tensors.filter(({ node }) => isComputed(nodeAt(circuit, node)));
  const shapeOf = ({ node }: PackedTensor) => nodeAt(circuit, node).shape;
  computed.sort((a, b) => sizeOf(shapeOf(b)) - sizeOf(shapeOf(a)));
  return {
    packing,
    sketched,
    levels,
    time: roughTime(sketch, levels, precisionBits),
    operations: sketch.ops.length,
    places: [...new Set(computed.map((tensor) => layoutKey(shapeOf(tensor), tensor.layout.axes)))],
  };
}

function isComputed({ op, secrecy }: Node): boolean {
  return op.kind !== 'input' && secrecy === 'cipher';
}

function quickestOf(all: readonly TimedPacking[]): TimedPacking {
  return all.reduce((best, one) => (one.time < best.time ? one : best));
}

function lowestOf(all: readonly TimedPacking[]): TimedPacking {
  return all.reduce((best, one) =>
    (one.levels - best.levels || one.time - best.time) < 0 ? one : best,
  );
}

/** Times the quickest that a packing may take to be searched for a better one. */
const PROMISING = 2;

/** The packings that promise something, each searched for a better one. */
function searched(
  checked: CheckedProgram,
  divided: Divided,
  wishes: FormWishes,
  made: readonly TimedPacking[],
): readonly TimedPacking[] {
  const { precisionBits } = wishes.request;
  const most = PROMISING * Math.max(quickestOf(made).time, lowestOf(made).time);
  const promising = made.filter(({ time }) => time <= most);
  return promising.map((first) =>
    withFewerLayouts(first, (without) => {
      const packing = { ...first.packing, excludedLayouts: without };
      try {
        const sketched = ckksSketch(checked, divided, 'optimized', wishes, packing);
        return timed(packing, sketched, divided.circuit, precisionBits);
      } catch (error) {
        if (error instanceof PackingError || error instanceof CircuitError) return undefined;
        throw error;
      }
    }),
  );
}

interface Sketched<S extends PlanSketch> extends Pick<Form, 'origins'> {
  readonly sketch: S;
  /** Rescalings on the longest path; null where the scheme has none. */
  readonly levels: number | null;
  readonly packed: PackedCircuit;
  /** Place in the sketch of each of the packed circuit's values. */
  readonly places: readonly number[];
}

function ckksSketch(
  checked: CheckedProgram,
  { circuit, precomputed }: Divided,
  kind: FormKind,
  wishes: FormWishes,
  packing: Packing,
): Sketched<CkksSketch> {
  const optimized = kind === 'optimized';
  const options = { scaledUploads: optimized, asWritten: !optimized, ...packing };
  const packed = packChecked(checked, () => {
    const asWritten = pack(circuit, options);
    return optimized ? mergeTerms(asWritten) : asWritten;
  });
  const { ops, origins, valueIds, levels } = legalize(packed, {
    freeIntegers: optimized,
    lazy: optimized,
  });
  const sketch: CkksSketch = {
    ...commonOf(checked, packed, precomputed, valueIds, wishes, DEFAULT_RANGE),
    scheme: 'ckks',
    batchable: !rotates(ops),
    ops: [...ops],
  };
  return { sketch, origins, levels, packed, places: valueIds };
}

/**
 * Integers lie in slots where t has any, if parameters fit in a ring where it has; elsewhere every number has a
 * ciphertext of its own, and what is no number is taken apart.
 */
function integerSketch(
  checked: CheckedProgram,
  scheme: IntegerScheme,
  divided: Divided,
  kind: FormKind,
  wishes: FormWishes,
): Sketched<IntegerSketch> {
  const largest = largestBatchingDegree(scheme.modulus);
  const encoded = (encoding: IntegerSketch['encoding']) =>
    encodedSketch(checked, scheme, divided, kind, wishes, encoding);
  if (largest === undefined) return encoded('coefficients');
  const inSlots = encoded('slots');
  if (
    largest === last(offeredRings(DEFAULT_SECURITY)).degree ||
    'plan' in chooseIntegerParams(inSlots.sketch)
  )
    return inSlots;
  const apart = encoded('coefficients');
  return 'plan' in chooseIntegerParams(apart.sketch) ? apart : inSlots;
}

function encodedSketch(
  checked: CheckedProgram,
  { name, modulus }: IntegerScheme,
  { circuit, precomputed }: Divided,
  kind: FormKind,
  wishes: FormWishes,
  encoding: IntegerSketch['encoding'],
): Sketched<IntegerSketch> {
  const optimized = kind === 'optimized';
  const inSlots = encoding === 'slots';
  const options = { scaledUploads: false, asWritten: !optimized, scalars: !inSlots };
  const packed = packChecked(checked, () => {
    const asWritten = pack(
      inSlots ? circuit : scalarize(circuit, { interning: optimized }),
      options,
    );
    return optimized ? mergeTerms(asWritten) : asWritten;
  });
  const { ops, origins, valueIds } = relinearize(packed);
  const sketch: IntegerSketch = {
    ...commonOf(checked, packed, precomputed, valueIds, wishes, ANY_INTEGER),
    scheme: name,
    plainModulus: modulus,
    encoding,
    batchable: inSlots && !rotates(ops),
    ops: [...ops],
  };
  return { sketch, origins, levels: null, packed, places: valueIds };
}

/** What sketches of all schemes have alike. */
function commonOf(
  { source }: CheckedProgram,
  { slots, inputs, outputs }: PackedCircuit,
  precomputed: Precomputed | undefined,
  places: readonly number[],
  { ranges, typical = new Map() }: FormWishes,
  usual: readonly [number, number],
) {
  return {
    format: 'shoal-plan' as const,
    version: 1 as const,
    circuit: baseName(source.file),
    slots,
    inputs: inputs.map(({ name, secrecy, shape, range }) => {
      const [low, high] = ranges.get(name) ?? range ?? usual;
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
    outputs: outputs.map(({ shape, value, ...output }) => ({
      ...output,
      shape: [...shape],
      value: at(places, value),
    })),
  };
}

function rotates(ops: readonly PlanOp[]): boolean {
  return ops.some((op) => OPERATIONS[op.op].means === 'rotate');
}

/** Gives every node an origin of its own, which says after packing what an operation was made for. */
function trackNodes(circuit: Circuit) {
  const nodeOf = new Map<Origin, NodeId>();
  const origins = circuit.origins.map((origin, id) => {
    const own = origin && { ...origin };
    if (own) nodeOf.set(own, idAt(id));
    return own;
  });
  return { tracked: { ...circuit, origins }, nodeOf };
}

/** @throws CircuitError for what cannot be packed */
function packChecked({ source }: CheckedProgram, action: () => PackedCircuit): PackedCircuit {
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
