import { availableParallelism } from 'node:os';
import type { Evaluation } from '../backends/evaluation.ts';
import { simulate } from '../backends/simulator.ts';
import { check } from '../check/check.ts';
import type { Inputs } from '../data/inputs.ts';
import { wholeOutputs } from '../plan/outputs.ts';
import { readPlanFile } from '../plan-files/file.ts';
import { programInputs, programOutputs } from '../plan-files/staged-plan.ts';
import { renderDiagnostic } from '../render/diagnostic-text.ts';
import { renderOutputs, renderVectors } from '../render/evaluation-text.ts';
import { renderStages } from '../render/stages-text.ts';
import { colorsOf } from '../render/text.ts';
import { type Deviation, deviationOf, nestOutputs, type Outputs } from '../report/evaluate.ts';
import { showBytes, showNumber, showTime } from '../report/format.ts';
import { measurePlan } from '../report/measure-plan.ts';
import { warningToJson } from '../report/report.ts';
import { measuresOfStages, type StageFacts, stageToJson } from '../report/stages.ts';
import { judgeVectors } from '../report/vectors.ts';
import { compileStaged } from '../run/compile-for-data.ts';
import { evaluateProgram } from '../run/evaluate-program.ts';
import type { Diagnostic, Source } from '../syntax/diagnostic.ts';
import { demandSeal } from './backend.ts';
import { optionsOf } from './compiling.ts';
import { loadCostModel } from './cost-model.ts';
import { type EvalData, type Interface, loadData } from './eval-data.ts';
import { interfaceOf } from './eval-subject.ts';
import { UsageError } from './failure.ts';
import type { EvalJob, Progress, Result } from './job.ts';
import { readText } from './read.ts';
import { deepest } from './staged.ts';

/** A program in several stages, ready for its data. */
interface StagedSubject extends Interface {
  readonly source: Source;
  readonly stages: readonly StageFacts[];
  readonly warnings: readonly Diagnostic[];
  readonly data: EvalData;
  /** The clear computation that results are compared with. */
  clear(inputs: Inputs): Promise<Outputs> | Outputs;
}

/** The stages of a circuit that is to be compiled in some, or of a plan that is; undefined where there is one stage. */
export function stagesOf(job: EvalJob, onProgress: Progress): StagedSubject | undefined {
  const source = { file: job.file, text: readText(job.file) };
  if (source.text.trimStart().startsWith('{')) return stagesOfPlan(job, source);
  if (!job.settings.refresh) return undefined;
  const checked = check(source, job.settings.defines);
  const outside = interfaceOf(checked);
  const data = loadData(job, outside);
  const watch = (done: number, total: number) => onProgress(done, total, 'compile');
  const staged = compileStaged(checked, data.instances, optionsOf(job.settings), watch);
  return staged && { ...staged, ...outside, source, data };
}

function stagesOfPlan(job: EvalJob, source: Source): StagedSubject | undefined {
  const plan = readPlanFile(source, job.settings.security);
  if (plan.format !== 'shoal-stages') return undefined;
  const [useless] = job.compileOptions;
  if (useless !== undefined)
    throw new UsageError(`${useless} is for circuits; ${job.file} is compiled already`);
  const made = new Set(plan.stages.flatMap((stage) => stage.plan.outputs.map(({ name }) => name)));
  const stages = plan.stages.map((stage): StageFacts => {
    const names = stage.plan.inputs.map(({ name }) => name);
    return {
      ...stage,
      steps: 0,
      takes: names.filter((name) => made.has(name)),
      measures: measurePlan(stage.plan),
      predictedMs: undefined,
    };
  });
  const clear = async (inputs: Inputs) => {
    const known = new Map(inputs);
    for (const { plan: own } of stages) {
      const given = new Map(own.inputs.map(({ name }) => [name, known.get(name)!.data]));
      const { outputs } = await simulate(own, [{ inputs: given }]);
      for (const [name, data] of outputs[0] ?? []) known.set(name, { data, placeOf: nowhere });
    }
    return new Map([...known].map(([name, { data }]) => [name, data]));
  };
  const outside = interfaceOfStages(stages);
  return { ...outside, source, stages, warnings: [], data: loadData(job, outside), clear };
}

function interfaceOfStages(stages: readonly StageFacts[]): Interface {
  const [{ plan }] = stages as readonly [StageFacts];
  return {
    modulus: plan.scheme === 'ckks' ? undefined : plan.params.plainModulus,
    inputs: programInputs({ stages: [...stages] }),
    outputs: wholeOutputs(programOutputs({ stages: [...stages] })),
  };
}

const nowhere = () => ({ file: '' });

/** Evaluates stage after stage; what is carried is decrypted and encrypted anew between them. */
export async function evaluateStages(
  job: EvalJob,
  subject: StagedSubject,
  onProgress: Progress,
): Promise<Result> {
  if (job.compare) throw new UsageError('--compare shows one circuit: leave --refresh out');
  const { stages, source, warnings } = subject;
  const { instances, vectors } = subject.data;
  const { jobs = availableParallelism(), memory, backend } = job;
  if (backend === 'seal') await demandSeal();
  const evaluation = await evaluateProgram(subject, instances, {
    backend,
    jobs,
    cost: loadCostModel(),
    onProgress: (done, total, phase, at) =>
      onProgress(done, total, `${phase}, stage ${at + 1} of ${stages.length}`),
    ...(memory === undefined ? {} : { memory }),
  });
  const results = evaluation.outputs;
  const clear = await Promise.all(instances.map((inputs) => subject.clear(inputs)));
  const deviation = deviationOf(results, clear);
  const summary = vectors && judgeVectors(vectors, results, subject.outputs);
  const shown = results[0] ?? new Map();
  const costs = {
    jobs: evaluation.jobs,
    timings: evaluation.timings,
    memory: evaluation.memory,
  };
  return {
    status: summary && summary.failed > 0 ? 1 : 0,
    json: {
      ...(summary ? { vectors: summary } : { outputs: nestOutputs(shown, subject.outputs) }),
      ...deviation,
      ...costs,
      optimized: measuresOfStages(stages.map(({ measures }) => measures)),
      params: stageToJson(deepest(stages)).params,
      stages: stages.map((stage, i) => {
        const { timings, memory, jobs } = evaluation.stages[i]!;
        return { ...stageToJson(stage), jobs, timings, memory };
      }),
      warnings: warnings.map((warning) => warningToJson(source, warning)),
    },
    text: (color) => {
      const results = summary
        ? renderVectors(summary, subject.outputs, color)
        : renderOutputs(shown, subject.outputs, colorsOf(color));
      const table = renderStages(stages[0]!.plan.circuit, stages, color);
      return `${results}\n${table}\n${renderTotals(evaluation, deviation, color)}`;
    },
    notes: (color) => warnings.map((w) => `${renderDiagnostic(source, w, { color })}\n`).join(''),
  };
}

function renderTotals(
  { timings, memory }: Pick<Evaluation, 'timings' | 'memory'>,
  { maxAbsError, maxRelError }: Deviation,
  color: boolean,
): string {
  const c = colorsOf(color);
  const times = Object.entries(timings).map(([phase, ms]) => `${phase} ${showTime(ms)}`);
  return [
    `${c.dim('error')}   ${showNumber(maxAbsError)} absolute, ${showNumber(maxRelError)} relative`,
    `${c.dim('time')}    ${times.join(', ')}`,
    `${c.dim('memory')}  keys ${showBytes(memory.keyBytes)}, upload ${showBytes(memory.uploadBytes)}, process ${showBytes(memory.peakRssBytes)}`,
    '',
  ].join('\n');
}
