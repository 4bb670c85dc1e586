import fc from 'fast-check';
import { type Compilation, compile } from '../../src/compile/compile.ts';
import { randomComputation } from '../support/computations.ts';
import { median, printTable, ratio } from './table.ts';

const PROGRAMS = 500;
/** Always the same programs, so that figures can be compared from one version to the next. */
const SEED = 1;
/** Depths above the bound from which on they share a line. */
const MOST = 8;

interface Run {
  readonly above: number;
  readonly ms: number;
}

/** How far above the bound random programs stay at -O2 and at -O3, and what -O3 takes for it. */
export function depth(): void {
  const programs = fc.sample(randomComputation(), { numRuns: PROGRAMS, seed: SEED });
  const runs = programs.map(({ text }) => {
    const hard = run(text, 3);
    return { second: run(text, 2, hard.bound), third: hard };
  });
  const [seconds, thirds] = [runs.map(({ second }) => second), runs.map(({ third }) => third)];
  printTable(
    `Depth above the bound, ${PROGRAMS} random programs`,
    ['above', 'programs at -O2', 'share', 'programs at -O3', 'share'],
    Array.from({ length: MOST + 1 }, (_, above) => {
      const count = (of: readonly Run[]) =>
        of.filter((one) => Math.min(MOST, one.above) === above).length;
      const cells = [seconds, thirds].flatMap((of) => [count(of), percent(count(of) / PROGRAMS)]);
      return [above === MOST ? `${MOST} or more` : above, ...cells];
    }),
  );
  const total = (of: readonly Run[]) => of.reduce((sum, { ms }) => sum + ms, 0);
  const ratios = runs.map(({ second, third }) => third.ms / second.ms);
  printTable(
    'Compile time, -O3 against -O2',
    ['-O2 ms, all', '-O3 ms, all', 'ratio', 'median of ratios', 'largest ratio'],
    [
      [
        total(seconds).toFixed(0),
        total(thirds).toFixed(0),
        ratio(total(thirds), total(seconds)),
        median(ratios).toFixed(1),
        Math.max(...ratios).toFixed(0),
      ],
    ],
  );
}

/** Compiles a program; `bound`, where the bound is known from before. */
function run(text: string, level: 2 | 3, bound?: number): Run & Pick<Compilation, 'bound'> {
  const start = performance.now();
  const compiled = compile({ file: 'bench.circ', text }, { level });
  const ms = performance.now() - start;
  const least = bound ?? compiled.bound;
  return { above: compiled.optimized.measures.depth - least, ms, bound: least };
}

function percent(share: number): string {
  return `${(100 * share).toFixed(1)} %`;
}
