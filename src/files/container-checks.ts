import { ShoalError } from '../errors/shoal-error.ts';
import { sameBytes, toHex } from './canonical-json.ts';
import { type FileKind, type Header, planFacts } from './container-format.ts';
import type { PlanIdentity } from './plan-identity.ts';

/** Number of hexadecimal digits of a digest that messages show. */
const SHOWN_DIGITS = 12;

/** Returns the first hexadecimal digits of a digest, for messages. */
export function shortHex(bytes: Uint8Array): string {
  return toHex(bytes).slice(0, SHOWN_DIGITS);
}

/** @throws ShoalError if a file is of none of the expected kinds */
export function requireKind(
  file: string,
  { kind }: Header,
  ...expected: readonly FileKind[]
): void {
  if (expected.includes(kind)) return;
  const warning =
    kind === 'secret key'
      ? '; a secret key stays with the client, and nobody else may have it'
      : '';
  const message = `expected: ${expected.join(' or ')}; found: ${kind}${warning}`;
  throw new ShoalError('wrong-kind', message, { file });
}

/** @throws ShoalError if a file belongs to another plan */
export function requirePlan(file: string, header: Header, identity: PlanIdentity): void {
  const { kind, plan, parameters, description } = header;
  if (!sameBytes(plan, identity.plan)) {
    const own = `plan ${shortHex(plan)} (${description.circuit})`;
    const expected = `plan ${shortHex(identity.plan)} (${identity.facts.circuit})`;
    const message = `the ${kind} belong${kind.endsWith('s') ? '' : 's'} to ${own}, not to ${expected}`;
    throw new ShoalError('other-plan', message, { file });
  }
  const isSame = JSON.stringify(planFacts(description)) === JSON.stringify(identity.facts);
  if (isSame && sameBytes(parameters, identity.parameters)) return;
  const message = 'the parameters in the file differ from those in its plan';
  throw new ShoalError('bad-file', message, { file });
}

/** @throws ShoalError if a file does not belong to the key set with the id `keys` */
export function requireKeySet(file: string, header: Header, keys: Uint8Array): void {
  if (sameBytes(header.keys, keys)) return;
  const { kind } = header;
  const message = `the ${kind} belong${kind.endsWith('s') ? '' : 's'} to key set ${shortHex(header.keys)}, not to ${shortHex(keys)}: these are another client's keys, or another generation of them`;
  throw new ShoalError('other-keys', message, { file });
}
