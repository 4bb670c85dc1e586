import { ShoalError } from '../errors/shoal-error.ts';
import { defined } from '../lookup.ts';
import { sameBytes, toHex } from './canonical-json.ts';
import { type FileKind, type Header, type PartName, planFacts } from './container-format.ts';
import type { PartLocation } from './container-reader.ts';
import type { PlanIdentity } from './plan-identity.ts';

/** Hexadecimal digits of a digest that people are shown. */
const SHOWN_DIGITS = 12;

/** A digest as people are shown it. */
export function shortHex(bytes: Uint8Array): string {
  return toHex(bytes).slice(0, SHOWN_DIGITS);
}

/** @throws ShoalError if a file is of none of the wanted kinds */
export function requireKind(file: string, { kind }: Header, ...wanted: readonly FileKind[]): void {
  if (wanted.includes(kind)) return;
  const stays =
    kind === 'secret key'
      ? '; a secret key stays with the client, and nobody else may have it'
      : '';
  const message = `wanted: ${wanted.join(' or ')}; found: ${kind}${stays}`;
  throw new ShoalError('wrong-kind', message, { file });
}

/** @throws ShoalError if a file belongs to another plan */
export function requirePlan(file: string, header: Header, identity: PlanIdentity): void {
  const { kind, plan, parameters, description } = header;
  if (!sameBytes(plan, identity.plan)) {
    const own = `plan ${shortHex(plan)} (${description.circuit})`;
    const wanted = `plan ${shortHex(identity.plan)} (${identity.facts.circuit})`;
    const message = `the ${kind} belong${kind.endsWith('s') ? '' : 's'} to ${own}, not to ${wanted}`;
    throw new ShoalError('other-plan', message, { file });
  }
  const isFactual = JSON.stringify(planFacts(description)) === JSON.stringify(identity.facts);
  if (isFactual && sameBytes(parameters, identity.parameters)) return;
  const message = 'what the file says of its parameters is not what its plan says';
  throw new ShoalError('bad-file', message, { file });
}

/** @throws ShoalError if a file belongs to another key set than the one that `keys` names */
export function requireKeySet(file: string, header: Header, keys: Uint8Array): void {
  if (sameBytes(header.keys, keys)) return;
  const { kind } = header;
  const message = `the ${kind} belong${kind.endsWith('s') ? '' : 's'} to key set ${shortHex(header.keys)}, not to ${shortHex(keys)}: these are another client's keys, or another generation of them`;
  throw new ShoalError('other-keys', message, { file });
}

/** @throws ShoalError unless the parts are just those that are wanted, in this order */
export function requireParts(
  file: string,
  parts: readonly PartLocation[],
  wanted: readonly PartName[],
): void {
  const isSame = (a: PartName, b: PartName) =>
    a.type === b.type && a.run === b.run && a.value === b.value;
  if (parts.length === wanted.length && parts.every((part, i) => isSame(part, defined(wanted[i]))))
    return;
  const message = 'its parts are not those that its plan has, in their order';
  throw new ShoalError('bad-file', message, { file });
}
