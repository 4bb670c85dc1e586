import { at } from '../lookup.ts';
import { operands } from '../plan/liveness.ts';
import { isClear, OPERATIONS } from '../plan/operations.ts';
import type { PackedCircuit, PackedOp } from './packed-circuit.ts';

/** A term of a sum: an encrypted or clear value and its sign. */
export interface SlotTerm {
  readonly value: number;
  readonly sign: 1 | -1;
}

/** The sums of a packed circuit. */
export interface Sums {
  /**
   * For each operation that adds, subtracts or negates ciphertexts, the operation whose value is
   * the whole sum: itself, or the root of its only reader. -1 for other operations.
   */
  readonly roots: Int32Array;
  /** Terms of each sum, by root, in the order of the operations. */
  readonly terms: ReadonlyMap<number, readonly SlotTerm[]>;
}

/**
 * Returns the sums of a circuit.
 *
 * @param flatten whether a sum whose only reader is another sum is part of it; if not, every
 *   addition is a sum of its own
 * @param isOther whether an addition is not to be treated as a sum
 */
export function findSums(
  circuit: PackedCircuit,
  flatten: boolean,
  isOther: (value: number) => boolean = () => false,
): Sums {
  const { ops } = circuit;
  const roots = new Int32Array(ops.length).fill(-1);
  const signs = new Int8Array(ops.length).fill(1);
  const terms = new Map<number, SlotTerm[]>();
  const absorbs = flatten ? soleReaders(circuit) : undefined;
  for (let index = ops.length - 1; index >= 0; index--) {
    const op = at(ops, index);
    if (!addsCiphers(op) || isOther(index)) continue;
    const reader = absorbs?.[index] ?? -1;
    const above = reader < 0 ? -1 : at(roots, reader);
    roots[index] = above < 0 ? index : above;
    if (above >= 0) signs[index] = at(signs, reader) * signOf(at(ops, reader), index);
  }
  ops.forEach((op, index) => {
    const root = at(roots, index);
    if (root < 0) return;
    const sum = terms.get(root) ?? [];
    terms.set(root, sum);
    operands(op).forEach((value, position) => {
      if (roots[value] === root && value !== root && absorbs?.[value] === index) return;
      const negative = isNegative(op, position) !== at(signs, index) < 0;
      sum.push({ value, sign: negative ? -1 : 1 });
    });
  });
  return { roots, terms };
}

function addsCiphers(op: PackedOp): boolean {
  const { yields, means } = OPERATIONS[op.op];
  return yields === 'cipher' && (means === 'add' || means === 'subtract' || means === 'negate');
}

function isNegative({ op }: PackedOp, position: number): boolean {
  const { means } = OPERATIONS[op];
  return means === 'negate' || (position === 1 && means === 'subtract');
}

/** Returns the sign with which an operation adds an operand that it reads once. */
function signOf(op: PackedOp, operand: number): number {
  return isNegative(op, operands(op).indexOf(operand)) ? -1 : 1;
}

/**
 * Returns for each value the only operation that reads it; -1 if several read it, if one reads it
 * twice, or if the value is an output.
 */
function soleReaders({ ops, outputs }: PackedCircuit): Int32Array {
  const readers = new Int32Array(ops.length).fill(-1);
  const reads = new Int32Array(ops.length);
  ops.forEach((op, index) => {
    for (const value of operands(op)) {
      readers[value] = index;
      reads[value] = at(reads, value) + 1;
    }
  });
  for (const { value } of outputs) reads[value] = 2;
  return readers.map((reader, value) => (reads[value] === 1 ? reader : -1));
}

/** The client as a reader of values: it reads the outputs. */
export const CLIENT = -1;

/**
 * Returns the readers of each value: the roots of sums, other operations, and {@link CLIENT}.
 *
 * @param readerOf returns the reader that stands for an operation which is not part of a sum; the
 *   operation itself unless given
 */
export function readersOf(
  { ops, outputs }: PackedCircuit,
  { roots }: Sums,
  readerOf: (index: number) => number = (index) => index,
): readonly ReadonlySet<number>[] {
  const readers = ops.map(() => new Set<number>());
  ops.forEach((op, index) => {
    const root = at(roots, index);
    const reader = root >= 0 ? root : readerOf(index);
    for (const value of operands(op)) readers[value]?.add(reader);
  });
  for (const { value } of outputs) readers[value]?.add(CLIENT);
  return readers;
}

/** Whether a term is a clear value. */
export function isClearTerm({ ops }: PackedCircuit, { value }: SlotTerm): boolean {
  return isClear(at(ops, value));
}
