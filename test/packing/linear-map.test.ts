import { describe, expect, test } from 'vitest';
import { Emitter } from '../../src/packing/emitter.ts';
import { linearMap } from '../../src/packing/linear-map.ts';

const SLOTS = 32;

/** Returns an emitter with an upload, the upload, and what counts operations by name. */
function started() {
  const emit = new Emitter(SLOTS);
  const map = { sizes: [SLOTS], from: 0, fromStrides: [1], strides: [1], at: 0, copies: [] };
  const source = emit.push({ op: 'upload', input: 'x', map });
  const count = (name: string) => emit.ops.filter(({ op }) => op === name).length;
  return { emit, source, count };
}

/** Returns moves of slots 0 and `offset` by each of these offsets. */
function moves(source: number, offsets: readonly number[]) {
  return offsets.map((offset) => {
    return { source, offset, weights: { kind: 'mask', ones: [offset] } as const };
  });
}

describe('a linear map', () => {
  test('rotates by baby and giant steps', () => {
    // b baby and g giant steps reach (b + 1)·(g + 1) offsets: nine need 2 and 2.
    const nine = started();
    linearMap(nine.emit, [moves(nine.source, [0, 1, 2, 3, 4, 5, 6, 7, 8])]);
    expect(nine.count('rotate')).toBe(4);
    // No sum of two of these is a third: each is a rotation of its own.
    const three = started();
    linearMap(three.emit, [moves(three.source, [1, 2, 4])]);
    expect(three.count('rotate')).toBe(3);
  });

  test('computes a mask once', () => {
    const { emit, source, count } = started();
    linearMap(emit, [moves(source, [0, 3])]);
    const masks = count('const');
    linearMap(emit, [moves(source, [0, 3])]);
    expect([masks, count('const')]).toEqual([2, 2]);
  });

  test('keeps the slots of a mask that is rotated', () => {
    const { emit, source } = started();
    linearMap(emit, [moves(source, [0, 1, 2, 3])]);
    // The giant step moves the mask of slot 2 or 3 right by 2, and then the product left by 2.
    const ones = emit.ops.flatMap((op) =>
      op.op === 'const' && typeof op.data !== 'number' ? [op.data.indexOf(1)] : [],
    );
    expect(ones.toSorted((a, b) => a - b)).toEqual([0, 1, 4, 5]);
  });
});
