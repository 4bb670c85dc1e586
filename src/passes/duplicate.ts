import { DeadlineRewriter } from '../algebra/deadlines.ts';
import { outputArrival } from '../ir/arrival.ts';
import { circuitFacts } from '../ir/circuit-facts.ts';
import type { Circuit } from '../ir/graph.ts';
import type { Pass, PassResult } from './pass.ts';
import type { PassContext } from './pass-context.ts';
import { runPass } from './run-passes.ts';
import { unify } from './unify.ts';

/**
 * Duplicate: the other factors of a product must wait for a late sum inside it. When the product is
 * distributed over the sum, each term joins these factors in the best order; the factors are
 * multiplied once more for it:
 *
 *     a*(b + c), c = d*e late:   a*b + (a*d)*e
 *
 * Across iterations this is pipelining: the factors of the next iteration are carried along. The
 * pass works backwards from a goal, an arrival level for all outputs (see deadlines.ts). It finds
 * the lowest level that can be met by halving; if the context names a goal, it tries only that one.
 *
 * Safe by distributivity and associativity. Values that meet their deadlines are not changed, so
 * only critical paths grow wider. Work and multiplications are limited, and a goal that exceeds a
 * limit counts as out of reach.
 */
export const duplicate: Pass = {
  name: 'duplicate',
  summary: 'distribute products over late sums',
  example: `input x: cipher;
input y: cipher;
input z: cipher;
output r = x*(y + z*y*z);
`,
  requires: [],
  run(circuit, context) {
    if (circuit.nodes.length > MAX_NODES) {
      return { circuit, stopped: `more than ${MAX_NODES} operations` };
    }
    const search = new GoalSearch(circuit, context);
    if (context.goal === undefined) search.findLowest();
    else search.attempt(context.goal);
    return search.result();
  },
};

const MAX_NODES = 20_000;
/**
 * Limits on the ciphertext multiplications of the result: for each one of the circuit, and at
 * least.
 */
const MOST_GROWTH = 4;
const LEAST_GROWTH = 32;
/** The number of goals that may reach the limit on deadlines before the search ends. */
const MOST_EXHAUSTIONS = 2;

/**
 * Tries goals and keeps the circuit with the lowest level that stays within the limit on growth.
 */
class GoalSearch {
  readonly #circuit: Circuit;
  readonly #context: PassContext;
  readonly #limit: number;
  #best: Circuit;
  /** The number of goals that have reached the limit on deadlines. */
  #exhaustions = 0;
  #work = 0;

  constructor(circuit: Circuit, context: PassContext) {
    this.#circuit = circuit;
    this.#context = context;
    this.#best = circuit;
    this.#limit = MOST_GROWTH * circuitFacts(circuit).muls + LEAST_GROWTH;
  }

  findLowest(): void {
    let low = 0;
    let high = this.#level() - 1;
    while (low <= high && this.#exhaustions < MOST_EXHAUSTIONS) {
      const goal = Math.floor((low + high) / 2);
      if (this.attempt(goal)) high = goal - 1;
      else low = goal + 1;
    }
  }

  /** Tries a goal. Returns whether the outputs can be available at its level. */
  attempt(goal: number): boolean {
    if (this.#level() <= goal) return true;
    const search = new DeadlineRewriter(this.#circuit, this.#context);
    const found = search.run(goal);
    if (search.exhausted) this.#exhaustions++;
    this.#work += search.work;
    const kept = found && this.#withinLimit(found);
    if (!kept) return false;
    this.#best = kept;
    return true;
  }

  /** Returns a circuit within the limit on growth, if need be after `unify`; else undefined. */
  #withinLimit(found: Circuit): Circuit | undefined {
    const isWithin = (circuit: Circuit) => circuitFacts(circuit).muls <= this.#limit;
    if (isWithin(found)) return found;
    const unified = runPass(unify, found, this.#context).circuit;
    return isWithin(unified) ? unified : undefined;
  }

  result(): PassResult {
    const stopped = this.#exhaustions > 0 ? { stopped: 'limit on deadlines reached' } : {};
    return { circuit: this.#best, work: this.#work, ...stopped };
  }

  #level(): number {
    return outputArrival(this.#circuit, this.#context).level;
  }
}
