import type { Form } from '../compile/form.ts';
import { at } from '../lookup.ts';
import type { PathStep } from './critical-path.ts';

/**
 * Consecutive steps of one expression, which are one row in the table of a path. If the expressions
 * in the body of a loop alternate, each of them is one row with the steps of all iterations.
 */
export interface PathRow {
  readonly steps: readonly PathStep[];
  /** Whether its steps alternate with those of the rows beside it. */
  readonly inTurn: boolean;
}

/** Limit on the alternating expressions whose repetition is recognized. */
const LONGEST_TURN = 8;

/**
 * Merges the steps of a path into rows: first the factors of one product or power, then repetitions
 * in successive iterations. Takes time linear in the steps.
 */
export function pathRows(form: Form, steps: readonly PathStep[]): readonly PathRow[] {
  const products = mergeProducts(form, steps);
  const rows: PathRow[] = [];
  for (let start = 0; start < products.length; ) {
    const { period, repeats } = longestRepetition(form, products, start);
    for (let i = 0; i < period; i++) {
      const own = Array.from({ length: repeats }, (_, r) => products[start + r * period + i] ?? []);
      rows.push({ steps: own.flat(), inTurn: period > 1 });
    }
    start += period * repeats;
  }
  return rows;
}

/** Counts the steps of a row that multiply ciphertexts. */
export function multiplicationsOf({ sketch }: Form, { steps }: PathRow): number {
  return steps.filter(({ op }) => sketch.ops[op]?.op === 'mul').length;
}

/** The iterations of a row: the loop indices of the first and the last, and the number. */
export interface IterationRange {
  readonly first: readonly number[];
  readonly last: readonly number[];
  readonly count: number;
}

/** Returns the iterations of a row; undefined outside of loops. */
export function iterationsOf({ steps }: PathRow): IterationRange | undefined {
  const iterations = steps.map(({ origin }) => origin?.iterations ?? []);
  const [first, last] = [iterations[0], iterations.at(-1)];
  if (!first || !last || first.length === 0) return undefined;
  return { first, last, count: new Set(iterations.map((indices) => indices.join())).size };
}

/** Groups the steps of one iteration that multiply the factors of one product. */
function mergeProducts(form: Form, steps: readonly PathStep[]): readonly (readonly PathStep[])[] {
  const products: PathStep[][] = [];
  for (const step of steps) {
    const product = products.at(-1);
    const previous = product?.at(-1);
    if (product && previous && continuesProduct(form, previous, step)) product.push(step);
    else products.push([step]);
  }
  return products;
}

/**
 * Whether `b` continues the product of `a`. In `a*b*c`, the spans of steps start equally and grow.
 */
function continuesProduct(form: Form, a: PathStep, b: PathStep): boolean {
  const [x, y] = [a.origin, b.origin];
  if (!x || !y || isProduct(form, a) !== isProduct(form, b)) return false;
  return (
    x.span.start === y.span.start &&
    x.span.end <= y.span.end &&
    x.iterations.join() === y.iterations.join()
  );
}

function isProduct({ sketch }: Form, { op }: PathStep): boolean {
  return sketch.ops[op]?.op === 'mul';
}

interface Repetition {
  readonly period: number;
  readonly repeats: number;
}

/** Returns the repetition from `start` that covers the most steps, with the shortest period. */
function longestRepetition(
  form: Form,
  products: readonly (readonly PathStep[])[],
  start: number,
): Repetition {
  let best: Repetition = { period: 1, repeats: 1 };
  for (let period = 1; period <= LONGEST_TURN; period++) {
    let next = start + period;
    while (next < products.length && isRepeated(form, products[next - period], products[next]))
      next++;
    const repeats = Math.floor((next - start) / period);
    if (repeats > 1 && period * repeats > best.period * best.repeats) best = { period, repeats };
  }
  return best;
}

/** Whether the second has the expression of the first, in a later iteration. */
function isRepeated(
  form: Form,
  first: readonly PathStep[] = [],
  second: readonly PathStep[] = [],
): boolean {
  const [a, b] = [first.at(-1), second.at(-1)];
  if (!a?.origin || !b?.origin || isProduct(form, a) !== isProduct(form, b)) return false;
  const [x, y] = [a.origin, b.origin];
  return (
    x.span.start === y.span.start &&
    x.span.end === y.span.end &&
    isBefore(x.iterations, y.iterations)
  );
}

/** Whether loop indices are lexicographically smaller, outermost first. */
function isBefore(a: readonly number[], b: readonly number[]): boolean {
  const differing = a.findIndex((index, depth) => index !== b[depth]);
  return differing >= 0 && at(a, differing) < (b[differing] ?? 0);
}
