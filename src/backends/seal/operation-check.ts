import type { Ciphertext, Decryptor } from 'node-seal/allows';
import { defined } from '../../lookup.ts';
import type { ClearValue } from '../../plan/clear-ops.ts';
import type { CkksPlan, IntegerPlan, Plan } from '../../plan/plan.ts';
import { predictAllErrors } from '../../schemes/ckks/error-bounds.ts';
import { predictBudgets } from '../../schemes/integers/budgets.ts';
import { gatheredValues } from '../../schemes/integers/value-properties.ts';

/**
 * The checks of an operation on ciphertexts. In CKKS, the error must be within its bound. In BFV
 * and BGV, results must be equal and the noise budget as large as predicted.
 */

/** The slot in which a value differs most from the clear computation. */
export interface WorstSlot {
  /** Index of the instance, among those that are evaluated. */
  readonly instance: number;
  /**
   * Index in the plan's slot vector, or of the coefficient if integers are encoded as coefficients.
   */
  readonly slot: number;
  readonly expected: number;
  readonly got: number;
}

/** The facts about any operation that was checked. */
interface Checked extends WorstSlot {
  /** Index of the operation in the plan. */
  readonly index: number;
  readonly level: number;
}

/** The check of a CKKS operation. */
export interface ErrorCheck extends Checked {
  /** log2 of the ciphertext's scale. */
  readonly scaleBits: number;
  /** Largest magnitude of any slot in the clear. */
  readonly magnitude: number;
  /** The absolute error |got - expected| of the worst slot. */
  readonly error: number;
  /** The predicted error bound; `sampled` if it comes from samples and is not proven. */
  readonly bound: number;
  readonly sampled: boolean;
  /** The error divided by its bound. */
  readonly ratio: number;
}

/** The check of a BFV or BGV operation, whose result must be exact modulo t. */
export interface BudgetCheck extends Checked {
  /** Lower bound on the noise budget that is left, in bits, as predicted. */
  readonly predictedBudget: number;
  /** The noise budget that is left, in bits, as SEAL measures it. */
  readonly measuredBudget: number;
}

/** The check of an operation on ciphertexts. */
export type OperationCheck = ErrorCheck | BudgetCheck;

/** An operand of a faulty operation, in the slot that the worst slot was computed from. */
export interface OperandCheck {
  readonly index: number;
  readonly expected: number;
  /** The decrypted value; equal to `expected` for operands in the clear. */
  readonly got: number;
}

/** The first operation that exceeded its limit. */
export interface OperationFault {
  readonly check: OperationCheck;
  readonly operands: readonly OperandCheck[];
}

/** Whether a check is of a CKKS operation. */
export function isErrorCheck(check: OperationCheck): check is ErrorCheck {
  return 'bound' in check;
}

/**
 * Returns the distance of an operation from its limit, as a fraction of its error bound or in bits
 * of noise budget. It is negative for a fault: a wrong value, no noise budget, or less than
 * predicted.
 */
export function marginOf(check: OperationCheck): number {
  if (isErrorCheck(check)) return 1 - check.ratio;
  if (check.got !== check.expected || check.measuredBudget === 0) return Number.NEGATIVE_INFINITY;
  return check.measuredBudget - check.predictedBudget;
}

/** The comparison of all slots of a ciphertext with those in the clear. */
export interface SlotComparison {
  readonly index: number;
  readonly level: number;
  readonly worst: WorstSlot;
  /** Largest magnitude in the clear. */
  readonly magnitude: number;
}

/** A method of comparing the operations of a plan with the clear computation. */
export interface Criterion {
  /**
   * Returns the number that slot or coefficient `at` must have, for the operation `index` with this
   * value in the clear.
   */
  expected(index: number, value: ClearValue, at: number): number;
  /** Checks an operation against the prediction for it. */
  check(comparison: SlotComparison, cipher: Ciphertext): OperationCheck;
}

/** Returns the method of checking a plan's operations. */
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

/** Returns an error divided by its bound; infinity if the error is NaN. */
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

/** Returns the number for a slot. A ciphertext repeats its vector in all slots. */
function expectedSlot(_: number, value: ClearValue, at: number): number {
  return typeof value === 'number' ? value : defined(value[at % value.length]);
}

/** Returns the number for a coefficient. Only gathered values have more than the constant one. */
function expectedCoefficient({ ops }: IntegerPlan): Criterion['expected'] {
  const gathered = gatheredValues(ops);
  return (index, value, at) => {
    if (at > 0 && !gathered.has(index)) return 0;
    return typeof value === 'number' ? value : (value[at] ?? 0);
  };
}
