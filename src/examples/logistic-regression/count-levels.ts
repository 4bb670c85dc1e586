import { type Patience, shoal } from './child.ts';
import type { Levels, Missing } from './table-results.ts';
import type { LevelRow } from './table-rows.ts';

/** What is taken from `shoal report --json`. */
interface Report {
  readonly optimized: {
    readonly levels: number;
    readonly depth: number;
    readonly ops: { readonly mul: number; readonly rotate: number };
  };
  readonly uploads: number;
}

/** Arguments of `shoal` that report on a row for some steps. */
export function reportArguments(
  { circuit, params, options }: LevelRow,
  k: number,
): readonly string[] {
  const defines = Object.entries({ k, ...params }).flatMap(([name, x]) => ['-D', `${name}=${x}`]);
  return ['report', `circuits/${circuit}`, ...defines, ...options, '--objective', 'depth', '-q'];
}

/** Compiles a row for some steps, and tells the levels of the packed plan. */
export async function countLevels(
  row: LevelRow,
  k: number,
  patience: Patience,
): Promise<Levels | Missing> {
  const answer = await shoal(reportArguments(row, k), patience);
  if ('missing' in answer) return answer;
  const { optimized, uploads } = answer.document as Report;
  const { levels, depth, ops } = optimized;
  return { levels, depth, multiplications: ops.mul, rotations: ops.rotate, uploads };
}
