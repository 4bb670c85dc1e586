import { describe, expect, test } from 'vitest';
import { ADDED_PASSES } from '../../src/passes/pass-list.ts';
import { shoalHere, workspace } from './support.ts';

const quartic = 'circuits/basics/quartic.circ';
const squared = `input x : cipher
%0 = x * x
%1 = %0 * %0
%2 = %1 + 2
output y = %2
`;

async function printed(...args: readonly string[]): Promise<string> {
  const { status, stderr } = await shoalHere(args);
  expect(status).toBe(0);
  return stderr;
}

describe('--print-after', () => {
  test('prints the circuit after each run of a pass, and names passes that did not run', async () => {
    const passes = ['--passes', 'fold,powers,fold'];
    const asked = ['--print-after', 'fold', '--print-after', 'scan,powers'];
    expect(await printed('report', quartic, ...passes, ...asked)).toBe(
      `after fold, pass 1 of 3
input x : cipher
%0 = x^4
%1 = %0 + 2
output y = %1

after powers, pass 2 of 3
${squared}
after fold, pass 3 of 3: the same circuit

pass 'scan' did not run
`,
    );
  });

  test('all begins with the source form', async () => {
    expect(
      await printed('explain', quartic, '--passes', 'merge,powers', '--print-after', 'all'),
    ).toBe(
      `as written
input x : cipher
%0 = x^4
%1 = %0 + 2
output y = %1

after merge, pass 1 of 2: the same circuit

after powers, pass 2 of 2
${squared}`,
    );
  });

  test('prints only the circuits that led to the one that a search has chosen', async () => {
    const { stdout } = await shoalHere(['report', quartic, '-O3', '--json']);
    const { passes } = JSON.parse(stdout) as { readonly passes: readonly { name: string }[] };
    const text = await printed('explore', quartic, '-O3', '--print-after', 'all');
    const headings = [...text.matchAll(/^after (\S+), pass (\d+) of (\d+)/gm)];
    expect(headings.map(([, name]) => name)).toEqual(passes.map(({ name }) => name));
    expect(headings.map(([, , number]) => Number(number))).toEqual(passes.map((_, i) => i + 1));
  });

  test('shows that blocks of iterations were joined at the end', async () => {
    const space = workspace();
    const file = space.file(
      'loop.circ',
      'input x: cipher within [-1, 1]; var s = x; for i in 0..2 { s = s*s; } output s;',
    );
    const args = [
      'compile',
      file,
      '--unroll',
      '1',
      '--passes',
      'merge',
      '--print-after',
      'merge,release',
    ];
    expect(await printed(...args)).toBe(`after merge, pass 1 of 2
input x : cipher
%0 = x * x
%1 = barrier %0
%2 = %1 * %1
output s = %2

after release, pass 2 of 2
input x : cipher
%0 = x * x
%1 = %0 * %0
output s = %1
`);
    space.remove();
  });

  test('prints the circuits of each stage', async () => {
    const args = [
      'circuits/iterations/inverse.circ',
      '-D',
      'steps=40',
      '-O1',
      '--refresh',
      'client',
    ];
    const text = await printed('report', ...args, '--print-after', 'fold');
    const passes = ADDED_PASSES[1].map(({ name }) => name);
    const fold = `after fold, pass ${passes.indexOf('fold') + 1} of ${passes.length}`;
    const headings = text.split('\n').filter((line) => /^(stage|after)/.test(line));
    expect(headings.slice(0, 4)).toEqual(['stage 1 of 6', fold, 'stage 2 of 6', fold]);
    expect(headings).toHaveLength(12);
  });

  test.each(['--json', '--quiet'])(
    'prints to standard error with %s, too, and changes no result',
    async (option) => {
      const args = ['compile', quartic, option, '--passes', 'powers'];
      const asked = await shoalHere([...args, '--print-after', 'powers']);
      expect(asked.stderr).toBe(`after powers, pass 1 of 1\n${squared}`);
      expect(asked.stdout).toBe((await shoalHere(args)).stdout);
    },
  );

  test('refuses unknown passes, as --passes does', async () => {
    const { status, stderr } = await shoalHere(['compile', quartic, '--print-after', 'blance']);
    expect(status).toBe(2);
    expect(stderr).toContain("--print-after: unknown pass 'blance'; did you mean 'balance'?");
  });
});
