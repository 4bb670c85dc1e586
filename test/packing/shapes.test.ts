import { describe, expect, it } from 'vitest';
import { compile } from '../../src/compile/compile.ts';

/** Returns the measures of a program at the least and the highest optimization level. */
function measuresOf(text: string) {
  return ([0, 3] as const).map(
    (optimizationLevel) =>
      compile({ file: 'shapes.circ', text }, { optimizationLevel }).optimized.measures,
  );
}

describe('a rearranged input takes no level and no operation', () => {
  it.each([
    'input v: cipher[12]; output y = reshape(v, 3, 4);',
    'input v: cipher[12]; output y = reshape(v, 2, 3, 2) + 1;',
    'input M: cipher[3, 4]; output y = flatten(M) + 1;',
    'input M: cipher[3, 4]; output y = flatten(M.T) + 1;',
    'input Z: cipher[2, 3, 4]; output y = transpose(Z, 2, 0, 1);',
    'input Z: cipher[2, 3, 4]; output y = transpose(Z, 2, 0, 1)[1] + 1;',
    'input M: cipher[5, 7]; output y = diag(M);',
    'input M: cipher[5, 5]; output y = diag(M.T) + 1;',
    'input v: cipher[9]; output y = v[1..9..3];',
    'input M: cipher[6, 6]; output y = M[..6..2, 1..6..3] + 1;',
    'input M: cipher[6, 6]; output y = reshape(M[..6..2].T, 9, 2)[1..9..4] + 1;',
    'input R: cipher[2, 2, 2, 2]; output y = R[1, .., 0] + R[0, 1];',
  ])('%s', (text) => {
    for (const { levels, ops } of measuresOf(text)) {
      expect(levels).toBe(0);
      expect([ops.rotate, ops.mulPlain]).toEqual([0, 0]);
    }
  });

  it('nor does one that is multiplied', () => {
    const text = 'input M: cipher[4, 4]; output y = diag(M) * M[1, ..4] * flatten(M)[..16..4];';
    for (const { levels, ops } of measuresOf(text)) {
      expect(levels).toBe(2);
      expect([ops.rotate, ops.mul]).toEqual([0, 2]);
    }
  });

  it('a vector on the diagonal of a matrix is uploaded as such, but in the source form', () => {
    const [source, optimized] = measuresOf('input v: cipher[9]; output y = diag(v);');
    expect(source).toMatchObject({ levels: 1, ops: { rotate: 0, mulPlain: 1 } });
    expect(optimized).toMatchObject({ levels: 0, ops: { rotate: 0, mulPlain: 0 } });
  });
});

describe('an output that is a rearranged computed value takes nothing more', () => {
  it.each([
    ['v*v', 'reshape(v*v, 4, 2)'],
    ['v*v', '(v*v)[1..8..3]'],
    ['M @ M', 'flatten(M @ M)'],
    ['M @ M', 'flatten((M @ M).T)'],
    ['M @ M', 'reshape(M @ M, 2, 2, 4)'],
    ['M @ M', 'transpose(M @ M, 1, 0)'],
    ['M @ M', 'diag(M @ M)'],
  ])('%s, and %s', (computed, rearranged) => {
    const [plain, moved] = [computed, rearranged].map((value) =>
      measuresOf(`input v: cipher[8]; input M: cipher[4, 4]; output y = ${value};`),
    );
    moved?.forEach(({ levels, ops }, i) => {
      const { levels: least, ops: own } = plain?.[i] ?? {};
      expect(levels).toBe(least);
      expect([ops.rotate, ops.mulPlain]).toEqual([own?.rotate, own?.mulPlain]);
    });
  });
});

describe('a trace doubles its terms by each rotation, without a mask', () => {
  // 8 terms take 3 rotations, and 7 terms as many, where zeros lie behind them; 3 terms take 2.
  it.each([
    ['input M: cipher[8, 8]; output y = trace(M);', 0, 3],
    ['input M: cipher[8, 8]; output y = trace(M*M);', 1, 3],
    ['input M: cipher[7, 7]; output y = trace(M*M);', 1, 3],
    ['input M: cipher[3, 8]; output y = trace(M*M);', 1, 2],
  ] as const)('%s', (text, levels, rotations) => {
    for (const measures of measuresOf(text)) {
      expect(measures.levels).toBe(levels);
      expect(measures.ops).toMatchObject({ rotate: rotations, mulPlain: 0 });
    }
  });

  it('also of a product of matrices, after which no more levels follow', () => {
    const [source, optimized] = measuresOf('input M: cipher[8, 8]; output y = trace(M @ M);');
    expect([source?.levels, optimized?.levels]).toEqual([1, 1]);
    expect(source?.ops).toMatchObject({ rotate: 3, mulPlain: 0 });
  });
});

describe('running sums take a rotation for each doubling, and no level', () => {
  it.each([
    ['input v: cipher[1000]; output y = cumsum(v);', 0, 10],
    ['input v: cipher[1000]; output y = cumsum(v*v);', 1, 10],
    ['input v: cipher[1024]; output y = cumsum(v);', 0, 10],
    ['input v: cipher[2]; output y = cumsum(v*v);', 1, 1],
    ['input v: cipher[3]; input w: cipher[3]; output y = cumsum(cumsum(v)*w);', 1, 4],
    ['input M: cipher[4, 4]; output y = cumsum(diag(M)*M[0]);', 1, 2],
  ] as const)('%s', (text, levels, rotations) => {
    for (const measures of measuresOf(text)) {
      expect(measures.levels).toBe(levels);
      expect(measures.ops).toMatchObject({ rotate: rotations, mulPlain: 0 });
    }
  });
});

describe('a convolution takes one level at most, and no rotation of an input', () => {
  const head = 'input X: cipher[28, 28] within [0, 1];';
  const weights = Array.from({ length: 100 }, (_, i) => ((7 * i) % 19) - 9).join(', ');
  it.each([
    [`${head} output y = conv2d(X, reshape([${weights}], 4, 1, 5, 5));`, 0],
    [`${head} output y = conv2d(X, reshape([${weights}], 4, 1, 5, 5), 1, 2);`, 0],
    [`${head} input k: plain[4, 1, 5, 5]; output y = conv2d(X, k, 2);`, 1],
    [`${head} input k: cipher[4, 1, 5, 5]; output y = conv2d(X, k);`, 1],
  ] as const)('%s', (text, levels) => {
    const [, optimized] = measuresOf(text);
    expect(optimized?.levels).toBe(levels);
    expect(optimized?.ops.rotate).toBe(0);
  });
});

/** What the reindexing of a computed value takes: a rotation if its elements lie well, or masks. */
it.each([
  // Rows of 8 lie one after the other.
  ['input M: cipher[4, 8]; input w: cipher[32]; output y = flatten(M*M)*(w*w);', 2, 0],
  // Neighbours two slots apart lie as no vector does.
  ['input v: cipher[8]; input w: cipher[4]; output y = cumsum(v)[..8..2]*w;', 2, 4],
] as const)('%s', (text, levels, masks) => {
  const [source] = measuresOf(text);
  expect(source).toMatchObject({ levels, ops: { mulPlain: masks } });
});
