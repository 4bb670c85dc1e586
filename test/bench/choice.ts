import { encryptedEvaluation } from '../../src/backends/seal/encrypted-evaluation.ts';
import type { Candidate } from '../../src/compile/candidate.ts';
import { type Compilation, compile } from '../../src/compile/compile.ts';
import { sizeOf } from '../../src/tensor/tensor.ts';
import { NESTEROV, regression } from './nesterov.ts';
import { printTable, type Row, ratio } from './table.ts';

/** Weights at first, as the param says them, and the most minibatches: of encrypted weights more take gigabytes of keys. */
const STARTS = [
  { weights: 'zero', start: 0, most: 3 },
  { weights: 'encrypted', start: 1, most: 2 },
];
/** Circuits that are measured beside the chosen one: those that are predicted to be quickest. */
const OTHERS = 3;
/** Rounds in which all of them are evaluated, and the same where that is quick and varies much; the least time of each counts. */
const ROUNDS = 3;
const QUICK_ROUNDS = 12;
const QUICK_MS = 500;
/** Nobody would take a circuit for the quickest that is predicted to take so many times as long. */
const MOST_SLOWER = 3;

/** Whether `--objective time` takes the quickest of the circuits that it and `--objective depth` have looked at, for each `--client`. */
export async function choice(): Promise<void> {
  const rows: Row[] = [];
  for (const client of ['encode', 'precompute'] as const) {
    for (const { weights, start, most } of STARTS) {
      for (let k = 1; k <= most; k++) {
        const options = {
          optimizationLevel: 3,
          client,
          defines: regression(k, { start }),
          precisionBits: 10,
        } as const;
        const chosen = compile(NESTEROV, options);
        const lowest = compile(NESTEROV, { ...options, aim: { objective: 'depth' } });
        const name = `${client}, ${weights}, k = ${k}`;
        rows.push(...(await compared(name, chosen, lowest.candidates)));
      }
    }
  }
  printTable(
    'The circuit that --objective time takes of logistic regression, and others that were looked at; one worker',
    [
      'client, weights at first',
      'levels',
      'mul',
      'rot',
      'N',
      'predicted ms',
      'measured ms',
      'to quickest',
      'chosen',
    ],
    rows,
  );
}

async function compared(
  name: string,
  { checked, optimized, candidates }: Compilation,
  alternatives: readonly Candidate[],
): Promise<readonly Row[]> {
  const inputs = new Map(
    checked.inputs.map(({ name: input, shape }) => [
      input,
      Float64Array.from({ length: sizeOf(shape) }, (_, i) => 0.3 * Math.sin(i)),
    ]),
  );
  const distinct = new Map(
    [...alternatives, ...candidates, optimized].map((one) => [figures(one), one]),
  );
  const others = [...distinct.values()]
    .filter((one) => one !== optimized && (one.ms ?? Infinity) < MOST_SLOWER * (optimized.ms ?? 0))
    .sort((a, b) => (a.ms ?? 0) - (b.ms ?? 0))
    .slice(0, OTHERS);
  const measured = [optimized, ...others].map((one) => ({ one, ms: Number.POSITIVE_INFINITY }));
  const rounds = (optimized.ms ?? 0) < QUICK_MS ? QUICK_ROUNDS : ROUNDS;
  for (let round = 0; round < rounds; round++) {
    for (const entry of measured) {
      const { plan } = entry.one;
      if (!plan) continue;
      const { timings } = await encryptedEvaluation(plan, [{ inputs }]);
      entry.ms = Math.min(entry.ms, timings.evaluate);
    }
  }
  const quickest = Math.min(...measured.map(({ ms }) => ms));
  return measured.map(({ one, ms }) => [
    name,
    `${one.measures.levels}`,
    `${one.measures.ops.mul}`,
    `${one.measures.ops.rotate}`,
    `${one.plan?.params.polyModulusDegree}`,
    one.ms?.toFixed(0) ?? '–',
    ms.toFixed(0),
    ratio(ms, quickest),
    one === optimized ? 'yes' : '',
  ]);
}

/** Circuits with the same figures are the same, or nearly so. */
function figures({ measures: { levels, ops } }: Candidate): string {
  return JSON.stringify([levels, ops]);
}
