import { readFileSync } from 'node:fs';
import { afterAll, describe, expect, test } from 'vitest';
import { shoalHere, workspace } from './support.ts';

const space = workspace();
afterAll(() => space.remove());

const library = space.file(
  'steps.circ',
  'fn step(s, x) {\n  let t = s + x within [-2, 2];\n  return t;\n}\n',
);
const circuit = space.file(
  'sums.circ',
  [
    'include "steps.circ";',
    'input x: cipher[4] within [-2, 2];',
    'var s = 0;',
    'for i in 0..4 {',
    '  s = step(s, x[i]);',
    '}',
    'let [a, b] = [s * s, x[0]] within [0, 4];',
    'var v = x;',
    'v[1..3] *= 0.5 within [-1, 0.5];',
    'output y = a + b + sum(v);',
  ].join('\n'),
);

const data = (x: readonly number[]) => space.file('x.json', JSON.stringify({ x }));
const evaluated = (x: readonly number[], ...options: readonly string[]) =>
  shoalHere(['eval', circuit, '-i', data(x), ...options]);

describe('a promise that the data break is refused before anything is encrypted', () => {
  test.each(['seal', 'plain', 'debug'])('--backend %s', async (backend) => {
    const { status, stdout, stderr } = await evaluated([1, 1, 0.5, 0.5], '--backend', backend);
    expect([status, stdout]).toEqual([1, '']);
    expect(stderr).toContain(
      `${library}:2:3: error[out-of-range]: \`let t\` in iteration 2 is 2.5, ` +
        'and not within [-2, 2] as promised',
    );
  });

  test('as JSON', async () => {
    const { status, stdout } = await evaluated([-1, 1, 0.5, 0.5], '--json');
    expect(status).toBe(1);
    expect(JSON.parse(stdout)).toEqual({
      errors: [
        {
          code: 'out-of-range',
          file: circuit,
          line: 7,
          column: 1,
          message: '`let [a, b]` is -1, and not within [0, 4] as promised',
        },
      ],
    });
  });

  test('of a part of a var, with the element', async () => {
    const { status, stderr } = await evaluated([0, 0.5, 1.5, -1]);
    expect(status).toBe(1);
    expect(stderr).toContain('`v[1..3]` is 0.75 at [1], and not within [-1, 0.5] as promised');
  });

  test('also with measured ranges, and in test vectors', async () => {
    const open = space.file(
      'open.circ',
      'input x: cipher;\nlet y = x*x within [1, 4];\noutput y;\n',
    );
    const vectors = space.file(
      'v.json',
      JSON.stringify({
        vectors: [2, 0.5].map((x) => ({ inputs: { x }, expect: { y: x * x } })),
      }),
    );
    const { status, stderr } = await shoalHere(['eval', open, '--vectors', vectors]);
    expect(status).toBe(1);
    expect(stderr).toContain(`${open}:2:1: error[out-of-range]: \`let y\` is 0.25`);
  });

  test('modulo t by the representative next to 0', async () => {
    const integers = space.file(
      'integers.circ',
      'scheme bgv(t = 257);\ninput x: cipher;\nlet y = x - 5 within [-4, 4];\noutput y;\n',
    );
    const run = (x: number) =>
      shoalHere(['eval', integers, '-i', space.file('i.json', JSON.stringify({ x }))]);
    expect((await run(1)).status).toBe(0);
    const { status, stderr } = await run(0);
    expect(status).toBe(1);
    expect(stderr).toContain('`let y` is -5, and not within [-4, 4] as promised');
  });
});

test('a promise that the data keep changes no result', async () => {
  const { status, stdout } = await evaluated([1, 0.5, 0.25, -1], '--json');
  expect(status, stdout).toBe(0);
  // 0.75² + 1 + (1 + 0.25 + 0.125 - 1)
  expect(JSON.parse(stdout).outputs.y).toBeCloseTo(1.9375, 5);
});

test('no output replaces a file that the circuit includes', async () => {
  const before = readFileSync(library, 'utf8');
  for (const path of [library, circuit]) {
    const { status, stderr } = await shoalHere(['compile', circuit, '-o', path]);
    expect([status, stderr]).toEqual([2, expect.stringContaining(`cannot write ${path}`)]);
  }
  expect(readFileSync(library, 'utf8')).toBe(before);
});

test('the parties of a client and a server take a plan with promises and files', async () => {
  const plan = space.file('plan.json', (await shoalHere(['compile', circuit])).stdout);
  expect((await shoalHere(['inspect', plan])).status).toBe(0);
  const { status, stdout } = await shoalHere([
    'eval',
    plan,
    '-i',
    data([1, 0.5, 0.25, -1]),
    '--json',
  ]);
  expect(status, stdout).toBe(0);
  expect(JSON.parse(stdout).outputs.y).toBeCloseTo(1.9375, 5);
});
