import type { Form } from '../compile/form.ts';
import type { Origin } from '../ir/graph.ts';
import { operands } from '../plan/liveness.ts';
import { positionAt, type Source } from '../syntax/diagnostic.ts';
import { showCount } from './format.ts';
import { rescalingsBefore } from './measure-plan.ts';

/** Levels of the critical path that one expression of the text costs. */
export interface PathStep {
  readonly origin: Origin;
  readonly levels: number;
  /** Loop indices of its first and last occurrence; empty outside of loops. */
  readonly first: readonly number[];
  readonly last: readonly number[];
}

/**
 * One path with the most rescalings, from inputs to an output, as the expressions it passes through in
 * order of their first occurrence.
 */
export function criticalPath({ sketch, origins }: Form): readonly PathStep[] {
  const heights = rescalingsBefore(sketch.ops);
  const height = (value: number) => heights[value] as number;
  const higher = (a: number, b: number) => (height(b) > height(a) ? b : a);
  const steps = new Map<string, PathStep>();
  let value = sketch.outputs.map((output) => output.value).reduce(higher);
  const path: Origin[] = [];
  while (height(value) > 0) {
    const op = sketch.ops[value]!;
    const origin = origins[value];
    if (op.op === 'rescale' && origin) path.push(origin);
    value = operands(op).reduce(higher);
  }
  for (const origin of path.reverse()) {
    const { span, iterations } = origin;
    const key = `${span.start}-${span.end}`;
    const before = steps.get(key) ?? { origin, levels: 0, first: iterations, last: iterations };
    steps.set(key, { ...before, levels: before.levels + 1, last: iterations });
  }
  return [...steps.values()];
}

/** Steps that are told; a path through more expressions is cut. */
const mostSteps = 6;
const longestText = 40;

/** ``line 9: `x*x` (12 levels, iterations 0 to 11); …``, the costliest expressions first. */
export function showPath(steps: readonly PathStep[], source: Source): string {
  const ordered = steps.toSorted((a, b) => b.levels - a.levels);
  const shown = ordered.slice(0, mostSteps).map(({ origin, levels, first, last }) => {
    const text = source.text.slice(origin.span.start, origin.span.end).replace(/\s+/g, ' ');
    const short = text.length > longestText ? `${text.slice(0, longestText)}…` : text;
    const { line } = positionAt(source, origin.span.start);
    const cost = showCount(levels, 'level');
    return `line ${line}: \`${short}\` (${cost}${showIterations(first, last)})`;
  });
  const more = ordered.length - shown.length;
  return shown.join('; ') + (more > 0 ? `; and ${more} more` : '');
}

function showIterations(first: readonly number[], last: readonly number[]): string {
  if (first.length === 0) return '';
  const [from, to] = [first.join(','), last.join(',')];
  return from === to ? `, iteration ${from}` : `, iterations ${from} to ${to}`;
}
