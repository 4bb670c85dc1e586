import { existsSync, readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { isAbsolute, join } from 'node:path';
import { BUILT_IN_COST } from '../cost/built-in-cost.ts';
import type { CostModel } from '../cost/cost-model.ts';
import { readCostModel } from '../cost/stored-model.ts';
import { ShoalError } from '../errors/shoal-error.ts';
import { reasonOf } from '../platform/system-errors.ts';
import { UsageError } from './failure.ts';

/**
 * Returns the path of this machine's cost model, by the XDG Base Directory Specification, which
 * says to ignore a relative `XDG_CONFIG_HOME`.
 */
export function costModelFile(env: NodeJS.ProcessEnv = process.env): string {
  const given = env.XDG_CONFIG_HOME ?? '';
  const config = isAbsolute(given) ? given : join(homedir(), '.config');
  return join(config, 'shoal', 'cost-model.json');
}

/**
 * Returns the cost model of this machine, or the built-in one if none is stored.
 *
 * @throws ShoalError if the stored model is invalid, UsageError if the file cannot be read
 */
export function loadCostModel(env: NodeJS.ProcessEnv = process.env): CostModel {
  const file = costModelFile(env);
  if (!existsSync(file)) return BUILT_IN_COST;
  try {
    return readCostModel({ file, text: readFileSync(file, 'utf8') });
  } catch (error) {
    if (error instanceof ShoalError) throw error;
    throw new UsageError(`cannot read ${file}: ${reasonOf(error)}`, 'cannot-read', file);
  }
}
