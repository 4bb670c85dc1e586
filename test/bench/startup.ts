import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { median, printTable, ratio } from './table.ts';

const ROUNDS = 15;
const bin = fileURLToPath(new URL('../../dist/bin.js', import.meta.url));
const quartic = fileURLToPath(new URL('../../circuits/basics/quartic.circ', import.meta.url));

const COMMANDS: Record<string, readonly string[]> = {
  'node -e 0': ['-e', '0'],
  'shoal --version': [bin, '--version'],
  'shoal check': [bin, 'check', quartic],
  'shoal report': [bin, 'report', quartic],
};

function once(args: readonly string[]): number {
  const start = performance.now();
  const { status, stderr } = spawnSync(process.execPath, args, { encoding: 'utf8' });
  if (status !== 0) throw new Error(stderr);
  return performance.now() - start;
}

/**
 * Measures whole processes in turns, so that changes of the machine affect all commands equally.
 */
export function startup(): void {
  const times = new Map(Object.keys(COMMANDS).map((name): [string, number[]] => [name, []]));
  for (let round = 0; round <= ROUNDS; round++) {
    for (const [name, args] of Object.entries(COMMANDS)) {
      const ms = once(args);
      if (round > 0) times.get(name)?.push(ms);
    }
  }
  const base = median(times.get('node -e 0') ?? []);
  printTable(
    `Start-up, median of ${ROUNDS} processes`,
    ['command', 'ms', 'ratio to node -e 0'],
    [...times].map(([name, ms]) => [name, median(ms).toFixed(0), ratio(median(ms), base)]),
  );
}
