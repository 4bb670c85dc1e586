import { type BudgetCheck, type ErrorCheck, marginOf } from '../backends/seal/operation-check.ts';
import type { DebugOperand } from '../report/debug-report.ts';
import { showCount, showNumber } from '../report/show-values.ts';
import type { Colors } from './text-layout.ts';

/** The texts and table cells for checks of one kind; the tables are otherwise the same. */
export interface CheckWording<C> {
  /** The message if all operations are within their limits. */
  readonly success: string;
  /** The noun for limits. */
  readonly limits: string;
  /** The columns for the extremes among operations of one kind. */
  readonly kind: Columns<readonly C[]>;
  /** The columns for one operation. */
  readonly step: Columns<C>;
  /** Returns the properties of a ciphertext beside its level. */
  properties(check: C): readonly string[];
  /** The columns for a fault's operands and result, beside the expected and actual values. */
  readonly fault: {
    readonly head: readonly string[];
    operand(operand: DebugOperand): readonly string[];
    result(check: C, colors: Colors): readonly string[];
  };
  /** Returns the note below a table of checks. */
  note(checks: readonly C[]): string;
}

interface Columns<T> {
  readonly head: readonly string[];
  cells(row: T): readonly string[];
}

/** For CKKS: errors and their bounds. */
export const ERRORS: CheckWording<ErrorCheck> = {
  success: 'all within their bounds',
  limits: 'bounds',
  kind: {
    head: ['largest error', 'share of bound'],
    cells: (checks) => [
      showNumber(checks.reduce((most, { error }) => Math.max(most, error), 0)),
      showRatio(checks.reduce((most, { ratio }) => Math.max(most, ratio), 0)),
    ],
  },
  step: {
    head: ['scale', 'magnitude', 'error', 'bound', 'ratio'],
    cells: ({ scaleBits, magnitude, error, bound, sampled, ratio }) => [
      showNumber(scaleBits),
      showNumber(magnitude),
      showNumber(error),
      `${showNumber(bound)}${sampled ? '*' : ''}`,
      showRatio(ratio),
    ],
  },
  properties: ({ scaleBits }) => [`scale ${showNumber(scaleBits)} bits`],
  fault: {
    head: ['error', 'bound'],
    operand: ({ error }) => [showNumber(error), ''],
    result: ({ error, bound, sampled }, { red }) => [
      red(showNumber(error)),
      `${showNumber(bound)}${sampled ? ' (estimated)' : ''}`,
    ],
  },
  note: (checks) =>
    checks.some(({ sampled }) => sampled) ? '\n* estimated from samples, not proven' : '',
};

/** For BFV and BGV: noise budgets, because exact results have no error. */
export const BUDGETS: CheckWording<BudgetCheck> = {
  success: 'all exact, with at least the predicted noise budget',
  limits: 'predictions',
  kind: {
    head: ['least budget', 'above prediction'],
    cells: (checks) => [
      showBits(least(checks.map(({ measuredBudget }) => measuredBudget))),
      showBits(least(checks.map(marginOf))),
    ],
  },
  step: {
    head: ['predicted budget', 'measured budget'],
    cells: ({ predictedBudget, measuredBudget }) => [
      showBits(predictedBudget),
      showBits(measuredBudget),
    ],
  },
  properties: () => [],
  fault: {
    head: ['predicted budget', 'measured budget'],
    operand: () => ['', ''],
    result: ({ predictedBudget, measuredBudget }, { red }) => [
      showBits(predictedBudget),
      measuredBudget === 0 || measuredBudget < predictedBudget
        ? red(showBits(measuredBudget))
        : showBits(measuredBudget),
    ],
  },
  note: () => '',
};

function least(numbers: readonly number[]): number {
  return numbers.reduce((a, b) => Math.min(a, b));
}

function showBits(bits: number): string {
  return showCount(bits, 'bit');
}

function showRatio(ratio: number): string {
  return Number.isFinite(ratio) ? `${showNumber(100 * ratio, 2)} %` : '∞';
}
