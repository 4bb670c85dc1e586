import type { Pass } from '../../src/passes/pass.ts';
import { ADDED_PASSES, PASSES, RESTRUCTURE } from '../../src/passes/pass-list.ts';
import { REQUIREMENTS } from '../../src/passes/requirements.ts';
import { printCase, runCase } from '../support/pass-cases.ts';
import { withTable } from './command-tables.ts';

/** Lines of docs/optimizer.md between which the passes are shown. */
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
  const parts = [`### ${name}`, does + required, fenced('circ', example), before, 'becomes', after];
  return `${parts.join('\n\n')}\n`;
}

/** docs/optimizer.md with each pass on its example. */
export function withPasses(page: string): string {
  const [from, to] = [page.indexOf(MARKERS.from), page.indexOf(MARKERS.to)];
  if (from < 0 || to < from) throw new Error('docs/optimizer.md has no place for the passes');
  const sections = PASSES.map(sectionOf).join('\n');
  return `${page.slice(0, from)}${MARKERS.from}\n\n${sections}\n${page.slice(to)}`;
}

/** What each optimization level is for. */
const AIMS = {
  1: 'compute equal operations once, and none that has no effect',
  2: 'take operands in the order of arrival; near-linear in time',
  3: 'restructure across iterations',
} as const;

/** docs/design/optimizer.md with the passes of each level. */
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
