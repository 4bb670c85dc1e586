import { join } from 'node:path';
import { planToText } from '../plan-files/plan-text.ts';
import { isDirectory, kindOf } from '../platform/files.ts';
import { renderDiagnostics } from '../render/diagnostic-text.ts';
import { renderFront } from '../render/front-text.ts';
import { findingsOf } from '../report/circuit-report.ts';
import { paretoFront, pointToJson } from '../report/pareto-front.ts';
import { diagnosticToJson } from '../syntax/diagnostic.ts';
import { circuitsAfterPasses, compileAs, loadSettings } from './compile-job.ts';
import type { CompileSettings } from './compile-options.ts';
import { UsageError } from './failure.ts';
import type { OutputFile, Result } from './outcome.ts';
import { readSource, requireOthers } from './read-files.ts';

export interface ExploreJob {
  readonly file: string;
  readonly settings: CompileSettings;
  /** The directory to write plans to; undefined to write no plans. */
  readonly output: string | undefined;
}

/** `shoal explore`: shows the circuits on the Pareto front and writes their plans. */
export async function runExplore({ file, output, ...job }: ExploreJob): Promise<Result> {
  if (output !== undefined && kindOf(output) !== undefined && !isDirectory(output))
    throw new UsageError(`-o ${output} is no directory; name a directory for the plans`);
  const settings = await loadSettings(job.settings);
  const source = await readSource(file, settings.maxLoad);
  const compilation = compileAs(source, { ...settings, explore: true });
  const { warnings } = findingsOf(compilation);
  const points = paretoFront(compilation);
  const possible = points.map(({ candidate: { plan } }, i): OutputFile | undefined =>
    output === undefined || plan === undefined
      ? undefined
      : {
          path: join(output, `${i + 1}.plan.json`),
          content: planToText(plan),
          makesDirectory: true,
        },
  );
  const files = possible.filter((written) => written !== undefined);
  requireOthers(files, compilation.checked);
  return {
    status: 0,
    ...circuitsAfterPasses(settings, compilation),
    json: {
      circuit: compilation.optimized.sketch.circuit,
      objective: settings.aim.objective,
      jobs: settings.jobs,
      bound: compilation.bound,
      points: points.map((point, i) => pointToJson(point, possible[i]?.path)),
      compared: compilation.candidates.length,
      stopped: compilation.stopped ?? null,
      warnings: warnings.map((warning) => diagnosticToJson(compilation.checked.source, warning)),
    },
    text: (color) => renderFront(compilation, points, color),
    notes: (color) => renderDiagnostics(compilation.checked.source, warnings, color),
    files,
  };
}
