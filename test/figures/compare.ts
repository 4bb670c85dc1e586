import type { Figures, Measured } from './figures.ts';

/** All figures of a version: by program, then by setting. */
export type FigureTable = Readonly<Record<string, Readonly<Record<string, Measured>>>>;

/** A figure that differs between two versions. */
export interface Change {
  readonly program: string;
  readonly setting: string;
  readonly figure: string;
  readonly before: string;
  readonly after: string;
  /**
   * `worse`; `better`; or `traded`: a figure is worse, and the one that the objective asks for is
   * better.
   */
  readonly kind: 'worse' | 'traded' | 'better';
}

/** Figures that are not times, and how they are shown. */
const COUNTS = ['depth', 'levels', 'mul', 'mulPlain', 'rotate'] as const;

/** Relative difference of predicted times that counts as one: less is rounding. */
const LEAST_DIFFERENCE = 1e-6;

/** A missing time or number of levels is the worst, so that parameters are not lost unseen. */
function numberOf(value: number | null): number {
  return value ?? Number.POSITIVE_INFINITY;
}

/** Returns 1 if a figure is larger after than before, -1 if it is smaller, else 0. */
function order(before: number | null, after: number | null): number {
  const [from, to] = [numberOf(before), numberOf(after)];
  if (to > from * (1 + LEAST_DIFFERENCE)) return 1;
  return to < from * (1 - LEAST_DIFFERENCE) ? -1 : 0;
}

/** Whether the figure that a setting asks for is better after than before. */
function isAimBetter(setting: string, before: Figures, after: Figures): boolean {
  if (setting.endsWith('time') && before.predictedMs !== null)
    return order(before.predictedMs, after.predictedMs) < 0;
  // Circuits of the same levels and depth are chosen by their times.
  const levels = order(before.levels, after.levels) || order(before.depth, after.depth);
  return (levels || order(before.predictedMs, after.predictedMs)) < 0;
}

function changesOf(
  setting: string,
  before: Measured,
  after: Measured,
): readonly Omit<Change, 'program'>[] {
  if ('error' in before || 'error' in after) {
    const [was, is] = [before, after].map((one) => ('error' in one ? one.error : 'compiles'));
    if (was === is || ('error' in before && 'error' in after)) return [];
    const kind = 'error' in after ? 'worse' : 'better';
    return [{ setting, figure: 'result', before: `${was}`, after: `${is}`, kind }];
  }
  const worse = isAimBetter(setting, before, after) ? 'traded' : 'worse';
  return [...COUNTS, 'predictedMs' as const].flatMap((figure) => {
    const direction = order(before[figure], after[figure]);
    if (direction === 0) return [];
    const shown = (value: number | null) =>
      value === null ? '–' : String(Math.round(100 * value) / 100);
    return [
      {
        setting,
        figure,
        before: shown(before[figure]),
        after: shown(after[figure]),
        kind: direction > 0 ? worse : 'better',
      },
    ];
  });
}

/** Returns the differences between two versions, for programs and settings that both have. */
export function changes(before: FigureTable, after: FigureTable): readonly Change[] {
  return Object.entries(after).flatMap(([program, settings]) =>
    Object.entries(settings).flatMap(([setting, measured]) => {
      const earlier = before[program]?.[setting];
      if (!earlier) return [];
      return changesOf(setting, earlier, measured).map((change) => ({ program, ...change }));
    }),
  );
}
