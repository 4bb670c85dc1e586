import { readFileSync } from 'node:fs';
import type { Evaluator as SealEvaluator } from 'node-seal/allows';
import { afterAll, afterEach, describe, expect, test, vi } from 'vitest';
import { loadSeal } from '../../src/backends/seal/load-seal.ts';
import { createPlanContext } from '../../src/backends/seal/plan-context.ts';
import type { IntegerPlan } from '../../src/plan/plan.ts';
import { isOnIntegers } from '../support/ckks.ts';
import { exampleCircuits } from '../support/examples.ts';
import { changeAfter } from '../support/faults.ts';
import { realExamples } from '../support/promises.ts';
import { SAMPLED, someOf } from '../support/sampling.ts';
import { quartic, root, shoalHere, workspace } from './support.ts';

const space = workspace();
afterAll(() => space.remove());
afterEach(() => {
  vi.restoreAllMocks();
});
const circuit = space.file('quartic.circ', quartic);
const data = space.file('x.json', '{ "x": 1.5 }');
const debugging = (file: string, ...options: readonly string[]) =>
  shoalHere(['eval', file, '-i', data, '--backend', 'debug', ...options]);

test('every operation of every example is within its bound', {
  ...SAMPLED,
  timeout: 480_000,
}, async () => {
  const files = realExamples().map(([file]) => `circuits/${file}`);
  expect(files.length).toBeGreaterThan(15);
  for (const file of someOf(files, 3)) {
    const path = `${root}${file}`;
    const inputs = path.replace(/\.circ$/, '.json');
    const args = ['eval', path, '-i', inputs, '--backend', 'debug', '--json'];
    const { status, stdout } = await shoalHere(args);
    expect(status, `${file}\n${stdout}`).toBe(0);
    const { debug, outputs } = JSON.parse(stdout);
    expect(debug.fault).toBeNull();
    expect(debug.steps.length).toBeGreaterThan(0);
    for (const { error, bound, ratio } of debug.steps) {
      expect(error).toBeLessThanOrEqual(bound);
      expect(ratio).toBeCloseTo(error / bound, 12);
    }
    expect(Object.keys(outputs).length).toBeGreaterThan(0);
  }
});

const integers = exampleCircuits()
  .filter(([, text]) => isOnIntegers(text))
  .map(([file]) => `circuits/${file}`);

test.each(['bfv', 'bgv'])('every operation on integers is exact by %s', SAMPLED, async (scheme) => {
  expect(integers.length).toBeGreaterThan(3);
  for (const file of someOf(integers, 1)) {
    const path = `${root}${file}`;
    const text = readFileSync(path, 'utf8').replace(/^scheme \w+/m, `scheme ${scheme}`);
    const circuit = space.file(`${scheme}.circ`, text);
    const inputs = path.replace(/\.circ$/, '.json');
    const args = ['eval', circuit, '-i', inputs, '--backend', 'debug', '--json'];
    const { status, stdout } = await shoalHere(args);
    expect(status, `${file}\n${stdout}`).toBe(0);
    const { debug, params, maxAbsError } = JSON.parse(stdout);
    expect(params).toHaveProperty('plainModulus');
    expect(maxAbsError).toBe(0);
    expect(debug.fault).toBeNull();
    expect(debug.steps.length).toBeGreaterThan(0);
    for (const { got, expected, predictedBudget, measuredBudget } of debug.steps) {
      expect(got).toBe(expected);
      expect(measuredBudget).toBeGreaterThanOrEqual(predictedBudget);
      expect(predictedBudget).toBeGreaterThan(0);
    }
  }
});

/** Makes the ciphertext of one operation have twice the correct scale, so half the value. */
function breakOperation(at: number): void {
  changeAfter(at, (cipher) => cipher.setScale(2 * cipher.scale()));
}

test('a fault is reported with its source text, and secrets go to standard output only', async () => {
  breakOperation(4);
  const { status, stdout, stderr } = await debugging(circuit);
  expect(status).toBe(3);
  expect(stdout).toMatch(
    /^operation 4 \(mul\) exceeds its error bound\n.*quartic\.circ:2:12 `x\^4`\n/,
  );
  expect(stdout).toMatch(/operand 1 +2\.25 +2\.2[45]\d* /);
  expect(stdout).toMatch(/result +5\.0625 +2\.53\d* /);
  expect(stderr).toBe(
    'error: operation 4 (mul) exceeds its error bound; details are on standard output\n',
  );
});

test('--json reports the same, including loop indices', async () => {
  const loop = space.file(
    'loop.circ',
    'input x: cipher within [-2, 2];\nvar y = x;\nfor t in 0..2 {\n  y = y * y;\n}\noutput y;\n',
  );
  breakOperation(4);
  const { status, stdout } = await debugging(loop, '-O0', '--json');
  expect(status).toBe(3);
  const { errors, debug, outputs } = JSON.parse(stdout);
  expect(outputs).toBeUndefined();
  expect(errors).toEqual([
    {
      code: 'operation-out-of-bound',
      file: loop,
      line: 4,
      column: 7,
      message: 'operation 4 (mul) exceeds its error bound; details are on standard output',
    },
  ]);
  expect(debug.fault).toMatchObject({
    index: 4,
    op: 'mul',
    line: 4,
    column: 7,
    expression: 'y * y',
    iterations: [1],
    expected: 5.0625,
    operands: [
      { index: 3, op: 'rescale', expected: 2.25 },
      { index: 3, op: 'rescale', expected: 2.25 },
    ],
  });
});

test('for a plan file, the operation is reported', async () => {
  const plan = space.file('quartic.plan.json', (await shoalHere(['compile', circuit])).stdout);
  expect((await debugging(plan)).status).toBe(0);
  breakOperation(4);
  const { status, stdout } = await debugging(plan);
  expect(status).toBe(3);
  expect(stdout).toMatch(/^operation 4 \(mul\) exceeds its error bound\nlevel 1, scale 81 bits/);
});

test('test vectors are judged', async () => {
  const vectors = space.file(
    'v.json',
    '{ "tolerance": 1e-3, "vectors": [ { "inputs": { "x": 1 }, "expect": { "y": 3 } }, { "inputs": { "x": 2 }, "expect": { "y": 19 } } ] }',
  );
  const args = ['eval', circuit, '--vectors', vectors, '--backend', 'debug'];
  const { status, stdout } = await shoalHere(args);
  expect(status).toBe(1);
  expect(stdout).toContain('1 of 2 vectors hit');
  expect(stdout).toContain('all within their bounds');
});

test('options without a use are refused', async () => {
  const { status, stderr } = await debugging(circuit, '--compare');
  expect(status).toBe(2);
  expect(stderr).toContain('--compare has no use with --backend debug');
});

describe('integers', () => {
  const square = space.file(
    'square.circ',
    'scheme bfv(t = 65537);\ninput x: cipher;\noutput y = x * x +\n  x;\n',
  );
  const three = space.file('three.json', '{ "x": -3 }');
  const run = (...options: readonly string[]) =>
    shoalHere(['eval', square, '-i', three, '--backend', 'debug', '-O0', ...options]);

  test('operations are listed with predicted and measured noise budgets', async () => {
    const { status, stdout } = await run();
    expect(status).toBe(0);
    expect(stdout).toMatch(
      /^y = 6\n\n\d operations on ciphertexts, all exact, with at least the predicted noise budget\n/,
    );
    expect(stdout).toMatch(/operation +count +least budget +above prediction\n/);
    expect(stdout).toMatch(/mul +1 +\d+ bits? +\d+ bits?\n/);
    expect(stdout).toMatch(/nearest to their predictions:\n/);
    expect(stdout).toMatch(/mul +0 +\d+ bits? +\d+ bits? +.*square\.circ:3:12 `x \* x`\n/);
  });

  test('a result that is wrong modulo t is reported with its source text', async () => {
    const plan: IntegerPlan = JSON.parse((await shoalHere(['compile', square, '-O0'])).stdout);
    const at = plan.ops.findIndex(({ op }) => op === 'mul');
    const evaluator = await evaluatorFor(plan);
    changeAfter(at, (cipher) => evaluator.negateInplace(cipher));
    const { status, stdout, stderr } = await run();
    expect(status).toBe(3);
    const where = `^operation ${at} \\(mul\\) is wrong modulo t\n.*square\\.circ:3:12 \`x \\* x\`\n`;
    expect(stdout).toMatch(new RegExp(where));
    expect(stdout).toMatch(/operand 1 +65534 +65534 /);
    expect(stdout).toMatch(/result +9 +65528 +\d+ bits? +\d+ bits?\n/);
    expect(stderr).toBe(
      `error: operation ${at} (mul) is wrong modulo t; details are on standard output\n`,
    );
    const { errors, debug } = JSON.parse((await run('--json')).stdout);
    expect(errors).toMatchObject([{ code: 'operation-out-of-bound', line: 3, column: 12 }]);
    expect(debug.fault).toMatchObject({ index: at, op: 'mul', expected: 9, got: 65_528 });
  });

  test('test vectors are judged', async () => {
    const vector = (x: number, y: number) => ({ inputs: { x }, expect: { y } });
    const vectors = space.file(
      'square.vectors.json',
      JSON.stringify({ vectors: [vector(2, 6), vector(3, 13)] }),
    );
    const args = ['eval', square, '--vectors', vectors, '--backend', 'debug'];
    const { status, stdout } = await shoalHere(args);
    expect(status).toBe(1);
    expect(stdout).toContain('1 of 2 vectors hit');
  });

  async function evaluatorFor(plan: IntegerPlan): Promise<SealEvaluator> {
    const seal = await loadSeal();
    return new seal.Evaluator(createPlanContext(seal, plan).context);
  }
});

test.each([
  ['debug', circuit, '--backend debug'],
  ['plain', circuit, '--backend plain'],
  ['seal', space.file('one.circ', 'scheme bgv;\ninput x: cipher;\noutput y = x;\n'), 'bgv'],
])('%s uses one worker, and a note says so if --jobs is larger', async (backend, file, who) => {
  const data = space.file('one.json', '{ "x": 1 }');
  const run = (...options: readonly string[]) =>
    shoalHere(['eval', file, '-i', data, '--backend', backend, ...options]);
  const note = `note: --jobs 2 has no effect: ${who} evaluates on one thread\n`;
  expect((await run('--jobs', '2')).stderr).toBe(note);
  for (const options of [
    [],
    ['--jobs', '1'],
    ['--jobs', '2', '--quiet'],
    ['--jobs', '2', '--json'],
  ])
    expect((await run(...options)).stderr).toBe('');
});
