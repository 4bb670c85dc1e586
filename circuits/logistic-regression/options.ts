import { type Command, CommanderError, InvalidArgumentError, Option } from 'commander';
import { UsageError } from '../../src/cli/failure.ts';
import { parseCount, parseDefine } from '../../src/cli/options.ts';
import { DATA_SETS, type DataName } from './prepare.ts';

/** A whole number from 0 up. */
export function parseWhole(text: string): number {
  const number = Number(text);
  if (!/^\d+$/.test(text) || !Number.isSafeInteger(number))
    throw new InvalidArgumentError('Give a whole number, at least 0.');
  return number;
}

/** `step=2` of `-D step=2`, added to those before. */
export function parseParam(
  text: string,
  before: ReadonlyMap<string, number> = new Map(),
): ReadonlyMap<string, number> {
  const [name = ''] = [...parseDefine(text).keys()];
  if (before.has(name)) throw new InvalidArgumentError(`'${name}' is given twice.`);
  return new Map(before).set(name, Number(text.slice(text.indexOf('=') + 1)));
}

export const countOption = (flags: string, description: string): Option =>
  new Option(flags, description).argParser((text: string) => parseCount(text));

/** The options that say which samples are taken. */
export const skipOption = (): Option =>
  new Option('--skip <n>', 'training samples to leave out, as those of an earlier run')
    .argParser(parseWhole)
    .default(0);

export const seedOption = (): Option =>
  new Option('--seed <n>', 'decides the order of the samples').argParser(parseWhole).default(1);

export const dataNames = Object.keys(DATA_SETS) as readonly DataName[];

/**
 * Parses arguments with a command that prints nothing and never exits.
 *
 * @returns the help, where that is asked for
 * @throws UsageError
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
    throw new UsageError(complaint.replace(/^error: /, '').trim());
  }
}
