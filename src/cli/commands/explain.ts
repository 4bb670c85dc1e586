import { command } from '../command.ts';
import { compiling, passList, printing, settingsFiles, settingsOf } from '../compile-options.ts';
import type { ExplainJob } from '../run-explain.ts';

export const explainCommand = command({
  name: 'explain',
  summary: 'Show the critical path, the reasons for its length, and what each pass saved.',
  arguments: [['<file>', 'circuit']],
  options: [compiling, printing],
  examples: [['shoal explain quartic.circ'], ['shoal explain training.circ -D k=3 -O3 --json']],
  appendix: passList,
  job: ([file], options): ExplainJob => ({ file, settings: settingsOf(options) }),
  reads: ({ file, settings }) => [file, ...settingsFiles(settings)],
  run: async (job) => (await import('../run-explain.ts')).runExplain(job),
});
