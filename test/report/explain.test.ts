import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import fc from 'fast-check';
import { describe, expect, it, test } from 'vitest';
import { compile } from '../../src/compile/compile.ts';
import { defined } from '../../src/lookup.ts';
import { ADDED_PASSES, type OptimizationLevel, PASSES } from '../../src/passes/pass-list.ts';
import { renderExplanation } from '../../src/render/explanation-text.ts';
import { type ExplanationJson, explain } from '../../src/report/explanation.ts';
import { exampleCircuits, exampleSource } from '../support/examples.ts';
import { randomProgram, seeded } from '../support/programs.ts';
import { cases, eachSampled, SAMPLED } from '../support/sampling.ts';

const circuits = fileURLToPath(new URL('../../circuits/', import.meta.url));
const compiled = (text: string, level: OptimizationLevel = 2) =>
  compile({ file: 'test.circ', text }, { optimizationLevel: level });
const explainedExample = (file: string) =>
  explain(compile(exampleSource(file), { optimizationLevel: 2 }));
const explained = (text: string, level?: OptimizationLevel) => explain(compiled(text, level));
/** Explains a circuit whose polynomials are not collected. */
const balanced = (text: string) =>
  explain(compile({ file: 'test.circ', text }, { passes: Object.values(ADDED_PASSES).flat() }));

/** Returns `text @iterations mul/levels → depth/level` for every row. */
function rowsOf({ path }: ExplanationJson['source']): readonly string[] {
  return path.map(({ text, iterations, multiplications, levels, after, inTurn }) => {
    const { first, last, count } = iterations ?? { first: [], last: [], count: 0 };
    const range = count === 0 ? '' : ` @${first.join()}-${last.join()}${inTurn ? ' in turn' : ''}`;
    return `${text}${range} ${multiplications}/${levels} → ${after.depth}/${after.level}`;
  });
}

describe('a power', () => {
  const quartic = explained('input x: cipher within [-3, 3];\noutput y = x^4 + 2;\n');

  it('has the depth of its exponent in source form, and of its logarithm optimized', () => {
    expect(quartic).toMatchObject({ bound: 2, boundMet: true, gain: null });
    expect(quartic.source).toMatchObject({ depth: 3, levels: 3, output: 'y' });
    expect(rowsOf(quartic.source)).toEqual(['x^4 3/3 → 3/3']);
    expect(rowsOf(quartic.optimized)).toEqual(['x^4 2/2 → 2/2']);
    expect(quartic.optimized.path[0]).toMatchObject({ line: 2, column: 12, iterations: null });
  });

  it('is at its bound', () => {
    expect(quartic.output).toEqual({ name: 'y', degree: 4, bound: 2 });
    expect(quartic.holds).toMatchObject([{ kind: 'square', degree: 4, bound: 2, optimal: true }]);
    expect(quartic.holds[0]?.reason).toBe(
      'squares a value that arrives late (depth 1); degree 4 needs depth 2: no circuit is shallower',
    );
  });

  it('is shortened by the pass powers', () => {
    const powers = quartic.passes.find(({ name }) => name === 'powers');
    expect(powers).toMatchObject({
      before: { depth: 3, level: 3, muls: 3, width: 1 },
      after: { depth: 2, level: 2, muls: 2, width: 1 },
    });
    expect(renderExplanation(quartic, false)).toMatch(/powers +−1 +−1 +−1 +· +\+1\n/);
  });
});

describe('a chain of products', () => {
  it('is one row, with any factors', () => {
    const { source } = explained('input x: cipher; input y: cipher; output r = x*y*x*y*x;');
    expect(rowsOf(source)).toEqual(['x*y*x*y*x 4/4 → 4/4']);
  });
});

describe("Horner's rule in a loop", () => {
  // After iteration i the degree is i + 1 and the depth is i, because 3*x multiplies no
  // ciphertexts.
  const text = 'input x: cipher;\nvar y = 3;\nfor i in 0..5 { y = y*x + 2; }\noutput y;\n';
  const horner = balanced(text);

  it('merges the iterations of one expression', () => {
    expect(rowsOf(horner.source)).toEqual(['y*x @0-0 0/1 → 0/1', 'y*x @1-4 4/4 → 4/5']);
    // An integer factor is free, so the client uploads nothing for it.
    expect(rowsOf(horner.optimized)).toEqual(['y*x @1-4 4/4 → 4/4']);
    expect(horner.optimized.path[0]?.iterations).toEqual({ first: [1], last: [4], count: 4 });
  });

  it('exceeds its bound first at degree 4, in iteration 3', () => {
    expect(horner).toMatchObject({ bound: 3, boundMet: false, output: { degree: 5, bound: 3 } });
    expect(horner.gain).toMatchObject({
      iterations: { first: [3], count: 1 },
      degree: 4,
      bound: 2,
    });
    expect(horner.gain?.reason).toBe(
      'waits for `y*x` of iteration 2 (depth 2); the other factor is available from the start; degree 4 needs depth 2, but the depth here is 3',
    );
    expect(horner.holds).toMatchObject([{ optimal: false, degree: 5, bound: 3 }]);
  });

  it('meets its bound if iterations are restructured together', () => {
    expect(explained(text, 3)).toMatchObject({ boundMet: true, optimized: { depth: 3 } });
  });
});

describe("Newton's inverse", () => {
  const text =
    'input a: cipher within [0.5, 1.5];\nvar y = 2 - a;\nfor t in 1..4 { y = y * (2 - a * y); }\noutput y;\n';
  const inverse = balanced(text);

  it('takes two alternating multiplications in each iteration', () => {
    expect(rowsOf(inverse.source)).toEqual([
      'a * y @1-3 in turn 3/3 → 5/5',
      'y * (2 - a * y) @1-3 in turn 3/3 → 6/6',
    ]);
  });

  it('is at its bound after balancing', () => {
    // Degree d becomes 2d + 1: 1, 3, 7, 15.
    expect(inverse).toMatchObject({ bound: 4, boundMet: true, gain: null });
    expect(inverse.output).toEqual({ name: 'y', degree: 15, bound: 4 });
    expect(rowsOf(inverse.optimized)).toEqual([
      'a * y @1-1 1/1 → 1/1',
      'y * (2 - a * y) @1-3 3/3 → 4/4',
    ]);
    expect(inverse.holds.map(({ optimal }) => optimal)).toEqual([true, true]);
    expect(inverse.holds[0]?.reason).toMatch(
      /^multiplies two values that are available from the start;/,
    );
    expect(inverse.holds[1]?.reason).toMatch(
      /^multiplies two values that both arrive late \(depth 3/,
    );
  });
});

describe('variance', () => {
  const text = readFileSync(join(circuits, 'vectors/variance.circ'), 'utf8');

  it('takes levels for the mean, a mask, the square and the mean again in source form', () => {
    const { source, holds } = explained(text, 0);
    expect(rowsOf(source)).toEqual([
      'sum(x) / n 0/1 → 0/1',
      'x - mean 0/1 → 0/2',
      'dot(deviation, deviation) 1/1 → 1/3',
      'dot(deviation, deviation) / n 0/1 → 1/4',
    ]);
    expect(holds.map(({ kind }) => kind)).toEqual(['constant', 'mask', 'square', 'constant']);
    expect(holds.map(({ optimal }) => optimal)).toEqual([false, false, false, false]);
    expect(holds[0]?.reason).toMatch(/constant 0.125, .* the source form has no scaled uploads/);
    expect(holds[1]?.reason).toMatch(/^a mask/);
    // A square at depth 1 is at its bound in depth, but not in levels: two were taken before.
    expect(holds[2]?.reason).toMatch(
      /degree 2 needs depth 1, which is met; it takes 2 more levels/,
    );
  });

  it('leaves the constants to the client, and the mask to the packing', () => {
    const { optimized, holds } = explained(text);
    expect(optimized).toMatchObject({ depth: 1, levels: 1 });
    expect(holds.map(({ kind, optimal }) => [kind, optimal])).toEqual([['square', true]]);
  });
});

describe('factors that take a level', () => {
  const kinds = (text: string) =>
    explain(
      compile(
        { file: 'test.circ', text: `input x: cipher; input p: plain; ${text}` },
        { optimizationLevel: 2, aim: { objective: 'depth' } },
      ),
    ).holds.map(({ kind, reason }) => [kind, reason]);

  const products = 'input z: cipher; let s = x*z; let t = z*(x + p); output a = s; output b = t;';

  it.each([
    ['output r = p*x;', 'plain', /known only at run time/],
    ['output r = 1e-9*x;', 'constant', /too small or too large for a scaled upload/],
    // Both products are outputs themselves, so one of them must be multiplied by the factor.
    [`${products} output r = 5000*s + t;`, 'constant', /an integer above 1024 is not free/],
    [`${products} output r = 0.3*s + t;`, 'constant', /the client cannot upload the product/],
  ])('%s', (text, kind, reason) => {
    const found = kinds(text).find(([k]) => k === kind);
    expect(found?.[1]).toMatch(reason);
  });

  it('count in source form even if no output needs them', () => {
    const { source, optimized, output } = explained(
      'input x: cipher; let d = x^3; output r = x*x;',
      0,
    );
    expect([source.output, output]).toEqual([null, null]);
    expect(rowsOf(optimized)).toEqual(['x^3 2/2 → 2/2']);
    expect(
      renderExplanation(explained('input x: cipher; let d = x^3; output r = x*x;', 0), false),
    ).toContain('source form, to a value that no output needs');
  });

  it('are none if nothing takes a level', () => {
    const { optimized, output, ...rest } = explained('input x: cipher; output r = x + 3*x;');
    expect(optimized).toMatchObject({ output: 'r', path: [] });
    expect(output).toEqual({ name: 'r', degree: 1, bound: 0 });
    expect(rest).toMatchObject({ holds: [], gain: null });
  });
});

describe('passes', () => {
  const compilation = compiled('input x: cipher; output y = x^4;');
  const last = defined(compilation.passes.at(-1));

  it('that stopped say why', () => {
    const passes = [...compilation.passes, { ...last, name: 'search', stopped: 'out of patience' }];
    const text = renderExplanation(explain({ ...compilation, passes }), false);
    expect(text).toContain("'search' stopped early: out of patience");
  });

  it('are those of the passes option', () => {
    const source = { file: 'test.circ', text: 'input x: cipher; output y = x^4;' };
    const passes = PASSES.filter(({ name }) => name === 'powers');
    const explanation = explain(compile(source, { optimizationLevel: 2, passes }));
    expect(explanation.passes.map(({ name }) => name)).toEqual(['powers']);
  });
});

describe('the text', () => {
  eachSampled(
    exampleCircuits().map(([file]) => [file] as const),
    8,
  )('of %s fits 80 columns', (file) => {
    const text = renderExplanation(explainedExample(file), false);
    for (const line of text.split('\n')) expect(line.length, line).toBeLessThanOrEqual(80);
    expect(text).not.toContain('\x1b');
  });

  it('shows the ends of a long path, and cuts long expressions', () => {
    const lines = Array.from(
      { length: 40 },
      (_, i) => `let s${i + 1} = (s${i} + ${'x + '.repeat(30)}1)*x;`,
    );
    const text = renderExplanation(
      explained(`input x: cipher;\nlet s0 = x;\n${lines.join('\n')}\noutput s40;\n`),
      false,
    );
    expect(text).toContain('… 24 more');
    for (const line of text.split('\n')) expect(line.length, line).toBeLessThanOrEqual(80);
  });

  it('has colors if requested', () => {
    expect(renderExplanation(explained('input x: cipher; output y = x*x;'), true)).toContain(
      '\x1b[',
    );
  });
});

/** Every level of the path is in exactly one row, consecutive or alternating. */
test('paths of random programs have as many steps as the form has levels', SAMPLED, () => {
  fc.assert(
    fc.property(randomProgram(), fc.constantFrom(0, 2, 3), ({ text }, level) => {
      const { source, optimized, holds, gain } = explained(text, level as OptimizationLevel);
      for (const { levels, depth, path } of [source, optimized]) {
        expect(path.reduce((sum, row) => sum + row.levels, 0)).toBe(levels);
        expect(path.reduce((most, row) => Math.max(most, row.after.level), 0)).toBe(levels);
        for (const row of path) {
          expect(row.after.depth).toBeLessThanOrEqual(Math.min(depth, row.after.level));
        }
      }
      optimized.path.forEach(({ after }, i) => {
        const { bound, optimal } = holds[i] ?? {};
        if (typeof bound === 'number') expect(bound).toBeLessThanOrEqual(after.depth);
        if (optimal) expect(bound).toBe(after.level);
      });
      expect(gain === null).toBe(holds.every(({ optimal }) => optimal !== false));
    }),
    seeded(cases(60)),
  );
});
