import { type SpawnSyncReturns, spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArguments, readOutput } from '../../src/cli/command-line.ts';
import { failureOutcome } from '../../src/cli/failure.ts';
import type { DisplayOptions, Outcome } from '../../src/cli/outcome.ts';
import { printed, runJob } from '../../src/cli/run-job.ts';

export const root = fileURLToPath(new URL('../../', import.meta.url));
const bin = join(root, 'src/bin.ts');

/** Runs the command line in a process, as users do. */
export function shoal(
  args: readonly string[],
  options: {
    readonly cwd?: string;
    readonly env?: NodeJS.ProcessEnv;
    readonly timeout?: number;
  } = {},
): SpawnSyncReturns<string> {
  const { NO_COLOR: _, FORCE_COLOR: __, ...env } = process.env;
  return spawnSync(process.execPath, [bin, ...args], {
    cwd: options.cwd ?? root,
    encoding: 'utf8',
    env: { ...env, ...options.env },
    timeout: options.timeout ?? 60_000,
    killSignal: 'SIGKILL',
  });
}

/** Runs the command line in this process and returns its outcome. Writes no files. */
export async function shoalHere(args: readonly string[]): Promise<Outcome> {
  const view: DisplayOptions = { ...readOutput(args), color: { out: false, err: false } };
  try {
    const request = parseArguments(args);
    if ('text' in request) return await printed(request);
    return await runJob(request.job, view, () => {});
  } catch (error) {
    return failureOutcome(error, view);
  }
}

/** Creates a temporary directory with some files; `remove` deletes it. */
export interface Workspace {
  readonly path: string;
  file(name: string, content: string | Uint8Array): string;
  list(): readonly string[];
  remove(): void;
}

export function workspace(): Workspace {
  const path = mkdtempSync(join(tmpdir(), 'shoal-test-'));
  return {
    path,
    file: (name, content) => {
      const file = join(path, name);
      writeFileSync(file, content);
      return file;
    },
    list: () => readdirSync(path).sort(),
    remove: () => rmSync(path, { recursive: true }),
  };
}

export const quartic = 'input x: cipher within [-3, 3];\noutput y = x^4 + 2;\n';

/** Returns a numpy file of version 1. */
export function npy(descr: string, shape: readonly number[], values: readonly number[]): Buffer {
  const extents = shape.map((n) => `${n},`).join(' ');
  const head = `{'descr': '${descr}', 'fortran_order': False, 'shape': (${extents}), }`;
  const header = `${head.padEnd(117)}\n`;
  const start = Buffer.alloc(10);
  start.write('\x93NUMPY\x01\x00', 'latin1');
  start.writeUInt16LE(header.length, 8);
  const data = Buffer.from(Float32Array.from(values).buffer);
  return Buffer.concat([start, Buffer.from(header, 'latin1'), data]);
}
