import type { Shape } from '../tensor/tensor.ts';
import { type AxisLayout, bitsFor } from './layout.ts';

/**
 * The layouts that a user can choose for a tensor, by name: for which tensors, and what they are.
 */
export const LAYOUT_CHOICES = {
  rows: { of: 'matrices', transposed: 'columns', lies: 'the elements of a row side by side' },
  columns: { of: 'matrices', transposed: 'rows', lies: 'the elements of a column side by side' },
  inner: { of: 'vectors', transposed: 'inner', lies: 'the elements side by side' },
  outer: { of: 'vectors', transposed: 'outer', lies: 'the elements as far apart as possible' },
} as const;

/** The name of a layout that a user can choose. */
export type LayoutChoice = keyof typeof LAYOUT_CHOICES;

/** Whether a layout is one of tensors of this shape: `inner` is one of vectors, `rows` is not. */
export function fitsShape(choice: LayoutChoice, { length: rank }: Shape): boolean {
  return LAYOUT_CHOICES[choice].of === 'vectors' ? rank === 1 : rank > 1;
}

/**
 * Whether axes lie as a user chose. A matrix lies by rows if its columns take lower slot bits than
 * its rows; an axis with a ciphertext for each index counts as the outermost. An axis of extent 1
 * lies in any way.
 *
 * @param shape that of the tensor, which the choice fits
 */
export function liesAs(
  choice: LayoutChoice,
  shape: Shape,
  axes: readonly AxisLayout[],
  slotBits: number,
): boolean {
  const used = axes.filter((_, axis) => axis >= axes.length - 2 && bitsFor(shape[axis] ?? 1) > 0);
  const [first, second] = used;
  if (!first) return true;
  if (LAYOUT_CHOICES[choice].of === 'vectors') {
    const { at, bits } = first;
    return bits > 0 && (choice === 'inner' ? at === 0 : at + bits === slotBits);
  }
  if (!second) return true;
  const [row, column] = [first, second].map(({ at, bits }) => (bits === 0 ? slotBits : at)) as [
    number,
    number,
  ];
  return choice === 'rows' ? column < row : row < column;
}
