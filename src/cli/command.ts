import type { OnTemporary, Progress, Result } from './outcome.ts';

/** A command as data: the command line, its help and the tables of the documentation are made of it. */
export interface CommandSpec<
  Name extends string,
  Arguments extends readonly ArgumentSpec[],
  Groups extends readonly OptionGroup[],
  Task extends object,
> extends CommandFacts {
  readonly name: Name;
  readonly arguments: Arguments;
  readonly options: Groups;
  /**
   * What a command line asks for, as plain data: it is made in the main thread and done in a worker, so
   * that a long computation can be watched and interrupted.
   *
   * @throws UsageError for options that have no use together
   */
  job(values: ArgumentValues<Arguments>, options: OptionValues<Groups>, given: Given): Task;
  /** Does it; what is needed for that is imported here, when the command runs. */
  run(task: Task, onProgress: Progress, onTemporary: OnTemporary): Promise<Result>;
}

/** What people are shown of a command. */
export interface CommandFacts {
  readonly name: string;
  readonly summary: string;
  readonly arguments: readonly ArgumentSpec[];
  /** Beside the options of all commands. */
  readonly options: readonly OptionGroup[];
  /** Command lines, some with a comment. */
  readonly examples: readonly Example[];
  /** What there is to know beyond the options. */
  readonly remark?: string;
  /** What help shows after all else; what it needs is imported when it is shown. */
  appendix?(): Promise<string>;
  /** Whether it is done at once; other commands get a worker, so that they can be watched and interrupted. */
  readonly immediate?: true;
}

export type Example = readonly [line: string, comment?: string];

/** A command whose types are not known. */
export interface AnyCommand extends CommandFacts {
  job(
    values: readonly ArgumentValue[],
    options: Readonly<Record<string, unknown>>,
    given: Given,
  ): object;
  run(task: object, onProgress: Progress, onTemporary: OnTemporary): Promise<Result>;
}

/** Those of some options that were given, as people write them. */
export type Given = (options: OptionSpecs) => readonly string[];

/** `<file>`, or `<file...>` for one or more, and what it is. */
export type ArgumentSpec = readonly [name: string, summary: string];

export type ArgumentValue = string | readonly string[];

type ArgumentValues<Arguments extends readonly ArgumentSpec[]> = {
  readonly [I in keyof Arguments]: Arguments[I][0] extends `${string}...>`
    ? readonly string[]
    : string;
};

/** An option as data. */
export interface OptionSpec {
  /** `-o, --output <file>`: short form, long form, the name of a value if it takes one. */
  readonly flags: string;
  readonly summary: string;
  /** The only values that it takes. */
  readonly choices?: readonly string[];
  /** The value where it is not given, which help shows. */
  readonly default?: unknown;
  /** The value where it is not given, which goes without saying. */
  readonly absent?: unknown;
  /** Whether it has to be given. */
  readonly required?: true;
  /** The long form of another option that has no use beside it. */
  readonly conflicts?: string;
  /**
   * Reads a value.
   *
   * @param before what the same option gave before, where it is repeated
   * @throws InvalidArgumentError of commander
   */
  parse?(text: string, before?: unknown): unknown;
}

/** Options by the names that the code has for their values. */
export type OptionSpecs = Readonly<Record<string, OptionSpec>>;

/** Options that stand together in help; groups of one heading are one there. */
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

/** What the code gets of an option: read, one of its choices, or true and false where it takes no value. */
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

/** Types a command by what it declares. */
export function command<
  const Name extends string,
  const Arguments extends readonly ArgumentSpec[],
  const Groups extends readonly OptionGroup[],
  Task extends object,
>(spec: CommandSpec<Name, Arguments, Groups, Task>): typeof spec {
  return spec;
}

/** Types a group by what it declares. */
export function optionGroup<const Options extends OptionSpecs>(
  heading: string,
  options: Options,
): { readonly heading: string; readonly options: Options } {
  return { heading, options };
}
