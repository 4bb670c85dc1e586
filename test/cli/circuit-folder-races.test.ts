import type * as FileSystem from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';

/** What an attacker does between two steps of reading, and what the system does not offer. */
const steps = vi.hoisted(() => ({
  beforeOpen: () => {},
  afterOpen: () => {},
  knowsOpenPaths: true,
}));

vi.mock('node:fs', async (original) => {
  const fs = await original<typeof FileSystem>();
  return {
    ...fs,
    openSync: (...args: Parameters<typeof fs.openSync>) => {
      steps.beforeOpen();
      const descriptor = fs.openSync(...args);
      steps.afterOpen();
      return descriptor;
    },
    readlinkSync: (path: string) => {
      if (path.startsWith('/proc/') && !steps.knowsOpenPaths) throw new Error('no such system');
      return fs.readlinkSync(path);
    },
  };
});

const { execFileSync } = await import('node:child_process');
const fs = await vi.importActual<typeof FileSystem>('node:fs');
const { folderResolver } = await import('../../src/cli/circuit-folder.ts');

let base: string;
let inFolder: (path: string) => string;

beforeEach(() => {
  base = fs.realpathSync(fs.mkdtempSync(join(tmpdir(), 'shoal-races-')));
  inFolder = (path) => join(base, 'circuit', path);
  fs.mkdirSync(inFolder('a'), { recursive: true });
  fs.mkdirSync(join(base, 'outside'));
  fs.writeFileSync(inFolder('a/w.npy'), 'weights');
  fs.writeFileSync(join(base, 'outside/w.npy'), 'secret');
});

afterEach(() => {
  Object.assign(steps, { beforeOpen: () => {}, afterOpen: () => {}, knowsOpenPaths: true });
  fs.rmSync(base, { recursive: true });
});

const read = () => Buffer.from(folderResolver(join(base, 'circuit'))('a/w.npy')).toString();

describe.each([true, false])('if the system knows the paths of open files: %s', (known) => {
  beforeEach(() => {
    steps.knowsOpenPaths = known;
  });

  test('a file that stays the same is read', () => {
    expect(read()).toBe('weights');
  });

  test('a link in place of the file is not followed', () => {
    steps.beforeOpen = () => {
      fs.rmSync(inFolder('a/w.npy'));
      fs.symlinkSync(join(base, 'outside/w.npy'), inFolder('a/w.npy'));
    };
    expect(read).toThrow('the file cannot be read');
  });

  test('a link in place of its folder leads to a refusal', () => {
    steps.beforeOpen = () => {
      fs.renameSync(inFolder('a'), inFolder('b'));
      fs.symlinkSync(join(base, 'outside'), inFolder('a'));
    };
    expect(read).toThrow('a link leads out');
  });

  test('also if the folder is back after the file was opened', () => {
    steps.beforeOpen = () => {
      fs.renameSync(inFolder('a'), inFolder('b'));
      fs.symlinkSync(join(base, 'outside'), inFolder('a'));
    };
    steps.afterOpen = () => {
      fs.rmSync(inFolder('a'));
      fs.renameSync(inFolder('b'), inFolder('a'));
    };
    expect(read).toThrow('a link leads out');
  });

  test('a pipe in place of the file is not waited for', () => {
    steps.beforeOpen = () => {
      fs.rmSync(inFolder('a/w.npy'));
      execFileSync('mkfifo', [inFolder('a/w.npy')]);
    };
    expect(read).toThrow('it is a pipe or a device');
  });

  test('a file that becomes shorter is read to its end', () => {
    steps.afterOpen = () => fs.truncateSync(inFolder('a/w.npy'), 3);
    expect(read()).toBe('wei');
  });
});
