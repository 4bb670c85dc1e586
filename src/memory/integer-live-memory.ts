import { defined } from '../lookup.ts';
import { lastUses } from '../plan/liveness.ts';
import { isClear } from '../plan/operations.ts';
import type { IntegerCipherOp, IntegerPlan } from '../plan/plan.ts';
import { integerProperties } from '../schemes/integers/value-properties.ts';
import { MemoryPool, switchingTemporaries } from './memory-pool.ts';

/**
 * Returns the bytes that SEAL's pool grows to for ciphertexts, plaintexts and the temporaries of
 * SEAL's operations when a plan for integers is evaluated. It follows the evaluator, with sizes in
 * place of numbers, in polynomials modulo one prime.
 */
export function integerLiveBytes(plan: IntegerPlan): number {
  const { ops, params } = plan;
  const { levels, sizes } = integerProperties(plan);
  const last = lastUses(plan);
  const pool = new MemoryPool();
  const primesAt = (level: number) => params.basePrimes + level;
  const sizeOf = (value: number) => defined(sizes[value]) * primesAt(defined(levels[value]));
  ops.forEach((op, at) => {
    if (op.op === 'upload') {
      pool.take(sizeOf(at));
      // A zero is encrypted with one more prime; see `encryption` in `noise-growth.ts`.
      pool.borrow([2 * (primesAt(op.level) + 1), primesAt(op.level) + 1]);
    } else if (!isClear(op)) {
      pool.take(sizeOf(at));
      pool.borrow(temporaries(plan, op, primesAt(op.level)));
    }
    const read = 'args' in op ? new Set<number>(op.args) : [];
    for (const value of [...read, at]) {
      const isCipher = defined(levels[value]) >= 0;
      if (isCipher && last[value] === at) pool.give(sizeOf(value));
    }
  });
  return 8 * params.polyModulusDegree * pool.total;
}

function temporaries(
  { scheme }: IntegerPlan,
  op: Exclude<IntegerCipherOp, { op: 'upload' }>,
  primes: number,
): readonly number[] {
  switch (op.op) {
    case 'mul':
      // BEHZ extends both operands and the product by as many primes again, plus a few.
      return scheme === 'bfv' ? [7 * primes, 7 * (primes + 2), 3 * (primes + 2)] : [];
    case 'relinearize':
      return switchingTemporaries(primes);
    case 'rotate':
      return [primes, ...switchingTemporaries(primes)];
    case 'addPlain':
    case 'subPlain':
    case 'mulPlain':
      return [1, primes];
    case 'modSwitch':
      return [3 * (primes + 1)];
    case 'gather':
      return [3 * primes, 3 * primes, 1, primes];
    case 'add':
    case 'sub':
    case 'negate':
      return [];
  }
}
