import { type Candidate, isRoughlyBetter } from '../compile/candidate.ts';
import type { Compilation } from '../compile/compile.ts';
import { BUDGET_USED_UP } from '../compile/search.ts';

/** What the search of -O 3 did. */
export interface SearchAccount {
  /** Number of packed circuits that were compared; one packed in two ways counts twice. */
  readonly circuits: number;
  /** Whether the search ended because it may not examine more operations. */
  readonly budgetUsedUp: boolean;
  /** The best circuit with other figures than the chosen one; null if there is none. */
  readonly runnerUp: RunnerUp | null;
}

/** The figures of a circuit that was not chosen. */
export interface RunnerUp {
  readonly depth: number;
  /** Null if the scheme has none. */
  readonly levels: number | null;
  readonly mul: number;
  readonly mulPlain: number;
  readonly rotate: number;
  /** Predicted time of the evaluation; null for integers, and where no parameters fit. */
  readonly predictedMs: number | null;
}

/** Returns the account of a search; undefined if there was none. */
export function searchAccount(compilation: Compilation): SearchAccount | undefined {
  const { candidates, stopped } = compilation;
  if (stopped === undefined) return undefined;
  const found = runnerUpOf(compilation);
  return {
    circuits: candidates.length,
    budgetUsedUp: stopped === BUDGET_USED_UP,
    runnerUp: found ? figuresOf(found) : null,
  };
}

function figuresOf(candidate: Candidate): RunnerUp {
  const { depth, levels, ops } = candidate.measures;
  const { mul, mulPlain, rotate } = ops;
  return { depth, levels, mul, mulPlain, rotate, predictedMs: candidate.predictedMs ?? null };
}

/**
 * Returns the best of the circuits that differ from the chosen one. They are compared roughly, so
 * that parameters need be chosen for this one alone.
 */
function runnerUpOf({ candidates, optimized, aim }: Compilation): Candidate | undefined {
  const textOf = ({ measures }: Candidate) => JSON.stringify(measures);
  const others = candidates.filter((candidate) => textOf(candidate) !== textOf(optimized));
  return others.reduce<Candidate | undefined>(
    (best, one) => (best && !isRoughlyBetter(one, best, aim) ? best : one),
    undefined,
  );
}
