import type { DebugJson, DebugStep, OperationPlace } from './debug.ts';
import { colorsOf, showCount, showNumber, table } from './format.ts';

/** Operations nearest to their bounds that are listed; JSON has them all. */
const mostNearest = 12;

/** All operations are within their bounds: what is nearest to them. */
export function renderChecks({ steps }: DebugJson, color: boolean): string {
  const c = colorsOf(color);
  const nearest = steps.toSorted((a, b) => b.ratio - a.ratio).slice(0, mostNearest);
  const summary = `${showCount(steps.length, 'operation')} on ciphertexts, all within their bounds`;
  return [
    c.green(summary),
    '',
    byKind(steps, color),
    '',
    c.dim('nearest to their bounds:'),
    stepTable(nearest, color),
    '',
  ].join('\n');
}

function byKind(steps: readonly DebugStep[], color: boolean): string {
  const kinds = [...new Set(steps.map(({ op }) => op))];
  const body = kinds.map((kind) => {
    const own = steps.filter(({ op }) => op === kind);
    const largest = (figure: 'error' | 'ratio') =>
      own.reduce((most, step) => Math.max(most, step[figure]), 0);
    return [kind, `${own.length}`, showNumber(largest('error')), showRatio(largest('ratio'))];
  });
  return table(body, {
    head: ['operation', 'count', 'largest error', 'of its bound'],
    align: ['left', 'right', 'right', 'right'],
    color,
  });
}

function stepTable(steps: readonly DebugStep[], color: boolean): string {
  const body = steps.map((step) => [
    `${step.index}`,
    step.op,
    `${step.level}`,
    showNumber(step.scaleBits),
    showNumber(step.magnitude),
    showNumber(step.error),
    `${showNumber(step.bound)}${step.sampled ? '*' : ''}`,
    showRatio(step.ratio),
    showPlace(step),
  ]);
  const note = steps.some(({ sampled }) => sampled) ? '\n* likely, not proven: by samples' : '';
  return (
    table(body, {
      head: ['', 'operation', 'level', 'scale', 'magnitude', 'error', 'bound', 'ratio', 'from'],
      align: ['right', 'left', 'right', 'right', 'right', 'right', 'right', 'right', 'left'],
      color,
    }) + note
  );
}

/** The first operation that leaves its bound: what went in, what should have come out, what did. */
export function renderFault({ fault, steps }: DebugJson, color: boolean): string {
  if (!fault) return '';
  const c = colorsOf(color);
  const where = `slot ${fault.slot} of instance ${fault.instance}`;
  const operands = fault.operands.map(({ index, op, expected, got, error, ...place }, i) => [
    `operand ${i + 1}`,
    `${expected}`,
    `${got}`,
    showNumber(error),
    '',
    `${index} ${op}${place.line > 0 ? `, ${showPlace(place)}` : ''}`,
  ]);
  const result = [
    'result',
    `${fault.expected}`,
    `${fault.got}`,
    c.red(showNumber(fault.error)),
    `${showNumber(fault.bound)}${fault.sampled ? ' by samples' : ''}`,
    '',
  ];
  return [
    c.red(`operation ${fault.index} (${fault.op}) leaves its bound`),
    ...(fault.line > 0 ? [showPlace(fault)] : []),
    c.dim(
      `level ${fault.level}, scale ${showNumber(fault.scaleBits)} bits, ${where}; ${showCount(steps.length - 1, 'operation')} before it within their bounds`,
    ),
    '',
    table([...operands, result], {
      head: ['', 'expected', 'got', 'error', 'bound', 'from'],
      align: ['left', 'right', 'right', 'right', 'right', 'left'],
      color,
    }),
    '',
  ].join('\n');
}

/** ``circuit.circ:3:5 `x*x` iteration 2``; nothing where the text is not known. */
function showPlace({ file, line, column, expression, iterations }: OperationPlace): string {
  if (line === 0) return '';
  const iteration = iterations.length > 0 ? ` iteration ${iterations.join(',')}` : '';
  return `${file}:${line}:${column} \`${expression}\`${iteration}`;
}

function showRatio(ratio: number): string {
  return Number.isFinite(ratio) ? `${showNumber(100 * ratio, 2)} %` : '∞';
}
