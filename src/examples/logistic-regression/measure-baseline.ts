import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Matrix } from 'ml-matrix';
import {
  BUILT_IN_COST,
  type CkksPlan,
  compile,
  fromDecimal,
  type Measures,
  offeredRings,
  planMemory,
  planToText,
  planWithSizes,
  predictTime,
  uploadBytes,
} from '../../index.ts';
import type { EvaluatedModel } from './evaluation.ts';
import { formatBytes } from './format-values.ts';
import { type Run, runOptions, SAMPLES, STEP, thisMachine } from './measured-run.ts';
import { circuitFile } from './paths.ts';
import { type PreparedData, prepare } from './prepare.ts';
import { type RunLimits, shoal } from './run-script.ts';
import type { Costs, Measurement, Missing, Planned } from './table-results.ts';
import { accuracy, cubicSlope, nesterov } from './train-in-clear.ts';
import { flatten, toNpy } from './write-npy.ts';

/** Number of slots that a row of features takes. */
const COLUMNS = 256;
/**
 * Bits of the primes for each level, of the base prime and of the special prime, as in "Logistic
 * regression on homomorphic encrypted data at scale".
 */
const PRIMES = { scaleBits: 40, baseBits: [55], specialBits: 60 } as const;
const SECURITY_BITS = 128;

/**
 * Trains on encrypted digits with the baseline. The parameters are fixed: `--precision` must hold
 * for all samples in [-1, 1]. This circuit diverges for some of them, so no primes are large
 * enough.
 */
export async function measureBaseline(
  run: Run,
  limits: RunLimits,
): Promise<Measurement | Planned | Missing> {
  const { plan, measures } = baselinePlan(run);
  const costs = costsOf(plan, measures, run.jobs);
  // The limit is that of WebAssembly, however much memory the machine has.
  const { fits, prediction, limits: memoryLimits } = planMemory(plan, 1, Number.POSITIVE_INFINITY);
  if (!fits) {
    const [needed, most] = [prediction.heap, memoryLimits.heap].map(formatBytes);
    return { ...costs, missing: `needs ${needed}, and WebAssembly has ${most}` };
  }
  const prepared = prepare({
    ...{ data: 'mnist', scaling: 'centred', batches: run.k, samples: SAMPLES },
    ...{ skip: 0, seed: 1 },
  });
  const answer = await evaluate(plan, prepared, run.jobs, limits);
  if ('missing' in answer) return { ...costs, ...answer };
  const { outputs, jobs, timings, memory } = answer.document as EvaluatedModel;
  const w = outputs.w.slice(0, prepared.width);
  const clear = trainInClear(prepared);
  return {
    ...costs,
    uploadBytes: memory.uploadBytes,
    workers: jobs,
    keyBytes: memory.keyBytes,
    keygenMs: Math.round(timings.keygen),
    evaluateMs: Math.round(timings.evaluate),
    maxWeightError: Math.max(...w.map((x, j) => Math.abs(x - (clear[j] ?? Number.NaN)))),
    accuracy: accuracy(w, prepared.test),
    clearAccuracy: accuracy(clear, prepared.test),
    machine: thisMachine(),
  };
}

/** @throws Error when no ring is large enough */
function baselinePlan({ row, k }: Run): {
  readonly plan: CkksPlan;
  readonly measures: Measures;
} {
  const file = circuitFile('baseline.circ');
  const start = row.start === 'zero' ? 0 : 1;
  const params = { k, n: SAMPLES, columns: COLUMNS, step: STEP, start };
  const defines = new Map(Object.entries(params).map(([name, x]) => [name, fromDecimal(`${x}`)]));
  const source = { file: 'baseline.circ', text: readFileSync(file, 'utf8') };
  const options = { optimizationLevel: 1, aim: { objective: 'depth' }, defines } as const;
  const { sketch, measures } = compile(source, options).optimized;
  const { levels } = measures;
  if (sketch.scheme !== 'ckks' || levels === null)
    throw new Error('the baseline computes with real numbers');
  const { scaleBits, baseBits, specialBits } = PRIMES;
  const bits = baseBits[0] + levels * scaleBits + specialBits;
  const rings = offeredRings({ securityBits: SECURITY_BITS, allowUncheckedRing: true });
  const ring = rings.find(({ degree, maxBits }) => degree / 2 >= sketch.slots && bits <= maxBits);
  if (!ring) throw new Error(`no ring has ${bits} bits of modulus`);
  const plan = planWithSizes(sketch, { degree: ring.degree, levels, ...PRIMES }, 1);
  return { plan, measures };
}

function costsOf(plan: CkksPlan, { levels, ops }: Measures, jobs: number): Costs {
  const { polyModulusDegree, coeffModulusBits } = plan.params;
  return {
    levels: levels ?? 0,
    multiplications: ops.mul,
    rotations: ops.rotate,
    ringDegree: polyModulusDegree,
    modulusBits: coeffModulusBits.reduce((sum, bits) => sum + bits, 0),
    uploadBytes: uploadBytes(plan),
    predictedMs: Math.round(predictTime(plan, BUILT_IN_COST, jobs)),
  };
}

/** Runs `shoal eval` on temporary files of the plan and the data. */
async function evaluate(plan: CkksPlan, prepared: PreparedData, jobs: number, limits: RunLimits) {
  const directory = mkdtempSync(join(tmpdir(), 'shoal-table-'));
  const path = (name: string): string => join(directory, name);
  try {
    writeFileSync(path('plan.json'), planToText(plan));
    writeFileSync(path('Z.npy'), inSlots(prepared));
    writeFileSync(path('w0.json'), JSON.stringify(Array(SAMPLES * COLUMNS).fill(0)));
    const inputOptions = plan.inputs.flatMap(({ name }) => [
      ...['--input', `${name}=${path(name === 'Z' ? 'Z.npy' : 'w0.json')}`],
    ]);
    const options = [...inputOptions, ...runOptions(jobs), '--allow-unchecked-ring'];
    return await shoal(['eval', path('plan.json'), ...options], limits);
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

/** Returns the minibatches as vectors in .npy format, each row padded with zeros. */
function inSlots({ batches }: PreparedData): Uint8Array {
  const rows = batches.flat().map((row) => {
    const padded = new Float64Array(COLUMNS);
    padded.set(row);
    return padded;
  });
  return toNpy(flatten(rows), [batches.length, SAMPLES * COLUMNS]);
}

function trainInClear({ batches, width }: PreparedData): readonly number[] {
  const weights = nesterov({
    batches: batches.map((rows) => new Matrix(rows.map((row) => [...row]))),
    start: Matrix.zeros(width, 1),
    steps: batches.length,
    slope: cubicSlope,
    params: { step: STEP },
  });
  return weights.to1DArray();
}
