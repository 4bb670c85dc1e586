import { readFileSync } from 'node:fs';
import { at, defined } from '../../src/lookup.ts';

/** A guide of docs/CONTRIBUTING.md: the steps that add one thing of a kind. */
export interface Guide {
  /** What it adds: `a pass`. */
  readonly title: string;
  readonly steps: readonly Step[];
  /** The test files that the guide runs at its end, as arguments of vitest. */
  readonly tests: readonly string[];
}

/** One step of a guide. */
export type Step = EditStep | CommandStep;

/** A step that creates or changes one file by hand. */
export interface EditStep {
  readonly number: number;
  readonly file: string;
  /** The text of a new file, or the changes to a file that exists. */
  readonly change: string | readonly Hunk[];
}

/** A step that runs a command, which writes files. */
export interface CommandStep {
  readonly number: number;
  readonly files: readonly string[];
  readonly command: string;
}

/** A few consecutive lines of a file, before and after a change. */
export interface Hunk {
  readonly before: readonly string[];
  readonly after: readonly string[];
}

/** The page with the guides, below the root of the project. */
const PAGE = 'docs/CONTRIBUTING.md';

/** Returns all guides of docs/CONTRIBUTING.md, in order. Throws as {@link guidesOf} does. */
export function readGuides(): readonly Guide[] {
  return guidesOf(readFileSync(new URL(`../../${PAGE}`, import.meta.url), 'utf8'));
}

/** Returns the files that the guides of docs/CONTRIBUTING.md create. */
export function filesOfGuides(): readonly string[] {
  return readGuides().flatMap(({ steps }) =>
    steps.flatMap((step) => ('file' in step && isText(step.change) ? [step.file] : [])),
  );
}

const isText = (change: EditStep['change']): change is string => typeof change === 'string';

/**
 * Returns the guides of a page. A guide is a section `## Guide: add …`, and its numbered items are
 * the steps. Each step has one fenced block, whose language determines the kind of the step: `sh`
 * is a command that writes the files named in the step; `diff` changes the first file named in the
 * step; any other language is the text of a new file of that name. An `sh` block after the steps
 * runs the tests.
 *
 * @throws Error with the title of the guide, for a section that does not have this form
 */
export function guidesOf(page: string): readonly Guide[] {
  return page.split(/^(?=## )/m).flatMap((section) => {
    const title = /^## Guide: add (.*)$/m.exec(section)?.[1];
    return title === undefined ? [] : [guideOf(title, section)];
  });
}

function guideOf(title: string, section: string): Guide {
  // The steps end at the first line after them that is not indented.
  const [, list = '', end = ''] = /^(1\. [\s\S]*?)\n(?![\d ]|$)([\s\S]*)$/m.exec(section) ?? [];
  const steps = list.split(/^(?=\d+\. )/m).map((item) => stepOf(title, item));
  const commands = fencedBlocks(end).filter(({ language }) => language === 'sh');
  const tests = /npm run vitest -- (.*)/.exec(commands.at(-1)?.text ?? '')?.[1];
  if (!tests) throw new Error(`${PAGE}, ${title}: no command after the steps runs the tests`);
  return { title, steps, tests: tests.split(' ') };
}

function stepOf(title: string, item: string): Step {
  const number = Number.parseInt(item, 10);
  const wrong = (fault: string) => new Error(`${PAGE}, ${title}, step ${number}: ${fault}`);
  const [block, ...others] = fencedBlocks(item);
  if (!block || others.length > 0) throw wrong('a step has exactly one fenced block');
  const prose = item.slice(0, block.start);
  const files = [...prose.matchAll(/`([\w./-]+\.\w+)`/g)].map(([, path]) => defined(path));
  const [file] = files;
  if (file === undefined) throw wrong('the step names no file before the block');
  if (block.language === 'sh') return { number, files, command: block.text.trim() };
  return { number, file, change: block.language === 'diff' ? hunksOf(block.text) : block.text };
}

/** A fenced block of a page. */
interface FencedBlock {
  readonly language: string;
  /** The lines between the fences, without the indentation of the block. */
  readonly text: string;
  /** Character offset of the block in the page. */
  readonly start: number;
}

function fencedBlocks(text: string): readonly FencedBlock[] {
  return [...text.matchAll(/^( *)```(\w+)\n([\s\S]*?)^\1```$/gm)].map((match) => {
    const [, indentation = '', language = '', body = ''] = match;
    const lines = body.split('\n').map((line) => line.replace(indentation, ''));
    return { language, text: lines.join('\n'), start: match.index };
  });
}

/** Returns the hunks of a diff; a line `@@` separates two of them. */
function hunksOf(diff: string): readonly Hunk[] {
  return diff.split(/^@@\n/m).map((hunk) => {
    const lines = hunk.replace(/\n$/, '').split('\n');
    const without = (sign: string) =>
      lines.filter((line) => !line.startsWith(sign)).map((line) => line.slice(1));
    return { before: without('+'), after: without('-') };
  });
}

/**
 * Returns the text of a file with changes made to it.
 *
 * @throws Error naming the file, if the lines of a hunk do not occur in it exactly once
 */
export function withChanges(file: string, text: string, hunks: readonly Hunk[]): string {
  let lines: readonly string[] = text.split('\n');
  for (const { before, after } of hunks) {
    const starts = [...lines.keys()].filter((start) =>
      before.every((line, i) => lines[start + i] === line),
    );
    if (starts.length !== 1) {
      const found = `${file} has these lines ${starts.length} times, not once`;
      throw new Error(`${found}:\n${before.join('\n')}`);
    }
    lines = lines.toSpliced(at(starts, 0), before.length, ...after);
  }
  return lines.join('\n');
}

/** Returns the changes that undo some changes. */
export function inverseOf(hunks: readonly Hunk[]): readonly Hunk[] {
  return hunks.map(({ before, after }) => ({ before: after, after: before })).toReversed();
}
