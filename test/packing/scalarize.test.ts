import { expect, test } from 'vitest';
import { buildCircuit } from '../../src/build/build-circuit.ts';
import { check } from '../../src/check/check-program.ts';
import type { Circuit } from '../../src/ir/graph.ts';
import { checkLegality } from '../../src/ir/legality.ts';
import { pack } from '../../src/packing/pack.ts';
import { scalarize } from '../../src/packing/scalarize.ts';
import { compareCircuits } from '../../src/verify/equivalence.ts';

const circuitOf = (text: string): Circuit =>
  buildCircuit(check({ file: 'scalars.circ', text: `scheme bfv(t = 17);\n${text}` }));

const text = `input A: cipher[2, 3]; input v: cipher[3]; input p: plain[2];
  output y = A @ v + p; output z = sum(A, 0) * v; output t = A.T; output s = dot(v, v)^2;
  output r = concat(rotate(v, 1), 3*v[1..]);`;

test('every element of every tensor becomes a node, and the polynomials stay the same', () => {
  const circuit = circuitOf(text);
  const scalars = scalarize(circuit, { interning: true });
  checkLegality(scalars);
  const computed = scalars.nodes.filter(({ op }) => !['input', 'stack', 'const'].includes(op.kind));
  for (const { shape } of computed) expect(shape).toEqual([]);
  expect(compareCircuits(circuit, scalars, { points: 2, seed: 'scalars' })).toMatchObject({
    equal: true,
  });
});

test('rearranging takes no operation, and every output tensor is gathered once', () => {
  const { ops, outputs } = pack(scalarize(circuitOf(text), { interning: true }), {
    scaledUploads: false,
    asWritten: false,
    scalars: true,
  });
  const count = (kind: string) => ops.filter(({ op }) => op === kind).length;
  expect([count('rotate'), count('mulPlain'), count('upload')]).toEqual([0, 2, 9]);
  // 6 for A @ v, 3 for the sums, 3 for the dot product and 1 for its square.
  expect(count('mul')).toBe(13);
  expect(count('gather')).toBe(4);
  expect(outputs.map(({ name, shape }) => [name, shape])).toEqual([
    ['y', [2]],
    ['z', [3]],
    ['t', [3, 2]],
    ['s', []],
    ['r', [5]],
  ]);
});

test('the source form keeps equal operations apart', () => {
  const twice = circuitOf('input x: cipher; output y = x*x + x*x;');
  const products = (interning: boolean) =>
    scalarize(twice, { interning }).nodes.filter(({ op }) => op.kind === 'mul').length;
  expect([products(false), products(true)]).toEqual([2, 1]);
});
