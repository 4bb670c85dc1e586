import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compile } from '../../src/compile/compile.ts';
import { defined } from '../../src/lookup.ts';
import { premultiply } from '../../src/passes/premultiply.ts';
import { runPass } from '../../src/passes/run-passes.ts';
import { compareCircuits } from '../../src/verify/equivalence.ts';
import { build, quietContext } from '../support/circuits.ts';
import { type Statement, seeded, statements } from '../support/programs.ts';
import { cases, SAMPLED } from '../support/sampling.ts';

const pageRank = (steps: number) => `
  param steps = ${steps};
  input links: plain[4, 4] within [0, 1];
  input interests: cipher[4] within [0, 1];
  var rank = interests;
  for t in 0..steps { rank = 0.85*(links @ rank) + 0.15*interests; }
  output rank;`;

/** Linear programs on vectors of n elements, with a product of ciphertexts now and then. */
function linearProgram(n: number, seeds: readonly number[]): string {
  const inputs = [
    `input P: plain[${n}, ${n}];`,
    `input q: plain[${n}];`,
    'input s: plain;',
    `input x: cipher[${n}];`,
    `input y: cipher[${n}];`,
  ];
  const names = { scalars: ['s', '0.5', 'x[0]'], vectors: ['x', 'y', 'q'] };
  const vector: Statement = (name, _, { scalars, vectors }, pick) => {
    const v = () => defined(vectors[pick(vectors.length)]);
    const writers = [
      () => `P @ ${v()}`,
      () => `P.T @ ${v()}`,
      () => `${v()} + ${v()}`,
      () => `${v()} - 3*${v()}`,
      () => `-${v()}`,
      () => `q*${v()}`,
      () => `${defined(scalars[pick(scalars.length)])}*${v()}`,
      () => `(P @ ${v()})[..1] + ${v()}`,
      () => `${v()}*${v()}`,
    ];
    return `let ${name} = ${defined(writers[pick(writers.length)])()};`;
  };
  const scalar: Statement = (name, _, { vectors }, pick) => {
    const v = () => defined(vectors[pick(vectors.length)]);
    return pick(2) === 0 ? `let ${name} = dot(q, ${v()});` : `let ${name} = sum(P @ ${v()});`;
  };
  return [...inputs, ...statements(n, seeds, names, scalar, vector)].join('\n');
}

describe('matrices of plain inputs', () => {
  it.each([2, 3, 8])('multiply each other in clear: page rank in %i steps takes one level', (k) => {
    const text = pageRank(k);
    for (const optimizationLevel of [2, 3] as const) {
      const { measures } = compile({ file: 'p.circ', text }, { optimizationLevel }).optimized;
      expect([measures.depth, measures.levels]).toEqual([0, 1]);
    }
  });

  it('keep every output of random programs', SAMPLED, () => {
    const runs = cases(60);
    const program = fc
      .tuple(
        fc.integer({ min: 1, max: 4 }),
        fc.array(fc.nat(2 ** 30), { minLength: 2, maxLength: 12 }),
      )
      .map(([n, seeds]) => linearProgram(n, seeds));
    let fired = 0;
    fc.assert(
      fc.property(program, (text) => {
        const before = build(text);
        const { circuit: after } = runPass(premultiply, before, quietContext());
        if (after !== before) fired++;
        expect(compareCircuits(before, after, { points: 1, seed: text })).toMatchObject({
          equal: true,
        });
      }),
      seeded(runs),
    );
    expect(fired).toBeGreaterThan(runs / 10);
  });
});
