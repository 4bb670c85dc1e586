import { expect, test } from 'vitest';
import { compile } from '../../src/compile/compile.ts';

test('packs a large circuit once besides the source form if no factor is postponed', () => {
  // 10,499 additions, because x + 0 is folded, and 10,500 products: more than 20,000 operations.
  const text =
    'input x: cipher within [-1, 1]; var s = x; for i in 0..10500 { s = s*(x + i); } output s;';
  const { candidates, optimized } = compile({ file: 'large.circ', text }, { optimizationLevel: 2 });
  expect(candidates).toHaveLength(2);
  // 10,500 products of 10,501 factors take ⌈log2(10,501)⌉ = 14 levels.
  expect(optimized.measures.levels).toBe(14);
  expect(optimized.measures.ops.mul).toBe(10_500);
});
