import { readFileSync } from 'node:fs';
import type { Source } from '../../src/syntax/diagnostic.ts';
import { type Exact, fromNumber } from '../../src/tensor/exact.ts';

const file = 'nesterov.circ';
const url = new URL(`../../circuits/logistic-regression/${file}`, import.meta.url);

/** The source of logistic regression over minibatches. */
export const NESTEROV: Source = { file, text: readFileSync(url, 'utf8') };

/** Returns params for k minibatches of 64 images of 14×14 pixels, and other params. */
export function regression(
  k: number,
  others: Readonly<Record<string, number>> = {},
): ReadonlyMap<string, Exact> {
  const params = { k, n: 64, f: 197, ...others };
  return new Map(Object.entries(params).map(([name, x]) => [name, fromNumber(x)]));
}
