import { statSync } from 'node:fs';
import { encrypt } from '../client-server/encrypt-inputs.ts';
import { headerOf } from '../client-server/inspect-file.ts';
import { toHex } from '../files/canonical-json.ts';
import { showBytes } from '../memory/show-bytes.ts';
import { showTime } from '../report/show-values.ts';
import { SEAL } from '../run/backends.ts';
import type { DataJob } from './eval-data.ts';
import type { OnTemporary, Progress, Result } from './outcome.ts';
import {
  exposedKey,
  loadPlan,
  loadPlanData,
  type PlanFilesJob,
  renderExposed,
  secretKeyFile,
  type WritingJob,
} from './plan-data.ts';
import { requireBackend } from './require-backend.ts';

export interface EncryptJob extends PlanFilesJob, WritingJob, DataJob {
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
): Promise<Result> {
  const plan = loadPlan(job);
  const instance = loadPlanData(job, plan);
  await requireBackend(SEAL);
  const { output: to, force, compress, partial } = job;
  const key = secretKeyFile(job.keys);
  const begin = performance.now();
  await encrypt(plan, key, instance, { to, force, compress, partial, onProgress, onTemporary });
  const ms = performance.now() - begin;
  const { file, keys, plan: digest, description } = await headerOf(to);
  const { seeded, inputs = [] } = description;
  const warnings = seeded ? exposedKey(key) : [];
  const bytes = statSync(to).size;
  const upload = toHex(file);
  return {
    status: 0,
    json: {
      output: to,
      upload,
      keys: toHex(keys),
      plan: toHex(digest),
      inputs,
      seeded,
      bytes,
      ms,
      warnings,
    },
    text: () =>
      `${to}  ${showBytes(bytes)}: upload ${upload}, ${inputs.join(', ') || 'no inputs'}, ${showTime(ms)}\n`,
    notes: () => renderExposed(warnings),
  };
}
