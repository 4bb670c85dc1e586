import { execFileSync, spawn } from 'node:child_process';
import {
  copyFileSync,
  linkSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  symlinkSync,
  truncateSync,
} from 'node:fs';
import { basename, join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { inspect } from '../../src/client-server/inspect-file.ts';
import { npy, root, shoal, shoalHere, workspace } from './support.ts';

/**
 * A path of a command line leads to a file or a pipe, or is `-`. Plan, keys, upload and result are
 * those of test/plan-files/old; the circuit has the cipher inputs 'a' and 'b' and the plain 'p'.
 */

const space = workspace();
afterAll(() => space.remove());

const old = (name: string) => join(root, 'test/plan-files/old/client-server', name);
const plan = old('sum.json');
const circuit = space.file('plus.circ', 'input x: cipher within [-1, 4];\noutput y = x + 1;\n');
const vector = space.file('v.circ', 'input v: cipher[2] within [-1, 4];\noutput y = v + 1;\n');
const ciphers = space.file('ciphers.json', '{ "a": 1, "b": 2 }');
const plains = space.file('plains.json', '{ "p": 3 }');
const vectors = space.file(
  'vectors.json',
  '{ "vectors": [{ "inputs": { "x": 2 }, "expect": { "y": 3 } }] }',
);

/** Makes a pipe with the name of a file, to which a process writes the contents of that file. */
let pipes = 0;
function pipeFrom(file: string): string {
  const directory = join(space.path, `pipes${++pipes}`);
  mkdirSync(directory);
  const pipe = join(directory, basename(file));
  execFileSync('mkfifo', [pipe]);
  spawn('sh', ['-c', 'cat "$0" > "$1"', file, pipe], { stdio: 'ignore' });
  return pipe;
}

const DECRYPT = [
  ...['decrypt', plan, '--keys', old('secret.key'), '--in', old('result.shoal')],
  ...['--upload', old('upload.shoal')],
];

describe('pipes in place of all files that are read:', () => {
  test.each([
    [['check', circuit]],
    [['fmt', circuit]],
    [['report', circuit, '-O0']],
    [['explain', circuit, '-O0']],
    [['explore', circuit, '-O0']],
    [['compile', circuit, '-O0', '--emit', 'dot']],
    [['verify', circuit, circuit]],
    [['eval', circuit, '--vectors', vectors, '--backend', 'plain', '-O0']],
    [['inspect', plan]],
    [['inspect', old('upload.shoal')]],
    [DECRYPT],
  ])('%j', async (line) => {
    let from: readonly string[] = [];
    const piped = line.map((word) => {
      if (!word.startsWith('/')) return word;
      const pipe = pipeFrom(word);
      from = [...from, pipe];
      return pipe;
    });
    const expected = await shoalHere(line);
    const outcome = await shoalHere(piped);
    const text = from.reduce(
      (rest, pipe, i) => rest.replaceAll(pipe, line.filter((w) => w.startsWith('/'))[i] ?? ''),
      outcome.stdout,
    );
    const withoutTimes = (printed: string) => printed.replace(/[\d.]+ (ms|s|MiB)\b/g, '…');
    expect(outcome).toMatchObject({ status: 0 });
    expect(withoutTimes(text)).toBe(withoutTimes(expected.stdout));
  });

  test('keys, uploads and plain inputs, of which results are made', async () => {
    const result = join(space.path, 'result.shoal');
    const upload = join(space.path, 'upload.shoal');
    const encrypt = ['encrypt', pipeFrom(plan), '--keys', pipeFrom(old('public.key'))];
    const encrypted = await shoalHere([...encrypt, '-i', pipeFrom(ciphers), '-o', upload]);
    expect(encrypted).toMatchObject({ status: 0 });
    const serve = ['eval', pipeFrom(plan), '--keys', pipeFrom(old('evaluation.keys'))];
    const inputs = ['--in', pipeFrom(upload), '-i', pipeFrom(plains)];
    expect(await shoalHere([...serve, ...inputs, '-o', result])).toMatchObject({ status: 0 });
    const decrypted = await shoalHere([
      'decrypt',
      plan,
      '--keys',
      old('secret.key'),
      '--in',
      result,
    ]);
    expect(decrypted.stdout).toBe('s = 10\nq = 6\n');
  });
});

describe('standard input and output', () => {
  /** Runs commands that are joined by pipes. */
  const run = (script: string): string =>
    execFileSync('bash', ['-o', 'pipefail', '-c', script], {
      encoding: 'utf8',
      env: { ...process.env, S: `${process.execPath} ${join(root, 'src/bin.ts')}` },
      cwd: space.path,
      stdio: ['ignore', 'pipe', 'pipe'],
    });

  test('join the commands of a client and a server', () => {
    const keys = join(old(''), '.');
    const printed = run(
      `cat ${ciphers} | $S encrypt ${plan} --keys ${keys} -i - -o - | ` +
        `$S eval ${plan} --keys ${keys}/evaluation.keys --in - -i ${plains} -o - | ` +
        `$S decrypt ${plan} --keys ${keys} --in -`,
    );
    expect(printed).toBe('s = 10\nq = 6\n');
  });

  test('are a file, too', () => {
    expect(run(`$S check - < ${circuit}`)).toBe('-: ok\n');
    expect(run(`$S compile - -o - < ${circuit} | $S inspect - | head -1`)).toBe(
      'kind          plan\n',
    );
  });

  test('take an upload, and the line about it becomes a note', async () => {
    const line = ['encrypt', plan, '--keys', old('public.key'), '-i', ciphers, '-o', '-'];
    const { status, stdout, stderr, bytes } = await shoalHere(line);
    expect({ status, stdout }).toEqual({ status: 0, stdout: '' });
    expect(stderr).toMatch(/\n- {2}\S+ KiB: upload [0-9a-f]{32}, a, b, .*\n$/);
    const { header } = await inspect(bytes ?? new Uint8Array());
    expect(header.description.inputs).toEqual(['a', 'b']);
    expect((await shoalHere([...line, '--quiet'])).stderr).toBe('');
  });

  test.each([
    [['check', '-', '-'], 'which can be read once'],
    [['verify', '-', '-'], 'which can be read once'],
    [['eval', '-', '--inputs', '-'], 'which can be read once'],
    [['eval', circuit, '--input', 'x=-', '--vectors', '-'], 'which can be read once'],
    [['encrypt', '-', '--keys', '-', '-o', 'u.shoal'], 'which can be read once'],
    [['eval', plan, '--keys', 'k', '--in', '-', '-', '-o', 'r'], 'which can be read once'],
    [['decrypt', plan, '--keys', 'k', '--in', '-', '--upload', '-'], 'which can be read once'],
    [['encrypt', plan, '--keys', 'k', '-o', '-', '--json'], 'both write standard output'],
    [['eval', plan, '--keys', 'k', '--in', 'u', '-o', '-', '--json'], 'both write standard output'],
    [['keygen', plan, '-o', '-'], 'name a directory'],
    [['explore', circuit, '-o', '-'], 'name a directory'],
    [['fmt', '--write', '-'], 'is standard input'],
  ])('are refused in %j', async (line, message) => {
    const { status, stdout, stderr } = await shoalHere(line);
    expect(status).toBe(2);
    expect(`${stdout}${stderr}`).toContain(message);
  });
});

test.each([
  ['JSON', Buffer.from('\n [1,\n 2]')],
  ['a row', Buffer.from('1, 2\n')],
  ['a column below a header', Buffer.from('# numbers\nv\n1\n2\n')],
  ['numpy', npy('<f4', [2], [1, 2])],
])('the content tells the format of an input from a pipe: %s', async (_, content) => {
  const file = space.file('content', content);
  const line = ['eval', vector, '--backend', 'plain', '-O0', '--json', '--input'];
  const { stdout } = await shoalHere([...line, `v=${pipeFrom(file)}`]);
  expect(JSON.parse(stdout).outputs).toEqual({ y: [2, 3] });
  expect(await shoalHere([...line, `v=${file}`])).toMatchObject({ status: 2 });
});

describe('what is too large is not read:', () => {
  const huge = space.file('huge', '');
  truncateSync(huge, 2 ** 40);
  const hugeJson = space.file('huge.json', '{');
  truncateSync(hugeJson, 2 ** 40);

  test.each([
    [['check', huge], 'the circuit has more than 8 MiB'],
    [['check', '/dev/zero'], 'the circuit has more than 8 MiB'],
    [['eval', huge, '-i', vectors], 'the circuit has more than 8 MiB'],
    [['eval', hugeJson, '-i', vectors], 'there are more than 500 MiB'],
    [['eval', circuit, '--vectors', hugeJson], 'there are more than 500 MiB'],
    [['eval', circuit, '--input', `x=${hugeJson}`], 'there are more than 500 MiB'],
    [['encrypt', hugeJson, '--keys', huge, '-o', 'u'], 'there are more than 500 MiB'],
    [['inspect', hugeJson], 'there are more than 500 MiB'],
  ])('%j', async (line, message) => {
    const { status, stdout } = await shoalHere([...line, '--json']);
    expect(status).toBe(1);
    expect(JSON.parse(stdout).errors).toMatchObject([
      { code: 'file-too-large', message: expect.stringContaining(message) },
    ]);
  });
});

describe('no command replaces what it reads, even with --force:', () => {
  const at = (name: string) => join(space.path, 'kept', name);
  mkdirSync(join(space.path, 'kept'));
  for (const name of readdirSync(old(''))) copyFileSync(old(name), at(name));
  copyFileSync(circuit, at('plus.circ'));
  copyFileSync(ciphers, at('ciphers.json'));
  copyFileSync(plains, at('plains.json'));
  const keptPlan = at('sum.json');
  const encrypt = ['encrypt', keptPlan, '--keys', at(''), '-i', at('ciphers.json'), '--force'];
  const serve = [
    ...['eval', keptPlan, '--keys', at('evaluation.keys'), '--in', at('upload.shoal')],
    ...['-i', at('plains.json'), '--force'],
  ];

  const CASES: readonly (readonly [line: readonly string[], written: string])[] = [
    [['compile', at('plus.circ')], 'plus.circ'],
    [encrypt, 'secret.key'],
    [encrypt, 'sum.json'],
    [encrypt, 'ciphers.json'],
    [serve, 'evaluation.keys'],
    [serve, 'upload.shoal'],
    [serve, 'sum.json'],
    [serve, 'plains.json'],
  ];

  test.each(CASES)('%j -o %s', async (line, name) => {
    const before = readFileSync(at(name));
    symlinkSync(at(name), join(space.path, 'soft'));
    linkSync(at(name), join(space.path, 'hard'));
    for (const output of [at(name), join(space.path, 'soft'), join(space.path, 'hard')]) {
      const { status, stderr, files } = await shoalHere([...line, '-o', output]);
      expect({ status, files }).toEqual({ status: 2, files: [] });
      expect(stderr).toContain('a file that this command reads; name another one');
      expect(readFileSync(output)).toEqual(before);
    }
    execFileSync('rm', [join(space.path, 'soft'), join(space.path, 'hard')]);
  });

  test('keygen, into the directory of its plan', async () => {
    mkdirSync(at('keys'));
    copyFileSync(plan, at('keys/public.key'));
    const line = ['keygen', at('keys/public.key'), '-o', at('keys'), '--force'];
    const { status, stderr } = await shoalHere(line);
    expect({ status, stderr }).toEqual({
      status: 2,
      stderr: `shoal: cannot write ${at('keys/public.key')}: it is a file that this command reads; name another one\n`,
    });
    expect(readdirSync(at('keys'))).toEqual(['public.key']);
    expect(readFileSync(at('keys/public.key'))).toEqual(readFileSync(plan));
  });

  test('explore, whose files have names of its own', () => {
    const own = join(space.path, '1.plan.json');
    copyFileSync(circuit, own);
    const { status, stderr } = shoal(['explore', own, '-O0', '-o', space.path, '-q']);
    expect(status).toBe(2);
    expect(stderr).toContain(`cannot write ${own}: it is a file that this command reads`);
    expect(readFileSync(own)).toEqual(readFileSync(circuit));
  });

  test('but fmt --write rewrites its files', () => {
    const file = space.file('loose.circ', 'input x:cipher;output y=x;');
    expect(shoal(['fmt', '--write', file]).status).toBe(0);
    expect(readFileSync(file, 'utf8')).toBe('input x: cipher;\noutput y = x;\n');
  });
});
