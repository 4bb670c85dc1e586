import { keyOrder } from '../backends/seal/key-store.ts';
import { savedCipherBytes, savedKeyBytes } from '../backends/seal/saved-formats.ts';
import { type ExpectedCipher, publicKeyBytes, secretKeyBytes } from '../backends/seal/untrusted.ts';
import { ShoalError } from '../errors/shoal-error.ts';
import {
  type Description,
  type ExpectedPart,
  type ExpectedParts,
  type Header,
  ID_BYTES,
} from '../files/container-format.ts';
import type { NewHeader } from '../files/container-writer.ts';
import type { PlanIdentity } from '../files/plan-identity.ts';
import { defined, lookUp } from '../lookup.ts';
import { keyLevels } from '../memory/key-levels.ts';
import type { KeyName } from '../memory/key-needs.ts';
import type { Plan } from '../plan/plan.ts';
import { wholePlan } from '../plan/worker-shares.ts';
import { randomBytes } from '../platform/digests.ts';

/** The heads of each kind of file, and the parts that each has. */

/** Returns the header of a new file, with a random file id. */
export function newHeader(
  identity: PlanIdentity,
  own: Pick<Header, 'kind' | 'compressed' | 'keys'> &
    Pick<Description, 'inputs' | 'seeded' | 'runs'>,
): NewHeader {
  const { kind, compressed, keys, ...described } = own;
  return {
    kind,
    compressed,
    plan: identity.plan,
    parameters: identity.parameters,
    keys,
    file: randomBytes(ID_BYTES),
    description: {
      ...identity.facts,
      coeffModulusBits: [...identity.facts.coeffModulusBits],
      ...described,
    },
  };
}

/** Returns the part of a secret key's file. */
export function secretParts({ params }: Plan): ExpectedParts {
  return once([{ type: 'secretKey', value: 0, lengths: [secretKeyBytes(params)] }]);
}

/** Returns the part of a public key's file. */
export function publicParts({ params }: Plan): ExpectedParts {
  return once([publicPart(params)]);
}

/**
 * Returns the parts of the evaluation keys: the public key first, then the others in the order in
 * which they are generated.
 */
export function evaluationParts({ params, ...plan }: Plan): ExpectedParts {
  const { polyModulusDegree: degree, basePrimes } = params;
  const switching = keyOrder(keyLevels({ ops: plan.ops, params })).map(
    ([name, level]): ExpectedPart => ({
      ...keyPart(name),
      lengths: [savedKeyBytes({ name, degree, primes: basePrimes + level + 1 })],
    }),
  );
  return once([publicPart(params), ...switching]);
}

function publicPart(params: Plan['params']): ExpectedPart {
  return { type: 'publicKey', value: 0, lengths: [publicKeyBytes(params)] };
}

function keyPart(name: KeyName): Pick<ExpectedPart, 'type' | 'value'> {
  return name === 'relinearization'
    ? { type: 'relinearizationKey', value: 0 }
    : { type: 'rotationKey', value: name };
}

function once(parts: readonly ExpectedPart[]): ExpectedParts {
  return { runs: 1, parts };
}

/** The formats of a plan's ciphertexts, by the index of their value. */
export type ExpectedCiphers = ReadonlyMap<number, ExpectedCipher>;

/**
 * Returns the parts of an upload of some inputs, in the plan's order.
 *
 * @param isSeeded whether it was encrypted with the secret key
 */
export function uploadParts(
  plan: Plan,
  ciphers: ExpectedCiphers,
  inputs: readonly string[],
  isSeeded: boolean,
): ExpectedParts {
  return once(
    uploadIndices(plan, new Set(inputs)).map(
      (value): ExpectedPart => ({
        type: 'ciphertext',
        value,
        lengths: [savedCipherBytes({ ...lookUp(ciphers, value), isSeeded })],
      }),
    ),
  );
}

/**
 * Returns the indices of the `upload` operations of some inputs. If these are all cipher inputs of
 * the plan, returns those of all uploads.
 */
export function uploadIndices(plan: Plan, inputs: ReadonlySet<string>): readonly number[] {
  // Values that the client computes from its inputs are uploaded under other names.
  const isWhole = cipherInputs(plan).every((name) => inputs.has(name));
  return plan.ops.flatMap((op, index) =>
    op.op === 'upload' && (isWhole || inputs.has(op.input)) ? [index] : [],
  );
}

/** Returns the names of the inputs that clients encrypt. */
export function cipherInputs(plan: Plan): readonly string[] {
  return plan.inputs.flatMap(({ name, secrecy }) => (secrecy === 'cipher' ? [name] : []));
}

/** Returns the parts of a result: the values of the plan's outputs, run by run. */
export function resultParts(plan: Plan, ciphers: ExpectedCiphers, runs: number): ExpectedParts {
  const parts = wholePlan(plan).outputs.map((value): ExpectedPart => {
    const cipher = ciphers.get(value);
    return cipher
      ? { type: 'ciphertext', value, lengths: [savedCipherBytes(cipher)] }
      : // A value that is the same in all slots is one number.
        { type: 'clear', value, lengths: [8, 8 * plan.slots] };
  });
  return { runs, parts };
}

/** The name of a file, for messages, and its head. */
export interface FileHead {
  readonly name: string;
  readonly header: Header;
}

/**
 * Returns exactly the parts that a plan requires of a file, by its head.
 *
 * @throws ShoalError if the inputs that an upload names are not the plan's
 */
export function partsFor(plan: Plan, ciphers: ExpectedCiphers, head: FileHead): ExpectedParts {
  switch (head.header.kind) {
    case 'secret key':
      return secretParts(plan);
    case 'public key':
      return publicParts(plan);
    case 'evaluation keys':
      return evaluationParts(plan);
    case 'upload':
      return uploadParts(plan, ciphers, requireInputs(plan, head), isSeeded(head.header));
    case 'result':
      return resultParts(plan, ciphers, runsIn(head.header).length);
  }
}

/** Whether an upload was encrypted with the secret key. */
export function isSeeded({ description }: Header): boolean {
  return defined(description.seeded);
}

/** Returns the ids of the uploads of each run of a result, of which there is at least one. */
export function runsIn({ description }: Header): readonly (readonly string[])[] {
  return defined(description.runs);
}

/**
 * Returns the inputs that an upload names.
 *
 * @throws ShoalError unless they are some of the plan's, in its order
 */
export function requireInputs(plan: Plan, { name, header }: FileHead): readonly string[] {
  const required = cipherInputs(plan);
  const inputs = defined(header.description.inputs);
  const named = new Set(inputs);
  if (inputs.join() !== required.filter((input) => named.has(input)).join()) {
    throw new ShoalError('bad-file', 'the inputs that the file names are not those of its plan', {
      file: name,
    });
  }
  if (inputs.length === 0 && required.length > 0) {
    throw new ShoalError('bad-file', 'the upload has no inputs', { file: name });
  }
  if (plan.precomputed && inputs.length < required.length) {
    const message =
      'in this plan the client computes products of inputs, so one client must upload all of them';
    throw new ShoalError('missing-input', message, { file: name });
  }
  return inputs;
}
