import { type CostSample, fitCostModel } from '../cost/fit-cost.ts';
import { costModelToText } from '../cost/stored-model.ts';
import { renderCalibration } from '../render/calibration-text.ts';
import { calibrationToJson } from '../report/calibration.ts';
import type { Progress, Result } from './outcome.ts';
import { costModelFile } from './stored-cost-model.ts';

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
  /** Whether to remove the stored cost model and measure nothing. */
  readonly reset: boolean;
}

/** `shoal calibrate`: measures this machine and stores the cost model that fits best. */
export async function runCalibrate(job: CalibrateJob, onProgress: Progress): Promise<Result> {
  const file = costModelFile();
  if (job.reset) return reset(file);
  const { measureOperations, measurementsOf } = await import(
    '../backends/seal/measure-operations.ts'
  );
  const measured = job.full ? [...CHAINS, LARGE_CHAIN] : CHAINS;
  const total = measured.reduce((sum, chain) => sum + measurementsOf(chain), 0);
  let done = 0;
  const samples: CostSample[] = [];
  for (const chain of measured) {
    const onStep = () => onProgress(++done, total, `N = ${chain.degree}`);
    samples.push(...(await measureOperations(chain, onStep)));
  }
  const fit = fitCostModel(samples);
  return {
    status: 0,
    json: { stored: file, ...calibrationToJson(fit, samples) },
    text: (color) => renderCalibration(fit, samples, color),
    notes: () => `stored in ${file}\n`,
    files: [{ path: file, content: costModelToText(fit.model), makesDirectory: true }],
  };
}

function reset(file: string): Result {
  return {
    status: 0,
    json: { removed: file },
    text: () => 'the built-in cost model is in use\n',
    files: [{ path: file, content: undefined }],
  };
}
