import { expect, test } from 'vitest';
import type { Candidate } from '../../src/compile/candidate.ts';
import type { Compilation } from '../../src/compile/compile.ts';
import { paretoFront } from '../../src/report/pareto-front.ts';

/** Returns a candidate with these figures. */
function candidate(depth: number, mul: number, ms?: number): Candidate {
  const measures = { depth, levels: depth, width: 1, ops: { mul } };
  return { measures, ...(ms === undefined ? {} : { ms }), uploadBytes: 1 } as unknown as Candidate;
}

const frontOf = (candidates: readonly Candidate[], optimized: Candidate | undefined) =>
  paretoFront({ candidates, optimized } as unknown as Compilation);

test('a circuit that no other beats in everything is on the front, the shallowest first', () => {
  const [deep, shallow, beaten] = [candidate(3, 4, 10), candidate(2, 9, 20), candidate(3, 9, 20)];
  const front = frontOf([deep, shallow, beaten], deep);
  expect(front).toEqual([
    { candidate: shallow, chosen: false },
    { candidate: deep, chosen: true },
  ]);
});

test('of equal circuits the first is on the front, and always the chosen one', () => {
  const [one, same, worse] = [candidate(2, 4, 10), candidate(2, 4, 10), candidate(2, 5, 10)];
  expect(frontOf([one, same, worse], one).map((point) => point.candidate)).toEqual([one]);
  const chosen = frontOf([one, worse], worse);
  expect(chosen.map((point) => [point.candidate, point.chosen])).toEqual([
    [one, false],
    [worse, true],
  ]);
});

test('a circuit without parameters takes more time than any other', () => {
  const [none, slow] = [candidate(2, 4), candidate(2, 4, 1e9)];
  expect(frontOf([none, slow], slow).map((point) => point.candidate)).toEqual([slow]);
});
