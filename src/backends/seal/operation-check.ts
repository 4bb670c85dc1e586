import type { Ciphertext, Decryptor } from 'node-seal/allows';
import { defined } from '../../lookup.ts';
import type { ClearValue } from '../../plan/clear-ops.ts';
import type { CkksPlan, IntegerPlan, Plan } from '../../plan/plan.ts';
import { predictAllErrors } from '../../schemes/ckks/error-bounds.ts';
import { predictBudgets } from '../../schemes/integers/budgets.ts';
import { gatheredValues } from '../../schemes/integers/value-properties.ts';

/**
 * What an operation on ciphertexts is held to: of real numbers a bound on the error, of integers equality and a
 * noise budget.
 */

/** A value where it is furthest from the clear computation. */
export interface WorstSlot {
  /** Which of the instances that were given. */
  readonly instance: number;
  /** Place in the plan's slot vector; where integers are coefficients, which of them. */
  readonly slot: number;
  readonly expected: number;
  readonly got: number;
}

/** An operation that was looked at. */
interface Checked extends WorstSlot {
  /** Its place in the plan's operations. */
  readonly index: number;
  readonly level: number;
}

/** What came of an operation on real numbers. */
export interface ErrorCheck extends Checked {
  /** log2 of the ciphertext's scale. */
  readonly scaleBits: number;
  /** Largest magnitude of a slot in clear. */
  readonly magnitude: number;
  /** |got - expected| of the worst slot, absolute. */
  readonly error: number;
  /** Predicted bound on it; `sampled` where it rests on samples, not on proof. */
  readonly bound: number;
  readonly sampled: boolean;
  /** The error as a part of its bound. */
  readonly ratio: number;
}

/** What came of an operation on integers modulo t, which are to be equal. */
export interface BudgetCheck extends Checked {
  /** Bits of noise budget that are left, at least. */
  readonly predictedBudget: number;
  /** The same as SEAL measures it. */
  readonly measuredBudget: number;
}

/** What came of one operation on ciphertexts. */
export type OperationCheck = ErrorCheck | BudgetCheck;

/** An operand of a faulty operation, in the slot that the worst one was computed from. */
export interface OperandCheck {
  readonly index: number;
  readonly expected: number;
  /** The same as expected for values in clear. */
  readonly got: number;
}

/** The first operation that went over its limit. */
export interface OperationFault {
  readonly check: OperationCheck;
  readonly operands: readonly OperandCheck[];
}

/** Whether an operation was on real numbers. */
export function isErrorCheck(check: OperationCheck): check is ErrorCheck {
  return 'bound' in check;
}

/** What is left up to an operation's limit, as a part of its bound or in bits; below 0 for a fault. */
export function marginOf(check: OperationCheck): number {
  if (isErrorCheck(check)) return 1 - check.ratio;
  if (check.got !== check.expected) return Number.NEGATIVE_INFINITY;
  return check.measuredBudget - check.predictedBudget;
}

/** All slots of a ciphertext beside those in clear. */
export interface Comparison {
  readonly index: number;
  readonly level: number;
  readonly worst: WorstSlot;
  /** Largest magnitude in clear. */
  readonly magnitude: number;
}

/** How operations of a plan are compared with the clear computation. */
export interface Criterion {
  /** What place `at` of a ciphertext is to hold, or would hold of a value in clear. */
  expected(index: number, value: ClearValue, at: number): number;
  /** Holds an operation to what is predicted for it. */
  check(comparison: Comparison, cipher: Ciphertext): OperationCheck;
}

/** What a plan's operations are held to. */
export function criterionOf(plan: Plan, decryptor: Decryptor): Criterion {
  return plan.scheme === 'ckks' ? errorCriterion(plan) : budgetCriterion(plan, decryptor);
}

function errorCriterion(plan: CkksPlan): Criterion {
  const predicted = predictAllErrors(plan);
  return {
    expected: expectedSlot,
    check({ worst, ...comparison }, cipher) {
      const error = Math.abs(worst.got - worst.expected);
      const { bound, sampled } = defined(predicted[comparison.index]);
      const scaleBits = Math.log2(cipher.scale());
      const ratio = ratioOf({ error, bound });
      return { ...comparison, scaleBits, error, bound, sampled, ratio, ...worst };
    },
  };
}

/** An error as a part of its bound; what is no number is beyond all bounds. */
export function ratioOf({ error, bound }: Pick<ErrorCheck, 'error' | 'bound'>): number {
  if (error === 0) return 0;
  return Number.isNaN(error) ? Number.POSITIVE_INFINITY : error / bound;
}

function budgetCriterion(plan: IntegerPlan, decryptor: Decryptor): Criterion {
  const predicted = predictBudgets(plan);
  return {
    expected: plan.encoding === 'slots' ? expectedSlot : expectedCoefficient(plan),
    check: ({ index, level, worst }, cipher) => ({
      index,
      level,
      predictedBudget: defined(predicted[index]),
      measuredBudget: decryptor.invariantNoiseBudget(cipher),
      ...worst,
    }),
  };
}

/** A ciphertext holds a vector many times over. */
function expectedSlot(_: number, value: ClearValue, at: number): number {
  return typeof value === 'number' ? value : defined(value[at % value.length]);
}

/** Only what is gathered has more than a constant coefficient. */
function expectedCoefficient({ ops }: IntegerPlan): Criterion['expected'] {
  const gathered = gatheredValues(ops);
  return (index, value, at) => {
    if (at > 0 && !gathered.has(index)) return 0;
    return typeof value === 'number' ? value : (value[at] ?? 0);
  };
}
