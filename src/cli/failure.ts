import type { ErrorCode, ErrorStatus } from '../errors/codes.ts';
import { ShoalError } from '../errors/shoal-error.ts';
import {
  isSystemError,
  ranOutOfMemory,
  reasonOf,
  type SystemError,
} from '../platform/system-errors.ts';
import { renderDiagnostics } from '../render/diagnostic-text.ts';
import { CircuitError, type DiagnosticJson, diagnosticToJson } from '../syntax/diagnostic.ts';
import type { DisplayOptions, Outcome } from './outcome.ts';

/** The error for a wrong command line or environment: exit status 2. */
export class UsageError extends ShoalError {
  constructor(message: string, code: ErrorCode = 'usage', file?: string) {
    super(code, message, file === undefined ? undefined : { file });
  }

  // Some codes, such as `unknown-input`, mean wrong data elsewhere, but a wrong command line here.
  override get status(): ErrorStatus {
    return 2;
  }
}

/** Returns what to print, and the exit status, for an error. */
export function failureOutcome(error: unknown, view: DisplayOptions): Outcome {
  const { status, errors, text } = describe(error, view.color.err);
  return view.json
    ? { status, stdout: `${JSON.stringify({ errors }, null, 2)}\n`, stderr: '', files: [] }
    : { status, stdout: '', stderr: text, files: [] };
}

interface Description {
  readonly status: ErrorStatus;
  readonly errors: readonly DiagnosticJson[];
  readonly text: string;
}

function describe(error: unknown, color: boolean): Description {
  if (error instanceof CircuitError) return describeCircuitError(error, color);
  if (error instanceof ShoalError) return describeError(error);
  if (ranOutOfMemory(error)) return describeError(outOfMemory(error));
  if (isSystemError(error)) return describeError(systemFailure(error));
  const described = describeError(internalError(error));
  if (process.env.SHOAL_DEBUG !== '1' || !(error instanceof Error)) return described;
  return { ...described, text: `${described.text}${error.stack}\n` };
}

function describeError(error: ShoalError): Description {
  const { code, location, status } = error;
  const message =
    code === 'evaluation-failed' ? `evaluation failed: ${error.message}` : error.message;
  const { file = '', position } = location ?? {};
  const errors = [{ code, file, ...position, message }];
  if (!location || status !== 1) return { status, errors, text: `shoal: ${message}\n` };
  const at = position ? `${file}:${position.line}:${position.column}` : file || 'shoal';
  return { status, errors, text: `${at}: error[${code}]: ${message}\n` };
}

/** Returns the error for a process or thread that ran out of memory. */
function outOfMemory(cause: unknown): ShoalError {
  const message = 'out of memory: give Node.js more, as in NODE_OPTIONS=--max-old-space-size=8192';
  return new ShoalError('out-of-memory', message, undefined, cause);
}

/** Calls of the system that only read. */
const READING = /^(f?read|f?stat|lstat|open|opendir|scandir|readlink|realpath|access|statfs)/;

/** Wraps an error of the system about a file that the command line does not name. */
function systemFailure(error: SystemError): ShoalError {
  const { syscall, path = 'a file' } = error;
  const reads = READING.test(syscall);
  const message = `cannot ${reads ? 'read' : 'write'} ${path}: ${reasonOf(error)}`;
  return new ShoalError(reads ? 'cannot-read' : 'cannot-write', message, undefined, error);
}

/** Wraps an unexpected error, which is a bug in shoal. */
function internalError(error: unknown): ShoalError {
  const message = error instanceof Error ? error.message : String(error);
  const line = message.split('\n')[0];
  const text = `internal error: ${line}; please report this with the circuit`;
  return new ShoalError('internal-error', text, undefined, error);
}

function describeCircuitError(error: CircuitError, color: boolean): Description {
  const { source, diagnostics, status } = error;
  if (status === 1) {
    return {
      status,
      errors: diagnostics.map((diagnostic) => diagnosticToJson(source, diagnostic)),
      text: renderDiagnostics(source, diagnostics, color),
    };
  }
  // What is wrong with an option has no location in the circuit.
  const errors = diagnostics.map(({ code, message, help }) => {
    const option = code === 'unknown-param' ? '-D' : '--layout';
    return {
      code,
      file: '',
      message: [`${option}: ${message}`, ...(help ? [help] : [])].join('; '),
    };
  });
  return { status, errors, text: errors.map(({ message }) => `shoal: ${message}\n`).join('') };
}
