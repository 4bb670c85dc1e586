import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, readdirSync, readFileSync, renameSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { defined } from '../../src/lookup.ts';
import { root, workspace } from '../cli/support.ts';
import { contentsOf, takeApart } from '../files/container.ts';
import { beyond } from '../support/sampling.ts';

/** Client and server as separate processes. The secret key is never in the server's directory. */

const space = workspace();
afterAll(() => space.remove());

function shoal(cwd: string, ...args: string[]) {
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    [join(root, 'src/bin.ts'), ...args, '--json'],
    { cwd, encoding: 'utf8', timeout: 120_000, killSignal: 'SIGKILL' },
  );
  expect([stderr, status, stdout.slice(0, 500)]).toEqual(['', 0, expect.any(String)]);
  return JSON.parse(stdout);
}

interface Directories {
  readonly client: string;
  readonly server: string;
  readonly plan: string;
}

/** Compiles for both sides, and gives the server only the plan and the evaluation keys. */
function setUp(name: string, circuit: string, ...options: string[]): Directories {
  const [client, server] = ['client', 'server'].map((side) => join(space.path, name, side));
  for (const side of [defined(client), defined(server)]) mkdirSync(side, { recursive: true });
  const plan = join(defined(client), 'plan.json');
  shoal(defined(client), 'compile', circuit, '-o', 'plan.json', ...options);
  shoal(defined(client), 'keygen', 'plan.json', '-o', 'keys/');
  cpSync(plan, join(defined(server), 'plan.json'));
  renameSync(
    join(defined(client), 'keys/evaluation.keys'),
    join(defined(server), 'evaluation.keys'),
  );
  return { client: defined(client), server: defined(server), plan };
}

function send({ client, server }: Directories, from: 'client' | 'server', file: string): void {
  const [source, target] = from === 'client' ? [client, server] : [server, client];
  renameSync(join(source, file), join(target, file));
}

type Named = Readonly<Record<string, unknown>>;

/** Returns the cipher or the plain inputs of a plan, as JSON. */
function split(plan: string, inputs: Named, secrecy: string): string {
  const declared = JSON.parse(readFileSync(plan, 'utf8')).inputs as {
    name: string;
    secrecy: string;
  }[];
  const own = declared.filter((input) => input.secrecy === secrecy).map(({ name }) => name);
  return JSON.stringify(Object.fromEntries(own.map((name) => [name, inputs[name]])));
}

const flat = (value: unknown): number[] =>
  typeof value === 'number' ? [value] : (value as unknown[]).flatMap(flat);

const programs = [
  ['basics/complex-product', []],
  ['integers/membership', []],
  ['integers/inner-product', []],
  ['vectors/differences', []],
  ['logistic-regression/predict', []],
  ['learning/layer', ['--client', 'precompute']],
] as const;
const beyondOne = beyond(
  programs.map(([name]) => name),
  1,
);

describe.each(programs)('%s', (name, options) => {
  const rest = beyondOne(name);
  test('in separate processes gives the result of eval', { ...rest, timeout: 300_000 }, () => {
    const circuit = join(root, `circuits/${name}.circ`);
    const inputs = JSON.parse(readFileSync(join(root, `circuits/${name}.json`), 'utf8')) as Named;
    const directories = setUp(name, circuit, ...options);
    const { client, server, plan } = directories;
    space.file(`${name}/client/in.json`, split(plan, inputs, 'cipher'));
    space.file(`${name}/server/plain.json`, split(plan, inputs, 'plain'));
    shoal(client, 'encrypt', 'plan.json', '--keys', 'keys/', '--inputs', 'in.json', '-o', 'up');
    cpSync(join(client, 'up'), join(client, 'sent'));
    send(directories, 'client', 'up');
    expect(readdirSync(server).sort()).toEqual([
      'evaluation.keys',
      'plain.json',
      'plan.json',
      'up',
    ]);
    const files = ['--keys', 'evaluation.keys', '--in', 'up', '-o', 'result'];
    shoal(server, 'eval', 'plan.json', ...files, '--inputs', 'plain.json');
    send(directories, 'server', 'result');
    const args = ['--keys', 'keys/', '--in', 'result', '--upload', 'sent'];
    const { outputs } = shoal(client, 'decrypt', 'plan.json', ...args);
    const all = space.file(`${name}/all.json`, JSON.stringify(inputs));
    const here = shoal(client, 'eval', 'plan.json', '--inputs', all);
    const bounds = here.errorBounds as Readonly<Record<string, number>>;
    expect(Object.keys(outputs)).toEqual(Object.keys(here.outputs));
    for (const [output, bound] of Object.entries(bounds)) {
      const expected = flat(here.outputs[output]);
      flat(outputs[output]).forEach((value, i) => {
        // Both are within the error bound of the clear computation.
        expect(Math.abs(value - defined(expected[i]))).toBeLessThanOrEqual(2 * bound);
      });
    }
  });
});

test('the files that the server gets contain nothing of the secret key', {
  timeout: 120_000,
}, () => {
  const directories = setUp('secrets', join(root, 'circuits/vectors/variance.circ'));
  const { client, server } = directories;
  cpSync(join(root, 'circuits/vectors/variance.json'), join(client, 'in.json'));
  shoal(client, 'encrypt', 'plan.json', '--keys', 'keys/', '--inputs', 'in.json', '-o', 'up');
  send(directories, 'client', 'up');
  const [secret] = takeApart(readFileSync(join(client, 'keys/secret.key'))).parts;
  // Pairs of the key's numbers: a pair in another file would be no coincidence.
  const residues = contentsOf(defined(secret)).subarray(88);
  const pairs = new Set<string>();
  for (let at = 0; at + 16 <= residues.length; at += 8) {
    pairs.add(residues.toString('latin1', at, at + 16));
  }
  const found = (bytes: Buffer): boolean => {
    const text = bytes.toString('latin1');
    for (let at = 0; at + 16 <= text.length; at++)
      if (pairs.has(text.slice(at, at + 16))) return true;
    return false;
  };
  expect(found(readFileSync(join(client, 'keys/secret.key')))).toBe(true);
  // No file of the server has numbers of the secret key, and every part is of an allowed type.
  const received = readdirSync(server);
  expect(received.sort()).toEqual(['evaluation.keys', 'plan.json', 'up']);
  for (const file of received) expect(found(readFileSync(join(server, file)))).toBe(false);
  const types = (file: string) =>
    new Set(takeApart(readFileSync(join(server, file))).parts.map(({ head }) => head[4]));
  expect(types('evaluation.keys')).toEqual(new Set([2, 3, 4]));
  expect(types('up')).toEqual(new Set([5]));
  // The description, which is text, has no further fact about the client.
  expect(
    JSON.parse(takeApart(readFileSync(join(server, 'up'))).head.toString('utf8', 132)),
  ).toEqual({
    circuit: 'variance.circ',
    coeffModulusBits: expect.any(Array),
    inputs: ['x'],
    polyModulusDegree: expect.any(Number),
    scheme: 'ckks',
    securityBits: 128,
    seeded: true,
  });
  expect(statSync(join(client, 'keys/secret.key')).mode & 0o777).toBe(0o600);
});

test('there may be more uploads than files that a process can open', { timeout: 120_000 }, () => {
  const circuit = space.file(
    'many.circ',
    'scheme bfv(t=257);\ninput x: cipher;\noutput y = 3*x;\n',
  );
  const { client, server } = setUp('many', circuit);
  space.file('many/client/in.json', '{ "x": 5 }');
  shoal(client, 'encrypt', 'plan.json', '--keys', 'keys/', '-i', 'in.json', '-o', 'up');
  const uploads = Array.from({ length: 200 }, (_, i) => `up${i}`);
  for (const upload of uploads) cpSync(join(client, 'up'), join(server, upload));
  const command = [process.execPath, join(root, 'src/bin.ts'), 'eval', 'plan.json'].join(' ');
  const files = `--keys evaluation.keys --in ${uploads.join(' ')} -o result --quiet`;
  const limited = spawnSync('sh', ['-c', `ulimit -n 64; ${command} ${files}`], {
    cwd: server,
    encoding: 'utf8',
    timeout: 60_000,
    killSignal: 'SIGKILL',
  });
  expect([limited.stderr, limited.status]).toEqual(['', 0]);
  renameSync(join(server, 'result'), join(client, 'result'));
  const result = shoal(client, 'decrypt', 'plan.json', '--keys', 'keys/', '--in', 'result');
  expect(flat(result.results.map((run: Named) => (run.outputs as Named).y))).toEqual(
    uploads.map(() => 15),
  );
});
