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
import { type DiagnosticJson, positionsIn, type Source } from '../syntax/diagnostic.ts';
import { textOf } from './critical-path.ts';

/** Where in the text an operation comes from; a plan from a file does not know its text: no line and column. */
export interface OperationLocation extends Partial<Position> {
  readonly file: string;
  /** Its expression, cut to some length. */
  readonly expression: string;
  /** Indices of the loops around it, outermost first. */
  readonly iterations: readonly number[];
}

/** A checked operation as `--json` shows it. */
export type DebugStep = OperationCheck & OperationLocation & { readonly op: string };

/** An operand of the faulty operation as `--json` shows it. */
export interface DebugOperand extends OperationLocation {
  readonly index: number;
  readonly op: string;
  readonly expected: number;
  readonly got: number;
  readonly error: number;
}

/** The operation that went over its limit as `--json` shows it. */
export type DebugFault = DebugStep & { readonly operands: readonly DebugOperand[] };

/** What `eval --backend debug --json` prints under `debug`. */
export interface DebugJson {
  readonly steps: readonly DebugStep[];
  readonly fault: DebugFault | null;
}

/** The error that a fault is, without anything of what is computed. */
export function faultToJson({ fault }: DebugJson): readonly DiagnosticJson[] {
  if (!fault) return [];
  const { file, line, column } = fault;
  const position = line === undefined || column === undefined ? {} : { line, column };
  const message = `${describeFault(fault)}; standard output says how`;
  return [{ code: 'operation-out-of-bound', file, ...position, message }];
}

/** Which operation went over its limit, and how. */
export function describeFault(fault: DebugStep): string {
  const operation = `operation ${fault.index} (${fault.op})`;
  if (isErrorCheck(fault)) return `${operation} leaves its bound`;
  return fault.got === fault.expected
    ? `${operation} has less noise budget left than predicted`
    : `${operation} is wrong modulo t`;
}

const LONGEST_EXPRESSION = 32;

/** Puts the checks of an evaluation into the terms of the text. */
export function debugToJson(
  { checks, fault }: Pick<Debugged, 'checks' | 'fault'>,
  plan: Plan,
  origins: readonly (Origin | undefined)[],
  source: Source,
): DebugJson {
  const locationOf = placesIn(plan, origins, source);
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

function placesIn(
  { ops }: Plan,
  origins: readonly (Origin | undefined)[],
  source: Source,
): (index: number) => OperationLocation & { readonly op: string } {
  const positionOf = positionsIn(source);
  return (index) => {
    const origin = origins[index];
    const { op } = defined(ops[index]);
    const { file } = source;
    if (!origin) return { op, file, expression: '', iterations: [] };
    return {
      op,
      file,
      ...positionOf(origin.span.start),
      expression: textOf(origin, source, LONGEST_EXPRESSION),
      iterations: origin.iterations,
    };
  };
}
