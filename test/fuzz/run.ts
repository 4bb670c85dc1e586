import { type ChildProcess, fork } from 'node:child_process';
import { mkdtempSync } from 'node:fs';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { HEAP_MEBIBYTES, NEVER_SECONDS } from './bounds.ts';
import { ATTACK_KINDS } from './kinds.ts';
import type { CaseResult, FuzzCase } from './worker.ts';

/**
 * Attacks the commands with hostile inputs: `npm run fuzz -- --seed S --count N` makes N cases of
 * each kind of mutated input, and a share of programs and of processes. Two at a time. The same
 * seed makes the same cases. `--only KIND:INDEX` makes one case, `--keep DIR` names the directory
 * for inputs that fail. docs/CONTRIBUTING.md describes it, bounds.ts has the bounds.
 *
 * Exit status: 0 if all is well, 1 if a case fails, 2 for a wrong command line.
 */

const WORKER = fileURLToPath(new URL('./worker.ts', import.meta.url));
const PROCESSES = Math.min(2, cpus().length);
/** Cases after which progress is shown. */
const STEP = 100;

/** A process that runs case after case. A new one replaces one that died. */
class Runner {
  #child: ChildProcess | undefined;

  async run(testCase: FuzzCase): Promise<CaseResult> {
    const child = this.#running();
    return new Promise((resolve) => {
      const fail = (what: string) => {
        this.#child = undefined;
        end({ accepted: false, complaints: [what], seconds: 0 });
      };
      const never = setTimeout(() => {
        child.kill('SIGKILL');
      }, 1000 * NEVER_SECONDS);
      const onExit = (status: number | null, signal: string | null) =>
        fail(
          signal === 'SIGKILL'
            ? `it did not end within ${NEVER_SECONDS} seconds`
            : `the process ended by ${signal ?? `exit status ${status}`}`,
        );
      const end = (result: CaseResult) => {
        clearTimeout(never);
        child.off('exit', onExit);
        child.off('message', end as (message: unknown) => void);
        resolve(result);
      };
      child.once('exit', onExit);
      child.once('message', end as (message: unknown) => void);
      child.send(testCase);
    });
  }

  end(): void {
    this.#child?.disconnect();
  }

  #running(): ChildProcess {
    this.#child ??= fork(WORKER, [], { execArgv: [`--max-old-space-size=${HEAP_MEBIBYTES}`] });
    return this.#child;
  }
}

/** The sums of a kind. */
interface Tally {
  cases: number;
  accepted: number;
  failed: number;
  seconds: number;
  slowest: number;
  /** The index of the slowest case. */
  slowestAt: number;
}

function usage(message: string): never {
  const kinds = ATTACK_KINDS.map(({ name }) => name).join(', ');
  console.error(`fuzz: ${message}
npm run fuzz -- [--seed S] [--count N] [--keep DIR] [--only KIND[:INDEX]]
kinds: ${kinds}`);
  process.exit(2);
}

function readArguments() {
  try {
    return parseArgs({
      options: {
        seed: { type: 'string', default: '1' },
        count: { type: 'string', default: '200' },
        keep: { type: 'string' },
        only: { type: 'string' },
      },
    }).values;
  } catch (error) {
    return usage(error instanceof Error ? error.message : String(error));
  }
}

/** Yields the cases in order. */
function* casesOf(seed: string, count: number, only: string | undefined): Generator<FuzzCase> {
  const [kind, index] = only?.split(':') ?? [];
  for (const { name, share } of ATTACK_KINDS) {
    if (kind !== undefined && kind !== name) continue;
    const last = Math.round(count * share);
    if (index === undefined) for (let i = 0; i < last; i++) yield { kind: name, seed, index: i };
    else yield { kind: name, seed, index: Number(index) };
  }
}

const { seed, count: counted, only, keep: kept } = readArguments();
const count = Number(counted);
if (!Number.isSafeInteger(count) || count < 1) usage(`--count is no number of cases: ${counted}`);
if (only !== undefined && !ATTACK_KINDS.some(({ name }) => only.split(':')[0] === name))
  usage(`--only names no kind: ${only}`);
if (only !== undefined && !/^\w+(:\d+)?$/.test(only)) usage(`--only has no index: ${only}`);
const keep = kept ?? mkdtempSync(join(tmpdir(), 'shoal-fuzz-failures-'));

const tallies = new Map<string, Tally>();
let failures = 0;

async function runOne(runner: Runner, testCase: FuzzCase): Promise<void> {
  const { kind, index } = testCase;
  const { accepted, complaints, seconds } = await runner.run(testCase);
  const none: Tally = { cases: 0, accepted: 0, failed: 0, seconds: 0, slowest: 0, slowestAt: 0 };
  const tally = tallies.get(kind) ?? none;
  tallies.set(kind, tally);
  tally.cases++;
  tally.seconds += seconds;
  if (seconds > tally.slowest) Object.assign(tally, { slowest: seconds, slowestAt: index });
  if (accepted) tally.accepted++;
  if (complaints.length > 0) {
    tally.failed++;
    failures++;
    const directory = join(keep, `${kind}-${seed}-${index}`);
    await runner.run({ ...testCase, keep: directory });
    console.log(`FAILED ${kind} --seed ${seed} --only ${kind}:${index}, input in ${directory}`);
    for (const complaint of complaints) console.log(`  ${complaint.replaceAll('\n', '\n  ')}`);
  }
  if (tally.cases % STEP === 0) console.error(`${kind}: ${tally.cases} cases`);
}

const waiting = casesOf(seed, count, only);
await Promise.all(
  Array.from({ length: PROCESSES }, async () => {
    const runner = new Runner();
    for (const testCase of waiting) await runOne(runner, testCase);
    runner.end();
  }),
);
for (const [kind, { cases, accepted, failed, seconds, slowest, slowestAt }] of tallies) {
  const times = `${seconds.toFixed()} CPU seconds, ${slowest.toFixed(1)} at most for number ${slowestAt}`;
  console.log(`${kind}: ${cases} cases, ${accepted} accepted, ${failed} failed; ${times}`);
}
if (failures > 0) console.error(`${failures} cases failed; their inputs are in ${keep}`);
process.exitCode = failures > 0 ? 1 : 0;
