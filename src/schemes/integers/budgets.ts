import { operands } from '../../plan/liveness.ts';
import { isClear } from '../../plan/operations.ts';
import type { IntegerPlan } from '../../plan/plan.ts';
import { chainOf } from './noise-growth.ts';
import { analyzeNoise, NoiseRules, type NoisyCipher } from './noise-rules.ts';

/**
 * Returns the predicted least noise budget of each value of a plan, in whole bits as SEAL counts
 * them; Infinity for clear values. The plan promises the budgets of its outputs.
 */
export function predictBudgets(plan: IntegerPlan): readonly number[] {
  const { scheme, params } = plan;
  const { polyModulusDegree: degree, plainModulus, basePrimes } = params;
  const primes = params.coeffModulus.map(BigInt);
  const rules = new NoiseRules(
    analyzeNoise(plan, plainModulus),
    chainOf({ scheme, degree, plainModulus, basePrimes }, primes),
    primes.slice(0, -1),
  );
  const ciphers: (NoisyCipher | undefined)[] = [];
  for (const op of plan.ops) {
    const args = operands(op).flatMap((arg) => ciphers[arg] ?? []);
    if (isClear(op)) ciphers.push(undefined);
    else ciphers.push(op.op === 'upload' ? rules.fresh : rules.result(op, args));
  }
  return ciphers.map((cipher) =>
    cipher ? Math.floor(rules.budget(cipher)) : Number.POSITIVE_INFINITY,
  );
}
