import Table from 'cli-table3';

export type Row = readonly (string | number)[];

/** Prints a small table under a title; ratios and milliseconds are rounded by the caller. */
export function printTable(title: string, head: readonly string[], rows: readonly Row[]): void {
  const table = new Table({ head: [...head], style: { head: [], border: [] } });
  table.push(...rows.map((row) => row.map(String)));
  console.log(`\n${title}\n${table}`);
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
}

export function ratio(a: number, b: number): string {
  return (a / b).toFixed(2);
}
