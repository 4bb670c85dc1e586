import { BUILT_IN_COST } from '../cost/built-in-cost.ts';
import type { CostModel } from '../cost/cost-model.ts';
import { readCostModel } from '../cost/stored-model.ts';
import { readText } from './read-files.ts';

/**
 * Returns the cost model of `--cost-model`, or the built-in one without that option.
 *
 * @throws ShoalError if the file is no cost model, UsageError if it cannot be read
 */
export async function chosenCostModel(file: string | undefined): Promise<CostModel> {
  return file === undefined ? BUILT_IN_COST : readCostModel({ file, text: await readText(file) });
}
