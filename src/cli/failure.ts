import { FileError } from '../data/file-error.ts';
import { WriteError } from '../files/whole-file.ts';
import { MemoryError } from '../memory/memory-error.ts';
import { DataError } from '../plan/clear-ops.ts';
import { renderDiagnostic } from '../render/diagnostic-text.ts';
import { describeMemory } from '../report/memory-shortage.ts';
import { ReadError } from '../roles/read-error.ts';
import { StageError } from '../run/stage-error.ts';
import { CircuitError, type DiagnosticJson, diagnosticToJson } from '../syntax/diagnostic.ts';
import type { Outcome, Status, View } from './outcome.ts';
import { reasonOf } from './reason.ts';

/** The command line or the environment is wrong: status 2. */
export class UsageError extends Error {
  override readonly name: string = 'UsageError';
  readonly code: string;
  /** The file that is at fault, where it is one. */
  readonly file: string;

  constructor(message: string, code = 'usage', file = '') {
    super(message);
    this.code = code;
    this.file = file;
  }
}

/** Something that ought to have worked did not: status 3. */
export class Failure extends Error {
  override readonly name: string = 'Failure';
  readonly code: string;

  constructor(code: string, message: string, cause?: unknown) {
    super(message, { cause });
    this.code = code;
  }
}

/** What is printed, and with which status, where a command cannot do what it is asked to. */
export function failureOutcome(error: unknown, view: View): Outcome {
  const { status, errors, text } = describe(error, view.color.err);
  return view.json
    ? { status, stdout: `${JSON.stringify({ errors }, null, 2)}\n`, stderr: '', files: [] }
    : { status, stdout: '', stderr: text, files: [] };
}

interface Description {
  readonly status: Status;
  readonly errors: readonly DiagnosticJson[];
  readonly text: string;
}

function describe(error: unknown, color: boolean): Description {
  if (error instanceof CircuitError) return describeCircuitError(error, color);
  if (error instanceof FileError) {
    const { file, line, column } = error.place;
    const at = line === 0 ? file : `${file}:${line}:${column}`;
    const text = `${at === '' ? 'shoal' : at}: error[${error.code}]: ${error.message}\n`;
    const { code, message } = error;
    return { status: 1, errors: [{ code, file, line, column, message }], text };
  }
  if (error instanceof UsageError) return plain(2, error.code, error.message, error.file);
  if (error instanceof Failure || error instanceof StageError)
    return plain(3, error.code, error.message);
  if (error instanceof ReadError) {
    const { path, cause } = error;
    return plain(2, 'cannot-read', `cannot read ${path}: ${reasonOf(cause)}`, path);
  }
  if (error instanceof WriteError) {
    return plain(3, 'cannot-write', `cannot write ${error.path}: ${reasonOf(error.cause)}`);
  }
  if (error instanceof MemoryError) return plain(1, 'memory-too-small', describeMemory(error));
  if (error instanceof DataError) return plain(1, 'division-by-zero', error.message);
  const { name, message } = error instanceof Error ? error : { name: '', message: String(error) };
  if (name === 'SealError') return plain(3, 'evaluation-failed', `evaluation failed: ${message}`);
  return internalError(error, message);
}

function internalError(error: unknown, message: string): Description {
  const where = process.env.SHOAL_DEBUG === '1' && error instanceof Error ? error.stack : '';
  const line = message.split('\n')[0];
  const text = `internal error: ${line}; please report this with the circuit`;
  const described = plain(3, 'internal-error', text);
  return where ? { ...described, text: `${described.text}${where}\n` } : described;
}

function plain(status: Status, code: string, message: string, file = ''): Description {
  return {
    status,
    errors: [{ code, file, line: 0, column: 0, message }],
    text: `shoal: ${message}\n`,
  };
}

function describeCircuitError({ source, diagnostics }: CircuitError, color: boolean): Description {
  // A param that does not exist has no place in the circuit: the command line is wrong.
  if (diagnostics.every(({ code }) => code === 'unknown-param')) {
    const messages = diagnostics.map(({ message, help }) => `-D: ${message}; ${help}`);
    return {
      status: 2,
      errors: messages.map((message) => ({
        code: 'unknown-param',
        file: '',
        line: 0,
        column: 0,
        message,
      })),
      text: messages.map((message) => `shoal: ${message}\n`).join(''),
    };
  }
  return {
    status: 1,
    errors: diagnostics.map((diagnostic) => diagnosticToJson(source, diagnostic)),
    text: diagnostics.map((d) => `${renderDiagnostic(source, d, { color })}\n`).join(''),
  };
}
