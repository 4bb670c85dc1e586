import { at } from '../../lookup.ts';
import type { PlainOp } from '../../plan/operations.ts';
import type { CkksCipherOp } from '../../plan/plan.ts';
import type { CipherProperties } from './scales.ts';

/** A clear value or the number 1, encoded to be combined with a ciphertext. */
export interface Encoding {
  /** Equal for equal value, level and scale. */
  readonly key: string;
  /** Index of the clear value; undefined for the number 1. */
  readonly value: number | undefined;
  readonly level: number;
  /**
   * The scale is the level's scale to the power `power`. The encoding of a factor has it divided by
   * the scale of level `over`, where the ciphertext comes from.
   */
  readonly power: number;
  readonly fromLevel: number | undefined;
}

/**
 * Returns the encoding that an operation multiplies by or adds; undefined if it takes no plaintext.
 */
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

/**
 * Returns the power of the level's scale that a clear value is encoded at. The roundings of scales
 * are neglected.
 */
export function plainDegree(
  op: Extract<CkksCipherOp, PlainOp>,
  { degrees }: Pick<CipherProperties, 'degrees'>,
): number {
  if (op.op === 'mulPlain') return op.scale === 'one' ? 0 : 1;
  return at(degrees, op.args[0]);
}

/**
 * Returns the encoding of a factor. Its product with a ciphertext that was switched down to `level`
 * has the scale of a product there.
 */
function factor(value: number | undefined, fromLevel: number, level: number): Encoding {
  return { key: `${value ?? 'unit'}:${fromLevel}>${level}`, value, level, power: 2, fromLevel };
}

function term(value: number, level: number, power: number): Encoding {
  return { key: `${value}@${level}^${power}`, value, level, power, fromLevel: undefined };
}

/**
 * Returns the scale of an encoding.
 *
 * @param scales the scales of all levels
 */
export function encodingScale(
  { level, power, fromLevel }: Encoding,
  scales: readonly number[],
): number {
  return at(scales, level) ** power / (fromLevel === undefined ? 1 : at(scales, fromLevel));
}
