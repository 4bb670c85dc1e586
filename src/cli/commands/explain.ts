import { command } from '../command.ts';
import type { ExplainJob } from '../explain.ts';
import { compiling, passList, printing, settingsOf } from '../settings.ts';

export const explainCommand = command({
  name: 'explain',
  summary: 'Show the critical path, what holds it, and what each pass took from it.',
  arguments: [['<file>', 'circuit']],
  options: [compiling, printing],
  examples: [['shoal explain quartic.circ'], ['shoal explain training.circ -D k=3 -O3 --json']],
  appendix: passList,
  job: ([file], options): ExplainJob => ({ file, settings: settingsOf(options) }),
  run: async (job) => (await import('../explain.ts')).runExplain(job),
});
