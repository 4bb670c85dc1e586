import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { inspect } from '../../src/client-server/inspect-file.ts';
import { root } from '../cli/support.ts';
import type { AttackKind } from './attack.ts';
import { NEVER_SECONDS } from './bounds.ts';
import { STACK } from './command.ts';
import type { Random } from './random.ts';

const BIN = join(root, 'src/bin.ts');
const HOOK = join(root, 'test/fuzz/refuse-call.ts');
const old = (name: string) => join(root, 'test/plan-files/old/client-server', name);

/** A circuit that takes seconds to compile at -O3 and to evaluate. */
const CIRCUIT = `input v: cipher[64] within [-1, 1];
var y = v;
for t in 0..6 { y = y * v + sum(y) / 64; }
output y;
`;

/** Commands that read, compute, write a file or several, or print. They write below `out`. */
const LINES: readonly (readonly string[])[] = [
  ['check', 'long.circ'],
  ['compile', 'long.circ', '-O3'],
  ['compile', 'long.circ', '-o', 'out/plan.json'],
  ['report', 'long.circ', '--json'],
  ['eval', 'long.circ', '-i', 'long.json', '--jobs', '2'],
  ['eval', 'long.circ', '-i', 'long.json', '--backend', 'plain', '--json'],
  ['keygen', old('sum.json'), '-o', 'out'],
  ['encrypt', old('sum.json'), '--keys', old('public.key'), '-i', 'ab.json', '-o', 'out/upload'],
  [
    ...['eval', old('sum.json'), '--keys', old('evaluation.keys'), '--in', old('upload.shoal')],
    ...['-i', 'p.json', '-o', 'out/result'],
  ],
  ['decrypt', old('sum.json'), '--keys', old('secret.key'), '--in', old('result.shoal')],
  ['inspect', old('evaluation.keys')],
  ['fmt', 'long.circ'],
];

/** The commands that write files. */
const WRITING = LINES.filter((line) => line.some((word) => /^out/.test(word)));

/** A process that is disturbed. */
interface Disturbed {
  /** The program and its arguments, around those of Node.js. */
  readonly around?: readonly string[];
  readonly node?: readonly string[];
  readonly env?: NodeJS.ProcessEnv;
  /** Arguments in place of the command's. */
  readonly line?: readonly string[];
  /** What happens while it runs. */
  during?(child: ChildProcess): Promise<void> | void;
  /** Signals that may end it. */
  readonly signals?: readonly NodeJS.Signals[];
}

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGKILL'] as const;

/** Why the system refuses calls: it is exhausted, read-only, forbidden, or damaged. */
const CODES = ['ENOSPC', 'EDQUOT', 'EROFS', 'EMFILE', 'ENFILE', 'EIO', 'EACCES', 'ENOMEM', 'EFBIG'];

/** The disturbances that this system permits. */
const DISTURBANCES: readonly ((random: Random) => Disturbed)[] = [
  (random) => {
    const signal = random.pick(SIGNALS);
    const after = random.below(2500);
    return {
      during: async (child) => {
        await sleep(after);
        child.kill(signal);
      },
      signals: [signal],
    };
  },
  (random) => {
    const [first, second] = [random.pick(SIGNALS), random.pick(SIGNALS)];
    const [after, between] = [random.below(2000), random.below(50)];
    return {
      during: async (child) => {
        await sleep(after);
        child.kill(first);
        await sleep(between);
        child.kill(second);
      },
      signals: [first, second],
    };
  },
  (random) => ({
    node: ['--import', HOOK],
    env: {
      REFUSE_AT: `${1 + random.below(30)}`,
      REFUSE_CODE: random.pick(CODES),
      REFUSE_MAIN: random.pick(['0', '0', '1']),
    },
  }),
  // Nobody reads what it prints.
  (random) => {
    const after = random.pick([0, 0, random.below(1500)]);
    return {
      during: async ({ stdout, stderr }) => {
        await sleep(after);
        stdout?.destroy();
        if (after % 2 === 1) stderr?.destroy();
      },
    };
  },
  (random) => ({
    around: ['sh', '-c', `ulimit -f ${random.size(64)}; exec "$@"`, 'sh'],
    line: random.pick(WRITING),
  }),
  (random) => ({ around: ['sh', '-c', `ulimit -n ${24 + random.below(20)}; exec "$@"`, 'sh'] }),
  (random) => ({
    line: [
      ...['eval', 'long.circ', '-i', 'long.json', '--jobs', '1'],
      ...['--memory', `${random.size(256)}MiB`],
    ],
  }),
  // The worker's memory, in MiB, of which V8 and the modules take 20.
  (random) => ({
    env: { NODE_OPTIONS: `--max-old-space-size=${10 + random.below(50)}` },
    signals: ['SIGABRT'],
  }),
  // Files and pipes that never end.
  (random) => ({ line: [random.pick(['check', 'fmt', 'compile']), '/dev/zero'] }),
  (random) => ({
    around: ['sh', '-c', 'yes "output y = x;" | "$@"', 'sh'],
    line: [random.pick(['check', 'fmt', 'compile']), '-'],
  }),
];

/** File systems that are full or read-only, where the user may make them. */
const MOUNTS: readonly ((random: Random) => Disturbed)[] = [
  (random) => ({
    around: mounted(`mount -t tmpfs -o size=${4 * random.size(64)}k tmpfs out`),
    line: random.pick(WRITING),
  }),
  (random) => ({
    around: mounted('mount -t tmpfs tmpfs out && mount -o remount,ro out'),
    line: random.pick(WRITING),
  }),
];

function mounted(mount: string): readonly string[] {
  return [
    'unshare',
    '-rm',
    'sh',
    '-c',
    `${mount} && { "$@"; code=$?; ls -A out > listing; exit $code; }`,
    'sh',
  ];
}

const canMount =
  spawnSync('unshare', ['-rm', 'mount', '-t', 'tmpfs', 'tmpfs', '/tmp']).status === 0;

/** Commands in processes that are interrupted, or starved of what they need. */
export const interrupted: AttackKind = {
  name: 'interrupted',
  share: 0.02,
  make: async (random, directory) => {
    const disturbances = canMount ? [...DISTURBANCES, ...MOUNTS] : DISTURBANCES;
    const disturbed = random.pick(disturbances)(random);
    const line = disturbed.line ?? random.pick(LINES);
    const { during: _, ...facts } = disturbed;
    const run = async () => {
      const cwd = mkdtempSync(join(directory, 'process-'));
      try {
        const complaints = await runDisturbed(disturbed, line, cwd);
        return { accepted: true, complaints };
      } finally {
        rmSync(cwd, { recursive: true, force: true });
      }
    };
    return { files: new Map([['fuzz.json', JSON.stringify({ line, ...facts }, null, 2)]]), run };
  },
};

async function runDisturbed(
  { around = [], node = [], env = {}, during, signals = [] }: Disturbed,
  line: readonly string[],
  cwd: string,
): Promise<readonly string[]> {
  mkdirSync(join(cwd, 'out'));
  writeFileSync(join(cwd, 'long.circ'), CIRCUIT);
  writeFileSync(join(cwd, 'long.json'), JSON.stringify({ v: new Array(64).fill(0.5) }));
  writeFileSync(join(cwd, 'ab.json'), '{ "a": 1, "b": 2 }');
  writeFileSync(join(cwd, 'p.json'), '{ "p": 5 }');
  const [program = '', ...args] = [...around, process.execPath, ...node, BIN, ...line];
  const { NODE_OPTIONS: __, ...own } = process.env;
  const child = spawn(program, args, {
    cwd,
    env: { ...own, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
    timeout: 1000 * NEVER_SECONDS,
    killSignal: 'SIGQUIT',
  });
  let stderr = '';
  child.stdout.resume();
  child.stderr.setEncoding('utf8').on('data', (text) => {
    stderr += text;
  });
  const ended = once(child, 'exit');
  await during?.(child);
  const [status, signal] = (await ended) as [number | null, NodeJS.Signals | null];
  const wasKilled = signal === 'SIGKILL';
  return [
    ...wrongEnd(status, signal, signals),
    ...(/internal error|\[object |undefined/.test(stderr) || STACK.test(stderr) ? [stderr] : []),
    ...(await wrongFiles(cwd, wasKilled)),
  ];
}

function wrongEnd(
  status: number | null,
  signal: NodeJS.Signals | null,
  signals: readonly NodeJS.Signals[],
): readonly string[] {
  if (signal === 'SIGQUIT') return [`it did not end within ${NEVER_SECONDS} seconds`];
  if (signal !== null) return signals.includes(signal) ? [] : [`it ended by ${signal}`];
  return [0, 1, 2, 3].includes(status ?? -1) ? [] : [`its exit status is ${status}`];
}

/** Each file is complete, or is not there. */
async function wrongFiles(cwd: string, wasKilled: boolean): Promise<readonly string[]> {
  const out = join(cwd, 'out');
  const listing = join(cwd, 'listing');
  const names = existsSync(listing)
    ? readFileSync(listing, 'utf8').split('\n').filter(Boolean)
    : readdirSync(out);
  const temporary = names.filter((name) => name.endsWith('.tmp'));
  const complaints = wasKilled ? [] : temporary.map((name) => `${name} is left`);
  for (const name of existsSync(listing) ? [] : names) {
    if (temporary.includes(name)) continue;
    try {
      if (name.endsWith('.json')) JSON.parse(readFileSync(join(out, name), 'utf8'));
      else await inspect(join(out, name));
    } catch (error) {
      complaints.push(`${name} is incomplete: ${error instanceof Error ? error.message : error}`);
    }
  }
  return complaints;
}
