import type { CheckedProgram } from '../check/check-program.ts';
import type * as ast from '../syntax/ast.ts';
import { innerStatements } from '../syntax/declared-names.ts';
import { positionAt, type Source, type Span } from '../syntax/diagnostic.ts';
import { type Exact, fromNumber } from '../tensor/exact.ts';

/** Limit on the operations that all trials together compile; it means some seconds. */
const WORK_LIMIT = 300_000;

/** Whether parameters fit a source text with some params set. */
export type Fits = (source: Source, defines: ReadonlyMap<string, Exact>) => boolean;

/** A number that bounds a loop. */
interface Bound {
  readonly value: number;
  /** Describes how an author sets it to `n`. */
  show(n: number): string;
  fits(n: number): boolean;
}

/**
 * Finds how often the loops of a circuit can run for parameters to fit: for each number that bounds
 * a loop, the largest smaller number with which they fit, by bisection.
 *
 * @param operations number of operations that one trial compiles
 * @returns the changes in words; empty if nothing fits or the search would take too long
 */
export function largestFits(
  checked: CheckedProgram,
  operations: number,
  fits: Fits,
): readonly string[] {
  return boundsOf(checked, fits).flatMap((bound) => {
    const trials = Math.ceil(Math.log2(bound.value + 1));
    if (bound.value < 2 || trials * operations > WORK_LIMIT) return [];
    const most = largestBelow(bound);
    return most > 0 ? [bound.show(most)] : [];
  });
}

/** Returns the largest number below the bound that fits, or 0 if none does. */
function largestBelow({ value, fits }: Bound): number {
  let [low, high] = [0, value];
  while (high - low > 1) {
    const middle = (low + high) >>> 1;
    if (fits(middle)) low = middle;
    else high = middle;
  }
  return low;
}

function boundsOf({ source, linked, defines }: CheckedProgram, fits: Fits): readonly Bound[] {
  const { program } = linked.main;
  const params = new Map<string, ast.Expr>();
  const consts = new Map<string, ast.Expr>();
  for (const item of program.items) {
    if (item.kind === 'param') params.set(item.name.name, item.value);
    if (item.kind === 'const') consts.set(item.name.name, item.value);
  }
  const bounds = new Map<string, Bound>();
  const add = (expr: ast.Expr): void => {
    if (expr.kind === 'number') bounds.set(`${expr.span.start}`, literal(expr));
    if (expr.kind !== 'name') return;
    const [param, known] = [params.get(expr.name), consts.get(expr.name)];
    if (param) addParam(expr.name, param);
    else if (known) add(known);
  };
  const addParam = (name: string, value: ast.Expr): void => {
    const text = value.kind === 'number' ? Number(value.text) : Number.NaN;
    const count = defines.get(name)?.value ?? text;
    if (!Number.isInteger(count)) return;
    bounds.set(name, {
      value: count,
      show: (n) => `-D ${name}=${n}`,
      fits: (n) => fits(source, new Map(defines).set(name, fromNumber(n))),
    });
  };
  const literal = ({ text, span }: ast.NumberLiteral): Bound => ({
    value: Number(text),
    show: (n) => `${n} instead of ${text} in line ${positionAt(source, span.start).line}`,
    fits: (n) => fits({ ...source, text: replaced(source.text, span, `${n}`) }, defines),
  });
  for (const loop of loopsOf(program)) add(loop.to);
  return [...bounds.values()].filter(({ value }) => Number.isInteger(value));
}

function replaced(text: string, { start, end }: Span, by: string): string {
  return text.slice(0, start) + by + text.slice(end);
}

function loopsOf({ items }: ast.Program): readonly ast.For[] {
  const loops: ast.For[] = [];
  const visit = (items: readonly ast.Item[]): void => {
    for (const item of items) {
      visit(innerStatements(item));
      if (item.kind === 'for') loops.push(item);
    }
  };
  visit(items);
  return loops;
}
