import { statSync } from 'node:fs';
import { keygen } from '../client-server/generate-keys.ts';
import { planDigest } from '../files/plan-identity.ts';
import { showBytes } from '../memory/show-bytes.ts';
import { showTime } from '../report/show-values.ts';
import { SEAL } from '../run/backends.ts';
import type { OnTemporary, Progress, Result } from './outcome.ts';
import {
  exposedDirectory,
  loadPlan,
  type PlanFilesJob,
  renderWarnings,
  type WritingJob,
} from './plan-data.ts';
import { requireBackend } from './require-backend.ts';

export interface KeygenJob extends PlanFilesJob, WritingJob {
  /** The directory to write keys to. */
  readonly output: string;
}

/** `shoal keygen`: writes a client's keys for a plan to a directory. */
export async function runKeygen(
  job: KeygenJob,
  onProgress: Progress,
  onTemporary: OnTemporary,
  reads: readonly string[],
): Promise<Result> {
  const plan = await loadPlan(job);
  await requireBackend(SEAL);
  const { output: directory, force, compress } = job;
  const begin = performance.now();
  const { id, ...files } = await keygen(plan, {
    directory,
    force,
    reads,
    compress,
    onProgress,
    onTemporary,
  });
  const ms = performance.now() - begin;
  const warnings = exposedDirectory(files.secret);
  const digest = planDigest(plan);
  const bytes = (file: string) => statSync(file).size;
  return {
    status: 0,
    json: {
      digest,
      keys: id,
      files: Object.fromEntries(
        Object.entries(files).map(([kind, file]) => [kind, { file, bytes: bytes(file) }]),
      ),
      ms,
      warnings,
    },
    text: () =>
      [
        `${files.secret}  ${showBytes(bytes(files.secret))}: decrypts; keep it with the client`,
        `${files.public}  ${showBytes(bytes(files.public))}: for other parties that encrypt inputs`,
        `${files.evaluation}  ${showBytes(bytes(files.evaluation))}: for the server`,
        `key set ${id}, ${showTime(ms)}`,
        `plan digest ${digest}`,
      ]
        .map((line) => `${line}\n`)
        .join(''),
    notes: () => renderWarnings(warnings),
  };
}
