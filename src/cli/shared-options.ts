import { optionGroup } from './command.ts';
import { parseInputFile } from './option-values.ts';

/** Options that several commands have; those of compiling are in `compile-options.ts`. */

/** Options that every command has: how its results are shown. */
export const output = optionGroup('Output:', {
  json: { flags: '--json', summary: 'print one JSON document, also for errors' },
  quiet: { flags: '-q, --quiet', summary: 'print results and errors only' },
});

/** Inputs of what is evaluated or encrypted. */
export const data = optionGroup('Data:', {
  inputs: { flags: '-i, --inputs <file>', summary: 'JSON object of inputs by name' },
  input: {
    flags: '--input <name=file>',
    summary: 'one input from a .json, .csv or .npy file (repeatable)',
    parse: parseInputFile,
    absent: new Map<string, string>(),
  },
});

/** How keys, uploads and results are written. */
export const writing = optionGroup('Writing:', {
  force: { flags: '--force', summary: 'replace files that are there already' },
  compress: {
    flags: '--compress',
    summary: 'compress what is written: smaller, where primes are small, but slower',
  },
});

/** Which plans are taken. */
export const planReading = optionGroup('Plan:', {
  allowUncheckedRing: {
    flags: '--allow-unchecked-ring',
    summary: 'also take plans of the ring N = 65536, whose security SEAL does not check',
  },
});
