import { defined } from '../lookup.ts';
import { ringOf } from '../plan/clear-ops.ts';
import type { Plan, PlanOp } from '../plan/plan.ts';
import { withPrecomputed } from '../plan/precomputed.ts';
import { runSlots } from '../plan/slot-machine.ts';
import { peakRssBytes } from '../platform/machine.ts';
import { nextTurn, now } from '../platform/time.ts';
import {
  type EvaluateOptions,
  type Evaluation,
  type Instance,
  readInput,
  readOutputs,
} from './evaluation.ts';

/**
 * Evaluates a plan in the clear on slot vectors (`--backend plain`). Every operation does the same
 * as in the encrypted evaluation, but without noise. Levels and scales do not matter.
 *
 * @returns outputs as from the encrypted evaluation; most costs are 0
 * @throws ShoalError if the data cannot be computed with, such as a divisor that is 0
 */
export async function simulate(
  plan: Plan,
  instances: readonly Instance[],
  options: EvaluateOptions = {},
): Promise<Evaluation> {
  const start = now();
  const outputs: ReadonlyMap<string, Float64Array>[] = [];
  for (const instance of instances) {
    options.signal?.throwIfAborted();
    outputs.push(simulateOne(plan, instance));
    options.onProgress?.(outputs.length, instances.length, 'evaluate');
    await nextTurn();
  }
  return {
    outputs,
    jobs: 1,
    timings: {
      setup: 0,
      keygen: 0,
      encrypt: 0,
      evaluate: now() - start,
      decrypt: 0,
    },
    memory: { peakRssBytes: peakRssBytes(), heapBytes: 0, keyBytes: 0, uploadBytes: 0 },
  };
}

function simulateOne(plan: Plan, instance: Instance): ReadonlyMap<string, Float64Array> {
  const read = withPrecomputed(plan, (input) => readInput(instance, input));
  const values = runSlots<PlanOp>(plan, { ring: ringOf(plan), slots: plan.slots, blocks: 1, read });
  return readOutputs(plan, (index) => defined(values.get(index)), 0);
}
