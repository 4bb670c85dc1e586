import { MAX_FREE_FACTOR } from '../ir/arrival.ts';
import type { Origin } from '../ir/graph.ts';
import { at } from '../lookup.ts';
import { rewired } from '../plan/rewire.ts';
import { movedFacts, usedOnly } from './emitter.ts';
import type { PackedCircuit, PackedOp } from './packed-circuit.ts';

/** Limit on the additions by which a value is multiplied by a small integer. */
const MOST_ADDITIONS = 3;

/** Returns the integer that multiplies without a rescaling, if an operation is such a constant. */
export function freeInteger(op: PackedOp): number | undefined {
  if (op.op !== 'const' || typeof op.data !== 'number') return undefined;
  const isFree = Number.isInteger(op.data) && Math.abs(op.data) <= MAX_FREE_FACTOR;
  return isFree && op.data !== 0 ? op.data : undefined;
}

/** Returns the binary digits of a positive integer after the first. */
function digitsAfterFirst(factor: number): string {
  return factor.toString(2).slice(1);
}

/** Returns the additions that doubling takes, and adding the value where a digit is 1. */
function additionsOf(factor: number): number {
  const digits = digitsAfterFirst(factor);
  return digits.length + digits.replaceAll('0', '').length;
}

/** Writes a value times a positive integer: by doubling, if that takes few additions. */
export function multiple(emit: (op: PackedOp) => number, value: number, factor: number): number {
  if (additionsOf(factor) > MOST_ADDITIONS) {
    const constant = emit({ op: 'const', data: factor });
    return emit({ op: 'mulPlain', args: [value, constant], scale: 'level' });
  }
  let product = value;
  for (const digit of digitsAfterFirst(factor)) {
    product = emit({ op: 'add', args: [product, product] });
    if (digit === '1') product = emit({ op: 'add', args: [product, value] });
  }
  return product;
}

/**
 * Returns a circuit in which values are added to themselves instead of multiplied by a small
 * integer: 2x = x + x. A product with a constant takes as long as eight additions.
 */
export function withSmallMultiples(circuit: PackedCircuit): PackedCircuit {
  const { ops, origins, outputs } = circuit;
  const written: PackedOp[] = [];
  const writtenOrigins: (Origin | undefined)[] = [];
  const moved: number[] = [];
  let isAny = false;
  ops.forEach((op, value) => {
    const emit = (one: PackedOp) => {
      writtenOrigins.push(origins[value]);
      return written.push(one) - 1;
    };
    const factor = op.op === 'mulPlain' ? freeInteger(at(ops, op.args[1])) : undefined;
    if (op.op === 'mulPlain' && factor && additionsOf(Math.abs(factor)) <= MOST_ADDITIONS) {
      isAny = true;
      const product = multiple(emit, at(moved, op.args[0]), Math.abs(factor));
      moved.push(factor > 0 ? product : emit({ op: 'negate', args: [product] }));
    } else moved.push(emit(rewired(op, (arg) => at(moved, arg))));
  });
  if (!isAny) return circuit;
  const rewritten = {
    ...circuit,
    ops: written,
    origins: writtenOrigins,
    outputs: outputs.map((output) => ({ ...output, value: at(moved, output.value) })),
    ...movedFacts(circuit, moved),
  };
  return usedOnly(rewritten, []);
}
