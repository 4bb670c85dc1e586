import { styleText } from 'node:util';
import { evaluatingBackend } from '../../index.ts';
import { formatBytes, formatCount, formatNumber, formatTime } from './format-values.ts';
import type { TrainingResult } from './training.ts';

/** Renders the costs of a training, and the accuracy of its models, as text. */
export function renderTraining(trained: TrainingResult): string {
  const { evaluation, accuracy, backend } = trained;
  const { optimized, timings, memory, params } = evaluation;
  const { levels, depth, ops } = optimized;
  const bits = params.coeffModulusBits.reduce((sum, n) => sum + n, 0);
  const products = formatCount(ops.mul, 'multiplication');
  const largest = {
    error: formatNumber(trained.maxWeightError),
    weight: formatNumber(trained.largestWeight),
    argument: formatNumber(trained.largestArgument),
  };
  const ring = `N = ${params.polyModulusDegree}, modulus ${bits} bits`;
  const costs = [
    ['samples', samplesOf(trained)],
    ['circuit', circuitOf(trained)],
    ['levels', `${levels}, depth ${depth}: ${products}, ${formatCount(ops.rotate, 'rotation')}`],
    ['ring degree', `${ring}, ${params.securityBits}-bit secure`],
    ...stagesOf(trained),
    ['key generation', `${formatTime(timings.keygen)}, ${formatBytes(memory.keyBytes)}`],
    ['upload', `${formatTime(timings.encrypt)}, ${formatBytes(memory.uploadBytes)}`],
    ['evaluate', `${formatTime(timings.evaluate)}, ${formatCount(evaluation.jobs, 'worker')}`],
    ['weights', `largest error ${largest.error}, largest ${largest.weight}`],
    ['polynomial', `for arguments up to ${trained.domain}; the largest was ${largest.argument}`],
  ];
  const models = [
    ['model', `correct of ${trained.tested}`],
    [
      evaluatingBackend(backend).encrypts ? 'encrypted' : 'plan in the clear',
      percent(accuracy.evaluated),
    ],
    ['in the clear, same polynomial', percent(accuracy.clear)],
    [`in the clear, true ${trained.exact}`, percent(accuracy.exact)],
  ];
  return `${renderCosts(costs)}\n\n${renderModels(models)}`;
}

type Row = readonly string[];

function renderCosts(rows: readonly Row[]): string {
  const width = widthOf(rows, 0);
  return rows
    .map(([label = '', text]) => `${styled('dim', label.padEnd(width))}  ${text}`)
    .join('\n');
}

/** Renders a table: the first row is the head, the second one is emphasized. */
function renderModels(rows: readonly Row[]): string {
  const [labels, figures] = [widthOf(rows, 0), widthOf(rows, 1)];
  const lines = rows.map(([label = '', figure = ''], row) => {
    const [left, right] = [label.padEnd(labels), figure.padStart(figures)];
    if (row === 0) return `${styled('dim', left)}  ${styled('dim', right)}`;
    return `${left}  ${row === 1 ? styled('bold', right) : right}`;
  });
  return lines.join('\n');
}

const widthOf = (rows: readonly Row[], column: number): number =>
  Math.max(...rows.map((row) => row[column]?.length ?? 0));

/** Styles a text if standard output is a terminal. */
const styled = (style: 'dim' | 'bold', text: string): string =>
  styleText(style, text, { stream: process.stdout });

/** Returns a row with the sizes of the stages, if there are several. */
function stagesOf({ evaluation: { stages = [] } }: TrainingResult): readonly (readonly string[])[] {
  if (stages.length === 0) return [];
  const sizes = stages.map(({ steps }) => steps).join(', ');
  return [['stages', `${stages.length}, of ${sizes} statements and iterations`]];
}

function samplesOf(trained: TrainingResult): string {
  const { data, classes, minibatches, steps, epochs, samples, width } = trained;
  const times = epochs > 1 ? `, ${epochs} times each` : '';
  const batches = minibatches
    ? `${steps * samples} in ${formatCount(steps, 'minibatch')} of ${samples}${times}`
    : `${samples}, all in each of ${formatCount(steps, 'step')}`;
  return `${data}, ${classes[0]} against ${classes[1]}: ${batches}, ${width} weights`;
}

function circuitOf({ circuit, params }: TrainingResult): string {
  const values = Object.entries(params).map(([name, value]) => `${name} = ${value}`);
  return `${circuit}, ${values.join(', ')}`;
}

function percent(share: number): string {
  return `${(100 * share).toFixed(2)} %`;
}

/** Returns a training as a JSON document; `evaluation` has the fields of `shoal eval --json`. */
export function trainingToJson(trained: TrainingResult): unknown {
  const { evaluation, ...fields } = trained;
  const { outputs, ...costs } = evaluation;
  return { ...fields, weights: outputs.w, evaluation: costs };
}
