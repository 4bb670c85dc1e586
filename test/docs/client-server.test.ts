import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { type IncomingMessage, request } from 'node:http';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { encrypt } from '../../src/client-server/encrypt-inputs.ts';
import { keygen } from '../../src/client-server/generate-keys.ts';
import { defined } from '../../src/lookup.ts';
import { planToText } from '../../src/plan-files/plan-text.ts';
import { root, workspace } from '../cli/support.ts';
import { party, planFor } from '../client-server/support.ts';

/** Tests the example of docs/deployment.md: client and server as two processes over HTTP. */

const space = workspace();
const plan = planFor('input x: cipher[2] within [-1, 1];\noutput y = x*x;\n', {}, 20);
let server: ChildProcess;
let url = '';

beforeAll(async () => {
  const file = space.file('plan.json', planToText(plan));
  server = spawn(process.execPath, [join(root, 'docs/examples/server.ts'), file], {
    cwd: space.path,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const [line] = await once(defined(server.stdout), 'data');
  url = `${line}`.trim();
}, 60_000);

afterAll(async () => {
  const ended = once(server, 'exit');
  server.kill('SIGTERM');
  await ended;
  space.remove();
});

const post = async (path: string, method: string, body: Uint8Array | undefined) => {
  const response = await fetch(new URL(path, url), {
    method,
    ...(body ? { body: Uint8Array.from(body) } : {}),
  });
  return [response.status, (await response.text()).slice(0, 60)];
};

/** Returns the status that the server answers to the announced length of a body. */
async function announce(length: number): Promise<number | undefined> {
  const headers = { 'content-length': length };
  const sent = request(new URL('/evaluate', url), { method: 'POST', headers });
  sent.flushHeaders();
  const [response] = (await once(sent, 'response')) as [IncomingMessage];
  sent.destroy();
  return response.statusCode;
}

test('a client receives the decrypted outputs', { timeout: 60_000 }, () => {
  const client = spawnSync(
    process.execPath,
    [join(root, 'docs/examples/client.ts'), 'plan.json', url, 'x=0.5,-1'],
    { cwd: space.path, encoding: 'utf8', timeout: 60_000, killSignal: 'SIGKILL' },
  );
  expect(client.stderr).toBe('');
  const [name, ...values] = client.stdout.trim().split(' ');
  expect(name).toBe('y');
  expect(Number(values[0])).toBeCloseTo(0.25, 5);
  expect(Number(values[1])).toBeCloseTo(1, 5);
});

test('the server refuses wrong requests, and continues', { timeout: 60_000 }, async () => {
  const keys = await keygen(plan);
  const upload = await encrypt(plan, keys.secret, party({ x: [1, 1] }));
  const refused = async (path: string, method: string, body: Uint8Array, text: string) =>
    expect(await post(path, method, body)).toEqual([422, expect.stringContaining(text)]);
  await refused('/evaluate', 'POST', upload, 'to be sent first');
  await refused('/evaluate', 'POST', keys.secret, 'to be sent first');
  await refused('/keys', 'PUT', keys.secret, 'only evaluation keys');
  await refused('/keys', 'PUT', new Uint8Array(100), 'not-a-shoal-file');
  const other = planFor('input x: cipher[2] within [-1, 1];\noutput y = x*x + 1;\n', {}, 20);
  await refused('/keys', 'PUT', (await keygen(other)).evaluation, 'other-plan');
  expect(await announce(2 ** 26 + 1)).toBe(413);
  expect(await post('/elsewhere', 'GET', undefined)).toEqual([404, '']);
  expect((await post('/keys', 'PUT', keys.evaluation))[0]).toBe(204);
  await refused('/evaluate', 'POST', upload.slice(0, -1), 'file-cut-off');
  await refused('/evaluate', 'POST', keys.secret, 'wrong-kind');
  expect((await post('/evaluate', 'POST', upload))[0]).toBe(200);
});
