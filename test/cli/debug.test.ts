import { globSync } from 'node:fs';
import type { Ciphertext } from 'node-seal/allows';
import { afterAll, afterEach, expect, test, vi } from 'vitest';
import { Evaluator } from '../../src/backends/seal/evaluator.ts';
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

test('every operation of every example is within its bound', async () => {
  const files = globSync('circuits/*/*.circ', { cwd: root }).sort();
  expect(files.length).toBeGreaterThan(15);
  for (const file of files) {
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
}, 120_000);

/** The ciphertext of one operation has twice the scale it ought to have, so half the value. */
function breakOperation(at: number): void {
  const run = Evaluator.prototype.run;
  vi.spyOn(Evaluator.prototype, 'run').mockImplementation(function (
    this: Evaluator,
    uploads,
    data,
    options,
    observe,
  ) {
    return run.call(this, uploads, data, options, (index: number, cipher: Ciphertext) => {
      if (index === at) cipher.setScale(2 * cipher.scale());
      observe?.(index, cipher);
    });
  });
}

test('a fault is named in the terms of the text, and nothing secret leaves standard output', async () => {
  breakOperation(4);
  const { status, stdout, stderr } = await debugging(circuit);
  expect(status).toBe(3);
  expect(stdout).toMatch(/^operation 4 \(mul\) leaves its bound\n.*quartic\.circ:2:12 `x\^4`\n/);
  expect(stdout).toMatch(/operand 1 +2\.25 +2\.2[45]\d* /);
  expect(stdout).toMatch(/result +5\.0625 +2\.53\d* /);
  expect(stderr).toBe('error: operation 4 (mul) leaves its bound; standard output says how\n');
});

test('programs are told the same, loops included', async () => {
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
      message: 'operation 4 (mul) leaves its bound; standard output says how',
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

test('of a plan file the operation is named', async () => {
  const plan = space.file('quartic.plan.json', (await shoalHere(['compile', circuit])).stdout);
  expect((await debugging(plan)).status).toBe(0);
  breakOperation(4);
  const { status, stdout } = await debugging(plan);
  expect(status).toBe(3);
  expect(stdout).toMatch(/^operation 4 \(mul\) leaves its bound\nlevel 1, scale 81 bits/);
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

test('what has no use is refused', async () => {
  const { status, stderr } = await debugging(circuit, '--compare');
  expect(status).toBe(2);
  expect(stderr).toContain('--compare has no use with --backend debug');
});
