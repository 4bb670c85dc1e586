import { wholeOutputs } from '../plan/outputs.ts';
import type { Plan, PlanInput } from '../plan/plan.ts';
import { errorBounds } from './circuit-report.ts';

/** What a client should know of a plan before it gives data: what the plan takes and returns. */
export interface PlanSummary {
  readonly circuit: string;
  readonly scheme: Plan['scheme'];
  /** The modulus t of BFV and BGV plans. */
  readonly plainModulus?: number;
  readonly securityBits: number;
  readonly inputs: readonly Pick<PlanInput, 'name' | 'secrecy' | 'shape' | 'range'>[];
  readonly outputs: readonly SummarizedOutput[];
}

interface SummarizedOutput {
  readonly name: string;
  readonly shape: readonly number[];
  /** The largest error bound of its elements; 0 for integers. */
  readonly errorBound: number;
}

/** Returns what a plan takes and returns, as commands show it. */
export function summarizePlan(plan: Plan): PlanSummary {
  const { circuit, scheme, params } = plan;
  const bounds = errorBounds(plan);
  return {
    circuit,
    scheme,
    ...('plainModulus' in params ? { plainModulus: params.plainModulus } : {}),
    securityBits: params.securityBits,
    inputs: plan.inputs.map(({ name, secrecy, shape, range }) => ({ name, secrecy, shape, range })),
    outputs: wholeOutputs(plan.outputs).map(({ name, shape }) => ({
      name,
      shape,
      errorBound: bounds[name] ?? 0,
    })),
  };
}
