import { existsSync, readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { isAbsolute, join } from 'node:path';
import { BUILT_IN_COST, type CostModel, readCostModel } from '../../index.ts';

/**
 * The cost model of this machine, if `shoal calibrate` has stored one.
 *
 * @throws ShoalError if it cannot be used
 */
export function machineCostModel(): CostModel {
  const { XDG_CONFIG_HOME: given = '' } = process.env;
  const config = isAbsolute(given) ? given : join(homedir(), '.config');
  const file = join(config, 'shoal/cost-model.json');
  if (!existsSync(file)) return BUILT_IN_COST;
  return readCostModel({ file, text: readFileSync(file, 'utf8') });
}
