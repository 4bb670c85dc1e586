import fc from 'fast-check';
import { describe, it } from 'vitest';
import { outputArrival } from '../../src/ir/arrival.ts';
import { circuitFacts } from '../../src/ir/circuit-facts.ts';
import { collect } from '../../src/passes/collect.ts';
import { constants } from '../../src/passes/constants.ts';
import { factor } from '../../src/passes/factor.ts';
import { fold } from '../../src/passes/fold.ts';
import { merge } from '../../src/passes/merge.ts';
import { runPasses } from '../../src/passes/run-passes.ts';
import { compareCircuits } from '../../src/verify/equivalence.ts';
import { build, quietContext } from '../support/circuits.ts';
import { expectNoComplaints } from '../support/complaints.ts';
import { seeded } from '../support/programs.ts';

/** Random sums whose terms have factors in common, and constants in front of repeated values. */

const value = fc.constantFrom('a', 'b', 'c', 'late', 'p');
const power = fc.tuple(value, fc.integer({ min: 1, max: 4 }));
const term = fc.tuple(
  fc.constantFrom('', '-', '2*', '0.3*'),
  fc.array(power, { minLength: 1, maxLength: 4 }),
);
const sum = fc.array(term, { minLength: 2, maxLength: 7 });

type Terms = typeof sum extends fc.Arbitrary<infer T> ? T : never;

function textOf(terms: Terms): string {
  return terms
    .map(([sign, powers]) => `(${sign}${powers.map(([v, k]) => `${v}^${k}`).join('*')})`)
    .join(' + ');
}

const INPUTS = `input a: cipher; input b: cipher; input c: cipher; input p: plain;
let late = (a + b*c)^2 - c;
`;

/** Returns what a pass does wrong with a circuit: another polynomial, later, or more products. */
function faultsOf(text: string, pass: typeof factor, mayMultiply: boolean): readonly string[] {
  const context = quietContext();
  const before = runPasses(build(text), [merge, fold], context).circuit;
  const after = runPasses(before, [pass], context).circuit;
  const faults: string[] = [];
  if (!compareCircuits(before, after, { points: 1, seed: text }).equal)
    faults.push(`${pass.name} changes ${text}`);
  if (outputArrival(after, context).level > outputArrival(before, context).level)
    faults.push(`${pass.name} delays ${text}`);
  if (!mayMultiply && circuitFacts(after).muls > circuitFacts(before).muls)
    faults.push(`${pass.name} multiplies more in ${text}`);
  return faults;
}

describe('random sums of products that share factors', () => {
  it.each([
    [factor, false],
    [collect, true],
  ] as const)('stay what they are, as early and as cheap: case %#', (pass, mayMultiply) => {
    fc.assert(
      fc.property(sum, sum, (first, second) => {
        const text = `${INPUTS}let s = ${textOf(first)};
output y = s; output z = s*(${textOf(second)}) + b*s;`;
        expectNoComplaints(faultsOf(text, pass, mayMultiply));
      }),
      seeded(80),
    );
  });
});

describe('random constants in front of repeated values', () => {
  const number = fc.constantFrom('0.3', '2', '-0.125', '3');
  const scalar = fc.constantFrom('a', 'a*b', 'sum(u*v)', 'c*sum(u)', '(a + b*c)');
  const vector = fc.constantFrom('u', 'u*v', 'u + v', 'a*u', 'ones(n)*a');
  const part = fc.tuple(number, number, scalar, vector);

  it('move without changing or delaying an output', () => {
    fc.assert(
      fc.property(fc.array(part, { minLength: 1, maxLength: 4 }), fc.nat(4), (parts, extra) => {
        const terms = parts.map(([c, d, s, v]) => `${c}*((${d}*(${s}))*(${v}))`);
        const text = `param n = ${extra + 2};
input a: cipher; input b: cipher; input c: cipher;
input u: cipher[n]; input v: cipher[n];
output y = ${terms.join(' + ')};
output z = sum(${terms.join(' - ')});`;
        expectNoComplaints(faultsOf(text, constants, true));
      }),
      seeded(60),
    );
  });
});
