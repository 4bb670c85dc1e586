import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { root, workspace } from './support.ts';

const space = workspace();
afterAll(() => space.remove());

/** Some minutes of key generation and evaluation. */
const long = `input v: cipher[512] within [-1, 1];
var y = v;
for t in 0..14 { y = y * v + sum(y) / 512; }
output y;
`;

test.each(['SIGINT', 'SIGTERM'] as const)('%s ends an evaluation at once', async (signal) => {
  const circuit = space.file('long.circ', long);
  const inputs = space.file('long.json', JSON.stringify({ v: new Array(512).fill(0.5) }));
  const args = [join(root, 'src/bin.ts'), 'eval', circuit, '-i', inputs];
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'pipe'] });
  let stderr = '';
  child.stderr.on('data', (text) => {
    stderr += text;
  });
  setTimeout(() => child.kill(signal), 2500);
  const [status] = await once(child, 'exit');
  expect({ status, stderr }).toEqual({ status: 3, stderr: 'shoal: interrupted\n' });
});

test('a reader that goes away is no failure', async () => {
  const circuit = space.file('long.circ', long);
  const bin = join(root, 'src/bin.ts');
  const command = `"${process.execPath}" "${bin}" compile "${circuit}" | head -c 10; echo " \${PIPESTATUS[0]}"`;
  const child = spawn('bash', ['-c', command], { stdio: ['ignore', 'pipe', 'pipe'] });
  let [stdout, stderr] = ['', ''];
  child.stdout.on('data', (text) => {
    stdout += text;
  });
  child.stderr.on('data', (text) => {
    stderr += text;
  });
  await once(child, 'close');
  expect({ stdout, stderr }).toEqual({ stdout: '{\n  "forma 0\n', stderr: '' });
});
