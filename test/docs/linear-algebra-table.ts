import { compile } from '../../src/compile/compile.ts';
import {
  computedProgramOf,
  LINEAR_ALGEBRA_ROWS,
  type LinearAlgebraRow,
  programOf,
} from '../support/linear-algebra-rows.ts';

/** The lines of docs/linear-algebra.md around the table. */
const MARKERS = {
  from: '<!-- the table of operations, written by `npm run docs` -->',
  to: '<!-- end of the table of operations -->',
} as const;

const HEAD = [
  'operation',
  'HIT',
  'here',
  'levels in HIT',
  'on inputs',
  'on computed values',
  'rotations in HIT',
  'on inputs',
  'on computed values',
];

/** Compiles the program of a row for the shortest predicted time. */
export function compiledRow(text: string) {
  return compile({ file: 'row.circ', text }, {});
}

function line(cells: readonly (string | number)[]): string {
  return `| ${cells.join(' | ')} |`;
}

function figuresOf(row: LinearAlgebraRow): string {
  const onInputs = compiledRow(programOf(row)).optimized.measures;
  const onComputed = compiledRow(computedProgramOf(row)).optimized.measures;
  return line([
    row.operation,
    row.hit,
    `\`${row.expression}\``,
    row.hitLevels,
    onInputs.levels ?? 0,
    (onComputed.levels ?? 0) - 1,
    row.hitRotations,
    onInputs.ops.rotate,
    onComputed.ops.rotate,
  ]);
}

/** Returns a page with its table of operations replaced. */
export function withLinearAlgebraTable(page: string): string {
  const [from, to] = [page.indexOf(MARKERS.from), page.indexOf(MARKERS.to)];
  if (from < 0 || to < from) throw new Error('docs/linear-algebra.md has no lines for the table');
  const table = [line(HEAD), line(HEAD.map(() => '---')), ...LINEAR_ALGEBRA_ROWS.map(figuresOf)];
  return `${page.slice(0, from)}${MARKERS.from}\n\n${table.join('\n')}\n\n${page.slice(to)}`;
}
