import type { Instance } from '../backends/evaluation.ts';
import { type EncryptionKey, savedUploads } from '../backends/seal/client.ts';
import { batchData } from '../backends/seal/encrypted-evaluation.ts';
import { loadSeal } from '../backends/seal/load-seal.ts';
import { createPlanContext, type PlanContext } from '../backends/seal/plan-context.ts';
import { Scope } from '../backends/seal/scope.ts';
import {
  expectedCiphers,
  loadUntrustedPublicKey,
  loadUntrustedSecretKey,
  type UntrustedBytes,
} from '../backends/seal/untrusted.ts';
import { type Inputs, requireIntegers, requireRanges } from '../data/inputs.ts';
import { ShoalError } from '../errors/shoal-error.ts';
import { sameBytes } from '../files/canonical-json.ts';
import { requireKind, requirePlan } from '../files/container-checks.ts';
import { countOf } from '../files/container-format.ts';
import { type Container, openContainer, readPart } from '../files/container-reader.ts';
import { ContainerWriter } from '../files/container-writer.ts';
import { identityOf, type PlanIdentity } from '../files/plan-identity.ts';
import { defined } from '../lookup.ts';
import type { Plan, PlanInput } from '../plan/plan.ts';
import { sha256 } from '../platform/digests.ts';
import { SCHEMES } from '../schemes/schemes.ts';
import { sizeOf } from '../tensor/tensor.ts';
import {
  cipherInputs,
  type ExpectedCiphers,
  newHeader,
  partsFor,
  uploadIndices,
  uploadParts,
} from './container-heads.ts';
import {
  type ClientServerOptions,
  type Opened,
  type Stored,
  type Target,
  withStored,
  writeTo,
} from './stored-files.ts';

/** Options of {@link encrypt}. */
export interface EncryptOptions extends ClientServerOptions {
  /** Whether other parties encrypt the inputs that are missing here. */
  readonly partial?: boolean;
}

/**
 * Encrypts a client's inputs for a plan.
 *
 * @param key the secret key, which makes uploads half as large, or the public key
 * @param instance row-major data of the plan's cipher inputs, by name
 * @throws ShoalError if the key belongs to another plan, or the inputs do not fit this one
 */
export function encrypt(
  plan: Plan,
  key: Stored,
  instance: Instance,
  options?: EncryptOptions & { readonly to?: undefined },
): Promise<Uint8Array>;
export function encrypt(
  plan: Plan,
  key: Stored,
  instance: Instance,
  options: EncryptOptions & Target & { readonly to: string },
): Promise<string>;
export function encrypt(
  plan: Plan,
  key: Stored,
  instance: Instance,
  options: EncryptOptions & Target,
): Promise<string | Uint8Array>;
export async function encrypt(
  plan: Plan,
  key: Stored,
  instance: Instance,
  options: EncryptOptions & Target = {},
): Promise<string | Uint8Array> {
  const { compress = false, partial = false, onProgress: report = () => {} } = options;
  const inputs = requireUploadable(plan, instance, partial);
  return withStored([key], ([opened]) =>
    writeTo(options, [key], options, async (sink) => {
      const identity = identityOf(plan);
      const ciphers = expectedCiphers(plan);
      const { container, kind } = openKey(defined(opened), plan, identity, ciphers);
      const seal = await loadSeal();
      const scope = new Scope();
      try {
        report(0, 0, 'setup');
        const context = scope.own(createPlanContext(seal, plan));
        const loaded = loadKey(context, container, kind);
        scope.own(loaded.key);
        const seeded = kind === 'secret';
        const header = newHeader(identity, {
          kind: 'upload',
          compressed: compress,
          keys: container.header.keys,
          inputs: [...inputs],
          seeded,
        });
        const parts = uploadParts(plan, ciphers, inputs, seeded);
        const writer = new ContainerWriter(sink, header, parts);
        const total = countOf(parts);
        const data = batchData(plan, [instance], context.slotCount);
        let done = 0;
        report(done, total, 'encrypt');
        savedUploads(
          context,
          loaded,
          plan,
          uploadIndices(plan, new Set(inputs)),
          data,
          (_, saved) => {
            writer.part(saved);
            report(++done, total, 'encrypt');
          },
        );
        writer.end();
      } finally {
        scope.delete();
      }
    }),
  );
}

/**
 * Returns the names of an instance's inputs, in the plan's order.
 *
 * @throws ShoalError unless these are all cipher inputs of the plan, or with `partial` some of them
 */
function requireUploadable(plan: Plan, instance: Instance, partial: boolean): readonly string[] {
  const names = [...instance.inputs.keys()];
  const inputs = new Map(plan.inputs.map((input) => [input.name, input]));
  for (const name of names) requireCipher(name, inputs.get(name));
  requireData(plan, instance);
  const all = cipherInputs(plan);
  const missing = all.filter((name) => !instance.inputs.has(name));
  const mayMiss = partial && names.length > 0 && !plan.precomputed;
  if (missing.length > 0 && !mayMiss) throw missingInputs(plan, missing, names.length > 0);
  return all.filter((name) => instance.inputs.has(name));
}

function requireCipher(name: string, input: PlanInput | undefined): void {
  if (input?.secrecy === 'cipher') return;
  if (input === undefined) throw unknownInput(name);
  const message = `input '${name}' is plain: nobody encrypts it; the server reads it with eval --inputs`;
  throw new ShoalError('plain-input', message, { file: '' });
}

/** Returns the error for data of an input that the plan does not have. */
export function unknownInput(name: string): ShoalError {
  return new ShoalError('unknown-input', `the plan has no input '${name}'`, { file: '' });
}

function missingInputs(plan: Plan, missing: readonly string[], hasSome: boolean): ShoalError {
  const names = missing.map((name) => `'${name}'`).join(', ');
  const start = `no data for input${missing.length === 1 ? '' : 's'} ${names}`;
  const error = (message: string) => new ShoalError('missing-input', message, { file: '' });
  if (plan.precomputed) {
    const why = 'in this plan the client computes products of inputs before it encrypts';
    return error(`${start}: ${why}, so one client must give all of them`);
  }
  if (!hasSome) return error(start);
  return error(`${start}: if another party encrypts them, give --partial`);
}

/**
 * Checks an instance against the plan.
 *
 * @throws ShoalError if data have another size than their input, are not finite numbers, are not
 *   integers where the scheme needs them, or lie outside the range of their input
 */
export function requireData(plan: Plan, { inputs }: Instance): void {
  const declared = plan.inputs.filter(({ name }) => inputs.has(name));
  for (const { name, shape } of declared) {
    const data = defined(inputs.get(name));
    if (data.length !== sizeOf(shape)) {
      const message = `input '${name}' has ${data.length} numbers; the plan requires ${sizeOf(shape)}`;
      throw new ShoalError('wrong-shape', message, { file: '' });
    }
    const bad = data.findIndex((x) => !Number.isFinite(x));
    if (bad < 0) continue;
    throw new ShoalError('not-a-number', `input '${name}' is ${data[bad]}`, { file: '' });
  }
  const locationOf = () => ({ file: '' });
  const located: Inputs = new Map([...inputs].map(([name, data]) => [name, { data, locationOf }]));
  if (SCHEMES[plan.scheme].isExact) requireIntegers(located, declared);
  requireRanges(located, declared);
}

interface OpenedKey {
  readonly container: Container;
  readonly kind: EncryptionKey['kind'];
}

function openKey(
  { source }: Opened,
  plan: Plan,
  identity: PlanIdentity,
  ciphers: ExpectedCiphers,
): OpenedKey {
  const container = openContainer(source, (header) => {
    requireKind(source.name, header, 'secret key', 'public key');
    requirePlan(source.name, header, identity);
    return partsFor(plan, ciphers, { name: source.name, header });
  });
  return { container, kind: container.header.kind === 'secret key' ? 'secret' : 'public' };
}

function loadKey(
  context: PlanContext,
  container: Container,
  kind: EncryptionKey['kind'],
): EncryptionKey {
  return kind === 'secret'
    ? { kind, key: loadUntrustedSecretKey(context, foreignPart(container, 0, 'the secret key')) }
    : { kind, key: loadUntrustedPublicKey(context, foreignPublicKey(container)) };
}

/** Returns the contents of a part of a file, for SEAL to load. `what` names it in messages. */
export function foreignPart(
  { source, parts }: Container,
  index: number,
  what: string,
): UntrustedBytes {
  return {
    file: source.name,
    what,
    read: (length) => readPart(source, defined(parts[index]), length),
  };
}

/**
 * Returns the public key that a file begins with. Reading it checks that it has the key set's id.
 */
export function foreignPublicKey(container: Container): UntrustedBytes {
  const { source, header } = container;
  const part = foreignPart(container, 0, 'the public key');
  return {
    ...part,
    read: (length) => {
      const saved = part.read(length);
      if (sameBytes(sha256(saved), header.keys)) return saved;
      const message = 'the public key does not belong to the key set that the file names';
      throw new ShoalError('bad-file', message, { file: source.name });
    },
  };
}
