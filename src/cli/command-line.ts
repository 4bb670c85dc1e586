import { readFileSync } from 'node:fs';
import { Command, CommanderError, Option } from 'commander';
import type {
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

/** What the arguments ask for: a job, or a text for standard output and what follows it. */
export type Request = { readonly job: Job } | PrintedText;

/** A text, and what follows it. */
export interface PrintedText {
  readonly text: string;
  readonly appendix?: CommandFacts['appendix'];
}

/**
 * Reads a command line.
 *
 * @throws UsageError
 */
export function parseArguments(argv: readonly string[]): Request {
  let request: Request | undefined;
  let printed = '';
  let complaint = '';
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
        complaint += text;
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
    throw new UsageError(complaintOf(complaint, argv));
  }
  return request ?? { text: printed };
}

/**
 * Whether results are shown as JSON, and without notes: also where the command line is wrong otherwise, for
 * no option takes another one for its value.
 */
export function readOutput(argv: readonly string[]): OptionValues<readonly [typeof output]> {
  const command = new Command();
  addOptions(command, output, argv);
  command.parseOptions([...argv]);
  const { json = false, quiet = false } =
    command.opts<Partial<OptionValues<readonly [typeof output]>>>();
  return { json, quiet };
}

/** What commander has written, as one message. */
function complaintOf(written: string, argv: readonly string[]): string {
  if (argv.length === 0) return `no command given\n\n${written.trimEnd()}`;
  return written
    .replace(/^error: /, '')
    .trim()
    .replace(/\s*\n\(Did you mean (.*)\?\)/s, '; did you mean $1?');
}

/**
 * All commands.
 *
 * @param start called with what the arguments ask a command for
 * @param help called with the command whose help is printed
 */
export function makeProgram(
  argv: readonly string[],
  start: (job: Job) => void,
  help: (facts: CommandFacts) => void = () => {},
): Command {
  const program = new Command('shoal')
    .description('Compiles shallow homomorphic circuits and evaluates them encrypted.')
    .version(packageVersion(), '-V, --version', 'print the version')
    .helpOption('-h, --help', 'print this help')
    .helpCommand('help [command]', 'print the help of a command')
    .addHelpText(
      'after',
      examples([
        ['shoal report quartic.circ', 'what becomes of a circuit'],
        ['shoal eval quartic.circ -i quartic.json', 'and runs it, encrypted'],
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
    start({ command: name, task });
  });
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
    // A value that has to be there may be any to commander, another option too; one that may be missing is none.
    option.required = false;
    option.optional = true;
  }
  return option;
}

/** What is wrong where an option is the last argument, or another option follows in place of its value. */
function missingValue({ flags, short, long }: Option, argv: readonly string[]): string {
  const next = argv.find((_, at) => at > 0 && [short, long].includes(argv[at - 1]));
  const missing = `option '${flags}' argument missing`;
  if (next === undefined) return missing;
  const help = /<(file|path|directory)\b/.test(flags)
    ? `; a file of that name is written ./${next}`
    : '';
  return `${missing}: '${next}' is an option${help}`;
}

/** Values by the names that the code has for them. */
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

/** Which of some options were given, as people write them. */
function givenOf(command: Command, options: OptionSpecs): readonly string[] {
  return Object.values(options)
    .map(optionOf)
    .filter((option) => command.getOptionValueSource(option.attributeName()) === 'cli')
    .map(({ short, long = '' }) => short ?? long);
}

function examples(lines: readonly Example[]): string {
  const width = Math.max(...lines.map(([text]) => text.length));
  const shown = lines.map(([text, what]) =>
    what === undefined ? `  ${text}` : `  ${text.padEnd(width)}  # ${what}`,
  );
  return `\nExamples:\n${shown.join('\n')}\n`;
}

const STATUSES = `
Exit status:
  0  done
  1  a circuit, data or a file is refused; circuits differ; a vector missed
  2  the command line or the environment is wrong
  3  evaluation failed
`;

/** The version in package.json, which lies above both src and dist. */
export function packageVersion(): string {
  const text = readFileSync(new URL('../../package.json', import.meta.url), 'utf8');
  return (JSON.parse(text) as { version: string }).version;
}
