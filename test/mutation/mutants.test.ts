import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { root } from '../cli/support.ts';
import { expectNoComplaints } from '../support/complaints.ts';
import { missingText } from './mutant.ts';
import { MUTANTS } from './mutants.ts';

/** What `npm run mutate` relies on; the errors themselves take ten minutes. */
describe('the table of mutants', () => {
  it('has texts that occur once in their files: a change of the code renews its mutants', () => {
    expectNoComplaints(MUTANTS.flatMap((mutant) => missingText(root, mutant) ?? []));
  });

  it('has a hundred errors that can be noticed, three quarters of them by npm test', () => {
    const noticed = MUTANTS.filter(({ equivalent }) => equivalent === undefined);
    expect(noticed.length).toBeGreaterThanOrEqual(100);
    const bySample = noticed.filter(({ beyond }) => !beyond);
    expect(bySample.length).toBeGreaterThanOrEqual(0.75 * noticed.length);
  });

  it('names each error once, and tests that exist', () => {
    const ids = MUTANTS.map(({ id }) => id);
    expect(ids.filter((id, i) => ids.indexOf(id) !== i)).toEqual([]);
    const tests = new Set(MUTANTS.flatMap((mutant) => mutant.tests));
    expect([...tests].filter((path) => !existsSync(join(root, path)))).toEqual([]);
    for (const { id, text, wrong, tests } of MUTANTS) {
      expect(wrong, id).not.toBe(text);
      expect(tests.length, id).toBeGreaterThan(0);
    }
  });
});
