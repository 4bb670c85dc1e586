import { execFile } from 'node:child_process';
import { ROOT } from './paths.ts';

/** Plans of wide circuits are long. */
const LARGEST_OUTPUT = 2 ** 28;

/** How long a command may take, and what ends it before. */
export interface Patience {
  readonly seconds: number;
  readonly signal: AbortSignal;
}

/** A document that a command has printed, or why there is none. */
export type Answer = { readonly document: unknown } | { readonly missing: string };

/** `shoal …`, in a process of its own. */
export const shoal = command('src/bin.ts');

/** `npm run train -- …`, in a process of its own. */
export const trainScript = command('src/examples/logistic-regression/train.ts');

/**
 * A command that prints JSON. Each run has a process of its own, so that memory is given back, and
 * so that one which takes too long can be ended.
 */
function command(script: string) {
  return (args: readonly string[], { seconds, signal }: Patience): Promise<Answer> =>
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
        else if (error?.killed) resolve({ missing: `nothing within ${seconds} s` });
        else resolve(answerOf(stdout, error));
      });
    });
}

function answerOf(stdout: string, error: Error | null): Answer {
  const document = jsonIn(stdout) as { readonly errors?: readonly { message: string }[] } | null;
  if (document === null) return { missing: error?.message.split('\n')[0] ?? 'no JSON' };
  // A broken promise is an error with results.
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
