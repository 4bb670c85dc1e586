import { expect } from 'vitest';
import { type Compilation, type CompileOptions, compile } from '../../src/compile/compile.ts';
import { compareCircuits } from '../../src/verify/equivalence.ts';
import type { DepthRow } from './depth-table.ts';

/** Compiles a program at -O3. */
export function compileAtO3(text: string, options: Partial<CompileOptions> = {}): Compilation {
  return compile({ file: 'row.circ', text }, { optimizationLevel: 3, ...options });
}

/** Expects the same polynomials after compiling, with no more depth and no more levels. */
export function expectNoWorse({ source, optimized }: Compilation, label: string): void {
  const result = compareCircuits(source.circuit, optimized.circuit, { points: 1, seed: label });
  expect(result.equal, `${label}: the same polynomials`).toBe(true);
  const [before, after] = [source.measures, optimized.measures];
  expect(after.depth, `${label}: depth as written`).toBeLessThanOrEqual(before.depth);
  expect(after.levels, `${label}: levels as written`).toBeLessThanOrEqual(before.levels as number);
}

/** Expects that a compilation meets the limits of its row, and is no worse than as written. */
export function expectLimitsMet(row: DepthRow, compilation: Compilation): void {
  const label = `${row.group}, ${row.size}`;
  expectNoWorse(compilation, label);
  const { depth, ops } = compilation.optimized.measures;
  expect(depth, `${label}: depth`).toBeLessThanOrEqual(row.depth(compilation.bound));
  if (row.muls !== undefined)
    expect(ops.mul, `${label}: multiplications`).toBeLessThanOrEqual(row.muls);
}
