import { at } from '../../lookup.ts';
import type { PlainOp } from '../../plan/operations.ts';
import type { CkksCipherOp } from '../../plan/plan.ts';
import type { CipherProperties } from './scales.ts';

/** How a clear value meets a ciphertext. */
export interface Encoding {
  /** The same for the same value, level and scale. */
  readonly key: string;
  /** Place of the clear value; undefined for the number 1. */
  readonly value: number | undefined;
  readonly level: number;
  /** The scale: that of the level to a power, over that of the level which a factor's ciphertext comes from. */
  readonly power: number;
  readonly over: number | undefined;
}

/** What an operation multiplies with or adds, encoded; undefined where it takes no plaintext. */
export function encodingOf(
  op: CkksCipherOp,
  { degrees, levels }: CipherProperties,
): Encoding | undefined {
  switch (op.op) {
    case 'lower':
      return factor(undefined, at(levels, op.args[0]), op.level + 1);
    case 'adjust':
      return factor(undefined, at(levels, op.args[0]), op.level);
    case 'mulPlain': {
      const [cipher, value] = op.args;
      const isScaled = op.scale === 'level';
      return isScaled ? factor(value, at(levels, cipher), op.level) : term(value, op.level, 0);
    }
    case 'addPlain':
    case 'subPlain':
      return term(op.args[1], op.level, at(degrees, op.args[0]));
    case 'upload':
    case 'add':
    case 'sub':
    case 'negate':
    case 'mul':
    case 'relinearize':
    case 'rotate':
    case 'rescale':
      return undefined;
  }
}

/** Power of the level's scale that a value in clear is encoded at, but for the roundings of scales. */
export function plainDegree(
  op: Extract<CkksCipherOp, PlainOp>,
  { degrees }: Pick<CipherProperties, 'degrees'>,
): number {
  if (op.op === 'mulPlain') return op.scale === 'one' ? 0 : 1;
  return at(degrees, op.args[0]);
}

/** Its product with a ciphertext that was switched down to `level` has the scale of a product there. */
function factor(value: number | undefined, over: number, level: number): Encoding {
  return { key: `${value ?? 'unit'}:${over}>${level}`, value, level, power: 2, over };
}

function term(value: number, level: number, power: number): Encoding {
  return { key: `${value}@${level}^${power}`, value, level, power, over: undefined };
}

/** @param scales of all levels */
export function encodingScale({ level, power, over }: Encoding, scales: readonly number[]): number {
  return at(scales, level) ** power / (over === undefined ? 1 : at(scales, over));
}
