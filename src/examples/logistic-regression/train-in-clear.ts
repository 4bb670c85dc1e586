import { Matrix } from 'ml-matrix';
import type { LabeledSamples } from './labeled-samples.ts';

/**
 * The same trainings in clear, in float64, written down from the methods and not from the circuits.
 * Rows of batches are label * (1, features), so that products with weights are margins.
 */

/** What a step is taken by: of a margin, how much its sample wants it larger. */
export type Slope = (margin: number) => number;

/** What a training starts from and goes by. */
export interface Training {
  readonly batches: readonly Matrix[];
  /** A column. */
  readonly start: Matrix;
  /** Steps; of the minibatches each takes the next one. */
  readonly steps: number;
  readonly slope: Slope;
  /** The circuit's other params. */
  readonly params: Readonly<Record<string, number>>;
}

/** Weights after a training, as a column. */
export type Method = (training: Training) => Matrix;

/** sigmoid(-x): the slope of the log-likelihood log sigmoid(x). */
export const sigmoidSlope: Slope = (x) => 1 / (1 + Math.exp(x));

/**
 * Its least-squares cubic on [-8, 8] ("Logistic regression model training based on the approximate
 * homomorphic encryption", Kim et al.).
 */
export const cubicSlope: Slope = (x) => 0.5 - 0.15012 * x + 0.001593 * x ** 3;

/** The slope of -max(0, 1 - x)² / 2. */
export const hingeSlope: Slope = (x) => Math.max(0, 1 - x);

/** The quadratic nearest to max(0, u), u = 1 - x, by least squares for u in [-radius, radius]. */
export function quadraticSlope(radius: number): Slope {
  return (x) => (3 * radius) / 32 + (1 - x) / 2 + (15 * (1 - x) ** 2) / (32 * radius);
}

/** Mean over a batch of the gradient that the slope gives: Zᵀ slope(Z w) / n. */
function gradient(Z: Matrix, w: Matrix, slope: Slope): Matrix {
  const wants = Matrix.columnVector(Z.mmul(w).to1DArray().map(slope));
  return Z.transpose().mmul(wants).div(Z.rows);
}

/** w + rate * direction. */
function moved(w: Matrix, rate: number, direction: Matrix): Matrix {
  return Matrix.add(w, Matrix.mul(direction, rate));
}

/** Gradient ascent; a single batch serves every step, and weights may decay. */
export const gradientAscent: Method = ({ batches, start, steps, slope, params }) => {
  const { step = 0, decay = 0 } = params;
  let w = start;
  for (let t = 0; t < steps; t++) {
    const Z = batches[t % batches.length] as Matrix;
    w = moved(Matrix.mul(w, 1 - step * decay), step, gradient(Z, w, slope));
  }
  return w;
};

/** Nesterov's accelerated gradient, with momentum (t + 1) / (t + 4). */
export const nesterov: Method = ({ batches, start, steps, slope, params }) => {
  const { step = 0 } = params;
  let [w, v] = [start, start];
  for (let t = 0; t < steps; t++) {
    const next = moved(w, step, gradient(batches[t % batches.length] as Matrix, w, slope));
    w = moved(next, (t + 1) / (t + 4), Matrix.sub(next, v));
    v = next;
  }
  return w;
};

/**
 * The simplified fixed Hessian method (Bonte and Vercauteren): sums of the rows of XᵀX / 4 for the
 * Hessian, inverted by as many steps of Newton's iteration as in the circuit.
 */
export const fixedHessian: Method = ({ batches, start, steps, slope, params }) => {
  const { newton = 0, guess = 0 } = params;
  const Z = batches[0] as Matrix;
  const sums = Z.transpose().mmul(Z).sum('row');
  const rates = sums.map((sum) => {
    const bound = sum / (4 * Z.rows);
    // After s steps from y the relative error is (1 - bound * y)^(2^s). Features that never occur
    // have bound 0.
    const error = (1 - bound * guess) ** (2 ** newton);
    return bound === 0 ? 2 ** newton * guess : (1 - error) / bound;
  });
  let w = start;
  for (let t = 0; t < steps; t++)
    w = Matrix.add(w, Matrix.mul(gradient(Z, w, slope), Matrix.columnVector(rates)));
  return w;
};

/** A slope, and the largest magnitude of an argument that it has been asked about so far. */
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

/** Share of samples whose score has their label's sign. */
export function accuracy(weights: ArrayLike<number>, { features, labels }: LabeledSamples): number {
  const right = features.filter((row, i) => {
    const score = row.reduce((sum, x, j) => sum + x * (weights[j] as number), 0);
    return score * (labels[i] as number) > 0;
  });
  return right.length / labels.length;
}
