import { parseJson } from '../arrays/json-file.ts';
import { ShoalError } from '../errors/shoal-error.ts';
import type { Source } from '../syntax/diagnostic.ts';
import { CostModel } from './cost-model.ts';

/** Advice for a file that cannot be used. */
const HELP =
  "measure this machine again with 'shoal calibrate -o', or leave out --cost-model to use the built-in model";

/**
 * Reads a cost model that `shoal calibrate -o` has written.
 *
 * @throws ShoalError if the file is damaged, or of another version
 */
export function readCostModel(source: Source): CostModel {
  const value = jsonOf(source);
  const parsed = CostModel.safeParse(value);
  if (parsed.success) return parsed.data;
  throw refused(source, 'is not a cost model of this version');
}

function jsonOf(source: Source): unknown {
  try {
    return parseJson(source).value;
  } catch (error) {
    if (!(error instanceof ShoalError)) throw error;
    throw refused(source, `is damaged (${error.message})`);
  }
}

function refused({ file }: Source, what: string): ShoalError {
  return new ShoalError('bad-cost-model', `the file ${what}; ${HELP}`, { file });
}

/** Returns the text of a cost model's file. */
export function costModelToText(model: CostModel): string {
  return `${JSON.stringify(model, null, 2)}\n`;
}
