import { at } from '../lookup.ts';
import { operands } from '../plan/liveness.ts';
import { isClear, OPERATIONS } from '../plan/operations.ts';
import type { PackedCircuit, PackedOp } from './packed-circuit.ts';

/** What a sum adds up: a value, encrypted or in clear, and its sign. */
export interface SlotTerm {
  readonly value: number;
  readonly sign: 1 | -1;
}

/** The sums of a packed circuit. */
export interface Sums {
  /**
   * For each operation that adds, subtracts or negates ciphertexts, the operation whose value is the sum that it
   * belongs to: itself, or one that adds it on and is its only reader. -1 for other operations.
   */
  readonly roots: Int32Array;
  /** Terms of each sum, by root, in the order of the operations. */
  readonly terms: ReadonlyMap<number, readonly SlotTerm[]>;
}

/**
 * Finds the sums of a circuit.
 *
 * @param flatten whether sums of sums are one sum, where the inner one is wanted for nothing else; otherwise every
 *   addition is a sum of its own
 * @param isOther marks additions that are taken for something else than sums
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
    operands(op).forEach((value, place) => {
      if (roots[value] === root && value !== root && absorbs?.[value] === index) return;
      const negative = isNegative(op, place) !== at(signs, index) < 0;
      sum.push({ value, sign: negative ? -1 : 1 });
    });
  });
  return { roots, terms };
}

function addsCiphers(op: PackedOp): boolean {
  const { yields, means } = OPERATIONS[op.op];
  return yields === 'cipher' && (means === 'add' || means === 'subtract' || means === 'negate');
}

function isNegative({ op }: PackedOp, place: number): boolean {
  const { means } = OPERATIONS[op];
  return means === 'negate' || (place === 1 && means === 'subtract');
}

/** Sign with which an operation adds an operand that it reads once. */
function signOf(op: PackedOp, operand: number): number {
  return isNegative(op, operands(op).indexOf(operand)) ? -1 : 1;
}

/** The only operation that reads a value, if it reads it once and the value is no output; -1 otherwise. */
function soleReaders({ ops, outputs }: PackedCircuit): Int32Array {
  const readers = new Int32Array(ops.length).fill(-1);
  const reads = new Int32Array(ops.length);
  ops.forEach((op, place) => {
    for (const value of operands(op)) {
      readers[value] = place;
      reads[value] = at(reads, value) + 1;
    }
  });
  for (const { value } of outputs) reads[value] = 2;
  return readers.map((reader, value) => (reads[value] === 1 ? reader : -1));
}

/** A reader that is no operation: an output is read by the client. */
export const CLIENT = -1;

/**
 * Who reads each value: sums by their roots, other operations by themselves, the client.
 *
 * @param readerOf what an operation that is part of no sum reads for, if not for itself
 */
export function readersOf(
  { ops, outputs }: PackedCircuit,
  { roots }: Sums,
  readerOf: (place: number) => number = (place) => place,
): readonly ReadonlySet<number>[] {
  const readers = ops.map(() => new Set<number>());
  ops.forEach((op, place) => {
    const root = at(roots, place);
    const reader = root >= 0 ? root : readerOf(place);
    for (const value of operands(op)) readers[value]?.add(reader);
  });
  for (const { value } of outputs) readers[value]?.add(CLIENT);
  return readers;
}

/** Whether a term is in clear. */
export function isClearTerm({ ops }: PackedCircuit, { value }: SlotTerm): boolean {
  return isClear(at(ops, value));
}
