import { join, resolve } from 'node:path';
import { check } from '../check/check-program.ts';
import { renderDiagnostic } from '../render/diagnostic-text.ts';
import { type Findings, findingsOf, reportToJson } from '../report/circuit-report.ts';
import type { Emission } from '../run/backend.ts';
import { stageFacts, wholeFacts } from '../run/compile-in-stages.ts';
import { refuseSize, requireLimits } from '../run/compile-whole.ts';
import type { Source } from '../syntax/diagnostic.ts';
import { compileAs, compileStagesAs, optionsOf, stepsAs } from './compile-job.ts';
import type { CompileSettings } from './compile-options.ts';
import { type EmitFormat, emitFormatNamed } from './emit-formats.ts';
import { UsageError } from './failure.ts';
import type { OutputFile, Progress, Result } from './outcome.ts';
import { readSource } from './read-files.ts';
import { summaryOf } from './staged-report.ts';

export interface CompileJob {
  readonly file: string;
  readonly settings: CompileSettings;
  /** Name of the form that is written. */
  readonly emit: string;
  /** Undefined for standard output. */
  readonly output: string | undefined;
}

/** `shoal compile`: writes the plan, or another form of the circuit. */
export async function runCompile(job: CompileJob, onProgress: Progress): Promise<Result> {
  const { file, settings, emit, output } = job;
  if (output !== undefined && resolve(output) === resolve(file)) {
    throw new UsageError(`-o ${output} would overwrite the circuit`);
  }
  const form = emitFormatNamed(emit);
  const source = readSource(file);
  const staged = settings.refresh
    ? compileStagesAs(check(source, settings.defines), settings, onProgress)
    : undefined;
  if (staged && staged.stages.length > 1) {
    if (!('emit' in form))
      throw new UsageError(`--emit ${emit} draws one circuit: leave --refresh out`);
    const facts = stageFacts(staged);
    const compilations = staged.stages.map(({ compilation }) => compilation);
    return {
      ...resultOf(await form.emit(facts), job, summaryOf(staged, source, facts)),
      ...stepsAs(settings, ...compilations),
    };
  }
  const compilation = staged?.stages[0]?.compilation ?? compileAs(source, settings);
  requireLimits(compilation);
  const findings = findingsOf(compilation);
  return {
    ...resultOf(await emissionOf(form, findings, settings), job, wholeSummary(findings, source)),
    ...stepsAs(settings, compilation),
  };
}

/** What a form makes of a circuit in one stage. */
async function emissionOf(
  form: EmitFormat,
  findings: Findings,
  settings: CompileSettings,
): Promise<Emission> {
  if ('draw' in form) return form.draw(findings);
  const facts = wholeFacts(findings.compilation);
  if (!facts) throw refuseSize(findings, optionsOf(settings), !settings.refresh);
  return form.emit([facts]);
}

/** The report on a circuit whose form is written to a file. */
interface Summary {
  /** Made where it is shown, for ranges of values take a while. */
  json(): object;
  notes(color: boolean): string;
}

function wholeSummary(findings: Findings, source: Source): Summary {
  return {
    json: () => {
      const { passes: _, ...json } = reportToJson(findings);
      return json;
    },
    notes: (color) =>
      findings.warnings.map((w) => `${renderDiagnostic(source, w, { color })}\n`).join(''),
  };
}

/** The form itself where it goes to standard output, else a summary of what was written. */
function resultOf(
  emission: Emission,
  { emit, output }: Pick<CompileJob, 'emit' | 'output'>,
  { json, notes }: Summary,
): Result {
  if (output !== undefined) {
    const files = filesOf(emission, output);
    return { status: 0, json: { output, emit, ...json() }, text: () => '', notes, files };
  }
  if ('files' in emission)
    throw new UsageError(`--emit ${emit} writes several files: name a directory with -o`);
  const { text } = emission;
  return { status: 0, json: emission.json ?? { [emit]: text }, text: () => text, notes };
}

/** @param output a file, or the directory of several */
function filesOf(emission: Emission, output: string): readonly OutputFile[] {
  if ('text' in emission) return [{ path: output, content: emission.text }];
  return emission.files.map(({ path, content }) => ({
    path: join(output, path),
    content,
    makesDirectory: true,
  }));
}
