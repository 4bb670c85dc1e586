import { defined } from '../lookup.ts';
import { CostModel, type CostTerm, factorsOf, type TermSize, termMs } from './cost-model.ts';

/** A measured time of a term, in ms. */
export interface CostSample extends TermSize {
  readonly term: CostTerm;
  readonly ms: number;
}

/** A model, and how well it describes the measurements. */
export interface CostFit {
  readonly model: CostModel;
  /** The median of |fitted - measured| / measured over all samples. */
  readonly medianDeviation: number;
  /** The largest of these deviations. */
  readonly largestDeviation: number;
  readonly worst: CostSample;
}

/**
 * Fits a model to measured times: for each term the non-negative coefficients with the least sum of
 * relative deviations. Deviations are relative because most operations are cheap ones. They are not
 * squared, so that a few samples that were slow for other reasons do not determine the fit.
 *
 * @param samples samples of every term, at more sizes than it has coefficients
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
  const deviations = samples
    .map((sample) => ({ sample, by: Math.abs(termMs(model, sample.term, sample) / sample.ms - 1) }))
    .sort((a, b) => a.by - b.by);
  const worst = defined(deviations.at(-1));
  return {
    model,
    medianDeviation: defined(deviations[deviations.length >> 1]).by,
    largestDeviation: worst.by,
    worst: worst.sample,
  };
}

function fitTerm(samples: readonly CostSample[]): Record<string, number> {
  const [first] = samples;
  if (first === undefined) throw new Error('a term of the cost model has no samples');
  const names = Object.keys(factorsOf(first.term, first));
  // Rows are divided by the measured nanoseconds, so that an exact fit gives 1 for every row.
  const rows = samples.map((sample) => {
    const factors = factorsOf(sample.term, sample);
    return names.map((name) => defined(factors[name]) / (sample.ms * 1e6));
  });
  const solution = leastDeviations(rows);
  return Object.fromEntries(names.map((name, i) => [name, rounded(defined(solution[i]))]));
}

/** Number of reweightings. The coefficients converge in fewer. */
const REWEIGHTINGS = 30;
/** Deviation below which all samples have the same weight, because it is noise. */
const SMALL_DEVIATION = 0.01;

/**
 * Minimizes Σ|A·x - 1| over x ≥ 0 by iteratively reweighted least squares ("Robust regression using
 * iteratively reweighted least-squares", Holland and Welsch, 1977).
 */
function leastDeviations(rows: readonly (readonly number[])[]): readonly number[] {
  let weights = rows.map(() => 1);
  let x: readonly number[] = [];
  for (let i = 0; i < REWEIGHTINGS; i++) {
    x = nonNegativeLeastSquares(rows, weights);
    weights = rows.map((row) => 1 / Math.max(SMALL_DEVIATION, Math.abs(dot(row, x) - 1)));
  }
  return x;
}

/** Rounds to four digits, which is more than measurements are accurate to. */
function rounded(x: number): number {
  return Number(x.toPrecision(4));
}

/**
 * Minimizes Σ w·(A·x - 1)² over x ≥ 0. There are at most three columns, so every set of columns
 * that may be positive is tried. The answer is the best one whose unconstrained solution is not
 * negative.
 */
function nonNegativeLeastSquares(
  rows: readonly (readonly number[])[],
  weights: readonly number[],
): readonly number[] {
  const width = defined(rows[0]).length;
  let best: readonly number[] = [];
  let least = Number.POSITIVE_INFINITY;
  for (let set = 1; set < 2 ** width; set++) {
    const columns = [...Array(width).keys()].filter((i) => (set >> i) & 1);
    const x = leastSquares(
      rows.map((row) => columns.map((i) => defined(row[i]))),
      weights,
    );
    if (!x.every((value) => value >= 0)) continue;
    const full = new Array<number>(width).fill(0);
    columns.forEach((column, i) => {
      full[column] = defined(x[i]);
    });
    const residual = squaredResidual(rows, weights, full);
    if (residual < least) [best, least] = [full, residual];
  }
  return best;
}

function squaredResidual(
  rows: readonly (readonly number[])[],
  weights: readonly number[],
  x: readonly number[],
): number {
  return rows.reduce((sum, row, at) => sum + defined(weights[at]) * (dot(row, x) - 1) ** 2, 0);
}

function dot(a: readonly number[], b: readonly number[]): number {
  return a.reduce((sum, value, i) => sum + value * defined(b[i]), 0);
}

/**
 * Minimizes Σ w·(A·x - 1)² by the normal equations. Returns NaN if columns depend on each other.
 */
function leastSquares(
  rows: readonly (readonly number[])[],
  weights: readonly number[],
): readonly number[] {
  // Columns differ by many orders of magnitude. Scaled to length 1 they can be eliminated safely.
  const lengths = defined(rows[0]).map((_, i) => Math.hypot(...rows.map((row) => defined(row[i]))));
  const scaled = rows.map((row) => row.map((value, i) => value / defined(lengths[i])));
  const sum = (term: (row: readonly number[]) => number): number =>
    scaled.reduce((total, row, at) => total + defined(weights[at]) * term(row), 0);
  const system = lengths.map((_, i) => [
    ...lengths.map((__, j) => sum((row) => defined(row[i]) * defined(row[j]))),
    sum((row) => defined(row[i])),
  ]);
  return solve(system).map((value, i) => value / defined(lengths[i]));
}

/**
 * Solves a positive definite system, whose right side is in the last column, by Gaussian
 * elimination.
 */
function solve(system: readonly number[][]): readonly number[] {
  const size = system.length;
  const m = system.map((row) => [...row]);
  for (let pivot = 0; pivot < size; pivot++) {
    for (let row = 0; row < size; row++) {
      if (row === pivot) continue;
      const factor = defined(defined(m[row])[pivot]) / defined(defined(m[pivot])[pivot]);
      m[row] = defined(m[row]).map((value, i) => value - factor * defined(defined(m[pivot])[i]));
    }
  }
  return m.map((row, i) => defined(row[size]) / defined(row[i]));
}
