import { isWithin, operationsOf } from '../compile/candidate.ts';
import type { Compilation } from '../compile/compile.ts';
import type { Diagnostic } from '../syntax/diagnostic.ts';
import { showCount } from './show-values.ts';

/** Returns a warning if no circuit was found within the limits on width and operations. */
export function unmetLimits({ aim, optimized, candidates }: Compilation): readonly Diagnostic[] {
  if (isWithin(optimized, aim)) return [];
  const least = (figures: readonly number[]) =>
    figures.reduce((a, b) => Math.min(a, b), Number.POSITIVE_INFINITY);
  const limits: string[] = [];
  if (aim.maxWidth !== undefined) {
    const width = least(candidates.map(({ measures }) => measures.width));
    limits.push(`a width of at most ${aim.maxWidth} (the narrowest has ${width})`);
  }
  if (aim.maxOps !== undefined) {
    const ops = least(candidates.map(({ measures }) => operationsOf(measures.ops)));
    limits.push(`at most ${showCount(aim.maxOps, 'operation')} (the smallest has ${ops})`);
  }
  const message = `no circuit was found with ${limits.join(' and ')}`;
  const help =
    'raise --max-width or --max-ops, or search more circuits with -O3 and a larger --budget';
  return [
    { severity: 'warning', code: 'limits-not-met', message, span: { start: 0, end: 0 }, help },
  ];
}
