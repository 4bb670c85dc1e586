import type { Instance } from '../backends/evaluation.ts';
import { type EncryptionKey, savedUploads } from '../backends/seal/client.ts';
import { batchData } from '../backends/seal/encrypted-evaluation.ts';
import { loadSeal } from '../backends/seal/load-seal.ts';
import { createPlanContext, type PlanContext } from '../backends/seal/plan-context.ts';
import { Scope } from '../backends/seal/scope.ts';
import {
  loadUntrustedPublicKey,
  loadUntrustedSecretKey,
  type UntrustedBytes,
} from '../backends/seal/untrusted.ts';
import { type Inputs, requireIntegers, requireRanges } from '../data/inputs.ts';
import { ShoalError } from '../errors/shoal-error.ts';
import { sameBytes } from '../files/canonical-json.ts';
import { requireKind, requireParts, requirePlan } from '../files/container-checks.ts';
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
  newHeader,
  PUBLIC_PARTS,
  SECRET_PARTS,
  uploadParts,
  uploadPlaces,
} from './container-heads.ts';
import {
  type ClientServerOptions,
  type Opened,
  type Stored,
  type Target,
  withStored,
  writeTo,
} from './stored-files.ts';

/** How inputs are encrypted. */
export interface EncryptOptions extends ClientServerOptions {
  /** Whether other parties encrypt the inputs that are not given. */
  readonly partial?: boolean;
}

/**
 * Encrypts a client's inputs for a plan.
 *
 * @param key the secret key, by which uploads are half as large, or the public key
 * @param instance inputs by name, row-major; all that the plan has encrypted, and no others
 * @throws ShoalError if key or inputs are not the plan's
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
export async function encrypt(
  plan: Plan,
  key: Stored,
  instance: Instance,
  options: EncryptOptions & Target = {},
): Promise<Stored> {
  const { compress = false, partial = false, onProgress: report = () => {} } = options;
  const inputs = requireUploadable(plan, instance, partial);
  return withStored([key], ([opened]) =>
    writeTo(options, options, async (sink) => {
      const identity = identityOf(plan);
      const { container, kind } = openKey(defined(opened), identity);
      const seal = await loadSeal();
      const scope = new Scope();
      try {
        report(0, 0, 'setup');
        const context = scope.own(createPlanContext(seal, plan));
        const loaded = loadKey(context, container, kind);
        scope.own(loaded.key);
        const wanted = uploadParts(plan, inputs);
        const writer = new ContainerWriter(
          sink,
          newHeader(identity, {
            kind: 'upload',
            compressed: compress,
            partCount: wanted.length,
            keys: container.header.keys,
            inputs: [...inputs],
            seeded: kind === 'secret',
          }),
        );
        const data = batchData(plan, [instance], context.slotCount);
        let done = 0;
        report(done, wanted.length, 'encrypt');
        savedUploads(
          context,
          loaded,
          plan,
          uploadPlaces(plan, new Set(inputs)),
          data,
          (_, saved) => {
            writer.part(defined(wanted[done++]), saved);
            report(done, wanted.length, 'encrypt');
          },
        );
        writer.end();
      } finally {
        scope.delete();
      }
    }),
  );
}

/** Names of the inputs that are given, in the plan's order: all that are encrypted, or some for one of several parties. */
function requireUploadable(plan: Plan, instance: Instance, partial: boolean): readonly string[] {
  const given = [...instance.inputs.keys()];
  const known = new Map(plan.inputs.map((input) => [input.name, input]));
  for (const name of given) requireCipher(name, known.get(name));
  requireData(plan, instance);
  const all = cipherInputs(plan);
  const missing = all.filter((name) => !instance.inputs.has(name));
  if (missing.length > 0) refuseMissing(plan, missing, partial, given);
  return all.filter((name) => instance.inputs.has(name));
}

function requireCipher(name: string, input: PlanInput | undefined): void {
  if (input?.secrecy === 'cipher') return;
  if (input === undefined) throw unknownInput(name);
  const message = `input '${name}' is plain: whoever evaluates is given it, as with eval --inputs, and nobody encrypts it`;
  throw new ShoalError('plain-input', message, { file: '' });
}

/** The error for data of an input that there is not. */
export function unknownInput(name: string): ShoalError {
  return new ShoalError('unknown-input', `the plan has no input '${name}'`, { file: '' });
}

function refuseMissing(
  plan: Plan,
  missing: readonly string[],
  partial: boolean,
  given: readonly string[],
): void {
  const names = missing.map((name) => `'${name}'`).join(', ');
  const some = `no data for input${missing.length === 1 ? '' : 's'} ${names}`;
  if (plan.precomputed) {
    const message = `${some}: the plan has products of inputs computed before encryption, so that one client gives them all`;
    throw new ShoalError('missing-input', message, { file: '' });
  }
  if (given.length === 0) throw new ShoalError('missing-input', some, { file: '' });
  if (partial) return;
  const message = `${some}: if another party encrypts what is missing, give --partial`;
  throw new ShoalError('missing-input', message, { file: '' });
}

/** @throws ShoalError where data have not the input's size, are no numbers of the scheme, or outside of their range */
export function requireData(plan: Plan, { inputs }: Instance): void {
  const declared = plan.inputs.filter(({ name }) => inputs.has(name));
  for (const { name, shape } of declared) {
    const data = defined(inputs.get(name));
    if (data.length !== sizeOf(shape)) {
      const message = `input '${name}' has ${data.length} numbers where there are to be ${sizeOf(shape)}`;
      throw new ShoalError('wrong-shape', message, { file: '' });
    }
    const bad = data.findIndex((x) => !Number.isFinite(x));
    if (bad < 0) continue;
    throw new ShoalError('not-a-number', `input '${name}' is ${data[bad]}`, { file: '' });
  }
  const locationOf = () => ({ file: '' });
  const placed: Inputs = new Map([...inputs].map(([name, data]) => [name, { data, locationOf }]));
  if (SCHEMES[plan.scheme].isExact) requireIntegers(placed, declared);
  requireRanges(placed, declared);
}

interface OpenedKey {
  readonly container: Container;
  readonly kind: EncryptionKey['kind'];
}

function openKey({ source }: Opened, identity: PlanIdentity): OpenedKey {
  const container = openContainer(source, (header) => {
    requireKind(source.name, header, 'secret key', 'public key');
    requirePlan(source.name, header, identity);
  });
  const kind = container.header.kind === 'secret key' ? 'secret' : 'public';
  requireParts(source.name, container.parts, kind === 'secret' ? SECRET_PARTS : PUBLIC_PARTS);
  return { container, kind };
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

/** A part of a file, for SEAL. */
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

/** The public key that a file begins with; the key set is named by it. */
export function foreignPublicKey(container: Container): UntrustedBytes {
  const { source, header } = container;
  const part = foreignPart(container, 0, 'the public key');
  return {
    ...part,
    read: (length) => {
      const saved = part.read(length);
      if (sameBytes(sha256(saved), header.keys)) return saved;
      const message = 'the public key is not that of the key set that the file names';
      throw new ShoalError('bad-file', message, { file: source.name });
    },
  };
}
