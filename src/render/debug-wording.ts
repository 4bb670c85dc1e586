import { type BudgetCheck, type ErrorCheck, marginOf } from '../backends/seal/operation-check.ts';
import type { DebugOperand } from '../report/debug-report.ts';
import { showCount, showNumber } from '../report/show-values.ts';
import type { Colors } from './text-layout.ts';

/** How checks of one kind are told, as cells of tables that are otherwise the same. */
export interface Wording<C> {
  /** What is said where all operations are within their limits. */
  readonly held: string;
  /** What limits are called. */
  readonly limits: string;
  /** The extremes among operations of one kind. */
  readonly kind: Columns<readonly C[]>;
  readonly step: Columns<C>;
  /** What of a ciphertext is told beside its level. */
  form(check: C): readonly string[];
  /** A fault's operands and result beside what was expected and got. */
  readonly fault: {
    readonly head: readonly string[];
    operand(operand: DebugOperand): readonly string[];
    result(check: C, colors: Colors): readonly string[];
  };
  /** What is said below a table of some checks. */
  note(checks: readonly C[]): string;
}

interface Columns<T> {
  readonly head: readonly string[];
  cells(of: T): readonly string[];
}

/** Real numbers: errors and their bounds. */
export const ERRORS: Wording<ErrorCheck> = {
  held: 'all within their bounds',
  limits: 'bounds',
  kind: {
    head: ['largest error', 'of its bound'],
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
  form: ({ scaleBits }) => [`scale ${showNumber(scaleBits)} bits`],
  fault: {
    head: ['error', 'bound'],
    operand: ({ error }) => [showNumber(error), ''],
    result: ({ error, bound, sampled }, { red }) => [
      red(showNumber(error)),
      `${showNumber(bound)}${sampled ? ' by samples' : ''}`,
    ],
  },
  note: (checks) =>
    checks.some(({ sampled }) => sampled) ? '\n* likely, not proven: by samples' : '',
};

/** Integers modulo t: bits of noise budget, for there is no error. */
export const BUDGETS: Wording<BudgetCheck> = {
  held: 'all exact, with the noise budget that was predicted',
  limits: 'predictions',
  kind: {
    head: ['least budget', 'above its prediction'],
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
  form: () => [],
  fault: {
    head: ['predicted budget', 'measured budget'],
    operand: () => ['', ''],
    result: ({ predictedBudget, measuredBudget }, { red }) => [
      showBits(predictedBudget),
      measuredBudget < predictedBudget ? red(showBits(measuredBudget)) : showBits(measuredBudget),
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
