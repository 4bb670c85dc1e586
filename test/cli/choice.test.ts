import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { defined } from '../../src/lookup.ts';
import { CkksPlan } from '../../src/plan/plan.ts';
import { Errors, Evaluated, Exploration, Report } from './schemas.ts';
import { shoal, shoalHere, workspace } from './support.ts';

const space = workspace();
afterAll(() => space.remove());

/** Degree 15 by Horner's rule: 4 levels and 8 multiplications, or 5 levels and 7. */
const horner = space.file(
  'horner.circ',
  'input x: cipher within [-1, 1];\nvar s = 0.3;\nfor i in 0..15 { s = s*x + 0.01*i + 0.1; }\noutput s;\n',
);
/** 8 steps in sequence have a width of 1, in parallel 5. */
const product = space.file(
  'product.circ',
  'input x: cipher[16] within [-1, 1];\nvar p = x[0];\nfor i in 1..16 { p = p*x[i]; }\noutput p;\n',
);

async function reported(...args: readonly string[]) {
  const { status, stdout } = await shoalHere(['report', ...args, '--json']);
  expect(status).toBe(0);
  return Report.parse(JSON.parse(stdout));
}

/** T_15(x), whose powers have coefficients of up to 39,936 that nearly cancel. */
const chebyshev = space.file(
  'chebyshev.circ',
  'input x: cipher within [-1, 1];\nvar a = 1;\nvar b = x;\nfor k in 2..16 { let t = 2*x*b - a; a = b; b = t; }\noutput b;\n',
);

describe('--basis', () => {
  test('fixes the basis of polynomials, which decides their precision', async () => {
    const scaleBits = async (...args: readonly string[]) => {
      const { optimized, params } = await reported(chebyshev, ...args);
      // T_15 = T_8·T_7·2 − T_1 takes four levels; so do the powers.
      expect(optimized.depth).toBe(4);
      return defined(params?.scaleBits);
    };
    const [powers, series, chosen] = [
      await scaleBits('--basis', 'power'),
      await scaleBits('--basis', 'chebyshev'),
      await scaleBits(),
    ];
    // The coefficients of the powers add up to 228,486: 17 bits, of which the last factor of each
    // split restores some. Those of the Chebyshev polynomials add up to 1.
    expect(powers).toBeGreaterThanOrEqual(series + 8);
    expect(chosen).toBe(series);
  });
});

describe('--layout', () => {
  const product = space.file(
    'matrix-product.circ',
    'input A: cipher[16, 16] within [-1, 1];\ninput x: cipher[16] within [-1, 1];\noutput y = A @ x;\n',
  );

  test('fixes the layouts of tensors, which the report shows', async () => {
    const args = ['--layout', 'A=rows', '--layout', 'y=outer'];
    const { layouts, packing } = await reported(product, ...args);
    expect(layouts).toEqual([
      { name: 'A', layout: 'rows', tensors: 1 },
      { name: 'y', layout: 'outer', tensors: 1 },
    ]);
    expect(packing[0]?.grid).toBe('rows × columns: 16 × 16 slots');
    const { stdout } = await shoalHere(['report', product, ...args]);
    expect(stdout).toContain('\nfixed layouts: A=rows (1 tensor), y=outer (1 tensor)\n');
    expect((await reported(product)).layouts).toEqual([]);
  });

  test('is part of what a plan depends on', async () => {
    const planOf = async (...args: readonly string[]) =>
      (await shoalHere(['compile', product, ...args])).stdout;
    const [rows, columns] = [
      await planOf('--layout', 'A=rows'),
      await planOf('--layout', 'A=columns'),
    ];
    expect(rows).not.toBe(columns);
    expect([rows, columns]).toContain(await planOf());
  });

  test.each([
    ['B=rows', 'unknown-tensor', "--layout: the circuit has no tensor 'B' to lay out; its tensors"],
    [
      'x=rows',
      'layout-does-not-fit',
      "'x' cannot have the layout 'rows': its shape is [16]; write",
    ],
  ])('%s is refused', async (choice, code, message) => {
    const { status, stdout } = await shoalHere(['report', product, '--layout', choice, '--json']);
    const [error] = Errors.parse(JSON.parse(stdout)).errors;
    expect([status, error?.code, error?.file]).toEqual([2, code, '']);
    expect(error?.message).toContain(message);
  });
});

describe('the choice between depth and work', () => {
  test('--objective depth takes the fewest levels', async () => {
    const { optimized, predictedMs, stopped } = await reported(
      horner,
      '-O3',
      '--objective',
      'depth',
    );
    expect(optimized).toMatchObject({ depth: 4, levels: 4 });
    expect(optimized.ops.mul).toBe(7);
    expect(predictedMs).toBeGreaterThan(0);
    expect(stopped).toBe('nothing better was found');
  });

  test('--objective time takes the circuit that is predicted to be fastest', async () => {
    const { stdout } = await shoalHere(['explore', horner, '--json']);
    const { points } = Exploration.parse(JSON.parse(stdout));
    const quickest = Math.min(...points.map(({ predictedMs }) => predictedMs ?? Infinity));
    const chosen = points.find((point) => point.chosen);
    expect(chosen?.predictedMs).toBeLessThanOrEqual(1.05 * quickest);
    const { optimized } = await reported(horner, '-O3');
    expect(optimized.levels).toBe(chosen?.levels);
  });

  test('--unroll restructures no more iterations together', async () => {
    // A block of n iterations multiplies its own product, of depth ⌈log2 n⌉, once by that of the
    // blocks before it.
    const depths = await Promise.all(
      ['1', '4', 'full'].map(async (n) => {
        const { optimized } = await reported(product, '-O3', '--unroll', n);
        return optimized.depth;
      }),
    );
    // 15 multiplications in sequence; blocks of 4, 4, 4 and 3, each 1 deep after the first one's 3;
    // all together.
    expect(depths).toEqual([15, 6, 4]);
  });

  test('limits matter more than depth; if no circuit is within them, the nearest is taken', async () => {
    const { optimized } = await reported(product, '-O3', '--max-width', '1');
    expect(optimized.width).toBe(1);
    const { warnings } = await reported(product, '--max-ops', '5');
    expect(warnings.map(({ code }) => code)).toEqual(['limits-not-met']);
    for (const command of ['compile', 'eval']) {
      const inputs =
        command === 'eval'
          ? ['--inputs', space.file('in.json', '{ "x": [1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1] }')]
          : [];
      const args = [command, product, '--max-ops', '5', ...inputs, '--json'];
      const { status, stdout } = await shoalHere(args);
      expect(status).toBe(1);
      expect(Errors.parse(JSON.parse(stdout)).errors[0]).toMatchObject({ code: 'limits-not-met' });
    }
  });

  test('a small budget still gives a circuit, and the reason why the search ended', async () => {
    const { optimized, stopped } = await reported(horner, '-O3', '--budget', '10000');
    expect(stopped).toBe('the budget was used up');
    const whole = await reported(horner, '-O3', '--budget', '5e6');
    expect(whole.optimized.depth).toBeLessThanOrEqual(optimized.depth);
  });

  test('a budget below that of the passes is refused with what took the work', async () => {
    for (const command of ['report', 'compile', 'explain']) {
      const run = await shoalHere([command, horner, '-O3', '--budget', '100', '--json']);
      expect(run.status).toBe(1);
      const [error] = Errors.parse(JSON.parse(run.stdout)).errors;
      expect(error).toMatchObject({ code: 'too-large', file: horner });
      expect(error?.message).toMatch(/^compiling examines more than 100 operations \(/);
      expect(error?.message).toMatch(/lower the optimization level, or raise --budget$/);
    }
  });

  test.each([
    [['--unroll', '0'], "at least 1, or 'full'"],
    [['--unroll', 'all'], "at least 1, or 'full'"],
    [['--max-width', 'x'], 'whole number, at least 1'],
    [['--max-ops', '0'], 'whole number, at least 1'],
    [['--budget', '-1'], 'whole number, at least 1'],
    [['--jobs', '1.5'], 'whole number, at least 1'],
    [['--objective', 'size'], 'time, depth'],
    [['--basis', 'legendre'], 'power, chebyshev'],
    [['--layout', 's'], 'as in --layout Z=rows'],
    [['--layout', 's=diagonals'], 'the layouts are rows, columns, inner, outer'],
    [['--layout', 's=inner', '--layout', 's=outer'], "'s' is given twice"],
  ])('%j is refused', async (options, message) => {
    const { status, stderr } = await shoalHere(['report', horner, ...options]);
    expect(status).toBe(2);
    expect(stderr).toContain(message);
  });
});

describe('explore', () => {
  test('shows circuits that no other one beats, and writes their plans', async () => {
    const directory = join(space.path, 'plans');
    const { status, stdout } = shoal(['explore', horner, '-o', directory, '--json']);
    expect(status).toBe(0);
    const { points, bound } = Exploration.parse(JSON.parse(stdout));
    expect(bound).toBe(4);
    expect(points.length).toBeGreaterThan(1);
    expect(points.filter(({ chosen }) => chosen)).toHaveLength(1);
    const figures = points.map((p) => [
      p.depth,
      p.levels,
      p.mul,
      p.width,
      p.uploadBytes,
      p.predictedMs,
    ]);
    for (const [i, a] of figures.entries())
      for (const [j, b] of figures.entries())
        if (i !== j && !points[j]?.chosen)
          expect(a.every((x, k) => defined(x) <= defined(b[k]))).toBe(false);
    for (const { plan, levels } of points) {
      const { params } = CkksPlan.parse(JSON.parse(readFileSync(defined(plan), 'utf8')));
      expect(params.scales).toHaveLength(defined(levels) + 1);
    }
    const inputs = space.file('half.json', '{ "x": 0.5 }');
    const evaluated = shoal(['eval', defined(defined(points[0]).plan), '-i', inputs, '--json']);
    expect(evaluated.status).toBe(0);
    // 0.3·x^15 + Σ (0.01·i + 0.1)·x^(14 - i) at x = 1/2.
    let expected = 0.3;
    for (let i = 0; i < 15; i++) expected = expected * 0.5 + 0.01 * i + 0.1;
    expect(Evaluated.parse(JSON.parse(evaluated.stdout)).outputs.s).toBeCloseTo(expected, 5);
  });

  test('takes a directory for plans, not a file', async () => {
    const { status, stderr } = await shoalHere(['explore', horner, '-o', horner]);
    expect([status, stderr]).toEqual([2, expect.stringContaining('is no directory')]);
  });

  test('fits a terminal', async () => {
    const { stdout } = await shoalHere(['explore', horner]);
    expect(stdout).toContain('← time');
    for (const line of stdout.split('\n')) expect(line.length).toBeLessThanOrEqual(80);
  });

  test('predicts for more workers', async () => {
    const wide = space.file(
      'wide.circ',
      'input x: cipher[8] within [-1, 1]; output y = (x*x + 1)^4*(x + 2)^4*(x*x - 3)^4; output z = (x*x - 1)^8;',
    );
    const timed = async (jobs: string) => (await reported(wide, '--jobs', jobs)).predictedMs ?? 0;
    expect(await timed('4')).toBeLessThanOrEqual(await timed('1'));
  });
});
