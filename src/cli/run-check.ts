import { type CheckedProgram, check } from '../check/check-program.ts';
import { renderDiagnostics } from '../render/diagnostic-text.ts';
import { CircuitError, type DiagnosticJson, diagnosticToJson } from '../syntax/diagnostic.ts';
import type { Exact } from '../tensor/exact.ts';
import type { Result } from './outcome.ts';
import { readSource } from './read-files.ts';

export interface CheckJob {
  readonly files: readonly string[];
  readonly defines: ReadonlyMap<string, Exact>;
  readonly maxLoad: number | undefined;
}

/** `shoal check`: reports every error of every file. */
export async function runCheck({ files, defines, maxLoad }: CheckJob): Promise<Result> {
  const checked: CheckedProgram[] = [];
  const refused: CircuitError[] = [];
  for (const file of files) {
    const source = await readSource(file, maxLoad);
    try {
      checked.push(check(source, defines));
    } catch (error) {
      if (!(error instanceof CircuitError)) throw error;
      refused.push(error);
    }
  }
  const [first] = refused;
  // A single file is refused in the same format as by every other command.
  if (first && files.length === 1) throw first;
  return {
    status: first ? 1 : 0,
    json: first ? { errors: refused.flatMap(toJson) } : { files: checked.map(summarize) },
    text: () => checked.map(({ source }) => `${source.file}: ok\n`).join(''),
    errors: (color) => refused.map((error) => render(error, color)).join(''),
  };
}

function toJson({ source, diagnostics }: CircuitError): readonly DiagnosticJson[] {
  return diagnostics.map((diagnostic) => diagnosticToJson(source, diagnostic));
}

function render({ source, diagnostics }: CircuitError, color: boolean): string {
  return renderDiagnostics(source, diagnostics, color);
}

function summarize({ source, scheme, inputs, outputs }: CheckedProgram) {
  return {
    file: source.file,
    scheme: scheme.name,
    inputs: inputs.map(({ name, secrecy, shape, range }) => ({
      name,
      secrecy,
      shape,
      range: range ?? null,
    })),
    outputs: outputs.map(({ name }) => name),
  };
}
