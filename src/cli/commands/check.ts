import { command } from '../command.ts';
import { defining } from '../compile-options.ts';
import type { CheckJob } from '../run-check.ts';

export const checkCommand = command({
  name: 'check',
  summary: 'Parse and type-check circuits; print every error with its location.',
  arguments: [['<file...>', 'circuits']],
  options: [defining],
  examples: [['shoal check circuits/basics/*.circ'], ['shoal check training.circ -D k=12 --json']],
  job: ([files], { defines, maxLoad }): CheckJob => ({ files, defines, maxLoad }),
  reads: ({ files }) => files,
  run: async (job) => (await import('../run-check.ts')).runCheck(job),
});
