import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { at, defined } from '../../src/lookup.ts';
import { root, shoal, workspace } from '../cli/support.ts';
import { page } from './examples.ts';

/**
 * Runs the programs of docs/deployment.md as they are printed. test/cli/docs.test.ts runs the
 * commands before them, of which these need the plan only.
 */

const markdown = page('deployment.md');
const blocksOf = (language: string): readonly string[] =>
  [...markdown.matchAll(new RegExp(`\`\`\`${language}\n([\\s\\S]*?)\`\`\``, 'g'))].map(([, text]) =>
    defined(text),
  );

/** Stands for `/tmp`. */
const space = workspace();
const here = (text: string): string => text.replaceAll('/tmp/', `${space.path}/`);

beforeAll(() => {
  const compile = markdown.match(/^\$ npx shoal (compile .*)$/m)?.[1];
  for (const side of ['client', 'server']) {
    mkdirSync(join(space.path, side));
    const args = here(defined(compile)).replace('/client/', `/${side}/`).split(' ');
    expect(shoal(args).status).toBe(0);
  }
});

afterAll(() => space.remove());

test('the program prints what its comment says', { timeout: 60_000 }, () => {
  const [text, ...more] = blocksOf('ts');
  expect(more).toEqual([]);
  const library = pathToFileURL(join(root, 'src/index.ts')).href;
  const program = here(defined(text)).replace("'shoal'", `'${library}'`);
  const file = space.file('exchange.ts', program);
  const { stdout, stderr } = spawnSync(process.execPath, [file], { encoding: 'utf8' });
  expect(stderr).toBe('');
  // The variance of circuits/vectors/variance.json is 3.4375.
  expect(stdout).toBe('3.44\n');
  expect(program).toContain('// 3.44\n');
});

test('the server and the client print the outputs', { timeout: 60_000 }, async () => {
  const commands = blocksOf('sh').map((block) => {
    const [npx, node, ...args] = here(block.replaceAll('\\\n', ' ')).trim().split(/\s+/);
    expect([npx, node]).toEqual(['npx', 'node']);
    return args;
  });
  expect(commands.length).toBe(2);
  const [serverArgs, clientArgs] = [at(commands, 0), at(commands, 1)];
  const port = at(serverArgs, 2);
  expect(at(clientArgs, 2)).toBe(`http://127.0.0.1:${port}`);
  // Another process may have that port: 0 takes a free one.
  const server: ChildProcess = spawn(process.execPath, [...serverArgs.slice(0, 2), '0'], {
    cwd: root,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  try {
    const [line] = await once(defined(server.stdout), 'data');
    const client = spawnSync(process.execPath, clientArgs.with(2, `${line}`.trim()), {
      cwd: root,
      encoding: 'utf8',
    });
    expect(client.stderr).toBe('');
    const printed = client.stdout.trim().split(/\s+/);
    expect([printed[0], printed[2]]).toEqual(['mean', 'variance']);
    expect(Number(printed[1])).toBeCloseTo(1, 4);
    expect(Number(printed[3])).toBeCloseTo(3.4375, 4);
  } finally {
    const ended = once(server, 'exit');
    server.kill('SIGTERM');
    await ended;
  }
});
