import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Errors } from '../cli/schemas.ts';
import { quartic, shoalHere, workspace } from '../cli/support.ts';

/** A client checks which plan it encrypts for. */

const space = workspace();
afterAll(() => space.remove());
const at = (name: string) => join(space.path, name);
const circuit = space.file('quartic.circ', quartic);
const plan = at('plan.json');
const options = ['--precision', '12'];
let digest = '';

beforeAll(async () => {
  space.file('x.json', '{ "x": 1.5 }');
  const { stderr, files } = await shoalHere(['compile', circuit, ...options, '-o', plan]);
  for (const { path, content } of files) writeFileSync(path, content);
  digest = /^plan digest ([0-9a-f]{64})\n$/.exec(stderr)?.[1] ?? '';
  expect(await shoalHere(['keygen', plan, '-o', at('client')])).toMatchObject({ status: 0 });
});

const encrypting = (...args: readonly string[]) => {
  const own = ['encrypt', plan, '--keys', at('client'), '-i', at('x.json'), '-o', at('up')];
  return shoalHere([...own, '--force', ...args]);
};

/** The error of `encrypt`, with neither keys nor data, which are read later. */
async function refusal(...args: readonly string[]) {
  const own = ['encrypt', plan, '--keys', at('none'), '-i', at('none.json'), '-o', at('unwritten')];
  const { status, stdout } = await shoalHere([...own, ...args, '--json']);
  expect(existsSync(at('unwritten'))).toBe(false);
  const [error] = Errors.parse(JSON.parse(stdout)).errors;
  return { status, code: error?.code, message: error?.message };
}

test('encrypt and keygen say for which plan', async () => {
  const { status, stdout } = await encrypting();
  expect(status).toBe(0);
  const lines = stdout.split('\n').map((line) => line.replace(/ +/g, ' '));
  expect(lines.slice(0, 5)).toEqual([
    'circuit quartic.circ',
    `plan digest ${digest}`,
    'security 128 bits',
    'inputs x: cipher within [-3, 3]',
    expect.stringMatching(/^outputs y: error at most \d(\.\d+)?e-\d$/),
  ]);
  const json = JSON.parse((await encrypting('--json')).stdout);
  expect(json).toMatchObject({
    digest,
    plan: {
      circuit: 'quartic.circ',
      scheme: 'ckks',
      securityBits: 128,
      inputs: [{ name: 'x', secrecy: 'cipher', shape: [], range: [-3, 3] }],
      outputs: [{ name: 'y', shape: [] }],
    },
    inputs: ['x'],
  });
  const inspected = JSON.parse((await shoalHere(['inspect', plan, '--json'])).stdout);
  const { inputs, outputs } = json.plan;
  expect(inspected).toMatchObject({ digest, inputs, outputs });
  const upload = JSON.parse((await shoalHere(['inspect', at('up'), '--json'])).stdout);
  expect(upload).toMatchObject({ digest, circuit: 'quartic.circ' });
  const keys = await shoalHere(['keygen', plan, '-o', at('client'), '--force']);
  expect(keys.stdout).toContain(`plan digest ${digest}\n`);
});

describe('--expect', () => {
  test('takes the digest of the plan, in any case', async () => {
    expect((await encrypting('--expect', digest)).status).toBe(0);
    expect((await encrypting('--expect', digest.toUpperCase())).status).toBe(0);
  });

  test('refuses another plan before data and keys are read', async () => {
    const other = digest.replace(/^./, (digit) => (digit === '0' ? '1' : '0'));
    expect(await refusal('--expect', other)).toEqual({
      status: 1,
      code: 'unexpected-plan',
      message: `this plan has the digest ${digest}, not the expected ${other}`,
    });
  });

  test('refuses a prefix, and anything else that is no digest', async () => {
    for (const text of [
      digest.slice(0, 12),
      digest.slice(1),
      `${digest}0`,
      `0x${digest}`,
      'plan',
    ]) {
      const { status, code, message } = await refusal('--expect', text);
      expect([text, status, code]).toEqual([text, 2, 'usage']);
      expect(message).toContain('Give all 64 hexadecimal digits of the digest.');
    }
  });
});

describe('--source', () => {
  test('takes the circuit and the options that the plan was compiled with', async () => {
    const { status, stderr } = await encrypting('--source', circuit, ...options);
    expect([status, stderr]).toEqual([0, '']);
  });

  const similar = (name: string, text: string) => {
    mkdirSync(at(name), { recursive: true });
    return space.file(`${name}/quartic.circ`, text);
  };

  test.each([
    ['another precision', [circuit], 'precisionBits is 12 in the plan, 20 when compiled'],
    [
      'another security',
      [circuit, ...options, '--security', '192'],
      'params.securityBits is 128 in the plan, 192 when compiled',
    ],
    [
      'another range',
      [similar('range', quartic.replace('[-3', '[-2')), ...options],
      'inputs[0].range[0] is -3 in the plan, -2 when compiled',
    ],
    [
      'another name',
      [space.file('fourth.circ', quartic), ...options],
      'circuit is "quartic.circ" in the plan, "fourth.circ" when compiled',
    ],
    [
      'another constant',
      [similar('constant', quartic.replace('+ 2', '+ 3')), ...options],
      'ops[5].data is 2 in the plan, 3 when compiled',
    ],
    [
      'another optimization level',
      [circuit, ...options, '-O0'],
      'params.coeffModulusBits[3] is 60 in the plan, 32 when compiled',
    ],
    [
      'another output',
      [similar('output', quartic.replace('output y', 'output z')), ...options],
      'outputs[0].name is "y" in the plan, "z" when compiled',
    ],
  ])('refuses a plan of %s, and says where it differs', async (_, args, difference) => {
    const { status, code, message } = await refusal('--source', ...args);
    expect([status, code]).toEqual([1, 'unexpected-plan']);
    expect(message).toContain(`.circ compiles to another plan: ${difference};`);
  });

  test('refuses a circuit as compile does', async () => {
    const wrong = space.file('wrong.circ', 'output y = z;\n');
    expect(await refusal('--source', wrong)).toMatchObject({ status: 1, code: 'unknown-name' });
    const missing = await refusal('--source', at('missing.circ'));
    expect(missing).toMatchObject({ status: 2, code: 'cannot-read' });
    const deep = space.file(
      'deep.circ',
      'input x: cipher within [0, 1];\nvar y = x;\nfor t in 0..40 { y = y * y; }\noutput y;\n',
    );
    const tooDeep = await refusal('--source', deep);
    expect(tooDeep).toMatchObject({ status: 1, code: 'no-parameters' });
    expect(tooDeep.message).not.toContain('--refresh');
  });

  test('is what the options for compiling belong to', async () => {
    for (const given of [
      ['-O', '3'],
      ['-D', 'k=1'],
      ['--security', '192'],
      ['--cost-model', 'm.json'],
    ])
      expect(await refusal(...given)).toMatchObject({
        status: 2,
        code: 'usage',
        message: `${given[0]} is for --source; ${plan} is compiled already`,
      });
  });
});
