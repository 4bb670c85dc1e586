import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  earliestLevel,
  leastDepth,
  type PolynomialShape,
  shareSchemes,
} from '../../src/algebra/paterson-stockmeyer.ts';
import { outputArrival } from '../../src/ir/arrival.ts';
import { circuitFacts } from '../../src/ir/circuit-facts.ts';
import { printCircuit } from '../../src/ir/print-circuit.ts';
import { fold } from '../../src/passes/fold.ts';
import { merge } from '../../src/passes/merge.ts';
import type { PassContext } from '../../src/passes/pass-context.ts';
import { polynomials } from '../../src/passes/polynomials.ts';
import { powers } from '../../src/passes/powers.ts';
import { runPasses } from '../../src/passes/run-passes.ts';
import { compareCircuits } from '../../src/verify/equivalence.ts';
import { build, optimize, quietContext } from '../support/circuits.ts';
import { randomProgram, seeded } from '../support/programs.ts';

const X = 'input x: cipher within [-1, 1];\n';

/**
 * Returns a shape with all coefficients present. Scaling a power takes a level; scaling the
 * argument takes none if it is uploaded.
 */
function dense(degree: number, uploaded: boolean): PolynomialShape {
  return {
    basis: 'power',
    present: new Array(degree + 1).fill(true),
    scaling: (_, power) => Number(power > 1 || !uploaded),
    spread: () => Number.POSITIVE_INFINITY,
  };
}

/**
 * Returns the multiplications for all coefficients: the powers up to 2^k − 1, the larger powers of
 * two, and one split for each further part of 2^k coefficients. For k = 2, 2, 3, 3, 4 and 4 that is
 * 4, 7, 11, 16, 24 and 33 for 2^n − 1, n = 3, …, 8: the fewest known.
 */
function mostDense(degree: number): number {
  const n = Math.ceil(Math.log2(degree + 1));
  const counts = Array.from({ length: n }, (_, i) => {
    const k = i + 1;
    return 2 ** k - 2 + (n - k) + Math.ceil((degree + 1) / 2 ** k) - 1;
  });
  return Math.min(...counts);
}

/** The same for odd polynomials, which take half of the powers, and x², x⁴, …. */
function mostOdd(degree: number): number {
  const n = Math.ceil(Math.log2(degree + 1));
  const counts = Array.from({ length: n }, (_, i) => {
    const k = i + 1;
    return 2 ** (k - 1) - 1 + (n - 1) + Math.ceil((degree + 1) / 2 ** k) - 1;
  });
  return Math.min(...counts);
}

function mulsOf(shape: PolynomialShape, slack = 0): number | undefined {
  const level = earliestLevel(shape) + slack;
  return shareSchemes([shape], [{ level, depth: leastDepth(shape) }])?.muls;
}

function collected(text: string) {
  const source = build(text);
  const circuit = optimize(text, merge, fold, powers, fold, polynomials, fold);
  expect(compareCircuits(source, circuit, { points: 1, seed: text }).equal).toBe(true);
  return { circuit, facts: circuitFacts(circuit) };
}

describe('schemes', () => {
  it.each([
    // Below a power of two ⌈log2 degree⌉ levels are enough: c*x is available one level after x,
    // like x².
    [7, false, 3],
    [15, false, 4],
    // x^16 takes four levels, and scaling it one more; (c*x)*x*x²*x⁴*x⁸ takes four if c*x is
    // uploaded.
    [16, false, 5],
    [16, true, 4],
    [17, true, 5],
  ])(
    'of degree %i, argument uploaded: %s, are available after %i levels',
    (degree, uploaded, level) => {
      expect(earliestLevel(dense(degree, uploaded))).toBe(level);
    },
  );

  it('split one part more on the critical path than elsewhere', () => {
    // x², x³, x⁴, x⁸ and 3 splits into parts of degree 3. The leading part takes one more, because
    // c3*x is early.
    expect(mulsOf(dense(15, true))).toBe(8);
    expect(mulsOf(dense(15, true), 1)).toBe(7);
  });

  it.each(['power', 'chebyshev'] as const)(
    'take the fewest known multiplications and levels up to degree 255 in the basis %s',
    (basis) => {
      for (const [has, mostOf] of [
        [() => true, mostDense],
        [(j: number) => j % 2 === 1, mostOdd],
        [(j: number) => j % 2 === 0, (degree: number) => 1 + mostDense(degree / 2)],
      ] as const) {
        for (let degree = 3; degree <= 255; degree++) {
          if (!has(degree)) continue;
          const present = Array.from({ length: degree + 1 }, (_, j) => has(j));
          const scaling = (j: number, power: number) => Number(j < degree && power > 1);
          const shape = { basis, present, scaling, spread: () => 2 };
          expect(earliestLevel(shape)).toBe(Math.ceil(Math.log2(degree)));
          expect(mulsOf(shape), `degree ${degree}`).toBeLessThanOrEqual(mostOf(degree));
        }
      }
    },
  );

  it('use powers alone where a part would be much larger than the power in it', () => {
    // 11 with x⁷ as a part of the polynomial: x², …, x⁷, x⁸, x¹⁶ and 3 splits.
    const monic = { ...dense(31, true), scaling: (j: number) => Number(j < 31) };
    expect(mulsOf(monic)).toBe(12);
    expect(mulsOf({ ...monic, spread: () => 16 })).toBe(11);
    expect(mulsOf({ ...monic, spread: () => 17 })).toBe(12);
  });

  it('share powers among polynomials', () => {
    const shape = dense(15, true);
    const deadline = { level: 5, depth: 4 };
    const shared = shareSchemes([shape, shape, shape], [deadline, deadline, deadline]);
    // x² … x⁷ and x⁸ are seven, then one split each.
    expect(shared?.muls).toBe(10);
  });

  it('do not exist if the deadline is before the least depth', () => {
    expect(shareSchemes([dense(9, true)], [{ level: 3, depth: 4 }])).toBeUndefined();
  });
});

describe('polynomials', () => {
  it("turns Horner's rule into sums of scaled powers", () => {
    const { circuit } = collected(`${X}output y = (((5*x + 4)*x + 3)*x + 2)*x + 1;`);
    expect(printCircuit(circuit)).toBe(
      [
        ...['input x : cipher', '%0 = x * x', '%1 = 5 * %0', '%2 = 4 * x', '%3 = %1 + %2'],
        ...['%4 = %3 + 3', '%5 = %4 * %0', '%6 = 2 * x', '%7 = %5 + %6', '%8 = %7 + 1'],
        ...['output y = %8', ''],
      ].join('\n'),
    );
  });

  it.each([
    ["Horner's rule", 'var s = 0.3; for i in 0..15 { s = s*x + 0.01*i + 0.1; } output s;'],
    [
      'powers added up',
      'var p = 1; var s = 0; for i in 0..16 { s = s + (0.1 + 0.01*i)*p; p = p*x; } output s;',
    ],
    ['poly', 'output s = poly(x, [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16]);'],
  ])('takes %s of degree 15 to depth 4 and at most 8 multiplications', (_, text) => {
    const { depth, muls } = collected(X + text).facts;
    expect(depth).toBe(4);
    expect(muls).toBeLessThanOrEqual(8);
  });

  it('leaves out zero coefficients: odd and even polynomials take about √(2d)', () => {
    const odd =
      'output y = 0.1*x + 0.2*x^3 + 0.3*x^5 + 0.4*x^7 + 0.5*x^9 + 0.6*x^11 + 0.7*x^13 + 0.8*x^15;';
    expect(collected(X + odd).facts).toMatchObject({ depth: 4 });
    // x², x³, x⁵, x⁷ (or x⁴) and x⁸, then the product with x⁸ and, for level 4, two parts of it.
    expect(collected(X + odd).facts.muls).toBeLessThanOrEqual(8);
    const even = 'output y = 0.1 + 0.2*x^2 + 0.3*x^4 + 0.4*x^6 + 0.5*x^8;';
    // x², x⁴, x⁶ (or a part of it) and the product with the leading coefficient.
    expect(collected(X + even).facts.depth).toBe(3);
    expect(collected(X + even).facts.muls).toBeLessThanOrEqual(5);
  });

  it('works on plain coefficients and on vectors', () => {
    const text = `input c: plain[9] within [-1, 1]; input v: cipher[4] within [-1, 1];
      var s = c[8]*v; for i in 1..8 { s = (s + c[8 - i])*v; } output s = s + c[0];`;
    const { depth, muls } = collected(text).facts;
    expect(depth).toBe(3);
    expect(muls).toBeLessThanOrEqual(6);
  });

  it('finds the argument inside: a polynomial of a product', () => {
    const text = `${X}input y: cipher within [-1, 1]; let t = x*y;
      var s = 0.5; for i in 0..7 { s = s*t + 0.1*i + 0.1; } output s;`;
    // x*y, then degree 7 at depth 3 with 4 multiplications, up to a factor that the client applies.
    expect(collected(text).facts).toEqual(expect.objectContaining({ depth: 4, muls: 5 }));
  });

  describe('in the Chebyshev basis', () => {
    // Coefficients without a pattern, of size 1.
    const series = (degree: number) =>
      Array.from({ length: degree + 1 }, (_, k) => (((k * 7 + 3) % 11) - 5) / 8);
    const forms: [string, (degree: number) => string][] = [
      [
        'the recurrence',
        (d) => `const c = [${series(d)}]; var a = 1; var b = x; var s = c[0] + c[1]*x;
          for k in 2..${d + 1} { let t = 2*x*b - a; s = s + c[k]*t; a = b; b = t; } output s;`,
      ],
      [
        "Clenshaw's rule",
        (d) => `const c = [${series(d)}]; var a = 0; var b = c[${d}];
          for k in 1..${d} { let t = c[${d}-k] + 2*x*b - a; a = b; b = t; } output s = c[0] + x*b - a;`,
      ],
      [
        'the recurrence in a multiple of the argument and a number',
        (d) => `const c = [${series(d)}]; let u = 0.5*(x - 1);
          var a = 1; var b = u; var s = c[0] + c[1]*u;
          for k in 2..${d + 1} { let t = 2*u*b - a; s = s + c[k]*t; a = b; b = t; } output s;`,
      ],
    ];
    it.each(forms)('evaluates %s in ⌈log2 d⌉ levels with few products', (_, text) => {
      // The argument is not uploaded with a factor where it is shifted; so one more level may be
      // taken for the coefficients, not for products.
      for (const [degree, most] of [
        [7, 5],
        [15, 8],
        [31, 13],
        [63, 18],
        [127, 28],
      ] as const) {
        const { circuit, facts } = collected(X + text(degree));
        expect(facts.depth).toBe(Math.ceil(Math.log2(degree)));
        expect(facts.muls).toBeLessThanOrEqual(most);
        expect(outputArrival(circuit, quietContext()).level).toBeLessThanOrEqual(facts.depth + 1);
      }
    });

    it('takes a polynomial whose powers nearly cancel', () => {
      // T_20(x) in powers of x has coefficients of up to 6,553,600.
      const powers = [
        ...[1, 0, -200, 0, 6600, 0, -84480, 0, 549120, 0, -2050048, 0, 4659200, 0, -6553600, 0],
        ...[5570560, 0, -2621440, 0, 524288],
      ];
      const { circuit, facts } = collected(`${X}output y = poly(x, [${powers}]);`);
      // T_20 = 2·T_10² − 1, T_10 = 2·T_5² − 1, T_5 = 2·T_2·T_3 − x: five products with T_2 and T_3.
      expect(facts).toMatchObject({ depth: 5, muls: 5 });
      const constants = circuit.nodes.flatMap(({ op }) =>
        op.kind === 'const' ? op.tensor.data.map(({ value }) => Math.abs(value)) : [],
      );
      expect(Math.max(...constants)).toBeLessThanOrEqual(2);
    });

    it('keeps the polynomials of random programs, wherever the basis is asked for', () => {
      fc.assert(
        fc.property(randomProgram(8), ({ text }) => {
          const source = runPasses(build(text), [merge, fold], quietContext()).circuit;
          const context: PassContext = { ...quietContext(), basis: 'chebyshev' };
          const { circuit } = runPasses(source, [polynomials, fold], context);
          expect(compareCircuits(source, circuit, { points: 1, seed: text }).equal).toBe(true);
        }),
        seeded(25),
      );
    });

    it('keeps the parity', () => {
      const odd = forms[0]?.[1](31).replace(/c = \[(.*?)\]/, (_, list: string) => {
        const kept = list.split(',').map((c, k) => (k % 2 === 1 ? c : '0'));
        return `c = [${kept}]`;
      });
      // T_2, T_3, T_4, T_8 and T_16, and seven products that join eight pairs of odd terms.
      expect(collected(X + odd).facts.muls).toBeLessThanOrEqual(12);
    });
  });

  it('computes compositions up to factors that the next polynomial absorbs', () => {
    // Two polynomials g and f of degree 7 that approximate the sign where they are composed. Each
    // takes x², x³, x⁴ and x³·(x⁴ + a·x² + b) + c·x: four products, three levels.
    const text = `${X}fn g(x) = poly(x, [0, 4.4814453125, 0, -16.1884765625, 0, 25.013671875, 0, -12.55859375]);
      fn f(x) = poly(x, [0, 2.1875, 0, -2.1875, 0, 1.3125, 0, -0.3125]); output y = f(f(g(g(x))));`;
    const { circuit, facts } = collected(text);
    expect(facts).toMatchObject({ depth: 12, muls: 16 });
    expect(outputArrival(circuit, quietContext()).level).toBe(12);
    // What the factors are chosen for: no value needs one of its own at the end.
    const [output] = circuit.outputs;
    expect(Math.abs(output?.factor.value ?? 0)).toBeCloseTo(1);
  });

  it('keeps polynomials whose parts are used in place of powers', () => {
    const coefficient = fc.integer({ min: -16, max: 16 }).map((c) => c / 8);
    const polynomial = fc.record({
      coefficients: fc.array(coefficient, { minLength: 8, maxLength: 40 }),
      lead: fc.constantFrom(1, -1, 0.75),
      isOdd: fc.boolean(),
      basis: fc.constantFrom('power', 'chebyshev'),
    });
    fc.assert(
      fc.property(fc.array(polynomial, { minLength: 1, maxLength: 2 }), (made) => {
        const outputs = made.map(({ coefficients, lead, isOdd }, i) => {
          const list = [...coefficients, isOdd && coefficients.length % 2 === 0 ? 0 : lead];
          const kept = list.map((c, j) => (isOdd && j % 2 === 0 ? 0 : c));
          return `output y${i} = poly(x, [${kept}]);`;
        });
        const source = build(X + outputs.join('\n'));
        const basis = made[0]?.basis as NonNullable<PassContext['basis']>;
        const context: PassContext = { ...quietContext(), basis };
        const { circuit } = runPasses(source, [merge, fold, polynomials, fold], context);
        expect(compareCircuits(source, circuit, { points: 1, seed: 'parts' }).equal).toBe(true);
      }),
      seeded(40),
    );
  });

  it('takes no factor from values that have other users', () => {
    const text = `${X}input y: cipher within [-1, 1]; let t = x*y;
      let p = ((0.3*t + 0.5)*t + 0.7)*t; output s = p*y;`;
    const { circuit } = collected(text);
    expect(circuit.outputs.every(({ factor }) => factor.value === 1)).toBe(true);
  });

  it.each([
    [
      'a composition that takes fewer multiplications',
      'let a = x*x + 1; let b = a*a + 1; output y = b*b + 1;',
    ],
    ['a polynomial of two ciphertexts', 'input y: cipher; output z = x*y + x*x + y*y;'],
    [
      'terms that would be huge and cancel',
      'var y = 1; for i in 0..5 { y = y*(2 - (x + 1)*y); } output y;',
    ],
  ])('does not change %s', (_, text) => {
    const before = optimize(X + text, merge, fold);
    const { circuit } = runPasses(before, [polynomials], quietContext());
    expect(printCircuit(circuit)).toBe(printCircuit(before));
  });
});
