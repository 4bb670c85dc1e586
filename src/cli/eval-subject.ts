import { type CheckedProgram, check } from '../check/check.ts';
import type { Candidate } from '../compile/candidate.ts';
import type { Inputs } from '../data/inputs.ts';
import type { Origin } from '../ir/graph.ts';
import type { Measures } from '../plan/measure.ts';
import { wholeOutputs } from '../plan/outputs.ts';
import type { Plan } from '../plan/plan.ts';
import { evaluateInClear, type Outputs } from '../report/evaluate.ts';
import type { Findings } from '../report/report.ts';
import { uncheckedRing } from '../report/unchecked-ring.ts';
import { compileWhole } from '../run/compile-whole.ts';
import { instanceOf } from '../run/evaluate-program.ts';
import type { Diagnostic, Source } from '../syntax/diagnostic.ts';
import { optionsOf } from './compiling.ts';
import type { Interface } from './eval-data.ts';
import { UsageError } from './failure.ts';
import type { EvaluationJob } from './job.ts';
import { readText } from './read.ts';

/** A plan and what it costs. */
export interface Planned {
  readonly plan: Plan;
  readonly measures: Measures;
  /** Where in the text each of the plan's operations comes from; a plan from a file does not know. */
  readonly origins: readonly (Origin | undefined)[];
}

/** What is evaluated: a circuit or a plan. */
export interface Subject extends Interface {
  /** Compiles for given data, as far as that is still to be done. */
  prepare(instances: readonly Inputs[]): Prepared;
}

/** Something to evaluate, ready for its data. */
export interface Prepared {
  readonly optimized: Planned;
  /** The form as written, or why there is none to evaluate. */
  readonly source: Planned | string;
  readonly warnings: readonly Diagnostic[];
  /** The clear computation that results are compared with. */
  clear(inputs: Inputs): Promise<Outputs> | Outputs;
}

/** Reads the file to evaluate; a circuit never begins with a brace, a plan always does. */
export async function loadSubject(
  job: EvaluationJob,
): Promise<{ subject: Subject; source: Source }> {
  const source = { file: job.file, text: readText(job.file) };
  const isPlan = source.text.trimStart().startsWith('{');
  return { source, subject: isPlan ? await planSubject(job, source) : circuitSubject(job, source) };
}

/** What a program takes and gives. */
export function interfaceOf({ scheme, inputs, outputs }: CheckedProgram): Interface {
  return { modulus: scheme.modulus, inputs, outputs };
}

function circuitSubject({ settings }: EvaluationJob, source: Source): Subject {
  const checked = check(source, settings.defines);
  return {
    ...interfaceOf(checked),
    prepare: (instances) =>
      preparedFrom(compileWhole(checked, instances, optionsOf(settings), !settings.refresh)),
  };
}

function preparedFrom({ compilation, warnings }: Findings): Prepared {
  const { checked, source, optimized } = compilation;
  return {
    optimized: plannedFrom(optimized) as Planned,
    source: plannedFrom(source),
    warnings,
    clear: (inputs) => evaluateInClear(source.circuit, inputs, checked.scheme.modulus),
  };
}

function plannedFrom({ plan, choice, measures, origins }: Candidate): Planned | string {
  if (plan) return { plan, measures, origins };
  return 'refused' in choice ? choice.refused.reason : '';
}

async function planSubject(job: EvaluationJob, source: Source): Promise<Subject> {
  const [useless] = job.compileOptions;
  if (useless !== undefined) {
    throw new UsageError(`${useless} is for circuits; ${job.file} is compiled already`);
  }
  const [{ readPlan }, { measurePlan }, { simulate }] = await Promise.all([
    import('../plan-files/file.ts'),
    import('../report/measure-plan.ts'),
    import('../backends/simulator.ts'),
  ]);
  const plan = readPlan(source, job.settings.security);
  const prepared: Prepared = {
    optimized: { plan, measures: measurePlan(plan), origins: [] },
    source: 'a plan has no source form',
    warnings: uncheckedRing(plan),
    clear: async (inputs) => {
      const { outputs } = await simulate(plan, [instanceOf(inputs)]);
      return outputs[0] ?? new Map();
    },
  };
  const modulus = plan.scheme === 'ckks' ? undefined : plan.params.plainModulus;
  return {
    modulus,
    inputs: plan.inputs,
    outputs: wholeOutputs(plan.outputs),
    prepare: () => prepared,
  };
}
