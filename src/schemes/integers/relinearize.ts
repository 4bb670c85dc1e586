import type { Origin } from '../../ir/graph.ts';
import type { PackedCircuit, PackedOp } from '../../packing/packed.ts';
import { operands } from '../../plan/liveness.ts';
import { isClear, OPERATIONS } from '../../plan/operations.ts';
import type { IntegerOp } from '../../plan/plan.ts';

/** Operations at level 0; `origins` says for each where in the text it comes from. */
export interface RelinearizedOps {
  readonly ops: readonly IntegerOp[];
  readonly origins: readonly (Origin | undefined)[];
  /** New place of each of the packed circuit's values. */
  readonly places: readonly number[];
}

/**
 * Lazy relinearization: a product keeps its three polynomials through sums and products with clear values, and
 * is relinearized once, where it is multiplied, rotated or handed over; whoever reads it later reads it so. So a sum of products takes one
 * relinearization: Σ relin(aᵢ·bᵢ) = relin(Σ aᵢ·bᵢ).
 */
export function relinearize(circuit: PackedCircuit): RelinearizedOps {
  const ops: IntegerOp[] = [];
  const origins: (Origin | undefined)[] = [];
  const places: number[] = [];
  /** Whether a new operation's value has three polynomials. */
  const isLarge: boolean[] = [];
  const small = new Map<number, number>();
  const push = (op: IntegerOp, large: boolean, value: number): number => {
    origins.push(circuit.origins[value]);
    isLarge.push(large);
    return ops.push(op) - 1;
  };
  const relinearized = (place: number, value: number): number => {
    if (!isLarge[place]) return place;
    const known = small.get(place);
    if (known !== undefined) return known;
    const made = push({ op: 'relinearize', args: [place], level: 0 }, false, value);
    small.set(place, made);
    return made;
  };
  circuit.ops.forEach((op, value) => {
    const traits = isClear(op) ? undefined : OPERATIONS[op.op];
    const args = operands(op).map((arg) => {
      const place = places[arg] as number;
      return traits?.takes === 2 ? relinearized(place, value) : (small.get(place) ?? place);
    });
    const gives = traits?.gives;
    const large = gives === 'most' ? args.some((arg) => isLarge[arg]) : gives === 3;
    places.push(push(levelled(op, args), large, value));
  });
  for (const { value } of circuit.outputs)
    places[value] = relinearized(places[value] as number, value);
  return { ops, origins, places };
}

function levelled(op: PackedOp, args: readonly number[]): IntegerOp {
  const wired = args.length > 0 ? { ...op, args } : op;
  if (isClear(op)) return wired as IntegerOp;
  const scale = op.op === 'mulPlain' ? { scale: 'one' } : {};
  return { ...wired, ...scale, level: 0 } as IntegerOp;
}
