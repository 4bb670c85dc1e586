import { parse, View } from 'vega';
import { compile, type TopLevelSpec } from 'vega-lite';
import { ROOT } from './paths.ts';
import { cellTime } from './render-table.ts';
import type { Results } from './table-results.ts';
import { LEVEL_ROWS, MEASURED_ROWS, MEASURED_STEPS, STEPS } from './table-rows.ts';

export const PLOT_FILE = new URL('docs/logistic-regression.svg', ROOT);

/** Number of workers whose times the plot shows. */
const JOBS = 2;

/**
 * Evaluation times of the baseline by minibatches, in HIT compiled to native code, on two cores, in
 * milliseconds.
 */
const HIT_MS: Readonly<Record<number, number>> = { 1: 360, 2: 4100, 3: 10_500 };

const HIT = 'baseline in HIT, native';

/**
 * A grey and colors that are visible on white and on black ("Color Universal Design", Okabe and
 * Ito).
 */
const INK = '#808080';
const COLORS = ['#808080', '#d55e00', '#e69f00', '#cc79a7', '#0072b2', '#009e73'];

/** Returns a plot of levels and evaluation times by number of minibatches, as SVG. */
export async function plot(results: Results): Promise<string> {
  const view = new View(parse(compile(specOf(results)).spec), { renderer: 'none' });
  const svg = await view.toSVG();
  view.finalize();
  return `${svg}\n`;
}

function specOf(results: Results): TopLevelSpec {
  const size = { width: 300, height: 300 };
  const x = {
    ...{ field: 'k', type: 'ordinal', scale: { domain: STEPS } },
    axis: { labelAngle: 0, title: 'minibatches' },
  };
  const circuits = [...new Set(LEVEL_ROWS.map(nameOf)), HIT];
  const encoding = {
    x,
    color: {
      ...{ field: 'circuit', type: 'nominal' },
      scale: { domain: circuits, range: COLORS },
      legend: { title: 'circuit', symbolType: 'stroke' },
    },
    strokeDash: {
      ...{ field: 'start', type: 'nominal' },
      scale: {
        domain: ['encrypted', 'zero'],
        range: [
          [1, 0],
          [5, 4],
        ],
      },
      legend: { title: 'initial weights', symbolType: 'stroke', symbolStrokeColor: INK },
    },
  };
  const y = (field: string, scale: object) => ({
    ...{ field, type: 'quantitative', title: null },
    ...scale,
  });
  const line = { mark: { type: 'line', strokeWidth: 2 } };
  const points = (measured: boolean) => ({
    mark: { type: 'point', size: 50, opacity: 1, filled: measured },
    transform: [{ filter: `datum.measured === ${measured}` }],
    encoding: { strokeDash: { value: [1, 0] } },
  });
  const panel = (title: string, values: readonly object[], axis: object) => ({
    ...{ title, ...size, data: { values } },
    encoding: { ...encoding, y: axis },
    layer: [line, points(true), points(false)],
  });
  const seconds = {
    scale: { type: 'log' },
    axis: { values: [0.1, 0.3, 1, 3, 10, 30, 100, 300], format: '~g' },
  };
  // Vega-Lite's types require literal types in every field; `compile` checks the specification.
  return {
    $schema: 'https://vega.github.io/schema/vega-lite/v6.json',
    background: 'transparent',
    config: CONFIGURATION,
    hconcat: [
      panel('levels', levelsOf(results), y('levels', {})),
      panel(
        `seconds of evaluation, ${JOBS} workers (hollow: extrapolated)`,
        timesOf(results),
        y('seconds', seconds),
      ),
    ],
  } as TopLevelSpec;
}

const nameOf = ({ name }: { readonly name: string }): string => name.replaceAll('`', '');

function levelsOf({ levels }: Results): readonly object[] {
  return LEVEL_ROWS.flatMap((row) =>
    STEPS.flatMap((k) => {
      const cell = levels[row.id]?.[k];
      if (!cell || 'missing' in cell) return [];
      return [{ k, levels: cell.levels, circuit: nameOf(row), start: row.start, measured: true }];
    }),
  );
}

function timesOf(results: Results): readonly object[] {
  const own = MEASURED_ROWS.flatMap((row) =>
    MEASURED_STEPS.flatMap((k) => {
      const time = cellTime(results, row, k, JOBS);
      if (!time) return [];
      const { ms, measured } = time;
      return [{ k, seconds: ms / 1000, circuit: nameOf(row), start: row.start, measured }];
    }),
  );
  const native = Object.entries(HIT_MS).map(([k, ms]) => ({
    ...{ k: Number(k), seconds: ms / 1000, circuit: HIT, start: 'encrypted', measured: true },
  }));
  return [...own, ...native];
}

const CONFIGURATION = {
  font: 'sans-serif',
  axis: {
    labelColor: INK,
    titleColor: INK,
    domainColor: INK,
    tickColor: INK,
    gridColor: INK,
    gridOpacity: 0.25,
  },
  legend: { labelColor: INK, titleColor: INK, labelLimit: 300 },
  title: { color: INK },
  view: { stroke: null },
} as const;
