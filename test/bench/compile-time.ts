import type { Candidate } from '../../src/compile/candidate.ts';
import { compile } from '../../src/compile/compile.ts';
import { completePlan } from '../../src/compile/complete-plan.ts';
import { NESTEROV, regression } from './nesterov.ts';
import { median, printTable, ratio } from './table.ts';

const SIZES = [1_000, 10_000, 100_000] as const;

/** Programs with about `operations` operations. */
const PROGRAMS: Record<string, (operations: number) => string> = {
  'recurrence, constants': (n) =>
    `input x: cipher; var s = x; for i in 0..${n / 2} { s = s*0.999 + 0.25; } output s;`,
  'recurrence, plain inputs': (n) =>
    `input x: cipher; input p: plain; input q: plain; var s = x; for i in 0..${n / 2} { s = s*p + q; } output s;`,
  'recurrence, ciphertexts': (n) =>
    `input x: cipher; input y: cipher; var s = x; for i in 0..${n / 2} { s = s*y + x; } output s;`,
  'sum of products': (n) =>
    `input v: cipher[100]; input w: cipher[100]; var s = 0; for i in 0..${n / 200} { for j in 0..100 { s = s + v[j]*w[99 - j]; } } output s;`,
  'product of many': (n) =>
    `input x: cipher; var s = x; for i in 0..${n / 2} { s = s*(x + i); } output s;`,
};

/** Compares compile times at -O3 and -O2 for programs on matrices, for the fewest levels. */
function matrixTimes(): void {
  const rows = [6, 12].map((k) => {
    const [second, third] = ([2, 3] as const).map((level) => {
      const start = performance.now();
      const options = {
        optimizationLevel: level,
        aim: { objective: 'depth' },
        defines: regression(k),
      } as const;
      const { optimized } = compile(NESTEROV, options);
      return { ms: performance.now() - start, optimized };
    }) as [Compiled, Compiled];
    const { depth, levels, ops } = third.optimized.measures;
    return [
      `${k}`,
      second.ms.toFixed(0),
      third.ms.toFixed(0),
      ratio(third.ms, second.ms),
      `${depth}/${levels}`,
      `${ops.mul}`,
      `${ops.rotate}`,
    ];
  });
  printTable(
    'Compile time of logistic regression over minibatches, 64 samples of 197 features, for the fewest levels',
    ['minibatches', '-O2 ms', '-O3 ms', 'ratio', 'depth/levels', 'multiplications', 'rotations'],
    rows,
  );
}

interface Compiled {
  readonly ms: number;
  readonly optimized: Candidate;
}

function time(text: string, runs: number): number {
  const times = Array.from({ length: runs }, () => {
    const start = performance.now();
    const { optimized } = compile({ file: 'bench.circ', text }, { optimizationLevel: 2 });
    completePlan(optimized.sketch, { precisionBits: 20 });
    return performance.now() - start;
  });
  return median(times);
}

/** Compares compile times at -O3 and -O2 in one run, and shows why the search ended. */
function searchTimes(): void {
  const rows = Object.entries(PROGRAMS).flatMap(([name, program]) =>
    SIZES.map((size) => {
      const text = program(size);
      const second = time(text, 1);
      const start = performance.now();
      const { optimized, passes, stopped } = compile(
        { file: 'bench.circ', text },
        { optimizationLevel: 3 },
      );
      const third = performance.now() - start;
      const limits = passes.flatMap((pass) => (pass.stopped ? [pass.name] : []));
      const { depth, levels } = optimized.measures;
      const cells = [second.toFixed(0), third.toFixed(0), ratio(third, second)];
      const ends = [stopped ?? '', [...new Set(limits)].join(', ')];
      return [name, size.toLocaleString('en'), ...cells, `${depth}/${levels}`, ...ends];
    }),
  );
  printTable(
    'Compile time at -O3',
    [
      'program',
      'operations',
      '-O2 ms',
      '-O3 ms',
      'ratio',
      'depth/levels',
      'search ended',
      'limited',
    ],
    rows,
  );
}

/**
 * Measures compile times at -O2 in ms, with both forms and the choice of parameters, and their
 * growth from size to size. A growth of 10 is linear.
 */
export function compileTime(): void {
  const rows = Object.entries(PROGRAMS).map(([name, program]) => {
    time(program(1_000), 3);
    const ms = SIZES.map((size) => time(program(size), size < 100_000 ? 3 : 1));
    const [small = 0, middle = 0, large = 0] = ms;
    return {
      name,
      ms,
      row: [name, ...ms.map((t) => t.toFixed(0)), ratio(middle, small), ratio(large, middle)],
    };
  });
  printTable(
    'Compile time at -O2 in ms, and growth for ten times the operations',
    ['program', ...SIZES.map((size) => size.toLocaleString('en')), '10k : 1k', '100k : 10k'],
    rows.map(({ row }) => row),
  );
  const [constants, plains] = rows.map(({ ms }) => ms.at(-1) ?? 0);
  printTable(
    'Constants against plain inputs, 100,000 operations',
    ['ratio'],
    [[ratio(constants ?? 0, plains ?? 1)]],
  );
  searchTimes();
  matrixTimes();
}
