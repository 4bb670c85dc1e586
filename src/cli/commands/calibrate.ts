import { command, optionGroup } from '../command.ts';
import type { CalibrateJob } from '../run-calibrate.ts';

const measuring = optionGroup('Options:', {
  full: {
    flags: '--full',
    summary: 'also measure the largest ring, N = 32768, which takes twice as long',
  },
  reset: {
    flags: '--reset',
    summary: 'remove the stored cost model, so that the built-in one is used',
    conflicts: 'full',
  },
});

export const calibrateCommand = command({
  name: 'calibrate',
  summary: 'Measure the speed of this machine, to predict evaluation times.',
  arguments: [],
  options: [measuring],
  remark: `The cost model is stored in $XDG_CONFIG_HOME/shoal/cost-model.json,
  by default in ~/.config/shoal/cost-model.json.`,
  examples: [
    ['shoal calibrate', 'takes about 15 seconds'],
    ['shoal calibrate --full --json'],
    ['shoal calibrate --reset'],
  ],
  job: (_, options): CalibrateJob => options,
  reads: () => [],
  run: async (job, onProgress) =>
    (await import('../run-calibrate.ts')).runCalibrate(job, onProgress),
});
