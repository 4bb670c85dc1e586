import { describe, expect, it } from 'vitest';
import { compareCircuits } from '../../src/verify/equivalence.ts';
import { straight } from '../support/circuits.ts';

const XY = 'input x: cipher; input y: cipher;\n';
const compare = (a: string, b: string) =>
  compareCircuits(straight(a), straight(b), { points: 2, seed: 'test' });

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
  ])('refuses different interfaces: %s', (a, b, reason) => {
    const result = compare(a, b);
    expect(result.equal || result.reason).toMatch(reason);
  });

  it('passes over points where plain inputs divide by zero', () => {
    const text = 'input x: cipher; input p: plain; output r = x/(p*p - 1);';
    expect(compare(text, text).equal).toBe(true);
  });
});
