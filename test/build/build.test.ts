import { describe, expect, it } from 'vitest';
import { cutPoints, cutProgram } from '../../src/build/cut-program.ts';
import { check } from '../../src/check/check-program.ts';
import { circuitFacts } from '../../src/ir/circuit-facts.ts';
import { printCircuit } from '../../src/ir/print-circuit.ts';
import { defined } from '../../src/lookup.ts';
import { balance } from '../../src/passes/balance.ts';
import { merge } from '../../src/passes/merge.ts';
import { release } from '../../src/passes/release.ts';
import { runPasses } from '../../src/passes/run-passes.ts';
import { compareCircuits } from '../../src/verify/equivalence.ts';
import { build, quietContext } from '../support/circuits.ts';

const XYZ = 'input x: cipher; input y: cipher; input z: cipher;\n';

/** Returns the circuit as text, without its inputs. */
const printed = (text: string) =>
  printCircuit(build(text))
    .split('\n')
    .filter((line) => !line.startsWith('input'))
    .join('\n');

describe('unroll', () => {
  it('writes out the iterations, with a constant index in each', () => {
    expect(printed(`${XYZ}var s = x; for i in 1..3 { s = s*y + i; } output s;`)).toBe(
      ['%0 = x * y', '%1 = %0 + 1', '%2 = %1 * y', '%3 = %2 + 2', 'output s = %3', ''].join('\n'),
    );
  });

  it('expands a loop in a function in a loop, with the right values of names', () => {
    const text = `${XYZ}const c = 2;
      fn f(a, n) { var r = a; for j in 0..n { r = r*c + y; } return r; }
      var s = x; for i in 1..3 { s = f(s, i); } output s;`;
    // 1 + 2 inner iterations, each one scaling and one addition.
    expect(printed(text)).toBe(
      [
        '%0 = x * 2',
        '%1 = %0 + y',
        '%2 = %1 * 2',
        '%3 = %2 + y',
        '%4 = %3 * 2',
        '%5 = %4 + y',
        'output s = %5',
        '',
      ].join('\n'),
    );
  });

  it('does not merge expressions that the author wrote twice', () => {
    expect(circuitFacts(build(`${XYZ}output r = (x*x)*(x*x);`)).muls).toBe(3);
  });
});

describe('blocks of iterations', () => {
  const text = `${XYZ}var s = x; for i in 0..4 { s = s*y; } output r = s*z;`;

  it('are separated by barriers', () => {
    const blocks = build(text, 2);
    expect(printCircuit(blocks)).toContain('%2 = barrier %1');
    expect(printCircuit(blocks).match(/barrier/g)).toHaveLength(1);
  });

  it('are restructured separately, and the barriers removed', () => {
    const { circuit } = runPasses(build(text, 2), [merge, balance, release], quietContext());
    // The first block is x*(y*y), of depth 2. The second multiplies it by (y*y)*z, of depth 2, too.
    expect(circuitFacts(circuit)).toMatchObject({ depth: 3, muls: 4 });
    expect(printCircuit(circuit)).not.toContain('barrier');
    expect(compareCircuits(build(text), circuit, { points: 1, seed: text }).equal).toBe(true);
  });

  it('need no barrier in a loop that is not longer than a block', () => {
    const blocks = build(text, 4);
    expect(printCircuit(blocks)).not.toContain('barrier');
  });

  it('start at a cut of the program, even before iteration 0', () => {
    const checked = check({
      file: 'cut.circ',
      text: `${XYZ}var s = x; for i in -3..4 { s = s*y; } output s;`,
    });
    const at = cutPoints(checked).findIndex(({ iteration }) => iteration?.next === 0);
    const [before, after] = cutProgram(checked, [at], 2).map(({ circuit }) => circuit);
    // Iterations -3, -2 | -1, then 0, 1 | 2, 3.
    expect(printCircuit(defined(before))).toContain('%2 = barrier %1\n%3 = %2 * y');
    expect(printCircuit(defined(after))).toContain(
      '%4 = barrier %3\n%5 = %4 * y\n%6 = %5 * y\noutput',
    );
    for (const circuit of [defined(before), defined(after)])
      expect(printCircuit(circuit).match(/barrier/g)).toHaveLength(1);
  });

  it('are in outermost loops only', () => {
    const nested = `${XYZ}var s = x; for i in 0..2 { for j in 0..3 { s = s*y; } } output s;`;
    const blocks = build(nested, 1);
    expect(printCircuit(blocks).match(/barrier/g)).toHaveLength(1);
  });
});
