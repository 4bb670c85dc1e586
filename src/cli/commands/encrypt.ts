import { STANDARD_STREAM } from '../../platform/files.ts';
import { command, optionGroup } from '../command.ts';
import {
  CIRCUIT_OPTIONS,
  compiling,
  passList,
  settingsFiles,
  settingsOf,
} from '../compile-options.ts';
import { UsageError } from '../failure.ts';
import { parseDigest } from '../option-values.ts';
import type { EncryptJob } from '../run-encrypt.ts';
import { data, dataFiles, writing } from '../shared-options.ts';

const encrypting = optionGroup('Options:', {
  keys: {
    flags: '--keys <path>',
    summary:
      "the client's directory or secret key, or another party's public key (uploads are then twice as large)",
    required: true,
  },
});

const uploading = optionGroup('Writing:', {
  output: { flags: '-o, --output <file>', summary: 'where to write the upload', required: true },
  partial: {
    flags: '--partial',
    summary: 'leave out the inputs that other parties encrypt',
  },
});

const comparing = optionGroup('Plan:', {
  expect: {
    flags: '--expect <digest>',
    summary: 'refuse any other plan than the one with this digest, as compile and inspect print it',
    parse: parseDigest,
  },
  source: {
    flags: '--source <file>',
    summary: 'refuse any other plan than the one that this circuit compiles to, with these options',
  },
});

export const encryptCommand = command({
  name: 'encrypt',
  summary: "Encrypt a client's inputs for a plan, as an upload for the server.",
  arguments: [['<plan>', 'plan from shoal compile']],
  options: [encrypting, data, uploading, writing, comparing, compiling],
  examples: [
    ['shoal encrypt plan.json --keys client/ --inputs in.json -o upload.shoal'],
    ['shoal encrypt plan.json --keys public.key --input v=v.csv --partial -o v.shoal'],
    ['shoal encrypt plan.json --source f.circ -O3 --keys client/ -i in.json -o up'],
  ],
  appendix: passList,
  job: ([file], options, given): EncryptJob => {
    const { keys, inputs, input, output, force, compress, partial, allowUncheckedRing } = options;
    const { expect, source: circuit } = options;
    const [unusable] = given({ ...CIRCUIT_OPTIONS, costModel: compiling.options.costModel });
    if (circuit === undefined && unusable !== undefined)
      throw new UsageError(`${unusable} is for --source; ${file} is compiled already`);
    const source =
      circuit === undefined ? undefined : { file: circuit, settings: settingsOf(options) };
    const written = { output, force, compress, partial };
    return { file, allowUncheckedRing, expect, source, keys, inputs, input, ...written };
  },
  reads: (job) => [
    job.file,
    ...(job.source ? [job.source.file, ...settingsFiles(job.source.settings)] : []),
    job.keys,
    ...dataFiles(job),
  ],
  printsFile: ({ output }) => output === STANDARD_STREAM,
  run: async (job, onProgress, onTemporary, reads) =>
    (await import('../run-encrypt.ts')).runEncrypt(job, onProgress, onTemporary, reads),
});
