import { dirname, join } from 'node:path';
import type { Instance } from '../backends/evaluation.ts';
import { KEY_FILE_NAMES } from '../client-server/generate-keys.ts';
import type { Inputs } from '../data/inputs.ts';
import type { WarningCode } from '../errors/codes.ts';
import type { Plan } from '../plan/plan.ts';
import { readPlan } from '../plan-files/read-plan.ts';
import { isDirectory, isStream, rightsOf } from '../platform/files.ts';
import type { Source } from '../syntax/diagnostic.ts';
import { type DataJob, givenInputs, modulusOf, requireDomain } from './eval-data.ts';
import { UsageError } from './failure.ts';
import { isCircuit, readProgram } from './read-files.ts';

/** The plans, data and key files that the commands of a client or server read. */

/** A task that reads a plan. */
export interface PlanFilesJob {
  /** The path of the plan. */
  readonly file: string;
  readonly allowUncheckedRing: boolean;
}

/** A task that writes keys, uploads or results. */
export interface WritingJob {
  /** Whether to replace existing files. */
  readonly force: boolean;
  readonly compress: boolean;
}

/**
 * Reads the plan that a command line names.
 *
 * @throws UsageError if the file is a circuit, ShoalError if it is not a valid plan
 */
export async function loadPlan(job: PlanFilesJob): Promise<Plan> {
  return planIn(await readProgram(job.file), job);
}

/** Returns the plan in a text; see {@link loadPlan}. */
export function planIn(source: Source, job: PlanFilesJob): Plan {
  const { file, text } = source;
  if (isCircuit(text)) {
    throw new UsageError(
      `${file} is no plan: compile the circuit first, as in shoal compile ${file} -o plan.json`,
      'usage',
      file,
    );
  }
  return readPlan(source, job);
}

/**
 * Reads the input data of a command line and checks their ranges. Which inputs must be given
 * depends on the role: the client gives the encrypted ones, the server the plain ones.
 *
 * @throws ShoalError, UsageError
 */
export async function loadPlanData(job: DataJob, plan: Plan): Promise<Instance> {
  const given: Inputs = await givenInputs(job, plan.inputs);
  const declared = plan.inputs.filter(({ name }) => given.has(name));
  requireDomain(given, declared, modulusOf(plan));
  return { inputs: new Map([...given].map(([name, { data }]) => [name, data])) };
}

/** Returns the path of the secret key in a client's directory, or the path of a key file itself. */
export function secretKeyFile(keys: string): string {
  return isDirectory(keys) ? join(keys, KEY_FILE_NAMES.secret) : keys;
}

/** @throws UsageError if `keys` is a directory, which may contain the secret key */
export function requireKeyFile(keys: string): void {
  if (!isDirectory(keys)) return;
  const file = join(keys, KEY_FILE_NAMES.evaluation);
  const message = `${keys} is a directory: give the server ${file} only, without the secret key beside it`;
  throw new UsageError(message, 'usage', keys);
}

/** The permission bits of all users except the file's owner. */
const OTHERS = 0o077;

/** The permission bit of a directory whose files only their owners may replace. */
const STICKY = 0o1000;
/** The permission bits of all users except the owner to write. */
const OTHERS_WRITE = 0o022;

/** A warning about a file. */
export interface FileWarning {
  readonly code: WarningCode;
  readonly file: string;
  readonly message: string;
}

/** Returns a warning if a secret key is exposed. */
export function exposedKey(file: string): readonly FileWarning[] {
  const mode = modeOf(file);
  if ((mode & OTHERS) === 0) return [];
  const message = `users other than the owner may use this secret key (mode ${octal(mode)}): chmod 600 ${file}`;
  return [{ code: 'exposed-secret-key', file, message }];
}

/** Returns a warning if users other than the owner may replace the keys in a file's directory. */
export function exposedDirectory(keyFile: string): readonly FileWarning[] {
  if (isStream(keyFile)) return [];
  const file = dirname(keyFile);
  const mode = modeOf(file);
  if ((mode & OTHERS_WRITE) === 0 || (mode & STICKY) !== 0) return [];
  const message = `users other than the owner may replace the keys in this directory (mode ${octal(mode)}): chmod go-w ${file}`;
  return [{ code: 'exposed-key-directory', file, message }];
}

/** Returns the permission bits of a file or directory. Windows has none, and neither have pipes. */
function modeOf(path: string): number {
  if (process.platform === 'win32' || isStream(path)) return 0;
  return rightsOf(path)?.mode ?? 0;
}

function octal(mode: number): string {
  return (mode & 0o777).toString(8).padStart(3, '0');
}

/** Returns warnings as text. */
export function renderWarnings(warnings: readonly FileWarning[]): string {
  return warnings
    .map(({ file, code, message }) => `${file}: warning[${code}]: ${message}\n`)
    .join('');
}
