import { encryptedEvaluation } from '../../src/backends/seal/encrypted-evaluation.ts';
import { compile } from '../../src/compile/compile.ts';
import type { Form } from '../../src/compile/form.ts';
import { pack } from '../../src/packing/pack.ts';
import { measureOps } from '../../src/plan/measures.ts';
import type { CkksSketch } from '../../src/plan/plan.ts';
import { chooseParams } from '../../src/schemes/ckks/choose-params.ts';
import { legalize } from '../../src/schemes/ckks/legalize.ts';
import { sizeOf } from '../../src/tensor/tensor.ts';
import { ckksSketch, isOnIntegers } from '../support/ckks.ts';
import { exampleCircuits, exampleSource } from '../support/examples.ts';
import { median, printTable, type Row, ratio } from './table.ts';

const ROUNDS = 5;

const PROGRAMS: readonly (readonly [name: string, text: string])[] = [
  [
    'sum of 64 products',
    'input v: cipher[64, 4] within [-1, 1]; var s = v[0]*v[63]; for i in 1..64 { s = s + v[i]*v[63 - i]; } output s;',
  ],
  [
    '16 dot products of 512',
    'input v: cipher[16, 512] within [-1, 1]; input w: cipher[16, 512] within [-1, 1]; var s = dot(v[0], w[0]); for i in 1..16 { s = s + dot(v[i], w[i]); } output s;',
  ],
  [
    '4 x 4 matrix product, a scalar each',
    'input A: cipher[4, 4]; input B: cipher[4, 4]; var c = zeros(1); for i in 0..4 { for j in 0..4 { var s = A[i, 0]*B[0, j]; for k in 1..4 { s = s + A[i, k]*B[k, j]; } c = c + [s^2]; } } output c;',
  ],
];

/**
 * Compares circuits that relinearize, rescale and rotate every product separately with circuits
 * that do so once for each sum.
 */
export async function placement(): Promise<void> {
  const rows: Row[] = [];
  for (const [name, text] of [...PROGRAMS, ...exampleCircuits()]) {
    if (isOnIntegers(text)) continue;
    rows.push([name, ...(await compareForms(name, text))]);
  }
  printTable(
    `Each product separately and once for each sum, -O2, median of ${ROUNDS}`,
    ['program', 'relinearize', 'rotate', 'rescale, lower', 'separately ms', 'once ms', 'ratio'],
    rows,
  );
}

async function compareForms(name: string, text: string): Promise<Row> {
  const source = exampleSource(name, text);
  const { optimized, checked } = compile(source, { optimizationLevel: 2 });
  const separate = withoutSums(optimized);
  const inputs = new Map(
    checked.inputs.map((input) => [
      input.name,
      new Float64Array(sizeOf(input.shape)).fill(input.range?.[1] ?? 0.5),
    ]),
  );
  const counts = [separate, optimized.sketch].map(({ ops }) => measureOps(ops, 0).ops);
  const times: number[] = [];
  for (const sketch of [separate, ckksSketch(optimized)]) times.push(await timeOf(sketch, inputs));
  const [before, after] = counts as [(typeof counts)[0], (typeof counts)[0]];
  const [slow, quick] = times as [number, number];
  const show = (count: (ops: typeof before) => number) => `${count(before)} → ${count(after)}`;
  return [
    show(({ relinearize }) => relinearize),
    show(({ rotate }) => rotate),
    show(({ rescale, lower }) => rescale + lower),
    slow.toFixed(1),
    quick.toFixed(1),
    ratio(quick, slow),
  ];
}

/**
 * Returns the circuit with every product relinearized and rescaled at once, and every term rotated.
 */
function withoutSums(form: Form): CkksSketch {
  const { circuit } = form;
  const packed = pack(circuit, { scaledUploads: true, asWritten: false });
  const { ops, valueIds } = legalize(packed, { freeIntegers: true, lazy: false });
  const outputs = packed.outputs.map((output) => ({
    ...output,
    shape: [...output.shape],
    value: valueIds[output.value] as number,
  }));
  return { ...ckksSketch(form), ops: [...ops], outputs };
}

async function timeOf(sketch: CkksSketch, inputs: ReadonlyMap<string, Float64Array>) {
  const choice = chooseParams(sketch, { precisionBits: 20 });
  if (!('plan' in choice)) return Number.NaN;
  const times: number[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    times.push((await encryptedEvaluation(choice.plan, [{ inputs }])).timings.evaluate);
  }
  return median(times);
}
