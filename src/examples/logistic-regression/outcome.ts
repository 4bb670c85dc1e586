import { getSystemErrorMessage } from 'node:util';
import {
  CircuitError,
  DataError,
  type DiagnosticJson,
  describeMemory,
  diagnosticToJson,
  FileError,
  MemoryError,
  ReadError,
  StageError,
} from '../../index.ts';

/** 0 done, 1 circuit or data refused, 2 wrong command line, 3 failed. */
export type Status = 0 | 1 | 2 | 3;

/** What a command prints, and its exit status. */
export interface Outcome {
  readonly status: Status;
  readonly stdout: string;
  readonly stderr: string;
}

/** The command line is wrong: status 2. */
export class UsageError extends Error {}

/** Something that ought to have worked did not, or was interrupted: status 3. */
export class Failure extends Error {
  readonly code: string;

  constructor(code: string, message: string) {
    super(message);
    this.code = code;
  }
}

/** What was refused, or failed: the exit status, and what is wrong. */
export interface Refusal {
  readonly status: Status;
  readonly errors: readonly DiagnosticJson[];
}

/** What is wrong, and with which status a command ends. */
export function refusalOf(error: unknown): Refusal {
  if (error instanceof UsageError) return refused(2, 'usage', error.message);
  if (error instanceof Failure || error instanceof StageError)
    return refused(3, error.code, error.message);
  if (error instanceof CircuitError) return refusedCircuit(error);
  if (error instanceof FileError) {
    const { code, message, place } = error;
    return { status: 1, errors: [{ code, ...place, message }] };
  }
  if (error instanceof ReadError)
    return refused(2, 'cannot-read', `cannot read ${error.path}: ${reasonOf(error.cause)}`);
  if (error instanceof MemoryError) return refused(1, 'memory-too-small', describeMemory(error));
  const { name, message } = error as Error;
  if (error instanceof DataError) return refused(1, 'division-by-zero', message);
  if (name === 'SealError') return refused(3, 'evaluation-failed', `evaluation failed: ${message}`);
  return refused(3, 'internal-error', `internal error: ${message}`);
}

/** An error of no place in a file. */
function refused(status: Status, code: string, message: string): Refusal {
  return { status, errors: [{ code, file: '', line: 0, column: 0, message }] };
}

/** A param that does not exist has no place in the circuit: the command line is wrong. */
function refusedCircuit({ source, diagnostics }: CircuitError): Refusal {
  if (diagnostics.some(({ code }) => code !== 'unknown-param'))
    return { status: 1, errors: diagnostics.map((one) => diagnosticToJson(source, one)) };
  const messages = diagnostics.map(({ message, help }) => `-D: ${message}; ${help}`);
  return {
    status: 2,
    errors: messages.flatMap((message) => refused(2, 'unknown-param', message).errors),
  };
}

/** What a command prints where circuit or data are refused. */
export function refusedOutcome({ status, errors }: Refusal, name: string, json: boolean): Outcome {
  if (json) return { status, stdout: `${JSON.stringify({ errors }, null, 2)}\n`, stderr: '' };
  const lines = errors.map(({ code, file, line, column, message }) => {
    const at = line === 0 ? file || name : `${file}:${line}:${column}`;
    return `${at}: error[${code}]: ${message}\n`;
  });
  return { status, stdout: '', stderr: lines.join('') };
}

/** What a command prints where it cannot do what it is asked to. */
export function failedOutcome(error: unknown, name: string, json = false): Outcome {
  const isOwn = error instanceof UsageError || error instanceof Failure;
  const refusal = refusalOf(error);
  if (json || !isOwn) return refusedOutcome(refusal, name, json);
  return { status: refusal.status, stdout: '', stderr: `${name}: ${error.message}\n` };
}

/** Why the system did not open or write a file. */
export function reasonOf(error: unknown): string {
  const { errno, message } = error as NodeJS.ErrnoException;
  return errno === undefined ? message : getSystemErrorMessage(errno);
}
