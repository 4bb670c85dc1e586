import type { Plan } from '../plan/plan.ts';
import { sha256 } from '../platform/digests.ts';
import { canonicalJson, type Json } from './canonical-json.ts';

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

/** Limit on the characters of a circuit's name; longer names are cut. */
const LONGEST_NAME = 200;

/** Returns the digests and facts that files contain about a plan. */
export function identityOf(plan: Plan): PlanIdentity {
  const { scheme, params } = plan;
  const { polyModulusDegree, coeffModulus, coeffModulusBits, securityBits } = params;
  const own = 'plainModulus' in params ? { plainModulus: params.plainModulus } : {};
  const circuit = printable(plan.circuit).slice(0, LONGEST_NAME);
  return {
    plan: sha256(canonicalJson(plan as unknown as Json)),
    parameters: sha256(canonicalJson({ scheme, polyModulusDegree, coeffModulus, ...own })),
    facts: { circuit, scheme, polyModulusDegree, coeffModulusBits, ...own, securityBits },
  };
}

/** Returns a text with U+FFFD in place of characters that control a terminal. */
function printable(text: string): string {
  return text.replace(/[\p{C}\p{Zl}\p{Zp}]/gu, '\ufffd');
}
