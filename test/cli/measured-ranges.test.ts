import { afterAll, expect, test } from 'vitest';
import { shoalHere, workspace } from './support.ts';

const space = workspace();
afterAll(() => space.remove());
const circuit = space.file('cube.circ', 'input x: cipher[2];\noutput y = x * x * x;\n');

async function evaluated(x: readonly number[]) {
  const data = space.file('x.json', JSON.stringify({ x }));
  const { status, stdout } = await shoalHere(['eval', circuit, '-i', data, '--json']);
  expect(status, stdout).toBe(0);
  return JSON.parse(stdout);
}

test('ranges that are not declared are measured on the data, and parameters are chosen for them', async () => {
  const small = await evaluated([0.5, -0.25]);
  const large = await evaluated([500, -250]);
  expect(small.warnings).toEqual([]);
  expect(large.warnings).toEqual([]);
  const sum = (bits: readonly number[]) => bits.reduce((a, b) => a + b, 0);
  expect(sum(large.params.coeffModulusBits)).toBeGreaterThan(sum(small.params.coeffModulusBits));
  // 500³ has 27 bits. The promised error is relative to that, and kept.
  expect(large.predictedError).toBeLessThanOrEqual(2 ** -20 * 500 ** 3 * 1.1);
  expect(large.maxAbsError).toBeLessThanOrEqual(large.predictedError);
  expect(small.predictedError).toBeLessThanOrEqual(2 ** -20);
  expect(small.maxAbsError).toBeLessThanOrEqual(small.predictedError);
});

test('data outside the range of a plan are refused by the plan and accepted by its circuit', async () => {
  const plan = space.file('cube.plan.json', (await shoalHere(['compile', circuit])).stdout);
  const data = space.file('x.json', '{ "x": [500, -250] }');
  const { status, stderr } = await shoalHere(['eval', plan, '-i', data]);
  expect(status).toBe(1);
  expect(stderr).toContain("input 'x'[0] is 500, outside its range [-1, 1]");
});
