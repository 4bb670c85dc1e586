import { at } from '../lookup.ts';
import { isClear, OPERATIONS } from './operations.ts';
import type { PlanOp } from './plan.ts';

/** The numbers of operations on ciphertexts; subtractions count as additions. */
export interface OperationCounts {
  readonly mul: number;
  readonly mulPlain: number;
  readonly add: number;
  readonly addPlain: number;
  readonly rotate: number;
  readonly relinearize: number;
  readonly rescale: number;
  readonly negate: number;
  /**
   * Operations that bring a value to a lower level or to the scale of products. Their own
   * rescalings are not counted in `rescale`.
   */
  readonly lower: number;
}

/** The costs of a plan, as reports print them. */
export interface Measures {
  /** Ciphertext multiplications on the longest path. */
  readonly depth: number;
  /** Rescalings on the longest path; null if the scheme has none. */
  readonly levels: number | null;
  /** The largest number of ciphertext multiplications of the same depth. */
  readonly width: number;
  /** Numbers of ciphertext multiplications of depth 1, 2, …, each as soon as possible. */
  readonly mulsByDepth: readonly number[];
  readonly ops: OperationCounts;
}

/**
 * Counts a plan's operations and computes its depth.
 *
 * @param levels levels of the plan, from level management; null if the scheme has none
 */
export function measureOps(ops: readonly PlanOp[], levels: number | null): Measures {
  const counts = {
    mul: 0,
    mulPlain: 0,
    add: 0,
    addPlain: 0,
    rotate: 0,
    relinearize: 0,
    rescale: 0,
    negate: 0,
    lower: 0,
  };
  const mulsByDepth: number[] = [];
  const depths = new Array<number>(ops.length).fill(0);
  ops.forEach((op, value) => {
    const counted = isClear(op) ? undefined : OPERATIONS[op.op].counted;
    if (counted) counts[counted]++;
    let depth = 0;
    if ('args' in op) for (const arg of op.args) depth = Math.max(depth, at(depths, arg));
    if (op.op === 'mul') {
      mulsByDepth[depth] = (mulsByDepth[depth] ?? 0) + 1;
      depth++;
    }
    depths[value] = depth;
  });
  const width = mulsByDepth.reduce((most, n) => Math.max(most, n), 0);
  return { depth: mulsByDepth.length, levels, width, mulsByDepth, ops: counts };
}
