import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { outputArrival } from '../../src/ir/arrival.ts';
import { circuitFacts } from '../../src/ir/circuit-facts.ts';
import { depthBound } from '../../src/ir/degree.ts';
import { printCircuit } from '../../src/ir/print-circuit.ts';
import { defined } from '../../src/lookup.ts';
import { balance } from '../../src/passes/balance.ts';
import { collect } from '../../src/passes/collect.ts';
import { constants } from '../../src/passes/constants.ts';
import { duplicate } from '../../src/passes/duplicate.ts';
import { enlarge } from '../../src/passes/enlarge.ts';
import { factor } from '../../src/passes/factor.ts';
import { fold } from '../../src/passes/fold.ts';
import { gram } from '../../src/passes/gram.ts';
import { linear } from '../../src/passes/linear.ts';
import { merge } from '../../src/passes/merge.ts';
import { monic } from '../../src/passes/monic.ts';
import { PASSES } from '../../src/passes/pass-list.ts';
import { pipeline } from '../../src/passes/pipeline.ts';
import { polynomials } from '../../src/passes/polynomials.ts';
import { postpone } from '../../src/passes/postpone.ts';
import { powers } from '../../src/passes/powers.ts';
import { runPass, runPasses } from '../../src/passes/run-passes.ts';
import { scan } from '../../src/passes/scan.ts';
import { unify } from '../../src/passes/unify.ts';
import { randomNumbers } from '../../src/schemes/ckks/samples.ts';
import { compareCircuits } from '../../src/verify/equivalence.ts';
import { build, optimize, passesUpTo, quietContext } from '../support/circuits.ts';
import { randomProgram, seeded } from '../support/programs.ts';
import { cases, SAMPLED } from '../support/sampling.ts';

const XYZ = 'input x: cipher; input y: cipher; input z: cipher;\n';

function printed(
  text: string,
  ...passes: Parameters<typeof optimize> extends [string, ...infer P] ? P : never
) {
  return printCircuit(optimize(text, ...passes))
    .split('\n')
    .filter((line) => !line.startsWith('input'))
    .join('\n');
}

describe('merge', () => {
  it('keeps x - y and y - x apart', () => {
    expect(printed(`${XYZ}output r = (x - y)*(y - x);`, merge)).toContain('%1 = y - x');
  });
});

describe('fold', () => {
  const folded = (expr: string) => printed(`${XYZ}output r = ${expr};`, fold);

  it.each([
    ['x + 0', 'output r = x\n'],
    ['0 + x', 'output r = x\n'],
    ['x*1', 'output r = x\n'],
    ['(0.1*10)*x', 'output r = x\n'],
    ['(0.1 + 0.2 - 0.3)*x + y', 'output r = y\n'],
    ['x - x + x*0', 'output r = 0\n'],
    ['--x', 'output r = x\n'],
    ['x + (-y)', '%0 = x - y\noutput r = %0\n'],
    ['-(x - y)', '%0 = y - x\noutput r = %0\n'],
    ['(-x)*(-y)', '%0 = x * y\noutput r = %0\n'],
    ['2*(3*x)', '%0 = 6 * x\noutput r = %0\n'],
    ['0.5*(-x)', '%0 = -0.5 * x\noutput r = %0\n'],
    ['x + 1 + 2', '%0 = x + 3\noutput r = %0\n'],
    ['x + 1 - y + 2', '%0 = x - y\n%1 = %0 + 3\noutput r = %1\n'],
    ['x - (y + 1) + (z + 2)', '%0 = x - y\n%1 = %0 + z\n%2 = %1 + 1\noutput r = %2\n'],
    ['1 - (2 - x)', '%0 = x + -1\noutput r = %0\n'],
    ['(x^2)^3', '%0 = x^6\noutput r = %0\n'],
    ['(-x)^3', '%0 = x^3\n%1 = -%0\noutput r = %1\n'],
    ['[x, y][1]', 'output r = y\n'],
    ['rotate(rotate([x, y, z], 1), 2)', '%0 = stack x, y, z : [3]\noutput r = %0\n'],
    ['x/4', '%0 = x * 0.25\noutput r = %0\n'],
  ])('%s', (expr, expected) => {
    expect(folded(expr)).toBe(expected);
  });

  // A constant that is diagonal, or equal along an axis, has one axis fewer.
  it.each([
    ['A @ (0.5*eye(2))', '%0 = 0.5 * A : [2, 2]\n'],
    ['A @ (0.5*ones(2))', '%0 = 0.5 * A : [2, 2]\n%1 = sum %0 over 1 : [2]\n'],
    ['A @ [[0.5, 0], [0, 0.25]]', '%0 = (0.5, 0.25)[j] * A[i,j] : [2, 2]\n'],
    ['[[0.5, 0], [0, 0.25]] @ A', '%0 = (0.5, 0.25)[i] * A[i,j] : [2, 2]\n'],
    ['[[0.5, 0.5], [0.25, 0.25]] @ v', '%0 = sum v\n%1 = (0.5, 0.25) * %0 : [2]\n'],
    ['sum([[1, 2], [1, 2]]*A)', '%0 = (1, 2)[j] * A[i,j] : [2, 2]\n%1 = sum %0 over 0, 1\n'],
  ])('%s takes no product of matrices', (expr, expected) => {
    const text = `input A: cipher[2, 2]; input v: cipher[2]; output r = ${expr};`;
    const circuit = optimize(text, fold);
    expect(printCircuit(circuit)).toContain(expected);
    expect(compareCircuits(build(text), circuit, { points: 2, seed: text }).equal).toBe(true);
  });

  it('removes a double transpose, and keeps a transpose of a scaled matrix', () => {
    const text = 'input A: cipher[2, 2]; output r = A.T.T; output s = 2*(0.5*A).T;';
    expect(printed(text, fold)).toContain('output r = A\n');
    const equal = compareCircuits(build(text), optimize(text, merge, balance, fold), {
      points: 1,
      seed: text,
    });
    expect(equal.equal).toBe(true);
  });

  it('moves a sign into the constant of a linear map, so that an upload stays one', () => {
    const text = 'input v: cipher[2]; const k = [0.5, 2]; const K = [[1, 2], [3, 0.5]];';
    const circuit = build(`${text} output a = dot(K @ (-1*v), k);`);
    const folded = runPass(fold, circuit, quietContext()).circuit;
    expect(costOf(folded).level).toBe(costOf(circuit).level);
    expect(printCircuit(folded)).not.toContain('-v');
  });

  it('does not fold expressions that only look alike', () => {
    expect(folded('x - y')).toBe('%0 = x - y\noutput r = %0\n');
    expect(folded('0.3*x - 0.1*x')).toContain('%2 = %0 - %1');
  });

  it('reports ciphertexts that vanish, with their location', () => {
    const warnings: { code: string; span: { start: number } }[] = [];
    const text = `${XYZ}output r = x - x + y*0;`;
    runPasses(build(text), [fold], quietContext(warnings as never));
    expect(warnings.map((w) => [w.code, text.slice(w.span.start, w.span.start + 3)])).toEqual([
      ['vanishes', 'x -'],
      ['vanishes', 'y*0'],
    ]);
  });

  it('reports nothing where only the first iteration vanishes', () => {
    const warnings: unknown[] = [];
    const context = quietContext(warnings as never);
    const text = `${XYZ}var s = 0; for i in 0..3 { s = s*x + y; } output r = s;`;
    runPasses(build(text), [fold], context);
    expect(warnings).toEqual([]);
    // Here every iteration does.
    const all = `${XYZ}var s = z; for i in 0..3 { s = s + 0*x; } output r = s;`;
    runPasses(build(all), [fold], context);
    expect(warnings).toHaveLength(3);
  });
});

describe('powers', () => {
  it('does not change products', () => {
    expect(printed(`${XYZ}output r = x*x*x*x;`, powers)).toContain('%2 = %1 * x');
  });
});

describe('balance', () => {
  it('multiplies by arrival, not by count', () => {
    // s is at depth 3; x, y and z are multiplied first and join it at once.
    const text = `${XYZ}let s = (x*x + 1)^2*x + 2; output r = s*x*y*z; output t = s;`;
    const circuit = optimize(text, merge, powers, balance);
    expect(circuitFacts(circuit).depth).toBe(4);
  });

  it('does not change a product that is as shallow as possible', () => {
    const text = `${XYZ}output r = x*y + z;`;
    expect(printed(text, merge, balance)).toBe(printed(text, merge));
    const square = optimize(`${XYZ}output r = (x*y)*(y*z);`, balance);
    expect(circuitFacts(square)).toMatchObject({ depth: 2, muls: 3 });
  });

  it.each([
    // 0.5·0.5 + 0.25·0.125 = 0.28125; the client repeats x and scales it, which takes no level.
    ['P @ (P @ x)', '%0 = (0.28125, 0.25, 0.125, 0.28125)[i,j] * x[j] : [2, 2]\n', 0],
    ['p*(q*(p*x))', '%0 = p * p\n%1 = %0 * q\n%2 = %1 * x : [2]\n', 1],
  ])('multiplies the clear factors of %s in clear', (expr, expected, level) => {
    const text = `const P = [[0.5, 0.25], [0.125, 0.5]];
      input p: plain; input q: plain; input x: cipher[2]; output r = ${expr};`;
    const circuit = optimize(text, balance);
    expect(printCircuit(circuit)).toContain(expected);
    expect(outputArrival(circuit, { scaledUploads: true }).level).toBe(level);
    expect(compareCircuits(build(text), circuit, { points: 2, seed: text }).equal).toBe(true);
  });

  it('computes no shared product twice if nothing is gained', () => {
    const text = `${XYZ}let p = x*y; output r = p*z; output s = p;`;
    expect(circuitFacts(optimize(text, merge, balance)).muls).toBe(2);
  });
});

describe('balance of sums', () => {
  it('adds negative terms by their arrival, and negates their sum', () => {
    const text = `${XYZ}output r = -(x*y*z) - x - y*z;`;
    const [source, circuit] = [build(text), optimize(text, balance)];
    expect(printCircuit(circuit)).toContain('%5 = -%4\noutput r = %5');
    expect(compareCircuits(source, circuit, { points: 2, seed: text }).equal).toBe(true);
  });
});

describe('pipeline', () => {
  it('opens a shared product if that makes the circuit shallower', () => {
    // p = x*y*z is an output at depth 2; p*x as (x*x)*(y*z) is at depth 2 too, not 3.
    const text = `${XYZ}let p = x*y*z; output r = p*x; output s = p;`;
    expect(circuitFacts(optimize(text, merge, balance, pipeline)).depth).toBe(2);
  });

  it('multiplies the factors of the next iteration ahead', () => {
    // y2 = y1*(2 - z1) with z1 = a*y1 = z0*(2 - z0): 1 level an iteration instead of 2.
    const text = `input a: cipher; input y: cipher; var s = y; for i in 0..3 { s = s*(2 - a*s); } output s;`;
    expect(circuitFacts(optimize(text, merge, fold, balance)).depth).toBe(6);
    expect(circuitFacts(optimize(text, merge, fold, balance, pipeline))).toMatchObject({
      depth: 4,
      muls: 6,
    });
  });

  it('opens nothing if the outputs do not arrive earlier', () => {
    const text = `${XYZ}let p = x*y*z; output r = p*x; output s = p; output t = x^8;`;
    const before = optimize(text, merge, powers, balance);
    expect(printCircuit(runPasses(before, [pipeline], quietContext()).circuit)).toBe(
      printCircuit(before),
    );
  });
});

describe('constants', () => {
  it('does not move tiny and huge constants, which would lose precision', () => {
    for (const c of ['1e-9', '1e9']) {
      expect(printed(`${XYZ}output r = ${c}*(x*y);`, fold, constants)).toContain('%0 = x * y');
    }
  });

  it('does not move a constant if a shared product would be computed twice', () => {
    const text = `${XYZ}let p = x*y; output r = 0.5*p; output s = p;`;
    expect(printed(text, fold, constants)).toBe(
      '%0 = x * y\n%1 = 0.5 * %0\noutput r = %1\noutput s = %0\n',
    );
  });
});

describe('linear', () => {
  it('turns scaled sums into one sum, with the factors in uploads', () => {
    const text = `input A: cipher[4, 2]; input B: cipher[4, 2]; input x: cipher[4]; input c: cipher[2];
      let v = 1.5*(A.T @ (x*x)) + c; let w = v + B.T @ (x*x); output r = 1.25*w - 0.5*v;`;
    // 0.75*v + 1.25*(B.T @ (x*x)), and 0.75*1.5 of A.T @ (x*x) in v.
    const circuit = optimize(text, merge, linear, fold);
    const lines = printCircuit(circuit).split('\n');
    for (const scaled of ['1.125 * %0', '1.25 * %2', '0.75 * c'])
      expect(lines.filter((line) => line.includes(scaled))).toHaveLength(1);
    expect(outputArrival(circuit, quietContext()).level).toBe(2);
    expect(outputArrival(optimize(text, merge, fold), quietContext()).level).toBe(4);
  });

  it('does not change a sum whose terms have other users', () => {
    const text = `${XYZ}let p = x*y; let q = y*z; output r = 0.5*(0.5*p + q); output s = p*q;`;
    // 0.25*p + 0.5*q: two products by constants, as before.
    expect(printed(text, merge, linear)).toBe(printed(text, merge));
  });

  it('scales one factor of a square', () => {
    const text = `${XYZ}let v = 1.5*(x*x) + y*y; output r = 0.5*v + 0.25*(x*y);`;
    const circuit = optimize(text, merge, linear, fold);
    expect(printCircuit(circuit)).toContain('0.75 * x');
    expect(compareCircuits(build(text), circuit, { points: 2, seed: 'square' }).equal).toBe(true);
  });

  it('uploads no matrix a second time', () => {
    const text = (also: string) =>
      `input A: cipher[4, 4]; input x: cipher[4]; output r = 0.3*(A @ (x*x) + x); ${also}`;
    expect(printed(text(''), merge, linear)).toContain('0.3 * A');
    expect(printed(text('output s = A @ x;'), merge, linear)).not.toContain('0.3 * A');
  });
});

describe('postpone', () => {
  it('repeats a scalar in place of a constant vector', () => {
    const text = 'input x: cipher[8]; let d = x - sum(x)/8; output v = dot(d, d)/8;';
    const circuit = optimize(text, merge, fold, postpone);
    expect(outputArrival(circuit, quietContext())).toEqual({ level: 1, depth: 1 });
    expect(outputArrival(optimize(text, merge, fold), quietContext()).level).toBe(3);
  });

  it('leaves factors in uploads where the values would be too large without them', () => {
    // (100*x - sum(x))^4 would be 100^4 times as large; the sum of x/100 is the mean itself.
    const text = `input x: cipher[100]; let d = x - sum(0.01*x);
      let s = d*d; output m2 = 0.01*sum(s); output m4 = 0.01*sum(s*s);`;
    const circuit = optimize(text, merge, fold, postpone);
    expect(compareCircuits(build(text), circuit, { points: 1, seed: text }).equal).toBe(true);
    expect(outputArrival(circuit, quietContext()).level).toBe(2);
    expect(circuit.outputs.map(({ factor }) => factor.value)).toEqual([0.01, 0.01]);
  });

  it('postpones no factor further from 1 than 2^20, and no 0', () => {
    const text = `${XYZ}output r = 1e-4*(1e-4*(1e-4*(x*y))); output s = 0*(x*y) + z;`;
    const { outputs } = optimize(text, postpone);
    // 1e-4 twice is 2^-26.6: one of three is multiplied.
    expect(outputs.map(({ factor }) => factor.value)).toEqual([1e-4, 1]);
  });
});

describe('enlarge', () => {
  it('divides the terms of a sum by the smallest of their factors', () => {
    const text = 'input x: cipher; input y: cipher; output r = 0.25*(x*y) + 0.5*x;';
    expect(printed(text, merge, constants, enlarge)).toBe(
      '%0 = x * y\n%1 = 2 * x\n%2 = %0 + %1\noutput r = %2 times 0.25\n',
    );
  });

  it('delays no output', () => {
    // The square would have to be divided by 0.3 after its product.
    const text = 'input x: cipher; let s = (x + 1)*(x + 1); output r = s*s + 0.3*x;';
    const circuit = optimize(text, merge, enlarge);
    expect(circuit.outputs.map(({ factor }) => factor.value)).toEqual([1]);
  });
});

describe('scan', () => {
  it('multiplies by the first node of a circuit like by any other', () => {
    // x is node 0. The affine maps are a·x² + b, ·x and + c, whose coefficients x and x² are
    // multiplied.
    const text = `input x: cipher; let q = x*x; let a = 0.5*q + 0.7*x + 0.9;
      output s = (a*q + 0.8*x + 0.6)*x + 0.3;`;
    const source = build(text);
    const scanned = optimize(text, merge, scan);
    expect(compareCircuits(source, scanned, { points: 1, seed: text }).equal).toBe(true);
  });

  it('does not change a chain whose factors are late themselves', () => {
    const text = `${XYZ}var s = x; for i in 0..4 { s = s*(s + y); } output s;`;
    expect(printed(text, merge, scan)).toBe(printed(text, merge));
  });

  it.each([2, 3, 5, 8, 13, 64, 100])('takes a recurrence of %i iterations to the bound', (n) => {
    const text = `input a: cipher[${n}]; input b: cipher[${n}]; input x: cipher; var s = x; for i in 0..${n} { s = a[i]*s + b[i]; } output s;`;
    const facts = circuitFacts(optimize(text, ...passesUpTo(3)));
    expect(facts.depth).toBe(Math.ceil(Math.log2(n + 1)));
    expect(facts.muls).toBeLessThanOrEqual(3 * n);
  });

  it.each(Array.from({ length: 40 }, (_, i) => i + 2))(
    "takes Horner's rule of degree %i to ⌈log2⌉",
    (d) => {
      const coefficients = Array.from({ length: d + 1 }, (_, i) => Math.sin(i + 1).toFixed(6));
      const constant = `const c = [${coefficients.join()}]; input x: cipher; var s = c[${d}]; for i in 1..${d + 1} { s = s*x + c[${d} - i]; } output s;`;
      const plain = `input c: plain[${d + 1}]; input x: cipher; var s = c[${d}]; for i in 1..${d + 1} { s = s*x + c[${d} - i]; } output s;`;
      for (const text of [constant, plain]) {
        expect(circuitFacts(optimize(text, ...passesUpTo(3))).depth).toBe(Math.ceil(Math.log2(d)));
      }
    },
  );

  it.each([8, 30, 64])('composes %i iterations of second order as matrices', (n) => {
    const text = `input a: cipher[${n}]; input b: cipher[${n}]; input x: cipher; input y: cipher;
      var last = x; var s = y;
      for i in 0..${n} { let next = a[i]*s + b[i]*last; last = s; s = next; } output s;`;
    const circuit = optimize(text, merge, scan);
    expect(circuitFacts(circuit).depth).toBe(Math.ceil(Math.log2(n + 1)));
    expect(compareCircuits(build(text), circuit, { points: 1, seed: text }).equal).toBe(true);
  });

  it('composes coupled recurrences, such as powers of complex numbers', () => {
    // A cut has 2 values: (a + bi)^16 as real and imaginary parts, depth 4.
    const text = `input a: cipher; input b: cipher; var re = a; var im = b;
      for i in 0..15 { let next = re*a - im*b; im = re*b + im*a; re = next; } output re; output im;`;
    expect(circuitFacts(optimize(text, merge, scan)).depth).toBe(4);
  });

  it('works inside functions and on vectors', () => {
    const text = `fn p(x) { var s = 0.3; for i in 0..16 { s = s*x + 0.1*i; } return s; }
      input v: cipher[4]; output t = p(v) + p(2*v);`;
    expect(circuitFacts(optimize(text, ...passesUpTo(3))).depth).toBe(4);
  });
});

describe('duplicate', () => {
  it('distributes over a late sum', () => {
    // x*(y + z*y*z) waits for the sum at level 2; distributed it is x*y + (x*y)*(z*z), with x*y
    // shared.
    const text = `${XYZ}output r = x*(y + z*y*z);`;
    expect(circuitFacts(optimize(text, merge, balance))).toMatchObject({ depth: 3, muls: 3 });
    expect(circuitFacts(optimize(text, merge, balance, duplicate))).toMatchObject({
      depth: 2,
      muls: 3,
    });
  });

  it('does not change a product whose sum is early', () => {
    const text = `${XYZ}output r = (x + y)*(y + z);`;
    expect(printed(text, merge, duplicate)).toBe(printed(text, merge));
  });

  it('multiplies an early factor into a late sum if the new terms are known', () => {
    // The logistic map: r*x' = (r*x)*(r - r*x), one level an iteration, and at most 2k + 1
    // multiplications.
    for (const k of [2, 4, 8]) {
      const text = `input r: cipher; input x: cipher; var s = x;
        for i in 0..${k} { s = r*s*(1 - s); } output s;`;
      expect(circuitFacts(optimize(text, merge, duplicate))).toMatchObject({
        depth: k + 1,
        muls: 2 * k + 1,
      });
    }
  });

  it('meets the goal of the context, and goes no further', () => {
    const text = `input r: cipher; input x: cipher; var s = x;
      for i in 0..4 { s = r*s*(1 - s); } output s;`;
    const { circuit } = runPasses(optimize(text, merge), [duplicate], {
      ...quietContext(),
      goal: 7,
    });
    expect(circuitFacts(circuit).depth).toBe(7);
  });

  it('widens critical paths only', () => {
    // The first output is no deeper than the second, whose depth nothing can lower.
    const text = `${XYZ}output r = x*(y + z*z); output s = x^4;`;
    const circuit = optimize(text, merge, powers, balance, duplicate);
    expect(circuitFacts(circuit)).toMatchObject({ depth: 2, muls: 4 });
  });

  const iterated = (k: number, body: string) =>
    `var s = 1; for i in 0..${k} { s = ${body}; } output s;`;
  const a = 'input a: cipher within [0.5, 1.5];\n';
  it.each([
    ...[1, 2, 3, 4, 5, 6, 7, 8].map((k) => [a + iterated(k, 's*(2 - a*s)'), 0] as const),
    ...[1, 2, 3, 4].map((k) => [a + iterated(k, 's + 0.5*s*(1 - a*s*s)'), 1] as const),
    ...[1, 2, 3, 4].map((k) => [a + iterated(k, '0.5*s*(3 - a*s*s)'), 0] as const),
    ...[1, 2, 3, 4, 5, 6, 7, 8].map(
      (k) =>
        [
          `${a}input x: cipher; var s = x; for i in 0..${k} { s = a*s*(1 - s); } output s;`,
          1,
        ] as const,
    ),
  ])('brings iterations to the bound: %s', (text, above) => {
    const source = build(text);
    const circuit = optimize(text, ...passesUpTo(3));
    expect(circuitFacts(circuit).depth).toBeLessThanOrEqual(depthBound(source) + above);
    expect(compareCircuits(source, circuit, { points: 1, seed: text }).equal).toBe(true);
  });
});

describe('polynomials', () => {
  it('reports how many coefficients it has collected, for the budget of the search', () => {
    // The partial products of (x + 1)…(x + 20) have 1 + 2 + … coefficients, each multiplied by two.
    const text = 'input x: cipher; var s = x; for i in 0..20 { s = s*(x + i + 1); } output s;';
    const { records } = runPasses(build(text), [polynomials], quietContext());
    const nodes = defined(records.at(-1)).before.nodes + defined(records.at(-1)).after.nodes;
    expect(defined(records.at(-1)).work - nodes).toBeGreaterThan(20 * 20);
  });

  it('gives up on a product of a thousand sums before memory does', () => {
    // 1 + 2 + … + 1000 coefficients, three times: products by x, by a number, and their sums.
    const text = 'input x: cipher; var s = x; for i in 0..1000 { s = s*(x + i); } output s;';
    const { records } = runPasses(build(text), [polynomials], quietContext());
    expect(records.at(-1)).toMatchObject({ stopped: 'limit on coefficients reached' });
  });
});

describe('polynomials that arrive late', () => {
  it('are computed a level earlier, even by more products', () => {
    // x^15 as (x³)²·(x³)²·x³ takes 5 products and 5 levels; x·x²·x⁴·x⁸ takes 6 and 4.
    const text = 'input x: cipher; let q = x*x*x; let r = q*q; output y = r*r*q + 1;';
    expect(costOf(build(text))).toEqual({ level: 5, muls: 5 });
    expect(costOf(optimize(text, polynomials))).toEqual({ level: 4, muls: 6 });
  });
});

describe('factor', () => {
  const XYZW = 'input x: cipher; input y: cipher; input z: cipher; input w: cipher;\n';

  it('expands products to find shared factors', () => {
    // x*(1 + x*w) + y*(1 + y*w) + z*(1 + z*w) = x + y + z + (x² + y² + z²)*w
    const text = `${XYZW}output r = x*(1 + x*w) + y*(1 + y*w) + z*(1 + z*w);`;
    expect(circuitFacts(optimize(text, merge))).toMatchObject({ depth: 2, muls: 6 });
    expect(circuitFacts(optimize(text, merge, factor))).toMatchObject({ depth: 2, muls: 4 });
  });

  it.each([
    ['x*z + y*z + w', 1],
    ['x*y + x*z + w*y + w*z', 1],
    ['x*y - x*z + w*z - w*y', 1],
    ['x*y*z + x*y*w - y*w*z', 3],
    // As x*z and (x + y)*z.
    ['x*z^2 + y*z + w', 2],
    ['x*y + x*z + y*z', 2],
    // A selection: z + x*(y - z).
    ['x*y + (1 - x)*z', 1],
    ['w*(x*y + (1 - x)*z) + (1 - w)*(x*z + (1 - x)*y)', 3],
  ])('takes the fewest multiplications for %s', (expr, muls) => {
    const source = build(`${XYZW}output r = ${expr};`);
    const circuit = runPass(factor, source, quietContext()).circuit;
    expect(circuitFacts(circuit).muls).toBe(muls);
    expect(costOf(circuit).level).toBeLessThanOrEqual(costOf(source).level);
    expect(compareCircuits(source, circuit, { points: 2, seed: expr }).equal).toBe(true);
  });

  it('distributes products over a shared sum that shows what is shared', () => {
    // Both selections use 1 - x: two products, not four.
    const text = `${XYZW}let n = 1 - x; output r = x*y + n*z; output s = x*z + n*w;`;
    expect(circuitFacts(optimize(text, merge, factor)).muls).toBe(2);
  });

  it('takes out the factors that all terms have, so that they can be multiplied on', () => {
    // y + 0.5*y*(1 - x*y*y) = y*(1.5 - 0.5*x*y²): as many multiplications, one product.
    const text = `${XYZW}let u = y*z; output r = u + 0.5*u*(1 - x*u*u); output s = u;`;
    const circuit = optimize(text, merge, factor, fold);
    expect(printCircuit(circuit)).toContain(
      '%1 = 0.5 * x\n%2 = %0 * %0\n%3 = %1 * %2\n%4 = 1.5 - %3\n%5 = %0 * %4',
    );
  });

  it.each([1, 2, 3, 4, 5, 6])(
    'takes %i iterations of logistic regression to 2 levels each and one',
    (k) => {
      const text = `input X: cipher[8] within [-1, 1]; input w0: cipher within [-1, 1];
      fn g(x) = 0.5 - 0.15012*x + 0.001593*x^3;
      var w = w0;
      for t in 0..${k} { var s = 0; for i in 0..8 { s = s + X[i]*g(X[i]*w); } w = w + 0.1*s; }
      output w;`;
      const source = build(text);
      const circuit = optimize(text, ...passesUpTo(3));
      expect(circuitFacts(circuit).depth).toBeLessThanOrEqual(2 * k + 1);
      expect(circuitFacts(circuit).muls).toBeLessThan(circuitFacts(source).muls);
      expect(compareCircuits(source, circuit, { points: 1, seed: text }).equal).toBe(true);
    },
  );
});

it('constants moves a mean into an upload', () => {
  const text = 'input v: cipher[10]; let d = v - sum(v)/10; output r = d*d;';
  expect(costOf(optimize(text, merge, fold)).level).toBe(2);
  expect(costOf(optimize(text, merge, fold, constants)).level).toBe(1);
});

describe('collect', () => {
  it('turns an iteration into a polynomial in its late value, with early coefficients', () => {
    // w + x*(y - (w*x)^3) = x*y + w - x^4*w^3: x^4 is early, so 2 levels after w, not 4.
    const step = (k: number) =>
      `${XYZ}var w = z; for t in 0..${k} { w = w + x*(y - (w*x)^3); } output w;`;
    for (const k of [1, 2, 4]) {
      const circuit = optimize(step(k), merge, fold, powers, collect);
      // The first iteration waits for x^4 as well.
      expect(circuitFacts(circuit).depth).toBe(2 * k + 1);
      const equal = compareCircuits(build(step(k)), circuit, { points: 1, seed: step(k) });
      expect(equal.equal).toBe(true);
    }
  });

  it('does not change a circuit if its outputs would not arrive earlier', () => {
    const text = `${XYZ}output r = x*y + y*z;`;
    expect(printed(text, merge, collect)).toBe(printed(text, merge));
  });
});

describe('monic', () => {
  const polynomial = (coefficients: string) =>
    printed(`input x: cipher; output y = poly(x, [${coefficients}]);`, monic);

  it('completes the square', () => {
    // x + 4x² + x³ = x((x + 2)² - 3).
    expect(polynomial('0, 1, 4, 1')).toContain('+ 2');
    expect(polynomial('0, 1, 4, 1')).toContain('+ -3');
  });

  it('does not change single powers, or polynomials with more terms', () => {
    for (const text of ['1, 0, 0, 7', '0, 1, 2, 3, 4, 5'])
      expect(polynomial(text)).toBe(printed(`input x: cipher; output y = poly(x, [${text}]);`));
  });
});

describe('gram', () => {
  const precompute = { ...quietContext(), precompute: true };
  const steps = (k: number) => `input Z: cipher[${k}, 4, 6]; input w0: cipher[6];
    var w = w0; for t in 0..${k} { w = w + 0.5*(Z[t].T @ (Z[t] @ w)^3); } output w;`;

  it("multiplies the client's matrices with each other before late vectors", () => {
    const before = optimize(steps(3));
    const after = runPass(gram, before, precompute).circuit;
    expect(compareCircuits(before, after, { points: 2, seed: 'gram' }).equal).toBe(true);
    // x₁ = Z₁·w₀ + (Z₁·Z₀ᵀ)·u₀, and x₂ has two such products: three products of matrices, 4×4.
    const matrices = after.nodes.filter(
      ({ op, shape }) => op.kind === 'mul' && shape.join() === '4,4',
    );
    expect(matrices).toHaveLength(3);
    // x³ takes 2 levels as a power, and its products with matrices 2 more: Z @ w would take a
    // fifth.
    const [a, b] = [before, after].map((c) => outputArrival(c, precompute).level);
    expect(b).toBeLessThan(a as number);
  });

  it('does nothing if the client does not multiply, or the product would be larger', () => {
    const circuit = optimize(steps(2));
    expect(runPass(gram, circuit, quietContext()).circuit).toBe(circuit);
    const wide = optimize(`input A: cipher[9, 2]; input B: cipher[9, 2]; input v: cipher[9];
      output y = A @ (B.T @ (v*v*v) + B.T @ (v^5));`);
    const shapes = runPass(gram, wide, precompute).circuit.nodes.map(({ shape }) => shape.join());
    expect(shapes).not.toContain('9,9');
  });
});

describe('unify', () => {
  it('computes the same polynomial once, however it is written', () => {
    // x*(1 + y) and x + y*x; (x*y)*z and x*(y*z).
    const text = `${XYZ}output a = x*(1 + y); output b = x + y*x; output c = (x*y)*z; output d = x*(y*z);`;
    expect(circuitFacts(optimize(text, merge)).muls).toBe(5);
    const circuit = optimize(text, merge, unify);
    expect(circuitFacts(circuit).muls).toBe(3);
    const [a, b, c, d] = circuit.outputs.map(({ node }) => node);
    expect([a, c]).toEqual([b, d]);
  });

  it('keeps the earliest', () => {
    const text = `${XYZ}output late = ((x*y)*z)*z; output early = (x*y)*(z*z);`;
    const circuit = optimize(text, merge, unify);
    expect(circuitFacts(circuit)).toMatchObject({ depth: 2, muls: 3 });
  });

  it('keeps values apart that are only nearly the same', () => {
    const text = `${XYZ}output a = x*y; output b = 1.000000000001*(x*y); output c = x*y + 1e-12;`;
    const { outputs } = optimize(text, merge, unify);
    expect(new Set(outputs.map(({ node }) => node)).size).toBe(3);
  });
});

/** The level at which outputs arrive, and the ciphertext multiplications. */
function costOf(circuit: ReturnType<typeof build>) {
  const { level } = outputArrival(circuit, quietContext());
  return { level, muls: circuitFacts(circuit).muls };
}

describe('a pass that would delay an output or multiply more', () => {
  const K = 'const K = [[1, 2], [3, 0.5]]; input w: cipher[2];';

  it.each([
    // (2x)^4 as 2x·(2x)^3 would arrive a level later.
    ['factor', [fold, merge], factor, 'output r = (x + x)^4 + y;', { level: 2, muls: 2 }],
    // The client uploads w times each row of K, so K·w costs no level, but x·K would.
    ['balance', [], balance, `${K} output r = (K @ w)*x;`, { level: 1, muls: 1 }],
    // A factor of 10^6 is not free, as two factors of 1000 are.
    [
      'linear',
      [],
      linear,
      'let l = x*y*x*y; output s = l; output r = 1000*(1000*l + 0.5*(x*x) + 0.25*(z*z));',
      { level: 3, muls: 5 },
    ],
    // Powers for y^5 are more than the product of y and y^4, which another output computes.
    [
      'polynomials',
      [],
      polynomials,
      'let q = y^4; output a = y*q - 3; output b = y*q - y*q;',
      { level: 4, muls: 4 },
    ],
  ] as const)('%s leaves the circuit as early and as small', (_, before, pass, text, expected) => {
    const source = optimize(`${XYZ}${text}`, ...before);
    const after = runPass(pass, source, quietContext()).circuit;
    expect(costOf(after)).toEqual(expected);
    expect(compareCircuits(source, after, { points: 2, seed: text }).equal).toBe(true);
  });

  it.each(PASSES.map((pass) => [pass.name, pass] as const))(
    '%s never delays the outputs of small programs',
    SAMPLED,
    (_, pass) => {
      const context = quietContext();
      for (const text of smallPrograms(cases(100, 25))) {
        for (const before of [[], [fold, merge], [fold, merge, powers]]) {
          const source = optimize(text, ...before);
          const after = runPass(pass, source, context).circuit;
          expect(costOf(after).level, text).toBeLessThanOrEqual(costOf(source).level);
        }
      }
    },
  );
});

/** Returns programs of a few sums and products of scalars, vectors, matrices and constants. */
function smallPrograms(count: number): readonly string[] {
  const next = randomNumbers(11);
  const of = (names: readonly string[]) => defined(names[Math.floor(next() * names.length)]);
  return Array.from({ length: count }, () => {
    const [scalars, vectors] = [
      ['x', 'y', 'z'],
      ['u', 'v'],
    ];
    const lines: string[] = [];
    for (let i = 0; i < 6; i++) {
      const [s, t, a, b] = [of(scalars), of(scalars), of(vectors), of(vectors)];
      const c = of(['0.5', '3', 'p', '-1', '1.5']);
      const isVector = next() < 0.5;
      const expression = isVector
        ? of([
            `${a}*${b}`,
            `${a} + ${b}`,
            `${a}*${s}`,
            `K @ ${a}`,
            `${a}*k`,
            `${c}*${a}`,
            `M @ ${a}`,
          ])
        : of([
            `${s}*${t}`,
            `${s} - ${t}`,
            `${s} + ${t}`,
            `${s}^3`,
            `${c}*${s}`,
            `sum(${a})`,
            `dot(${a}, k)`,
          ]);
      (isVector ? vectors : scalars).push(`t${i}`);
      lines.push(`let t${i} = ${expression};`);
    }
    return `${XYZ}input p: plain; input u: cipher[2]; input v: cipher[2]; input M: cipher[2, 2];
      const k = [0.5, 2]; const K = [[1, 2], [3, 0.5]]; ${lines.join(' ')}
      output a = ${scalars.at(-1)}; output b = ${vectors.at(-1)};`;
  });
}

describe('every pass', () => {
  it.each(PASSES.map((pass) => [pass.name, pass] as const))(
    '%s keeps the polynomials of random programs',
    (_, pass) => {
      fc.assert(
        fc.property(randomProgram(), ({ text }) => {
          const source = build(text);
          const result = compareCircuits(source, optimize(text, pass), {
            points: 1,
            seed: text,
          });
          expect(result.equal, text).toBe(true);
        }),
        seeded(60),
      );
    },
  );

  it('is deterministic', () => {
    fc.assert(
      fc.property(randomProgram(), ({ text }) => {
        expect(printCircuit(optimize(text, ...passesUpTo(2)))).toBe(
          printCircuit(optimize(text, ...passesUpTo(2))),
        );
      }),
      seeded(30),
    );
  });
});

describe('powers and products', () => {
  const sizes = Array.from({ length: 63 }, (_, i) => i + 2);

  it.each(sizes)('x^%i: least depth, binary method', (n) => {
    const popcount = n.toString(2).replaceAll('0', '').length;
    for (const expr of [`x^${n}`, new Array(n).fill('x').join('*')]) {
      const facts = circuitFacts(
        optimize(`input x: cipher; output y = ${expr};`, ...passesUpTo(2)),
      );
      expect(facts.depth).toBe(Math.ceil(Math.log2(n)));
      expect(facts.muls).toBeLessThanOrEqual(Math.floor(Math.log2(n)) + popcount - 1);
    }
  });

  it.each(sizes)('a product of %i inputs', (n) => {
    const text = `input x: cipher[${n}]; var p = x[0]; for i in 1..${n} { p = p*x[i]; } output p;`;
    expect(circuitFacts(optimize(text, ...passesUpTo(2)))).toMatchObject({
      depth: Math.ceil(Math.log2(n)),
      muls: n - 1,
    });
  });
});

describe('balance of random product trees', () => {
  type Tree = number | readonly [Tree, Tree];
  const tree = fc.letrec<{ tree: Tree }>((tie) => ({
    tree: fc.oneof(
      { maxDepth: 6 },
      fc.nat(5),
      fc.tuple(tie('tree'), tie('tree')) as fc.Arbitrary<Tree>,
    ),
  })).tree;

  const leaves = (t: Tree): number[] =>
    typeof t === 'number' ? [t] : [...leaves(t[0]), ...leaves(t[1])];

  it("meets Kraft's bound for factors at mixed depths", () => {
    fc.assert(
      fc.property(tree, (shape) => {
        // A leaf of depth d is ((v + 1)^2 + 1)^2 + … with its own v, so that no two leaves are
        // equal.
        let next = 0;
        const leaf = (depth: number) => {
          let text = `v[${next++}]`;
          for (let d = 0; d < depth; d++) text = `(${text} + 1)^2`;
          return depth === 0 ? text : `(${text} + 1)`;
        };
        const expr = (t: Tree): string =>
          typeof t === 'number' ? leaf(t) : `(${expr(t[0])})*(${expr(t[1])})`;
        const body = expr(shape);
        const circuit = optimize(`input v: cipher[${next}]; output y = ${body};`, ...passesUpTo(2));
        const kraft = Math.ceil(Math.log2(leaves(shape).reduce((sum, d) => sum + 2 ** d, 0)));
        const single = typeof shape === 'number';
        expect(circuitFacts(circuit).depth).toBe(single ? shape : kraft);
      }),
      seeded(150),
    );
  });
});
