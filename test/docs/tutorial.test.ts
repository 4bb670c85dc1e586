import { existsSync, readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { compile } from '../../src/compile/compile.ts';
import { at, lookUp } from '../../src/lookup.ts';
import { evaluateInClear } from '../../src/report/deviations.ts';
import { examplesOf, page } from './examples.ts';

/** Tests the statements of docs/tutorial.md. test/cli/docs.test.ts runs its commands. */

const markdown = page('tutorial.md');
const example = at(examplesOf(markdown), 0);

const file = 'risk-score.circ';
const { source, checked } = compile({ file, text: example.text }, { optimizationLevel: 0 });

/** Returns the risk that the circuit computes for a score, split into a bias and equal weights. */
function riskAt(score: number): number {
  const bias = Math.sign(score) * Math.min(1, Math.abs(score));
  const weights = Array<number>(4).fill((score - bias) / 4);
  const values = { patient: [1, 1, 1, 1], weights, bias: [bias] };
  const inputs = Object.entries(values).map(([name, data]) => {
    return [name, { data: Float64Array.from(data), locationOf: () => ({ file }) }] as const;
  });
  return at(lookUp(evaluateInClear(source.circuit, new Map(inputs), checked), 'risk'), 0);
}

const sigmoid = (x: number) => 1 / (1 + Math.exp(-x));

test('shows the circuit that it runs', () => {
  const file = new URL('../../circuits/learning/risk-score.circ', import.meta.url);
  expect(example.text).toBe(readFileSync(file, 'utf8'));
});

test('states the largest distance of the polynomial from the sigmoid', () => {
  const scores = Array.from({ length: 161 }, (_, i) => i / 10 - 8);
  const distances = scores.map((score) => Math.abs(riskAt(score) - sigmoid(score)));
  expect(Math.max(...distances)).toBeLessThanOrEqual(0.033);
  expect(Math.max(...distances)).toBeGreaterThan(0.032);
  expect(riskAt(1.0625)).toBeCloseTo(0.72, 2);
  expect(sigmoid(1.0625)).toBeCloseTo(0.74, 2);
});

test('fits a terminal of 80 columns', () => {
  const blocks = markdown.match(/(?<=```console\n)[\s\S]*?(?=```)/g) ?? [];
  expect(blocks.length).toBeGreaterThan(5);
  expect(blocks.flatMap((text) => text.split('\n')).filter((line) => line.length > 80)).toEqual([]);
});

test('links to existing files and headings', () => {
  const slug = (heading: string) =>
    heading
      .toLowerCase()
      .replace(/[^\w -]/g, '')
      .replaceAll(' ', '-');
  for (const [, path, anchor] of markdown.matchAll(/\]\(([^)#]+)#?([^)]*)\)/g)) {
    const file = new URL(`../../docs/${path}`, import.meta.url);
    expect(existsSync(file), path).toBe(true);
    const headings = readFileSync(file, 'utf8').match(/(?<=^#+ ).*$/gm) ?? [];
    if (anchor) expect(headings.map(slug)).toContain(anchor);
  }
});
