import type { Evaluation, Instance } from '../../src/backends/evaluation.ts';
import { defined } from '../../src/lookup.ts';
import type { CkksOp, CkksPlan, CkksSketch, SlotMap } from '../../src/plan/plan.ts';
import { errorBounds } from '../../src/report/circuit-report.ts';
import { chooseParams } from '../../src/schemes/ckks/choose-params.ts';

/** Hand-written plans. */

export const scalarMap: SlotMap = { sizes: [], from: 0, fromStrides: [], strides: [], copies: [] };

/** Returns the map of a vector of n elements in the first n slots. */
export function vectorMap(n: number): SlotMap {
  return { sizes: [n], from: 0, fromStrides: [1], strides: [1], copies: [] };
}

export function sketchOf(parts: {
  slots: number;
  inputs: CkksSketch['inputs'];
  ops: CkksOp[];
  outputs: CkksSketch['outputs'];
}): CkksSketch {
  return {
    format: 'shoal-plan',
    version: 1,
    circuit: 'test.circ',
    scheme: 'ckks',
    batchable: !parts.ops.some((op) => op.op === 'rotate' || op.op === 'clearRotate'),
    ...parts,
  };
}

/** Returns a plan of y = x⁴ + 2 with two levels. */
export function quartic(range: [number, number] = [-2, 2]): CkksSketch {
  return sketchOf({
    slots: 1,
    inputs: [{ name: 'x', secrecy: 'cipher', shape: [], range }],
    ops: [
      { op: 'upload', input: 'x', map: scalarMap, level: 2 },
      { op: 'mul', args: [0, 0], level: 2 },
      { op: 'relinearize', args: [1], level: 2 },
      { op: 'rescale', args: [2], level: 1 },
      { op: 'mul', args: [3, 3], level: 1 },
      { op: 'relinearize', args: [4], level: 1 },
      { op: 'rescale', args: [5], level: 0 },
      { op: 'const', data: 2 },
      { op: 'addPlain', args: [6, 7], level: 0 },
    ],
    outputs: [{ name: 'y', shape: [], value: 8, map: scalarMap }],
  });
}

/**
 * Returns a plan of y = x·z^levels with 4 slots. It has a factor per level, so errors grow slowly.
 */
export function chain(levels: number): CkksSketch {
  const map = vectorMap(4);
  const ops: CkksOp[] = [
    { op: 'upload', input: 'x', map, level: levels },
    { op: 'upload', input: 'z', map, level: levels },
  ];
  let value = 0;
  for (let level = levels; level > 0; level--) {
    const factor = level === levels ? 1 : ops.push({ op: 'lower', args: [1], level }) - 1;
    const product = ops.push({ op: 'mul', args: [value, factor], level }) - 1;
    const short = ops.push({ op: 'relinearize', args: [product], level }) - 1;
    value = ops.push({ op: 'rescale', args: [short], level: level - 1 }) - 1;
  }
  const range: [number, number] = [-1, 1];
  return sketchOf({
    slots: 4,
    inputs: ['x', 'z'].map((name) => ({ name, secrecy: 'cipher', shape: [4], range })),
    ops,
    outputs: [{ name: 'y', shape: [4], value, map }],
  });
}

/**
 * Returns a plan of y = -x/2 with 2 × 3 elements in two values: one has the first two columns, the
 * other the last column. The factor 0.5 belongs to the output, so the client multiplies by it.
 */
export function inParts(): CkksSketch {
  const columns: SlotMap = {
    sizes: [2, 2],
    from: 0,
    fromStrides: [3, 1],
    strides: [2, 1],
    copies: [],
  };
  const last: SlotMap = { sizes: [2], from: 2, fromStrides: [3], strides: [1], copies: [] };
  const y = { name: 'y', shape: [2, 3], factor: 0.5 };
  return sketchOf({
    slots: 4,
    inputs: [{ name: 'x', secrecy: 'cipher', shape: [2, 3], range: [-8, 8] }],
    ops: [
      { op: 'upload', input: 'x', map: columns, level: 0 },
      { op: 'upload', input: 'x', map: last, level: 0 },
      { op: 'negate', args: [0], level: 0 },
      { op: 'negate', args: [1], level: 0 },
    ],
    outputs: [
      { ...y, value: 2, map: columns },
      { ...y, value: 3, map: last },
    ],
  });
}

/** Chooses parameters for a sketch. Throws if none fit. */
export function planOf(sketch: CkksSketch, precisionBits = 20): CkksPlan {
  const choice = chooseParams(sketch, { precisionBits });
  if ('refused' in choice) throw new Error(choice.refused.reason);
  return choice.plan;
}

/** Returns an instance with these numbers and lists. */
export function instance(inputs: Record<string, number | number[]>): Instance {
  return {
    inputs: new Map(
      Object.entries(inputs).map(([name, data]) => [name, Float64Array.from([data].flat())]),
    ),
  };
}

/** Returns the largest error of any output as a fraction of its error bound. */
export function largestFraction(plan: CkksPlan, got: Evaluation, expected: Evaluation): number {
  let largest = 0;
  got.outputs.forEach((outputs, i) => {
    for (const [name, errorBound] of Object.entries(errorBounds(plan))) {
      const clear = defined(defined(expected.outputs[i]).get(name));
      defined(outputs.get(name)).forEach((value, slot) => {
        const error = Math.abs(value - defined(clear[slot]));
        // Not Math.max, so that NaN counts as larger than any number.
        if (error > 0 && !(error / errorBound <= largest)) largest = error / errorBound;
      });
    }
  });
  return largest;
}
