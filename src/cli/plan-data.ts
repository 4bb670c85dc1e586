import { statSync } from 'node:fs';
import { join } from 'node:path';
import type { Instance } from '../backends/evaluation.ts';
import { KEY_FILE_NAMES } from '../client-server/generate-keys.ts';
import type { Inputs } from '../data/inputs.ts';
import type { Plan } from '../plan/plan.ts';
import { readPlan } from '../plan-files/read-plan.ts';
import { type DataJob, givenInputs, modulusOf, requireDomain } from './eval-data.ts';
import { UsageError } from './failure.ts';
import { readSource } from './read-files.ts';

/** What commands of a client or a server are given. */

/** What is done with a plan and files of a client or a server. */
export interface PlanFilesJob {
  /** The plan. */
  readonly file: string;
  readonly allowUncheckedRing: boolean;
}

/** How keys, uploads and results are written. */
export interface WritingJob {
  /** Whether files that are there are replaced. */
  readonly force: boolean;
  readonly compress: boolean;
}

/**
 * The plan that a command line names.
 *
 * @throws UsageError if it is a circuit, ShoalError if it is no valid plan
 */
export function loadPlan(job: PlanFilesJob): Plan {
  const source = readSource(job.file);
  if (!source.text.trimStart().startsWith('{')) {
    throw new UsageError(
      `${job.file} is no plan: compile the circuit first, as in shoal compile ${job.file} -o plan.json`,
      'usage',
      job.file,
    );
  }
  return readPlan(source, job);
}

/**
 * Data that the command line names, in their ranges; who may give which inputs is for the role to say.
 *
 * @throws ShoalError, UsageError
 */
export function loadPlanData(job: DataJob, plan: Plan): Instance {
  const given: Inputs = givenInputs(job, plan.inputs);
  const declared = plan.inputs.filter(({ name }) => given.has(name));
  requireDomain(given, declared, modulusOf(plan));
  return { inputs: new Map([...given].map(([name, { data }]) => [name, data])) };
}

/** The secret key in a client's directory; a file is taken as it is. */
export function secretKeyFile(keys: string): string {
  return isDirectory(keys) ? join(keys, KEY_FILE_NAMES.secret) : keys;
}

/** @throws UsageError if what is to be a file is a directory */
export function requireKeyFile(keys: string): void {
  if (!isDirectory(keys)) return;
  const file = join(keys, KEY_FILE_NAMES.evaluation);
  const message = `${keys} is a directory: whoever evaluates is given ${file}, and not the secret key beside it`;
  throw new UsageError(message, 'usage', keys);
}

function isDirectory(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false;
}

/** Permissions of all but a file's owner. */
const OTHERS = 0o077;

/** A warning where others than its owner may read or write a secret key; Windows has no such permissions. */
export interface ExposedKey {
  readonly code: 'exposed-secret-key';
  readonly file: string;
  readonly message: string;
}

export function exposedKey(file: string): readonly ExposedKey[] {
  const mode = statSync(file, { throwIfNoEntry: false })?.mode ?? 0;
  if (process.platform === 'win32' || (mode & OTHERS) === 0) return [];
  const octal = (mode & 0o777).toString(8).padStart(3, '0');
  const message = `others than its owner may use this secret key (mode ${octal}): chmod 600 ${file}`;
  return [{ code: 'exposed-secret-key', file, message }];
}

/** Warnings as people are shown them. */
export function renderExposed(warnings: readonly ExposedKey[]): string {
  return warnings
    .map(({ file, code, message }) => `${file}: warning[${code}]: ${message}\n`)
    .join('');
}
