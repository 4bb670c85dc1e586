import { optionGroup } from './command.ts';
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
    summary: 'one input from a .json, .csv or .npy file (repeatable)',
    parse: parseInputFile,
    absent: new Map<string, string>(),
  },
});

/** The options for writing keys, uploads and results. */
export const writing = optionGroup('Writing:', {
  force: { flags: '--force', summary: 'replace existing files' },
  compress: {
    flags: '--compress',
    summary: 'compress the files: slower, but smaller if the primes are small',
  },
});

/** The option for reading plans. */
export const planReading = optionGroup('Plan:', {
  allowUncheckedRing: {
    flags: '--allow-unchecked-ring',
    summary: 'also accept ring degree N = 65536, whose security SEAL does not check',
  },
});
