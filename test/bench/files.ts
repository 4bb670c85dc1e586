import { closeSync, mkdtempSync, openSync, rmSync, statSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Instance } from '../../src/backends/evaluation.ts';
import { newHeader } from '../../src/client-server/container-heads.ts';
import { encrypt } from '../../src/client-server/encrypt-inputs.ts';
import { evaluate } from '../../src/client-server/evaluate-uploads.ts';
import { keygen } from '../../src/client-server/generate-keys.ts';
import { compile } from '../../src/compile/compile.ts';
import { completePlan } from '../../src/compile/complete-plan.ts';
import { descriptorSource } from '../../src/files/byte-streams.ts';
import { CHUNK_BYTES, type ExpectedParts } from '../../src/files/container-format.ts';
import { openContainer } from '../../src/files/container-reader.ts';
import { ContainerWriter } from '../../src/files/container-writer.ts';
import { identityOf } from '../../src/files/plan-identity.ts';
import { keyLevels } from '../../src/memory/key-levels.ts';
import { switchingKeyBytes } from '../../src/memory/key-needs.ts';
import { uploadBytes } from '../../src/plan/ciphertext-bytes.ts';
import type { Plan } from '../../src/plan/plan.ts';
import { sizeOf } from '../../src/tensor/tensor.ts';
import { exampleCircuits, exampleSource } from '../support/examples.ts';
import { printTable, type Row, ratio } from './table.ts';

/** The circuits whose file sizes are measured, with several rings and kinds of keys. */
const MEASURED_FILES = [
  'quartic.circ',
  'moving-average.circ',
  'matrix-vector.circ',
  'membership.circ',
];

/**
 * Measures files of keys, uploads and results: their size relative to unseeded files of SEAL, the
 * memory for reading and writing relative to the file size, and the time of 100 uploads relative to
 * 100 times that of one.
 */
export async function files(): Promise<void> {
  const rows: Row[] = [];
  for (const [file, text] of exampleCircuits()) {
    if (MEASURED_FILES.some((name) => file.endsWith(name)))
      rows.push(await sizes(file, planFor(file, text)));
  }
  printTable(
    'File sizes, relative to unseeded files of SEAL',
    ['circuit', 'keys KiB', 'keys', 'compressed', 'upload KiB', 'upload', 'compressed'],
    rows,
  );
  printTable(
    'Memory for a file, relative to its size',
    ['file MiB', 'written', 'read'],
    [64, 512].map(streaming),
  );
  printTable(
    'Time of 100 uploads, relative to 100 times that of one',
    ['encrypt', 'evaluate'],
    [await throughput()],
  );
}

function planFor(file: string, text: string): Plan {
  const choice = completePlan(
    compile(exampleSource(file, text), { optimizationLevel: 2 }).optimized.sketch,
    {
      precisionBits: 20,
    },
  );
  if ('refused' in choice) throw new Error(choice.refused.reason);
  return choice.plan;
}

/** Returns inputs of a secrecy within their ranges. */
function inputsOf(plan: Plan, secrecy: string): Instance['inputs'] {
  const selected = plan.inputs.filter((input) => input.secrecy === secrecy);
  return new Map(
    selected.map(({ name, shape, range: [low, high] }) => [
      name,
      new Float64Array(sizeOf(shape)).fill(Math.max(low, Math.min(high, 1))),
    ]),
  );
}

async function sizes(file: string, plan: Plan): Promise<Row> {
  const inputs = inputsOf(plan, 'cipher');
  const { params } = plan;
  const publicKey = 16 * params.polyModulusDegree * params.coeffModulus.length;
  const unseeded =
    publicKey +
    [...keyLevels(plan).values()].reduce((sum, level) => sum + switchingKeyBytes(params, level), 0);
  const bytes = async (compress: boolean) => {
    const keys = await keygen(plan, { compress });
    const upload = await encrypt(plan, keys.secret, { inputs }, { compress });
    return { keys: keys.evaluation.length, upload: upload.length };
  };
  const [plain, compressed] = [await bytes(false), await bytes(true)];
  const whole = uploadBytes(plan);
  const kib = (n: number) => Math.round(n / 1024);
  return [
    file,
    kib(plain.keys),
    ...[plain, compressed].map(({ keys }) => ratio(keys, unseeded)),
    kib(plain.upload),
    ...[plain, compressed].map(({ upload }) => ratio(upload, whole)),
  ];
}

/** Returns the growth of the process while a file of 16 MiB parts is written and read. */
function streaming(mebibytes: number): Row {
  const directory = mkdtempSync(join(tmpdir(), 'shoal-bench-'));
  try {
    const path = join(directory, 'keys');
    const part = new Uint8Array(16 * CHUNK_BYTES);
    const count = mebibytes / 16;
    const expected: ExpectedParts = {
      runs: 1,
      parts: Array.from({ length: count }, (_, value) => {
        return { type: 'rotationKey', value, lengths: [part.length] };
      }),
    };
    const plan = planFor('bench.circ', 'input x: cipher within [-1, 1];\noutput y = x;\n');
    const written = growth(() => {
      const descriptor = openSync(path, 'w');
      const header = newHeader(identityOf(plan), {
        kind: 'evaluation keys',
        compressed: false,
        keys: new Uint8Array(32),
      });
      const sink = { write: (bytes: Uint8Array) => writeSync(descriptor, bytes) };
      const writer = new ContainerWriter(sink, header, expected);
      for (let i = 0; i < count; i++) writer.part(part);
      writer.end();
      closeSync(descriptor);
    });
    const read = growth(() => {
      const descriptor = openSync(path, 'r');
      openContainer(descriptorSource(path, descriptor), () => expected);
      closeSync(descriptor);
    });
    const { size } = statSync(path);
    return [Math.round(size / 2 ** 20), ratio(written, size), ratio(read, size)];
  } finally {
    rmSync(directory, { recursive: true });
  }
}

function growth(action: () => void): number {
  const before = process.resourceUsage().maxRSS;
  action();
  return 1024 * (process.resourceUsage().maxRSS - before);
}

async function throughput(): Promise<Row> {
  const plan = planFor('bench.circ', 'input v: cipher[16] within [-1, 1];\noutput s = sum(v*v);\n');
  const keys = await keygen(plan);
  const instance = { inputs: inputsOf(plan, 'cipher') };
  const count = 100;
  const uploads: Uint8Array[] = [];
  const time = async (action: () => Promise<unknown>): Promise<number> => {
    const start = performance.now();
    await action();
    return performance.now() - start;
  };
  const single = {
    encrypt: await time(() => encrypt(plan, keys.secret, instance)),
    evaluate: 0,
  };
  const encrypted = await time(async () => {
    for (let i = 0; i < count; i++) uploads.push(await encrypt(plan, keys.secret, instance));
  });
  single.evaluate = await time(() => evaluate(plan, keys.evaluation, uploads.slice(0, 1)));
  const evaluated = await time(() => evaluate(plan, keys.evaluation, uploads));
  return [ratio(encrypted, count * single.encrypt), ratio(evaluated, count * single.evaluate)];
}
