import { asOneLine } from '../errors/one-line.ts';
import type { Plan } from '../plan/plan.ts';
import { sha256 } from '../platform/digests.ts';
import { canonicalJson, type Json, toHex } from './canonical-json.ts';

/** What files contain about the plan that they belong to. */
export interface PlanIdentity {
  /** SHA-256 of the plan as canonical JSON, which does not depend on how the file is formatted. */
  readonly plan: Uint8Array<ArrayBuffer>;
  /** SHA-256 of scheme, ring and primes as canonical JSON. */
  readonly parameters: Uint8Array<ArrayBuffer>;
  /** Facts about the plan, for people. */
  readonly facts: PlanFacts;
}

/** Facts about a plan that commands show. */
export interface PlanFacts {
  readonly circuit: string;
  readonly scheme: Plan['scheme'];
  readonly polyModulusDegree: number;
  readonly coeffModulusBits: readonly number[];
  /** The modulus t of BFV and BGV plans. */
  readonly plainModulus?: number | undefined;
  readonly securityBits: number;
}

/** Returns the digests and facts that files contain about a plan. */
export function identityOf(plan: Plan): PlanIdentity {
  const { scheme, params } = plan;
  const { polyModulusDegree, coeffModulus, coeffModulusBits, securityBits } = params;
  const own = 'plainModulus' in params ? { plainModulus: params.plainModulus } : {};
  const circuit = asOneLine(plan.circuit);
  return {
    plan: digestOf(plan),
    parameters: sha256(canonicalJson({ scheme, polyModulusDegree, coeffModulus, ...own })),
    facts: { circuit, scheme, polyModulusDegree, coeffModulusBits, ...own, securityBits },
  };
}

/**
 * Returns the digest of a plan, 64 hexadecimal digits: the SHA-256 of its canonical JSON. Plans
 * have the same digest if and only if they are the same plan, however their files are laid out.
 */
export function planDigest(plan: Plan): string {
  return toHex(digestOf(plan));
}

function digestOf(plan: Plan): Uint8Array<ArrayBuffer> {
  return sha256(canonicalJson(plan as unknown as Json));
}
