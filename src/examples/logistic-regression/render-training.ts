import { styleText } from 'node:util';
import { evaluatingBackend } from '../../index.ts';
import { formatBytes, formatCount, formatNumber, formatTime } from './format-values.ts';
import type { Trained } from './training.ts';

/** A training as people read it: what it took, and what the models are worth. */
export function renderTraining(trained: Trained): string {
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
    ['trained', `right of ${trained.tested}`],
    [
      evaluatingBackend(backend).encrypts ? 'encrypted' : 'the plan in clear',
      percent(accuracy.evaluated),
    ],
    ['in clear, same polynomial', percent(accuracy.clear)],
    [`in clear, true ${trained.exact}`, percent(accuracy.exact)],
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

/** The first row is a head, the second one is what everybody looks for. */
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

/** Styled, where standard output is a terminal. */
const styled = (style: 'dim' | 'bold', text: string): string =>
  styleText(style, text, { stream: process.stdout });

/** Between stages the client decrypts the model and encrypts it again. */
function stagesOf({ evaluation: { stages = [] } }: Trained): readonly (readonly string[])[] {
  if (stages.length === 0) return [];
  return [['stages', `${stages.length}, of ${stages.map(({ steps }) => steps).join(', ')} steps`]];
}

function samplesOf(trained: Trained): string {
  const { data, classes, minibatches, steps, epochs, samples, width } = trained;
  const times = epochs > 1 ? `, ${epochs} times each` : '';
  const batches = minibatches
    ? `${steps * samples} in ${formatCount(steps, 'minibatch')} of ${samples}${times}`
    : `${samples}, all in each of ${formatCount(steps, 'step')}`;
  return `${data}, ${classes[0]} against ${classes[1]}: ${batches}, ${width} weights`;
}

function circuitOf({ circuit, params }: Trained): string {
  const values = Object.entries(params).map(([name, value]) => `${name} = ${value}`);
  return `${circuit}, ${values.join(', ')}`;
}

function percent(share: number): string {
  return `${(100 * share).toFixed(2)} %`;
}

/** A training as a JSON document: its own findings, and what `shoal eval --json` says. */
export function trainingToJson(trained: Trained): unknown {
  const { evaluation, ...own } = trained;
  const { outputs, ...costs } = evaluation;
  return { ...own, weights: outputs.w, evaluation: costs };
}
