import { command, optionGroup } from '../command.ts';
import type { CalibrateJob } from '../run-calibrate.ts';

const measuring = optionGroup('Options:', {
  full: {
    flags: '--full',
    summary: 'measure the largest ring, N = 32768, too: takes twice as long',
  },
  reset: {
    flags: '--reset',
    summary: 'go back to the built-in model of cost',
    conflicts: 'full',
  },
});

export const calibrateCommand = command({
  name: 'calibrate',
  summary: 'Measure how fast this machine is, for estimates of time.',
  arguments: [],
  options: [measuring],
  remark: `The model is stored in $XDG_CONFIG_HOME/shoal/cost-model.json,
by default in ~/.config/shoal/cost-model.json.`,
  examples: [
    ['shoal calibrate', 'about a quarter of a minute'],
    ['shoal calibrate --full --json'],
    ['shoal calibrate --reset'],
  ],
  job: (_, options): CalibrateJob => options,
  run: async (job, onProgress) =>
    (await import('../run-calibrate.ts')).runCalibrate(job, onProgress),
});
