import { command, optionGroup } from '../command.ts';
import type { KeygenJob } from '../run-keygen.ts';
import { planReading, requireDirectory, writing } from '../shared-options.ts';

const keeping = optionGroup('Writing:', {
  output: {
    flags: '-o, --output <directory>',
    summary: 'where to write secret.key, public.key and evaluation.keys',
    required: true,
  },
});

export const keygenCommand = command({
  name: 'keygen',
  summary: "Generate a client's keys for a plan: secret, public and evaluation keys.",
  arguments: [['<plan>', 'plan from shoal compile']],
  options: [keeping, writing, planReading],
  examples: [
    ['shoal keygen plan.json -o client/', 'the server gets evaluation.keys'],
    ['shoal keygen plan.json -o client/ --force', 'replaces the old keys'],
  ],
  job: ([file], options): KeygenJob => {
    requireDirectory(options.output);
    return { file, ...options };
  },
  reads: ({ file }) => [file],
  run: async (job, onProgress, onTemporary, reads) =>
    (await import('../run-keygen.ts')).runKeygen(job, onProgress, onTemporary, reads),
});
