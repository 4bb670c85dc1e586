import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
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

describe('vectorize', () => {
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
