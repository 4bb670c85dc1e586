import { type CostSample, fitCostModel } from '../cost/fit-cost.ts';
import { costModelToText } from '../cost/stored-model.ts';
import { STANDARD_STREAM } from '../platform/files.ts';
import { renderCalibration } from '../render/calibration-text.ts';
import { calibrationToJson } from '../report/calibration.ts';
import type { Progress, Result } from './outcome.ts';
import { destinationOf } from './written.ts';

/**
 * Ring degrees and primes to measure. Costs depend mostly on the number of primes, so each chain
 * has as many primes as can be measured quickly.
 */
const CHAINS = [
  { degree: 4096, primeBits: [30, 20, 20, 36] },
  { degree: 8192, primeBits: [32, 22, 22, 22, 22, 22, 22, 50] },
  { degree: 16384, primeBits: [50, 30, 30, 30, 30, 30, 30, 30, 30, 30, 60] },
] as const;
/** The largest ring, measured with `--full`. Building SEAL's tables takes most of its time. */
const LARGE_CHAIN = {
  degree: 32768,
  primeBits: [50, 30, 30, 30, 30, 30, 30, 30, 30, 30, 30, 30, 60],
} as const;

export interface CalibrateJob {
  /** Whether to measure the largest ring, too. */
  readonly full: boolean;
  /** The file to write the cost model to; undefined to write none. */
  readonly output: string | undefined;
}

/** `shoal calibrate`: measures this machine and writes the cost model that fits best. */
export async function runCalibrate(job: CalibrateJob, onProgress: Progress): Promise<Result> {
  const { output } = job;
  const { measureOperations, measurementsOf } = await import(
    '../backends/seal/measure-operations.ts'
  );
  const measured = job.full ? [...CHAINS, LARGE_CHAIN] : CHAINS;
  const total = measured.reduce((sum, chain) => sum + measurementsOf(chain), 0);
  let done = 0;
  const samples: CostSample[] = [];
  for (const chain of measured) {
    const onStep = () => onProgress(++done, total, `N = ${chain.degree}`);
    for (const sample of await measureOperations(chain, onStep)) samples.push(sample);
  }
  const fit = fitCostModel(samples);
  const text = costModelToText(fit.model);
  const path = output === undefined ? undefined : destinationOf(output);
  return {
    status: 0,
    json: { stored: output ?? null, ...calibrationToJson(fit, samples) },
    ...(output === STANDARD_STREAM ? { bytes: Buffer.from(text) } : {}),
    text: (color) => renderCalibration(fit, samples, color),
    notes: () =>
      output === undefined
        ? 'with -o FILE, the model is written to a file for --cost-model\n'
        : `other commands predict by this model with --cost-model ${output}\n`,
    files: path === undefined ? [] : [{ path, content: text }],
  };
}
