import { join } from 'node:path';
import { check } from '../check/check-program.ts';
import { requireApart } from '../files/whole-file.ts';
import { renderDiagnostics } from '../render/diagnostic-text.ts';
import { type Findings, findingsOf, reportToJson } from '../report/circuit-report.ts';
import type { Emission } from '../run/backend.ts';
import { stageFacts } from '../run/compile-in-stages.ts';
import { requireLimits } from '../run/compile-whole.ts';
import type { Source } from '../syntax/diagnostic.ts';
import {
  circuitsAfterPasses,
  compileAs,
  compileStagesAs,
  type LoadedSettings,
  loadSettings,
  plannedFacts,
} from './compile-job.ts';
import type { CompileSettings } from './compile-options.ts';
import { type EmitFormat, emitFormatNamed } from './emit-formats.ts';
import { UsageError } from './failure.ts';
import type { OutputFile, Progress, Result } from './outcome.ts';
import { readSource, requireOthers } from './read-files.ts';
import { summaryOf } from './staged-report.ts';

export interface CompileJob {
  readonly file: string;
  readonly settings: CompileSettings;
  /** The name of the format to write. */
  readonly emit: string;
  /** Undefined for standard output. */
  readonly output: string | undefined;
}

/** `shoal compile`: writes the plan, or the circuit in another format. */
export async function runCompile(
  job: CompileJob,
  onProgress: Progress,
  reads: readonly string[],
): Promise<Result> {
  const { file, emit, output } = job;
  if (output !== undefined) requireApart(output, reads);
  const format = emitFormatNamed(emit);
  const settings = await loadSettings(job.settings);
  const source = await readSource(file, settings.maxLoad);
  const staged = settings.refresh
    ? compileStagesAs(check(source, settings.defines), settings, onProgress)
    : undefined;
  if (staged && staged.stages.length > 1) {
    if (!('emit' in format))
      throw new UsageError(`--emit ${emit} draws one circuit: leave out --refresh`);
    const facts = stageFacts(staged);
    const compilations = staged.stages.map(({ compilation }) => compilation);
    const summary = summaryOf(staged, staged.checked.source, facts);
    const result = resultOf(await format.emit(facts), job, summary);
    requireOthers(result.files ?? [], staged.checked);
    return { ...result, ...circuitsAfterPasses(settings, ...compilations) };
  }
  const compilation = staged?.stages[0]?.compilation ?? compileAs(source, settings);
  requireLimits(compilation);
  const findings = findingsOf(compilation);
  const { checked } = compilation;
  const emission = await emissionOf(format, findings, settings);
  const result = resultOf(emission, job, wholeSummary(findings, checked.source));
  requireOthers(result.files ?? [], checked);
  return { ...result, ...circuitsAfterPasses(settings, compilation) };
}

/** Writes a circuit of one stage in a format. */
async function emissionOf(
  format: EmitFormat,
  findings: Findings,
  settings: LoadedSettings,
): Promise<Emission> {
  if ('draw' in format) return format.draw(findings);
  return format.emit([plannedFacts(findings, settings, !settings.refresh)]);
}

/** The report on a circuit that is written to a file. */
interface Summary {
  /** Computed only when it is printed, because ranges of values take a while. */
  json(): object;
  notes(color: boolean): string;
}

function wholeSummary(findings: Findings, source: Source): Summary {
  return {
    json: () => {
      const { passes: _, ...json } = reportToJson(findings);
      return json;
    },
    notes: (color) => renderDiagnostics(source, findings.warnings, color),
  };
}

/** Returns the emitted text for standard output, or a summary of the files to write. */
function resultOf(
  emission: Emission,
  { emit, output }: Pick<CompileJob, 'emit' | 'output'>,
  summary: Summary,
): Result {
  if (output !== undefined) {
    const files = filesOf(emission, output);
    const digest = 'text' in emission ? emission.digest : undefined;
    const own = { output, emit, ...(digest === undefined ? {} : { digest }) };
    const named = digest === undefined ? '' : `plan digest ${digest}\n`;
    const notes = (color: boolean) => summary.notes(color) + named;
    return { status: 0, json: { ...own, ...summary.json() }, text: () => '', notes, files };
  }
  if ('files' in emission)
    throw new UsageError(`--emit ${emit} writes several files: name a directory with -o`);
  const { text } = emission;
  const { notes } = summary;
  return { status: 0, json: emission.json ?? { [emit]: text }, text: () => text, notes };
}

/** @param output the file to write, or the directory if there are several */
function filesOf(emission: Emission, output: string): readonly OutputFile[] {
  if ('text' in emission) return [{ path: output, content: emission.text }];
  return emission.files.map(({ path, content }) => ({
    path: join(output, path),
    content,
    makesDirectory: true,
  }));
}
