import { closeSync, openSync, readSync, statSync } from 'node:fs';
import { type Inspection, inspect } from '../client-server/inspect-file.ts';
import { toHex } from '../files/canonical-json.ts';
import { FORMAT_VERSION } from '../files/container-format.ts';
import { identityOf, type PlanFacts } from '../files/plan-identity.ts';
import { showBytes } from '../memory/show-bytes.ts';
import { wholeOutputs } from '../plan/outputs.ts';
import { table } from '../render/text-table.ts';
import { showCount } from '../report/show-values.ts';
import type { Progress, Result } from './outcome.ts';
import { loadPlan, type PlanFilesJob } from './plan-data.ts';

/**
 * `shoal inspect`: shows what a plan, key, upload or result is, and checks that it is undamaged.
 */
export async function runInspect(job: PlanFilesJob, onProgress: Progress): Promise<Result> {
  return isText(job.file) ? inspectPlan(job) : inspectContainer(job.file, onProgress);
}

/** Whether a file begins like a plan. Any other file is read as a container. */
function isText(file: string): boolean {
  if (!statSync(file, { throwIfNoEntry: false })?.isFile()) return false;
  const descriptor = openSync(file, 'r');
  try {
    const start = Buffer.alloc(16);
    readSync(descriptor, start);
    return start
      .toString('utf8')
      .replace(/^\uFEFF/, '')
      .trimStart()
      .startsWith('{');
  } finally {
    closeSync(descriptor);
  }
}

function inspectPlan(job: PlanFilesJob): Result {
  const plan = loadPlan(job);
  const identity = identityOf(plan);
  const bytes = statSync(job.file).size;
  const inputs = plan.inputs.map(({ name, secrecy, shape }) => ({ name, secrecy, shape }));
  const outputs = wholeOutputs(plan.outputs).map(({ name, shape }) => ({ name, shape }));
  const named = plan.inputs.map(({ name, secrecy }) => `${name} (${secrecy})`).join(', ');
  return {
    status: 0,
    json: { file: job.file, kind: 'plan', bytes, ...identityToJson(identity), inputs, outputs },
    text: (color) =>
      rows(color, [
        ['kind', 'plan'],
        ['plan', toHex(identity.plan)],
        ...factRows(identity.facts, identity.parameters),
        ['inputs', named || 'none'],
        ['outputs', outputs.map(({ name }) => name).join(', ')],
        ['size', showBytes(bytes)],
      ]),
  };
}

async function inspectContainer(file: string, onProgress: Progress): Promise<Result> {
  const inspection = await inspect(file, { onProgress });
  const { header, bytes, parts } = inspection;
  const { kind, compressed, keys, file: id, description } = header;
  const { inputs, seeded, runs, ...facts } = description;
  return {
    status: 0,
    json: {
      file,
      kind,
      version: FORMAT_VERSION,
      bytes,
      compressed,
      id: toHex(id),
      keys: toHex(keys),
      ...identityToJson({ plan: header.plan, parameters: header.parameters, facts }),
      ...(inputs ? { inputs, seeded } : {}),
      ...(runs ? { runs } : {}),
      parts,
    },
    text: (color) =>
      rows(color, [
        ['kind', `${kind}, version ${FORMAT_VERSION}`],
        ['id', toHex(id)],
        ['key set', toHex(keys)],
        ['plan', toHex(header.plan)],
        ...factRows(facts, header.parameters),
        ...ownRows(inspection),
        ...parts.map(({ type, count, bytes: raw, storedBytes }) => [
          PART_WORDS[type],
          `${count}, ${showBytes(storedBytes)}${compressed ? ` of ${showBytes(raw)}` : ''}`,
        ]),
        ['size', `${showBytes(bytes)}, all checksums right`],
      ]),
  };
}

const PART_WORDS = {
  secretKey: 'secret keys',
  publicKey: 'public keys',
  relinearizationKey: 'relinearization keys',
  rotationKey: 'rotation keys',
  ciphertext: 'ciphertexts',
  clear: 'values in the clear',
} as const;

function ownRows({ header: { description } }: Inspection): readonly string[][] {
  const { inputs, seeded, runs } = description;
  return [
    ...(inputs ? [['inputs', inputs.join(', ') || 'none']] : []),
    ...(seeded === undefined
      ? []
      : [['encrypted with', seeded ? 'the secret key' : 'the public key']]),
    ...(runs ? [['runs', showCount(runs.length, 'run')]] : []),
    ...(runs ?? []).map((uploads, i) => [`run ${i + 1} of`, uploads.join(', ')]),
  ];
}

interface Identity {
  readonly plan: Uint8Array;
  readonly parameters: Uint8Array;
  readonly facts: PlanFacts;
}

function identityToJson({ plan, parameters, facts }: Identity) {
  const { circuit, ...params } = facts;
  return { circuit, plan: toHex(plan), parameters: { id: toHex(parameters), ...params } };
}

function factRows(facts: PlanFacts, parameters: Uint8Array): readonly string[][] {
  const bits = facts.coeffModulusBits.reduce((sum, n) => sum + n, 0);
  const t = facts.plainModulus === undefined ? '' : `, t = ${facts.plainModulus}`;
  return [
    ['circuit', facts.circuit],
    [
      'parameters',
      `${facts.scheme}, N = ${facts.polyModulusDegree}, modulus ${bits} bits${t}, ${facts.securityBits}-bit secure`,
    ],
    ['parameter id', toHex(parameters)],
  ];
}

function rows(color: boolean, body: readonly (readonly string[])[]): string {
  return `${table(body, { color })}\n`;
}
