import { keyOrder } from '../backends/seal/key-store.ts';
import {
  type Description,
  type Header,
  ID_BYTES,
  type PartName,
} from '../files/container-format.ts';
import type { PlanIdentity } from '../files/plan-identity.ts';
import { keyLevels } from '../memory/key-levels.ts';
import type { KeyName } from '../memory/key-needs.ts';
import type { Plan } from '../plan/plan.ts';
import { wholePlan } from '../plan/worker-shares.ts';
import { randomBytes } from '../platform/digests.ts';

/** What the kinds of files begin with, and which parts they have. */

/** A header of a new file. */
export function newHeader(
  identity: PlanIdentity,
  own: Pick<Header, 'kind' | 'compressed' | 'partCount' | 'keys'> &
    Pick<Description, 'inputs' | 'seeded' | 'runs'>,
): Header {
  const { kind, compressed, partCount, keys, ...described } = own;
  return {
    kind,
    compressed,
    partCount,
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

export const SECRET_PARTS: readonly PartName[] = [{ type: 'secretKey', run: 0, value: 0 }];
export const PUBLIC_PARTS: readonly PartName[] = [{ type: 'publicKey', run: 0, value: 0 }];

/** Evaluation keys: the public key first, then the others in the order in which they are generated. */
export function evaluationParts(plan: Plan): readonly PartName[] {
  return [...PUBLIC_PARTS, ...keyOrder(keyLevels(plan)).map(([name]) => keyPart(name))];
}

export function keyPart(name: KeyName): PartName {
  return name === 'relinearization'
    ? { type: 'relinearizationKey', run: 0, value: 0 }
    : { type: 'rotationKey', run: 0, value: name };
}

/** Ciphertexts of some inputs, in the plan's order. */
export function uploadParts(plan: Plan, inputs: readonly string[]): readonly PartName[] {
  const places = uploadPlaces(plan, new Set(inputs));
  return places.map((value) => ({ type: 'ciphertext', run: 0, value }));
}

/** Places of the upload operations that some inputs go into; of all, if they are all of the plan's. */
export function uploadPlaces(plan: Plan, inputs: ReadonlySet<string>): readonly number[] {
  // What the client computes from its inputs is uploaded by other names.
  const isWhole = cipherInputs(plan).every((name) => inputs.has(name));
  return plan.ops.flatMap((op, at) =>
    op.op === 'upload' && (isWhole || inputs.has(op.input)) ? [at] : [],
  );
}

/** Names of the inputs that clients encrypt. */
export function cipherInputs(plan: Plan): readonly string[] {
  return plan.inputs.flatMap(({ name, secrecy }) => (secrecy === 'cipher' ? [name] : []));
}

/** Values of the plan's outputs, run by run. */
export function resultParts(
  plan: Plan,
  runs: number,
  isCipher: (value: number) => boolean,
): readonly PartName[] {
  const { outputs } = wholePlan(plan);
  return Array.from({ length: runs }, (_, run) =>
    outputs.map(
      (value): PartName => ({ type: isCipher(value) ? 'ciphertext' : 'clear', run, value }),
    ),
  ).flat();
}
