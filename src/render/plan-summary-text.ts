import type { PlanSummary } from '../report/plan-summary.ts';
import { showCount, showNumber } from '../report/show-values.ts';
import { type Shape, showShape } from '../tensor/tensor.ts';

/** Returns the rows of a table with a plan's inputs, as a circuit declares them, and outputs. */
export function interfaceRows({ inputs, outputs }: PlanSummary): readonly string[][] {
  const taken = inputs.map(({ name, secrecy, shape, range: [low, high] }) => {
    return `${name}: ${secrecy}${declaredShape(shape)} within [${low}, ${high}]`;
  });
  const given = outputs.map(({ name, shape, errorBound }) => {
    const promise = errorBound === 0 ? 'exact' : `error at most ${showNumber(errorBound)}`;
    return `${name}${declaredShape(shape)}: ${promise}`;
  });
  return [...listed('inputs', taken), ...listed('outputs', given)];
}

/** Returns the rows of a table that says what a client encrypts for. */
export function summaryRows(summary: PlanSummary, digest: string): readonly string[][] {
  return [
    ['circuit', summary.circuit],
    ['plan digest', digest],
    ['security', showCount(summary.securityBits, 'bit')],
    ...interfaceRows(summary),
  ];
}

function listed(label: string, items: readonly string[]): readonly string[][] {
  if (items.length === 0) return [[label, 'none']];
  return items.map((item, i) => [i === 0 ? label : '', item]);
}

/** Returns a shape as a circuit declares it: a scalar has none. */
function declaredShape(shape: Shape): string {
  return shape.length === 0 ? '' : showShape(shape);
}
