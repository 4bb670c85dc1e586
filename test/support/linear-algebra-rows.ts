/** An operation of HIT's linear-algebra API, and the same expression here. */
export interface LinearAlgebraRow {
  readonly operation: string;
  /** Its name in HIT. */
  readonly hit: string;
  readonly expression: string;
  /** Levels and rotations by the documentation of HIT. */
  readonly hitLevels: number;
  readonly hitRotations: string;
}

/** The rows for HIT units of 64×64, with 2^6 rows and columns: log2 m = log2 n = 6. */
export const LINEAR_ALGEBRA_ROWS: readonly LinearAlgebraRow[] = [
  {
    operation: 'matrix + matrix',
    hit: 'add',
    expression: 'A + B',
    hitLevels: 0,
    hitRotations: '0',
  },
  {
    operation: 'matrix − matrix',
    hit: 'sub',
    expression: 'A - B',
    hitLevels: 0,
    hitRotations: '0',
  },
  {
    operation: 'matrix + plain matrix',
    hit: 'add_plain',
    expression: 'A + P',
    hitLevels: 0,
    hitRotations: '0',
  },
  {
    operation: 'matrix − plain matrix',
    hit: 'sub_plain',
    expression: 'A - P',
    hitLevels: 0,
    hitRotations: '0',
  },
  {
    operation: 'matrix + number',
    hit: 'add_plain',
    expression: 'A + 0.5',
    hitLevels: 0,
    hitRotations: '0',
  },
  {
    operation: 'vector + vector',
    hit: 'add',
    expression: 'u + v',
    hitLevels: 0,
    hitRotations: '0',
  },
  {
    operation: 'many added',
    hit: 'add_many',
    expression: 'A + B + A*2 + B',
    hitLevels: 0,
    hitRotations: '0',
  },
  { operation: 'negation', hit: 'negate', expression: '-A', hitLevels: 0, hitRotations: '0' },
  {
    operation: 'scaling',
    hit: 'multiply_plain',
    expression: '0.3 * A',
    hitLevels: 1,
    hitRotations: '0',
  },
  {
    operation: 'Hadamard product of matrices',
    hit: 'hadamard_multiply',
    expression: 'A * B',
    hitLevels: 1,
    hitRotations: '0',
  },
  {
    operation: 'Hadamard product of vectors',
    hit: 'hadamard_multiply',
    expression: 'u * v',
    hitLevels: 1,
    hitRotations: '0',
  },
  {
    operation: 'matrix times a vector for each column',
    hit: 'hadamard_multiply',
    expression: 'A * u',
    hitLevels: 1,
    hitRotations: '0',
  },
  {
    operation: 'square',
    hit: 'hadamard_square',
    expression: 'A^2',
    hitLevels: 1,
    hitRotations: '0',
  },
  {
    operation: 'row vector × matrix',
    hit: 'multiply',
    expression: 'u @ A',
    hitLevels: 1,
    hitRotations: 'log2 m = 6',
  },
  {
    operation: 'matrix × column vector',
    hit: 'multiply',
    expression: 'A @ u',
    hitLevels: 2,
    hitRotations: '2 log2 n = 12',
  },
  {
    operation: 'matrix × matrix',
    hit: 'multiply_row_major, multiply_col_major',
    expression: 'A @ B',
    hitLevels: 3,
    hitRotations: '64 (1 + log2 m + log2 n) = 832',
  },
  {
    operation: 'transpose × matrix',
    hit: 'multiply_row_major',
    expression: 'A.T @ B',
    hitLevels: 3,
    hitRotations: '64 (1 + log2 m + log2 n) = 832',
  },
  {
    operation: 'matrix × transpose',
    hit: 'multiply_col_major',
    expression: 'A @ B.T',
    hitLevels: 3,
    hitRotations: '64 (1 + log2 m + log2 n) = 832',
  },
  {
    operation: 'sum of all rows',
    hit: 'sum_rows',
    expression: 'sum(A, 0)',
    hitLevels: 0,
    hitRotations: 'log2 m = 6',
  },
  {
    operation: 'sum of all columns',
    hit: 'sum_cols',
    expression: 'sum(A, 1)',
    hitLevels: 1,
    hitRotations: '2 log2 n = 12',
  },
  {
    operation: 'sum of the rows of many',
    hit: 'sum_rows_many',
    expression: 'sum(A, 0) + sum(B, 0)',
    hitLevels: 0,
    hitRotations: 'log2 m = 6',
  },
  {
    operation: 'sum of the columns of many',
    hit: 'sum_cols_many',
    expression: 'sum(A, 1) + sum(B, 1)',
    hitLevels: 1,
    hitRotations: '2 log2 n = 12',
  },
];

/** Returns a program that applies the expression of a row to inputs. */
export function programOf({ expression }: LinearAlgebraRow): string {
  return `input A: cipher[64, 64] within [-1, 1];
input B: cipher[64, 64] within [-1, 1];
input P: plain[64, 64] within [-1, 1];
input u: cipher[64] within [-1, 1];
input v: cipher[64] within [-1, 1];
output y = ${expression};
`;
}

/** Returns a program that applies it to computed values: squares of inputs, one level higher. */
export function computedProgramOf({ expression }: LinearAlgebraRow): string {
  const squared = expression.replace(/\b[ABuv]\b/g, (name) => `(${name}*${name})`);
  return programOf({ expression: squared } as LinearAlgebraRow);
}
