import { expect, test } from 'vitest';
import { buildCircuit } from '../../src/build/build-circuit.ts';
import { check } from '../../src/check/check-program.ts';
import type { Circuit } from '../../src/ir/graph.ts';
import { checkLegality } from '../../src/ir/legality.ts';
import { at } from '../../src/lookup.ts';
import { pack } from '../../src/packing/pack.ts';
import { scalarize } from '../../src/packing/scalarize.ts';
import { runSlots } from '../../src/plan/slot-machine.ts';
import { unpackInto } from '../../src/plan/slot-maps.ts';
import { relinearize } from '../../src/schemes/integers/relinearize.ts';
import { integersModulo } from '../../src/tensor/modular.ts';
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

test('all elements of an output with three axes are gathered in one ciphertext', () => {
  const circuit = circuitOf('input a: cipher[2, 2, 3]; output y = a * a;');
  const rules = { scaledUploads: false, asWritten: false, scalars: true };
  const { slots, outputs } = pack(scalarize(circuit, { interning: true }), rules);
  // 12 elements
  expect([slots, outputs.length]).toEqual([16, 1]);
});

test('an output of more elements than slots is gathered in several ciphertexts', async () => {
  const text = 'input a: cipher[2, 5]; input p: plain[3, 3]; output y = a.T; output q = p;';
  const packed = pack(scalarize(circuitOf(text), { interning: true }), {
    scaledUploads: false,
    asWritten: false,
    scalars: true,
    slots: 4,
  });
  const partsOf = (wanted: string) =>
    packed.outputs.flatMap(({ name, map }) => (name === wanted ? [[map.from, map.sizes]] : []));
  expect(partsOf('y')).toEqual([
    [0, [4]],
    [4, [4]],
    [8, [2]],
  ]);
  expect(partsOf('q')).toEqual([
    [0, [4]],
    [4, [4]],
    [8, [1]],
  ]);
  const a = Array.from({ length: 10 }, (_, i) => i + 1);
  const { ops, valueIds } = relinearize(packed);
  const outputs = packed.outputs.map((part) => ({ ...part, value: at(valueIds, part.value) }));
  const values = runSlots(
    { ops, outputs },
    {
      ring: integersModulo(17),
      slots: 4,
      blocks: 1,
      read: (name) => Float64Array.from(name === 'a' ? a : a.slice(0, 9)),
    },
  );
  const read = (wanted: string, size: number) => {
    const data = new Float64Array(size);
    for (const { name, value, map } of outputs)
      if (name === wanted) unpackInto(map, values.get(value) as Float64Array, 0, data);
    return [...data];
  };
  expect(read('y', 10)).toEqual([1, 6, 2, 7, 3, 8, 4, 9, 5, 10]);
  expect(read('q', 9)).toEqual(a.slice(0, 9));
});

test('the operations of clear outputs grow in proportion to their elements', () => {
  const lengthOf = (n: number) => {
    const text = `input p: plain[${n}]; output q = p; output c = p*0 + 3; output d = 2*p;`;
    const packed = pack(scalarize(circuitOf(text), { interning: true }), {
      scaledUploads: false,
      asWritten: false,
      scalars: true,
    });
    return JSON.stringify(packed.ops).length;
  };
  // Four times as many elements, whose indices are longer by a digit or two.
  expect(lengthOf(256) / lengthOf(64)).toBeLessThan(4.5);
});

test('the source form keeps equal operations apart', () => {
  const twice = circuitOf('input x: cipher; output y = x*x + x*x;');
  const products = (interning: boolean) =>
    scalarize(twice, { interning }).nodes.filter(({ op }) => op.kind === 'mul').length;
  expect([products(false), products(true)]).toEqual([2, 1]);
});
