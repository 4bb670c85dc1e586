import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fold } from '../../src/passes/fold.ts';
import { vectorize } from '../../src/passes/vectorize.ts';
import { compareCircuits } from '../../src/verify/equivalence.ts';
import { build, optimize } from '../support/circuits.ts';

/** A number in front of a part: none, a sign, or a factor. */
const factor = fc.constantFrom('', '-', '2*', '0.5*', '-3*');
const form = fc.constantFrom('x', 'x - 1', '2 - y', 'x + y', '0.5*y');

/** Parts of one kind, as a program joins them, and the ciphertext products that one of them has. */
const parts = fc
  .record({
    kind: fc.constantFrom('sum', 'vector', 'power'),
    parts: fc.array(fc.tuple(factor, form, form), { minLength: 2, maxLength: 5 }),
  })
  .map(({ kind, parts }) => {
    const bodies = parts.map(([number, a, b]) => {
      if (kind === 'sum') return `${number}sum((${a})*(${b}))`;
      return kind === 'vector' ? `${number}((${a})*(${b}))` : `${number}((${a})*(${b}))^2`;
    });
    return { bodies, most: kind === 'power' ? 2 : 1, isVector: kind !== 'sum' };
  });

const programOf = (join: string) => `input x: cipher[3]; input y: cipher[3]; output r = ${join};`;

/** Sums of products of any numbers of factors over slices of any length, of which some are centred. */
const uneven = fc
  .array(
    fc.record({
      number: factor,
      factors: fc.array(fc.constantFrom('x', 'y', 'd', '(x + 1)'), { minLength: 1, maxLength: 4 }),
      size: fc.integer({ min: 2, max: 5 }),
    }),
    { minLength: 2, maxLength: 5 },
  )
  .map((parts) =>
    parts.map(({ number, factors, size }) => {
      const sliced = factors.map((one) => `${one}[0..${size}]`);
      return `${number}sum(${sliced.join('*')})`;
    }),
  );

describe('vectorize', () => {
  it('keeps joins of parts that are not alike exactly', () => {
    fc.assert(
      fc.property(uneven, (bodies) => {
        const text = `input x: cipher[5]; input y: cipher[5];
          let d = y - sum(y)/5; output r = [${bodies.join(', ')}];`;
        const before = build(text);
        const after = optimize(text, fold, vectorize);
        const result = compareCircuits(before, after, { points: 2, seed: text });
        expect(result, text).toMatchObject({ equal: true });
      }),
      { numRuns: 300 },
    );
  });

  it('leaves parts of any depth that it does not join', () => {
    const text = `input x: cipher[3]; input y: cipher[3]; var a = x;
      for i in 0..4000 { a = a*y + x; } output r = concat(a, x*y - y);`;
    const before = build(text);
    const after = optimize(text, vectorize);
    expect(compareCircuits(before, after, { points: 1, seed: text })).toMatchObject({
      equal: true,
    });
  });

  it('computes parts that are alike but for numbers once, exactly', () => {
    fc.assert(
      fc.property(parts, fc.boolean(), ({ bodies, most, isVector }, concatenates) => {
        const list = bodies.join(', ');
        const text = programOf(isVector && concatenates ? `concat(${list})` : `[${list}]`);
        const before = build(text);
        const after = optimize(text, vectorize);
        const result = compareCircuits(before, after, { points: 2, seed: text });
        expect(result, text).toMatchObject({ equal: true });
        const products = after.nodes.filter(
          ({ kind, secrecy, args }) =>
            secrecy === 'cipher' &&
            (kind === 'pow' ||
              (kind === 'mul' && args.every((arg) => after.nodes[arg]?.secrecy === 'cipher'))),
        );
        expect(products.length, text).toBeLessThanOrEqual(most);
      }),
      { numRuns: 300 },
    );
  });
});
