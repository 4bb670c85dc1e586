import { DeadlineRewriter } from '../algebra/deadlines.ts';
import { outputArrival } from '../ir/arrival.ts';
import { circuitFacts } from '../ir/circuit-facts.ts';
import type { Circuit } from '../ir/graph.ts';
import type { Pass, PassResult } from './pass.ts';
import type { PassContext } from './pass-context.ts';
import { runPass } from './run-passes.ts';
import { unify } from './unify.ts';

/**
 * Duplicate: a late sum inside a product keeps the product's other factors waiting. Distributed, each of
 * its terms joins them and is multiplied in the best order; the others are multiplied once more:
 *
 *     a*(b + c), c = d*e late:   a*b + (a*d)*e
 *
 * Across iterations this is pipelining: what the next iteration multiplies with is carried along. The
 * pass works backwards from a goal: every output is to be there at some level (see deadlines.ts). The lowest
 * level that can be met is searched for by halving; where the context names a goal, that one alone is tried.
 *
 * Safe by distributivity and associativity. What can meet its goal already is not touched, so only
 * critical paths grow wider. Work and multiplications are limited, and a goal that exceeds them counts as out
 * of reach.
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
/** Ciphertext multiplications that a shallower circuit may have for each one that there was. */
const MOST_GROWTH = 4;
const LEAST_GROWTH = 32;
/** Goals that may run into the limit on deadlines before halving ends. */
const MOST_EXHAUSTIONS = 2;

/** Tries goals, and keeps the lowest circuit that meets one within the limit on growth. */
class GoalSearch {
  readonly #circuit: Circuit;
  readonly #context: PassContext;
  readonly #limit: number;
  #best: Circuit;
  /** Goals that have run into the limit on deadlines. */
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

  /** Whether the outputs can be there at the goal's level. */
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

  /** A circuit that keeps to the limit on growth, at the latest when nothing is computed twice in it. */
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
