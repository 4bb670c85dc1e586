import { distributeTo } from '../../src/backends/seal/distribution.ts';
import { evaluateShares } from '../../src/backends/seal/encrypted-evaluation.ts';
import { compile } from '../../src/compile/compile.ts';
import { BUILT_IN_COST } from '../../src/cost/built-in-cost.ts';
import { chooseParams } from '../../src/schemes/ckks/choose-params.ts';
import { sizeOf } from '../../src/tensor/tensor.ts';
import { ckksSketch } from '../support/ckks.ts';
import { printTable, type Row, ratio } from './table.ts';

const ROUNDS = 2;
const JOBS = 2;

/** Circuits of width at least 8 at N = 16384: mostly rotations, mostly products, and both. */
const PROGRAMS: Record<string, string> = {
  '16 dot products of 512, to the fourth':
    'input M: cipher[16, 512] within [-1, 1]; input v: cipher[512] within [-1, 1]; var s = 0; for i in 0..16 { s = s + dot(M[i], v)^4; } output s;',
  '8 products of 16':
    'input v: cipher[8, 16] within [-1, 1]; var s = 0; for i in 0..8 { var p = v[i, 0]; for j in 1..16 { p = p*v[i, j]; } s = s + p; } output s;',
  '12 sigmoids of dot products':
    'input M: cipher[12, 512] within [-1, 1]; input v: cipher[512] within [-1, 1]; var s = 0; for i in 0..12 { s = s + poly(dot(M[i], v)/512, [0.5, 0.19, 0, -0.4]); } output s;',
};

/** Compares evaluation times of one and two workers, without setup and keys, with predictions. */
export async function parallel(): Promise<void> {
  const rows: Row[] = [];
  for (const [name, text] of Object.entries(PROGRAMS)) {
    const { optimized, checked } = compile({ file: 'bench.circ', text }, { optimizationLevel: 2 });
    const choice = chooseParams(ckksSketch(optimized), { precisionBits: 20 });
    if (!('plan' in choice)) throw new Error(`${name}: ${choice.refused.reason}`);
    const { plan } = choice;
    const inputs = new Map(
      checked.inputs.map((input) => [input.name, new Float64Array(sizeOf(input.shape)).fill(0.03)]),
    );
    const evaluate = async (jobs: number) => {
      const { shares, ms: predicted } = distributeTo(plan, BUILT_IN_COST, jobs);
      const { timings } = await evaluateShares(plan, shares, [{ inputs }]);
      const sent = shares.flatMap(({ recipients }) => [...recipients.values()].flat()).length;
      return { measured: timings.evaluate, predicted, sent };
    };
    let [single, several] = [await evaluate(1), await evaluate(JOBS)];
    for (let round = 1; round < ROUNDS; round++) {
      single = faster(single, await evaluate(1));
      several = faster(several, await evaluate(JOBS));
    }
    rows.push([
      name,
      plan.params.polyModulusDegree,
      optimized.measures.width,
      plan.ops.length,
      several.sent,
      single.measured.toFixed(0),
      several.measured.toFixed(0),
      ratio(single.measured, several.measured),
      ratio(single.predicted, several.predicted),
      ratio(several.predicted, several.measured),
    ]);
  }
  printTable(
    `Evaluation by one worker and by ${JOBS}, the fastest of ${ROUNDS}`,
    [
      'program',
      'N',
      'width',
      'ops',
      'sent',
      '1 job ms',
      `${JOBS} jobs ms`,
      'ratio',
      'predicted ratio',
      'predicted/measured',
    ],
    rows,
  );
}

function faster<T extends { readonly measured: number }>(a: T, b: T): T {
  return a.measured < b.measured ? a : b;
}
