import { DEPTH_ROWS } from '../support/depth-table.ts';
import { compiled, measurePromise, PRECISIONS, realExamples } from '../support/promises.ts';
import { printTable, type Row } from './table.ts';

/**
 * Promised errors of all examples and of every program of the depth table against errors measured at the
 * inputs where they are worst. A ratio above 1 is a fault of `src/schemes/ckks/error-bounds.ts`. Takes long: what
 * needs rings of 32768 takes minutes.
 */
export async function precision(): Promise<void> {
  const examples = realExamples().map(([name, text]) => ({
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
    'Promised errors, measured where inputs are worst',
    ['program', 'precision', 'N', 'bound', 'measured', 'ratio'],
    lines,
  );
  printTable(
    'Of their bounds',
    ['largest', 'smallest'],
    [[Math.max(...ratios).toFixed(4), Math.min(...ratios).toFixed(4)]],
  );
}
