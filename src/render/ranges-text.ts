import { showNumber } from '../report/show-values.ts';
import type { ValueRange, ValueRanges } from '../report/value-ranges.ts';
import { table } from './text-table.ts';

/** Limit on the shown outputs; JSON has all. */
const MOST_OUTPUTS = 8;

/** Renders a table of value ranges. */
export function renderRanges(ranges: ValueRanges, color: boolean): string {
  const row = (label: string, range: ValueRange): readonly string[] => [
    label,
    `${showNumber(range.magnitude)}${range.sampled ? '*' : ''}`,
    `${Math.round(range.scaleBits)}`,
    `${Math.floor(range.headroomBits)}`,
    showLocation(range),
  ];
  const outputs = Object.entries(ranges.outputs);
  const rows = [
    ...outputs.slice(0, MOST_OUTPUTS).map(([name, range]) => row(name, range)),
    ...(outputs.length > MOST_OUTPUTS ? [[`… ${outputs.length - MOST_OUTPUTS} more`]] : []),
    ...extremes(ranges).map(([label, range]) => row(label, range)),
  ];
  const isSampled = [...outputs.map(([, range]) => range), ranges.largest, ranges.tightest].some(
    ({ sampled }) => sampled,
  );
  const text = table(rows, {
    head: ['range', 'magnitude', 'scale bits', 'headroom bits', ''],
    align: ['left', 'right', 'right', 'right', 'left'],
    color,
  });
  return isSampled ? `${text}\n* estimated from samples, not proven` : text;
}

/** Returns the rows of the largest and the tightest value; one row if they are the same. */
function extremes({
  largest,
  tightest,
}: ValueRanges): readonly (readonly [label: string, range: ValueRange])[] {
  if (largest.index === tightest.index) return [['largest and tightest', largest]];
  return [
    ['largest', largest],
    ['tightest', tightest],
  ];
}

function showLocation({ file, line, iterations }: ValueRange): string {
  if (line === undefined) return '';
  const where = file === undefined ? `line ${line}` : `${file} line ${line}`;
  return `${where}${iterations.length > 0 ? `, iteration ${iterations.join(',')}` : ''}`;
}
