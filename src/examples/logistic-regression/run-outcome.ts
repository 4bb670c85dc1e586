import { getSystemErrorMessage } from 'node:util';
import {
  CircuitError,
  type DiagnosticJson,
  diagnosticToJson,
  type ErrorCode,
  ShoalError,
} from '../../index.ts';

/** 0 done, 1 circuit or data refused, 2 wrong command line, 3 failed. */
export type RunStatus = 0 | 1 | 2 | 3;

/** What a command prints, and its exit status. */
export interface RunOutcome {
  readonly status: RunStatus;
  readonly stdout: string;
  readonly stderr: string;
}

/** What was refused, or failed: the exit status, and what is wrong. */
export interface RunRefusal {
  readonly status: RunStatus;
  readonly errors: readonly DiagnosticJson[];
}

/** What is wrong, and with which status a command ends. */
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
    return { status, errors: diagnostics.map((one) => diagnosticToJson(source, one)) };
  }
  // A param that does not exist has no place in the circuit.
  const errors = diagnostics.map(({ code, message, help }) => ({
    code,
    file: '',
    message: `-D: ${message}; ${help}`,
  }));
  return { status, errors };
}

/** What a command prints where circuit or data are refused. */
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

/** What commands themselves say, not the library. */
const OWN: readonly ErrorCode[] = [
  'usage',
  'cannot-write',
  'interrupted',
  'out-of-memory',
  'worker-died',
];

/** What a command prints where it cannot do what it is asked to. */
export function failedOutcome(error: unknown, name: string, json = false): RunOutcome {
  const isOwn = error instanceof ShoalError && OWN.includes(error.code);
  const refusal = refusalOf(error);
  if (json || !isOwn) return refusedOutcome(refusal, name, json);
  return { status: refusal.status, stdout: '', stderr: `${name}: ${error.message}\n` };
}

/** Why the system did not open or write a file. */
export function failureReason(error: unknown): string {
  const { errno, message } = error as NodeJS.ErrnoException;
  return errno === undefined ? message : getSystemErrorMessage(errno);
}
