import { afterAll, describe, expect, test } from 'vitest';
import { shoalHere, workspace } from './support.ts';

/**
 * Circuits that optimization reduces to little, or to nothing encrypted: transparent ciphertexts,
 * values in the clear, unused inputs. Each is evaluated on several vectors at once.
 */

const space = workspace();
afterAll(() => space.remove());

type Value = number | readonly Value[];
type Values = Readonly<Record<string, Value>>;

interface Case {
  readonly text: string;
  /** Inputs and expected outputs. */
  readonly vectors: readonly (readonly [inputs: Values, expect: Values])[];
}

const CASES: Readonly<Record<string, Case>> = {
  'x - x': {
    text: 'input x: cipher within [-2, 2];\noutput y = x - x;',
    vectors: [
      [{ x: 1.5 }, { y: 0 }],
      [{ x: -2 }, { y: 0 }],
    ],
  },
  'x - x of products': {
    text: 'input x: cipher[3];\noutput y = x * x - x * x;',
    vectors: [[{ x: [1, 2, -1] }, { y: [0, 0, 0] }]],
  },
  'x - x that only data make zero': {
    text: 'input x: cipher[2];\ninput p: plain[2];\noutput y = x - p * x;',
    vectors: [
      [{ x: [1, 2], p: [1, 1] }, { y: [0, 0] }],
      [{ x: [1, 2], p: [1, 0] }, { y: [0, 2] }],
    ],
  },
  'times the constant 0': {
    text: 'input x: cipher[3];\noutput y = x * 0;',
    vectors: [[{ x: [1, 2, 3] }, { y: [0, 0, 0] }]],
  },
  'times a vector of zeros': {
    text: 'input x: cipher[3];\noutput y = x * [0, 0, 0];\noutput z = sum(x * [0, 0, 0]);',
    vectors: [[{ x: [1, 2, 3] }, { y: [0, 0, 0], z: 0 }]],
  },
  'times a vector of which a part is zero': {
    text: 'input x: cipher[3];\noutput y = x * [0, 1, 0];',
    vectors: [[{ x: [1, 2, 3] }, { y: [0, 2, 0] }]],
  },
  'times a plain input that is 0': {
    text: 'input x: cipher;\ninput p: plain within [-1, 1];\noutput y = x * p;\noutput z = x * p + x;',
    vectors: [
      [
        { x: 1.5, p: 0 },
        { y: 0, z: 1.5 },
      ],
      [
        { x: 1.5, p: 1 },
        { y: 1.5, z: 3 },
      ],
    ],
  },
  'times a plain input that is always 0': {
    text: 'input x: cipher[2];\ninput p: plain[2];\noutput y = (x * p) * (x * p) + sum(x * p);',
    vectors: [[{ x: [1, 2], p: [0, 0] }, { y: [0, 0] }]],
  },
  'a rotation of zeros': {
    text: 'input x: cipher[4];\ninput p: plain[4];\noutput y = rotate(x * p, 1);\noutput z = rotate(x * [0, 0, 0, 0], 1) + x;',
    vectors: [
      [
        { x: [1, 2, 3, 4], p: [0, 0, 0, 0] },
        { y: [0, 0, 0, 0], z: [1, 2, 3, 4] },
      ],
    ],
  },
  'a product of inputs that are always 0': {
    text: 'input x: cipher within [0, 0];\noutput y = x * x;\noutput z = x^4;',
    vectors: [[{ x: 0 }, { y: 0, z: 0 }]],
  },
  'a range of one point': {
    text: 'input x: cipher within [2, 2];\noutput y = x * x - 4;',
    vectors: [[{ x: 2 }, { y: 0 }]],
  },
  'an output that is a constant': {
    text: 'input x: cipher;\noutput y = 3;\noutput v = [1, 2];\noutput z = x;',
    vectors: [
      [{ x: 1.5 }, { y: 3, v: [1, 2], z: 1.5 }],
      [{ x: 0.5 }, { y: 3, v: [1, 2], z: 0.5 }],
    ],
  },
  'an output that is a plain input': {
    text: 'input x: cipher;\ninput p: plain[2];\noutput y = p;\noutput z = sum(p * p) + 1;\noutput w = x;',
    vectors: [
      [
        { x: 1, p: [0.5, 2] },
        { y: [0.5, 2], z: 5.25, w: 1 },
      ],
      [
        { x: 2, p: [0, 0] },
        { y: [0, 0], z: 1, w: 2 },
      ],
    ],
  },
  'no ciphertext at all': {
    text: 'input p: plain[2] within [0.5, 4];\noutput y = p * p;\noutput z = sum(p) / p[0];\noutput c = 7;',
    vectors: [
      [{ p: [0.5, 2] }, { y: [0.25, 4], z: 5, c: 7 }],
      [{ p: [1, 3] }, { y: [1, 9], z: 4, c: 7 }],
    ],
  },
  'no input at all': {
    text: 'output y = [1, 2, 3];\noutput z = 1 / 4;',
    vectors: [
      [{}, { y: [1, 2, 3], z: 0.25 }],
      [{}, { y: [1, 2, 3], z: 0.25 }],
    ],
  },
  'inputs without a use': {
    text: 'input x: cipher;\ninput u: cipher[2];\ninput p: plain[3];\noutput y = x * x;',
    vectors: [
      [{ x: 1.5, u: [1, 2], p: [1, 2, 3] }, { y: 2.25 }],
      [{ x: -1, u: [0, 0], p: [0, 0, 0] }, { y: 1 }],
    ],
  },
  'an input that is used only times 0': {
    text: 'input x: cipher;\ninput u: cipher;\noutput y = x * x + 0 * u;\noutput z = u * 0 + 1;',
    vectors: [
      [
        { x: 1.5, u: 2 },
        { y: 2.25, z: 1 },
      ],
      [
        { x: 1, u: 0 },
        { y: 1, z: 1 },
      ],
    ],
  },
  'an output that is an input': {
    text: 'input x: cipher;\ninput v: cipher[5];\ninput m: cipher[2, 3];\noutput y = x;\noutput w = v;\noutput n = m;',
    vectors: [
      [
        {
          x: 1,
          v: [1, 2, 3, 4, 5],
          m: [
            [1, 2, 3],
            [4, 5, 6],
          ],
        },
        {
          y: 1,
          w: [1, 2, 3, 4, 5],
          n: [
            [1, 2, 3],
            [4, 5, 6],
          ],
        },
      ],
    ],
  },
  'outputs that share a value': {
    text: 'input x: cipher;\nvar t = x * x;\noutput y = t;\noutput z = t;\noutput w = t * t;\noutput a = x;\noutput b = x;\noutput c = -x;',
    vectors: [
      [{ x: 1.25 }, { y: 1.5625, z: 1.5625, w: 2.44140625, a: 1.25, b: 1.25, c: -1.25 }],
      [{ x: 0 }, { y: 0, z: 0, w: 0, a: 0, b: 0, c: 0 }],
    ],
  },
  'vectors of one element': {
    text: 'input v: cipher[1];\noutput y = v * v;\noutput s = sum(v);\noutput d = dot(v, v);\noutput r = rotate(v, 1);\noutput e = v[0];',
    vectors: [
      [{ v: [1.25] }, { y: [1.5625], s: 1.25, d: 1.5625, r: [1.25], e: 1.25 }],
      [{ v: [-1] }, { y: [1], s: -1, d: 1, r: [-1], e: -1 }],
    ],
  },
};

describe.each(Object.entries(CASES))('%s', (_, { text, vectors }) => {
  const circuit = space.file('edge.circ', `${text}\n`);
  const given = {
    tolerance: 1e-4,
    vectors: vectors.map(([inputs, expected]) => ({ inputs, expect: expected })),
  };

  test.each([
    ['-O0', 'seal'],
    ['-O3', 'seal'],
    ['-O2', 'debug'],
    ['-O3', 'plain'],
  ])('%s --backend %s', async (level, backend) => {
    space.file('edge.circ', `${text}\n`);
    const data = space.file('edge.json', JSON.stringify(given));
    const args = ['eval', circuit, '--vectors', data, level, '--backend', backend, '--json'];
    const { status, stdout } = await shoalHere(args);
    expect(status, stdout).toBe(0);
    expect(JSON.parse(stdout).vectors).toMatchObject({ passed: vectors.length, failed: 0 });
  });
});
