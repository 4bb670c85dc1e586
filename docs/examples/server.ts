import { randomUUID } from 'node:crypto';
import {
  createReadStream,
  createWriteStream,
  existsSync,
  mkdtempSync,
  readFileSync,
} from 'node:fs';
import { rename, rm } from 'node:fs/promises';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
// In a project of your own: from 'shoal'.
import { evaluate, headerOf, inspect, readPlan, ShoalError } from '../../src/index.ts';

/**
 * A server that evaluates one plan for all programs on this machine: `node server.ts plan.json 8425`
 * or, without a number, at a free port. It prints its address. It has no secret key.
 *
 * PUT /keys receives a client's evaluation keys. POST /evaluate receives an upload and responds
 * with the result.
 */

/** Limits on bodies, in bytes. */
const limits = { keys: 2 ** 30, upload: 2 ** 26 };

const [planFile = 'plan.json', port = '0'] = process.argv.slice(2);
const plan = readPlan({ file: planFile, text: readFileSync(planFile, 'utf8') });
const directory = mkdtempSync(join(tmpdir(), 'shoal-server-'));
const keysOf = (id: Uint8Array): string =>
  join(directory, `${Buffer.from(id).toString('hex')}.keys`);

/** Thrown when a body is larger than allowed. */
class TooLarge extends Error {}

/** Receives a body into a file. Throws as soon as it is larger than allowed. */
async function receive(request: IncomingMessage, most: number): Promise<string> {
  if (Number(request.headers['content-length'] ?? 0) > most) throw new TooLarge();
  const path = join(directory, randomUUID());
  let received = 0;
  const counted = new Transform({
    transform(chunk: Buffer, _, done) {
      received += chunk.length;
      done(received > most ? new TooLarge() : null, chunk);
    },
  });
  try {
    await pipeline(request, counted, createWriteStream(path, { flags: 'wx' }));
    return path;
  } catch (error) {
    await rm(path, { force: true });
    throw error;
  }
}

async function takeKeys(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const file = await receive(request, limits.keys);
  try {
    const { kind, keys } = await headerOf(file);
    if (kind !== 'evaluation keys') {
      response.writeHead(422).end('only evaluation keys are taken');
      return;
    }
    // With the plan, a file takes no more work than keys of the plan, whatever it claims.
    await inspect(file, { plan });
    // The name is a digest, so it is safe in a path.
    await rename(file, keysOf(keys));
    response.writeHead(204).end();
  } finally {
    await rm(file, { force: true });
  }
}

async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const upload = await receive(request, limits.upload);
  const result = `${upload}.result`;
  try {
    const { keys } = await headerOf(upload);
    if (!existsSync(keysOf(keys))) {
      response.writeHead(422).end('the evaluation keys are to be sent first');
      return;
    }
    await evaluate(plan, keysOf(keys), [upload], { to: result });
    response.writeHead(200, { 'content-type': 'application/octet-stream' });
    await pipeline(createReadStream(result), response);
  } finally {
    await Promise.all([upload, result].map((file) => rm(file, { force: true })));
  }
}

/** Whether an error is about a client's file, not about this server. */
function isRefusedFile(error: unknown): boolean {
  return error instanceof ShoalError && error.location !== undefined && error.status === 1;
}

/** The last request. Requests are handled one at a time, because each may take much memory. */
let last: Promise<unknown> = Promise.resolve();

const server = createServer((request, response) => {
  const work =
    request.method === 'PUT' && request.url === '/keys'
      ? takeKeys
      : request.method === 'POST' && request.url === '/evaluate'
        ? answer
        : undefined;
  if (work === undefined) {
    response.writeHead(404).end();
    return;
  }
  last = last
    .then(() => work(request, response))
    .catch((error: unknown) => {
      const { code, message } = error as Error & { code?: string };
      const status = error instanceof TooLarge ? 413 : isRefusedFile(error) ? 422 : 500;
      // Clients get details of errors in their files, but not of the server's own errors.
      const text = status === 422 ? `${code}: ${message}` : status === 413 ? 'too large' : 'failed';
      if (!response.headersSent) response.writeHead(status, { connection: 'close' }).end(text);
      else response.destroy();
    });
});

// Listens to this machine only. Other clients need a proxy that authenticates and encrypts.
server.listen(Number(port), '127.0.0.1', () => {
  const address = server.address();
  if (typeof address === 'object') console.log(`http://127.0.0.1:${address?.port}`);
});

process.once('SIGTERM', () => {
  server.close();
  rm(directory, { recursive: true, force: true }).then(() => process.exit(0));
});
