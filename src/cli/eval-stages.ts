import { showBytes } from '../memory/show-bytes.ts';
import { renderStages } from '../render/stages-text.ts';
import { colorsOf } from '../render/text-layout.ts';
import { showNumber, showTime } from '../report/show-values.ts';
import { measuresOfStages, stageToJson } from '../report/stage-facts.ts';
import type { Details, EvaluatedProgram } from './eval-form.ts';
import { circuitOf, deepest } from './staged-report.ts';

/** Returns the report on an evaluation in several stages. */
export function stagesDetails(program: EvaluatedProgram): Details {
  const { stages, deviation, jobs, timings, memory } = program;
  return {
    json: {
      ...deviation,
      ...{ jobs, timings, memory },
      optimized: measuresOfStages(stages.map(({ measures }) => measures)),
      params: stageToJson(deepest(stages)).params,
      stages: stages.map((stage) => {
        const { timings, memory, jobs } = stage.evaluation;
        return { ...stageToJson(stage), jobs, timings, memory };
      }),
    },
    text: (color, results) => {
      const table = renderStages(circuitOf(stages), stages, color);
      return `${results()}\n${table}\n${renderTotals(program, color)}`;
    },
  };
}

function renderTotals({ timings, memory, deviation }: EvaluatedProgram, color: boolean): string {
  const c = colorsOf(color);
  const { maxAbsError, maxRelError } = deviation;
  const times = Object.entries(timings).map(([phase, ms]) => `${phase} ${showTime(ms)}`);
  return [
    `${c.dim('error')}   ${showNumber(maxAbsError)} absolute, ${showNumber(maxRelError)} relative`,
    `${c.dim('time')}    ${times.join(', ')}`,
    `${c.dim('memory')}  keys ${showBytes(memory.keyBytes)}, upload ${showBytes(memory.uploadBytes)}, process ${showBytes(memory.peakRssBytes)}`,
    '',
  ].join('\n');
}
