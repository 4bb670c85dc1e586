import { evaluateEncrypted } from '../../src/backends/seal/evaluate.ts';
import type { Candidate } from '../../src/compile/candidate.ts';
import { type Compilation, compile } from '../../src/compile/compile.ts';
import { sizeOf } from '../../src/tensor/tensor.ts';
import { NESTEROV, regression } from './nesterov.ts';
import { printTable, type Row, ratio } from './table.ts';

const MINIBATCHES = [1, 2, 3];
/** Circuits that are measured beside the chosen one: those that are predicted to be quickest. */
const OTHERS = 3;
/** Nobody would take a circuit for the quickest that is predicted to take so many times as long. */
const MOST_SLOWER = 3;

/** Whether `--objective time` takes the quickest of the circuits that it has looked at, for each `--client`. */
export async function choice(): Promise<void> {
  const rows: Row[] = [];
  for (const client of ['encode', 'precompute'] as const) {
    for (const k of MINIBATCHES) {
      const defines = regression(k, { start: 0 });
      const options = { level: 3, client, defines, precisionBits: 10 } as const;
      const chosen = compile(NESTEROV, options);
      const explored = compile(NESTEROV, { ...options, explore: true });
      rows.push(...(await compared(`${client}, k = ${k}`, chosen, explored.candidates)));
    }
  }
  printTable(
    'The circuit that --objective time takes of logistic regression, and others that it has looked at; one worker',
    ['client', 'levels', 'mul', 'rot', 'N', 'predicted ms', 'measured ms', 'to quickest', 'chosen'],
    rows,
  );
}

async function compared(
  name: string,
  { checked, optimized, candidates }: Compilation,
  explored: readonly Candidate[],
): Promise<readonly Row[]> {
  const inputs = new Map(
    checked.inputs.map(({ name: input, shape }) => [
      input,
      Float64Array.from({ length: sizeOf(shape) }, (_, i) => 0.3 * Math.sin(i)),
    ]),
  );
  const distinct = new Map(
    [...explored, ...candidates, optimized].map((one) => [figures(one), one]),
  );
  const others = [...distinct.values()]
    .filter((one) => one !== optimized && (one.ms ?? Infinity) < MOST_SLOWER * (optimized.ms ?? 0))
    .sort((a, b) => (a.ms ?? 0) - (b.ms ?? 0))
    .slice(0, OTHERS);
  const measured = [];
  for (const one of [optimized, ...others]) {
    if (!one.plan) continue;
    const { timings } = await evaluateEncrypted(one.plan, [{ inputs }]);
    measured.push({ one, degree: one.plan.params.polyModulusDegree, ms: timings.evaluate });
  }
  const quickest = Math.min(...measured.map(({ ms }) => ms));
  return measured.map(({ one, degree, ms }) => [
    name,
    `${one.measures.levels}`,
    `${one.measures.ops.mul}`,
    `${one.measures.ops.rotate}`,
    `${degree}`,
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
