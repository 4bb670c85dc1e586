import { readFileSync } from 'node:fs';
import { Command, CommanderError, Option } from 'commander';
import { largestOf } from '../lookup.ts';
import { STANDARD_STREAM } from '../platform/files.ts';
import type {
  AnyCommand,
  CommandFacts,
  Example,
  OptionGroup,
  OptionSpec,
  OptionSpecs,
  OptionValues,
} from './command.ts';
import { COMMANDS, type CommandName, commandNamed, type Job } from './commands.ts';
import { UsageError } from './failure.ts';
import { output } from './shared-options.ts';

/** The result of parsing a command line: a job, or a text to print, such as help. */
export type Request = { readonly job: Job } | PrintedText;

/** A text for standard output, and an appendix that is loaded when it is printed. */
export interface PrintedText {
  readonly text: string;
  readonly appendix?: CommandFacts['appendix'];
}

/**
 * Parses a command line.
 *
 * @throws UsageError
 */
export function parseArguments(argv: readonly string[]): Request {
  let request: Request | undefined;
  let printed = '';
  let errorText = '';
  let helped: CommandFacts | undefined;
  const program = makeProgram(
    argv,
    (job) => {
      request = { job };
    },
    (facts) => {
      helped = facts;
    },
  );
  for (const command of [program, ...program.commands]) {
    command.exitOverride().configureOutput({
      writeOut: (text) => {
        printed += text;
      },
      writeErr: (text) => {
        errorText += text;
      },
      getOutHelpWidth: () => 79,
      getErrHelpWidth: () => 79,
    });
  }
  try {
    program.parse(argv, { from: 'user' });
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    if (error.exitCode === 0) return { text: printed, appendix: helped?.appendix };
    throw new UsageError(messageOf(errorText, argv));
  }
  return request ?? { text: printed };
}

/**
 * Reads `--json` and `--quiet`, even from a command line that is wrong otherwise. This is possible
 * because no option takes another option as its value.
 */
export function readOutput(argv: readonly string[]): OptionValues<readonly [typeof output]> {
  const command = new Command();
  addOptions(command, output, argv);
  command.parseOptions([...argv]);
  const { json = false, quiet = false } =
    command.opts<Partial<OptionValues<readonly [typeof output]>>>();
  return { json, quiet };
}

/** Turns commander's error text into one message. */
function messageOf(text: string, argv: readonly string[]): string {
  if (argv.length === 0) return `no command given\n\n${text.trimEnd()}`;
  return text
    .replace(/^error: /, '')
    .trim()
    .replace(/\s*\n\(Did you mean (.*)\?\)/s, '; did you mean $1?');
}

/**
 * Builds commander's program with all commands.
 *
 * @param start called with the job of the command line
 * @param help called with the command whose help is printed
 */
export function makeProgram(
  argv: readonly string[],
  start: (job: Job) => void,
  help: (facts: CommandFacts) => void = () => {},
): Command {
  const program = new Command('shoal')
    .description(
      'Compiles programs to shallow homomorphic circuits and evaluates them on encrypted data.',
    )
    .version(packageVersion(), '-V, --version', 'print the version')
    .helpOption('-h, --help', 'print this help')
    .helpCommand('help [command]', 'print the help of a command')
    .addHelpText(
      'after',
      examples([
        ['shoal report quartic.circ', 'costs before and after optimization'],
        ['shoal eval quartic.circ -i quartic.json', 'runs the circuit on encrypted data'],
        ['shoal keygen plan.json -o client/', 'then encrypt, eval, decrypt'],
        ['shoal help eval', 'all options of a command'],
      ]) + STATUSES,
    );
  for (const { name } of COMMANDS) addCommand(program, name, argv, start, help);
  return program;
}

function addCommand(
  program: Command,
  name: CommandName,
  argv: readonly string[],
  start: (job: Job) => void,
  help: (facts: CommandFacts) => void,
): void {
  const spec = commandNamed(name);
  const remark = spec.remark === undefined ? '' : `\n${spec.remark}\n`;
  const command = program
    .command(name)
    .description(spec.summary)
    .addHelpOption(new Option('-h, --help', 'print this help').helpGroup(output.heading))
    .addHelpText('after', () => {
      help(spec);
      return remark + examples(spec.examples);
    });
  for (const [argument, summary] of spec.arguments) command.argument(argument, summary);
  for (const group of [...spec.options, output]) addOptions(command, group, argv);
  command.action(() => {
    const task = spec.job(command.processedArgs, valuesOf(command, spec.options), (options) =>
      givenOf(command, options),
    );
    requireStandardStreams(spec, task, command.getOptionValue('json') === true);
    start({ command: name, task });
  });
}

/** @throws UsageError if standard input or output would be used for two things */
function requireStandardStreams(spec: AnyCommand, task: object, json: boolean): void {
  if (spec.reads(task).filter((path) => path === STANDARD_STREAM).length > 1) {
    const message = `'${STANDARD_STREAM}' is standard input, which can be read once: name a file for all but one`;
    throw new UsageError(message);
  }
  if (json && spec.printsFile?.(task)) {
    throw new UsageError('--json and -o - both write standard output: name a file with -o');
  }
}

function addOptions(
  command: Command,
  { heading, options }: OptionGroup,
  argv: readonly string[],
): void {
  for (const spec of Object.values(options)) {
    const option = optionOf(spec).helpGroup(heading);
    command.on(`option:${option.name()}`, (value: string | null | undefined) => {
      if (value === null) command.error(`error: ${missingValue(option, argv)}`);
    });
    command.addOption(option);
  }
}

function optionOf(spec: OptionSpec): Option {
  const option = new Option(spec.flags, spec.summary)
    .default(spec.default)
    .makeOptionMandatory(spec.required ?? false)
    .conflicts(spec.conflicts ?? []);
  if (spec.choices) option.choices(spec.choices);
  if (spec.parse) option.argParser((text, before) => spec.parse?.(text, before));
  if (option.required) {
    // Commander takes anything as a required value, even another option. It takes an option as an
    // optional value for no value.
    option.required = false;
    option.optional = true;
  }
  return option;
}

/** Returns the message for an option without a value: it is last, or another option follows. */
function missingValue({ flags, short, long }: Option, argv: readonly string[]): string {
  const next = argv.find((_, i) => i > 0 && [short, long].includes(argv[i - 1]));
  const missing = `option '${flags}' argument missing`;
  if (next === undefined) return missing;
  const help = /<(file|path|directory)\b/.test(flags)
    ? `; a file of that name is written ./${next}`
    : '';
  return `${missing}: '${next}' is an option${help}`;
}

/** Returns the values of options, by their names in the code. */
function valuesOf(
  command: Command,
  groups: readonly OptionGroup[],
): Readonly<Record<string, unknown>> {
  const specs = groups.flatMap(({ options }) => Object.entries(options));
  return Object.fromEntries(
    specs.map(([name, spec]) => {
      const option = optionOf(spec);
      const absent = option.isBoolean() ? false : spec.absent;
      return [name, command.getOptionValue(option.attributeName()) ?? absent];
    }),
  );
}

/** Returns which of the options the user gave, as short flags if they have one. */
function givenOf(command: Command, options: OptionSpecs): readonly string[] {
  return Object.values(options)
    .map(optionOf)
    .filter((option) => command.getOptionValueSource(option.attributeName()) === 'cli')
    .map(({ short, long = '' }) => short ?? long);
}

function examples(lines: readonly Example[]): string {
  const width = largestOf(lines.map(([text]) => text.length));
  const shown = lines.map(([text, comment]) =>
    comment === undefined ? `  ${text}` : `  ${text.padEnd(width)}  # ${comment}`,
  );
  return `\nExamples:\n${shown.join('\n')}\n`;
}

const STATUSES = `
Exit status:
  0  done
  1  a circuit, data or a file is refused; circuits differ; a test vector missed
  2  the command line or the environment is wrong
  3  evaluation failed
`;

/** Returns the version in package.json, which is one directory above both src and dist. */
export function packageVersion(): string {
  const text = readFileSync(new URL('../../package.json', import.meta.url), 'utf8');
  return (JSON.parse(text) as { version: string }).version;
}
