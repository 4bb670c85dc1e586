import type { TensorPacking } from '../packing/describe-packing.ts';
import { showShape } from '../tensor/tensor.ts';
import { colorsOf, cut, wrap } from './text-layout.ts';
import { table } from './text-table.ts';

/** Columns of a terminal. */
const WIDTH = 80;
/** Tensors that are shown; JSON has them all. */
const MOST_TENSORS = 40;
/** Characters of a tensor's name that leave room for the largest shape and the other columns. */
const LONGEST_NAME = 32;

const HEAD = ['where tensors lie', 'shape', 'ciphertexts', 'level', 'line'];

/** A table with a row for each tensor, and below it in words how it lies in the slots. */
export function renderPacking(tensors: readonly TensorPacking[], color: boolean): string {
  const shown = tensors.slice(0, MOST_TENSORS);
  const [title = '', ...rows] = table(shown.map(rowOf), {
    head: HEAD,
    align: ['left', 'left', 'right', 'right', 'right'],
    color,
  }).split('\n');
  const { dim } = colorsOf(color);
  const more = tensors.length - shown.length;
  return [
    title,
    ...shown.flatMap((tensor, i) => [rows[i] ?? '', dim(wrap(layoutOf(tensor), WIDTH - 1, '  '))]),
    ...(more > 0 ? [`… ${more} more`] : []),
  ].join('\n');
}

function rowOf({ what, line, shape, ciphertexts, level }: TensorPacking): readonly string[] {
  return [
    cut(what.replace(/\s+/g, ' '), LONGEST_NAME),
    showShape(shape),
    `${ciphertexts}`,
    `${level ?? '–'}`,
    `${line ?? ''}`,
  ];
}

function layoutOf({ grid, copies, padding }: TensorPacking): string {
  return [grid, copies, padding].filter((words) => words !== '').join('; ');
}
