import type { TensorPacking } from '../packing/describe-packing.ts';
import { showShape } from '../tensor/tensor.ts';
import { colorsOf, cut, wrap } from './text-layout.ts';
import { table } from './text-table.ts';

/** Number of columns of a terminal. */
const WIDTH = 80;
/** Limit on the shown tensors; JSON has all. */
const MOST_TENSORS = 40;
/** Limit on the characters of a tensor's name, so that the table fits a terminal. */
const LONGEST_NAME = 32;

const HEAD = ['tensor', 'shape', 'ciphertexts', 'level', 'line'];

/** Renders a table with a row for each tensor, and below each row its layout in words. */
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
