import { STANDARD_STREAM } from '../../platform/files.ts';
import { command, optionGroup } from '../command.ts';
import type { CalibrateJob } from '../run-calibrate.ts';

const measuring = optionGroup('Options:', {
  full: {
    flags: '--full',
    summary: 'also measure the largest ring, N = 32768, which takes twice as long',
  },
  output: { flags: '-o, --output <file>', summary: 'where to write the cost model' },
});

export const calibrateCommand = command({
  name: 'calibrate',
  summary: 'Measure the speed of this machine, to predict evaluation times.',
  arguments: [],
  options: [measuring],
  remark: `Other commands use the model where --cost-model names its file, else the
  built-in one.`,
  examples: [
    ['shoal calibrate', 'takes about 15 seconds'],
    ['shoal calibrate --full -o model.json'],
    ['shoal report f.circ --cost-model model.json'],
  ],
  job: (_, options): CalibrateJob => options,
  reads: () => [],
  printsFile: ({ output }) => output === STANDARD_STREAM,
  run: async (job, onProgress) =>
    (await import('../run-calibrate.ts')).runCalibrate(job, onProgress),
});
