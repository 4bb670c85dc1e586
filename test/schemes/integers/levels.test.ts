import { describe, expect, test } from 'vitest';
import { compile } from '../../../src/compile/compile.ts';
import { defined } from '../../../src/lookup.ts';
import type { IntegerOp, IntegerPlan } from '../../../src/plan/plan.ts';
import { hasSlots, largestBatchingDegree } from '../../../src/schemes/integers/batching.ts';
import { predictBudgets } from '../../../src/schemes/integers/budgets.ts';
import { chooseIntegerParams } from '../../../src/schemes/integers/choose-integer-params.ts';
import { integerPrimes } from '../../../src/schemes/integers/integer-primes.ts';
import { integerProperties } from '../../../src/schemes/integers/value-properties.ts';
import { scalarMap } from '../../backends/plans.ts';

function planOf(text: string): IntegerPlan {
  const { plan } = compile({ file: 'levels.circ', text }, { optimizationLevel: 2 }).optimized;
  if (!plan || plan.scheme === 'ckks') throw new Error('no plan');
  return plan;
}

const kinds = ({ ops }: IntegerPlan) => ops.map(({ op }) => op);

test('BFV stays at one level, BGV switches down before it multiplies again', () => {
  const text = 'input x: cipher; output y = x^4;';
  const bfv = planOf(`scheme bfv(t = 65537); ${text}`);
  expect(kinds(bfv)).toEqual(['upload', 'mul', 'relinearize', 'mul', 'relinearize']);
  expect(bfv.params.basePrimes).toBe(bfv.params.coeffModulus.length - 1);
  const bgv = planOf(`scheme bgv(t = 65537); ${text}`);
  expect(kinds(bgv).filter((op) => op !== 'modSwitch')).toEqual(kinds(bfv));
  const levels = bgv.ops.flatMap((op) => (op.op === 'mul' ? [op.level] : []));
  expect(levels[1]).toBeLessThan(defined(levels[0]));
  expect(bgv.params.basePrimes).toBe(1);
});

test('operands of a sum are switched to the lower level, and a switched value is shared', () => {
  const plan = planOf(
    'scheme bgv(t = 65537); input x: cipher; output y = x^4 + x; output z = x^4 - x;',
  );
  const { levels } = integerProperties(plan);
  for (const op of plan.ops) {
    if (op.op !== 'add' && op.op !== 'sub') continue;
    expect(op.args.map((arg) => levels[arg])).toEqual([op.level, op.level]);
  }
  const switches = plan.ops.flatMap((op) =>
    op.op === 'modSwitch' ? [`${op.args}>${op.level}`] : [],
  );
  expect(new Set(switches).size).toBe(switches.length);
});

test('parameters are the smallest that suffice', () => {
  const small = planOf('scheme bfv(t = 257); input x: cipher; output y = x;').params;
  expect(small.polyModulusDegree).toBe(4096);
  expect(small.coeffModulus).toHaveLength(2);
  const depths = [1, 4, 8].map(
    (k) => planOf(`scheme bfv(t = 65537); input x: cipher; output y = x^${2 ** k};`).params,
  );
  const bits = depths.map((params) => params.coeffModulusBits.reduce((a, b) => a + b));
  expect(depths.map((params) => params.polyModulusDegree)).toEqual([4096, 8192, 16384]);
  expect(bits).toEqual([...bits].sort((a, b) => a - b));
});

test.each(['bfv', 'bgv'])(
  '%s evaluates deep circuits, with more modulus for more depth',
  (scheme) => {
    const bitsAt = (depth: number) => {
      const squares = `var w = x; for i in 0..${depth} { w = w*w; } output w;`;
      const { params } = planOf(`scheme ${scheme}(t = 65537); input x: cipher; ${squares}`);
      return params.coeffModulusBits.reduce((a, b) => a + b);
    };
    const bits = [4, 8, 12, 16].map(bitsAt);
    for (const [i, each] of bits.entries())
      if (i > 0) expect(each).toBeGreaterThan(defined(bits[i - 1]));
  },
);

describe.each(['bfv', 'bgv'] as const)('%s', (scheme) => {
  /** x multiplied by itself and by 3·x, so often that primes of many sizes are tried. */
  const programs = [2, 257, 12289, 65_537, 786_433, 2 ** 32].flatMap((t) =>
    [1, 2, 3, 5].map((factors) => {
      const product = new Array(factors).fill('x').join('*3*');
      return `scheme ${scheme}(t = ${t}); input x: cipher; output y = ${product}; output z = 1;`;
    }),
  );

  test.each(programs)('%s: the promised budget is the predicted one, at least a bit', (text) => {
    const plan = planOf(text);
    const budgets = predictBudgets(plan);
    const [y, z] = plan.outputs;
    expect(y?.noiseBudget).toBe(budgets[defined(y).value]);
    expect(y?.noiseBudget).toBeGreaterThanOrEqual(1);
    expect(Number.isInteger(y?.noiseBudget)).toBe(true);
    expect(z?.noiseBudget).toBeNull();
    expect(plan.outputs.map(({ errorBound }) => errorBound)).toEqual([0, 0]);
  });

  test('the promise is below the exact budget, which a budget of a bit more would refuse', () => {
    // A prime of one bit less leaves less than one bit: the primes are the smallest ones.
    const { params, outputs } = planOf(defined(programs[9]));
    const [bits = 0] = params.coeffModulusBits;
    expect(outputs[0]?.noiseBudget).toBeLessThan(params.coeffModulus.length + 1);
    expect(bits).toBeLessThan(60);
  });
});

test('security, the number of slots and the smallest primes decide on the ring', () => {
  const text = 'scheme bfv(t = 65537); input v: cipher[2048]; output y = v*v;';
  const { sketch } = compile({ file: 'v.circ', text }, { optimizationLevel: 2 }).optimized;
  if (sketch.scheme === 'ckks') throw new Error('not of integers');
  const of = (own: Partial<typeof sketch>, securityBits: 128 | 192 | 256 = 128) => {
    const choice = chooseIntegerParams(
      { ...sketch, ...own },
      { securityBits, allowUncheckedRing: false },
    );
    return 'plan' in choice ? choice.plan.params : choice.refused.reason;
  };
  expect(of({})).toMatchObject({ polyModulusDegree: 4096, securityBits: 128 });
  // Half as many slots as coefficients: 2048 of 4096.
  expect(of({ slots: 4096 })).toMatchObject({ polyModulusDegree: 8192 });
  expect(of({ slots: 32_768 })).toBe('no ring has 32768 slots for integers modulo 65537');
  expect(of({}, 256)).toMatchObject({ polyModulusDegree: 8192, securityBits: 256 });
  // Numbers at coefficients need no half.
  expect(of({ slots: 4096, encoding: 'coefficients' })).toMatchObject({ polyModulusDegree: 4096 });
  const { coeffModulusBits, plainModulus } = of({}) as {
    coeffModulusBits: number[];
    plainModulus: number;
  };
  expect(plainModulus).toBe(65_537);
  for (const bits of coeffModulusBits) expect(bits).toBeGreaterThanOrEqual(24);
});

test('a circuit with more noise than any ring allows is refused', () => {
  const text = 'scheme bfv(t = 1099511480321); input x: cipher; output y = x^65536;';
  const { choice, measures } = compile(
    { file: 'deep.circ', text },
    { optimizationLevel: 2 },
  ).optimized;
  expect(measures.depth).toBe(16);
  expect(choice).toEqual({
    refused: {
      missing: 'budget',
      reason:
        'the noise exceeds what a ring of degree 8192 can hold, the largest in which 1099511480321 has slots',
    },
  });
});

test('slots require a prime that is 1 modulo 2N', () => {
  expect([65_537, 786_433, 40_961].map(largestBatchingDegree)).toEqual([32_768, 32_768, 4096]);
  expect([2, 257, 1000, 65_536, 65_537 * 3].map(largestBatchingDegree)).toEqual(
    new Array(5).fill(undefined),
  );
  expect([hasSlots(40_961, 4096), hasSlots(40_961, 8192)]).toEqual([true, false]);
  // Both factors are 1 modulo 2N, and so is their product, which is no prime.
  expect((65_537 * 786_433) % 65_536).toBe(1);
  expect(hasSlots(65_537 * 786_433, 4096)).toBe(false);
});

test('primes are distinct, and 1 modulo t if there are enough', () => {
  const neutral = defined(integerPrimes(4096, 65_537, { count: 3, bits: 50, specialBits: 53 }));
  expect(neutral.slice(0, 3).map((p) => [p % 65_537n, p % 8192n])).toEqual(
    new Array(3).fill([1n, 1n]),
  );
  const others = defined(
    integerPrimes(32_768, 2 ** 40 - 87, { count: 4, bits: 45, specialBits: 45 }),
  );
  expect(new Set(others).size).toBe(5);
  for (const p of others) expect(p % 65_536n).toBe(1n);
  expect(integerPrimes(32_768, 3, { count: 40, bits: 24, specialBits: 27 })).toBeUndefined();
});

test.each<[string, IntegerOp]>([
  ['an operand is not relinearized', { op: 'mul', args: [1, 0], level: 1 }],
  ['an operand is not relinearized', { op: 'rotate', args: [1], steps: 1, level: 1 }],
  ['levels differ', { op: 'add', args: [0, 2], level: 1 }],
  ['the operand is not at a higher level', { op: 'modSwitch', args: [2], level: 0 }],
  ['an operand is encrypted', { op: 'clearAdd', args: [0, 3] }],
  ['the second operand is encrypted', { op: 'addPlain', args: [0, 0], level: 1 }],
  ['the first operand is not encrypted', { op: 'negate', args: [3], level: 1 }],
  ['no operand is encrypted', { op: 'gather', args: [3, 3], level: 1 }],
  ['an operand is not an earlier value', { op: 'negate', args: [9], level: 1 }],
])('%s', (message, op) => {
  const ops: IntegerOp[] = [
    { op: 'upload', input: 'x', map: scalarMap, level: 1 },
    { op: 'mul', args: [0, 0], level: 1 },
    { op: 'modSwitch', args: [0], level: 0 },
    { op: 'const', data: 3 },
  ];
  expect(integerProperties({ ops }).topLevel).toBe(1);
  expect(() => integerProperties({ ops: [...ops, op] })).toThrow(message);
});
