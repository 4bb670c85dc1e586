import { measureBaseline } from './measure-baseline.ts';
import { type Run, runOptions, SAMPLES, STEP, thisMachine } from './measured-run.ts';
import { type RunLimits, trainScript } from './run-script.ts';
import type { Measurement, Missing, Planned } from './table-results.ts';
import type { TrainingResult } from './training.ts';

/**
 * Returns the bits for `--precision` with which every weight has an error below 5e-4. With more
 * minibatches, errors are smaller relative to their bounds.
 */
const precisionFor = (k: number): number => (k < 3 ? 10 : 7);

/** Trains on encrypted digits, and returns the costs and the accuracy. */
export async function measureProgram(
  run: Run,
  limits: RunLimits,
): Promise<Measurement | Planned | Missing> {
  return run.row.circuit === 'baseline' ? measureBaseline(run, limits) : measureBest(run, limits);
}

async function measureBest(
  { row, k, jobs }: Run,
  limits: RunLimits,
): Promise<Measurement | Missing> {
  const options = [
    ...['--circuit', row.circuit, '-k', `${k}`, '-n', `${SAMPLES}`, '-D', `step=${STEP}`],
    ...['-D', `start=${row.start === 'zero' ? 0 : 1}`, '--precision', `${precisionFor(k)}`],
    ...['-O3', '--client', 'precompute', '--objective', 'depth', ...runOptions(jobs)],
  ];
  const answer = await trainScript(options, limits);
  if ('missing' in answer) return answer;
  const { evaluation, maxWeightError, accuracy } = answer.document as TrainingResult;
  const { optimized, params, timings, memory } = evaluation;
  return {
    levels: optimized.levels ?? 0,
    multiplications: optimized.ops.mul,
    rotations: optimized.ops.rotate,
    ringDegree: params.polyModulusDegree,
    modulusBits: params.coeffModulusBits.reduce((sum, bits) => sum + bits, 0),
    uploadBytes: memory.uploadBytes,
    predictedMs: null,
    workers: evaluation.jobs,
    keyBytes: memory.keyBytes,
    keygenMs: Math.round(timings.keygen),
    evaluateMs: Math.round(timings.evaluate),
    maxWeightError,
    accuracy: accuracy.evaluated,
    clearAccuracy: accuracy.clear,
    machine: thisMachine(),
  };
}
