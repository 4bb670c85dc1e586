import { availableParallelism } from 'node:os';
import type { Evaluation, Timings } from '../backends/evaluation.ts';
import { simulate } from '../backends/simulator.ts';
import { buildCircuit } from '../build/build.ts';
import { check } from '../check/check.ts';
import { demandRanges, type InputData, type Inputs } from '../data/inputs.ts';
import { wholeOutputs } from '../plan/outputs.ts';
import { readPlanFile } from '../plan-files/file.ts';
import { programInputs, programOutputs } from '../plan-files/staged-plan.ts';
import { renderDiagnostic } from '../render/diagnostic-text.ts';
import { renderOutputs, renderVectors } from '../render/evaluation-text.ts';
import { renderStages } from '../render/stages-text.ts';
import { colorsOf } from '../render/text.ts';
import { brokenToJson } from '../report/broken-promise.ts';
import {
  brokenPromises,
  type Deviation,
  deviationOf,
  evaluateInClear,
  nestOutputs,
  type Outputs,
} from '../report/evaluate.ts';
import { showBytes, showNumber, showTime } from '../report/format.ts';
import { measurePlan } from '../report/measure-plan.ts';
import { warningToJson } from '../report/report.ts';
import { measuresOfStages, type StageFacts, stageToJson } from '../report/stages.ts';
import { judgeVectors } from '../report/vectors.ts';
import type { Diagnostic, Source } from '../syntax/diagnostic.ts';
import { evaluateOn } from './backend.ts';
import { compileStagesAs } from './compiling.ts';
import { loadCostModel } from './cost-model.ts';
import { type EvalData, type Interface, loadData } from './eval-data.ts';
import { interfaceOf } from './eval-subject.ts';
import { Failure, UsageError } from './failure.ts';
import type { EvalJob, Progress, Result } from './job.ts';
import { readText } from './read.ts';
import { deepest, factsOf, warningsOf } from './staged.ts';

/** A program in several stages, ready for its data. */
interface StagedSubject extends Interface {
  readonly source: Source;
  readonly stages: readonly StageFacts[];
  readonly warnings: readonly Diagnostic[];
  readonly data: EvalData;
  /** The clear computation that results are compared with. */
  clear(inputs: Inputs): Promise<Outputs>;
}

/** The stages of a circuit that is to be compiled in some, or of a plan that is; undefined where there is one stage. */
export function stagesOf(job: EvalJob, onProgress: Progress): StagedSubject | undefined {
  const source = { file: job.file, text: readText(job.file) };
  if (source.text.trimStart().startsWith('{')) return stagesOfPlan(job, source);
  if (!job.settings.refresh) return undefined;
  const checked = check(source, job.settings.defines);
  const outside = interfaceOf(checked);
  const data = loadData(job, outside);
  const sample = [...(data.instances[0] ?? [])].map(
    ([name, one]) => [name, [...one.data]] as const,
  );
  const staged = compileStagesAs(checked, job.settings, onProgress, new Map(sample));
  if (staged.stages.length < 2) return undefined;
  const facts = factsOf(staged, source);
  const circuit = buildCircuit(checked);
  const { modulus } = outside;
  return {
    ...outside,
    source,
    data,
    stages: facts,
    warnings: warningsOf(staged),
    clear: async (inputs) => evaluateInClear(circuit, inputs, modulus),
  };
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

const nowhere = () => ({ file: '', line: 0, column: 0 });

/** Evaluates stage after stage; what is carried is decrypted and encrypted anew between them. */
export async function evaluateStages(
  job: EvalJob,
  subject: StagedSubject,
  onProgress: Progress,
): Promise<Result> {
  if (job.compare) throw new UsageError('--compare shows one circuit: leave --refresh out');
  const { stages, source, warnings } = subject;
  const { instances, vectors } = subject.data;
  const known = instances.map((inputs): Map<string, InputData> => new Map(inputs));
  const evaluations: Evaluation[] = [];
  for (const [i, { plan }] of stages.entries()) {
    const watch: Progress = (done, total, phase) =>
      onProgress(done, total, `${phase}, stage ${i + 1} of ${stages.length}`);
    const evaluation = await evaluateStage(job, plan, known, watch, i);
    evaluations.push(evaluation);
    evaluation.outputs.forEach((outputs, instance) => {
      for (const [name, data] of outputs) known[instance]!.set(name, { data, placeOf: nowhere });
    });
  }
  const results = known.map(
    (values): Outputs => new Map(subject.outputs.map(({ name }) => [name, values.get(name)!.data])),
  );
  const clear = await Promise.all(instances.map((inputs) => subject.clear(inputs)));
  const deviation = deviationOf(results, clear);
  const summary = vectors && judgeVectors(vectors, results, subject.outputs);
  const costs = costsOf(evaluations);
  const shown = results[0] ?? new Map();
  return {
    status: summary && summary.failed > 0 ? 1 : 0,
    json: {
      ...(summary ? { vectors: summary } : { outputs: nestOutputs(shown, subject.outputs) }),
      ...deviation,
      ...costs,
      optimized: measuresOfStages(stages.map(({ measures }) => measures)),
      params: stageToJson(deepest(stages)).params,
      stages: stages.map((stage, i) => {
        const { timings, memory, jobs } = evaluations[i]!;
        return { ...stageToJson(stage), jobs, timings, memory };
      }),
      warnings: warnings.map((warning) => warningToJson(source, warning)),
    },
    text: (color) => {
      const results = summary
        ? renderVectors(summary, subject.outputs, color)
        : renderOutputs(shown, subject.outputs, colorsOf(color));
      const table = renderStages(stages[0]!.plan.circuit, stages, color);
      return `${results}\n${table}\n${renderTotals(costs, deviation, color)}`;
    },
    notes: (color) => warnings.map((w) => `${renderDiagnostic(source, w, { color })}\n`).join(''),
  };
}

async function evaluateStage(
  job: EvalJob,
  plan: StageFacts['plan'],
  known: readonly ReadonlyMap<string, InputData>[],
  onProgress: Progress,
  stage: number,
): Promise<Evaluation> {
  const { jobs = availableParallelism(), memory } = job;
  const inputs = known.map(
    (values): Inputs => new Map(plan.inputs.map(({ name }) => [name, values.get(name)!])),
  );
  if (stage > 0) for (const values of inputs) demandCarried(values, plan, stage);
  const options = { onProgress, jobs, cost: loadCostModel() };
  const evaluation = await evaluateOn(
    job.backend,
    plan,
    inputs,
    memory === undefined ? options : { ...options, memory },
  );
  // In clear, that is what it would be compared with.
  if (job.backend === 'plain') return evaluation;
  const clear = await evaluateOn('plain', plan, inputs, {});
  demandPromises(plan, evaluation.outputs, clear.outputs, stage);
  return evaluation;
}

/** @throws Failure where a stage's results are further from what it should give than its plan promises: the next could only go on from there */
function demandPromises(
  plan: StageFacts['plan'],
  got: readonly Outputs[],
  clear: readonly Outputs[],
  stage: number,
): void {
  const [broken] = brokenPromises(plan, got, clear);
  if (broken === undefined) return;
  const { code, message } = brokenToJson('', broken);
  throw new Failure(code, `stage ${stage + 1}: ${message}`);
}

/** @throws Failure where what was decrypted lies outside the range that the next stage is made for */
function demandCarried(values: Inputs, { inputs }: StageFacts['plan'], stage: number): void {
  try {
    demandRanges(values, inputs);
  } catch (error) {
    const message = `stage ${stage + 1} cannot go on: ${(error as Error).message}, which samples of the inputs gave; declare ranges of inputs that are nearer to the data, or compile smaller steps`;
    throw new Failure('carried-out-of-range', message, error as Error);
  }
}

interface Costs {
  readonly jobs: number;
  readonly timings: Timings;
  readonly memory: Evaluation['memory'];
}

/** Times and bytes of all stages together; of workers and memory the most. */
function costsOf(evaluations: readonly Evaluation[]): Costs {
  const [{ timings: first }] = evaluations as readonly [Evaluation];
  const total = (key: keyof Timings) =>
    evaluations.reduce((sum, { timings }) => sum + timings[key], 0);
  const phases = Object.keys(first) as (keyof Timings)[];
  const most = (of: (evaluation: Evaluation) => number) => Math.max(...evaluations.map(of));
  const sum = (of: (evaluation: Evaluation) => number) =>
    evaluations.reduce((all, one) => all + of(one), 0);
  return {
    jobs: most(({ jobs }) => jobs),
    timings: Object.fromEntries(phases.map((phase) => [phase, total(phase)])) as unknown as Timings,
    memory: {
      peakRssBytes: most(({ memory }) => memory.peakRssBytes),
      heapBytes: most(({ memory }) => memory.heapBytes),
      keyBytes: sum(({ memory }) => memory.keyBytes),
      uploadBytes: sum(({ memory }) => memory.uploadBytes),
    },
  };
}

function renderTotals(
  { timings, memory }: Costs,
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
