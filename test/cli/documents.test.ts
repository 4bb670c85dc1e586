import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { COMMANDS, type CommandName } from '../../src/cli/commands.ts';
import { DOCUMENTS } from './schemas.ts';
import { quartic, shoalHere, workspace } from './support.ts';

const space = workspace();
afterAll(() => space.remove());
const circuit = space.file('quartic.circ', quartic);
const inputs = space.file('quartic.json', '{ "x": 2 }');
const path = (name: string) => join(space.path, name);
const plan = path('plan.json');
const keys = path('keys');
const upload = path('up.shoal');
const result = path('result.shoal');
const client = ['--keys', keys];

/**
 * A command line for each command but `calibrate`, which measures for a long time and has its own
 * test. They run in the order of the help.
 */
const LINES: Record<Exclude<CommandName, 'calibrate'>, readonly string[]> = {
  check: [circuit],
  report: [circuit],
  explain: [circuit],
  explore: [circuit],
  compile: [circuit],
  eval: [circuit, '-i', inputs],
  keygen: [plan, '-o', keys],
  encrypt: [plan, ...client, '-i', inputs, '-o', upload],
  inspect: [upload],
  decrypt: [plan, ...client, '--in', result],
  verify: [circuit, circuit],
  fmt: [circuit],
};

describe('the document of --json has the documented entries', () => {
  const names = COMMANDS.map(({ name }) => name).filter((name) => name !== 'calibrate');

  test.each(names)('%s', async (name) => {
    if (name === 'decrypt') {
      const keysFile = join(keys, 'evaluation.keys');
      const serving = ['--keys', keysFile, '--in', upload, '-o', result];
      expect(await shoalHere(['eval', plan, ...serving])).toMatchObject({ status: 0 });
    }
    const { status, stdout } = await shoalHere([name, ...LINES[name], '--json']);
    expect(status, stdout).toBe(0);
    if (name === 'compile') writeFileSync(plan, stdout);
    DOCUMENTS[name].parse(JSON.parse(stdout));
  });
});
