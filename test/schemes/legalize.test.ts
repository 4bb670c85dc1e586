import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { pack } from '../../src/packing/pack.ts';
import type { CkksOp } from '../../src/plan/plan.ts';
import { legalize } from '../../src/schemes/ckks/legalize.ts';
import { straight } from '../support/circuits.ts';
import { randomProgram, seeded } from '../support/programs.ts';

function levelled(text: string, freeIntegers = false) {
  const packed = pack(straight(text), { scaledUploads: false, copiedSums: false });
  return legalize(packed, { freeIntegers });
}

const show = (ops: readonly CkksOp[]) =>
  ops.map(
    (op) =>
      `${op.op}${'args' in op ? ` ${op.args.join(' ')}` : ''}${'level' in op ? ` @${op.level}` : ''}`,
  );

describe('levels', () => {
  it('are the lowest from which outputs can be reached; a partner is lowered to meet', () => {
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

  it('lower a value once for all who want it there', () => {
    const { ops } = levelled(
      'input x: cipher; input y: cipher; let s = x*y; output a = s + x; output b = s - x;',
    );
    expect(ops.filter((op) => op.op === 'lower')).toHaveLength(1);
  });

  it('upload at the level of the first use, not at the top', () => {
    const { ops } = levelled(
      'input x: cipher; input y: cipher; output a = x*x*x; output b = y + 1;',
    );
    expect(show(ops).filter((op) => op.startsWith('upload'))).toEqual(['upload @2', 'upload @0']);
  });

  it('spend none on small integers where that is allowed', () => {
    const text = 'input x: cipher; output y = 3*x; output z = 0.5*x;';
    expect(levelled(text, true).ops.filter((op) => op.op === 'rescale')).toHaveLength(1);
    expect(levelled(text, false).ops.filter((op) => op.op === 'rescale')).toHaveLength(2);
  });
});

describe('random programs', () => {
  it('never bring operands of different levels or forms together', () => {
    fc.assert(
      fc.property(randomProgram(), fc.boolean(), ({ text }, freeIntegers) => {
        const { ops, levels } = levelled(text, freeIntegers);
        const top = Math.max(0, ...ops.map((op) => ('level' in op ? op.level : 0)));
        expect(top).toBe(levels);
        for (const op of ops) if ('level' in op) expectLegal(ops, op);
      }),
      seeded(60),
    );
  });
});

function expectLegal(ops: readonly CkksOp[], op: CkksOp & { level: number }): void {
  const operands = 'args' in op ? op.args.map((arg) => ops[arg] as CkksOp) : [];
  const levelsOf = operands.flatMap((operand) => ('level' in operand ? [operand.level] : []));
  if (op.op === 'rescale') expect(levelsOf).toEqual([op.level + 1]);
  else if (op.op === 'lower') expect(levelsOf[0]).toBeGreaterThan(op.level);
  else for (const level of levelsOf) expect(level).toBe(op.level);
  if (op.op === 'relinearize') expect(operands[0]?.op).toBe('mul');
  else for (const operand of operands) expect(operand.op).not.toBe('mul');
}
