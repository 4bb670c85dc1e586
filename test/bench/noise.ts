/**
 * Compares errors of encrypted evaluations with their bounds: `node test/bench/noise.ts [quick]`.
 * For each circuit, ring and scale, it prints the largest measured error as a fraction of the
 * bound. A fraction above 1 is a bug of `src/schemes/ckks/error-bounds.ts`.
 */

import type { Instance } from '../../src/backends/evaluation.ts';
import { encryptedEvaluation } from '../../src/backends/seal/encrypted-evaluation.ts';
import { simulate } from '../../src/backends/simulator.ts';
import { defined } from '../../src/lookup.ts';
import type { CkksOp, CkksSketch } from '../../src/plan/plan.ts';
import { type ChainSizes, planWithSizes } from '../../src/schemes/ckks/choose-params.ts';
import { cipherProperties } from '../../src/schemes/ckks/scales.ts';
import { isSecure } from '../../src/schemes/security.ts';
import { sketchOf, vectorMap } from '../backends/plans.ts';

type Circuit = (slots: number) => { sketch: CkksSketch; name: string };

function circuit(
  name: string,
  slots: number,
  inputs: number,
  build: (push: (op: CkksOp) => number, uploads: number[]) => number,
  level: number,
  range: [number, number] = [-1, 1],
): { sketch: CkksSketch; name: string } {
  const ops: CkksOp[] = [];
  const push = (op: CkksOp): number => ops.push(op) - 1;
  const names = Array.from({ length: inputs }, (_, i) => `x${i}`);
  const map = vectorMap(slots);
  const uploads = names.map((input) => push({ op: 'upload', input, map, level }));
  const value = build(push, uploads);
  const sketch = sketchOf({
    slots,
    inputs: names.map((input) => ({ name: input, secrecy: 'cipher', shape: [slots], range })),
    ops,
    outputs: [{ name: 'y', shape: [slots], value, map }],
  });
  return { name, sketch };
}

function product(push: (op: CkksOp) => number, a: number, b: number, level: number): number {
  const p = push({ op: 'mul', args: [a, b], level });
  const r = push({ op: 'relinearize', args: [p], level });
  return push({ op: 'rescale', args: [r], level: level - 1 });
}

const circuits: Circuit[] = [
  (slots) => circuit('upload', slots, 1, (_, [x]) => defined(x), 0),
  (slots) =>
    circuit('square', slots, 1, (push, [x]) => product(push, defined(x), defined(x), 1), 1),
  (slots) =>
    circuit('product', slots, 2, (push, [x, y]) => product(push, defined(x), defined(y), 1), 1),
  (slots) =>
    circuit(
      'product of 100s',
      slots,
      2,
      (push, [x, y]) => product(push, defined(x), defined(y), 1),
      1,
      [-100, 100],
    ),
  (slots) =>
    circuit(
      'x^4',
      slots,
      1,
      (push, [x]) => {
        const square = product(push, defined(x), defined(x), 2);
        return product(push, square, square, 1);
      },
      2,
    ),
  (slots) =>
    circuit(
      'rescale before relinearize',
      slots,
      1,
      (push, [x]) => {
        const p = push({ op: 'mul', args: [defined(x), defined(x)], level: 1 });
        const r = push({ op: 'rescale', args: [p], level: 0 });
        return push({ op: 'relinearize', args: [r], level: 0 });
      },
      1,
    ),
  (slots) =>
    circuit(
      'lower 2',
      slots,
      1,
      (push, [x]) => push({ op: 'lower', args: [defined(x)], level: 0 }),
      2,
    ),
  (slots) =>
    circuit(
      'sum of 300 x',
      slots,
      1,
      (push, [x]) => {
        let sum = defined(x);
        for (let i = 1; i < 300; i++) sum = push({ op: 'add', args: [sum, defined(x)], level: 0 });
        return sum;
      },
      0,
    ),
  (slots) =>
    circuit(
      'x/3, constant',
      slots,
      1,
      (push, [x]) => {
        const c = push({ op: 'const', data: 1 / 3 });
        const p = push({ op: 'mulPlain', args: [defined(x), c], scale: 'level', level: 1 });
        return push({ op: 'rescale', args: [p], level: 0 });
      },
      1,
    ),
  (slots) =>
    circuit(
      'mask of thirds',
      slots,
      1,
      (push, [x]) => {
        const data = Array.from({ length: slots }, (_, i) => (i % 3) / 3);
        const c = push({ op: 'const', data });
        const p = push({ op: 'mulPlain', args: [defined(x), c], scale: 'level', level: 1 });
        return push({ op: 'rescale', args: [p], level: 0 });
      },
      1,
    ),
  (slots) =>
    circuit(
      '64 random plain products summed, one rescale',
      slots,
      1,
      (push, [x]) => {
        const products = Array.from({ length: 64 }, (_, k) => {
          const data = Array.from({ length: slots }, (_, i) => Math.sin(i * i + k) / 8);
          const c = push({ op: 'const', data });
          return push({ op: 'mulPlain', args: [defined(x), c], scale: 'level', level: 1 });
        });
        const sum = products.reduce((a, b) => push({ op: 'add', args: [a, b], level: 1 }));
        return push({ op: 'rescale', args: [sum], level: 0 });
      },
      1,
    ),
  ...slotsOver1((slots) =>
    circuit(
      'rotate at nominal scale',
      slots,
      1,
      (push, [x]) => push({ op: 'rotate', args: [defined(x)], steps: 1, level: 0 }),
      0,
    ),
  ),
  ...slotsOver1((slots) =>
    circuit(
      'rotate and sum all slots',
      slots,
      1,
      (push, [x]) => {
        let sum = defined(x);
        for (let steps = 1; steps < slots; steps *= 2) {
          const turned = push({ op: 'rotate', args: [sum], steps, level: 2 });
          sum = push({ op: 'add', args: [sum, turned], level: 2 });
        }
        return sum;
      },
      2,
    ),
  ),
  ...slotsOver1((slots) =>
    circuit(
      '16 rotations in a row',
      slots,
      1,
      (push, [x]) => {
        let value = defined(x);
        for (let i = 0; i < 16; i++) {
          value = push({ op: 'rotate', args: [value], steps: 1 + (i % 2), level: 0 });
        }
        return value;
      },
      0,
    ),
  ),
];

function slotsOver1(make: Circuit): Circuit[] {
  return [(slots) => make(Math.max(2, slots))];
}

const patterns: ((i: number, salt: number) => number)[] = [
  () => 1,
  () => -1,
  (i) => (i % 2 === 0 ? 1 : -1),
  (i) => (i === 0 ? 1 : 0),
  (i, salt) => Math.sin(12.9898 * (i + 1) * (salt + 1)),
];

function instancesOf(sketch: CkksSketch): Instance[] {
  return patterns.map((pattern, salt) => ({
    inputs: new Map(
      sketch.inputs.map(({ name, shape, range }, k) => [
        name,
        Float64Array.from({ length: defined(shape[0]) }, (_, i) => range[1] * pattern(i, salt + k)),
      ]),
    ),
  }));
}

function layoutsOf(sketch: CkksSketch, degree: number): ChainSizes[] {
  const levels = cipherProperties(sketch).topLevel;
  const layouts: ChainSizes[] = [];
  for (const scaleBits of [25, 30, 35, 40, 45]) {
    const largest = Math.max(...sketch.inputs.map(({ range }) => range[1]));
    const headroom = Math.ceil(2 * Math.log2(largest)) + 12;
    for (const [base, special] of [
      [scaleBits + headroom, 60],
      [scaleBits + headroom, scaleBits + headroom + 3],
      [57, 60],
    ] as const) {
      if (base >= special || special > 60 || base < scaleBits + headroom) continue;
      const bits = base + levels * scaleBits + special;
      if (!isSecure(degree, bits, 128)) continue;
      layouts.push({ degree, scaleBits, baseBits: [base], levels, specialBits: special });
    }
  }
  return layouts;
}

const quick = process.argv.includes('quick');
let worst = 0;
for (const degree of quick ? [4096, 8192] : [4096, 8192, 16384]) {
  for (const slots of [1, 64, degree / 2]) {
    for (const make of circuits) {
      const { name, sketch } = make(slots);
      const fractions: string[] = [];
      for (const layout of layoutsOf(sketch, degree)) {
        const plan = planWithSizes(sketch, layout, 20);
        const instances = instancesOf(sketch);
        const expected = (await simulate(plan, instances)).outputs;
        const got = (await encryptedEvaluation(plan, instances)).outputs;
        let error = 0;
        got.forEach((outputs, i) => {
          const e = defined(defined(expected[i]).get('y'));
          defined(outputs.get('y')).forEach((y, slot) => {
            error = Math.max(error, Math.abs(y - defined(e[slot])));
          });
        });
        const fraction = error / defined(plan.outputs[0]).errorBound;
        worst = Math.max(worst, fraction);
        fractions.push(
          `${layout.scaleBits}/${layout.baseBits}/${layout.specialBits}:${fraction.toPrecision(2)}`,
        );
      }
      console.log(`N=${degree} S=${slots} ${name}: ${fractions.join(' ')}`);
    }
  }
}
console.log(`largest fraction of a bound: ${worst.toPrecision(3)}`);
