import type { Pass } from '../../src/passes/pass.ts';
import { ADDED_PASSES, PASSES, RESTRUCTURE } from '../../src/passes/pass-list.ts';
import { REQUIREMENTS } from '../../src/passes/requirements.ts';
import { printCase, runCase } from '../support/pass-cases.ts';
import { withTable } from './command-tables.ts';

/** The lines of docs/optimizer.md around the passes. */
const MARKERS = {
  from: '<!-- the passes, written by `npm run docs` -->',
  to: '<!-- end of the passes -->',
} as const;

function fenced(language: string, text: string): string {
  return `\`\`\`${language}\n${text}\`\`\``;
}

function sectionOf(pass: Pass): string {
  const { name, summary, example, requires } = pass;
  const does = `${summary.charAt(0).toUpperCase()}${summary.slice(1)}.`;
  const requirements = requires.map((key) => REQUIREMENTS[key].sentence);
  const required = requirements.length > 0 ? `\nIt requires that ${requirements.join('; ')}.` : '';
  const [before, after] = printCase(runCase(pass, example)).map((text) => fenced('text', text));
  if (before === after)
    throw new Error(`src/passes/${name}.ts: the pass leaves its example unchanged`);
  const parts = [`### ${name}`, does + required, fenced('circ', example), before, 'becomes', after];
  return `${parts.join('\n\n')}\n`;
}

/** Returns docs/optimizer.md with its sections of passes replaced. */
export function withPasses(page: string): string {
  const [from, to] = [page.indexOf(MARKERS.from), page.indexOf(MARKERS.to)];
  if (from < 0 || to < from) throw new Error('docs/optimizer.md has no lines for the passes');
  const sections = PASSES.map(sectionOf).join('\n');
  return `${page.slice(0, from)}${MARKERS.from}\n\n${sections}\n${page.slice(to)}`;
}

/** The purpose of each optimization level. */
const AIMS = {
  1: 'compute equal operations once, and drop those without effect',
  2: 'combine operands in order of arrival level; near-linear time',
  3: 'restructure across iterations',
} as const;

/** Returns docs/design/optimizer.md with its table of optimization levels replaced. */
export function withLevels(page: string): string {
  const names = (passes: readonly Pass[]) => passes.map(({ name }) => name).join(', ');
  const { prepare, meetGoal } = RESTRUCTURE;
  return withTable(page, 'optimization levels', [
    ['`-O`', 'passes', 'purpose'],
    ['1', names(ADDED_PASSES[1]), AIMS[1]],
    ['2', names(ADDED_PASSES[2]), AIMS[2]],
    ['3', `${names(prepare)}; then for each goal ${names(meetGoal)}`, AIMS[3]],
  ]);
}
