import { type RunIndex, runIndex } from '../plan/index-space.ts';
import { isClear, OPERATIONS } from '../plan/operations.ts';
import type { Plan, PlanOp } from '../plan/plan.ts';

/**
 * The name of an evaluation key: the relinearization key, or a Galois key by its rotation offset.
 */
export type KeyName = 'relinearization' | number;

/** For each key, the indices in a run at which it is used, ascending. */
export type KeyUses = ReadonlyMap<KeyName, readonly RunIndex[]>;

/**
 * For each key, the highest level at which it is used. A key serves its own level and those below.
 */
export type KeyNeeds = ReadonlyMap<KeyName, number>;

/**
 * Returns where each key is used.
 *
 * @param ops operations in the order in which they are run
 */
export function keyUses(ops: readonly PlanOp[]): KeyUses {
  const uses = new Map<KeyName, RunIndex[]>();
  ops.forEach((op, number) => {
    const name = keyOf(op);
    if (name === undefined) return;
    const indices = uses.get(name) ?? [];
    uses.set(name, indices);
    indices.push(runIndex(number));
  });
  return uses;
}

/** Returns the key that an operation uses, if any. */
function keyOf(op: PlanOp): KeyName | undefined {
  if (isClear(op) || OPERATIONS[op.op].key === undefined) return undefined;
  return 'steps' in op ? op.steps : 'relinearization';
}

/**
 * Returns exactly the keys that evaluating a plan needs: relinearization first, then rotation
 * offsets ascending.
 */
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
 * Returns the bytes of a loaded switching key for a level. For each of the level's primes it has a
 * digit of two polynomials modulo all these primes and the special one.
 */
export function switchingKeyBytes(params: Plan['params'], level: number): number {
  const primes = params.basePrimes + level;
  return 16 * params.polyModulusDegree * primes * (primes + 1);
}
