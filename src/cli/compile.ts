import { resolve } from 'node:path';
import { check } from '../check/check.ts';
import type { Plan } from '../plan/plan.ts';
import { planToText } from '../plan-files/text.ts';
import { renderDiagnostic } from '../render/diagnostic-text.ts';
import { circuitToDot } from '../render/dot.ts';
import { dotToSvg, edgesOf, MOST_EDGES } from '../render/svg.ts';
import { type Findings, findingsOf, reportToJson } from '../report/report.ts';
import { demandLimits, refuseSize } from '../run/compile-whole.ts';
import { compileAs, compileStagesAs, optionsOf, stepsAs } from './compiling.ts';
import { UsageError } from './failure.ts';
import type { CompileJob, Progress, Result } from './job.ts';
import { readSource } from './read.ts';
import { compiledStages } from './staged.ts';

/** `shoal compile`: writes the plan, or a drawing of the circuit. */
export async function compile(
  { file, settings, emit, output }: CompileJob,
  onProgress: Progress,
): Promise<Result> {
  if (output !== undefined && resolve(output) === resolve(file)) {
    throw new UsageError(`-o ${output} would overwrite the circuit`);
  }
  const source = readSource(file);
  const staged = settings.refresh
    ? compileStagesAs(check(source, settings.defines), settings, onProgress)
    : undefined;
  if (staged && staged.stages.length > 1) {
    const compilations = staged.stages.map(({ compilation }) => compilation);
    if (emit === 'plan')
      return {
        ...compiledStages(staged, source, { output }),
        ...stepsAs(settings, ...compilations),
      };
    throw new UsageError(`--emit ${emit} draws one circuit: leave --refresh out`);
  }
  const compilation = staged?.stages[0]?.compilation ?? compileAs(source, settings);
  demandLimits(compilation);
  const findings = findingsOf(compilation);
  const { plan } = compilation.optimized;
  if (emit === 'plan' && !plan) throw refuseSize(findings, optionsOf(settings), !settings.refresh);
  const content = plan && emit === 'plan' ? planToText(plan) : await drawn(findings, emit);
  return {
    status: 0,
    ...stepsAs(settings, compilation),
    json: jsonOf(findings, { plan, emit, output, content }),
    text: () => (output === undefined ? content : ''),
    notes: (color) =>
      findings.warnings.map((w) => `${renderDiagnostic(source, w, { color })}\n`).join(''),
    files: output === undefined ? [] : [{ path: output, content }],
  };
}

/** @throws UsageError where the circuit is too large to draw */
async function drawn(findings: Findings, emit: CompileJob['emit']): Promise<string> {
  const dot = circuitToDot(findings);
  if (emit !== 'svg') return dot;
  const edges = edgesOf(dot);
  if (edges <= MOST_EDGES) return dotToSvg(dot);
  const help = 'make the circuit smaller with -D, or give --emit dot and draw it elsewhere';
  throw new UsageError(
    `--emit svg: the drawing would have ${edges} edges, more than ${MOST_EDGES}: ${help}`,
  );
}

interface Emission extends Pick<CompileJob, 'emit' | 'output'> {
  readonly plan: Plan | undefined;
  readonly content: string;
}

/** The plan itself where it goes to standard output, else a summary of what was written. */
function jsonOf(findings: Findings, { plan, emit, output, content }: Emission): unknown {
  if (output === undefined) return emit === 'plan' ? plan : { [emit]: content };
  const { passes: _, ...summary } = reportToJson(findings);
  return { output, emit, ...summary };
}
