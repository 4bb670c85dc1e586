import { at, defined } from '../lookup.ts';
import type { Plan } from '../plan/plan.ts';
import { type KeyName, type KeyNeeds, keyNeeds, switchingKeyBytes } from './key-needs.ts';

/**
 * Costs of keys, measured on one instance of node-seal. A context takes 1.3 µs for each N·k² (k
 * primes, the special one included). Generating and saving a key takes 5 ns a byte. Another 10 ns a
 * byte stand for what a smaller key saves elsewhere: sending it, loading it, keeping it in memory.
 */
const CONTEXT_NS = 1300;
const KEY_BYTE_NS = 15;

/**
 * Returns the level that each key of a plan is made for: its own highest level of use, or a higher
 * one if another context would cost more than it saves. Keys of the top level need no context of
 * their own. The levels in use are divided into classes, each served by its highest level. Dynamic
 * programming finds the cheapest division.
 */
export function keyLevels(plan: Pick<Plan, 'ops' | 'params'>): KeyNeeds {
  const needs = keyNeeds(plan);
  const { params } = plan;
  const topLevel = params.coeffModulus.length - 1 - params.basePrimes;
  const levels = [...new Set([...needs.values(), topLevel])].sort((a, b) => a - b);
  const counts = levels.map((level) => [...needs.values()].filter((need) => need === level).length);
  const classes = cheapestClasses(levels, counts, params);
  const assigned = new Map<KeyName, number>();
  for (const [name, need] of needs)
    assigned.set(name, defined(classes.find((level) => level >= need)));
  return assigned;
}

/** Returns the levels that keys are made for, ascending. The highest of `levels` is among them. */
function cheapestClasses(
  levels: readonly number[],
  counts: readonly number[],
  params: Plan['params'],
): readonly number[] {
  interface Division {
    readonly cost: number;
    readonly classes: readonly number[];
  }
  // divisions[i] is the cheapest division of the first i levels.
  const divisions: Division[] = [{ cost: 0, classes: [] }];
  levels.forEach((level, last) => {
    const own = last === levels.length - 1 ? 0 : contextCost(params, level);
    let best: Division | undefined;
    let keys = 0;
    for (let first = last; first >= 0; first--) {
      keys += at(counts, first);
      const before = at(divisions, first);
      const cost = before.cost + own + keys * switchingKeyBytes(params, level) * KEY_BYTE_NS;
      if (best === undefined || cost < best.cost) {
        best = { cost, classes: [...before.classes, level] };
      }
    }
    divisions.push(defined(best));
  });
  return defined(divisions.at(-1)).classes;
}

function contextCost(params: Plan['params'], level: number): number {
  const primes = params.basePrimes + level + 1;
  return CONTEXT_NS * params.polyModulusDegree * primes ** 2;
}
