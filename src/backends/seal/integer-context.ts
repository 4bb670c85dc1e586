import type { Plaintext } from 'node-seal/allows';
import { at } from '../../lookup.ts';
import type { IntegerParams, IntegerPlan } from '../../plan/plan.ts';
import { buildSealContext } from './ckks-context.ts';
import { type Seal, translating } from './load-seal.ts';
import type { SchemeContext } from './scheme-evaluator.ts';
import { Scope, scoped } from './scope.ts';

/** The context of a BFV or BGV plan. */
export interface IntegerContext extends SchemeContext {
  readonly scheme: 'bfv' | 'bgv';
  readonly params: IntegerParams;
  /** Writes coefficients from 0 to t - 1, lowest degree first, into a plaintext polynomial. */
  write(coefficients: BigUint64Array, plain: Plaintext): void;
}

/**
 * Builds SEAL's context for BFV or BGV, and its encoder if plaintexts have slots.
 *
 * @throws ShoalError if the parameters are invalid, or less secure than they claim by SEAL's or our
 *   table
 */
export function createIntegerContext(
  seal: Seal,
  { scheme, params, encoding }: IntegerPlan,
): IntegerContext {
  const scope = new Scope();
  try {
    return translating(seal, 'creating the context', () => {
      const { context, parmsIds } = buildSealContext(seal, scheme, params, scope);
      const { polyModulusDegree: degree } = params;
      const write = (coefficients: BigUint64Array, plain: Plaintext) =>
        plain.loadFromArray(context, savedPlaintext(seal, coefficients));
      const coding =
        encoding === 'slots'
          ? slotCoding(scope.own(new seal.BatchEncoder(context)), write)
          : coefficientCoding(seal, degree, write);
      return {
        scheme,
        seal,
        params,
        context,
        slotCount: degree,
        topLevel: params.coeffModulus.length - 1 - params.basePrimes,
        parmsIds,
        write,
        ...coding,
        delete: () => scope.delete(),
      };
    });
  } catch (error) {
    scope.delete();
    throw error;
  }
}

type Coding = Pick<SchemeContext, 'encode' | 'decode'>;
type Write = IntegerContext['write'];

/** The part of SEAL's encoder that is used. */
interface BatchEncoder {
  encode(values: BigUint64Array, plain: Plaintext): void;
  decodeBigUint64(plain: Plaintext): BigUint64Array;
}

/** Encodes N residues modulo t in slots. One number for all slots is a polynomial of degree 0. */
function slotCoding(encoder: BatchEncoder, write: Write): Coding {
  return {
    encode(slots, _level, plain) {
      const first = at(slots, 0);
      if (slots.every((x) => x === first)) write(BigUint64Array.of(BigInt(first)), plain);
      else encoder.encode(BigUint64Array.from(slots, BigInt), plain);
    },
    decode: (plain) => Float64Array.from(encoder.decodeBigUint64(plain), Number),
  };
}

/**
 * Encodes one number as the constant coefficient. Decrypted polynomials may have more coefficients.
 */
function coefficientCoding(seal: Seal, degree: number, write: Write): Coding {
  return {
    encode: (slots, _level, plain) => write(BigUint64Array.of(BigInt(at(slots, 0))), plain),
    decode(plain) {
      const coefficients = new Float64Array(degree);
      coefficients.set(Float64Array.from(coefficientsOf(seal, plain), Number));
      return coefficients;
    },
  };
}

/**
 * Bytes before the coefficients of a plaintext saved without compression (SEAL 4.1,
 * "Plaintext::save_members"): header, parms_id, coefficient count, scale, and the array's own head.
 */
const HEAD_BYTES = 88;

/** Returns a plaintext in SEAL's format. Its head is copied from one of the same length by SEAL. */
function savedPlaintext(seal: Seal, coefficients: BigUint64Array): Uint8Array {
  return scoped((scope) => {
    const empty = scope.own(new seal.Plaintext(coefficients.length));
    const saved = (empty.saveToArray(seal.ComprModeType.none) as Uint8Array).slice();
    const { buffer, byteOffset, byteLength } = coefficients;
    saved.set(new Uint8Array(buffer, byteOffset, byteLength), HEAD_BYTES);
    return saved;
  });
}

function coefficientsOf(seal: Seal, plain: Plaintext): BigUint64Array {
  const saved = (plain.saveToArray(seal.ComprModeType.none) as Uint8Array).slice(HEAD_BYTES);
  return new BigUint64Array(saved.buffer, 0, saved.byteLength / 8);
}
