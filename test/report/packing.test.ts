import { afterAll, expect, test } from 'vitest';
import { compile } from '../../src/compile/compile.ts';
import { defined } from '../../src/lookup.ts';
import type { TensorPacking } from '../../src/packing/describe-packing.ts';
import { renderPacking } from '../../src/render/packing-text.ts';
import { Report } from '../cli/schemas.ts';
import { shoalHere, workspace } from '../cli/support.ts';

const z: TensorPacking = {
  what: 'input Z',
  line: 7,
  shape: [2, 64, 197],
  grid: 'rows × columns: 64 × 256 slots',
  copies: '',
  padding: '59 columns hold zeros',
  ciphertexts: 2,
  level: 5,
};
const step: TensorPacking = {
  what: 'step/n * (Z[t].T @ g(Z[t] @ w)) + momentum',
  line: 14,
  shape: [197],
  grid: 'columns: 256 slots',
  copies: '64 times along rows',
  padding: '59 columns hold what the sums leave there',
  ciphertexts: 1,
  level: 0,
};
const p: TensorPacking = {
  what: 'input p',
  line: undefined,
  shape: [],
  grid: '1 slot',
  copies: '',
  padding: '',
  ciphertexts: 0,
  level: null,
};

test('a tensor has a row, and its layout below in words', () => {
  expect(renderPacking([z, step, p], false).split('\n')).toEqual([
    'tensor                            shape         ciphertexts  level  line',
    'input Z                           [2, 64, 197]            2      5     7',
    '  rows × columns: 64 × 256 slots; 59 columns hold zeros',
    'step/n * (Z[t].T @ g(Z[t] @ w))…  [197]                   1      0    14',
    '  columns: 256 slots; 64 times along rows; 59 columns hold what the sums leave',
    '  there',
    'input p                           scalar                  0      –',
    '  1 slot',
  ]);
});

test('it fits a terminal with any tensors', () => {
  const large: TensorPacking = {
    ...step,
    what: 'a\n  + '.repeat(200),
    line: 99_999,
    shape: [1024, 1024, 1024],
    copies: 'many times, along rows and columns, '.repeat(20),
    ciphertexts: 1e10,
    level: 17,
  };
  const lines = renderPacking([large], false).split('\n');
  expect(lines.length).toBeGreaterThan(8);
  for (const line of lines) expect(line.length).toBeLessThanOrEqual(80);
  expect(lines[1]).toMatch(/^a \+ a \+ .*… {2}\[1024, 1024, 1024\] {2}10000000000 {5}17 {2}99999$/);
});

test('if there are many, the first are shown, and the number of others', () => {
  const lines = renderPacking(new Array(45).fill(z), false).split('\n');
  expect(lines).toHaveLength(1 + 2 * 40 + 1);
  expect(lines.at(-1)).toBe('… 5 more');
  expect(renderPacking(new Array(40).fill(z), false)).not.toContain('more');
});

test('colors do not change the text', () => {
  const colored = renderPacking([z, step], true);
  expect(colored).toContain('\x1b[');
  // biome-ignore lint/suspicious/noControlCharactersInRegex: the escape that colors begin with
  expect(colored.replace(/\x1b\[\d+m/g, '')).toBe(renderPacking([z, step], false));
});

test('describes how inputs and computed tensors lie', () => {
  const text = `input A: cipher[3, 60] within [-1, 1];
input u: cipher[60] within [-1, 1];
let y = A @ u;
output s = y * y;
`;
  const { optimized } = compile({ file: 'x.circ', text }, { optimizationLevel: 2 });
  const [matrix, ...others] = optimized.packing;
  expect(matrix).toMatchObject({
    what: 'input A',
    line: 1,
    shape: [3, 60],
    ciphertexts: 1,
    level: 2,
  });
  expect(matrix?.grid).toMatch(/^(columns × rows: 64 × 4|rows × columns: 4 × 64) slots$/);
  expect(others.map(({ what, line, level }) => [what, line, level])).toEqual([
    ['input u', 2, 2],
    ['A @ u', 3, 1],
    ['y * y', 4, 0],
  ]);
});

const space = workspace();
afterAll(() => space.remove());

test('report --packing shows the usual report first; JSON always has the list', async () => {
  const circuit = space.file('v.circ', 'input v: cipher[8] within [-1, 1];\noutput s = sum(v);\n');
  const untimed = (text: string) => text.replace(/[\d.]+ m?s\b/g, '').replace(/\s+/g, ' ');
  const usual = await shoalHere(['report', circuit]);
  const { status, stdout } = await shoalHere(['report', circuit, '--packing']);
  expect(status).toBe(0);
  expect(untimed(stdout).startsWith(untimed(usual.stdout).trimEnd())).toBe(true);
  const json = Report.parse(JSON.parse((await shoalHere(['report', circuit, '--json'])).stdout));
  expect(Array.isArray(json.packing)).toBe(true);
});

test('many rotation offsets are wrapped', async () => {
  const text =
    'input v: cipher[64] within [-1, 1];\nlet w = v*v;\nvar s = w;\nfor i in 1..60 { s = s + i*rotate(w, i); }\noutput s;\n';
  const { stdout } = await shoalHere(['report', space.file('r.circ', text), '-O', '0']);
  const from = stdout.indexOf('rotation offsets: 1, 2, 3, ');
  expect(from).toBeGreaterThan(0);
  const paragraph = defined(stdout.slice(from).split('\n\n')[0]);
  const lines = paragraph.split('\n');
  expect(lines.length).toBeGreaterThan(2);
  for (const line of lines) expect(line.length).toBeLessThan(80);
  expect(paragraph.replaceAll('\n', ' ')).toMatch(/59; up to level \d$/);
});
