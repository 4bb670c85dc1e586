import { encrypt } from '../client-server/encrypt-inputs.ts';
import { headerOf } from '../client-server/inspect-file.ts';
import { toHex } from '../files/canonical-json.ts';
import { showBytes } from '../memory/show-bytes.ts';
import { summaryRows } from '../render/plan-summary-text.ts';
import { table } from '../render/text-table.ts';
import { summarizePlan } from '../report/plan-summary.ts';
import { showTime } from '../report/show-values.ts';
import { SEAL } from '../run/backends.ts';
import type { DataJob } from './eval-data.ts';
import { type Expectation, requireExpected } from './expected-plan.ts';
import type { OnTemporary, Progress, Result } from './outcome.ts';
import {
  exposedDirectory,
  exposedKey,
  loadPlan,
  loadPlanData,
  type PlanFilesJob,
  renderWarnings,
  secretKeyFile,
  type WritingJob,
} from './plan-data.ts';
import { readStored } from './read-files.ts';
import { requireBackend } from './require-backend.ts';
import { destinationOf, forStandardOutput, sizeOfWritten } from './written.ts';

export interface EncryptJob extends PlanFilesJob, WritingJob, DataJob, Expectation {
  /** The path of a client's directory, or of a secret or public key. */
  readonly keys: string;
  readonly output: string;
  /** Whether other parties encrypt the missing inputs. */
  readonly partial: boolean;
}

/** `shoal encrypt`: encrypts a client's inputs for the server. */
export async function runEncrypt(
  job: EncryptJob,
  onProgress: Progress,
  onTemporary: OnTemporary,
  reads: readonly string[],
): Promise<Result> {
  const plan = await loadPlan(job);
  await requireExpected(plan, job);
  const instance = await loadPlanData(job, plan);
  await requireBackend(SEAL);
  const { output, force, compress, partial } = job;
  const key = secretKeyFile(job.keys);
  const begin = performance.now();
  const written = await encrypt(plan, await readStored(key), instance, {
    to: destinationOf(output),
    force,
    reads,
    compress,
    partial,
    onProgress,
    onTemporary,
  });
  const ms = performance.now() - begin;
  const { file, keys, plan: planDigest, description } = await headerOf(written);
  const { seeded, inputs = [] } = description;
  const digest = toHex(planDigest);
  const summary = summarizePlan(plan);
  const warnings = [...(seeded ? exposedKey(key) : []), ...exposedDirectory(key)];
  const bytes = sizeOfWritten(written);
  const upload = toHex(file);
  return {
    status: 0,
    ...forStandardOutput(written),
    json: {
      output,
      upload,
      keys: toHex(keys),
      digest,
      plan: summary,
      inputs,
      seeded,
      bytes,
      ms,
      warnings,
    },
    text: (color) =>
      `${table(summaryRows(summary, digest), { color })}\n` +
      `${output}  ${showBytes(bytes)}: upload ${upload}, ${inputs.join(', ') || 'no inputs'}, ${showTime(ms)}\n`,
    notes: () => renderWarnings(warnings),
  };
}
