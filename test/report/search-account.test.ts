import { expect, test } from 'vitest';
import { compile } from '../../src/compile/compile.ts';
import { defined } from '../../src/lookup.ts';
import { renderSearch } from '../../src/render/search-text.ts';
import { searchAccount } from '../../src/report/search-account.ts';

const QUARTIC = {
  file: 'quartic.circ',
  text: 'input x: cipher within [-1, 1]; output y = x*x*x*x + 2;',
};

test('the runner-up of a quartic is the source form: three products at depth 3', () => {
  const compilation = compile(QUARTIC, { optimizationLevel: 3 });
  const { circuits, budgetUsedUp, runnerUp } = defined(searchAccount(compilation));
  expect(circuits).toBe(compilation.candidates.length);
  expect(budgetUsedUp).toBe(false);
  expect(runnerUp).toMatchObject({ depth: 3, levels: 3, mul: 3, mulPlain: 0, rotate: 0 });
  expect(runnerUp?.predictedMs).toBeGreaterThan(defined(compilation.optimized.ms));
});

test('a search that the budget ends says so', () => {
  // The levels below take all of it.
  const { work } = compile(QUARTIC, { optimizationLevel: 2 });
  const compilation = compile(QUARTIC, { optimizationLevel: 3, budget: work });
  expect(searchAccount(compilation)).toMatchObject({ budgetUsedUp: true });
});

test('there is no account without a search', () => {
  expect(searchAccount(compile(QUARTIC, { optimizationLevel: 2 }))).toBeUndefined();
});

test('the account is two lines', () => {
  const runnerUp = { depth: 3, levels: 3, mul: 1, mulPlain: 0, rotate: 2, predictedMs: 4.25 };
  const account = { circuits: 5, budgetUsedUp: false, runnerUp };
  expect(renderSearch(account, 'nothing better was found')).toEqual([
    '5 circuits compared; the search ended: nothing better was found',
    'runner-up: depth 3, 3 levels, 1 multiplication, 2 rotations, 4.3 ms',
  ]);
  const alone = { circuits: 1, budgetUsedUp: true, runnerUp: null };
  expect(renderSearch(alone, 'the budget was used up')).toHaveLength(1);
});
