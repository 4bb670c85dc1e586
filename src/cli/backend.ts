import type { EvaluateOptions, Evaluation } from '../backends/evaluation.ts';
import type { Inputs } from '../data/inputs.ts';
import type { Plan } from '../plan/plan.ts';
import { UsageError } from './failure.ts';
import type { EvalJob } from './job.ts';

/** Evaluates a plan, encrypted or in clear; SEAL is loaded only if it is needed. */
export async function evaluateOn(
  backend: EvalJob['backend'],
  plan: Plan,
  instances: readonly Inputs[],
  options: EvaluateOptions,
): Promise<Evaluation> {
  const given = instances.map((inputs) => ({
    inputs: new Map([...inputs].map(([name, { data }]) => [name, data])),
  }));
  if (backend === 'plain') {
    const { simulate } = await import('../backends/simulator.ts');
    return simulate(plan, given, options);
  }
  const { loadSeal } = await import('../backends/seal/runtime.ts');
  await loadSeal().catch((error: Error) => {
    throw new UsageError(error.message, 'seal-not-loaded');
  });
  const { evaluateEncrypted } = await import('../backends/seal/evaluate.ts');
  return evaluateEncrypted(plan, given, options);
}
