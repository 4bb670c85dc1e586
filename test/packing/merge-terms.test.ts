import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { mergeTerms } from '../../src/packing/merge-terms.ts';
import { pack } from '../../src/packing/pack.ts';
import type { PackedCircuit } from '../../src/packing/packed-circuit.ts';
import { build } from '../support/circuits.ts';
import { randomProgram, seeded } from '../support/programs.ts';
import { expectSameSlots } from '../support/slots.ts';

const packed = (text: string) => pack(build(text), { scaledUploads: true, asWritten: false });

function counts(text: string): Readonly<Record<string, number>> {
  const counted: Record<string, number> = {};
  for (const { op } of mergeTerms(packed(text)).ops) counted[op] = (counted[op] ?? 0) + 1;
  return counted;
}

const VECTORS = 'input u: cipher[8]; input v: cipher[8]; input w: cipher[8]; input p: plain[8];';

// The client uploads a rotated input rotated, so computed vectors are rotated here.
describe('mergeTerms', () => {
  it.each([
    [
      'merges rotations by the same offset',
      'output y = rotate(p*u, 1) + v + rotate(p*w, 1);',
      { rotate: 1 },
    ],
    [
      'merges for any signs',
      'output y = rotate(p*u, 1) - v - rotate(p*w, 1);',
      { rotate: 1, negate: 0 },
    ],
    [
      'merges for any nesting',
      'output y = (rotate(p*u, 1) + (v - (w + rotate(p*w, 1))));',
      { rotate: 1 },
    ],
    ['merges products with one plain value', 'output y = p*u + v + p*w;', { mulPlain: 1 }],
    // Three separate window sums of 8 slots take 9 rotations, a merged one takes 3.
    ['merges sums of slots', 'output y = dot(u, v) + dot(v, w) + sum(u*w);', { rotate: 3, mul: 3 }],
    // First the rotations are merged, then the products that they rotate.
    [
      'merges operations within merged ones',
      'output y = rotate(p*u, 2) + rotate(p*v, 2);',
      { rotate: 1, mulPlain: 1 },
    ],
  ])('%s', (_, statement, expected) => {
    const found = counts(VECTORS + statement);
    for (const [op, count] of Object.entries(expected)) expect(found[op] ?? 0, op).toBe(count);
  });

  it.each([
    [
      'rotations by different offsets',
      'output y = rotate(p*u, 1) + rotate(p*w, 2);',
      { rotate: 2 },
    ],
    [
      'rotations with other readers',
      'let r = rotate(p*u, 1); output y = r + rotate(p*w, 1); output z = r;',
      { rotate: 2 },
    ],
    ['a single term', 'output y = rotate(p*u, 1) + w;', { rotate: 1, add: 1 }],
  ])('does not merge %s', (_, statement, expected) => {
    const found = counts(VECTORS + statement);
    for (const [op, count] of Object.entries(expected)) expect(found[op] ?? 0, op).toBe(count);
  });
});

it('keeps every output of random programs', () => {
  fc.assert(
    fc.property(randomProgram(24), ({ text }) => {
      const before = packed(text);
      expectSameSlots(before, mergeTerms(before));
    }),
    seeded(120),
  );
});

it('keeps a window sum that is part of a longer one', () => {
  // The sum of u's four slots continues a sum of two slots; v and w have such sums of two, too.
  const { outputs, ops, ...rest } = packed(
    'input u: cipher[4]; input v: cipher[4]; input w: cipher[4]; output y = u + v + w;',
  );
  const before: PackedCircuit = {
    ...rest,
    outputs: outputs.map((output) => ({ ...output, value: 12 })),
    ops: [
      ...ops.slice(0, 3),
      { op: 'rotate', args: [0], steps: 1 },
      { op: 'add', args: [0, 3] },
      { op: 'rotate', args: [4], steps: 2 },
      { op: 'add', args: [4, 5] },
      { op: 'rotate', args: [1], steps: 1 },
      { op: 'add', args: [1, 7] },
      { op: 'rotate', args: [2], steps: 1 },
      { op: 'add', args: [2, 9] },
      { op: 'sub', args: [8, 10] },
      { op: 'add', args: [11, 6] },
    ],
  };
  expectSameSlots(before, mergeTerms(before));
});
