import { command, optionGroup } from '../command.ts';
import type { DecryptJob } from '../run-decrypt.ts';
import { planReading } from '../shared-options.ts';

const decrypting = optionGroup('Options:', {
  keys: {
    flags: '--keys <path>',
    summary: "the client's directory or secret key",
    required: true,
  },
  result: { flags: '--in <file>', summary: 'result from shoal eval --keys', required: true },
  uploads: {
    flags: '--upload <file...>',
    summary: 'refuse the result unless it was computed from these uploads, in this order',
    absent: [],
  },
  full: {
    flags: '--full',
    summary: 'print all digits, also those that the plan does not promise',
  },
});

export const decryptCommand = command({
  name: 'decrypt',
  summary: "Decrypt the server's result and print its outputs.",
  arguments: [['<plan>', 'plan from shoal compile']],
  options: [decrypting, planReading],
  examples: [
    ['shoal decrypt plan.json --keys client/ --in result.shoal'],
    ['shoal decrypt plan.json --keys client/ --in result.shoal --upload up.shoal'],
  ],
  job: ([file], options): DecryptJob => ({ file, ...options }),
  reads: ({ file, keys, result, uploads }) => [file, keys, result, ...uploads],
  run: async (job, onProgress) => (await import('../run-decrypt.ts')).runDecrypt(job, onProgress),
});
