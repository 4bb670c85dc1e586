import { afterAll, describe, expect, test } from 'vitest';
import { defined } from '../../src/lookup.ts';
import type { Plan } from '../../src/plan/plan.ts';
import { planToText } from '../../src/plan-files/plan-text.ts';
import { planWithSizes } from '../../src/schemes/ckks/choose-params.ts';
import { modulusLimits } from '../../src/schemes/security.ts';
import { quartic as quarticSketch } from '../backends/plans.ts';
import { quartic, shoalHere, workspace } from './support.ts';

const space = workspace();
afterAll(() => space.remove());
const circuit = space.file('quartic.circ', quartic);
const data = space.file('x.json', '{ "x": 1.5 }');

async function planWith(...options: readonly string[]): Promise<Plan> {
  const { stdout } = await shoalHere(['compile', circuit, ...options]);
  return JSON.parse(stdout) as Plan;
}

test.each([
  [128, 8192],
  [192, 16384],
  [256, 16384],
] as const)('--security %i: the ring is large enough, and SEAL agrees', async (bits, degree) => {
  const { params } = await planWith('--security', `${bits}`);
  expect(params).toMatchObject({ securityBits: bits, polyModulusDegree: degree });
  const total = params.coeffModulusBits.reduce((sum, size) => sum + size, 0);
  const limit = modulusLimits(bits).find((row) => row.degree === degree);
  expect(total).toBeLessThanOrEqual(defined(limit).maxBits);
  const file = space.file(
    `${bits}.plan.json`,
    JSON.stringify(await planWith('--security', `${bits}`)),
  );
  const { status, stdout } = await shoalHere(['eval', file, '-i', data, '--json']);
  expect(status, stdout).toBe(0);
  expect(JSON.parse(stdout).outputs.y).toBeCloseTo(7.0625, 4);
  expect(JSON.parse(stdout).params.securityBits).toBe(bits);
});

test('an unsupported security is refused', async () => {
  const { status, stderr } = await shoalHere(['report', circuit, '--security', '112']);
  expect(status).toBe(2);
  expect(stderr).toContain('Give one of 128, 192, 256 bits.');
});

test('a plan that claims more security than it has is refused', async () => {
  const plan = await planWith();
  const { status, stderr } = await shoalHere([
    'eval',
    space.file(
      'claims.plan.json',
      JSON.stringify({ ...plan, params: { ...plan.params, securityBits: 256 } }),
    ),
    '-i',
    data,
  ]);
  expect(status).toBe(1);
  expect(stderr).toContain('195 bits of modulus are not 256-bit secure at degree 8192');
});

describe('the ring that SEAL does not check', () => {
  const layout = { scaleBits: 40, baseBits: [55], levels: 2, specialBits: 60 };
  const plan = planWithSizes(quarticSketch(), { ...layout, degree: 65536 }, 20);
  const file = space.file('large.plan.json', planToText(plan));

  test('needs its option, also for plans', async () => {
    const { status, stderr, stdout } = await shoalHere(['eval', file, '-i', data]);
    expect({ status, stdout }).toEqual({ status: 1, stdout: '' });
    expect(stderr).toMatch(/large\.plan\.json:\d+:\d+: error\[unchecked-ring\]: .*N = 65536/);
    expect(stderr).toContain('give --allow-unchecked-ring');
  });

  test('computes correctly, and warns of the consequences', async () => {
    const { status, stdout, stderr } = await shoalHere([
      'eval',
      file,
      '-i',
      data,
      '--allow-unchecked-ring',
    ]);
    expect(status, stderr).toBe(0);
    expect(stdout).toMatch(/^y = 7\.0624|^y = 7\.0625/);
    expect(stderr).toContain('warning[unchecked-ring]');
    expect(stderr).toContain('SEAL does not check its security');
  });

  test('a modulus beyond the table is refused, too', async () => {
    const beyond = planWithSizes(
      quarticSketch(),
      { degree: 65536, scaleBits: 40, baseBits: [55], levels: 42, specialBits: 60 },
      20,
    );
    const many = space.file('many.plan.json', planToText(beyond));
    const { status, stderr } = await shoalHere([
      'eval',
      many,
      '-i',
      data,
      '--allow-unchecked-ring',
    ]);
    expect(status).toBe(1);
    expect(stderr).toContain('are not 128-bit secure at degree 65536');
  });
});

describe('if no parameters fit', () => {
  const deep = space.file(
    'deep.circ',
    'input x: cipher within [0, 1];\ninput z: cipher within [0, 1];\noutput y = (x * z)^200 / 2;\n',
  );
  const long = space.file(
    'long.circ',
    'input x: cipher within [0, 1];\nvar y = x;\nfor i in 0..24 { y = y * x; }\noutput y;\n',
  );
  const helpOf = async (...args: readonly string[]) => {
    const { status, stderr } = await shoalHere(['compile', ...args]);
    expect(status).toBe(1);
    return defined(defined(/help: (.*)/.exec(stderr))[1]);
  };

  test('the message says which precision fits', async () => {
    const [, precision] = defined(
      /--precision (\d+)/.exec(await helpOf(deep, '--security', '256')),
    );
    const statusAt = async (bits: number) =>
      (await shoalHere(['compile', deep, '--security', '256', '--precision', `${bits}`])).status;
    expect(await statusAt(Number(precision))).toBe(0);
    expect(await statusAt(Number(precision) + 1)).toBe(1);
  });

  test('the message names a lower security only if it is above the default', async () => {
    expect(await helpOf(deep, '--security', '256')).toContain('--security 192');
    expect(await helpOf(long, '-O0')).not.toContain('--security');
  });

  test('the message names the larger ring if it fits', async () => {
    expect(await helpOf(long, '-O0')).toContain('--allow-unchecked-ring (N = 65536');
    const { status, stderr, stdout } = await shoalHere([
      'compile',
      long,
      '-O0',
      '--allow-unchecked-ring',
    ]);
    expect(status, stderr).toBe(0);
    expect(stderr).toContain('warning[unchecked-ring]');
    expect(JSON.parse(stdout).params).toMatchObject({
      polyModulusDegree: 65536,
      securityBits: 128,
    });
  });
});
