import { CostModel, type CostTerm, factorsOf, type TermSize, termMs } from './cost.ts';

/** A measured time of a term. */
export interface CostSample extends TermSize {
  readonly term: CostTerm;
  readonly ms: number;
}

/** A model, and the sample it describes worst. */
export interface CostFit {
  readonly model: CostModel;
  readonly worst: CostSample;
  /** |fitted - measured| / measured of the worst sample. */
  readonly largestDeviation: number;
}

/**
 * Fits a model to measured times: for each term the non-negative coefficients with the least sum of
 * squared relative deviations. Relative, because the cheap operations are the many.
 *
 * @param samples of every term, at as many sizes as it has coefficients or more
 * @throws Error if a term has no samples
 */
export function fitCostModel(samples: readonly CostSample[]): CostFit {
  const terms = Object.fromEntries(
    Object.keys(CostModel.shape.terms.shape).map((term) => [
      term,
      fitTerm(samples.filter((sample) => sample.term === term)),
    ]),
  );
  const model = CostModel.parse({ format: 'shoal-cost-model', version: 1, terms });
  const deviationOf = (sample: CostSample): number =>
    Math.abs(termMs(model, sample.term, sample) / sample.ms - 1);
  const worst = samples.reduce((a, b) => (deviationOf(b) > deviationOf(a) ? b : a));
  return { model, worst, largestDeviation: deviationOf(worst) };
}

function fitTerm(samples: readonly CostSample[]): Record<string, number> {
  const [first] = samples;
  if (first === undefined) throw new Error('a term of the cost model was not measured');
  const names = Object.keys(factorsOf(first.term, first));
  // Divided by the measured nanoseconds, so that every row wants to be 1.
  const rows = samples.map((sample) => {
    const factors = factorsOf(sample.term, sample);
    return names.map((name) => factors[name]! / (sample.ms * 1e6));
  });
  const solution = nonNegativeLeastSquares(rows);
  return Object.fromEntries(names.map((name, i) => [name, rounded(solution[i]!)]));
}

/** Four digits are more than measurements have. */
function rounded(x: number): number {
  return Number(x.toPrecision(4));
}

/**
 * Minimizes |A·x - 1|² over x ≥ 0. There are three columns at most, so every set of columns that may be
 * positive is tried: the best one whose unconstrained solution is not negative is the answer.
 */
function nonNegativeLeastSquares(rows: readonly (readonly number[])[]): readonly number[] {
  const width = rows[0]!.length;
  let best: readonly number[] = new Array<number>(width).fill(0);
  let least = rows.length;
  for (let set = 1; set < 2 ** width; set++) {
    const columns = [...Array(width).keys()].filter((i) => (set >> i) & 1);
    const x = leastSquares(rows.map((row) => columns.map((i) => row[i]!)));
    if (!x.every((value) => value >= 0)) continue;
    const full = new Array<number>(width).fill(0);
    columns.forEach((column, i) => {
      full[column] = x[i]!;
    });
    const residual = squaredResidual(rows, full);
    if (residual < least) [best, least] = [full, residual];
  }
  return best;
}

function squaredResidual(rows: readonly (readonly number[])[], x: readonly number[]): number {
  return rows.reduce((sum, row) => sum + (dot(row, x) - 1) ** 2, 0);
}

function dot(a: readonly number[], b: readonly number[]): number {
  return a.reduce((sum, value, i) => sum + value * b[i]!, 0);
}

/** Minimizes |A·x - 1|² by the normal equations; not a number where columns depend on each other. */
function leastSquares(rows: readonly (readonly number[])[]): readonly number[] {
  // Columns differ by many orders of magnitude: scaled to length 1 they can be eliminated safely.
  const lengths = rows[0]!.map((_, i) => Math.hypot(...rows.map((row) => row[i]!)));
  const scaled = rows.map((row) => row.map((value, i) => value / lengths[i]!));
  const system = lengths.map((_, i) => [
    ...lengths.map((__, j) => scaled.reduce((sum, row) => sum + row[i]! * row[j]!, 0)),
    scaled.reduce((sum, row) => sum + row[i]!, 0),
  ]);
  return solve(system).map((value, i) => value / lengths[i]!);
}

/** Gaussian elimination of a positive definite system, its right side in the last column. */
function solve(system: readonly number[][]): readonly number[] {
  const size = system.length;
  const m = system.map((row) => [...row]);
  for (let pivot = 0; pivot < size; pivot++) {
    for (let row = 0; row < size; row++) {
      if (row === pivot) continue;
      const factor = m[row]![pivot]! / m[pivot]![pivot]!;
      m[row] = m[row]!.map((value, i) => value - factor * m[pivot]![i]!);
    }
  }
  return m.map((row, i) => row[size]! / row[i]!);
}
