import { type RunIndex, runIndex } from '../plan/index-space.ts';
import { isClear, OPERATIONS } from '../plan/operations.ts';
import type { Plan, PlanOp } from '../plan/plan.ts';

/** An evaluation key: the one that relinearizes, or the one that rotates by so many steps. */
export type KeyName = 'relinearization' | number;

/** For each key the places of a run at which it is used, ascending. */
export type KeyUses = ReadonlyMap<KeyName, readonly RunIndex[]>;

/** For each key the highest level at which it is used: a key serves its own level and those below. */
export type KeyNeeds = ReadonlyMap<KeyName, number>;

/**
 * Where keys are switched.
 *
 * @param ops operations in the order in which they are run
 */
export function keyUses(ops: readonly PlanOp[]): KeyUses {
  const uses = new Map<KeyName, RunIndex[]>();
  ops.forEach((op, number) => {
    const name = keyOf(op);
    if (name === undefined) return;
    const places = uses.get(name) ?? [];
    uses.set(name, places);
    places.push(runIndex(number));
  });
  return uses;
}

/** The key that an operation switches to, if it does. */
function keyOf(op: PlanOp): KeyName | undefined {
  if (isClear(op) || OPERATIONS[op.op].key === undefined) return undefined;
  return 'steps' in op ? op.steps : 'relinearization';
}

/** Keys that evaluating a plan takes, and no others: relinearization first, then steps ascending. */
export function keyNeeds(plan: { readonly ops: readonly PlanOp[] }): KeyNeeds {
  const needs = new Map<KeyName, number>();
  for (const op of plan.ops) {
    const name = keyOf(op);
    if (name !== undefined) needs.set(name, Math.max(needs.get(name) ?? 0, levelOf(op)));
  }
  const rank = (name: KeyName): number => (name === 'relinearization' ? 0 : name);
  return new Map([...needs].sort(([a], [b]) => rank(a) - rank(b)));
}

function levelOf(op: PlanOp): number {
  return 'level' in op ? op.level : 0;
}

/**
 * Bytes of a switching key for a level once it is loaded: for each of the level's primes a digit of two
 * polynomials modulo all these primes and the special one.
 */
export function switchingKeyBytes(params: Plan['params'], level: number): number {
  const primes = params.basePrimes + level;
  return 16 * params.polyModulusDegree * primes * (primes + 1);
}
