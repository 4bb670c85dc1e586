import fc from 'fast-check';
import { type CompileOptions, compile } from '../../src/compile/compile.ts';
import { randomComputation } from '../support/computations.ts';
import { median, printTable, ratio } from './table.ts';

const PROGRAMS = 500;
/** Always the same programs, so that figures can be compared from one version to the next. */
const SEED = 1;
/** Depths above the bound from which on they share a line. */
const MOST = 8;

/** What is compared: for the shortest evaluation, -O3 may spend depth where that is cheap. */
const WAYS: Record<string, CompileOptions> = {
  '-O2': { optimizationLevel: 2 },
  '-O3': { optimizationLevel: 3 },
  '-O3, depth': { optimizationLevel: 3, aim: { objective: 'depth' } },
};

interface Run {
  readonly depth: number;
  readonly bound: number;
  readonly ms: number;
}

/** How far above the bound random programs stay at -O2 and at -O3, and what -O3 takes for it. */
export function depth(): void {
  const programs = fc.sample(randomComputation(), { numRuns: PROGRAMS, seed: SEED });
  const names = Object.keys(WAYS);
  const runs = programs.map(({ text }) => Object.values(WAYS).map((way) => run(text, way)));
  // The bound is found from the circuit, and tightest where terms that cancel are gone.
  const aboves = runs.map((of) => {
    const bound = Math.min(...of.map((one) => one.bound));
    return of.map((one) => Math.min(MOST, one.depth - bound));
  });
  printTable(
    `Depth above the bound, ${PROGRAMS} random programs`,
    ['above', ...names.flatMap((name) => [name, 'share'])],
    Array.from({ length: MOST + 1 }, (_, above) => {
      const cells = names.flatMap((_, way) => {
        const count = aboves.filter((of) => of[way] === above).length;
        return [count, `${((100 * count) / PROGRAMS).toFixed(1)} %`];
      });
      return [above === MOST ? `${MOST} or more` : above, ...cells];
    }),
  );
  const time = (way: number) => runs.map((of) => (of[way] as Run).ms);
  const total = (way: number) => time(way).reduce((sum, ms) => sum + ms, 0);
  const base = time(0);
  printTable(
    'Compile time of all, and against -O2',
    ['', 'ms', 'ratio', 'median of ratios', 'largest ratio'],
    names.map((name, way) => {
      const ratios = time(way).map((ms, i) => ms / (base[i] as number));
      const cells = [ratio(total(way), total(0)), median(ratios).toFixed(1)];
      return [name, total(way).toFixed(0), ...cells, Math.max(...ratios).toFixed(0)];
    }),
  );
}

function run(text: string, options: CompileOptions): Run {
  const start = performance.now();
  const { optimized, bound } = compile({ file: 'bench.circ', text }, options);
  return { depth: optimized.measures.depth, bound, ms: performance.now() - start };
}
