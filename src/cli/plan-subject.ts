import { simulate } from '../backends/simulator.ts';
import type { Inputs } from '../data/inputs.ts';
import { wholeOutputs } from '../plan/outputs.ts';
import type { PlanInput, PlanOutput } from '../plan/plan.ts';
import { readPlan, readPlanFile } from '../plan-files/read-plan.ts';
import { programInputs, programOutputs, type StagedPlan } from '../plan-files/staged-plan.ts';
import type { Outputs } from '../report/deviations.ts';
import { measurePlan } from '../report/measure-plan.ts';
import { uncheckedRing } from '../report/unchecked-ring.ts';
import type { EvaluatingBackend } from '../run/backend.ts';
import { instanceOf } from '../run/evaluate-program.ts';
import type { SecurityRequest } from '../schemes/security.ts';
import type { Diagnostic, Source } from '../syntax/diagnostic.ts';
import { modulusOf } from './eval-data.ts';
import type { Subject } from './subject.ts';

/**
 * Reads a plan, in one stage or several.
 *
 * @throws FileError
 */
export function planSubject(
  source: Source,
  security: SecurityRequest,
  backend: EvaluatingBackend,
): Subject {
  const plan = (backend.inspectsPlan ? readPlan : readPlanFile)(source, security);
  return plan.format === 'shoal-plan'
    ? subjectOf(source, [{ until: 'the end', plan }], plan, uncheckedRing(plan))
    : subjectOf(source, plan.stages, interfaceOfStages(plan), []);
}

/** The inputs that a client gives and the outputs that it gets. */
interface Taken {
  readonly inputs: readonly PlanInput[];
  readonly outputs: readonly PlanOutput[];
}

const interfaceOfStages = (staged: StagedPlan): Taken => ({
  inputs: programInputs(staged),
  outputs: programOutputs(staged),
});

function subjectOf(
  source: Source,
  stages: StagedPlan['stages'],
  { inputs, outputs }: Taken,
  warnings: readonly Diagnostic[],
): Subject {
  const computed = new Set(stages.flatMap(({ plan }) => plan.outputs.map(({ name }) => name)));
  const facts = stages.map(({ until, plan }) => ({
    until,
    steps: 0,
    takes: plan.inputs.map(({ name }) => name).filter((name) => computed.has(name)),
    plan,
    measures: measurePlan(plan),
    predictedMs: undefined,
  }));
  const [first] = stages;
  const prepared = {
    stages: facts,
    origins: [],
    sourceForm: 'a plan has no source form',
    warnings,
    clear: (given: Inputs) => clearOf(stages, given),
  };
  return {
    source,
    modulus: first && modulusOf(first.plan),
    inputs,
    outputs: wholeOutputs(outputs),
    prepare: () => prepared,
  };
}

/** Computes the outputs of all stages in the clear. The result includes the inputs. */
async function clearOf(stages: StagedPlan['stages'], given: Inputs): Promise<Outputs> {
  let known: Outputs = instanceOf(given).inputs;
  for (const { plan } of stages) {
    const { outputs } = await simulate(plan, [{ inputs: known }]);
    known = new Map([...known, ...outputs.flatMap((computed) => [...computed])]);
  }
  return known;
}
