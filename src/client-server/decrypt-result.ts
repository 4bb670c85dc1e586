import type { Ciphertext, SecretKey } from 'node-seal/allows';
import { readOutputs } from '../backends/evaluation.ts';
import { type DecryptedValues, decryptAll } from '../backends/seal/client.ts';
import { loadSeal } from '../backends/seal/load-seal.ts';
import { createPlanContext, type PlanContext } from '../backends/seal/plan-context.ts';
import { Scope } from '../backends/seal/scope.ts';
import {
  expectedCiphers,
  loadUntrustedCipher,
  loadUntrustedSecretKey,
} from '../backends/seal/untrusted.ts';
import { hasCode, ShoalError } from '../errors/shoal-error.ts';
import type { ByteSource } from '../files/byte-streams.ts';
import { requireKeySet, requireKind, requirePlan } from '../files/container-checks.ts';
import type { Header } from '../files/container-format.ts';
import { type Container, openContainer, readHeader, readPart } from '../files/container-reader.ts';
import { identityOf, type PlanIdentity } from '../files/plan-identity.ts';
import { defined } from '../lookup.ts';
import type { ClearValue } from '../plan/clear-ops.ts';
import type { Plan } from '../plan/plan.ts';
import { type ExpectedCiphers, partsFor, runsIn } from './container-heads.ts';
import { foreignPart } from './encrypt-inputs.ts';
import {
  type ClientServerOptions,
  type Opened,
  type Stored,
  uploadSources,
  withStored,
} from './stored-files.ts';
import { runIds, runsOf } from './upload-runs.ts';

/** Options of {@link decrypt}. */
export interface DecryptOptions extends Pick<ClientServerOptions, 'onProgress'> {
  /**
   * The uploads that the result must come from, in the order of their evaluation; else unchecked.
   */
  readonly uploads?: readonly Stored[];
}

/** The outputs of one run. */
export interface Decrypted {
  /** Ids of the uploads that the result claims to come from. */
  readonly uploads: readonly string[];
  /** Row-major data by output name. */
  readonly outputs: ReadonlyMap<string, Float64Array>;
}

/**
 * Decrypts a result.
 *
 * @returns the outputs of each run, in order
 * @throws ShoalError if a file belongs to another plan or key set, or the result to other uploads
 */
export async function decrypt(
  plan: Plan,
  secretKey: Stored,
  result: Stored,
  options: DecryptOptions = {},
): Promise<readonly Decrypted[]> {
  const { uploads = [], onProgress: report = () => {} } = options;
  return withStored([secretKey, result], async ([keyFile, resultFile]) => {
    const identity = identityOf(plan);
    const ciphers = expectedCiphers(plan);
    const key = openSecret(defined(keyFile), plan, identity, ciphers);
    const { source } = defined(resultFile);
    const container = openContainer(source, (header) => {
      requireKind(source.name, header, 'result');
      requirePlan(source.name, header, identity);
      requireKeySet(source.name, header, key.header.keys);
      if (uploads.length > 0) requireUploads(plan, source.name, header, uploadSources(uploads));
      return partsFor(plan, ciphers, { name: source.name, header });
    });
    const seal = await loadSeal();
    const scope = new Scope();
    try {
      report(0, 0, 'setup');
      const context = scope.own(createPlanContext(seal, plan));
      const secret = scope.own(
        loadUntrustedSecretKey(context, foreignPart(key, 0, 'the secret key')),
      );
      return decryptRuns({ plan, ciphers, context, secret, container }, report);
    } finally {
      scope.delete();
    }
  });
}

function openSecret(
  { source }: Opened,
  plan: Plan,
  identity: PlanIdentity,
  ciphers: ExpectedCiphers,
): Container {
  return openContainer(source, (header) => {
    requireKind(source.name, header, 'secret key');
    requirePlan(source.name, header, identity);
    return partsFor(plan, ciphers, { name: source.name, header });
  });
}

/** @throws ShoalError unless the result names exactly these uploads, run by run */
function requireUploads(
  plan: Plan,
  file: string,
  header: Header,
  uploads: readonly ByteSource[],
): void {
  const heads = uploads.map((upload) => {
    const head = readHeader(upload);
    requireKind(upload.name, head, 'upload');
    return { name: upload.name, header: head };
  });
  const expected = runIds(runsOf(plan, heads), heads);
  if (JSON.stringify(runsIn(header)) === JSON.stringify(expected)) return;
  const message = 'the result comes from other uploads, or from these in another order';
  throw new ShoalError('other-run', message, { file });
}

interface Decryption {
  readonly plan: Plan;
  readonly ciphers: ExpectedCiphers;
  readonly context: PlanContext;
  readonly secret: SecretKey;
  readonly container: Container;
}

function decryptRuns(
  { plan, ciphers: expected, context, secret, container }: Decryption,
  report: NonNullable<DecryptOptions['onProgress']>,
): readonly Decrypted[] {
  const { source, header, parts } = container;
  const runs = runsIn(header);
  const perRun = parts.length / runs.length;
  return runs.map((uploads, run) => {
    report(run, runs.length, 'decrypt');
    const ciphers = new Map<number, Ciphertext>();
    const clears = new Map<number, ClearValue>();
    try {
      for (let i = run * perRun; i < (run + 1) * perRun; i++) {
        const { value } = defined(parts[i]);
        const format = expected.get(value);
        if (format === undefined) clears.set(value, readClear(plan, container, i));
        else {
          const foreign = foreignPart(container, i, `the ciphertext of value ${value}`);
          ciphers.set(value, loadUntrustedCipher(context, format, foreign));
        }
      }
      const vectors = decryptChecked(source.name, context, secret, ciphers);
      const valueAt = (value: number) => vectors.get(value) ?? defined(clears.get(value));
      return { uploads, outputs: readOutputs(plan, valueAt, 0) };
    } finally {
      for (const cipher of ciphers.values()) cipher.delete();
    }
  });
}

/**
 * Returns all slots of ciphertexts. How much noise budget they have left stays here: it depends on
 * the secret key, which leaks if a server chooses ciphertexts and learns their budgets (SEAL's
 * SECURITY.md, "Correct Use").
 *
 * @throws ShoalError `result-too-noisy` if a ciphertext has no noise budget left
 */
function decryptChecked(
  file: string,
  context: PlanContext,
  secret: SecretKey,
  ciphers: ReadonlyMap<number, Ciphertext>,
): DecryptedValues['vectors'] {
  try {
    return decryptAll(context, secret, ciphers).vectors;
  } catch (error) {
    if (!hasCode(error, 'noise-budget-used-up')) throw error;
    throw new ShoalError('result-too-noisy', error.message, { file }, error);
  }
}

function readClear(plan: Plan, { source, parts }: Container, index: number): ClearValue {
  const part = defined(parts[index]);
  const count = part.length === 8 ? 1 : plan.slots;
  const bytes = readPart(source, part, 8 * count);
  const view = new DataView(bytes.buffer);
  const numbers = Float64Array.from({ length: count }, (_, i) => view.getFloat64(8 * i, true));
  if (!numbers.every(Number.isFinite)) {
    throw new ShoalError('bad-file', 'an output in the clear is not a finite number', {
      file: source.name,
    });
  }
  return count === 1 ? defined(numbers[0]) : numbers;
}
