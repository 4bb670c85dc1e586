import type { CheckedProgram } from '../check/check.ts';
import type { Circuit, NodeId, Origin } from '../ir/graph.ts';
import { mergeTerms } from '../packing/merge-terms.ts';
import { PackingError, pack } from '../packing/pack.ts';
import type { PackedCircuit } from '../packing/packed.ts';
import { type Measures, measure } from '../plan/measure.ts';
import type { PlanSketch } from '../plan/plan.ts';
import { legalize } from '../schemes/ckks/legalize.ts';
import { CircuitError } from '../syntax/diagnostic.ts';

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
}

/** Lowest and highest values of inputs, by name. */
export type Ranges = ReadonlyMap<string, readonly [number, number]>;

/** What inputs lie in where nothing says otherwise. */
export const DEFAULT_RANGE: readonly [number, number] = [-1, 1];

/**
 * Packs a straight circuit and gives every operation its level.
 *
 * @param ranges ranges of inputs, by name, before the declared ones; others lie in [-1, 1]
 * @throws CircuitError for what cannot be packed
 */
export function makeForm(
  checked: CheckedProgram,
  circuit: Circuit,
  kind: FormKind,
  ranges: Ranges,
): Form {
  const optimized = kind === 'optimized';
  const { tracked, nodeOf } = trackNodes(circuit);
  const packed = packChecked(checked, tracked, optimized);
  const { ops, origins, places, levels } = legalize(packed, {
    freeIntegers: optimized,
    lazy: optimized,
  });
  const sketch: PlanSketch = {
    format: 'shoal-plan',
    version: 1,
    circuit: baseName(checked.source.file),
    scheme: 'ckks',
    slots: packed.slots,
    batchable: !ops.some((op) => op.op === 'rotate' || op.op === 'clearRotate'),
    inputs: circuit.inputs.map(({ name, secrecy, shape, range }) => ({
      name,
      secrecy,
      shape: [...shape],
      range: [...(ranges.get(name) ?? range ?? DEFAULT_RANGE)],
    })),
    ops: [...ops],
    outputs: packed.outputs.map(({ shape, value, ...output }) => ({
      ...output,
      shape: [...shape],
      value: places[value] as number,
    })),
  };
  const nodes = origins.map((origin) => origin && nodeOf.get(origin));
  return { circuit, sketch, origins, nodes, measures: measure(ops, levels) };
}

/** Gives every node an origin of its own, which says after packing what an operation was made for. */
function trackNodes(circuit: Circuit) {
  const nodeOf = new Map<Origin, NodeId>();
  const origins = circuit.origins.map((origin, id) => {
    const own = origin && { ...origin };
    if (own) nodeOf.set(own, id);
    return own;
  });
  return { tracked: { ...circuit, origins }, nodeOf };
}

function packChecked(checked: CheckedProgram, circuit: Circuit, optimized: boolean): PackedCircuit {
  if (checked.scheme.name !== 'ckks') {
    throw new CircuitError(checked.source, [
      {
        severity: 'error',
        code: 'scheme-not-compiled',
        message: `scheme ${checked.scheme.name} is checked but not compiled yet`,
        span: { start: 0, end: 0 },
        help: 'ckks computes with real numbers and compiles today',
      },
    ]);
  }
  try {
    const packed = pack(circuit, { scaledUploads: optimized, copiedSums: optimized });
    return optimized ? mergeTerms(packed) : packed;
  } catch (error) {
    if (!(error instanceof PackingError)) throw error;
    const { code, message, help } = error;
    const span = error.origin?.span ?? { start: 0, end: 0 };
    throw new CircuitError(checked.source, [
      { severity: 'error', code, message, span, ...(help ? { help } : {}) },
    ]);
  }
}

function baseName(file: string): string {
  return file.split(/[\\/]/).at(-1) ?? file;
}
