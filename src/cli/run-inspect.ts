import { type Inspection, inspect } from '../client-server/inspect-file.ts';
import { toHex } from '../files/canonical-json.ts';
import { FORMAT_VERSION } from '../files/container-format.ts';
import { identityOf, type PlanFacts } from '../files/plan-identity.ts';
import { showBytes } from '../memory/show-bytes.ts';
import { closeFile, openFile, readAt } from '../platform/files.ts';
import { interfaceRows } from '../render/plan-summary-text.ts';
import { table } from '../render/text-table.ts';
import { summarizePlan } from '../report/plan-summary.ts';
import { showCount } from '../report/show-values.ts';
import type { Progress, Result } from './outcome.ts';
import { type PlanFilesJob, planIn } from './plan-data.ts';
import { decodeText, isCircuit, type Piped, readBytes, readStored } from './read-files.ts';

/**
 * `shoal inspect`: shows what a plan, key, upload or result is, and checks that it is undamaged.
 */
export async function runInspect(job: PlanFilesJob, onProgress: Progress): Promise<Result> {
  const stored = await readStored(job.file);
  return isContainer(stored)
    ? inspectContainer(job.file, stored, onProgress)
    : inspectPlan(job, typeof stored === 'string' ? await readBytes(stored) : stored.bytes);
}

/** Whether a file does not begin like a plan. */
function isContainer(stored: Piped): boolean {
  const start = typeof stored === 'string' ? startOf(stored) : stored.bytes.subarray(0, START);
  return isCircuit(decodeText(start));
}

/** Bytes that tell a plan from a container, with some blanks before the plan. */
const START = 64;

/** Returns the first bytes of a file; none if it cannot be read, which is reported later. */
function startOf(path: string): Uint8Array {
  const start = new Uint8Array(START);
  try {
    const descriptor = openFile(path);
    if (descriptor === undefined) return start;
    try {
      return start.subarray(0, readAt(descriptor, start, 0));
    } finally {
      closeFile(descriptor);
    }
  } catch {
    return start;
  }
}

function inspectPlan(job: PlanFilesJob, bytes: Uint8Array): Result {
  const plan = planIn({ file: job.file, text: decodeText(bytes) }, job);
  const identity = identityOf(plan);
  const summary = summarizePlan(plan);
  const { inputs, outputs } = summary;
  return {
    status: 0,
    json: {
      file: job.file,
      kind: 'plan',
      bytes: bytes.length,
      ...identityToJson(identity),
      inputs,
      outputs,
    },
    text: (color) =>
      rows(color, [
        ['kind', 'plan'],
        ['plan digest', toHex(identity.plan)],
        ...factRows(identity.facts, identity.parameters),
        ...interfaceRows(summary),
        ['size', showBytes(bytes.length)],
      ]),
  };
}

async function inspectContainer(
  file: string,
  stored: Piped,
  onProgress: Progress,
): Promise<Result> {
  const inspection = await inspect(stored, { onProgress });
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
        ['plan digest', toHex(header.plan)],
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
  return { circuit, digest: toHex(plan), parameters: { id: toHex(parameters), ...params } };
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
