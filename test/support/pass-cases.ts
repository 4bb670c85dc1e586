import type { Circuit } from '../../src/ir/graph.ts';
import { printCircuit } from '../../src/ir/print-circuit.ts';
import { merge } from '../../src/passes/merge.ts';
import type { Pass } from '../../src/passes/pass.ts';
import type { PassContext } from '../../src/passes/pass-context.ts';
import type { RequirementName } from '../../src/passes/requirements.ts';
import { runPass } from '../../src/passes/run-passes.ts';
import { build, quietContext } from './circuits.ts';

/** What a pass is run on: a context, and a circuit in blocks of iterations or whole. */
interface Setting {
  readonly block?: number;
  readonly context?: Partial<PassContext>;
}

/** Where each requirement holds, and where it does not. */
const SETTINGS: Readonly<Record<RequirementName, { holds: Setting; fails: Setting }>> = {
  scaledUploads: {
    holds: { context: { scaledUploads: true } },
    fails: { context: { scaledUploads: false } },
  },
  precompute: {
    holds: { context: { precompute: true } },
    fails: { context: { precompute: false } },
  },
  barriers: { holds: { block: 1 }, fails: {} },
  noBarriers: { holds: {}, fails: { block: 1 } },
};

/** A program's circuit before and after a pass. */
export interface PassCase {
  readonly before: Circuit;
  readonly after: Circuit;
}

/**
 * Runs a pass on a program as written, its equal operations merged unless that is what the pass does.
 *
 * @param unmet the one of the pass's requirements that does not hold; all hold, where not given
 */
export function runCase(pass: Pass, text: string, unmet?: RequirementName): PassCase {
  let context = quietContext();
  let block: number | undefined;
  for (const name of pass.requires) {
    const setting = SETTINGS[name][name === unmet ? 'fails' : 'holds'];
    context = { ...context, ...setting.context };
    block ??= setting.block;
  }
  const built = build(text, block);
  const before = pass === merge ? built : runPass(merge, built, context).circuit;
  return { before, after: runPass(pass, before, context).circuit };
}

/** Both circuits as text; of a pass that changes nothing they are the same. */
export function printCase({ before, after }: PassCase): readonly [before: string, after: string] {
  return [printCircuit(before), printCircuit(after)];
}
