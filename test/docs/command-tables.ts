import type { CommandFacts, OptionGroup, OptionSpec } from '../../src/cli/command.ts';
import { COMMANDS } from '../../src/cli/commands.ts';
import { compiling } from '../../src/cli/compile-options.ts';
import { EMIT_FORMATS } from '../../src/cli/emit-formats.ts';
import { output } from '../../src/cli/shared-options.ts';
import { EVALUATING_BACKENDS } from '../../src/run/backends.ts';

const commands: readonly CommandFacts[] = COMMANDS;

/** Returns README.md with its table of commands replaced. */
export function withCommandsTable(page: string): string {
  const rows = commands.map((command) => [`\`${usageOf(command)}\``, command.summary]);
  return withTable(page, 'commands', [['command', 'does'], ...rows]);
}

/** Returns docs/cli.md with its tables of commands, options, formats and backends replaced. */
export function withCommandTables(page: string): string {
  const linked = commands.map(({ name, summary }) => {
    return [`[\`${name}\`](#${sectionOf(name, page)})`, summary];
  });
  const formats = EMIT_FORMATS.map(({ name, summary }) => [`\`--emit ${name}\``, summary]);
  const backends = EVALUATING_BACKENDS.map(({ name, summary }) => [
    `\`--backend ${name}\``,
    summary,
  ]);
  const tables: readonly (readonly [name: string, rows: readonly (readonly string[])[]])[] = [
    ['commands', [['command', 'does'], ...linked]],
    ['options', [['option', 'of', 'means'], ...optionRows()]],
    ['formats', [['format', 'is'], ...formats]],
    ['backends', [['backend', 'evaluates'], ...backends]],
  ];
  return tables.reduce((text, [name, rows]) => withTable(text, name, rows), page);
}

/** The section of docs/cli.md for commands that share one. */
const TOGETHER: Readonly<Record<string, string>> = {
  keygen: 'client-and-server',
  encrypt: 'client-and-server',
  decrypt: 'client-and-server',
};

/** Returns the section of docs/cli.md that describes a command. */
function sectionOf(name: string, page: string): string {
  const section = TOGETHER[name] ?? name;
  if (TOGETHER[name] === undefined && !page.includes(`\n## ${name}\n`))
    throw new Error(`docs/cli.md has no section '## ${name}'`);
  return section;
}

/** Returns the usage of a command with its required options: `shoal keygen PLAN -o DIRECTORY`. */
function usageOf({ name, arguments: values, options }: CommandFacts): string {
  const requiredOptions = specsOf(options).filter(({ required }) => required);
  const words = [
    ...values.map(([argument]) => argument),
    ...requiredOptions.map(({ flags }) => flags),
  ];
  return ['shoal', name, ...words.map(inCapitals)].join(' ');
}

/** Converts flags such as `-o, --output <file>` to `-o FILE`. */
function inCapitals(flags: string): string {
  return flags
    .replace(/^(-\w), --[\w-]+/, '$1')
    .replace(/<(.*?)(\.\.\.)?>/, (_, value: string, more) =>
      more ? `${value.toUpperCase()}…` : value.toUpperCase(),
    );
}

const specsOf = (groups: readonly OptionGroup[]): readonly OptionSpec[] =>
  groups.flatMap(({ options }) => Object.values(options));

/** Returns a row for each option, and several if its summary differs between commands. */
function optionRows(): readonly (readonly string[])[] {
  const found = new Map<string, { readonly spec: OptionSpec; readonly of: string[] }>();
  for (const { name, options } of commands)
    for (const spec of specsOf([...options, output])) {
      const key = `${spec.flags} ${spec.summary}`;
      const row = found.get(key) ?? { spec, of: [] };
      found.set(key, row);
      row.of.push(name);
    }
  return [...found.values()].map(({ spec, of }) => [
    `\`${spec.flags.replaceAll('|', '\\|')}\``,
    namesOf(of),
    `${spec.summary}${defaultOf(spec)}`,
  ]);
}

const COMPILING_COMMANDS = commands
  .filter(({ options }) =>
    specsOf(options).some(({ flags }) => flags === compiling.options.optimizationLevel.flags),
  )
  .map(({ name }) => name);

function namesOf(of: readonly string[]): string {
  if (of.length === commands.length) return 'all';
  if (`${of}` === `${COMPILING_COMMANDS}`) return 'all that compile';
  return of.map((name) => `\`${name}\``).join(', ');
}

/** Returns the default of an option as text. */
function defaultOf({ default: value }: OptionSpec): string {
  if (value === undefined) return '';
  return ` (default: \`${value}\`)`;
}

/**
 * Returns a page with a table replaced.
 *
 * @param name of the table in the two comment lines around it
 * @throws Error when the page does not have these lines
 */
export function withTable(
  page: string,
  name: string,
  rows: readonly (readonly string[])[],
): string {
  const [from, to] = [
    `<!-- table of ${name}, written by \`npm run docs\` -->`,
    `<!-- end of the table of ${name} -->`,
  ];
  const [start, end] = [page.indexOf(from), page.indexOf(to)];
  if (start < 0 || end < start) throw new Error(`the page has no lines for the table of ${name}`);
  const [head = [], ...body] = rows.map((cells) => `| ${cells.join(' | ')} |`);
  const rule = `|${' --- |'.repeat(rows[0]?.length ?? 0)}`;
  const table = [head, rule, ...body].join('\n');
  return `${page.slice(0, start)}${from}\n\n${table}\n\n${page.slice(end)}`;
}
