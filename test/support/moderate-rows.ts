import { DEPTH_ROWS, type DepthRow } from './depth-table.ts';

/** Sizes for every group of the depth table that have parameters and take seconds, not minutes. */
const SIZES: Record<string, readonly number[]> = {
  "Horner's rule in a loop, constant coefficients": [7, 31],
  "Horner's rule in a loop, plain coefficients": [7, 31],
  'three polynomials of degree 15 of one x': [15],
  "Newton's inverse, k iterations": [3, 5],
  "Newton's inverse square root, k iterations, the stable variant": [2, 3],
  'x = a[i]*x + b[i], n iterations': [8, 16],
  "x = a[i]*x + b[i]*x', n iterations": [64],
  'logistic map, k iterations, r encrypted': [2, 5],
  'factors at depths 3, 0, 0, 0': [4],
  's = s*x - 1, eight times, from 1': [8],
  'product of n inputs in a loop': [8, 16],
  'determinant by expansion along the first row': [3, 4],
  'all prefix products of n inputs': [16],
  "Horner's rule in a loop in a function in a loop, on vectors": [7, 16],
  'logistic regression on one feature and 8 samples, k iterations': [1, 2],
  'logistic regression on one feature and one sample, k iterations': [1, 2, 3],
};

/** Some rows of every group, for tests that would take too long with all rows. */
export const MODERATE_ROWS: readonly DepthRow[] = DEPTH_ROWS.filter((row) => {
  const sizes = SIZES[row.group];
  if (!sizes) throw new Error(`SIZES has no size for '${row.group}'`);
  return sizes.includes(row.size);
});
