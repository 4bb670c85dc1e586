import { compile } from '../../src/compile/compile.ts';
import { exampleCircuits, exampleSource } from '../support/examples.ts';
import { withTable } from './command-tables.ts';

const HEAD = ['circuit', 'what it does', 'depth', 'levels', 'run it with'];

const circuits = exampleCircuits();

/** The folders of circuits/ that contain circuits. */
export const FOLDERS = [...new Set(circuits.map(([file]) => folderOf(file)))];

/** circuits/README.md with a table for each of the folders in its place. */
export function withCircuitTables(page: string, folders: readonly string[] = FOLDERS): string {
  return folders.reduce((text, folder) => {
    const inside = circuits.filter(([file]) => folderOf(file) === folder);
    const rows = inside.map(([file, circuit]) => {
      return [...linkAndSentence(file, circuit), ...showFigures(file, circuit), commandOf(file)];
    });
    return withTable(text, `circuits in ${folder}`, [HEAD, ...rows]);
  }, page);
}

/** The first two cells of a circuit's row: its name and its sentence. */
export function linkAndSentence(file: string, text: string): readonly string[] {
  const name = file.slice(file.lastIndexOf('/') + 1, -'.circ'.length);
  return [`[${name}](${file})`, sentenceOf(file, text).replace(/[*|]/g, '\\$&')];
}

/** Depth and levels of a circuit's source form and of its optimized form, as in `shoal report`. */
export function figuresOf(file: string, text: string) {
  const { source, optimized } = compile(exampleSource(file, text), {});
  const [before, after] = [source.measures, optimized.measures];
  return { depth: [before.depth, after.depth], levels: [before.levels, after.levels] };
}

/**
 * The first line of a circuit's comment: one sentence.
 *
 * @throws Error when the circuit does not begin with such a line
 */
export function sentenceOf(file: string, text: string): string {
  const sentence = /^\/\/ (\S.*\.)\n/.exec(text)?.[1];
  if (sentence === undefined)
    throw new Error(
      `${file} does not begin with a line '// …' that says in a sentence what it does`,
    );
  return sentence;
}

function folderOf(file: string): string {
  return file.slice(0, file.indexOf('/'));
}

function showFigures(file: string, text: string): readonly string[] {
  const { depth, levels } = figuresOf(file, text);
  return [depth.join(' → '), levels.includes(null) ? '–' : levels.join(' → ')];
}

function commandOf(file: string): string {
  return `\`npx shoal eval circuits/${file} --inputs circuits/${file.replace(/circ$/, 'json')}\``;
}
