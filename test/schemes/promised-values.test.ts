import fc from 'fast-check';
import { expect, test } from 'vitest';
import { buildCircuit } from '../../src/build/build-circuit.ts';
import { check } from '../../src/check/check-program.ts';
import { compile } from '../../src/compile/compile.ts';
import { evaluateCircuit, FLOATS } from '../../src/ir/evaluate-circuit.ts';
import { at, lookUp } from '../../src/lookup.ts';
import type { OptimizationLevel } from '../../src/passes/pass-list.ts';
import { ringOf } from '../../src/plan/clear-ops.ts';
import { withPrecomputed } from '../../src/plan/precomputed.ts';
import { runSlots } from '../../src/plan/slot-machine.ts';
import { randomNumbers } from '../../src/schemes/ckks/samples.ts';
import { analyzeRanges } from '../../src/schemes/ckks/value-bounds.ts';
import { sizeOf } from '../../src/tensor/tensor.ts';
import { randomMatrixProgram } from '../support/matrix-programs.ts';
import { randomProgram, seeded } from '../support/programs.ts';
import { cases, SAMPLED } from '../support/sampling.ts';

type Data = ReadonlyMap<string, readonly number[]>;

/** Returns a program, data for it, and the smallest ranges of its values as promises in its text. */
function promising(text: string, seed: number): { readonly text: string; readonly data: Data } {
  const checked = check({ file: 'random.circ', text });
  const circuit = buildCircuit(checked);
  const next = randomNumbers(seed);
  const data = new Map(
    checked.inputs.map(({ name, shape, range: [low, high] = [-1, 1] }) => {
      const numbers = Array.from({ length: sizeOf(shape) }, () => low + next() * (high - low));
      return [name, numbers] as const;
    }),
  );
  const shapes = new Map(checked.inputs.map(({ name, shape }) => [name, shape]));
  const values = new Map<number, readonly number[]>();
  evaluateCircuit(
    circuit,
    FLOATS,
    (name) => ({ shape: lookUp(shapes, name), data: lookUp(data, name) }),
    (id, value) => values.set(id, value.data),
  );
  const promised = text.replace(/let (\w+) = ([^;{}]*);/g, (statement, name, expr) => {
    const [node, ...others] = circuit.named?.get(name) ?? [];
    const numbers = node === undefined || others.length > 0 ? undefined : values.get(node);
    if (!numbers || expr.includes('within') || next() < 0.4) return statement;
    const [low, high] = [Math.min(...numbers), Math.max(...numbers)];
    const slack = 1e-6 * Math.max(1, Math.abs(low), Math.abs(high));
    const range = [low - slack, high + slack].map((end) => end.toFixed(9));
    return `let ${name} = ${expr} within [${range.join(', ')}];`;
  });
  return { text: promised, data };
}

/** Expects that every slot of a plan's values lies in its bounds, unless these are sampled. */
function expectWithinBounds(text: string, data: Data, optimizationLevel: OptimizationLevel): void {
  const { sketch } = compile({ file: 'random.circ', text }, { optimizationLevel }).optimized;
  if (sketch.scheme !== 'ckks') throw new Error('no CKKS');
  const { low, high, sampled } = analyzeRanges(sketch);
  const read = withPrecomputed(sketch, (name) => Float64Array.from(lookUp(data, name)));
  const block = { ring: ringOf(sketch), slots: sketch.slots, blocks: 1, read };
  runSlots(sketch, block, (value, _op, slots) => {
    if (sampled[value] === 1) return;
    const [from, to] = [at([...low], value), at([...high], value)];
    const slack = 1e-6 * Math.max(1, Math.abs(from), Math.abs(to));
    const outside = (typeof slots === 'number' ? [slots] : [...slots]).filter(
      (x) => !(x >= from - slack && x <= to + slack),
    );
    expect([value, ...outside], text).toEqual([value]);
  });
}

test(
  'tight promises hold for every value that a plan rests on them, on data that keep them',
  SAMPLED,
  () => {
    const programs = fc.tuple(fc.oneof(randomProgram(8), randomMatrixProgram(3)), fc.nat(2 ** 30));
    fc.assert(
      fc.property(programs, ([program, seed]) => {
        const { text, data } = promising(program.text, seed);
        for (const level of [0, 2, 3] as const) expectWithinBounds(text, data, level);
      }),
      seeded(cases(20)),
    );
  },
);
