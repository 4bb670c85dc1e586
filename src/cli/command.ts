import type { OnTemporary, Progress, Result } from './outcome.ts';

/** A command as data, from which the command line, its help and the tables in the docs are made. */
export interface CommandSpec<
  Name extends string,
  Arguments extends readonly ArgumentSpec[],
  Groups extends readonly OptionGroup[],
  Task extends object,
> extends CommandFacts,
    TaskRules<Task> {
  readonly name: Name;
  readonly arguments: Arguments;
  readonly options: Groups;
  /**
   * Returns the task of a command line as plain data. The main thread creates it and a worker
   * carries it out, so that a long computation can show progress and be interrupted.
   *
   * @throws UsageError for options that exclude each other
   */
  job(values: ArgumentValues<Arguments>, options: OptionValues<Groups>, given: Given): Task;
}

/** What a command does with its tasks. */
interface TaskRules<Task extends object> {
  /** Returns the paths that the task reads; of a directory, the directory. `-` is standard input. */
  reads(task: Task): readonly string[];
  /** Whether the result itself goes to standard output, so that no JSON document can. */
  printsFile?(task: Task): boolean;
  /**
   * Carries out the task. Imports the modules that it needs when it runs.
   *
   * @param reads what the task reads, so that no output replaces it
   */
  run(
    task: Task,
    onProgress: Progress,
    onTemporary: OnTemporary,
    reads: readonly string[],
  ): Promise<Result>;
}

/** The part of a command that its help shows. */
export interface CommandFacts {
  readonly name: string;
  readonly summary: string;
  readonly arguments: readonly ArgumentSpec[];
  /** Options of this command, without those that all commands have. */
  readonly options: readonly OptionGroup[];
  /** Command lines, some with a comment. */
  readonly examples: readonly Example[];
  /** A paragraph that help shows after the options. */
  readonly remark?: string;
  /** Returns the last part of the help. Imports the modules that it needs when it is called. */
  appendix?(): Promise<string>;
}

export type Example = readonly [line: string, comment?: string];

/** A command without its specific types. */
export interface AnyCommand extends CommandFacts, TaskRules<object> {
  job(
    values: readonly ArgumentValue[],
    options: Readonly<Record<string, unknown>>,
    given: Given,
  ): object;
}

/** Returns which of the options the user gave, as flags such as `-o`. */
export type Given = (options: OptionSpecs) => readonly string[];

/** `<file>`, or `<file...>` for one or more, and its description. */
export type ArgumentSpec = readonly [name: string, summary: string];

export type ArgumentValue = string | readonly string[];

type ArgumentValues<Arguments extends readonly ArgumentSpec[]> = {
  readonly [I in keyof Arguments]: Arguments[I][0] extends `${string}...>`
    ? readonly string[]
    : string;
};

/** An option as data. */
export interface OptionSpec {
  /** `-o, --output <file>`: short flag, long flag, and the name of the value if it takes one. */
  readonly flags: string;
  readonly summary: string;
  /** The allowed values. */
  readonly choices?: readonly string[];
  /** The value if the option is not given, shown in help. */
  readonly default?: unknown;
  /** The value if the option is not given, not shown in help. */
  readonly absent?: unknown;
  /** Whether the option must be given. */
  readonly required?: true;
  /** The long flag, without dashes, of an option that excludes this one. */
  readonly conflicts?: string;
  /**
   * Reads a value.
   *
   * @param before the value so far, if the option is repeated
   * @throws InvalidArgumentError of commander
   */
  parse?(text: string, before?: unknown): unknown;
}

/** Options, by the names of their values in the code. */
export type OptionSpecs = Readonly<Record<string, OptionSpec>>;

/** Options under one heading of help. Help merges groups with the same heading. */
export interface OptionGroup {
  readonly heading: string;
  readonly options: OptionSpecs;
}

/** The values of all options of some groups. */
export type OptionValues<Groups extends readonly OptionGroup[]> = {
  readonly [Name in NamesIn<Groups[number]>]: OptionValue<
    Extract<
      Groups[number],
      OptionGroup & { readonly options: Readonly<Record<Name, OptionSpec>> }
    >['options'][Name]
  >;
};

type NamesIn<Group> = Group extends OptionGroup ? keyof Group['options'] & string : never;

/** The type of an option's value: of `parse`, of its choices, or boolean if it takes no value. */
type OptionValue<Option extends OptionSpec> =
  | (Option extends { parse(text: string, before?: never): infer Value }
      ? Value
      : Option extends { readonly choices: readonly (infer Choice)[] }
        ? Choice
        : Option['flags'] extends `${string}...>`
          ? readonly string[]
          : Option['flags'] extends `${string}<${string}`
            ? string
            : boolean)
  | (Option extends
      | { readonly default: unknown }
      | { readonly absent: unknown }
      | { readonly required: true }
      ? never
      : Option['flags'] extends `${string}<${string}`
        ? undefined
        : never);

/** Returns a command, typed by its declaration. */
export function command<
  const Name extends string,
  const Arguments extends readonly ArgumentSpec[],
  const Groups extends readonly OptionGroup[],
  Task extends object,
>(spec: CommandSpec<Name, Arguments, Groups, Task>): typeof spec {
  return spec;
}

/** Returns a group of options, typed by its declaration. */
export function optionGroup<const Options extends OptionSpecs>(
  heading: string,
  options: Options,
): { readonly heading: string; readonly options: Options } {
  return { heading, options };
}
