import { STANDARD_STREAM } from '../platform/files.ts';
import { optionGroup } from './command.ts';
import type { DataJob } from './eval-data.ts';
import { UsageError } from './failure.ts';
import { parseInputFile } from './option-values.ts';

/** Options of several commands, without those for compiling, which are in `compile-options.ts`. */

/** The options of all commands: how results are printed. */
export const output = optionGroup('Output:', {
  json: { flags: '--json', summary: 'print one JSON document, also for errors' },
  quiet: { flags: '-q, --quiet', summary: 'print only results and errors' },
});

/** The options that give inputs to evaluate or encrypt. */
export const data = optionGroup('Data:', {
  inputs: { flags: '-i, --inputs <file>', summary: 'JSON object with the inputs by name' },
  input: {
    flags: '--input <name=file>',
    summary: 'one input from a .json, .csv or .npy file, or from a pipe (repeatable)',
    parse: parseInputFile,
    absent: new Map<string, string>(),
  },
});

/** Returns the files of a task that has the options of {@link data}. */
export function dataFiles({ inputs, input }: DataJob): readonly string[] {
  return [...(inputs === undefined ? [] : [inputs]), ...input.values()];
}

/** The options for writing keys, uploads and results. */
export const writing = optionGroup('Writing:', {
  force: { flags: '--force', summary: 'replace existing files' },
  compress: {
    flags: '--compress',
    summary: 'compress the files: slower, but smaller if the primes are small',
  },
});

/** @throws UsageError if a path that must be a directory is `-` */
export function requireDirectory(output: string): void {
  if (output !== STANDARD_STREAM) return;
  throw new UsageError(`-o ${output}: several files are written, so name a directory for them`);
}

/** The option for reading plans. */
export const planReading = optionGroup('Plan:', {
  allowUncheckedRing: {
    flags: '--allow-unchecked-ring',
    summary: 'also accept ring degree N = 65536, whose security SEAL does not check',
  },
});
