import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { defined } from '../../src/lookup.ts';
import { MOST_SECONDS } from './bounds.ts';
import { ATTACK_KINDS } from './kinds.ts';
import { Random } from './random.ts';

/** One case of the attack. */
export interface FuzzCase {
  readonly kind: string;
  readonly seed: string;
  readonly index: number;
  /** A directory to write the input to, in place of using it. */
  readonly keep?: string;
}

/** What came of a case. */
export interface CaseResult {
  readonly accepted: boolean;
  readonly complaints: readonly string[];
  readonly seconds: number;
}

/** Makes a case and uses it, or keeps its input. */
export async function runCase(
  { kind, seed, index, keep }: FuzzCase,
  directory: string,
): Promise<CaseResult> {
  const { make } = defined(ATTACK_KINDS.find(({ name }) => name === kind));
  const attack = await make(new Random(seed, kind, index), directory);
  if (keep !== undefined) {
    mkdirSync(keep, { recursive: true });
    for (const [name, content] of attack.files) writeFileSync(join(keep, name), content);
    return { accepted: false, complaints: [], seconds: 0 };
  }
  const start = process.cpuUsage();
  const { accepted, complaints } = await attack.run();
  const { user, system } = process.cpuUsage(start);
  const seconds = (user + system) / 1e6;
  const slow = seconds > MOST_SECONDS ? [`it took ${seconds.toFixed()} CPU seconds`] : [];
  return { accepted, complaints: [...complaints, ...slow], seconds };
}

// As a process of the command: a case comes as a message, and its result goes back.
if (process.send) {
  const directory = mkdtempSync(join(tmpdir(), 'shoal-fuzz-'));
  process.on('disconnect', () => {
    rmSync(directory, { recursive: true, force: true });
    process.exit();
  });
  process.on('message', async (message: FuzzCase) => {
    const result = await runCase(message, directory).catch(
      (error): CaseResult => ({
        accepted: false,
        complaints: [error instanceof Error ? `${error.stack}` : String(error)],
        seconds: 0,
      }),
    );
    process.send?.(result);
  });
}
