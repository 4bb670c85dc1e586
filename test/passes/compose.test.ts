import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compile } from '../../src/compile/compile.ts';
import { liveNodes } from '../../src/ir/graph.ts';
import { compose } from '../../src/passes/compose.ts';
import { fold } from '../../src/passes/fold.ts';
import { merge } from '../../src/passes/merge.ts';
import { compareCircuits } from '../../src/verify/equivalence.ts';
import { build, optimize } from '../support/circuits.ts';
import { type Names, type Pick, seeded, statements } from '../support/programs.ts';

/** Returns a program whose values are linear maps of an input and of products of inputs. */
function linearProgram(n: number, seeds: readonly number[]): string {
  const row = (i: number) => Array.from({ length: n }, (_, j) => ((i * 3 + j * 5) % 7) / 4 - 0.5);
  const matrix = Array.from({ length: n }, (_, i) => `[${row(i).join(', ')}]`).join(', ');
  const head = [
    `input x: cipher[${n}]; input y: cipher[${n}]; input M: cipher[2, ${n}];`,
    `const K = [${matrix}]; const k = [${row(2).join(', ')}];`,
    'let z = x*y; let w = M[0]*M[1];',
  ];
  const names = { scalars: ['x[0]', 'z[0]', '0.5'], vectors: ['x', 'z', 'w', 'k'] };
  const scalar = (name: string, _: number, known: Names, pick: Pick) => {
    const [s, v] = [known.scalars, known.vectors].map((all) => all[pick(all.length)]);
    const forms = [
      `sum(${v})/${n}`,
      `${v}[${pick(n)}]`,
      `0.25*${s}`,
      `dot(k, ${v}) - ${s}`,
      `-${s}`,
    ];
    return `let ${name} = ${forms[pick(forms.length)]};`;
  };
  const vector = (name: string, size: number, known: Names, pick: Pick) => {
    const of = () => known.vectors[pick(known.vectors.length)];
    const [v, w, s] = [of(), of(), known.scalars[pick(known.scalars.length)]];
    const cut = pick(size);
    const forms = [
      `K @ ${v}`,
      `k*${v}`,
      `rotate(${v}, ${cut})`,
      `concat(${v}[${cut}..], ${w})[..${size}]`,
      `concat([${s}], concat(${v}, ${w}))[${cut}..${cut + size}]`,
      `[${Array.from({ length: size }, (_, i) => (i % 2 === 0 ? `${v}[${i}]` : s)).join(', ')}]`,
      `[${v}, ${w} + 1][${cut % 2}]`,
      `${v} - ${s}`,
      `${v} + ${w}`,
    ];
    return `let ${name} = ${forms[pick(forms.length)]};`;
  };
  return [...head, ...statements(n, seeds, names, scalar, vector)].join('\n');
}

describe('linear maps of one value', () => {
  const programs = fc
    .tuple(
      fc.integer({ min: 2, max: 6 }),
      fc.array(fc.nat(2 ** 30), { minLength: 2, maxLength: 12 }),
    )
    .map(([n, seeds]) => linearProgram(n, seeds));

  it('are composed, and parts are taken from joins, without any change of the values', () => {
    fc.assert(
      fc.property(programs, (text) => {
        const source = build(text);
        for (const passes of [[fold], [merge, fold, compose], [compose, fold]]) {
          const result = compareCircuits(source, optimize(text, ...passes), {
            points: 1,
            seed: text,
          });
          expect(result.equal, text).toBe(true);
        }
      }),
      seeded(150),
    );
  });

  const HAAR = `
    var a = y; var result = [0]; var n = 16;
    for level in 0..4 {
      n = n / 2;
      var s = [0]; var d = [0];
      for i in 0..n {
        s = concat(s, [(a[2*i] + a[2*i + 1])/2]); d = concat(d, [(a[2*i] - a[2*i + 1])/2]);
      }
      result = concat(d[1..], result); a = s[1..];
    }
    output w = concat(a, result[..15]);`;

  it('are one product with a constant, which the client uploads if it maps an input', () => {
    const text = `input y: cipher[16]; ${HAAR}`;
    const circuit = optimize(text, merge, fold, compose);
    expect(
      circuit.nodes.filter(({ id }) => liveNodes(circuit)[id]).map(({ kind }) => kind),
    ).toEqual(['input', 'const', 'mul']);
    expect(measuresOf(text)).toMatchObject({ levels: 0 });
  });

  it.each([
    // One for the square, and one for the map.
    ['a Haar transform', `input x: cipher[16]; let y = x*x; ${HAAR}`, 2],
    // One for the square, and one for both matrices.
    [
      'pooling',
      `input x: cipher[4, 4]; const P = [[0.5, 0.25, 0, 0], [0, 0, 0.5, 0.25]];
       output r = P @ (x*x) @ P.T;`,
      2,
    ],
  ])('%s of products takes one level more', (_, text, levels) => {
    expect(measuresOf(text).levels).toBeLessThanOrEqual(levels);
  });
});

function measuresOf(text: string) {
  return compile({ file: 'test.circ', text }, {}).optimized.measures;
}
