import { outputArrival } from '../ir/arrival.ts';
import { type CircuitFacts, circuitFacts } from '../ir/circuit-facts.ts';
import type { Circuit } from '../ir/graph.ts';
import { checkLegality } from '../ir/legality.ts';
import { now } from '../platform/time.ts';
import type { Pass, PassResult } from './pass.ts';
import type { PassContext } from './pass-context.ts';
import { type PassRequirement, REQUIREMENTS } from './requirements.ts';

/** Figures of a circuit before and after a pass. */
export interface PassFacts extends CircuitFacts {
  /** Level at which the last output is there, as passes count: without what packing adds, such as masks. */
  readonly level: number;
}

/** What a pass did. */
export interface PassRecord {
  readonly name: string;
  readonly before: PassFacts;
  readonly after: PassFacts;
  readonly ms: number;
  /** Operations that the pass has looked at. */
  readonly work: number;
  readonly stopped?: string;
  /** The circuit after it, where that is kept. */
  readonly circuit?: Circuit;
}

/** The circuit after all passes, and what each did. */
export interface PipelineResult {
  readonly circuit: Circuit;
  readonly records: readonly PassRecord[];
}

/** What is seen of passes while they run. */
export interface PassWatch {
  /** Called with the circuits before and after a pass, for stronger checks. */
  readonly afterEach?: ((pass: Pass, before: Circuit, after: Circuit) => void) | undefined;
  /** Whether records hold the circuits. */
  readonly keepCircuits?: boolean | undefined;
}

/**
 * Runs passes one after the other, checking the circuit after each; an internal error names the pass.
 */
export function runPasses(
  circuit: Circuit,
  passes: readonly Pass[],
  context: PassContext,
  { afterEach, keepCircuits = false }: PassWatch = {},
): PipelineResult {
  const records: PassRecord[] = [];
  let current = circuit;
  let facts = factsOf(circuit, context);
  for (const pass of passes) {
    const start = now();
    const { circuit: next, stopped, work = 0 } = runPass(pass, current, context);
    const ms = now() - start;
    afterEach?.(pass, current, next);
    const after = factsOf(next, context);
    records.push({
      name: pass.name,
      before: facts,
      after,
      ms,
      work: work + current.nodes.length + next.nodes.length,
      ...(stopped ? { stopped } : {}),
      ...(keepCircuits ? { circuit: next } : {}),
    });
    current = next;
    facts = after;
  }
  return { circuit: current, records };
}

function factsOf(circuit: Circuit, context: PassContext): PassFacts {
  return { ...circuitFacts(circuit), level: outputArrival(circuit, context).level };
}

/**
 * Runs a pass where all that it requires holds, and checks the circuit after it; the circuit stays as it is
 * elsewhere.
 *
 * @throws Error naming the pass, if it is at fault
 */
export function runPass(pass: Pass, circuit: Circuit, context: PassContext): PassResult {
  const holds = (requirement: PassRequirement) => requirement.holds(circuit, context);
  if (!pass.requires.every((name) => holds(REQUIREMENTS[name]))) return { circuit };
  try {
    const result = pass.run(circuit, context);
    checkLegality(result.circuit);
    return result;
  } catch (error) {
    const reason = error instanceof Error ? error.message : error;
    throw new Error(`pass '${pass.name}' failed: ${reason}`, { cause: error });
  }
}
