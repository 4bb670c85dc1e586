import { createReadStream, readFileSync } from 'node:fs';
import { stat } from 'node:fs/promises';
import { request } from 'node:http';
import { dirname, join } from 'node:path';
import { pipeline } from 'node:stream/promises';
// In a project of your own: from 'shoal'.
import { decrypt, encrypt, keygen, readPlan } from '../../src/index.ts';

/**
 * A client: `node client.ts plan.json http://127.0.0.1:8425 x=0.5 v=1,2,3`. Its secret key stays in
 * this process and in the directory `keys` beside the plan.
 */

const [planFile = 'plan.json', url = '', ...given] = process.argv.slice(2);
const plan = readPlan({ file: planFile, text: readFileSync(planFile, 'utf8') });
const inputs = new Map(
  given.map((text) => {
    const [name = '', numbers = ''] = text.split('=');
    return [name, Float64Array.from(numbers.split(','), Number)] as const;
  }),
);

/** Sends a request with a body, a file in pieces. Returns the body of the response. */
async function send(method: string, path: string, body: string | Uint8Array): Promise<Buffer> {
  const length = typeof body === 'string' ? (await stat(body)).size : body.length;
  const sent = request(new URL(path, url), { method, headers: { 'content-length': length } });
  const answered = new Promise<Buffer>((resolve, reject) => {
    sent.on('error', reject);
    sent.on('response', async (response) => {
      const pieces: Buffer[] = [];
      for await (const piece of response) pieces.push(piece as Buffer);
      const all = Buffer.concat(pieces);
      if ((response.statusCode ?? 500) < 300) resolve(all);
      else reject(new Error(`${response.statusCode} ${all}`));
    });
  });
  if (typeof body === 'string') await pipeline(createReadStream(body), sent);
  else sent.end(body);
  return answered;
}

const keys = await keygen(plan, { directory: join(dirname(planFile), 'keys'), force: true });
await send('PUT', '/keys', keys.evaluation);

const upload = await encrypt(plan, keys.secret, { inputs });
const result = await send('POST', '/evaluate', upload);
const [run] = await decrypt(plan, keys.secret, result, { uploads: [upload] });
for (const [name, values] of run?.outputs ?? []) console.log(name, [...values].join(' '));
