import { type CircuitFacts, circuitFacts } from '../ir/analysis.ts';
import { outputArrival } from '../ir/arrival.ts';
import { type Circuit, hasLoops } from '../ir/graph.ts';
import { checkLegality } from '../ir/legality.ts';
import { balance } from './balance.ts';
import { constants } from './constants.ts';
import { duplicate } from './duplicate.ts';
import { factor } from './factor.ts';
import { fold } from './fold.ts';
import { merge } from './merge.ts';
import type { Pass, PassContext } from './pass.ts';
import { powers } from './powers.ts';
import { prune } from './prune.ts';
import { scan } from './scan.ts';
import { unroll } from './unroll.ts';

/** All passes, in the order in which the highest optimization level runs them first. */
export const PASSES: readonly Pass[] = [
  unroll,
  merge,
  fold,
  powers,
  balance,
  constants,
  scan,
  factor,
  duplicate,
  prune,
];

/** As `-O` takes it. */
export type OptimizationLevel = 0 | 1 | 2 | 3;

/**
 * What each level adds to the one below it, whose result it starts from. Level 0 is the program as
 * written, level 3 restructures across iterations.
 */
export const STAGES: Record<OptimizationLevel, readonly Pass[]> = {
  0: [unroll],
  1: [merge, fold, constants, prune],
  2: [powers, balance, fold, constants, prune],
  3: [scan, fold, factor, balance, duplicate, factor, fold, balance, constants, prune],
};

/** What is told of a circuit before and after a pass. */
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
  readonly stopped?: string;
}

/** The circuit after all passes, and what each did. */
export interface PipelineResult {
  readonly circuit: Circuit;
  readonly records: readonly PassRecord[];
}

/**
 * Runs passes one after the other, checking the circuit after each; an internal error names the pass.
 *
 * @param afterEach called with the circuits before and after every pass, for stronger checks
 */
export function runPasses(
  circuit: Circuit,
  passes: readonly Pass[],
  context: PassContext,
  afterEach?: (pass: Pass, before: Circuit, after: Circuit) => void,
): PipelineResult {
  const records: PassRecord[] = [];
  let current = circuit;
  let facts = hasLoops(circuit) ? undefined : factsOf(circuit, context);
  for (const pass of passes) {
    const start = performance.now();
    const { circuit: next, stopped } = runPass(pass, current, context);
    const ms = performance.now() - start;
    afterEach?.(pass, current, next);
    const after = factsOf(next, context);
    // What loops hide is what their iterations do: unrolling changes none of it.
    records.push({
      name: pass.name,
      before: facts ?? after,
      after,
      ms,
      ...(stopped ? { stopped } : {}),
    });
    current = next;
    facts = after;
  }
  return { circuit: current, records };
}

function factsOf(circuit: Circuit, context: PassContext): PassFacts {
  return { ...circuitFacts(circuit), level: outputArrival(circuit, context).level };
}

function runPass(pass: Pass, circuit: Circuit, context: PassContext) {
  try {
    const result = pass.run(circuit, context);
    checkLegality(result.circuit);
    return result;
  } catch (error) {
    throw new Error(`pass '${pass.name}' failed: ${(error as Error).message}`, { cause: error });
  }
}
