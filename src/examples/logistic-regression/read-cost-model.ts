import { existsSync, readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { isAbsolute, join } from 'node:path';
import { BUILT_IN_COST, type CostModel, readCostModel } from '../../index.ts';

/**
 * Returns the cost model that `shoal calibrate` stored on this machine, or else the built-in one.
 *
 * @throws ShoalError when the stored file is invalid
 */
export function machineCostModel(): CostModel {
  const { XDG_CONFIG_HOME: folder = '' } = process.env;
  const config = isAbsolute(folder) ? folder : join(homedir(), '.config');
  const file = join(config, 'shoal/cost-model.json');
  if (!existsSync(file)) return BUILT_IN_COST;
  return readCostModel({ file, text: readFileSync(file, 'utf8') });
}
