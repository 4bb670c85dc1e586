import { describe, expect, it } from 'vitest';
import { degreeLimit } from '../../src/verify/degree-limit.ts';
import { compareCircuits } from '../../src/verify/equivalence.ts';
import { build } from '../support/circuits.ts';

const XY = 'input x: cipher; input y: cipher;\n';
const compare = (a: string, b: string) =>
  compareCircuits(build(a), build(b), { points: 2, seed: 'test' });

describe('equivalence', () => {
  it('sees through rearrangement, with exact decimals', () => {
    const result = compare(
      `${XY}output r = 0.1*(x + y)^2*10;`,
      `${XY}output r = x*x + 2*x*y + y*y;`,
    );
    expect(result).toMatchObject({ equal: true, points: 2 });
    // Degree 2 at two points modulo two primes of 60 bits: (2^-59)^4.
    expect(result.equal && Math.log2(result.errorProbability)).toBeCloseTo(-236, 5);
  });

  it('finds a difference that floats do not show', () => {
    const result = compare(
      `${XY}output r = x + 0.1;`,
      `${XY}output r = x + 0.1000000000000000000000001;`,
    );
    expect(result.equal).toBe(false);
  });

  it('names the output, the element and small inputs', () => {
    const a = 'input v: cipher[3]; output r = v*v;';
    const b = 'input v: cipher[3]; output r = [v[0]^2, v[1]^2, v[2]^3];';
    const result = compare(a, b);
    expect(result).toMatchObject({ equal: false, counterexample: { output: 'r', element: 2 } });
  });

  it.each([
    [
      'input x: cipher; output r = x;',
      'input z: cipher; output r = z;',
      /only the first circuit has the input 'x'/,
    ],
    [
      'input x: cipher; output r = x;',
      'input x: cipher; output s = x;',
      /only the first circuit has the output 'r'/,
    ],
    [
      'input x: cipher[2]; output r = x;',
      'input x: cipher[3]; output r = x;',
      /input 'x' is \[2\] in the first/,
    ],
    [
      'input x: cipher; output r = x;',
      'input x: cipher; output r = [x];',
      /output 'r' is scalar in the first/,
    ],
    [
      'input x: cipher; output r = x;',
      'input x: cipher; input z: cipher; output r = x;',
      /only the second circuit has the input 'z'/,
    ],
    [
      'input x: cipher; output r = x;',
      'input x: cipher; output r = x; output s = x;',
      /only the second circuit has the output 's'/,
    ],
  ])('refuses different interfaces: %s', (a, b, reason) => {
    const result = compare(a, b);
    expect(result.equal || result.reason).toMatch(reason);
  });

  it('distinguishes coefficients that differ by 1e-12, where float64 shows it', () => {
    const result = compare(
      `${XY}output r = x*y + 0.25*x;`,
      `${XY}output r = x*y + 0.250000000001*x;`,
    );
    const [a, b] = (!result.equal && result.counterexample?.values) || [];
    expect(Math.abs((a as number) - (b as number))).toBeLessThan(1e-10);
    expect(a).not.toBe(b);
  });

  it('reports a difference that is smaller than float64 shows', () => {
    const result = compare(`${XY}output r = x + 0.1;`, `${XY}output r = x + 0.1 + 1e-25;`);
    const [a, b] = (!result.equal && result.counterexample?.values) || [];
    expect([typeof a, b]).toEqual(['number', a]);
  });

  it('finds larger integers or decimals where all small integers agree', () => {
    // (x - 10)(x - 9)…(x + 10) is 0 at every integer that is tried first.
    const zero = 'var z = 1; for i in 0..21 { z = z*(x - 10 + i); }';
    const result = compare(`${XY}${zero} output r = y + z;`, `${XY}output r = y;`);
    const counterexample = result.equal ? undefined : result.counterexample;
    const x = counterexample?.inputs.get('x')?.data[0] as number;
    expect(Number.isInteger(x) && Math.abs(x) <= 10).toBe(false);
    expect(counterexample?.values[1]).toBe(counterexample?.inputs.get('y')?.data[0]);
    expect(counterexample?.values[0]).not.toBe(counterexample?.values[1]);
  });

  it('prefers inputs at which deep circuits do not overflow', () => {
    const deep = (end: string) => `${XY} var s = x; for i in 0..5000 { s = s*y + x; } ${end}`;
    const result = compare(deep('output s;'), deep('output s = s + x;'));
    for (const value of (!result.equal && result.counterexample?.values) || [undefined]) {
      expect(value).toBeDefined();
    }
  });

  it('bounds the degree in plain inputs, too', () => {
    const result = compare(
      `${XY.replace('cipher', 'plain')}output r = x^8*y;`,
      'input x: plain; input y: cipher; output r = y*x^8;',
    );
    // Degree 9 at two points modulo two primes of 60 bits.
    expect(result.equal && Math.log2(result.errorProbability)).toBeCloseTo(
      4 * (Math.log2(9) - 60),
      5,
    );
  });

  it('compares quotients by plain inputs as rational functions', () => {
    const plain = 'input x: cipher; input p: plain; input q: plain[2];';
    expect(
      compare(`${plain} output r = x/p + x;`, `${plain} output r = x*(1 + p)/p;`),
    ).toMatchObject({
      equal: true,
    });
    expect(compare(`${plain} output r = x/p;`, `${plain} output r = x/q[0];`)).toMatchObject({
      equal: false,
    });
    expect(compare(`${plain} output r = x/(p - p);`, `${plain} output r = x;`)).toEqual({
      equal: false,
      reason: 'a divisor is 0 for all inputs',
    });
  });

  it('skips points where plain inputs divide by zero', () => {
    const text = 'input x: cipher; input p: plain; output r = x/(p*p - 1);';
    expect(compare(text, text).equal).toBe(true);
  });
});

describe('modulo t', () => {
  const modulo = (t: number, a: string, b: string) =>
    compareCircuits(build(a), build(b), { points: 2, seed: 'test', modulus: t });

  it('shows inputs at which the values differ modulo t, as integers', () => {
    const result = modulo(17, `${XY}output r = x*y;`, `${XY}output r = x*y + 3*x;`);
    const { values, inputs } = (!result.equal && result.counterexample) || {};
    const [x, y] = ['x', 'y'].map((name) => inputs?.get(name)?.data[0] as number);
    const residue = (n: number) => ((n % 17) + 17) % 17;
    expect([x, y].every(Number.isInteger)).toBe(true);
    expect(values).toEqual([
      residue((x as number) * (y as number)),
      residue((x as number) * (y as number) + 3 * (x as number)),
    ]);
    expect(values?.[0]).not.toBe(values?.[1]);
  });

  it('shows none where polynomials that differ are equal modulo t', () => {
    // x² = x modulo 2, and x³ = x modulo 3 (Fermat).
    for (const [t, power] of [
      [2, 'x*x'],
      [3, 'x^3'],
    ] as const)
      expect(modulo(t, `${XY}output r = ${power};`, `${XY}output r = x;`)).toEqual({
        equal: false,
        reason:
          "output 'r' differs over the integers, but not at any point that was tried modulo t",
      });
  });
});

describe('limits of degrees', () => {
  const limit = (body: string) =>
    degreeLimit(build(`input x: cipher; input p: plain; input q: plain[3]; ${body}`));

  it.each([
    ['output r = 7;', { degree: 0, raised: 1, cleared: 0 }],
    ['output r = (x + p)^3*x + p;', { degree: 4, raised: 1, cleared: 0 }],
    // x·y₁ with y₁ = 1/p²: one divisor of degree 2.
    ['output r = x/(p*p);', { degree: 2, raised: 1, cleared: 2 }],
    // Three divisors of degree 1.
    ['output r = x/q;', { degree: 2, raised: 1, cleared: 3 }],
    // p + y₁, y₁ = 1/p, is (p² + 1)/p: numerator up to 1·(1 + 1), denominator up to 1·1.
    ['output r = 1/(p + 1/p);', { degree: 1, raised: 1, cleared: 3 }],
  ])('%s', (body, expected) => {
    expect(limit(body)).toEqual(expected);
  });

  it('are infinite rather than wrong beyond the range of float64', () => {
    expect(limit('var s = x; for i in 0..2000 { s = s*s; } output r = s;').degree).toBe(
      Number.POSITIVE_INFINITY,
    );
    const text = 'input x: cipher; var s = x; for i in 0..70 { s = s*s; } output r = s;';
    expect(compare(text, text)).toMatchObject({ equal: true, errorProbability: 1 });
  });
});
