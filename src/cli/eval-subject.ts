import { type CheckedProgram, check } from '../check/check-program.ts';
import type { Candidate } from '../compile/candidate.ts';
import type { EvaluatingBackend } from '../run/backend.ts';
import { compileForData } from '../run/compile-for-data.ts';
import type { Source } from '../syntax/diagnostic.ts';
import { type LoadedSettings, optionsOf } from './compile-job.ts';
import type { Interface } from './eval-data.ts';
import { UsageError } from './failure.ts';
import type { Progress } from './outcome.ts';
import { isCircuit, readProgram } from './read-files.ts';
import type { PlanWithMeasures, Subject, SubjectJob } from './subject.ts';

/** Reads the file to evaluate. */
export async function loadSubject(
  job: SubjectJob,
  settings: LoadedSettings,
  backend: EvaluatingBackend,
  onProgress: Progress,
): Promise<Subject> {
  const source = await readProgram(job.file, settings.maxLoad);
  if (isCircuit(source.text)) return circuitSubject(settings, source, onProgress);
  const [unusable] = job.compileOptions;
  if (unusable !== undefined)
    throw new UsageError(`${unusable} is for circuits; ${job.file} is compiled already`);
  const { planSubject } = await import('./plan-subject.ts');
  return planSubject(source, settings.security, backend);
}

function circuitSubject(settings: LoadedSettings, source: Source, onProgress: Progress): Subject {
  const checked = check(source, settings.defines);
  return {
    ...interfaceOf(checked),
    source: checked.source,
    prepare: (instances) => {
      const { whole, ...program } = compileForData(checked, instances, {
        ...optionsOf(settings),
        refresh: settings.refresh,
        onProgress: (done, total) => onProgress(done, total, 'compile'),
      });
      return {
        ...program,
        origins: whole?.optimized.origins ?? [],
        sourceForm: whole ? plannedFrom(whole.source) : 'stages have no source form',
      };
    },
  };
}

/** Returns the inputs and outputs of a program. */
function interfaceOf({ scheme, inputs, outputs }: CheckedProgram): Interface {
  return { modulus: scheme.modulus, inputs, outputs };
}

function plannedFrom({ plan, choice, measures }: Candidate): PlanWithMeasures | string {
  if (plan) return { plan, measures };
  return 'refused' in choice ? choice.refused.reason : '';
}
