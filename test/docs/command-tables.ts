import type { CommandFacts, OptionGroup, OptionSpec } from '../../src/cli/command.ts';
import { COMMANDS } from '../../src/cli/commands.ts';
import { compiling } from '../../src/cli/compile-options.ts';
import { EMIT_FORMATS } from '../../src/cli/emit-formats.ts';
import { output } from '../../src/cli/shared-options.ts';
import { EVALUATING_BACKENDS } from '../../src/run/backends.ts';

const commands: readonly CommandFacts[] = COMMANDS;

/** README.md with the table of commands in its place. */
export function withCommandsTable(page: string): string {
  const rows = commands.map((command) => [`\`${usageOf(command)}\``, command.summary]);
  return withTable(page, 'commands', [['command', 'does'], ...rows]);
}

/** docs/cli.md with the tables of commands, options, formats and backends in their places. */
export function withCommandTables(page: string): string {
  const linked = commands.map(({ name, summary }) => {
    return [`[\`${name}\`](#${sectionOf(name, page)})`, summary];
  });
  const formats = EMIT_FORMATS.map(({ name, summary }) => [`\`--emit ${name}\``, summary]);
  const backends = EVALUATING_BACKENDS.map(({ name, summary }) => [
    `\`--backend ${name}\``,
    summary,
  ]);
  const tables: readonly (readonly [what: string, rows: readonly (readonly string[])[]])[] = [
    ['commands', [['command', 'does'], ...linked]],
    ['options', [['option', 'of', 'means'], ...optionRows()]],
    ['formats', [['format', 'is'], ...formats]],
    ['backends', [['backend', 'evaluates'], ...backends]],
  ];
  return tables.reduce((text, [what, rows]) => withTable(text, what, rows), page);
}

/** Commands that docs/cli.md describes together. */
const TOGETHER: Readonly<Record<string, string>> = {
  keygen: 'client-and-server',
  encrypt: 'client-and-server',
  decrypt: 'client-and-server',
};

/** The section of docs/cli.md that describes a command. */
function sectionOf(name: string, page: string): string {
  const section = TOGETHER[name] ?? name;
  if (TOGETHER[name] === undefined && !page.includes(`\n## ${name}\n`))
    throw new Error(`docs/cli.md has no section '## ${name}'`);
  return section;
}

/** `shoal keygen PLAN -o DIRECTORY`: arguments, and options that have to be given. */
function usageOf({ name, arguments: values, options }: CommandFacts): string {
  const needed = specsOf(options).filter(({ required }) => required);
  const words = [...values.map(([argument]) => argument), ...needed.map(({ flags }) => flags)];
  return ['shoal', name, ...words.map(inCapitals)].join(' ');
}

/** `-o FILE` of `-o, --output <file>`. */
function inCapitals(flags: string): string {
  return flags
    .replace(/^(-\w), --[\w-]+/, '$1')
    .replace(/<(.*?)(\.\.\.)?>/, (_, value: string, more) =>
      more ? `${value.toUpperCase()}…` : value.toUpperCase(),
    );
}

const specsOf = (groups: readonly OptionGroup[]): readonly OptionSpec[] =>
  groups.flatMap(({ options }) => Object.values(options));

/** A row for each option, and one more where it means something else to other commands. */
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

const namesOfThoseThatCompile = commands
  .filter(({ options }) =>
    specsOf(options).some(({ flags }) => flags === compiling.options.optimizationLevel.flags),
  )
  .map(({ name }) => name);

function namesOf(of: readonly string[]): string {
  if (of.length === commands.length) return 'all';
  if (`${of}` === `${namesOfThoseThatCompile}`) return 'all that compile';
  return of.map((name) => `\`${name}\``).join(', ');
}

/** What an option is without being given; that of `-O` is not the same for all commands. */
function defaultOf({ default: value, flags }: OptionSpec): string {
  if (value === undefined || flags === compiling.options.optimizationLevel.flags) return '';
  return ` (default: \`${value}\`)`;
}

/** A page with a table in its place, between the two lines that name it. */
export function withTable(
  page: string,
  what: string,
  rows: readonly (readonly string[])[],
): string {
  const [from, to] = [
    `<!-- table of ${what}, written by \`npm run docs\` -->`,
    `<!-- end of the table of ${what} -->`,
  ];
  const [start, end] = [page.indexOf(from), page.indexOf(to)];
  if (start < 0 || end < start) throw new Error(`the page has no place for the table of ${what}`);
  const [head = [], ...body] = rows.map((cells) => `| ${cells.join(' | ')} |`);
  const rule = `|${' --- |'.repeat(rows[0]?.length ?? 0)}`;
  const table = [head, rule, ...body].join('\n');
  return `${page.slice(0, start)}${from}\n\n${table}\n\n${page.slice(end)}`;
}
