import { STANDARD_STREAM } from '../../platform/files.ts';
import { command, optionGroup } from '../command.ts';
import type { EncryptJob } from '../run-encrypt.ts';
import { data, dataFiles, planReading, writing } from '../shared-options.ts';

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

export const encryptCommand = command({
  name: 'encrypt',
  summary: "Encrypt a client's inputs for a plan, as an upload for the server.",
  arguments: [['<plan>', 'plan from shoal compile']],
  options: [encrypting, data, uploading, writing, planReading],
  examples: [
    ['shoal encrypt plan.json --keys client/ --inputs in.json -o upload.shoal'],
    ['shoal encrypt plan.json --keys public.key --input v=v.csv --partial -o v.shoal'],
  ],
  job: ([file], options): EncryptJob => ({ file, ...options }),
  reads: (job) => [job.file, job.keys, ...dataFiles(job)],
  printsFile: ({ output }) => output === STANDARD_STREAM,
  run: async (job, onProgress, onTemporary, reads) =>
    (await import('../run-encrypt.ts')).runEncrypt(job, onProgress, onTemporary, reads),
});
