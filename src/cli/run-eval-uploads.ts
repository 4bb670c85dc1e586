import { statSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { evaluate } from '../client-server/evaluate-uploads.ts';
import { headerOf } from '../client-server/inspect-file.ts';
import { toHex } from '../files/canonical-json.ts';
import { showBytes } from '../memory/show-bytes.ts';
import { showCount, showTime } from '../report/show-values.ts';
import { SEAL } from '../run/backends.ts';
import type { DataJob } from './eval-data.ts';
import type { OnTemporary, Progress, Result } from './outcome.ts';
import {
  loadPlan,
  loadPlanData,
  type PlanFilesJob,
  requireKeyFile,
  type WritingJob,
} from './plan-data.ts';
import { requireBackend } from './require-backend.ts';
import { loadCostModel } from './stored-cost-model.ts';

export interface EvalUploadsJob extends PlanFilesJob, WritingJob, DataJob {
  readonly keys: string;
  readonly uploads: readonly string[];
  readonly output: string;
  /** Limit on keys, ciphertexts and SEAL's tables in bytes; undefined for the default. */
  readonly memory: number | undefined;
  /** Limit on the number of workers; undefined for the number of cores. */
  readonly jobs: number | undefined;
}

/** `shoal eval --keys`: evaluates uploads as the server, without any secret key. */
export async function runEvalUploads(
  job: EvalUploadsJob,
  onProgress: Progress,
  onTemporary: OnTemporary,
): Promise<Result> {
  requireKeyFile(job.keys);
  const plan = loadPlan(job);
  const { inputs } = loadPlanData(job, plan);
  await requireBackend(SEAL);
  const { output: to, force, compress, memory, jobs = availableParallelism() } = job;
  const begin = performance.now();
  await evaluate(plan, job.keys, job.uploads, {
    to,
    force,
    compress,
    inputs,
    jobs,
    cost: loadCostModel(),
    ...(memory === undefined ? {} : { memory }),
    onProgress,
    onTemporary,
  });
  const ms = performance.now() - begin;
  const { file, keys, plan: digest, description } = await headerOf(to);
  const { runs = [] } = description;
  const bytes = statSync(to).size;
  return {
    status: 0,
    json: {
      output: to,
      result: toHex(file),
      keys: toHex(keys),
      plan: toHex(digest),
      runs,
      bytes,
      ms,
    },
    text: () =>
      `${to}  ${showBytes(bytes)}: results of ${showCount(runs.length, 'run')}, ${showTime(ms)}\n`,
  };
}
