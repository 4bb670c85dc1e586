import { command, optionGroup } from '../command.ts';
import {
  compiling,
  passList,
  predicting,
  printing,
  settingsFiles,
  settingsOf,
  staging,
} from '../compile-options.ts';
import type { ReportJob } from '../run-report.ts';

const reporting = optionGroup('Options:', {
  packing: {
    flags: '--packing',
    summary: 'also show how each tensor lies in ciphertexts, slots and copies',
  },
});

export const reportCommand = command({
  name: 'report',
  summary: 'Show what a circuit costs, as written and optimized, side by side.',
  arguments: [['<file>', 'circuit']],
  options: [reporting, compiling, printing, staging, predicting],
  examples: [
    ['shoal report quartic.circ'],
    ['shoal report training.circ -D k=3 -O1 --json'],
    ['shoal report quartic.circ --passes merge,powers --verify'],
  ],
  appendix: passList,
  job: ([file], options): ReportJob => ({
    file,
    settings: settingsOf(options),
    packing: options.packing,
  }),
  reads: ({ file, settings }) => [file, ...settingsFiles(settings)],
  run: async (job, onProgress) => (await import('../run-report.ts')).runReport(job, onProgress),
});
