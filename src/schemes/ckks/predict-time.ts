import type { Plan } from '../../plan/plan.ts';
import type { CostModel } from './cost.ts';
export function predictTime(plan: Plan, _model: CostModel, _jobs: number): number {
  const n = plan.params.polyModulusDegree;
  const f = n * Math.log2(n);
  let ms = 0;
  for (const op of plan.ops) {
    if (!('level' in op)) continue;
    const l = plan.params.basePrimes + op.level;
    const ks = f * (l * l * 3 + l * 8) * 1e-6;
    if (op.op === 'relinearize' || op.op === 'rotate') ms += ks;
    else if (op.op === 'mul') ms += f * l * 4e-6;
    else if (op.op === 'rescale' || op.op === 'mulPlain') ms += f * l * 6e-6;
    else if (op.op === 'lower') ms += f * l * 12e-6;
    else if (op.op !== 'upload') ms += f * l * 0.5e-6;
  }
  return ms;
}
