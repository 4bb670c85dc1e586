import { afterAll, describe, expect, test } from 'vitest';
import { defined } from '../../src/lookup.ts';
import { THOROUGH } from '../support/sampling.ts';
import { Errors, Evaluated, Explanation, Report, Vectors, Verdict } from './schemas.ts';
import { shoalHere, workspace } from './support.ts';

const space = workspace();
afterAll(() => space.remove());
const circuit = space.file(
  'hash.circ',
  'scheme bgv(t = 257);\ninput v: cipher[2];\ninput p: plain;\noutput h = v[0]^4 - p*v[1];\n',
);
const inputs = space.file('hash.json', '{ "v": [-3, 1000], "p": 2 }');

const run = async (...args: string[]) => {
  const { status, stdout } = await shoalHere([...args, '--json']);
  return { status, json: JSON.parse(stdout) };
};

describe('integers on the command line', () => {
  test('report shows depth, t and the remaining noise budget, and no levels', async () => {
    const { status, json } = await run('report', circuit);
    expect(status).toBe(0);
    const { params, source, optimized, warnings, noiseBudgets, ...report } = Report.parse(json);
    expect(report).toMatchObject({ scheme: 'bgv', predictedMs: null, predictedError: 0 });
    expect([source.depth, optimized.depth, optimized.levels]).toEqual([3, 2, null]);
    expect(params).toMatchObject({ plainModulus: 257, securityBits: 128 });
    expect(defined(noiseBudgets).h).toBeGreaterThan(0);
    expect(warnings).toEqual([]);
    const { stdout } = await shoalHere(['report', circuit]);
    expect(stdout).toMatch(/plain modulus t +257 +257/);
    expect(stdout).toMatch(/noise budget left +\d+ bits? +\d+ bits?/);
    expect(stdout).toContain('bgv, one number per ciphertext');
    expect(stdout).not.toMatch(/levels|scale bits|predicted (time|error)/);
  });

  test('eval is exact and prints the measured budget beside the predicted one', async () => {
    const { status, json } = await run('eval', circuit, '--inputs', inputs);
    expect(status).toBe(0);
    // 81 - 2000 modulo 257
    expect(json).toMatchObject({ outputs: { h: 137 }, maxAbsError: 0, maxRelError: 0 });
    const { predicted, measured } = json.noiseBudgets;
    expect(measured.h).toBeGreaterThanOrEqual(predicted.h);
    Evaluated.parse(json);
    const { stdout } = await shoalHere(['eval', circuit, '--inputs', inputs]);
    expect(stdout).toMatch(/noise budget +at least \d+ bits?, \d+ bits? measured/);
    const plain = await run('eval', circuit, '--inputs', inputs, '--backend', 'plain');
    expect(plain.json.outputs).toEqual({ h: 137 });
  });

  test('a plan evaluates to the same outputs', async () => {
    const { stdout } = await shoalHere(['compile', circuit]);
    const plan = space.file('hash.plan.json', stdout);
    const { status, json } = await run('eval', plan, '--inputs', inputs);
    expect(status).toBe(0);
    expect(json).toMatchObject({ outputs: { h: 137 }, optimized: { depth: 2, levels: null } });
  });

  test('test vectors are compared modulo t', async () => {
    const vector = (h: number) => ({ inputs: { v: [-3, 1000], p: 2 }, expect: { h } });
    const vectors = [137, 137 - 257, 137 + 257, 136].map(vector);
    const file = space.file('tv.json', JSON.stringify({ tolerance: 5, vectors }));
    const { status, json } = await run('eval', circuit, '--vectors', file, '--backend', 'plain');
    expect(status).toBe(1);
    const { passed, failed } = Vectors.parse(json).vectors;
    expect([passed, failed, json.vectors.tolerance]).toEqual([3, 1, 0]);
    expect(json.vectors.results[3].misses).toMatchObject([{ got: 137, expected: 136, allowed: 0 }]);
  });

  test('explain and explore count depth', async () => {
    const { json } = await run('explain', circuit);
    const { source, optimized } = Explanation.parse(json);
    expect([source.levels, optimized.levels, source.depth, optimized.depth]).toEqual([
      null,
      null,
      3,
      2,
    ]);
    expect(optimized.path.length).toBeGreaterThan(0);
    expect((await shoalHere(['explore', circuit])).status).toBe(0);
  });

  test('verify compares over the integers, under one scheme', async () => {
    const file = (name: string, text: string) =>
      space.file(name, `scheme bfv(t = 7);\ninput x: cipher;\noutput y = ${text};\n`);
    const a = file('a.circ', 'x*(x - 1)');
    expect((await run('verify', a, file('b.circ', 'x^2 - x'))).json.equal).toBe(true);
    const other = Verdict.parse((await run('verify', a, file('c.circ', 'x^2 + x'))).json);
    expect(other).toMatchObject({ equal: false, reason: "output 'y' differs" });
    const unseen = await run('verify', a, file('d.circ', 'x*(x - 1) + x^7 - x'));
    expect(unseen.json.reason).toMatch(
      /over the integers, but not at any point that was tried modulo t/,
    );
    const alien = space.file('e.circ', 'input x: cipher;\noutput y = x*(x - 1);\n');
    expect((await run('verify', a, alien)).json.reason).toBe(
      'one is for bfv(t = 7), the other for ckks',
    );
  });
});

describe('refused', () => {
  interface Refusal {
    readonly code: string;
    readonly message: string | RegExp;
    readonly line?: number;
    readonly column?: number;
  }

  const refused = async (args: string[], { message, ...location }: Refusal) => {
    const { status, json } = await run(...args);
    expect(status).toBe(1);
    const [first] = Errors.parse(json).errors;
    expect(first).toMatchObject(location);
    if (typeof message === 'string') expect(first?.message).toContain(message);
    else expect(first?.message).toMatch(message);
  };

  test('data that are no integers, with their location', async () => {
    const half = space.file('half.json', '{ "v": [1,\n 0.5], "p": 2 }');
    await refused(['eval', circuit, '--inputs', half], {
      code: 'not-an-integer',
      line: 2,
      column: 2,
      message: "input 'v'[1] is 0.5, but the circuit computes with integers",
    });
    const large = space.file('large.json', '{ "v": [1, 1e16], "p": 2 }');
    await refused(['eval', circuit, '--inputs', large], {
      code: 'not-an-integer',
      message:
        "input 'v'[1] is 10000000000000000, which is too large to be exact: give it modulo t",
    });
    const vectors = { vectors: [{ inputs: { v: [1, 2], p: 3 }, expect: { h: 0.5 } }] };
    const file = space.file('half.vectors.json', JSON.stringify(vectors));
    await refused(['eval', circuit, '--vectors', file], {
      code: 'not-an-integer',
      message: "expected output 'h' is 0.5, but the circuit computes with integers",
    });
  });

  test('data outside of a declared range', async () => {
    const ranged = space.file(
      'ranged.circ',
      'scheme bfv;\ninput x: cipher within [0, 9];\noutput y = x;\n',
    );
    const file = space.file('x.json', '{ "x": -1 }');
    await refused(['eval', ranged, '--inputs', file], {
      code: 'out-of-range',
      message: 'outside its range [0, 9]',
    });
  });

  test('circuits whose noise no parameters fit', THOROUGH, async () => {
    const deep = space.file(
      'deep.circ',
      'scheme bfv(t = 65537);\ninput x: cipher;\nvar w = x;\nfor i in 0..40 { w = w*w; }\noutput w;\n',
    );
    await refused(['compile', deep], {
      code: 'no-parameters',
      line: 4,
      message:
        /^no parameters fit: the noise exceeds what a ring of degree 32768 can hold: a smaller t/,
    });
    const wide = space.file(
      'wide.circ',
      'scheme bfv(t = 40961);\ninput v: cipher[2100];\nvar w = v;\nfor i in 0..30 { w = w*w; }\noutput w;\n',
    );
    await refused(['compile', wide], {
      code: 'no-parameters',
      message: /t = 65537 has slots in every ring$/,
    });
    const { params, paramsReason } = (await run('report', wide)).json;
    expect([params, paramsReason]).toEqual([
      null,
      'no ring has 4096 slots for integers modulo 40961',
    ]);
  });

  const plan = async () => JSON.parse((await shoalHere(['compile', circuit])).stdout);
  const flaws: readonly (readonly [string, (plan: ReturnType<typeof JSON.parse>) => void])[] = [
    ['it is not below all primes', (p) => Object.assign(p.params, { plainModulus: 2 ** 52 + 1 })],
    ['257 has no slots in a ring of degree', (p) => Object.assign(p, { encoding: 'slots' })],
    ['only plans with slots are batchable', (p) => Object.assign(p, { batchable: true })],
    ['the error bound of integers is 0', (p) => Object.assign(p.outputs[0], { errorBound: 1 })],
    ['a number is not an integer', (p) => p.ops.push({ op: 'const', data: 0.5 })],
    [
      'coefficients cannot be rotated',
      (p) => {
        p.slots = 2;
        p.ops.push({ op: 'rotate', args: [0], steps: 1, level: p.ops[0].level });
      },
    ],
    [
      'it computes with gathered values',
      (p) => {
        const { level } = p.ops[0];
        const value = p.ops.push({ op: 'gather', args: [0], level }) - 1;
        p.ops.push({ op: 'negate', args: [value], level });
      },
    ],
    ['unknown operation', (p) => p.ops.push({ op: 'rescale', args: [0], level: 0 })],
    ['the highest level is', (p) => p.ops.push({ op: 'modSwitch', args: [0], level: 99 })],
  ];
  test.each(flaws)('a plan whose error is: %s', async (message, spoil) => {
    const spoilt = await plan();
    spoil(spoilt);
    const file = space.file('spoilt.plan.json', JSON.stringify(spoilt));
    const { status, json } = await run('eval', file, '--inputs', inputs);
    expect(status).toBe(1);
    const [error] = Errors.parse(json).errors;
    expect(error).toMatchObject({ code: 'bad-plan' });
    expect(error?.message).toContain(message);
  });
});
