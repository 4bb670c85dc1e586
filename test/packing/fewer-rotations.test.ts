import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { factorRotations } from '../../src/packing/factor-rotations.ts';
import { withFewerRotations } from '../../src/packing/fewer-rotations.ts';
import { pack } from '../../src/packing/pack.ts';
import { withSmallMultiples } from '../../src/packing/small-multiples.ts';
import { build } from '../support/circuits.ts';
import { randomProgram, seeded } from '../support/programs.ts';
import { expectSameSlots } from '../support/slots.ts';

const packed = (text: string) => pack(build(text), { scaledUploads: true, asWritten: false });

const INPUTS = 'input u: cipher[64]; input v: cipher[64]; let x = u*v; let z = u*u;\n';

/** Returns a sum of rotations of `x`, as in a window of a picture with rows of 8 numbers. */
function stencil(rows: readonly (readonly number[])[], value = 'x'): string {
  const terms = rows.flatMap((row, i) =>
    row.flatMap((c, j) => (c === 0 ? [] : [`${c}*rotate(${value}, ${8 * i + j})`])),
  );
  return terms.join(' + ');
}

const SOBEL = [
  [-1, 0, 1],
  [-2, 0, 2],
  [-1, 0, 1],
] as const;
const ones = (size: number) => Array.from({ length: size }, () => new Array<number>(size).fill(1));

describe('withFewerRotations', () => {
  it.each([
    // (1 + r)(1 + r^8)
    ['a box of 2×2', `output y = ${stencil(ones(2))};`, 2],
    // (1 + r + r²)(1 + r^8 + r^16)
    ['a box of 3×3', `output y = ${stencil(ones(3))};`, 4],
    // (r² - 1)(1 + 2·r^8 + r^16)
    ["Sobel's horizontal derivative", `output y = ${stencil(SOBEL)};`, 3],
    // (r^16 - 1)(1 + 2·r + r²)
    [
      "Sobel's vertical derivative",
      `output y = ${stencil(SOBEL.map((row, i) => row.map((_, j) => SOBEL[j]?.[i] ?? 0)))};`,
      3,
    ],
    // (1 + r)^4
    ['binomial coefficients', `output y = ${stencil([[1, 4, 6, 4, 1]])};`, 4],
    // (1 + r^8)(x·(1 + r) + z·(1 + r)): both values are divided together.
    ['boxes of two values', `output y = ${stencil(ones(2))} + ${stencil(ones(2), 'z')};`, 2],
    // (1 + r)(1 + r^8)·x + r^32·x
    ['a box and one term', `output y = ${stencil(ones(2))} + rotate(x, 32);`, 3],
    // Nothing divides 1 + r + r^8.
    ['a sum without factors', 'output y = x + rotate(x, 1) + rotate(x, 8);', 2],
    // Rotations that the other sum needs anyway are not saved by a factor.
    [
      'sums that share rotations',
      `let a = rotate(x, 1); let b = rotate(x, 8); let c = rotate(x, 9);
       output y = x + a + b + c; output w = x + 3*a + 5*b + 2*c;`,
      3,
    ],
  ])('takes the fewest rotations for %s', (_, outputs, rotations) => {
    const before = packed(INPUTS + outputs);
    const after = withFewerRotations(before);
    expect(after.ops.filter(({ op }) => op === 'rotate')).toHaveLength(rotations);
    expectSameSlots(before, after);
  });

  it('doubles by an addition, and multiplies by other integers', () => {
    const after = withFewerRotations(
      packed(
        `${INPUTS}output y = ${stencil([
          [2, 2],
          [1000, 1000],
        ])};`,
      ),
    );
    expect(after.ops.filter(({ op }) => op === 'mulPlain').length).toBe(1);
  });
});

describe('withSmallMultiples', () => {
  it.each([
    // Four additions would take half as long as a product.
    ['2*(x*z)', 0],
    ['x - 2*z', 0],
    ['3*(x*z) - 4*z', 0],
    ['8*(x*z)', 0],
    ['16*(x*z)', 1],
    ['7*(x*z)', 1],
  ])('multiplies in %s by additions, if they are few', (expression, products) => {
    const before = packed(`${INPUTS}output y = ${expression};`);
    const after = withSmallMultiples(before);
    expect(after.ops.filter(({ op }) => op === 'mulPlain')).toHaveLength(products);
    expectSameSlots(before, after);
  });

  it('scales a sum once, not its terms', () => {
    const { ops } = withFewerRotations(packed(`${INPUTS}output y = 2*(x*z) + 2*(u*z);`));
    expect(ops.filter(({ op }) => op === 'mulPlain')).toHaveLength(0);
    expect(ops.filter(({ op }) => op === 'add')).toHaveLength(2);
  });
});

it('keeps every output of random sums of rotations', () => {
  const coefficient = fc.integer({ min: -3, max: 3 });
  const term = fc.tuple(fc.constantFrom('x', 'z', 'x*z'), fc.nat(63), coefficient);
  fc.assert(
    fc.property(fc.array(term, { minLength: 3, maxLength: 12 }), fc.nat(20), (terms, distance) => {
      const both = terms.flatMap(([value, offset, c]) => [
        `${c}*rotate(${value}, ${offset})`,
        `${2 * c}*rotate(${value}, ${(offset + distance) % 64})`,
      ]);
      const before = packed(`${INPUTS}output y = x + ${both.join(' + ')};`);
      expectSameSlots(before, factorRotations(before));
      expectSameSlots(before, withFewerRotations(before));
    }),
    seeded(60),
  );
});

it('keeps every output of random programs', () => {
  fc.assert(
    fc.property(randomProgram(24), ({ text }) => {
      const before = packed(text);
      expectSameSlots(before, withFewerRotations(before));
    }),
    seeded(60),
  );
});
