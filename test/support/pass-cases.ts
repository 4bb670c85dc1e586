import type { Circuit } from '../../src/ir/graph.ts';
import { printCircuit } from '../../src/ir/print-circuit.ts';
import { merge } from '../../src/passes/merge.ts';
import type { Pass } from '../../src/passes/pass.ts';
import type { PassContext } from '../../src/passes/pass-context.ts';
import type { RequirementName } from '../../src/passes/requirements.ts';
import { runPass } from '../../src/passes/run-passes.ts';
import { build, quietContext } from './circuits.ts';

/**
 * The context of a pass, and the number of iterations in a block of the circuit, if it has blocks.
 */
interface Setting {
  readonly block?: number;
  readonly context?: Partial<PassContext>;
}

/** A setting in which each requirement holds, and one in which it does not. */
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

/** The circuit of a program before and after a pass. */
export interface PassCase {
  readonly before: Circuit;
  readonly after: Circuit;
}

/**
 * Runs a pass on a program as written. Equal operations are merged first, except for the pass
 * `merge` itself.
 *
 * @param unmet a requirement of the pass that must not hold; undefined means that all hold
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

/** Returns both circuits as text. The texts are equal if the pass changes nothing. */
export function printCase({ before, after }: PassCase): readonly [before: string, after: string] {
  return [printCircuit(before), printCircuit(after)];
}
