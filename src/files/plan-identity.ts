import type { Plan } from '../plan/plan.ts';
import { sha256 } from '../platform/digests.ts';
import { canonicalJson, type Json } from './canonical-json.ts';

/** What files say of the plan that they belong to. */
export interface PlanIdentity {
  /** SHA-256 of the plan as canonical JSON: the same for a file that is only laid out differently. */
  readonly plan: Uint8Array<ArrayBuffer>;
  /** SHA-256 of scheme, ring and primes as canonical JSON. */
  readonly parameters: Uint8Array<ArrayBuffer>;
  /** The same for people. */
  readonly facts: PlanFacts;
}

/** What people are shown of a plan. */
export interface PlanFacts {
  readonly circuit: string;
  readonly scheme: Plan['scheme'];
  readonly polyModulusDegree: number;
  readonly coeffModulusBits: readonly number[];
  /** t, where values are integers modulo it. */
  readonly plainModulus?: number | undefined;
  readonly securityBits: number;
}

/** Most characters of a circuit's name that are kept. */
const LONGEST_NAME = 200;

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

/** Without characters that would do something to a terminal. */
function printable(text: string): string {
  return text.replace(/[\p{C}\p{Zl}\p{Zp}]/gu, '\ufffd');
}
