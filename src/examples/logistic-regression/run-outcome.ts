import { getSystemErrorMessage } from 'node:util';
import {
  CircuitError,
  type DiagnosticJson,
  diagnosticToJson,
  type ErrorCode,
  ShoalError,
} from '../../index.ts';

/** The exit status: 0 success, 1 circuit or data refused, 2 wrong command line, 3 failure. */
export type RunStatus = 0 | 1 | 2 | 3;

/** The output and the exit status of a command. */
export interface RunOutcome {
  readonly status: RunStatus;
  readonly stdout: string;
  readonly stderr: string;
}

/** The errors of a refused or failed command, and its exit status. */
export interface RunRefusal {
  readonly status: RunStatus;
  readonly errors: readonly DiagnosticJson[];
}

/** Converts an exception to errors and an exit status. */
export function refusalOf(error: unknown): RunRefusal {
  if (error instanceof CircuitError) return refusedCircuit(error);
  if (!(error instanceof ShoalError)) {
    const message = error instanceof Error ? error.message : String(error);
    return refusalOf(new ShoalError('internal-error', `internal error: ${message}`));
  }
  const { status, code, location } = error;
  const message =
    code === 'evaluation-failed' ? `evaluation failed: ${error.message}` : error.message;
  const { file = '', position } = location ?? {};
  return { status, errors: [{ code, file, ...position, message }] };
}

function refusedCircuit({ status, source, diagnostics }: CircuitError): RunRefusal {
  if (status === 1) {
    return {
      status,
      errors: diagnostics.map((diagnostic) => diagnosticToJson(source, diagnostic)),
    };
  }
  // A param that does not exist has no location in the circuit.
  const errors = diagnostics.map(({ code, message, help }) => ({
    code,
    file: '',
    message: `-D: ${message}; ${help}`,
  }));
  return { status, errors };
}

/** Returns the output of a command whose circuit or data are refused. */
export function refusedOutcome(
  { status, errors }: RunRefusal,
  name: string,
  json: boolean,
): RunOutcome {
  if (json) return { status, stdout: `${JSON.stringify({ errors }, null, 2)}\n`, stderr: '' };
  const lines = errors.map(({ code, file, line, column, message }) => {
    const at = line === undefined ? file || name : `${file}:${line}:${column}`;
    return `${at}: error[${code}]: ${message}\n`;
  });
  return { status, stdout: '', stderr: lines.join('') };
}

/** Codes of errors of the commands themselves; the library throws the others. */
const COMMAND_CODES: readonly ErrorCode[] = [
  'usage',
  'cannot-write',
  'interrupted',
  'out-of-memory',
  'worker-died',
];

/** Returns the output of a command that failed with an exception. */
export function failedOutcome(error: unknown, name: string, json = false): RunOutcome {
  const isOwn = error instanceof ShoalError && COMMAND_CODES.includes(error.code);
  const refusal = refusalOf(error);
  if (json || !isOwn) return refusedOutcome(refusal, name, json);
  return { status: refusal.status, stdout: '', stderr: `${name}: ${error.message}\n` };
}

/** Returns the reason why a file could not be opened or written. */
export function failureReason(error: unknown): string {
  const { errno, message } = error as NodeJS.ErrnoException;
  return errno === undefined ? message : getSystemErrorMessage(errno);
}
