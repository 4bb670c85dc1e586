import type { Compilation } from '../compile/compile.ts';
import { showBytes } from '../memory/show-bytes.ts';
import type { FrontPoint } from '../report/pareto-front.ts';
import { showCount, showTime } from '../report/show-values.ts';
import { colorsOf } from './text-layout.ts';
import { table } from './text-table.ts';

/** Renders the Pareto front of a compilation. */
export function renderFront(
  { optimized, candidates, stopped, aim, bound }: Compilation,
  points: readonly FrontPoint[],
  color: boolean,
): string {
  const c = colorsOf(color);
  const body = points.map(({ candidate, chosen }, i) => {
    const { measures, plan, ms, uploadBytes } = candidate;
    const cells = [
      `${i + 1}`,
      `${measures.depth}`,
      `${measures.levels ?? '–'}`,
      `${measures.ops.mul}`,
      `${measures.width}`,
      uploadBytes === undefined ? '–' : showBytes(uploadBytes),
      plan ? `${plan.params.polyModulusDegree}` : 'none fits',
      ms === undefined ? '–' : showTime(ms),
    ];
    const shown = chosen ? cells.map((cell) => c.bold(cell)) : cells;
    return [...shown, chosen ? c.green(`← ${aim.objective}`) : ''];
  });
  const head = ['', 'depth', 'levels', 'mul', 'width', 'upload', 'N', 'predicted', ''];
  return [
    `${c.bold(optimized.sketch.circuit)}  ${c.dim(`no circuit has a depth below ${bound}`)}`,
    '',
    table(body, {
      head,
      align: ['right', 'right', 'right', 'right', 'right', 'right', 'right', 'right', 'left'],
      color,
    }),
    '',
    `${showCount(candidates.length, 'circuit')} compared; ${stopped === undefined ? 'no search without -O 3' : `the search ended: ${stopped}`}`,
    '',
  ].join('\n');
}
