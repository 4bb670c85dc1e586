import { parse, View } from 'vega';
import { compile, type TopLevelSpec } from 'vega-lite';
import { timeOf } from './render-table.ts';
import type { Results } from './table-results.ts';
import { LEVEL_ROWS, MEASURED_ROWS, MEASURED_STEPS, STEPS } from './table-rows.ts';

export const PLOT_FILE = new URL('../../docs/logistic-regression.svg', import.meta.url);

/** Workers that the plot shows times for. */
const JOBS = 2;

/** Evaluated by HIT, compiled for the machine: the baseline, on two cores. In milliseconds. */
const HIT_MS: Readonly<Record<number, number>> = { 1: 360, 2: 4100, 3: 10_500 };

/** Grey and colors that stand out on white and on black ("Color Universal Design", Okabe and Ito). */
const INK = '#808080';
const COLORS = ['#808080', '#d55e00', '#0072b2', '#009e73', '#cc79a7', '#e69f00'];

/** Levels and times of evaluation by minibatches, as SVG. */
export async function plot(results: Results): Promise<string> {
  const view = new View(parse(compile(specOf(results)).spec), { renderer: 'none' });
  const svg = await view.toSVG();
  view.finalize();
  return `${svg}\n`;
}

function specOf(results: Results): TopLevelSpec {
  const levels = LEVEL_ROWS.flatMap(({ id, name, start }) =>
    STEPS.flatMap((k) => {
      const cell = results.levels[id]?.[k];
      const circuit = name.replaceAll('`', '');
      return cell && 'levels' in cell ? [{ k, levels: cell.levels, circuit, start }] : [];
    }),
  );
  const x = { field: 'k', type: 'ordinal', axis: { labelAngle: 0, title: 'minibatches' } } as const;
  const size = { width: 320, height: 300 } as const;
  const mark = { type: 'line', point: { filled: true, size: 50 }, strokeWidth: 2 } as const;
  const start = {
    field: 'start',
    type: 'nominal',
    scale: {
      domain: ['encrypted', 'zero'],
      range: [
        [1, 0],
        [5, 4],
      ],
    },
    legend: { title: 'weights at first' },
  } as const;
  const circuit = (title: string) =>
    ({ field: 'circuit', type: 'nominal', scale: { range: COLORS }, legend: { title } }) as const;
  return {
    $schema: 'https://vega.github.io/schema/vega-lite/v6.json',
    background: 'transparent',
    config: configuration,
    resolve: { scale: { color: 'independent', strokeDash: 'independent' } },
    hconcat: [
      {
        title: 'levels',
        ...size,
        data: { values: levels },
        mark,
        encoding: {
          x,
          y: { field: 'levels', type: 'quantitative', title: null },
          color: circuit('circuit'),
          strokeDash: start,
        },
      },
      {
        title: 'seconds of evaluation',
        ...size,
        data: { values: timesOf(results) },
        encoding: {
          x,
          y: { field: 'seconds', type: 'quantitative', scale: { type: 'log' }, title: null },
          color: circuit(`circuit, ${JOBS} workers`),
          strokeDash: start,
        },
        layer: [
          { mark: { type: 'line', strokeWidth: 2 } },
          {
            mark: { type: 'point', size: 50, strokeWidth: 2 },
            encoding: {
              fill: {
                condition: { test: 'datum.measured', field: 'circuit', scale: { range: COLORS } },
                value: 'transparent',
              },
            },
          },
        ],
      },
    ],
  } as TopLevelSpec;
}

function timesOf(results: Results) {
  const own = MEASURED_ROWS.flatMap((row) =>
    MEASURED_STEPS.flatMap((k) => {
      const time = timeOf(results, row, k, JOBS);
      const circuit = row.name.replaceAll('`', '');
      const { start } = row;
      return time ? [{ k, seconds: time.ms / 1000, circuit, start, measured: time.measured }] : [];
    }),
  );
  const hit = Object.entries(HIT_MS).map(([k, ms]) => ({
    k: Number(k),
    seconds: ms / 1000,
    circuit: 'baseline in HIT, native',
    start: 'encrypted',
    measured: true,
  }));
  return [...own, ...hit];
}

const configuration = {
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
