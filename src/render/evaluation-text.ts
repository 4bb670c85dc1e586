import type { Evaluation } from '../backends/evaluation.ts';
import type { TensorDeclaration } from '../data/json-tensors.ts';
import { defined } from '../lookup.ts';
import { showBytes } from '../memory/show-bytes.ts';
import type { Measures } from '../plan/measures.ts';
import { leastBudget } from '../plan/outputs.ts';
import type { Plan } from '../plan/plan.ts';
import { noiseBudgets, predictedError } from '../report/circuit-report.ts';
import { type Deviation, type Outputs, totalTime } from '../report/deviations.ts';
import { showCount, showNumber, showTime } from '../report/show-values.ts';
import type { VectorsSummary } from '../report/vector-results.ts';
import { showElement } from '../tensor/tensor.ts';
import { type Colors, colorsOf, wrap } from './text-layout.ts';
import { table } from './text-table.ts';

/** One evaluated form of a circuit. */
export interface EvaluatedView {
  readonly plan: Plan;
  readonly measures: Measures;
  readonly evaluation: Evaluation;
  readonly deviation: Deviation;
  /** Predicted memory in bytes; null if nothing is encrypted. */
  readonly predictedMemory: number | null;
}

/** Number of columns that a terminal has beside the labels. */
const LIST_WIDTH = 68;
/** Limit on the printed elements of an output; JSON has all. */
const MOST_ELEMENTS = 8;
/** Limit on the listed misses. */
const MOST_MISSES = 20;

/** Renders a line such as `y = 17.9999998` for each output. */
export function renderOutputs(
  outputs: Outputs,
  slots: readonly TensorDeclaration[],
  c: Colors,
): string {
  return slots
    .map(({ name, shape }) => {
      const data = outputs.get(name) ?? new Float64Array();
      return `${c.bold(name)} = ${shape.length === 0 ? showValue(defined(data[0])) : showTensor(data, shape)}\n`;
    })
    .join('');
}

function showTensor(data: Float64Array, shape: readonly number[]): string {
  const shown = [...data.subarray(0, MOST_ELEMENTS)].map(showValue).join(', ');
  const more = data.length > MOST_ELEMENTS ? `, … ${data.length - MOST_ELEMENTS} more` : '';
  const size = shape.length > 1 ? ` (${shape.join(' × ')})` : '';
  return `[${shown}${more}]${size}`;
}

/** Returns all digits that a number has. */
function showValue(x: number): string {
  return `${x}`;
}

/** Renders errors, parameters, times and memory of one evaluation. */
export function renderCosts(evaluated: EvaluatedView, encrypted: boolean, color: boolean): string {
  const { plan, measures, evaluation, deviation, predictedMemory } = evaluated;
  const { jobs, timings, memory } = evaluation;
  const workers = jobs > 1 ? ` by ${jobs} workers` : '';
  const phases = encrypted
    ? Object.entries(timings).map(
        ([phase, ms]) => `${phase} ${showTime(ms)}${phase === 'evaluate' ? workers : ''}`,
      )
    : [`evaluate ${showTime(timings.evaluate)}`];
  const uses = encrypted
    ? [
        `process ${showBytes(memory.peakRssBytes)}`,
        `SEAL ${showBytes(memory.heapBytes + memory.keyBytes)} (predicted ${showBytes(predictedMemory ?? 0)})`,
        `keys ${showBytes(memory.keyBytes)}`,
        `upload ${showBytes(memory.uploadBytes)}`,
      ]
    : [`process ${showBytes(memory.peakRssBytes)}`];
  return table(
    [
      ['error', showDeviation(deviation)],
      ...promised(plan, evaluation),
      [
        'circuit',
        [
          `depth ${measures.depth}`,
          ...(measures.levels === null ? [] : [showCount(measures.levels, 'level')]),
          showCount(measures.ops.mul, 'multiplication'),
        ].join(', '),
      ],
      ['parameters', showParams(plan)],
      ...rowsOf('time', phases),
      ...rowsOf('memory', uses),
    ].map(([label = '', text = '']) => [colorsOf(color).dim(label), text]),
    { color },
  );
}

/** Returns the rows of a list; a list that is wider than a terminal continues in further rows. */
function rowsOf(label: string, items: readonly string[]): readonly string[][] {
  // A non-breaking space keeps a number beside its unit.
  const unbroken = items.map((item) => item.replaceAll(' ', '\u00a0')).join(', ');
  const lines = wrap(unbroken, LIST_WIDTH).replaceAll('\u00a0', ' ').split('\n');
  return lines.map((line, i) => [i === 0 ? label : '', line]);
}

/** Returns what a plan promises: an error bound, or a noise budget with the measured one. */
function promised(plan: Plan, { noiseBudgets: measured }: Evaluation): readonly string[][] {
  const budgets = noiseBudgets(plan);
  if (!budgets) return [['promised', `at most ${showNumber(predictedError(plan))}`]];
  const least = leastBudget(Object.values(budgets));
  if (least === null) return [];
  const left = leastBudget(Object.values(measured ?? {}));
  const found = left === null ? '' : `, ${showCount(left, 'bit')} measured`;
  return [['noise budget', `at least ${showCount(least, 'bit')}${found}`]];
}

function scaleBitsOf({ params }: Plan): string {
  return 'scaleBits' in params ? `${params.scaleBits}` : '–';
}

function showDeviation({ maxAbsError, maxRelError }: Deviation): string {
  return `${showNumber(maxAbsError)} absolute, ${showNumber(maxRelError)} relative`;
}

function showParams({ params }: Plan): string {
  const bits = params.coeffModulusBits.reduce((sum, n) => sum + n, 0);
  const { polyModulusDegree, securityBits } = params;
  const own =
    'scaleBits' in params ? `scale ${params.scaleBits} bits` : `t = ${params.plainModulus}`;
  return `N = ${polyModulusDegree}, modulus ${bits} bits, ${own}, ${securityBits}-bit secure`;
}

/**
 * Renders the source form beside the optimized form.
 *
 * @param source the evaluated source form, or the reason why it was not evaluated
 */
export function renderComparison(
  source: EvaluatedView | string,
  optimized: EvaluatedView,
  first: {
    readonly source: Outputs | undefined;
    readonly optimized: Outputs;
    readonly clear: Outputs;
  },
  slots: readonly TensorDeclaration[],
  color: boolean,
): string {
  const c = colorsOf(color);
  const other = typeof source === 'string' ? undefined : source;
  const row = (label: string, show: (form: EvaluatedView) => string): readonly string[] => {
    const [before, after] = [other ? show(other) : '–', show(optimized)];
    return [label, before, before === after ? after : c.bold(after)];
  };
  const time = (phase: keyof Evaluation['timings']) =>
    row(`${phase} time`, ({ evaluation }) => showTime(evaluation.timings[phase]));
  const bits = ({ plan }: EvaluatedView) =>
    plan.params.coeffModulusBits.reduce((sum, n) => sum + n, 0);
  const body = [
    row('depth', ({ measures }) => `${measures.depth}`),
    row('levels', ({ measures }) => `${measures.levels ?? '–'}`),
    row('width', ({ measures }) => `${measures.width}`),
    row('multiplications', ({ measures }) => `${measures.ops.mul}`),
    row('ring degree N', ({ plan }) => `${plan.params.polyModulusDegree}`),
    row('modulus bits', (form) => `${bits(form)}`),
    ...('scaleBits' in optimized.plan.params
      ? [row('scale bits', ({ plan }) => scaleBitsOf(plan))]
      : []),
    time('setup'),
    time('keygen'),
    time('encrypt'),
    time('evaluate'),
    time('decrypt'),
    row('workers', ({ evaluation }) => `${evaluation.jobs}`),
    row('total time', ({ evaluation }) => showTime(totalTime(evaluation))),
    row('SEAL memory', ({ evaluation: { memory } }) =>
      showBytes(memory.heapBytes + memory.keyBytes),
    ),
    row('predicted memory', ({ predictedMemory }) =>
      predictedMemory === null ? '–' : showBytes(predictedMemory),
    ),
    row('keys', ({ evaluation }) => showBytes(evaluation.memory.keyBytes)),
    row('upload', ({ evaluation }) => showBytes(evaluation.memory.uploadBytes)),
    row('error', ({ deviation }) => showNumber(deviation.maxAbsError)),
    row('promised error', ({ plan }) => showNumber(predictedError(plan))),
  ];
  const values = slots.flatMap(({ name, shape }) => valueRows(name, shape, first));
  const reason =
    typeof source === 'string'
      ? [`\n${c.yellow(`the source form was not evaluated: ${source}`)}`]
      : [];
  return [
    table(body, { head: ['', 'source', 'optimized'], align: ['left', 'right', 'right'], color }),
    '',
    table(values, {
      head: ['output', 'source', 'optimized', 'in the clear'],
      align: ['left', 'right', 'right', 'right'],
      color,
    }),
    ...reason,
  ].join('\n');
}

function valueRows(
  name: string,
  shape: readonly number[],
  outputs: {
    readonly source: Outputs | undefined;
    readonly optimized: Outputs;
    readonly clear: Outputs;
  },
): readonly (readonly string[])[] {
  const data = outputs.optimized.get(name) ?? new Float64Array();
  const rows = [...data.subarray(0, MOST_ELEMENTS)].map((x, i) => [
    `${name}${showElement(i, shape)}`,
    outputs.source ? showValue(outputs.source.get(name)?.[i] ?? 0) : '–',
    showValue(x),
    showValue(outputs.clear.get(name)?.[i] ?? 0),
  ]);
  const more = data.length - MOST_ELEMENTS;
  return more > 0 ? [...rows, [`… ${more} more`, '', '', '']] : rows;
}

/** Renders the misses and the number of vectors that hit. */
export function renderVectors(
  { passed, failed, tolerance, results }: VectorsSummary,
  slots: readonly TensorDeclaration[],
  color: boolean,
): string {
  const c = colorsOf(color);
  const shapes = new Map(slots.map(({ name, shape }) => [name, shape]));
  const misses = results.flatMap(({ vector, name, misses }) =>
    misses.map(({ output, element, got, expected, allowed }) => [
      name ?? `${vector}`,
      `${output}${showElement(element, shapes.get(output) ?? [])}`,
      showValue(expected),
      showValue(got),
      showNumber(Math.abs(got - expected)),
      showNumber(allowed),
    ]),
  );
  const more = misses.length > MOST_MISSES ? `… ${misses.length - MOST_MISSES} more misses\n` : '';
  const list =
    misses.length === 0
      ? ''
      : `${table(misses.slice(0, MOST_MISSES), {
          head: ['vector', 'output', 'expected', 'got', 'difference', 'allowed'],
          align: ['left', 'left', 'right', 'right', 'right', 'right'],
          color,
        })}\n${more}`;
  const summary = `${passed} of ${showCount(passed + failed, 'vector')} hit, tolerance ${showNumber(tolerance)}`;
  return `${list}${failed === 0 ? c.green(summary) : c.red(summary)}\n`;
}
