import { parseArguments } from '../../src/cli/command-line.ts';
import { commandNamed } from '../../src/cli/commands.ts';
import { failureOutcome } from '../../src/cli/failure.ts';
import type { DisplayOptions, Outcome } from '../../src/cli/outcome.ts';
import { REFUSAL_BYTES, refusalJsonBytes } from './bounds.ts';

/** What a command did with a hostile input, in both forms of its output. */
export interface Attempt {
  readonly status: number;
  readonly complaints: readonly string[];
}

const VIEW: DisplayOptions = { json: false, quiet: false, color: { out: false, err: false } };

/**
 * Runs a command line in this process and looks at what it prints and returns. Writes no files.
 *
 * @param input the hostile input, whose own words may return in messages
 */
export async function attempt(
  args: readonly string[],
  input: string | Uint8Array,
): Promise<Attempt> {
  const line = args.join(' ');
  const echoed = Buffer.from(input).toString('latin1');
  try {
    const request = parseArguments(args);
    if ('text' in request) throw new Error(`not a job: ${line}`);
    const { command, task } = request.job;
    const spec = commandNamed(command);
    const result = await spec.run(
      task,
      () => {},
      () => {},
      spec.reads(task),
    );
    const texts = [result.text(false), result.notes?.(false), result.errors?.(false)];
    const complaints = [
      ...wrongNumbers(result.json),
      ...texts.flatMap((text = '') => wrongWords(text, echoed)),
    ];
    return { status: result.status, complaints: complaints.map((what) => `${line}: ${what}`) };
  } catch (error) {
    const text = failureOutcome(error, VIEW);
    const json = failureOutcome(error, { ...VIEW, json: true });
    const complaints = wrongRefusal(text, json, echoed);
    const trace = complaints.length > 0 && error instanceof Error ? `\n${error.stack}` : '';
    return {
      status: text.status,
      complaints: complaints.map((what) => `${line}: ${what}${trace}`),
    };
  }
}

function wrongRefusal(text: Outcome, json: Outcome, echoed: string): readonly string[] {
  const { errors } = JSON.parse(json.stdout) as { errors: { code: string; message: string }[] };
  const messages = errors.map(({ message }) => message).join('\n');
  const lengths = [
    [text.stderr.length, REFUSAL_BYTES],
    [json.stdout.length, refusalJsonBytes(echoed.length)],
  ] as const;
  return [
    ...(errors.length === 0 ? ['an error without a message'] : []),
    ...errors.flatMap(({ code, message }) => (code === 'internal-error' ? [message] : [])),
    ...wrongWords(messages, echoed),
    ...(STACK.test(text.stderr) ? ['a stack trace'] : []),
    ...lengths.flatMap(([length, most]) =>
      length > most ? [`the refusal has ${length} characters, more than ${most}`] : [],
    ),
  ];
}

/** A line of a stack trace of Node.js. */
export const STACK = /^ {4}at .*[:(]\d+/m;

/** Words that only a defect prints, unless the input has them. */
function wrongWords(text: string, echoed: string): readonly string[] {
  const words = ['undefined', '[object ', 'NaN'];
  return words
    .filter((word) => text.includes(word) && !echoed.includes(word))
    .map((word) => `prints '${word}': ${around(text, word)}`);
}

function around(text: string, word: string): string {
  const at = text.indexOf(word);
  return text.slice(Math.max(0, at - 80), at + 80).replaceAll('\n', ' / ');
}

/** Returns the places of numbers that JSON cannot write. */
function wrongNumbers(value: unknown, place = 'json'): readonly string[] {
  if (typeof value === 'number') return Number.isFinite(value) ? [] : [`${place} is ${value}`];
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, inner]) => wrongNumbers(inner, `${place}.${key}`));
}
