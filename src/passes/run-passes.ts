import { outputArrival } from '../ir/arrival.ts';
import { type CircuitFacts, circuitFacts } from '../ir/circuit-facts.ts';
import type { Circuit } from '../ir/graph.ts';
import { checkLegality } from '../ir/legality.ts';
import { isSameCircuit } from '../ir/rewrite.ts';
import { now } from '../platform/time.ts';
import { WorkExceeded } from '../work-meter.ts';
import type { Pass, PassResult } from './pass.ts';
import type { PassContext } from './pass-context.ts';
import { type PassRequirement, REQUIREMENTS } from './requirements.ts';

/** The figures of a circuit before or after a pass. */
export interface PassFacts extends CircuitFacts {
  /**
   * The arrival level of the last output, without the levels that packing adds, such as those of
   * masks.
   */
  readonly level: number;
}

/** The record of one pass. */
export interface PassRecord {
  readonly name: string;
  readonly before: PassFacts;
  readonly after: PassFacts;
  readonly ms: number;
  /** The number of operations that the pass visited. */
  readonly work: number;
  readonly stopped?: string;
  /** The circuit after the pass, if circuits are kept. */
  readonly circuit?: Circuit;
}

/** The circuit after all passes, and a record of each. */
export interface PipelineResult {
  readonly circuit: Circuit;
  readonly records: readonly PassRecord[];
}

/** How the caller observes passes while they run. */
export interface PassWatch {
  /** Receives the circuits before and after each pass, for stronger checks. */
  readonly afterEach?: ((pass: Pass, before: Circuit, after: Circuit) => void) | undefined;
  /** Whether records contain the circuits. */
  readonly keepCircuits?: boolean | undefined;
}

/**
 * Runs passes one after the other and checks the circuit after each. Throws an Error that names the
 * pass if it fails.
 *
 * @throws WorkExceeded if passes visit more operations than the context's meter allows
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
    const after = next === current ? facts : factsOf(next, context);
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

/** What passes have made of circuits, for each context: a pass may run on a circuit again. */
const RESULTS = new WeakMap<PassContext, WeakMap<Circuit, Map<Pass, PassResult>>>();

/**
 * Runs a pass and checks the circuit after it, or returns what it made of this circuit before.
 *
 * @throws Error that names the pass, if the pass fails or its circuit is illegal
 * @throws WorkExceeded if passes visit more operations than the context's meter allows
 */
export function runPass(pass: Pass, circuit: Circuit, context: PassContext): PassResult {
  const byCircuit = RESULTS.get(context) ?? new WeakMap<Circuit, Map<Pass, PassResult>>();
  RESULTS.set(context, byCircuit);
  const byPass = byCircuit.get(circuit) ?? new Map<Pass, PassResult>();
  byCircuit.set(circuit, byPass);
  const result = byPass.get(pass) ?? firstResult(pass, circuit, context);
  byPass.set(pass, result);
  return result;
}

/**
 * Runs a pass and checks the circuit after it. Returns the circuit unchanged if a requirement of
 * the pass does not hold.
 */
function firstResult(pass: Pass, circuit: Circuit, context: PassContext): PassResult {
  const holds = (requirement: PassRequirement) => requirement.holds(circuit, context);
  if (!pass.requires.every((name) => holds(REQUIREMENTS[name]))) return { circuit };
  const task = `pass '${pass.name}'`;
  context.work?.spend(task, circuit.nodes.length);
  try {
    const result = pass.run(circuit, context);
    context.work?.spend(task, result.circuit.nodes.length + (result.work ?? 0));
    if (isSameCircuit(result.circuit, circuit)) return { ...result, circuit };
    checkLegality(result.circuit);
    return result;
  } catch (error) {
    if (error instanceof WorkExceeded) throw error;
    const reason = error instanceof Error ? error.message : error;
    throw new Error(`pass '${pass.name}' failed: ${reason}`, { cause: error });
  }
}
