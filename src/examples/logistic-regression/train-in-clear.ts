import { Matrix } from 'ml-matrix';
import type { LabeledSamples } from './labeled-samples.ts';

/**
 * The trainings of the circuits in the clear, in float64, written from the methods and not from the
 * circuits. Rows of batches are label * (1, features), so a row times the weights is a margin.
 */

/** The derivative of the objective with respect to the margin of one sample. */
export type Slope = (margin: number) => number;

/** The data, initial weights and params of a training. */
export interface Training {
  readonly batches: readonly Matrix[];
  /** The initial weights, as a column. */
  readonly start: Matrix;
  /** Number of steps. Each step uses the next batch, and after the last one the first. */
  readonly steps: number;
  readonly slope: Slope;
  /** The other params of the circuit. */
  readonly params: Readonly<Record<string, number>>;
}

/** A training method. Returns the final weights as a column. */
export type Method = (training: Training) => Matrix;

/** sigmoid(-x): the slope of the log-likelihood log sigmoid(x). */
export const sigmoidSlope: Slope = (x) => 1 / (1 + Math.exp(x));

/**
 * The least-squares cubic of sigmoid(-x) on [-8, 8] ("Logistic regression model training based on
 * the approximate homomorphic encryption", Kim et al.).
 */
export const cubicSlope: Slope = (x) => 0.5 - 0.15012 * x + 0.001593 * x ** 3;

/** The derivative of -max(0, 1 - x)² / 2. */
export const hingeSlope: Slope = (x) => Math.max(0, 1 - x);

/**
 * Returns the least-squares quadratic of max(0, u) on [-radius, radius], where u = 1 - x for a
 * margin x.
 */
export function quadraticSlope(radius: number): Slope {
  return (x) => (3 * radius) / 32 + (1 - x) / 2 + (15 * (1 - x) ** 2) / (32 * radius);
}

/** Returns the mean gradient over a batch of n rows: Zᵀ slope(Z w) / n. */
function gradient(Z: Matrix, w: Matrix, slope: Slope): Matrix {
  const slopes = Matrix.columnVector(Z.mmul(w).to1DArray().map(slope));
  return Z.transpose().mmul(slopes).div(Z.rows);
}

/** Returns w + rate * direction. */
function addScaled(w: Matrix, rate: number, direction: Matrix): Matrix {
  return Matrix.add(w, Matrix.mul(direction, rate));
}

/** Gradient ascent, with weight decay if the params have a `decay`. */
export const gradientAscent: Method = ({ batches, start, steps, slope, params }) => {
  const { step = 0, decay = 0 } = params;
  let w = start;
  for (let t = 0; t < steps; t++) {
    const Z = batches[t % batches.length] as Matrix;
    w = addScaled(Matrix.mul(w, 1 - step * decay), step, gradient(Z, w, slope));
  }
  return w;
};

/** Nesterov's accelerated gradient, with momentum (t + 1) / (t + 4). */
export const nesterov: Method = ({ batches, start, steps, slope, params }) => {
  const { step = 0 } = params;
  let [w, v] = [start, start];
  for (let t = 0; t < steps; t++) {
    const next = addScaled(w, step, gradient(batches[t % batches.length] as Matrix, w, slope));
    w = addScaled(next, (t + 1) / (t + 4), Matrix.sub(next, v));
    v = next;
  }
  return w;
};

/**
 * The simplified fixed Hessian method (Bonte and Vercauteren). A diagonal of the row sums of
 * XᵀX / (4 n) replaces the Hessian. It is inverted by as many iterations of Newton's method as in
 * the circuit.
 */
export const fixedHessian: Method = ({ batches, start, steps, slope, params }) => {
  const { newton = 0, guess = 0 } = params;
  const Z = batches[0] as Matrix;
  const sums = Z.transpose().mmul(Z).sum('row');
  const rates = sums.map((sum) => {
    const bound = sum / (4 * Z.rows);
    // After s iterations from y the relative error is (1 - bound * y)^(2^s). Features that never
    // occur have bound 0.
    const error = (1 - bound * guess) ** (2 ** newton);
    return bound === 0 ? 2 ** newton * guess : (1 - error) / bound;
  });
  let w = start;
  for (let t = 0; t < steps; t++)
    w = Matrix.add(w, Matrix.mul(gradient(Z, w, slope), Matrix.columnVector(rates)));
  return w;
};

/** Wraps a slope so that `largest` returns the largest magnitude of its arguments so far. */
export function observed(
  slope: Slope,
  argument: (margin: number) => number,
): { readonly slope: Slope; largest(): number } {
  let largest = 0;
  return {
    largest: () => largest,
    slope: (margin) => {
      largest = Math.max(largest, Math.abs(argument(margin)));
      return slope(margin);
    },
  };
}

/** Returns the share of samples whose score has the sign of their label. */
export function accuracy(weights: ArrayLike<number>, { features, labels }: LabeledSamples): number {
  const right = features.filter((row, i) => {
    const score = row.reduce((sum, x, j) => sum + x * (weights[j] as number), 0);
    return score * (labels[i] as number) > 0;
  });
  return right.length / labels.length;
}
