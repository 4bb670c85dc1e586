import { readdirSync, readFileSync } from 'node:fs';
import { compile } from '../../src/compile/compile.ts';
import { makeForms } from '../../src/compile/form.ts';
import { defined } from '../../src/lookup.ts';
import { sizeOf } from '../../src/tensor/tensor.ts';
import { timeOf } from './evaluation.ts';
import { printTable, type Row, ratio } from './table.ts';

const circuits = new URL('../../circuits/', import.meta.url);

/** Returns the example circuits with matrices, and products of the size of real layers. */
function programs(): readonly (readonly [name: string, text: string])[] {
  const examples = ['linear-algebra', 'learning'].flatMap((theme) =>
    readdirSync(new URL(theme, circuits))
      .filter((file) => file.endsWith('.circ'))
      .map((file) => [file, readFileSync(new URL(`${theme}/${file}`, circuits), 'utf8')] as const),
  );
  const plain = (rows: number, columns: number) =>
    `input M: plain[${rows}, ${columns}] within [-0.1, 0.1]; input v: cipher[${columns}] within [-1, 1]; output y = M @ v;`;
  const encrypted =
    'input A: cipher[64, 64] within [-0.1, 0.1]; input B: cipher[64, 64] within [-1, 1]; output y = A @ B;';
  return [
    ...examples,
    ...[128, 512, 1024].map((n) => [`plain ${n}×${n} @ v`, plain(n, n)] as const),
    ['plain 512×784 @ v', plain(512, 784)],
    ['encrypted 64×64 @ 64×64', encrypted],
  ];
}

/** Evaluates circuits encrypted in the default packing and in the chosen one, once each. */
export async function packing(): Promise<void> {
  const rows: Row[] = [];
  for (const [name, text] of programs()) rows.push(await compared(name, text));
  printTable(
    'Default packing and chosen packing, -O2',
    [
      'program',
      'levels',
      'rotations',
      'uploads',
      'N',
      'keys MiB',
      'memory MiB',
      'default ms',
      'chosen ms',
      'ratio',
    ],
    rows,
  );
}

async function compared(name: string, text: string): Promise<Row> {
  const { optimized, checked } = compile({ file: name, text }, { optimizationLevel: 2 });
  const wishes = { ranges: new Map(), request: { precisionBits: 20 }, precompute: false };
  const [usual] = makeForms(checked, optimized.circuit, 'source', wishes);
  const inputs = new Map(
    checked.inputs.map(({ name: input, shape, range = [-1, 1] }) => [
      input,
      new Float64Array(sizeOf(shape)).fill((range[0] + 3 * range[1]) / 4),
    ]),
  );
  const forms = [defined(usual), optimized];
  const uploads = forms.map(({ sketch }) => sketch.ops.filter(({ op }) => op === 'upload').length);
  const times = [await timeOf(defined(usual), inputs, 1), await timeOf(optimized, inputs, 1)];
  const [before, after] = times;
  return [
    name,
    forms.map(({ measures }) => measures.levels).join(' → '),
    forms.map(({ measures }) => measures.ops.rotate).join(' → '),
    uploads.join(' → '),
    times.map((time) => time?.degree ?? 'none').join(' → '),
    times.map((time) => mebibytes(time?.keyBytes)).join(' → '),
    times.map((time) => mebibytes(time?.heapBytes)).join(' → '),
    before?.ms.toFixed(0) ?? '–',
    after?.ms.toFixed(0) ?? '–',
    before && after ? ratio(before.ms, after.ms) : '–',
  ];
}

function mebibytes(bytes: number | undefined): string {
  return bytes === undefined ? 'none' : (bytes / 2 ** 20).toFixed(0);
}
