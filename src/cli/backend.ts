import type { EvaluateOptions, Evaluation } from '../backends/evaluation.ts';
import type { Debugged } from '../backends/seal/debug.ts';
import type { Inputs } from '../data/inputs.ts';
import type { Plan } from '../plan/plan.ts';
import { instanceOf } from '../run/evaluate-program.ts';
import { UsageError } from './failure.ts';
import type { EvalJob } from './job.ts';

/** Evaluates a plan, encrypted or in clear; SEAL is loaded only if it is needed. */
export async function evaluateOn(
  backend: EvalJob['backend'],
  plan: Plan,
  instances: readonly Inputs[],
  options: EvaluateOptions,
): Promise<Evaluation> {
  const given = instances.map(instanceOf);
  if (backend === 'plain') {
    const { simulate } = await import('../backends/simulator.ts');
    return simulate(plan, given, options);
  }
  await demandSeal();
  const { evaluateEncrypted } = await import('../backends/seal/evaluate.ts');
  return evaluateEncrypted(plan, given, options);
}

/** Evaluates a plan encrypted and in clear, compared after each operation. */
export async function checkedOn(
  plan: Plan,
  instances: readonly Inputs[],
  options: EvaluateOptions,
): Promise<Debugged> {
  await demandSeal();
  const { evaluateChecked } = await import('../backends/seal/debug.ts');
  return evaluateChecked(plan, instances.map(instanceOf), options);
}

/** @throws UsageError if SEAL cannot be loaded */
export async function demandSeal(): Promise<void> {
  const { loadSeal } = await import('../backends/seal/runtime.ts');
  await loadSeal().catch((error: Error) => {
    throw new UsageError(error.message, 'seal-not-loaded');
  });
}
