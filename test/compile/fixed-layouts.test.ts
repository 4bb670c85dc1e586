import { describe, expect, test } from 'vitest';
import { compile } from '../../src/compile/compile.ts';
import type { LayoutChoice } from '../../src/packing/layout-choices.ts';
import { findingsOf } from '../../src/report/circuit-report.ts';
import { CircuitError } from '../../src/syntax/diagnostic.ts';

type Choices = Readonly<Record<string, LayoutChoice>>;
type Level = 0 | 1 | 2 | 3;

function compiled(text: string, choices: Choices, optimizationLevel: Level = 2) {
  const layouts = new Map(Object.entries(choices));
  return compile({ file: 'a.circ', text }, { optimizationLevel, layouts, verify: true });
}

/** Returns the figures of a program, and the layouts of its tensors in words. */
function packed(text: string, choices: Choices, level: Level = 2) {
  const { measures, packing } = compiled(text, choices, level).optimized;
  const { levels, ops } = measures;
  const grids = packing.map(({ what, grid }) => `${what}: ${grid}`);
  return { levels, rotate: ops.rotate, mulPlain: ops.mulPlain, grids };
}

const PRODUCT = `input A: cipher[16, 16] within [-1, 1];
input x: cipher[16] within [-1, 1];
output y = A @ x;
`;

describe('a fixed layout', () => {
  test.each([0, 1, 2, 3] as const)('holds at -O%i, at no cost where it is natural', (level) => {
    // The product by rows adds up 16 neighbouring slots, that by columns 16 distant ones: each takes
    // log2 16 rotations.
    const byRows = packed(PRODUCT, { A: 'rows', y: 'outer' }, level);
    expect(byRows).toMatchObject({ levels: 1, rotate: 4, mulPlain: 0 });
    expect(byRows.grids[0]).toBe('input A: rows × columns: 16 × 16 slots');
    const byColumns = packed(PRODUCT, { A: 'columns', y: 'inner' }, level);
    expect(byColumns).toMatchObject({ levels: 1, rotate: 4, mulPlain: 0 });
    expect(byColumns.grids[0]).toBe('input A: columns × rows: 16 × 16 slots');
  });

  test('is that of every circuit that is compared, but for the source form', () => {
    const { source, candidates } = compiled(PRODUCT, { A: 'columns' }, 3);
    expect(source.layouts).toEqual([]);
    expect(candidates.length).toBeGreaterThan(1);
    for (const { layouts } of candidates)
      expect(layouts).toEqual([{ name: 'A', layout: 'columns', tensors: 1 }]);
  });

  test('that a product cannot read is rearranged: a mask for each diagonal, and a level', () => {
    for (const choices of [
      { A: 'rows', y: 'inner' },
      { A: 'columns', y: 'outer' },
    ] as const) {
      // A transposed 16 × 16 matrix has 2·16 - 1 diagonals, whose elements move equally far.
      expect(packed(PRODUCT, choices)).toMatchObject({ levels: 2, mulPlain: 31 });
    }
  });

  test('of an input is that of all its uploads; its transpose lies the other way round', () => {
    const text = `input Z: cipher[8, 4] within [-1, 1];
input w: cipher[4] within [-1, 1];
output g = Z.T @ (Z @ w);
`;
    for (const [choice, grid, transposed] of [
      ['rows', 'rows × columns', 'columns × rows'],
      ['columns', 'columns × rows', 'rows × columns'],
    ] as const) {
      const { grids } = packed(text, { Z: choice }, 3);
      const ofZ = grids.filter((line) => line.startsWith('input Z:'));
      expect(ofZ.length).toBeGreaterThan(0);
      for (const line of ofZ) expect(line).toContain(grid);
      for (const line of grids.filter((one) => one.startsWith('Z.T:')))
        expect(line).toContain(transposed);
    }
  });

  test('of a variable is found by its value, in a function, a loop, or times a number', () => {
    const text = `input A: cipher[4, 4] within [-1, 1];
input x: cipher[4] within [-1, 1];
fn step(v) { let p = A @ v; return 0.5 * p; }
var v = x;
for i in 0..2 { v = step(v); }
output y = v;
`;
    // v is x, and then half of p, twice.
    for (const [name, layout, tensors] of [
      ['p', 'inner', 2],
      ['p', 'outer', 2],
      ['v', 'inner', 3],
    ] as const)
      expect(compiled(text, { [name]: layout }).optimized.layouts).toEqual([
        { name, layout, tensors },
      ]);
    expect(refusal(text, { p: 'inner', v: 'outer' })).toMatchObject({
      code: 'layout-does-not-fit',
      message:
        "'v' cannot have the layout 'outer': 'p' is the same tensor, with the layout 'inner'",
    });
  });

  test('that no tensor has is warned about', () => {
    // No output depends on m.
    const text = PRODUCT.replace('output', 'let m = A @ A;\noutput');
    const { warnings } = findingsOf(compiled(text, { m: 'rows', A: 'rows' }));
    expect(warnings.map(({ code, message }) => [code, message])).toEqual([
      ['layout-unused', '--layout m=rows changes nothing: no tensor of the optimized circuit is m'],
    ]);
  });
});

function refusal(text: string, choices: Choices) {
  try {
    compiled(text, choices);
  } catch (error) {
    if (error instanceof CircuitError) return error.diagnostics[0];
    throw error;
  }
  return undefined;
}

describe('a layout is refused', () => {
  const text = `input A: cipher[4, 4] within [-1, 1];
input P: plain[4, 4];
input s: cipher within [-1, 1];
const C = [1, 2, 3, 4];
let t = 2 * C;
let v = A @ C;
output y = P @ v * s;
`;
  test.each([
    [{ B: 'rows' }, 'unknown-tensor', "no tensor 'B' to lay out"],
    [{ C: 'inner' }, 'unknown-tensor', "no tensor 'C' to lay out"],
    [{ A: 'inner' }, 'layout-does-not-fit', 'its shape is [4, 4]'],
    [{ v: 'rows' }, 'layout-does-not-fit', 'its shape is [4]'],
    [{ s: 'inner' }, 'layout-does-not-fit', 'it is one number'],
    [{ P: 'rows' }, 'layout-does-not-fit', 'it is not encrypted'],
    [{ t: 'inner' }, 'layout-does-not-fit', 'it is not encrypted'],
  ] as const)('%j: %s', (choices, code, message) => {
    const found = refusal(text, choices);
    expect(found?.code).toBe(code);
    expect(found?.message).toContain(message);
  });

  test('with a similar name, or the layouts of the shape, as help', () => {
    expect(refusal(PRODUCT, { B: 'rows' })?.help).toBe('its tensors are A, x, y');
    const renamed = PRODUCT.replaceAll('x', 'weights');
    expect(refusal(renamed, { weihgts: 'inner' })?.help).toBe("did you mean 'weights'?");
    expect(refusal(PRODUCT, { x: 'rows' })?.help).toBe('write inner or outer');
  });

  test('if no packing has it', () => {
    // Without encrypted matrices, and with more slots than elements, vectors lie in inner slots.
    const inputs = 'input u: cipher[4] within [-1, 1]; input v: cipher[9] within [-1, 1];';
    expect(refusal(`${inputs} output s = sum(u*u) + sum(v*v);`, { u: 'outer' })).toMatchObject({
      code: 'layout-not-computed',
      message: 'no packing has the layouts u=outer',
    });
    // Modulo 257 no ring has slots and room for the noise: each number has its own ciphertext.
    const integers = 'scheme bfv(t = 257); input u: cipher[8]; output s = dot(u, u);';
    expect(refusal(integers, { u: 'inner' })?.code).toBe('layout-not-computed');
  });
});
