import { showTime } from '../report/show-values.ts';
import type { StageFacts } from '../report/stage-facts.ts';
import { colorsOf } from './text-layout.ts';
import { table } from './text-table.ts';

/** Renders a table with a row for each stage. */
export function renderStages(
  circuit: string,
  stages: readonly StageFacts[],
  color: boolean,
): string {
  const c = colorsOf(color);
  const rows = stages.map(({ until, steps, takes, plan, measures, predictedMs }, i) => [
    `${i + 1}`,
    `${steps}`,
    until,
    `${measures.levels ?? '–'}`,
    `${measures.ops.mul}`,
    `${measures.ops.rotate}`,
    `${plan.params.polyModulusDegree}`,
    predictedMs === undefined ? '–' : showTime(predictedMs),
    takes.join(', '),
  ]);
  const head = ['stage', 'statements', 'up to', 'levels', 'mul', 'rot', 'N', 'time', 'carried in'];
  const right = 'right' as const;
  const left = 'left' as const;
  const shown = table(rows, {
    head,
    align: [right, right, left, right, right, right, right, right, left],
    color,
  });
  return `${c.bold(circuit)}  ${c.dim(`${stages.length} stages`)}\n\n${shown}\n`;
}
