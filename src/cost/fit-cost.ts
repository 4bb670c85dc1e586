import { defined } from '../lookup.ts';
import { CostModel, type CostTerm, factorsOf, type TermSize, termMs } from './cost-model.ts';

/** A measured time of a term. */
export interface CostSample extends TermSize {
  readonly term: CostTerm;
  readonly ms: number;
}

/** A model, and how well it describes what was measured. */
export interface CostFit {
  readonly model: CostModel;
  /** |fitted - measured| / measured, half of the samples being closer. */
  readonly medianDeviation: number;
  /** The same of the sample that the model describes worst. */
  readonly largestDeviation: number;
  readonly worst: CostSample;
}

/**
 * Fits a model to measured times: for each term the non-negative coefficients with the least sum of
 * relative deviations. Relative, because the cheap operations are the many; not squared, because a few
 * samples were slow for reasons of their own and are not to be followed.
 *
 * @param samples of every term, at more sizes than it has coefficients
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
  if (first === undefined) throw new Error('a term of the cost model was not measured');
  const names = Object.keys(factorsOf(first.term, first));
  // Divided by the measured nanoseconds, so that every row wants to be 1.
  const rows = samples.map((sample) => {
    const factors = factorsOf(sample.term, sample);
    return names.map((name) => defined(factors[name]) / (sample.ms * 1e6));
  });
  const solution = leastDeviations(rows);
  return Object.fromEntries(names.map((name, i) => [name, rounded(defined(solution[i]))]));
}

/** Rounds of reweighting: the coefficients settle in fewer. */
const REWEIGHTINGS = 30;
/** Deviations below are noise, and all weigh alike. */
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

/** Four digits are more than measurements have. */
function rounded(x: number): number {
  return Number(x.toPrecision(4));
}

/**
 * Minimizes Σ w·(A·x - 1)² over x ≥ 0. There are three columns at most, so every set of columns that may be
 * positive is tried: the best one whose unconstrained solution is not negative is the answer.
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

/** Minimizes Σ w·(A·x - 1)² by the normal equations; not a number where columns depend on each other. */
function leastSquares(
  rows: readonly (readonly number[])[],
  weights: readonly number[],
): readonly number[] {
  // Columns differ by many orders of magnitude: scaled to length 1 they can be eliminated safely.
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

/** Gaussian elimination of a positive definite system, its right side in the last column. */
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
