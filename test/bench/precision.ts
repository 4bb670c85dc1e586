import { DEPTH_ROWS } from '../support/depth-table.ts';
import { compiled, measurePromise, PRECISIONS, unpromisedExamples } from '../support/promises.ts';
import { printTable, type Row } from './table.ts';

/**
 * Compares error bounds of all examples, and of all programs of the depth table, with errors
 * measured at the worst inputs. A ratio above 1 is a bug of `src/schemes/ckks/error-bounds.ts`.
 * Takes long: programs with rings of 32768 take minutes.
 */
export async function precision(): Promise<void> {
  const examples = unpromisedExamples().map(([name, text]) => ({
    name,
    text,
    level: 2 as const,
  }));
  const rows = DEPTH_ROWS.map(({ group, size, text }) => {
    return { name: `${group}: ${size}`, text, level: 3 as const };
  });
  const lines: Row[] = [];
  const ratios: number[] = [];
  for (const { name, text, level } of [...examples, ...rows]) {
    const compilation = compiled(name, text, level);
    for (const precisionBits of PRECISIONS) {
      const measured = await measurePromise(compilation, precisionBits);
      if (!measured) {
        lines.push([name, precisionBits, 'none fits', '', '', '']);
        continue;
      }
      const { plan, bound, error } = measured;
      ratios.push(error / bound);
      const figures = [bound.toExponential(2), error.toExponential(2), (error / bound).toFixed(4)];
      lines.push([name, precisionBits, plan.params.polyModulusDegree, ...figures]);
    }
  }
  printTable(
    'Error bounds, and errors measured at the worst inputs',
    ['program', 'precision', 'N', 'bound', 'measured', 'ratio'],
    lines,
  );
  printTable(
    'Ratios of error to bound',
    ['largest', 'smallest'],
    [[Math.max(...ratios).toFixed(4), Math.min(...ratios).toFixed(4)]],
  );
}
