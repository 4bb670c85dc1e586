import {
  type BudgetCheck,
  isErrorCheck,
  marginOf,
  type OperationCheck,
} from '../backends/seal/operation-check.ts';
import {
  type DebugFault,
  type DebugJson,
  type DebugStep,
  describeFault,
  type OperationLocation,
} from '../report/debug-report.ts';
import { showCount } from '../report/show-values.ts';
import { BUDGETS, type CheckWording, ERRORS } from './debug-wording.ts';
import { colorsOf } from './text-layout.ts';
import { table } from './text-table.ts';

/** Limit on the listed operations, nearest to their limits first; JSON has all. */
const MOST_NEAREST = 12;

/** A check of one kind, with its source location. */
type Step<C> = C & OperationLocation & Pick<DebugStep, 'op'>;

/** Renders the checks if all operations are within their limits, and those nearest to them. */
export function renderChecks({ steps }: DebugJson, color: boolean): string {
  const errors = steps.filter((step) => isErrorCheck(step));
  const budgets = steps.filter((step): step is Step<BudgetCheck> => !isErrorCheck(step));
  return budgets.length > 0
    ? renderSteps(budgets, BUDGETS, color)
    : renderSteps(errors, ERRORS, color);
}

function renderSteps<C extends OperationCheck>(
  steps: readonly Step<C>[],
  wording: CheckWording<C>,
  color: boolean,
): string {
  const c = colorsOf(color);
  const nearest = steps.toSorted((a, b) => marginOf(a) - marginOf(b)).slice(0, MOST_NEAREST);
  return [
    c.green(`${showCount(steps.length, 'operation')} on ciphertexts, ${wording.success}`),
    '',
    byKind(steps, wording, color),
    '',
    c.dim(`nearest to their ${wording.limits}:`),
    stepTable(nearest, wording, color) + wording.note(nearest),
    '',
  ].join('\n');
}

function byKind<C extends OperationCheck>(
  steps: readonly Step<C>[],
  { kind: { head, cells } }: CheckWording<C>,
  color: boolean,
): string {
  const kinds = [...new Set(steps.map(({ op }) => op))];
  const body = kinds.map((kind) => {
    const own = steps.filter(({ op }) => op === kind);
    return [kind, `${own.length}`, ...cells(own)];
  });
  return table(body, {
    head: ['operation', 'count', ...head],
    align: ['left', 'right', ...head.map(() => 'right' as const)],
    color,
  });
}

function stepTable<C extends OperationCheck>(
  steps: readonly Step<C>[],
  { step: { head, cells } }: CheckWording<C>,
  color: boolean,
): string {
  return table(
    steps.map((step) => [
      `${step.index}`,
      step.op,
      `${step.level}`,
      ...cells(step),
      showLocation(step),
    ]),
    {
      head: ['', 'operation', 'level', ...head, 'from'],
      align: ['right', 'left', 'right', ...head.map(() => 'right' as const), 'left'],
      color,
    },
  );
}

/** Renders the first operation that exceeds its limit: operands, expected and actual result. */
export function renderFault({ fault, steps }: DebugJson, color: boolean): string {
  if (!fault) return '';
  return isErrorCheck(fault)
    ? renderFaultAs(fault, steps.length - 1, ERRORS, color)
    : renderFaultAs(fault, steps.length - 1, BUDGETS, color);
}

function renderFaultAs<C extends OperationCheck>(
  fault: Step<C> & Pick<DebugFault, 'operands'>,
  before: number,
  wording: CheckWording<C>,
  color: boolean,
): string {
  const c = colorsOf(color);
  const properties = [
    `level ${fault.level}`,
    ...wording.properties(fault),
    `slot ${fault.slot} of instance ${fault.instance}`,
  ].join(', ');
  const { head, operand, result } = wording.fault;
  const operands = fault.operands.map((one, i) => [
    `operand ${i + 1}`,
    `${one.expected}`,
    `${one.got}`,
    ...operand(one),
    `${one.index} ${one.op}${one.line ? `, ${showLocation(one)}` : ''}`,
  ]);
  const last = ['result', `${fault.expected}`, `${fault.got}`, ...result(fault, c), ''];
  return [
    c.red(describeFault(fault)),
    ...(fault.line ? [showLocation(fault)] : []),
    c.dim(`${properties}; after ${showCount(before, 'operation')} within their ${wording.limits}`),
    '',
    table([...operands, last], {
      head: ['', 'expected', 'got', ...head, 'from'],
      align: ['left', 'right', 'right', ...head.map(() => 'right' as const), 'left'],
      color,
    }),
    '',
  ].join('\n');
}

/** Returns ``circuit.circ:3:5 `x*x` iteration 2``; empty if the source text is unknown. */
function showLocation({ file, line, column, expression, iterations }: OperationLocation): string {
  if (line === undefined) return '';
  const iteration = iterations.length > 0 ? ` iteration ${iterations.join(',')}` : '';
  return `${file}:${line}:${column} \`${expression}\`${iteration}`;
}
