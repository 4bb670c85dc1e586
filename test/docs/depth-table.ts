import { compileAtO3 } from '../support/depth-checks.ts';
import { DEPTH_ROWS, type DepthRow } from '../support/depth-table.ts';

/** The lines of docs/optimizer.md around the depth table. */
export const MARKERS = {
  from: '<!-- the depth table, written by `npm run docs` -->',
  to: '<!-- end of the depth table -->',
} as const;

/** The sizes of each group that the page shows: few, so that a test can recompute the table. */
const SHOWN: Record<string, readonly number[]> = {
  "Horner's rule in a loop, constant coefficients": [5, 15, 31, 100],
  "Horner's rule in a loop, plain coefficients": [5, 15, 31, 100],
  'three polynomials of degree 15 of one x': [15],
  "Newton's inverse, k iterations": [2, 4, 8],
  "Newton's inverse square root, k iterations, the stable variant": [2, 4],
  'x = a[i]*x + b[i], n iterations': [8, 16, 64],
  "x = a[i]*x + b[i]*x', n iterations": [64],
  'logistic map, k iterations, r encrypted': [2, 4, 8],
  'factors at depths 3, 0, 0, 0': [4],
  's = s*x - 1, eight times, from 1': [8],
  'product of n inputs in a loop': [8, 32],
  'determinant by expansion along the first row': [3, 4, 5],
  'all prefix products of n inputs': [64],
  "Horner's rule in a loop in a function in a loop, on vectors": [7, 31],
  'logistic regression on one feature and 8 samples, k iterations': [1, 2, 3],
  'logistic regression on one feature and one sample, k iterations': [1, 3, 6],
};

const HEAD = [
  'program',
  'size',
  'source depth',
  'depth at `-O3`',
  'bound',
  'source multiplications',
  'multiplications at `-O3`',
];

/** The groups of programs. Each has a line in the table. */
export const GROUPS = [...new Set(DEPTH_ROWS.map(({ group }) => group))];

function line(cells: readonly string[]): string {
  return `| ${cells.join(' | ')} |`;
}

/** Returns the line of a group in the table. */
export function lineOf(group: string): string {
  return line([group.replaceAll('*', '\\*'), ...figuresOf(shownRows(group))]);
}

/** Returns the table, computed from the programs whose limits the tests check. */
function depthTable(): string {
  const lines = [line(HEAD), line(HEAD.map(() => '---')), ...GROUPS.map(lineOf)];
  return `${lines.join('\n')}\n`;
}

/** Returns a page with its depth table replaced. */
export function withDepthTable(page: string): string {
  const [from, to] = [page.indexOf(MARKERS.from), page.indexOf(MARKERS.to)];
  if (from < 0 || to < from) throw new Error('docs/optimizer.md has no lines for the depth table');
  return `${page.slice(0, from)}${MARKERS.from}\n\n${depthTable()}\n${page.slice(to)}`;
}

/** Returns the programs of a group that the table shows. */
export function shownRows(group: string): readonly DepthRow[] {
  const sizes = SHOWN[group];
  if (!sizes) throw new Error(`SHOWN has no sizes for '${group}'`);
  return DEPTH_ROWS.filter((row) => row.group === group && sizes.includes(row.size));
}

/** Returns the figures of a group, one cell for each column with the values of all sizes. */
function figuresOf(rows: readonly DepthRow[]): readonly string[] {
  const figures = rows.map(({ size, text }) => {
    const { source, optimized, bound } = compileAtO3(text);
    const [before, after] = [source.measures, optimized.measures];
    return [size, before.depth, after.depth, bound, before.ops.mul, after.ops.mul];
  });
  return HEAD.slice(1).map((_, column) => figures.map((row) => row[column]).join(', '));
}
