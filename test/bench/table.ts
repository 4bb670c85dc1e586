import Table from 'cli-table3';

export type Row = readonly (string | number)[];

/** Prints a table under a title. The caller rounds the figures. */
export function printTable(title: string, head: readonly string[], rows: readonly Row[]): void {
  const table = new Table({ head: [...head], style: { head: [], border: [] } });
  table.push(...rows.map((row) => row.map(String)));
  console.log(`\n${title}\n${table}`);
}

/** Returns the median, or the upper one of the two middle values. */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
}

/** Returns a / b with two decimals. */
export function ratio(a: number, b: number): string {
  return (a / b).toFixed(2);
}
