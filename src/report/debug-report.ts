import type { Debugged } from '../backends/seal/checked-evaluation.ts';
import {
  isErrorCheck,
  type OperationCheck,
  type OperationFault,
} from '../backends/seal/operation-check.ts';
import type { Position } from '../errors/location.ts';
import type { Origin } from '../ir/graph.ts';
import { defined } from '../lookup.ts';
import type { Plan } from '../plan/plan.ts';
import { type DiagnosticJson, placeAt, positionAt, type Source } from '../syntax/diagnostic.ts';
import { textOf } from './critical-path.ts';

/** The source location of an operation, without line and column for a plan from a file. */
export interface OperationLocation extends Partial<Position> {
  readonly file: string;
  /** The source text of the expression, possibly cut. */
  readonly expression: string;
  /** Indices of the loops around it, outermost first. */
  readonly iterations: readonly number[];
}

/** A checked operation in the JSON document. */
export type DebugStep = OperationCheck & OperationLocation & { readonly op: string };

/** An operand of the faulty operation in the JSON document. */
export interface DebugOperand extends OperationLocation {
  readonly index: number;
  readonly op: string;
  readonly expected: number;
  readonly got: number;
  readonly error: number;
}

/** The operation that exceeded its limit, in the JSON document. */
export type DebugFault = DebugStep & { readonly operands: readonly DebugOperand[] };

/** The value of `debug` in the document of `eval --backend debug --json`. */
export interface DebugJson {
  readonly steps: readonly DebugStep[];
  readonly fault: DebugFault | null;
}

/** Returns a fault as an error message, which reveals no computed values. */
export function faultToJson({ fault }: DebugJson): readonly DiagnosticJson[] {
  if (!fault) return [];
  const { file, line, column } = fault;
  const position = line === undefined || column === undefined ? {} : { line, column };
  const message = `${describeFault(fault)}; details are on standard output`;
  return [{ code: 'operation-out-of-bound', file, ...position, message }];
}

/** Describes which operation exceeded its limit, and how. */
export function describeFault(fault: DebugStep): string {
  const operation = `operation ${fault.index} (${fault.op})`;
  if (isErrorCheck(fault)) return `${operation} exceeds its error bound`;
  if (fault.got !== fault.expected) return `${operation} is wrong modulo t`;
  return fault.measuredBudget === 0
    ? `${operation} has no noise budget left`
    : `${operation} has less noise budget left than predicted`;
}

/** Limit on the characters of an expression. */
const LONGEST_EXPRESSION = 32;

/** Returns the checks of an evaluation with their source locations. */
export function debugToJson(
  { checks, fault }: Pick<Debugged, 'checks' | 'fault'>,
  plan: Plan,
  origins: readonly (Origin | undefined)[],
  source: Source,
): DebugJson {
  const locationOf = locationsIn(plan, origins, source);
  const stepOf = (check: OperationCheck): DebugStep => ({
    ...check,
    ...locationOf(check.index),
  });
  const operandOf = ({
    index,
    expected,
    got,
  }: OperationFault['operands'][number]): DebugOperand => ({
    index,
    ...locationOf(index),
    expected,
    got,
    error: Math.abs(got - expected),
  });
  return {
    steps: checks.map(stepOf),
    fault: fault ? { ...stepOf(fault.check), operands: fault.operands.map(operandOf) } : null,
  };
}

function locationsIn(
  { ops }: Plan,
  origins: readonly (Origin | undefined)[],
  source: Source,
): (index: number) => OperationLocation & { readonly op: string } {
  return (index) => {
    const origin = origins[index];
    const { op } = defined(ops[index]);
    const { file } = origin ? placeAt(source, origin.span.start).source : source;
    if (!origin) return { op, file, expression: '', iterations: [] };
    return {
      op,
      file,
      ...positionAt(source, origin.span.start),
      expression: textOf(origin, source, LONGEST_EXPRESSION),
      iterations: origin.iterations,
    };
  };
}
