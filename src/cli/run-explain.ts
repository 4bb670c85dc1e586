import { renderDiagnostics } from '../render/diagnostic-text.ts';
import { renderExplanation } from '../render/explanation-text.ts';
import { explain } from '../report/explanation.ts';
import { circuitsAfterPasses, compileAs, loadSettings } from './compile-job.ts';
import type { CompileSettings } from './compile-options.ts';
import type { Result } from './outcome.ts';
import { readSource } from './read-files.ts';

export interface ExplainJob {
  readonly file: string;
  readonly settings: CompileSettings;
}

/** `shoal explain`: shows the critical path, its reasons, and what the passes saved. */
export async function runExplain({ file, ...job }: ExplainJob): Promise<Result> {
  const settings = await loadSettings(job.settings);
  const source = await readSource(file, settings.maxLoad);
  const compilation = compileAs(source, settings);
  const explanation = explain(compilation);
  return {
    status: 0,
    ...circuitsAfterPasses(settings, compilation),
    json: explanation,
    text: (color) => renderExplanation(explanation, color),
    notes: (color) => renderDiagnostics(compilation.checked.source, compilation.warnings, color),
  };
}
