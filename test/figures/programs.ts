import { readFileSync } from 'node:fs';
import { basename } from 'node:path';
import { type Exact, fromNumber } from '../../src/tensor/exact.ts';
import { GROUPS, shownRows } from '../docs/depth-table.ts';
import { OUTSIDE_PROGRAMS, outsideText } from '../outside/outside-programs.ts';
import { exampleCircuits } from '../support/examples.ts';
import {
  computedProgramOf,
  LINEAR_ALGEBRA_ROWS,
  programOf,
} from '../support/linear-algebra-rows.ts';

/** A program whose figures are compared. */
export interface FigureProgram {
  readonly name: string;
  readonly text: string;
  /** Values for its params, by name. */
  readonly defines?: Readonly<Record<string, number>>;
}

/** Other params with which circuits of circuits/ are measured too. */
const VARIANTS: Readonly<Record<string, readonly Readonly<Record<string, number>>[]>> = {
  'iterations/inverse.circ': [{ steps: 4 }, { steps: 10 }],
  'iterations/logistic-map.circ': [{ steps: 8 }],
  'logistic-regression/nesterov.circ': [
    { k: 1, n: 64, f: 197 },
    { k: 2, n: 64, f: 197, start: 0 },
    { k: 6, n: 64, f: 197 },
    { k: 12, n: 64, f: 197 },
  ],
};

/** The programs that the depth table shows. */
function depthPrograms(): readonly FigureProgram[] {
  return GROUPS.flatMap((group) =>
    shownRows(group).map(({ size, text }) => ({ name: `${group}: ${size}`, text })),
  );
}

/** Returns every program, those that compile slowly last. */
export function figurePrograms(files: readonly string[]): readonly FigureProgram[] {
  const circuits = exampleCircuits().map(([name, text]) => ({ name, text }));
  const variants = circuits.flatMap(({ name, text }) =>
    (VARIANTS[name] ?? []).map((defines) => {
      const shown = Object.entries(defines).map(([param, value]) => `${param}=${value}`);
      return { name: `${name} ${shown.join(' ')}`, text, defines };
    }),
  );
  const operations = LINEAR_ALGEBRA_ROWS.flatMap((row) => [
    { name: `on inputs: ${row.expression}`, text: programOf(row) },
    { name: `on computed values: ${row.expression}`, text: computedProgramOf(row) },
  ]);
  const outside = OUTSIDE_PROGRAMS.map((program) => {
    return { name: `outside ${program.name}`, text: outsideText(program) };
  });
  const others = files.map((file) => ({ name: basename(file), text: readFileSync(file, 'utf8') }));
  return [...circuits, ...outside, ...operations, ...others, ...depthPrograms(), ...variants];
}

/** Returns the params of a program as the compiler takes them. */
export function definesOf({ defines = {} }: FigureProgram): ReadonlyMap<string, Exact> {
  return new Map(Object.entries(defines).map(([name, value]) => [name, fromNumber(value)]));
}
