import { command, optionGroup } from '../command.ts';
import {
  compiling,
  passList,
  predicting,
  printing,
  settingsFiles,
  settingsOf,
} from '../compile-options.ts';
import type { ExploreJob } from '../run-explore.ts';
import { requireDirectory } from '../shared-options.ts';

const writingPlans = optionGroup('Options:', {
  output: { flags: '-o, --output <directory>', summary: 'where to write the plan of each circuit' },
});

export const exploreCommand = command({
  name: 'explore',
  summary: 'Show the best trade-offs between depth, work, upload size and time.',
  arguments: [['<file>', 'circuit']],
  options: [writingPlans, compiling, printing, predicting],
  examples: [
    ['shoal explore training.circ'],
    ['shoal explore training.circ --jobs 8 --precision 30'],
    ['shoal explore training.circ -o plans/', 'plans/1.plan.json, …'],
  ],
  appendix: passList,
  job: ([file], options): ExploreJob => {
    const { output } = options;
    if (output !== undefined) requireDirectory(output);
    return { file, settings: settingsOf(options), output };
  },
  reads: ({ file, settings }) => [file, ...settingsFiles(settings)],
  run: async (job) => (await import('../run-explore.ts')).runExplore(job),
});
