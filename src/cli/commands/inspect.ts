import { command } from '../command.ts';
import type { PlanFilesJob } from '../plan-data.ts';
import { planReading } from '../shared-options.ts';

export const inspectCommand = command({
  name: 'inspect',
  summary: 'Show what a plan, key, upload or result is, and check that it is undamaged.',
  arguments: [['<file>', 'plan from shoal compile, or file from keygen, encrypt or eval']],
  options: [planReading],
  examples: [['shoal inspect upload.shoal'], ['shoal inspect client/evaluation.keys --json']],
  job: ([file], options): PlanFilesJob => ({ file, ...options }),
  reads: ({ file }) => [file],
  run: async (job, onProgress) => (await import('../run-inspect.ts')).runInspect(job, onProgress),
});
