import type { Origin } from '../../ir/graph.ts';
import { at } from '../../lookup.ts';
import type { PackedCircuit, PackedId, PackedOp } from '../../packing/packed-circuit.ts';
import type { ValueId } from '../../plan/index-space.ts';
import { operands } from '../../plan/liveness.ts';
import { isClear, OPERATIONS } from '../../plan/operations.ts';
import type { ClearOp, IntegerOp } from '../../plan/plan.ts';
import { type Rewired, rewired } from '../../plan/rewire.ts';

/** Operations at level 0. `origins` gives the source location of each. */
export interface RelinearizedOps {
  readonly ops: readonly IntegerOp[];
  readonly origins: readonly (Origin | undefined)[];
  /** The new id of each of the packed circuit's values. */
  readonly valueIds: readonly ValueId[];
}

/**
 * Lazy relinearization: a product keeps its three polynomials through sums and products with clear
 * values. It is relinearized once, where it is multiplied, rotated or returned as an output, and
 * later operations read the relinearized value. So a sum of products takes one relinearization: Σ
 * relin(aᵢ·bᵢ) = relin(Σ aᵢ·bᵢ).
 */
export function relinearize(circuit: PackedCircuit): RelinearizedOps {
  const ops: IntegerOp[] = [];
  const origins: (Origin | undefined)[] = [];
  const valueIds: ValueId[] = [];
  /** Whether a new operation's value has three polynomials. */
  const isLarge: boolean[] = [];
  const small = new Map<ValueId, ValueId>();
  const push = (op: IntegerOp, large: boolean, value: PackedId): ValueId => {
    origins.push(circuit.origins[value]);
    isLarge.push(large);
    return ops.push(op) - 1;
  };
  const relinearized = (id: ValueId, value: PackedId): ValueId => {
    if (!isLarge[id]) return id;
    const known = small.get(id);
    if (known !== undefined) return known;
    const relinearizedId = push({ op: 'relinearize', args: [id], level: 0 }, false, value);
    small.set(id, relinearizedId);
    return relinearizedId;
  };
  circuit.ops.forEach((op, value) => {
    if (isClear(op)) {
      valueIds.push(
        push(
          rewired(op, (arg) => at(valueIds, arg)),
          false,
          value,
        ),
      );
      return;
    }
    const { takes, gives } = OPERATIONS[op.op];
    const wired = rewired(op, (arg) => {
      const id = at(valueIds, arg);
      return takes === 2 ? relinearized(id, value) : (small.get(id) ?? id);
    });
    const large = gives === 'most' ? operands(wired).some((arg) => isLarge[arg]) : gives === 3;
    valueIds.push(push(levelled(wired), large, value));
  });
  for (const { value } of circuit.outputs)
    valueIds[value] = relinearized(at(valueIds, value), value);
  return { ops, origins, valueIds };
}

function levelled(op: Rewired<Exclude<PackedOp, { op: ClearOp['op'] }>, ValueId>): IntegerOp {
  return op.op === 'mulPlain' ? { ...op, scale: 'one', level: 0 } : { ...op, level: 0 };
}
