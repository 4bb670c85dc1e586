import { encryptedEvaluation } from '../../src/backends/seal/encrypted-evaluation.ts';
import type { Candidate } from '../../src/compile/candidate.ts';
import { type Compilation, compile } from '../../src/compile/compile.ts';
import { sizeOf } from '../../src/tensor/tensor.ts';
import { NESTEROV, regression } from './nesterov.ts';
import { printTable, type Row, ratio } from './table.ts';

/**
 * The initial weights, their param `start`, and the largest number of minibatches. With encrypted
 * weights, more minibatches need gigabytes of keys.
 */
const STARTS = [
  { weights: 'zero', start: 0, maxMinibatches: 3 },
  { weights: 'encrypted', start: 1, maxMinibatches: 2 },
];
/** Number of other circuits to measure: those with the shortest predicted times. */
const OTHERS = 3;
/**
 * Number of evaluations of each circuit; the shortest one counts. Times of quick circuits vary, so
 * these are evaluated more often.
 */
const ROUNDS = 3;
const QUICK_ROUNDS = 12;
const QUICK_MS = 500;
/** Circuits that are predicted to be slower by this factor are not measured. */
const MAX_SLOWDOWN = 3;

/**
 * Measures whether `--objective time` chooses the quickest of the circuits that it and
 * `--objective depth` examined, for each `--client`.
 */
export async function choice(): Promise<void> {
  const rows: Row[] = [];
  for (const client of ['encode', 'precompute'] as const) {
    for (const { weights, start, maxMinibatches } of STARTS) {
      for (let k = 1; k <= maxMinibatches; k++) {
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
    'Logistic regression: the circuit that --objective time chooses, and others; one worker',
    [
      'client, initial weights',
      'levels',
      'mul',
      'rot',
      'N',
      'predicted ms',
      'measured ms',
      'ratio to quickest',
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
    [...alternatives, ...candidates, optimized].map((candidate) => [figures(candidate), candidate]),
  );
  const others = [...distinct.values()]
    .filter(
      (candidate) =>
        candidate !== optimized && (candidate.ms ?? Infinity) < MAX_SLOWDOWN * (optimized.ms ?? 0),
    )
    .sort((a, b) => (a.ms ?? 0) - (b.ms ?? 0))
    .slice(0, OTHERS);
  const measured = [optimized, ...others].map((candidate) => ({
    candidate,
    ms: Number.POSITIVE_INFINITY,
  }));
  const rounds = (optimized.ms ?? 0) < QUICK_MS ? QUICK_ROUNDS : ROUNDS;
  for (let round = 0; round < rounds; round++) {
    for (const entry of measured) {
      const { plan } = entry.candidate;
      if (!plan) continue;
      const { timings } = await encryptedEvaluation(plan, [{ inputs }]);
      entry.ms = Math.min(entry.ms, timings.evaluate);
    }
  }
  const quickest = Math.min(...measured.map(({ ms }) => ms));
  return measured.map(({ candidate, ms }) => [
    name,
    `${candidate.measures.levels}`,
    `${candidate.measures.ops.mul}`,
    `${candidate.measures.ops.rotate}`,
    `${candidate.plan?.params.polyModulusDegree}`,
    candidate.ms?.toFixed(0) ?? '–',
    ms.toFixed(0),
    ratio(ms, quickest),
    candidate === optimized ? 'yes' : '',
  ]);
}

/** Returns the levels and operations as text. Circuits with the same text count as equal. */
function figures({ measures: { levels, ops } }: Candidate): string {
  return JSON.stringify([levels, ops]);
}
