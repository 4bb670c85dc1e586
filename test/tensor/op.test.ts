import { describe, expect, it } from 'vitest';
import { FLOATS } from '../../src/ir/evaluate-circuit.ts';
import { applyOp, IllegalOperation, resultShape, type TensorOp } from '../../src/tensor/op.ts';
import { scalar } from '../../src/tensor/tensor.ts';

describe('operands of an operation', () => {
  const slice = { kind: 'slice', starts: [], sizes: [], drop: [] } as const;
  it.each<[TensorOp, number]>([
    [{ kind: 'add' }, 2],
    [{ kind: 'sub' }, 2],
    [{ kind: 'mul', lhs: [], rhs: [], rank: 0 }, 2],
    [{ kind: 'neg' }, 1],
    [{ kind: 'inverse' }, 1],
    [{ kind: 'pow', exponent: 2 }, 1],
    [{ kind: 'sum', axes: [] }, 1],
    [{ kind: 'broadcast', shape: [], axes: [] }, 1],
    [{ kind: 'permute', order: [] }, 1],
    [slice, 1],
  ])('%o takes %i, no fewer and no more', (op, arity) => {
    const shapes = (count: number) => new Array<readonly number[]>(count).fill([]);
    expect(resultShape(op, shapes(arity))).toEqual([]);
    for (const count of [arity - 1, arity + 1]) {
      expect(() => resultShape(op, shapes(count))).toThrow(IllegalOperation);
      expect(() => applyOp(op, new Array(count).fill(scalar(1)), FLOATS)).toThrow(/illegal/);
    }
  });

  it('are one or more for concat and stack', () => {
    for (const kind of ['concat', 'stack'] as const)
      expect(() => resultShape({ kind }, [])).toThrow(IllegalOperation);
    expect(resultShape({ kind: 'stack' }, [[], [], []])).toEqual([3]);
    expect(resultShape({ kind: 'concat' }, [[2], [1]])).toEqual([3]);
  });
});
