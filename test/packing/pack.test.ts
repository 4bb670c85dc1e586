import { describe, expect, it } from 'vitest';
import { Emitter } from '../../src/packing/emitter.ts';
import { pack } from '../../src/packing/pack.ts';
import type { PackedCircuit } from '../../src/packing/packed-circuit.ts';
import { build, optimize, passesUpTo } from '../support/circuits.ts';

const SOURCE = { scaledUploads: false, asWritten: true };
const OPTIMIZED = { scaledUploads: true, asWritten: false };

const asWritten = (text: string) => pack(build(text), SOURCE);
const optimized = (text: string) => pack(optimize(text, ...passesUpTo(2)), OPTIMIZED);

/** Returns operations as short lines: the name, operands and other relevant fields. */
function lines({ ops }: PackedCircuit): string[] {
  return ops.map((op) => {
    const args = 'args' in op ? ` ${op.args.join(' ')}` : '';
    switch (op.op) {
      case 'const':
        return `const ${JSON.stringify(op.data)}`;
      case 'rotate':
        return `rotate${args} by ${op.steps}`;
      case 'upload':
        return `upload ${op.input}${op.map.at ? ` at ${op.map.at}` : ''}${op.factor === undefined ? '' : ` times ${JSON.stringify(op.factor)}`}`;
      default:
        return `${op.op}${args}`;
    }
  });
}

describe('the number of slots', () => {
  it.each([
    ['input x: cipher; output y = x*x;', 1],
    ['input v: cipher[5]; output y = v*v;', 8],
    ['input v: cipher[8]; output y = rotate(v, 1);', 8],
    // A cyclic rotation in a length that is not a power of two needs room for both parts.
    ['input v: cipher[5]; output y = rotate(v, 1);', 16],
    // Only rows are operands, never the whole matrix.
    ['input M: cipher[100, 3]; output y = dot(M[1], M[2]);', 4],
  ])('of %s', (text, slots) => {
    expect(asWritten(text).slots).toBe(slots);
  });

  it('is limited; larger tensors continue in further ciphertexts', () => {
    const { slots, outputs } = asWritten('input v: cipher[20000]; output y = v*v;');
    expect(slots).toBe(16384);
    expect(outputs.map(({ map }) => [map.from, ...map.sizes])).toEqual([
      [0, 16384],
      [16384, 3616],
    ]);
  });
});

describe('sums', () => {
  it('fold the vector into its first slot', () => {
    expect(lines(asWritten('input v: cipher[4]; output s = sum(v);'))).toEqual([
      'upload v',
      'rotate 0 by 1',
      'add 0 1',
      'rotate 2 by 2',
      'add 2 3',
    ]);
  });

  it('are masked and copied to exactly the slots of a vector, in source form', () => {
    expect(lines(asWritten('input v: cipher[3]; output s = v - sum(v);'))).toEqual([
      'upload v',
      'rotate 0 by 1',
      'add 0 1',
      'rotate 2 by 2',
      'add 2 3',
      'const [1]',
      'mulPlain 4 5',
      // A run of one is doubled to two and moved behind the one: three copies.
      'rotate 6 by 3',
      'add 6 7',
      'rotate 8 by 3',
      'add 6 9',
      'sub 0 10',
    ]);
  });

  it('stay in every slot if they are needed there, optimized', () => {
    expect(lines(optimized('input v: cipher[4]; output s = v*sum(v);'))).toEqual([
      'upload v',
      'rotate 0 by 1',
      'add 0 1',
      'rotate 2 by 2',
      'add 2 3',
      'mul 0 4',
    ]);
  });

  it('stop at the extent of an axis, so that garbage after it takes no mask', () => {
    const ops = lines(optimized('input v: cipher[3]; let d = v - sum(v); output s = sum(d*d);'));
    expect(ops.filter((op) => op.startsWith('mulPlain'))).toEqual([]);
    // Σv over 4 slots takes 2 rotations, the sum of 3 slots, as 2 + 1, takes 2.
    expect(ops.filter((op) => op.startsWith('rotate'))).toHaveLength(4);
  });

  it('are cleared of garbage by a mask where they are copied', () => {
    const text = 'input v: cipher[3]; let d = v - sum(v); output s = d - sum(d*d);';
    const ops = lines(optimized(text));
    expect(ops.filter((op) => op.startsWith('mulPlain'))).toHaveLength(1);
  });
});

describe('rearrangements', () => {
  it('lay out parts of an input without an operation', () => {
    expect(
      lines(asWritten('input x: cipher; input v: cipher[2]; output y = concat([x], v);')),
    ).toEqual(['upload x', 'upload v at 1', 'add 0 1']);
  });

  it('rotate in a length that is not a power of two by two rotations without a mask', () => {
    expect(lines(asWritten('input v: cipher[5]; output y = rotate(v, 2);'))).toEqual([
      'upload v',
      'rotate 0 by 2',
      'rotate 0 by 13',
      'add 1 2',
    ]);
  });

  it('use a scaled upload in place of the input', () => {
    expect(lines(optimized('input x: cipher; input y: cipher; output z = 0.3*x*y;'))).toEqual([
      'upload y',
      'upload x times 0.3',
      'mul 0 1',
    ]);
  });

  it('do not upload an input twice if a level is free', () => {
    const text = 'input x: cipher; input y: cipher; output z = 0.3*x + x*y*y*x;';
    expect(lines(optimized(text)).filter((op) => op.startsWith('upload x'))).toHaveLength(1);
  });
});

describe('copies of the first slot', () => {
  it.each([1, 2, 3, 5, 6, 7, 8])('fill %i of 8 slots, with zeros behind', (count) => {
    const emit = new Emitter(8);
    const source = emit.push({
      op: 'upload',
      input: 'x',
      map: { sizes: [], from: 0, fromStrides: [], strides: [], copies: [] },
    });
    const result = emit.copyFirst(source, count, 1);
    const values: number[][] = [];
    for (const op of emit.ops) {
      const [a, b] = ('args' in op ? op.args.map((arg) => values[arg]) : []) as number[][];
      if (op.op === 'upload') values.push([1, 0, 0, 0, 0, 0, 0, 0]);
      else if (op.op === 'rotate')
        values.push((a as number[]).map((_, i) => (a as number[])[(i + op.steps) % 8] as number));
      else values.push((a as number[]).map((x, i) => x + ((b as number[])[i] as number)));
    }
    expect(values[result]).toEqual(Array.from({ length: 8 }, (_, i) => (i < count ? 1 : 0)));
  });
});
