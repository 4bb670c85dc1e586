import { at } from '../lookup.ts';
import { isClear, OPERATIONS } from './operations.ts';
import type { PlanOp } from './plan.ts';

/** Operations on ciphertexts, counted; subtractions are additions. */
export interface OperationCounts {
  readonly mul: number;
  readonly mulPlain: number;
  readonly add: number;
  readonly addPlain: number;
  readonly rotate: number;
  readonly relinearize: number;
  readonly rescale: number;
  readonly negate: number;
  /** Values brought down to a lower level or to the scale of products; rescalings among that are not counted. */
  readonly lower: number;
}

/** What a plan costs, as the reports print it. */
export interface Measures {
  /** Ciphertext multiplications on the longest path. */
  readonly depth: number;
  /** Rescalings on the longest path; null where the scheme has none. */
  readonly levels: number | null;
  /** Most ciphertext multiplications of one depth. */
  readonly width: number;
  /** Ciphertext multiplications of depth 1, 2, …, each as soon as possible. */
  readonly mulsByDepth: readonly number[];
  readonly ops: OperationCounts;
}

/** Counts a plan's operations and finds its depth; `levels` is known to level management, null where the scheme has none. */
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
