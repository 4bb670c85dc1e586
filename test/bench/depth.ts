import fc from 'fast-check';
import { type CompileOptions, compile } from '../../src/compile/compile.ts';
import { randomComputation } from '../support/computations.ts';
import { median, printTable, ratio } from './table.ts';

const PROGRAMS = 500;
/** Fixed seed, so that all versions are measured on the same programs. */
const SEED = 1;
/** Distance from the bound from which on all depths share a line. */
const MAX_DISTANCE = 8;

/** The compared options. For the shortest evaluation, -O3 may use more depth if that is cheap. */
const SETTINGS: Record<string, CompileOptions> = {
  '-O2': { optimizationLevel: 2 },
  '-O3': { optimizationLevel: 3 },
  '-O3, depth': { optimizationLevel: 3, aim: { objective: 'depth' } },
};

interface Run {
  readonly depth: number;
  readonly bound: number;
  readonly ms: number;
}

/** Measures how far random programs stay above the depth bound, and the compile times. */
export function depth(): void {
  const programs = fc.sample(randomComputation(), { numRuns: PROGRAMS, seed: SEED });
  const names = Object.keys(SETTINGS);
  const runs = programs.map(({ text }) =>
    Object.values(SETTINGS).map((options) => run(text, options)),
  );
  // The bound is computed from the circuit. It is tightest when cancelling terms are removed.
  const distances = runs.map((runsOfProgram) => {
    const bound = Math.min(...runsOfProgram.map((result) => result.bound));
    return runsOfProgram.map(({ depth }) => Math.min(MAX_DISTANCE, depth - bound));
  });
  printTable(
    `Depth above the bound, ${PROGRAMS} random programs`,
    ['above', ...names.flatMap((name) => [name, 'share'])],
    Array.from({ length: MAX_DISTANCE + 1 }, (_, above) => {
      const cells = names.flatMap((_, setting) => {
        const count = distances.filter((values) => values[setting] === above).length;
        return [count, `${((100 * count) / PROGRAMS).toFixed(1)} %`];
      });
      return [above === MAX_DISTANCE ? `${MAX_DISTANCE} or more` : above, ...cells];
    }),
  );
  const time = (setting: number) => runs.map((values) => (values[setting] as Run).ms);
  const total = (setting: number) => time(setting).reduce((sum, ms) => sum + ms, 0);
  const base = time(0);
  printTable(
    'Compile time of all programs, and relative to -O2',
    ['', 'ms', 'ratio', 'median of ratios', 'largest ratio'],
    names.map((name, setting) => {
      const ratios = time(setting).map((ms, i) => ms / (base[i] as number));
      const cells = [ratio(total(setting), total(0)), median(ratios).toFixed(1)];
      return [name, total(setting).toFixed(0), ...cells, Math.max(...ratios).toFixed(0)];
    }),
  );
}

function run(text: string, options: CompileOptions): Run {
  const start = performance.now();
  const { optimized, bound } = compile({ file: 'bench.circ', text }, options);
  return { depth: optimized.measures.depth, bound, ms: performance.now() - start };
}
