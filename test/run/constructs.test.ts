import { describe, expect, test } from 'vitest';
import { encryptedEvaluation } from '../../src/backends/seal/encrypted-evaluation.ts';
import { compile } from '../../src/compile/compile.ts';
import { at, defined } from '../../src/lookup.ts';
import { errorBounds } from '../../src/report/circuit-report.ts';

/** Every construct on encrypted data, with the numbers that it gives, by hand. */

const FILES: Readonly<Record<string, string>> = {
  'w.csv': '1,0\n0.5,-1\n',
  'half.circ': 'const half = 0.5;\nfn halved(x) = half*x;\n',
};

function resolve(path: string): Uint8Array {
  return new TextEncoder().encode(defined(FILES[path]));
}

type Numbers = number | readonly Numbers[];
interface Case {
  readonly name: string;
  readonly text: string;
  readonly inputs: Readonly<Record<string, Numbers>>;
  readonly outputs: Readonly<Record<string, Numbers>>;
}

const flat = (numbers: Numbers): number[] =>
  typeof numbers === 'number' ? [numbers] : numbers.flatMap(flat);

const CASES: readonly Case[] = [
  {
    name: 'bindings',
    text: `input x: cipher[4] within [-2, 2];
let s = sum(x*x) within [0, 16];
let [a, b] = x[0..2] within [-2, 2];
var y = x;
y += 1;
y -= [0, 0, 0, 1];
y *= 2;
var v = x;
v[0] = b;
v[1..3] = 3*x[2..4];
v[3] *= a;
v[0..4..3] += 0.5;
output z = y;
output w = v;
output t = s - a*b;`,
    inputs: { x: [1, -1, 0.5, 2] },
    outputs: { z: [4, 0, 3, 4], w: [-0.5, 1.5, 6, 2.5], t: 7.25 },
  },
  {
    name: 'branches, comparisons and logic',
    text: `param n = 6;
input x: cipher[n] within [-1, 1];
var s = zeros(n);
for i in 0..n {
  if i % 3 == 0 and not (i == 0) { s[i] = x[i]; }
  else if i < 2 or i >= n - 1 { s[i] = 2*x[i]; }
  else if i != 4 { s[i] = -x[i]; }
  else { s[i] = x[i]*x[i]; }
}
output y = s;
output z = (n > 5)*x[0] + (-1 % n <= 4)*x[1];`,
    inputs: { x: [1, 0.5, 0.25, -1, -0.5, 0.75] },
    outputs: { y: [2, 1, -0.25, -1, 0.25, 1.5], z: 1 },
  },
  {
    name: 'files',
    text: `include "half.circ";
const W = load("w.csv");
input x: cipher[2] within [-1, 1];
output y = W @ halved(x);
output z = half*x[0]*x[1];`,
    inputs: { x: [1, -0.5] },
    outputs: { y: [0.5, 0.5], z: -0.25 },
  },
  {
    name: 'slices with steps, empty vectors and four axes',
    text: `input x: cipher[2, 2, 1, 3] within [-2, 2];
input v: cipher[7] within [-2, 2];
output a = concat(zeros(0), v[1..6..2]*v[....3], v[3..3]) + sum(v[2..2]);
output b = x[1, .., 0, ..2]*v[..2];
output c = sum(x, 0)[.., 0] * x[0, 1];
output d = mean(x) + mean(v);
output e = mean(x, 3)[0, .., 0];`,
    inputs: {
      x: [
        [[[1, 2, 0]], [[0, 1, -1]]],
        [[[2, 0, 1]], [[1, 1, 1]]],
      ],
      v: [1, 2, 0, -1, 0.5, 1, -2],
    },
    outputs: {
      a: [2, 1, -2],
      b: [
        [2, 0],
        [1, 2],
      ],
      c: [
        [0, 2, -1],
        [0, 2, 0],
      ],
      d: 0.75 + 1.5 / 7,
      e: [1, 0],
    },
  },
  {
    name: 'shapes',
    text: `input v: cipher[6] within [-2, 2];
input M: cipher[2, 3] within [-2, 2];
output a = reshape(v*v, 2, 3) + M;
output b = flatten(M.T)*v;
output c = transpose(reshape(v, 1, 2, 3), 2, 0, 1) * v[0];
output d = diag(M*M) + len(v);
output e = diag(v[..2]*v[..2]);
output f = trace(M @ M.T);
output g = kron(v[..2], M[0]);
output h = cumsum(v*v) - shape(M, 1);`,
    inputs: {
      v: [1, 2, 0, -1, 0.5, 1],
      M: [
        [1, 0, 2],
        [0, 1, -1],
      ],
    },
    outputs: {
      a: [
        [2, 4, 2],
        [1, 1.25, 0],
      ],
      b: [1, 0, 0, -1, 1, -1],
      c: [[[1, -1]], [[2, 0.5]], [[0, 1]]],
      d: [7, 7],
      e: [
        [1, 0],
        [0, 4],
      ],
      f: 7,
      g: [1, 0, 2, 2, 0, 4],
      h: [-2, 2, 2, 3, 3.25, 4.25],
    },
  },
  {
    name: 'images',
    text: `input x: cipher[4, 4] within [0, 1];
const k = reshape([1, 0, 0, -1, 0, 1, -1, 0], 2, 1, 2, 2);
let edges = conv2d(reshape(x, 1, 4, 4), k, 2);
let squares = edges*edges;
output a = squares;
output b = avgpool(x*x, 2);
output c = conv2d(x, ones(3, 3), 3, 1);
output d = conv2d(squares, ones(1, 2, 2, 2));
output e = avgpool(x, 2, 1);`,
    inputs: {
      x: [
        [0, 0, 1, 1],
        [0, 0, 1, 1],
        [0, 1, 1, 0],
        [1, 1, 0, 0],
      ],
    },
    outputs: {
      a: [
        [
          [0, 0],
          [1, 1],
        ],
        [
          [0, 0],
          [0, 0],
        ],
      ],
      b: [
        [0, 1],
        [0.75, 0.25],
      ],
      c: [
        [0, 4],
        [3, 1],
      ],
      d: [[[2]]],
      e: [
        [0, 0.5, 1],
        [0.25, 0.75, 0.75],
        [0.75, 0.75, 0.25],
      ],
    },
  },
];

describe('every construct on encrypted data is right within the promised error', () => {
  test.each(CASES)('$name', async ({ text, inputs, outputs }) => {
    const source = { file: 'constructs.circ', text, files: { resolve } };
    const { plan } = compile(source, { verify: true }).optimized;
    const data = new Map(
      Object.entries(inputs).map(([name, value]) => [name, Float64Array.from(flat(value))]),
    );
    const evaluation = await encryptedEvaluation(defined(plan), [{ inputs: data }]);
    const got = at(evaluation.outputs, 0);
    const bounds = errorBounds(defined(plan));
    expect([...got.keys()].sort()).toEqual(Object.keys(outputs).sort());
    for (const [name, expected] of Object.entries(outputs)) {
      const numbers = [...defined(got.get(name))];
      expect(numbers, name).toHaveLength(flat(expected).length);
      flat(expected).forEach((x, i) => {
        expect(Math.abs(at(numbers, i) - x), `${name}[${i}]`).toBeLessThanOrEqual(
          defined(bounds[name]),
        );
      });
    }
  });
});
