import { type RunLimits, shoal } from './run-script.ts';
import type { Levels, Missing } from './table-results.ts';
import type { LevelRow } from './table-rows.ts';

/** The fields of `shoal report --json` that are used here. */
interface Report {
  readonly optimized: {
    readonly levels: number;
    readonly depth: number;
    readonly ops: { readonly mul: number; readonly rotate: number };
  };
  readonly uploads: number;
}

/** Returns the arguments of `shoal report` for a row and a number of steps. */
export function reportArguments(
  { circuit, params, options }: LevelRow,
  k: number,
): readonly string[] {
  const defines = Object.entries({ k, ...params }).flatMap(([name, x]) => ['-D', `${name}=${x}`]);
  return ['report', `circuits/${circuit}`, ...defines, ...options, '--objective', 'depth', '-q'];
}

/** Compiles a row for a number of steps, and returns the levels of the packed plan. */
export async function countLevels(
  row: LevelRow,
  k: number,
  limits: RunLimits,
): Promise<Levels | Missing> {
  const answer = await shoal(reportArguments(row, k), limits);
  if ('missing' in answer) return answer;
  const { optimized, uploads } = answer.document as Report;
  const { levels, depth, ops } = optimized;
  return { levels, depth, multiplications: ops.mul, rotations: ops.rotate, uploads };
}
