import { availableParallelism } from 'node:os';
import { evaluate } from '../client-server/evaluate-uploads.ts';
import { headerOf } from '../client-server/inspect-file.ts';
import { toHex } from '../files/canonical-json.ts';
import { showBytes } from '../memory/show-bytes.ts';
import { showCount, showTime } from '../report/show-values.ts';
import { SEAL } from '../run/backends.ts';
import { chosenCostModel } from './chosen-cost-model.ts';
import type { DataJob } from './eval-data.ts';
import type { OnTemporary, Progress, Result } from './outcome.ts';
import {
  loadPlan,
  loadPlanData,
  type PlanFilesJob,
  requireKeyFile,
  type WritingJob,
} from './plan-data.ts';
import { readStored } from './read-files.ts';
import { requireBackend } from './require-backend.ts';
import { destinationOf, forStandardOutput, sizeOfWritten } from './written.ts';

export interface EvalUploadsJob extends PlanFilesJob, WritingJob, DataJob {
  readonly keys: string;
  readonly uploads: readonly string[];
  readonly output: string;
  /** Limit on keys, ciphertexts and SEAL's tables in bytes; undefined for the default. */
  readonly memory: number | undefined;
  /** Limit on the number of workers; undefined for the number of cores. */
  readonly jobs: number | undefined;
  /** The file of a cost model; undefined for the built-in one. */
  readonly costModel: string | undefined;
}

/** `shoal eval --keys`: evaluates uploads as the server, without any secret key. */
export async function runEvalUploads(
  job: EvalUploadsJob,
  onProgress: Progress,
  onTemporary: OnTemporary,
  reads: readonly string[],
): Promise<Result> {
  requireKeyFile(job.keys);
  const plan = await loadPlan(job);
  const { inputs } = await loadPlanData(job, plan);
  await requireBackend(SEAL);
  const { output, force, compress, memory, jobs = availableParallelism() } = job;
  const keys = await readStored(job.keys);
  const uploads = await Promise.all(job.uploads.map(readStored));
  const begin = performance.now();
  const written = await evaluate(plan, keys, uploads, {
    to: destinationOf(output),
    force,
    reads,
    compress,
    inputs,
    jobs,
    cost: await chosenCostModel(job.costModel),
    ...(memory === undefined ? {} : { memory }),
    onProgress,
    onTemporary,
  });
  const ms = performance.now() - begin;
  const { file, keys: keySet, plan: digest, description } = await headerOf(written);
  const { runs = [] } = description;
  const bytes = sizeOfWritten(written);
  return {
    status: 0,
    ...forStandardOutput(written),
    json: {
      output,
      result: toHex(file),
      keys: toHex(keySet),
      plan: toHex(digest),
      runs,
      bytes,
      ms,
    },
    text: () =>
      `${output}  ${showBytes(bytes)}: results of ${showCount(runs.length, 'run')}, ${showTime(ms)}\n`,
  };
}
