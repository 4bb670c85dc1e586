import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { decrypt } from '../../src/client-server/decrypt-result.ts';
import { defined } from '../../src/lookup.ts';
import type { Plan } from '../../src/plan/plan.ts';
import { shoalHere, workspace } from '../cli/support.ts';

/** What `decrypt` prints: the digits that the plan promises, or all with --full. */

const space = workspace();
afterAll(() => space.remove());
const at = (name: string) => join(space.path, name);

/** Compiles a circuit, encrypts each set of inputs and evaluates all of them as the server. */
async function evaluated(text: string, ...inputs: readonly object[]) {
  const run = async (...args: readonly string[]) => {
    const outcome = await shoalHere(args);
    expect(outcome.status, outcome.stderr).toBe(0);
    return outcome;
  };
  const circuit = space.file('test.circ', text);
  const { stdout } = await run('compile', circuit, '--precision', '8');
  writeFileSync(at('plan.json'), stdout);
  await run('keygen', at('plan.json'), '-o', at('client'), '--force');
  const ups: string[] = [];
  for (const [i, one] of inputs.entries()) {
    const data = ['-i', space.file('in.json', JSON.stringify(one)), '-o', at(`up${i}`)];
    await run('encrypt', at('plan.json'), '--keys', at('client'), ...data, '--force');
    ups.push(at(`up${i}`));
  }
  const serving = ['--keys', at('client/evaluation.keys'), '-o', at('result'), '--force'];
  await run('eval', at('plan.json'), ...serving, '--in', ...ups);
}

const decrypting = (...args: readonly string[]) =>
  shoalHere(['decrypt', at('plan.json'), '--keys', at('client'), '--in', at('result'), ...args]);
const planFile = () => JSON.parse(readFileSync(at('plan.json'), 'utf8')) as Plan;

describe('of real numbers', () => {
  beforeAll(async () => {
    const text = 'input x: cipher within [-3, 3];\noutput y = x^2 / 3;\noutput z = 100 * x;\n';
    await evaluated(text, { x: 1 }, { x: 2 });
  });

  test('are those that the plan promises, in text and JSON; --full prints all', async () => {
    const plan = planFile();
    const raw = await decrypt(plan, at('client/secret.key'), at('result'));
    const bounds = new Map(plan.outputs.map(({ name, errorBound }) => [name, errorBound]));
    const { results, outputs } = JSON.parse((await decrypting('--json')).stdout);
    expect(outputs).toEqual(results[0].outputs);
    raw.forEach((run, i) => {
      for (const [name, data] of run.outputs) {
        const bound = defined(bounds.get(name));
        const printed = results[i].outputs[name] as number;
        // The last digit is worth at least the bound and less than ten times the bound.
        const decimals = `${printed}`.split('.')[1]?.length ?? 0;
        expect(10 ** -decimals).toBeGreaterThanOrEqual(bound);
        const unit = 10 ** Math.ceil(Math.log10(bound));
        expect(Math.abs(printed - defined(data[0]))).toBeLessThanOrEqual((unit / 2) * 1.000001);
      }
    });
    const full = JSON.parse((await decrypting('--json', '--full')).stdout);
    const exact = raw.map(({ outputs }) =>
      Object.fromEntries([...outputs].map(([name, data]) => [name, data[0]])),
    );
    expect(full.results.map((run: { outputs: object }) => run.outputs)).toEqual(exact);
    const lines = exact.map(({ y, z }, i) => `run ${i + 1}\ny = ${y}\nz = ${z}\n`);
    expect((await decrypting('--full')).stdout).toBe(lines.join(''));
    const shown = results.map(
      ({ outputs: { y, z } }: { outputs: { y: number; z: number } }, i: number) =>
        `run ${i + 1}\ny = ${y}\nz = ${z}\n`,
    );
    expect((await decrypting()).stdout).toBe(shown.join(''));
    // 1/3 has other digits than promised ones.
    expect(`${results[0].outputs.y}`.length).toBeLessThan(`${exact[0]?.y}`.length);
  });

  test('come with one line that says why they must not be shared', async () => {
    for (const args of [[], ['--full']]) {
      const { stderr } = await decrypting(...args);
      expect(stderr).toMatch(/^[^\n]*: warning\[secret-noise\]: [^\n]*Li and Micciancio[^\n]*\n$/);
    }
    expect((await decrypting('--quiet')).stderr).toBe('');
    const { warnings } = JSON.parse((await decrypting('--json')).stdout);
    expect(warnings.map(({ code }: { code: string }) => code)).toEqual(['secret-noise']);
  });

  test('of eval, on one’s own data, are always all', async () => {
    const args = ['eval', at('test.circ'), '-i', at('in.json')];
    const { stdout } = await shoalHere([...args, '--backend', 'plain']);
    expect(stdout).toContain(`y = ${(2 * 2) / 3}\n`);
    const encrypted = await shoalHere([...args, '--json']);
    const { y } = JSON.parse(encrypted.stdout).outputs;
    expect(`${y}`.length).toBeGreaterThan(12);
  });
});

test('of integers are all of them, and nothing is said about noise', async () => {
  await evaluated('scheme bfv(t = 4294967296);\ninput x: cipher;\noutput y = 1000000007 * x;\n', {
    x: 4,
  });
  // 4,000,000,028 is below 2^32.
  expect(await decrypting()).toMatchObject({ stdout: 'y = 4000000028\n', stderr: '' });
  const { outputs, warnings } = JSON.parse((await decrypting('--json')).stdout);
  expect([outputs, warnings]).toEqual([{ y: 4_000_000_028 }, []]);
});
