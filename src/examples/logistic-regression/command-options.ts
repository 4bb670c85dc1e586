import { type Command, CommanderError, InvalidArgumentError, Option } from 'commander';
import { ShoalError } from '../../index.ts';
import { DATA_SETS, type DataName } from './prepare.ts';

/** Parses a whole number of at least 1, also in the format `2e6`. */
export const parseCountOption = (text: string): number => parseWhole(text, 1);

function parseWhole(text: string, least: number): number {
  const number = Number(text);
  if (!/^\d+(e\d+)?$/i.test(text) || !Number.isSafeInteger(number) || number < least)
    throw new InvalidArgumentError(`Give a whole number, at least ${least}.`);
  return number;
}

/** Parses a param such as `step=2`, and adds it to the earlier ones. */
export function parseParam(
  text: string,
  earlier: ReadonlyMap<string, number> = new Map(),
): ReadonlyMap<string, number> {
  const [, name = '', digits] = /^\s*([A-Za-z_]\w*)\s*=\s*([+-]?\d[\d.e+-]*)\s*$/i.exec(text) ?? [];
  const value = Number(digits);
  if (!Number.isFinite(value)) {
    throw new InvalidArgumentError(
      'Give a param and a decimal number, as in -D k=12 or -D step=-2.5e-3.',
    );
  }
  if (earlier.has(name)) throw new InvalidArgumentError(`'${name}' is given twice.`);
  return new Map(earlier).set(name, value);
}

export const countOption = (flags: string, description: string): Option =>
  new Option(flags, description).argParser((text: string) => parseCountOption(text));

export const skipOption = (): Option =>
  new Option('--skip <n>', 'training samples to skip, such as those of an earlier run')
    .argParser((text: string) => parseWhole(text, 0))
    .default(0);

export const seedOption = (): Option =>
  new Option('--seed <n>', 'seed of the order of the samples')
    .argParser((text: string) => parseWhole(text, 0))
    .default(1);

export const DATA_NAMES = Object.keys(DATA_SETS) as readonly DataName[];

/**
 * Parses arguments without printing anything or ending the process.
 *
 * @returns the help text, if the arguments request it
 * @throws ShoalError when the arguments are wrong
 */
export function parseWith(command: Command, argv: readonly string[]): string | undefined {
  let [help, complaint] = ['', ''];
  command.exitOverride().configureOutput({
    writeOut: (text) => {
      help += text;
    },
    writeErr: (text) => {
      complaint += text;
    },
  });
  try {
    command.parse(argv, { from: 'user' });
    return undefined;
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    if (error.exitCode === 0) return help;
    const message = complaint.replace(/^error: /, '').trim();
    throw new ShoalError(
      'usage',
      message.replace(/\s*\n\(Did you mean (.*)\?\)/s, '; did you mean $1?'),
    );
  }
}
