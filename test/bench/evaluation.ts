import { encryptedEvaluation } from '../../src/backends/seal/encrypted-evaluation.ts';
import { compile } from '../../src/compile/compile.ts';
import { completePlan } from '../../src/compile/complete-plan.ts';
import type { Form } from '../../src/compile/form.ts';
import { planMemory } from '../../src/memory/memory-budget.ts';
import { sizeOf } from '../../src/tensor/tensor.ts';
import { MODERATE_ROWS } from '../support/moderate-rows.ts';
import { median, printTable, type Row, ratio } from './table.ts';

const ROUNDS = 5;
/** One round for the depth table, which has many programs, some of them slow as written. */
const TABLE_ROUNDS = 1;

const horner = (degree: number) =>
  `input x: cipher within [-1, 1]; var s = 0.5; for i in 0..${degree} { s = s*x + 0.01*i + 0.1; } output s;`;

const PROGRAMS: Record<string, string> = {
  'x^4 + 2': 'input x: cipher within [-2, 2]; output y = x^4 + 2;',
  'x^8': 'input x: cipher within [-1, 1]; output y = x^8;',
  'Horner, degree 7': horner(7),
  'Horner, degree 15': horner(15),
  variance: 'input v: cipher[256] within [-1, 1]; let d = v - sum(v)/256; output s = sum(d*d)/256;',
  'product of 16':
    'input v: cipher[16] within [-1, 1]; var p = v[0]; for i in 1..16 { p = p*v[i]; } output p;',
  'recurrence, 12 iterations':
    'input a: cipher[12] within [-1, 1]; input b: cipher[12] within [-1, 1]; input x: cipher within [-1, 1]; var s = x; for i in 0..12 { s = a[i]*s + b[i]; } output s;',
  "Newton's inverse, 4 iterations":
    'input a: cipher within [0.5, 1.5]; var y = 1; for i in 0..4 { y = y*(2 - a*y); } output y;',
};

/** Compares evaluation times of the source form and at -O3, each with its own parameters. */
export async function evaluation(): Promise<void> {
  await compare('Evaluation as written and at -O3', Object.entries(PROGRAMS), ROUNDS);
  await compare(
    'The depth table, evaluated as written and at -O3',
    MODERATE_ROWS.map(({ group, size, text }) => [`${group}: ${size}`, text] as const),
    TABLE_ROUNDS,
  );
}

async function compare(
  title: string,
  programs: readonly (readonly [name: string, text: string])[],
  rounds: number,
): Promise<void> {
  const rows: Row[] = [];
  for (const [name, text] of programs) rows.push([name, ...(await measure(text, rounds))]);
  printTable(
    `${title}, median of ${rounds}`,
    ['program', 'levels', 'muls', 'N', 'source ms', '-O3 ms', 'ratio'],
    rows,
  );
}

async function measure(text: string, rounds: number): Promise<Row> {
  const { source, optimized, checked } = compile(
    { file: 'bench.circ', text },
    { optimizationLevel: 3 },
  );
  const inputs = new Map(
    checked.inputs.map((input) => [input.name, new Float64Array(sizeOf(input.shape)).fill(0.5)]),
  );
  const before = await timeOf(source, inputs, rounds);
  const after = await timeOf(optimized, inputs, rounds);
  return [
    [source, optimized].map(({ measures }) => measures.levels).join(' → '),
    [source, optimized].map(({ measures }) => measures.ops.mul).join(' → '),
    `${before?.degree ?? 'none'} → ${after?.degree ?? 'none'}`,
    before?.ms.toFixed(0) ?? '–',
    after?.ms.toFixed(0) ?? '–',
    before && after ? ratio(before.ms, after.ms) : '–',
  ];
}

/**
 * Returns the median evaluation time of a form, its ring degree, and its memory. The memory is
 * predicted, because a process never returns memory to the system. Returns undefined if there are
 * no parameters.
 */
export async function timeOf(
  form: Form,
  inputs: ReadonlyMap<string, Float64Array>,
  rounds: number,
) {
  const choice = completePlan(form.sketch, { precisionBits: 20 });
  if (!('plan' in choice)) return undefined;
  const times: number[] = [];
  let keyBytes = 0;
  for (let round = 0; round < rounds; round++) {
    const { timings, memory } = await encryptedEvaluation(choice.plan, [{ inputs }]);
    times.push(timings.evaluate);
    ({ keyBytes } = memory);
  }
  const heapBytes = planMemory(choice.plan, 1).prediction.total;
  return { ms: median(times), degree: choice.plan.params.polyModulusDegree, heapBytes, keyBytes };
}
