import type {
  CKKSEncoder,
  Modulus,
  ParmsIdType,
  Plaintext,
  SEALContext,
  SecLevelType,
} from 'node-seal/allows';
import { at } from '../../lookup.ts';
import type { CkksParams, Plan } from '../../plan/plan.ts';
import { isSecure, isUncheckedRing } from '../../schemes/security.ts';
import { type Seal, sealError, translating } from './load-seal.ts';
import type { SchemeContext } from './scheme-evaluator.ts';
import { Scope, scoped } from './scope.ts';

/** The context of a CKKS plan. A ciphertext has N/2 slots. */
export interface CkksContext extends SchemeContext {
  readonly scheme: 'ckks';
  readonly params: CkksParams;
  readonly encoder: CKKSEncoder;
  /**
   * Encodes all slots of a ciphertext at a level and any scale.
   *
   * @throws ShoalError if a number is too large for the scale
   */
  encodeAt(slots: Float64Array, scale: number, level: number, plain: Plaintext): void;
}

/**
 * Builds SEAL's context for CKKS. The time is quadratic in the levels, some hundredths of a second
 * for each pair of level and prime, because SEAL computes all transform tables for every level.
 *
 * @throws ShoalError if the parameters are invalid, or less secure than they claim by SEAL's or our
 *   table
 */
export function createContext(seal: Seal, params: CkksParams): CkksContext {
  const levels = params.coeffModulus.length - params.basePrimes - 1;
  if (levels < 0 || params.scales.length !== levels + 1) {
    throw sealError('parameters contradict each other: primes, base and scales');
  }
  const scope = new Scope();
  try {
    return translating(seal, 'creating the context', () => buildContext(seal, params, scope));
  } catch (error) {
    scope.delete();
    throw error;
  }
}

function requireSecurity(params: Plan['params']): void {
  const bits = params.coeffModulus.reduce((sum, prime) => sum + Math.log2(Number(prime)), 0);
  if (!isSecure(params.polyModulusDegree, bits, params.securityBits)) {
    throw sealError(
      `parameters are not ${params.securityBits}-bit secure: N = ${params.polyModulusDegree}, ${Math.ceil(bits)} bits`,
    );
  }
}

function buildContext(seal: Seal, params: CkksParams, scope: Scope): CkksContext {
  const { context, parmsIds } = buildSealContext(seal, 'ckks', params, scope);
  const topLevel = params.coeffModulus.length - 1 - params.basePrimes;
  const encoder = scope.own(new seal.CKKSEncoder(context));
  const evaluator = scope.own(new seal.Evaluator(context));
  return {
    scheme: 'ckks',
    seal,
    params,
    context,
    encoder,
    slotCount: encoder.slotCount(),
    topLevel,
    parmsIds,
    encode(slots, level, plain) {
      this.encodeAt(slots, at(params.scales, level), level, plain);
    },
    encodeAt(slots, scale, level, plain) {
      requireFinite(slots, scale);
      encoder.encode(slots, scale, plain);
      if (level === topLevel) return;
      // The encoder works at the highest level only. Dropping primes gives the encoding of a lower
      // one.
      evaluator.plainModSwitchToInplace(plain, at(parmsIds, level));
      plain.shrinkToFit();
    },
    decode: (plain) => encoder.decodeFloat64(plain) as Float64Array,
    delete: () => scope.delete(),
  };
}

/**
 * SEAL refuses numbers too large for the modulus, but for infinite ones it writes outside its
 * memory.
 */
function requireFinite(slots: Float64Array, scale: number): void {
  for (const x of slots) {
    if (!(Math.abs(x) * scale < 2 ** 1000)) throw sealError(`${x} is too large to be encoded`);
  }
}

/**
 * Returns SEAL's context for any scheme, and its ids (parms_id) of the moduli of levels 0, 1, …
 *
 * @throws ShoalError if the parameters are invalid, or less secure than they claim by SEAL's or our
 *   table
 */
export function buildSealContext(
  seal: Seal,
  scheme: Plan['scheme'],
  params: Plan['params'],
  scope: Scope,
): { readonly context: SEALContext; readonly parmsIds: readonly ParmsIdType[] } {
  requireSecurity(params);
  const context = scope.own(sealContext(seal, scheme, params, params.coeffModulus));
  if (!context.parametersSet()) {
    throw sealError(`SEAL refuses the parameters: N = ${params.polyModulusDegree}`);
  }
  return { context, parmsIds: levelIds(context, scope).slice(params.basePrimes - 1) };
}

/**
 * Returns SEAL's context with the ring and security of `params` and these primes, special one last.
 */
export function sealContext(
  seal: Seal,
  scheme: Plan['scheme'],
  params: Plan['params'],
  primes: readonly string[],
): SEALContext {
  return scoped((scope) => {
    const modulus = scope.own(new seal.VectorModulus());
    for (const prime of primes) {
      modulus.push_back(scope.own<Modulus>(new seal.Modulus(BigInt(prime))));
    }
    const encryption = scope.own(new seal.EncryptionParameters(seal.SchemeType[scheme]));
    encryption.setPolyModulusDegree(params.polyModulusDegree);
    encryption.setCoeffModulus(modulus);
    if ('plainModulus' in params)
      encryption.setPlainModulus(scope.own(new seal.Modulus(BigInt(params.plainModulus))));
    return new seal.SEALContext(encryption, true, securityLevel(seal, params));
  });
}

/**
 * Returns the security that SEAL checks: none in rings missing in its table, where only ours
 * applies.
 */
function securityLevel(
  { SecLevelType }: Seal,
  params: Pick<CkksParams, 'polyModulusDegree' | 'securityBits'>,
): SecLevelType {
  if (isUncheckedRing(params.polyModulusDegree)) return SecLevelType.none;
  const { tc128, tc192, tc256 } = SecLevelType;
  return { 128: tc128, 192: tc192, 256: tc256 }[params.securityBits];
}

/** Returns SEAL's ids of the moduli of 1, 2, … primes, up to all but the special one. */
function levelIds(context: SEALContext, scope: Scope): ParmsIdType[] {
  const ids: ParmsIdType[] = [];
  let data = context.firstContextData();
  for (;;) {
    ids.unshift(scope.own(data.parmsId()));
    const last = data.chainIndex() === 0;
    const next = last ? undefined : data.nextContextData();
    data.delete();
    if (next === undefined) return ids;
    data = next;
  }
}
