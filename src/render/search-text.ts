import type { SearchAccount } from '../report/search-account.ts';
import { showCount, showTime } from '../report/show-values.ts';

/**
 * Renders what the search did, in two lines.
 *
 * @param stopped why it ended
 */
export function renderSearch(
  { circuits, runnerUp }: SearchAccount,
  stopped: string | null | undefined,
): readonly string[] {
  const ended = `${showCount(circuits, 'circuit')} compared; the search ended: ${stopped}`;
  if (!runnerUp) return [ended];
  const { depth, levels, mul, rotate, predictedMs } = runnerUp;
  const figures = [
    `depth ${depth}`,
    ...(levels === null ? [] : [showCount(levels, 'level')]),
    showCount(mul, 'multiplication'),
    showCount(rotate, 'rotation'),
    ...(predictedMs === null ? [] : [showTime(predictedMs)]),
  ];
  return [ended, `runner-up: ${figures.join(', ')}`];
}
