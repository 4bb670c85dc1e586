import { execFile } from 'node:child_process';
import { ROOT } from './paths.ts';

/** Limit on the output of a command in bytes; plans of wide circuits are long. */
const LARGEST_OUTPUT = 2 ** 28;

/** The limits of a command: a time in seconds, and a signal that ends it early. */
export interface RunLimits {
  readonly seconds: number;
  readonly signal: AbortSignal;
}

/** The JSON document that a command printed, or the reason why it printed none. */
export type Answer = { readonly document: unknown } | { readonly missing: string };

/** Runs `shoal …` in its own process. */
export const shoal = command('src/bin.ts');

/** Runs `npm run train -- …` in its own process. */
export const trainScript = command('src/examples/logistic-regression/train.ts');

/**
 * Returns a function that runs a script with `--json`. Each run has its own process, so its memory
 * is freed afterwards, and a run that takes too long can be killed.
 */
function command(script: string) {
  return (args: readonly string[], { seconds, signal }: RunLimits): Promise<Answer> =>
    new Promise((resolve, reject) => {
      const options = {
        cwd: ROOT,
        maxBuffer: LARGEST_OUTPUT,
        signal,
        timeout: 1000 * seconds,
        killSignal: 'SIGKILL',
      } as const;
      execFile(process.execPath, [script, ...args, '--json'], options, (error, stdout) => {
        if (signal.aborted) reject(signal.reason);
        else if (error?.killed) resolve({ missing: `no result within ${seconds} s` });
        else resolve(answerOf(stdout, error));
      });
    });
}

function answerOf(stdout: string, error: Error | null): Answer {
  const document = jsonIn(stdout) as { readonly errors?: readonly { message: string }[] } | null;
  if (document === null) return { missing: error?.message.split('\n')[0] ?? 'no JSON' };
  // A broken promise is reported as an error beside the results.
  const [first] = Object.keys(document).length === 1 ? (document.errors ?? []) : [];
  return first === undefined ? { document } : { missing: first.message };
}

function jsonIn(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
