import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { pack } from '../../src/packing/pack.ts';
import { lastUses, operands } from '../../src/plan/liveness.ts';
import { isClear } from '../../src/plan/operations.ts';
import type { CkksOp } from '../../src/plan/plan.ts';
import type { LegalizeOptions } from '../../src/schemes/ckks/assign-levels.ts';
import { type LevelledOps, legalize } from '../../src/schemes/ckks/legalize.ts';
import { cipherProperties } from '../../src/schemes/ckks/scales.ts';
import { build } from '../support/circuits.ts';
import { randomProgram, seeded } from '../support/programs.ts';
import { expectSameSlots } from '../support/slots.ts';

function levelled(text: string, options: Partial<LegalizeOptions> = {}) {
  const packed = pack(build(text), { scaledUploads: false, asWritten: true });
  return legalize(packed, { freeIntegers: false, lazy: false, ...options });
}

function counts(text: string): Readonly<Record<string, number>> {
  const counted: Record<string, number> = {};
  for (const { op } of levelled(text, { freeIntegers: true, lazy: true }).ops)
    counted[op] = (counted[op] ?? 0) + 1;
  return counted;
}

function expectCounts(text: string, expected: Readonly<Record<string, number>>): void {
  const found = counts(text);
  for (const [op, count] of Object.entries(expected)) expect(found[op] ?? 0, op).toBe(count);
}

const show = (ops: readonly CkksOp[]) =>
  ops.map(
    (op) =>
      `${op.op}${'args' in op ? ` ${op.args.join(' ')}` : ''}${'level' in op ? ` @${op.level}` : ''}`,
  );

describe('levels', () => {
  it('are the lowest from which outputs can be reached; the other factor is lowered', () => {
    const { ops, levels } = levelled('input x: cipher; output y = x*x*x + 2;');
    expect(show(ops)).toEqual([
      'upload @2',
      'mul 0 0 @2',
      'relinearize 1 @2',
      'rescale 2 @1',
      'lower 0 @1',
      'mul 3 4 @1',
      'relinearize 5 @1',
      'rescale 6 @0',
      'const',
      'addPlain 7 8 @0',
    ]);
    expect(levels).toBe(2);
  });

  it('lower a value once for all its users', () => {
    const { ops } = levelled(
      'input x: cipher; input y: cipher; let s = x*y; output a = s + x; output b = s - x;',
    );
    expect(ops.filter((op) => op.op === 'lower')).toHaveLength(1);
  });

  it('are those of the first use for uploads, not the top', () => {
    const { ops } = levelled(
      'input x: cipher; input y: cipher; output a = x*x*x; output b = y + 1;',
    );
    expect(show(ops).filter((op) => op.startsWith('upload'))).toEqual(['upload @2', 'upload @0']);
  });

  it('are not spent on small integers if the option says so', () => {
    const text = 'input x: cipher; output y = 3*x; output z = 0.5*x;';
    expect(
      levelled(text, { freeIntegers: true }).ops.filter((op) => op.op === 'rescale'),
    ).toHaveLength(1);
    expect(levelled(text).ops.filter((op) => op.op === 'rescale')).toHaveLength(2);
  });
});

describe('factors that cost no level', () => {
  const rescales = (factor: string) =>
    levelled(`input x: cipher; output y = ${factor}*x;`, { freeIntegers: true }).ops.filter(
      ({ op }) => op === 'rescale',
    ).length;

  it.each([
    ['1024', 0],
    ['-1024', 0],
    ['1025', 1],
    ['-1025', 1],
    ['2.5', 1],
  ])('%s·x takes %i rescalings', (factor, expected) => {
    expect(rescales(factor)).toBe(expected);
  });
});

const XYZ = 'input x: cipher; input y: cipher; input z: cipher; input p: plain;';

describe('sums of products', () => {
  it.each([
    '(x*x + y*y) + p*x',
    'p*x + (x*x + y*y)',
    'x*x + (p*x + y*y)',
    '-(-(x*x) - p*x - y*y)',
    'y*y - (p*z - x*x)',
    '3*(x*y) + p*x - z*z',
  ])('%s is relinearized and rescaled once', (sum) => {
    expectCounts(`${XYZ}output a = ${sum};`, { relinearize: 1, rescale: 1, lower: 0 });
  });

  it('need no relinearization if all products are plain', () => {
    expectCounts(`${XYZ}output a = p*x + 0.5*y - z*p;`, { relinearize: 0, rescale: 1 });
  });

  it('add values of higher levels at the scale of products', () => {
    // x and y are uploaded at level 2 and added to xyz at level 1, without rescalings of their own.
    expectCounts(`${XYZ}output a = (x*y)*z + x - y;`, {
      adjust: 1,
      rescale: 2,
      lower: 0,
      add: 1,
      sub: 1,
    });
  });

  it('lower the terms of one level together', () => {
    // x + y is added at level 2, where both are, and lowered once.
    expectCounts(`${XYZ}output a = x*x*y*y; output b = z + (x + y);`, { lower: 1 });
  });

  it('multiply by plain values at the level where the product is needed', () => {
    expectCounts(`${XYZ}output a = x*x*y; output b = p*x;`, { lower: 0, mulPlain: 1 });
  });

  it('share a product that is not relinearized yet', () => {
    // Both sums have products of their own, so xy is added before they are relinearized.
    expectCounts(`${XYZ}let s = x*y; output a = s + x*x; output b = s - z*z;`, {
      relinearize: 2,
      rescale: 2,
    });
    // Each sum has a product to rescale, but none to relinearize: xy is relinearized once.
    expectCounts(`${XYZ}let s = x*y; output a = s + p*x; output b = s - p*z;`, { relinearize: 1 });
    // Here this would cost more: each sum would have to relinearize xy separately.
    expectCounts(`${XYZ}let s = x*y; output a = s + x; output b = s - z;`, {
      relinearize: 1,
      rescale: 1,
    });
  });

  it('are relinearized before they are multiplied', () => {
    expectCounts(`${XYZ}let s = x*x + y*y; output a = s*s;`, {
      mul: 3,
      relinearize: 2,
      rescale: 2,
    });
  });

  it('add each term at once, so that memory does not grow with their number', () => {
    const text = 'input v: cipher[1000, 2]; input w: cipher[1000, 2]; var s = v[0]*w[0];';
    const { ops, valueIds } = levelled(
      `${text}for i in 1..1000 { s = s + v[i]*w[i]; } output y = s;`,
      { lazy: true },
    );
    expect(ops.filter(({ op }) => op === 'relinearize')).toHaveLength(1);
    // Two factors, their product, and the sum so far.
    expect(mostLive(ops, valueIds.at(-1) as number)).toBe(4);
  });
});

/** Returns the largest number of ciphertexts that are alive at a time. */
function mostLive(ops: readonly CkksOp[], output: number): number {
  const last = lastUses({ ops: [...ops], outputs: [{ value: output }] as never });
  let [live, most] = [0, 0];
  ops.forEach((op, at) => {
    if (isClear(op)) return;
    most = Math.max(most, ++live);
    for (const arg of new Set(operands(op))) if (last[arg] === at) live--;
  });
  return most;
}

describe('random programs', () => {
  it('never combine operands of different levels, scales or sizes', () => {
    fc.assert(
      fc.property(randomProgram(), fc.boolean(), fc.boolean(), ({ text }, freeIntegers, lazy) => {
        const { ops, levels } = levelled(text, { freeIntegers, lazy });
        expect(cipherProperties({ ops: [...ops] }).topLevel).toBe(levels);
      }),
      seeded(120),
    );
  });

  it('compute the same with and without deferring', () => {
    fc.assert(
      fc.property(randomProgram(24), ({ text }) => {
        const packed = pack(build(text), { scaledUploads: true, asWritten: false });
        const { ops, valueIds } = legalize(packed, { freeIntegers: true, lazy: true });
        const outputs = packed.outputs.map((output) => ({
          ...output,
          value: valueIds[output.value] as number,
        }));
        expectSameSlots(packed, { ...packed, ops, outputs });
      }),
      seeded(120),
    );
  });

  it('never take more relinearizations, rescalings or levels when deferring', () => {
    fc.assert(
      fc.property(randomProgram(24), ({ text }) => {
        const [eager, lazy] = [false, true].map((isLazy) => levelled(text, { lazy: isLazy }));
        const count = (levelledOps: LevelledOps | undefined, ...kinds: CkksOp['op'][]) =>
          levelledOps?.ops.filter(({ op }) => kinds.includes(op)).length ?? 0;
        expect(lazy?.levels).toBe(eager?.levels);
        expect(count(lazy, 'relinearize')).toBeLessThanOrEqual(count(eager, 'relinearize'));
        expect(count(lazy, 'rescale')).toBeLessThanOrEqual(count(eager, 'rescale'));
      }),
      seeded(200),
    );
  });
});
