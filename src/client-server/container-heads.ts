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

/** The heads of each kind of file, and the parts that each has. */

/** Returns the header of a new file, with a random file id. */
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

/** The parts of a secret key's file. */
export const SECRET_PARTS: readonly PartName[] = [{ type: 'secretKey', run: 0, value: 0 }];
/** The parts of a public key's file. */
export const PUBLIC_PARTS: readonly PartName[] = [{ type: 'publicKey', run: 0, value: 0 }];

/**
 * Returns the parts of the evaluation keys: the public key first, then the others in the order in
 * which they are generated.
 */
export function evaluationParts(plan: Plan): readonly PartName[] {
  return [...PUBLIC_PARTS, ...keyOrder(keyLevels(plan)).map(([name]) => keyPart(name))];
}

/** Returns the name of a relinearization or rotation key's part. */
export function keyPart(name: KeyName): PartName {
  return name === 'relinearization'
    ? { type: 'relinearizationKey', run: 0, value: 0 }
    : { type: 'rotationKey', run: 0, value: name };
}

/** Returns the parts of an upload of some inputs, in the plan's order. */
export function uploadParts(plan: Plan, inputs: readonly string[]): readonly PartName[] {
  const indices = uploadIndices(plan, new Set(inputs));
  return indices.map((value) => ({ type: 'ciphertext', run: 0, value }));
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
