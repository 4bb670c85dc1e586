import { defined } from '../lookup.ts';
import type { Plan } from '../plan/plan.ts';
import { isPrime } from '../schemes/primes.ts';
import { isSecure, modulusLimits } from '../schemes/security.ts';
import { PlanFault, requireRule } from './plan-fault.ts';

/** SEAL's limit on the size of a prime. */
const LARGEST_PRIME_BITS = 60;

/**
 * Returns the primes of a modulus after checking that they are different, secure, and no fewer than
 * the base primes and the special prime.
 *
 * @throws PlanFault if they are not
 */
export function checkedPrimes(params: Plan['params']): readonly bigint[] {
  const { polyModulusDegree: degree, coeffModulus, coeffModulusBits } = params;
  const { basePrimes, securityBits } = params;
  const degrees = modulusLimits(securityBits).map((row) => row.degree);
  const at = (key: string) => ['params', key];
  requireRule(
    degrees.includes(degree),
    `the ring degree must be one of ${degrees.join(', ')}`,
    at('polyModulusDegree'),
  );
  requireRule(
    coeffModulus.length === coeffModulusBits.length,
    'the numbers of primes and of their sizes differ',
    at('coeffModulus'),
  );
  const primes = coeffModulus.map((text, i) =>
    primeOf(text, defined(coeffModulusBits[i]), degree, i),
  );
  requireRule(new Set(primes).size === primes.length, 'a prime occurs twice', at('coeffModulus'));
  const bits = primes.reduce((sum, prime) => sum + Math.log2(Number(prime)), 0);
  requireRule(
    isSecure(degree, bits, securityBits),
    `${Math.ceil(bits)} bits of modulus are not ${securityBits}-bit secure at degree ${degree}`,
    at('coeffModulusBits'),
  );
  const levels = primes.length - basePrimes - 1;
  requireRule(levels >= 0, 'there are fewer primes than base and special prime', at('basePrimes'));
  return primes;
}

function primeOf(text: string, bits: number, degree: number, index: number): bigint {
  const path = ['params', 'coeffModulus', index];
  requireRule(
    bits <= LARGEST_PRIME_BITS && text.length < 20,
    'a prime must have at most 60 bits',
    path,
  );
  const prime = BigInt(text);
  requireRule(prime.toString(2).length === bits, `${text} does not have ${bits} bits`, path);
  requireRule(prime % BigInt(2 * degree) === 1n, `${text} is not 1 modulo ${2 * degree}`, path);
  requireRule(isPrime(prime), `${text} is not a prime`, path);
  return prime;
}

/**
 * Returns the properties of a plan's values, derived by the rules of level management.
 *
 * @param top the highest level that the parameters have
 * @param derive throws an Error that names the operation which breaks a rule
 * @throws PlanFault if an operation breaks a rule
 */
export function valueProperties<P extends Plan, F>(
  plan: P,
  top: number,
  derive: (plan: P) => F,
): F {
  plan.ops.forEach((op, at) => {
    const isReached = !('level' in op) || op.level <= top;
    requireRule(isReached, `the highest level is ${top}`, ['ops', at, 'level']);
  });
  try {
    return derive(plan);
  } catch (error) {
    const { message } = error as Error;
    const at = Number(/^plan operation (\d+)/.exec(message)?.[1] ?? 0);
    throw new PlanFault(message.replace(/^plan operation \d+ /, ''), ['ops', at]);
  }
}
