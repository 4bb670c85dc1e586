import type { Form } from '../compile/form.ts';
import { type Arrival, arrivalsIn, compareArrivals } from '../ir/arrival.ts';
import type { Origin } from '../ir/graph.ts';
import { at } from '../lookup.ts';
import { operands } from '../plan/liveness.ts';
import type { PlanOp } from '../plan/plan.ts';
import { SCHEMES } from '../schemes/schemes.ts';
import { filePositionAt, type Source, spanText } from '../syntax/diagnostic.ts';
import { countBefore } from './measure-plan.ts';
import { showCount } from './show-values.ts';

/** A multiplication on the critical path, which takes a level. */
export interface PathStep {
  /** Its index in the sketch's operations. */
  readonly op: number;
  readonly origin: Origin | undefined;
  /** The arrival of its factors, and of its rescaled value. */
  readonly operands: readonly Arrival[];
  readonly after: Arrival;
}

/**
 * A path with the most rescalings and, among those, the most ciphertext multiplications. In BFV and
 * BGV, a path with the most multiplications.
 */
export interface CriticalPath {
  /** The output at its end; undefined if the value at its end is one that no output needs. */
  readonly output: string | undefined;
  /** In order, from an input to the output. */
  readonly steps: readonly PathStep[];
}

/** Finds the critical path of a form in time linear in its operations. */
export function criticalPath({ sketch, origins, ...form }: Form): CriticalPath {
  const { outputs } = sketch;
  const ops: readonly PlanOp[] = sketch.ops;
  // BFV and BGV have no levels, so the depth counts instead.
  const hasLevels = SCHEMES[sketch.scheme].rescales;
  const depths = countBefore(ops, 'mul');
  const levels = hasLevels ? countBefore(ops, 'rescale') : depths;
  const arrival = (value: number): Arrival => ({
    level: at(levels, value),
    depth: at(depths, value),
  });
  const unpacked = unpackedLevels(form);
  const laterByLevel = (a: number, b: number) => (at(levels, b) > at(levels, a) ? b : a);
  const later = (a: number, b: number) =>
    (compareArrivals(arrival(a), arrival(b)) || unpacked(a) - unpacked(b)) < 0 ? b : a;
  const latest = outputs.map((output) => output.value).reduce(later, outputs[0]?.value ?? 0);
  const steps: PathStep[] = [];
  let value = ops.reduce((best, _, other) => laterByLevel(best, other), latest);
  const output = outputs.find((candidate) => candidate.value === value);
  let rescaling = value;
  while (at(levels, value) > 0 || at(ops, rescaling).op === 'rescale') {
    const op = at(ops, value);
    if (op.op === 'rescale' || op.op === 'adjust') rescaling = value;
    if (hasLevels ? isProduct(op) : op.op === 'mul') {
      const factors = operands(op).map(arrival);
      steps.push({
        op: value,
        origin: origins[value],
        operands: factors,
        after: arrival(hasLevels ? rescaling : value),
      });
      rescaling = value;
    }
    value = delayingOperands(ops, value).reduce(later);
  }
  return { output: output?.name, steps: steps.reverse() };
}

/**
 * Returns the arrival levels of values in the circuit before packing. Of two values with the same
 * level, one may have it only because packing had no reason to compute it earlier. The path does
 * not go through that one.
 */
function unpackedLevels({ circuit, nodes, rules }: Pick<Form, 'circuit' | 'nodes' | 'rules'>) {
  const arrivals = arrivalsIn(circuit, rules);
  return (value: number) => {
    const id = nodes[value];
    return id === undefined ? 0 : arrivals.of(id).level;
  };
}

/** Whether an operation's result is rescaled. */
function isProduct(op: PlanOp): boolean {
  return op.op === 'mul' || (op.op === 'mulPlain' && op.scale === 'level');
}

/**
 * Returns the operands that may delay a value. In a sum with products, operands that are only
 * adjusted to the level of the products do not.
 */
function delayingOperands(ops: readonly PlanOp[], value: number): readonly number[] {
  const all = operands(at(ops, value));
  const delaying = all.filter((operand) => at(ops, operand).op !== 'adjust');
  return delaying.length > 0 ? delaying : all;
}

/** The levels of the critical path that one source expression costs. */
export interface ExpressionCost {
  readonly origin: Origin;
  readonly levels: number;
  /** Loop indices of its first occurrence; empty outside of loops. */
  readonly first: readonly number[];
  /** Loop indices of its last occurrence. */
  readonly last: readonly number[];
}

/** Returns the total levels of each expression on a path, in order of first occurrence. */
export function costsByExpression(steps: readonly PathStep[]): readonly ExpressionCost[] {
  const costs = new Map<string, ExpressionCost>();
  for (const { origin } of steps) {
    if (!origin) continue;
    const { span, iterations } = origin;
    const key = `${span.start}-${span.end}`;
    const before = costs.get(key) ?? { origin, levels: 0, first: iterations, last: iterations };
    costs.set(key, { ...before, levels: before.levels + 1, last: iterations });
  }
  return [...costs.values()];
}

/** Limit on the expressions that a message lists. */
const MOST_EXPRESSIONS = 6;
/** Limit on the characters of each. */
const LONGEST_TEXT = 40;

/**
 * Returns ``line 9: `x*x` (12 levels, iterations 0 to 11); …``, with the most expensive expressions
 * first.
 */
export function showCosts(costs: readonly ExpressionCost[], source: Source): string {
  const ordered = costs.toSorted((a, b) => b.levels - a.levels);
  const shown = ordered.slice(0, MOST_EXPRESSIONS).map(({ origin, levels, first, last }) => {
    const { file, line } = filePositionAt(source, origin.span.start);
    const cost = showCount(levels, 'level');
    const text = textOf(origin, source, LONGEST_TEXT);
    const where = file === undefined ? `line ${line}` : `${file}, line ${line}`;
    return `${where}: \`${text}\` (${cost}${showIterations(first, last)})`;
  });
  const more = ordered.length - shown.length;
  return shown.join('; ') + (more > 0 ? `; and ${more} more` : '');
}

/** Returns the source text of an operation on one line, cut to `length` characters. */
export function textOf({ span }: Origin, source: Source, length: number): string {
  const { start } = span;
  // An expression may be as long as the file, so only a beginning of it is searched for spaces.
  const whole = spanText(source, { start, end: Math.min(span.end, start + 4 * length) });
  const line = whole.replace(/\s+/g, ' ');
  const isCut = line.length > length || span.end - span.start > 4 * length;
  return isCut ? `${line.slice(0, length)}…` : line;
}

function showIterations(first: readonly number[], last: readonly number[]): string {
  if (first.length === 0) return '';
  const [from, to] = [first.join(','), last.join(',')];
  return from === to ? `, iteration ${from}` : `, iterations ${from} to ${to}`;
}
