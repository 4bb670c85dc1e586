import { type SpawnSyncReturns, spawnSync } from 'node:child_process';
import { root } from '../../cli/support.ts';

const script =
  (name: string) =>
  (...args: readonly string[]): SpawnSyncReturns<string> => {
    const { NO_COLOR: _, FORCE_COLOR: __, ...env } = process.env;
    return spawnSync(process.execPath, [`src/examples/logistic-regression/${name}.ts`, ...args], {
      cwd: root,
      encoding: 'utf8',
      env,
      timeout: 120_000,
      killSignal: 'SIGKILL',
    });
  };

/** Runs `npm run data -- …`. */
export const data = script('prepare-data');

/** Runs `npm run train -- …`. */
export const train = script('train');
