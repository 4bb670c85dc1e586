import { verify } from '../../src/report/compare-circuits.ts';
import { median, printTable, ratio } from './table.ts';

const SIZES = [1_000, 10_000, 100_000] as const;

/** Pairs of programs with about `operations` operations each; some pairs differ. */
const PAIRS: Record<string, (operations: number) => readonly [string, string]> = {
  recurrence: (n) => [recurrence(n, 's*y + x', 's'), recurrence(n, 'x + y*s', 's')],
  'recurrence, different': (n) => [
    recurrence(n, 's*y + x', 's'),
    recurrence(n, 's*y + x', 's + x'),
  ],
  'sum of products': (n) => [products(n, 's + v[j]*w[99 - j]'), products(n, 'w[j]*v[99 - j] + s')],
  'written out': (n) => [writtenOut(n, (s) => `${s}*y + x`), writtenOut(n, (s) => `x + y*${s}`)],
};

function recurrence(operations: number, update: string, result: string): string {
  return `input x: cipher; input y: cipher; var s = x; for i in 0..${operations / 2} { s = ${update}; } output s = ${result};`;
}

function products(operations: number, update: string): string {
  return `input v: cipher[100]; input w: cipher[100]; var s = 0; for i in 0..${operations / 200} { for j in 0..100 { s = ${update}; } } output s;`;
}

function writtenOut(operations: number, update: (previous: string) => string): string {
  const lines = Array.from(
    { length: operations / 2 },
    (_, i) => `let s${i + 1} = ${update(`s${i}`)};`,
  );
  return `input x: cipher; input y: cipher;\nlet s0 = x;\n${lines.join('\n')}\noutput s = s${operations / 2};`;
}

function time([a, b]: readonly [string, string], runs: number): number {
  const times = Array.from({ length: runs }, () => {
    const start = performance.now();
    verify({ file: 'a.circ', text: a }, { file: 'b.circ', text: b }, new Map());
    return performance.now() - start;
  });
  return median(times);
}

/** Measures the time of a comparison in ms, and its growth from size to size; 10 is linear. */
export function verification(): void {
  const rows = Object.entries(PAIRS).map(([name, pair]) => {
    time(pair(1_000), 3);
    const ms = SIZES.map((size) => time(pair(size), size < 100_000 ? 3 : 1));
    const [small = 0, middle = 0, large = 0] = ms;
    return [name, ...ms.map((t) => t.toFixed(0)), ratio(middle, small), ratio(large, middle)];
  });
  printTable(
    'Verifying two circuits in ms, and growth for ten times the operations',
    ['circuits', ...SIZES.map((size) => size.toLocaleString('en')), '10k : 1k', '100k : 10k'],
    rows,
  );
}
