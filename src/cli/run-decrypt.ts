import { decrypt } from '../client-server/decrypt-result.ts';
import { defined } from '../lookup.ts';
import { wholeOutputs } from '../plan/outputs.ts';
import type { Plan } from '../plan/plan.ts';
import { renderOutputs } from '../render/evaluation-text.ts';
import { colorsOf } from '../render/text-layout.ts';
import { nestOutputs } from '../report/deviations.ts';
import { roundToPromise } from '../report/promised-digits.ts';
import { SEAL } from '../run/backends.ts';
import type { Progress, Result } from './outcome.ts';
import {
  exposedDirectory,
  exposedKey,
  type FileWarning,
  loadPlan,
  type PlanFilesJob,
  renderWarnings,
  secretKeyFile,
} from './plan-data.ts';
import { readStored } from './read-files.ts';
import { requireBackend } from './require-backend.ts';

export interface DecryptJob extends PlanFilesJob {
  /** The path of a client's directory or of a secret key. */
  readonly keys: string;
  readonly result: string;
  /** Uploads that the result must be computed from; if empty, any. */
  readonly uploads: readonly string[];
  /** Whether to print all digits, not only those that the plan promises. */
  readonly full: boolean;
}

/** `shoal decrypt`: decrypts the outputs of a result. */
export async function runDecrypt(job: DecryptJob, onProgress: Progress): Promise<Result> {
  const plan = await loadPlan(job);
  await requireBackend(SEAL);
  const key = secretKeyFile(job.keys);
  const result = await readStored(job.result);
  const uploads = await Promise.all(job.uploads.map(readStored));
  const secret = await readStored(key);
  const decrypted = await decrypt(plan, secret, result, { uploads, onProgress });
  const runs = job.full
    ? decrypted
    : decrypted.map((run) => ({ ...run, outputs: roundToPromise(run.outputs, plan) }));
  const slots = wholeOutputs(plan.outputs);
  const warnings = [...exposedKey(key), ...exposedDirectory(key), ...secretNoise(job.result, plan)];
  const results = runs.map(({ uploads, outputs }) => ({
    uploads,
    outputs: nestOutputs(outputs, slots),
  }));
  const [first] = results;
  return {
    status: 0,
    json: { ...(first ? { outputs: first.outputs } : {}), results, warnings },
    text: (color) => {
      const c = colorsOf(color);
      if (runs.length === 1) return renderOutputs(defined(runs[0]).outputs, slots, c);
      return runs
        .map(({ outputs }, i) => `${c.dim(`run ${i + 1}`)}\n${renderOutputs(outputs, slots, c)}`)
        .join('');
    },
    notes: () => renderWarnings(warnings),
  };
}

/** Returns a warning if outputs carry noise that depends on the secret key. */
function secretNoise(file: string, plan: Plan): readonly FileWarning[] {
  const isNoisy = plan.outputs.some(({ errorBound }) => errorBound > 0);
  if (!isNoisy) return [];
  const message =
    'keep these outputs to yourself: CKKS leaves noise in them that depends on the secret key, ' +
    'and who sees a few of them can compute it (Li and Micciancio, 2021; docs/deployment.md)';
  return [{ code: 'secret-noise', file, message }];
}
