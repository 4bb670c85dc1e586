import { expect, test } from 'vitest';
import { changes } from './compare.ts';
import type { Figures } from './figures.ts';

const FIGURES = {
  depth: 2,
  levels: 3,
  mul: 4,
  mulPlain: 5,
  rotate: 6,
  predictedMs: 70,
  work: 800,
  compileMs: 9,
} satisfies Figures;

/** Returns figure and kind of each change at a setting. */
function kindsOf(setting: string, before: Partial<Figures>, after: Partial<Figures>) {
  const table = (figures: Partial<Figures>) => ({ p: { [setting]: { ...FIGURES, ...figures } } });
  return changes(table(before), table(after)).map(({ figure, kind }) => [figure, kind]);
}

test('equal figures are no change, nor are the work and time of the compiler', () => {
  expect(kindsOf('-O3 time', {}, { work: 9_000, compileMs: 1 })).toEqual([]);
});

test.each(['depth', 'levels', 'mul', 'mulPlain', 'rotate', 'predictedMs'] as const)(
  'a larger %s is worse, a smaller one is better',
  (figure) => {
    const larger = { [figure]: FIGURES[figure] + 1 };
    expect(kindsOf('-O0', {}, larger)).toEqual([[figure, 'worse']]);
    expect(kindsOf('-O0', larger, {})).toEqual([[figure, 'better']]);
  },
);

test('more products for less time are a trade', () => {
  const [before, after] = [{}, { mul: 5, predictedMs: 60 }];
  const better = ['predictedMs', 'better'];
  expect(kindsOf('-O3 time', before, after)).toEqual([['mul', 'traded'], better]);
  expect(kindsOf('-O3 depth', before, after)).toEqual([['mul', 'traded'], better]);
});

test('a level more for less time is a trade only if time is asked for', () => {
  const [before, after] = [{}, { levels: 4, predictedMs: 60 }];
  const better = ['predictedMs', 'better'];
  expect(kindsOf('-O3 time', before, after)).toEqual([['levels', 'traded'], better]);
  expect(kindsOf('-O3 depth', before, after)).toEqual([['levels', 'worse'], better]);
});

test('lost parameters are worse than any time', () => {
  expect(kindsOf('-O3 time', {}, { predictedMs: null })).toEqual([['predictedMs', 'worse']]);
  expect(kindsOf('-O3 time', { predictedMs: null }, {})).toEqual([['predictedMs', 'better']]);
});

test('a program that no longer compiles is worse; a new program is no change', () => {
  const before = { p: { '-O0': FIGURES } };
  const after = { p: { '-O0': { error: 'too large' } }, q: { '-O0': FIGURES } };
  expect(changes(before, after)).toEqual([
    {
      program: 'p',
      setting: '-O0',
      figure: 'result',
      before: 'compiles',
      after: 'too large',
      kind: 'worse',
    },
  ]);
});
