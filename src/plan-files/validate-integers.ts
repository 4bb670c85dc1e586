import { operands } from '../plan/liveness.ts';
import { OPERATIONS } from '../plan/operations.ts';
import type { IntegerOp, IntegerPlan, SlotData } from '../plan/plan.ts';
import { hasSlots } from '../schemes/integers/batching.ts';
import { gatheredValues, integerProperties } from '../schemes/integers/value-properties.ts';
import { LARGEST_MODULUS } from '../tensor/modular.ts';
import { requireRule } from './plan-fault.ts';
import { checkedPrimes, valueProperties } from './validate-modulus.ts';

/**
 * Requires valid parameters of BFV and BGV: a plaintext modulus below all primes, and the encoding
 * `slots` only if the plaintext modulus has slots.
 *
 * @throws PlanFault if they are not
 */
export function requireIntegerParams({ params, encoding, batchable }: IntegerPlan): void {
  const { plainModulus: t, polyModulusDegree: degree } = params;
  const path = ['params', 'plainModulus'];
  const primes = checkedPrimes(params);
  requireRule(t <= LARGEST_MODULUS, 'it is too large to be exact', path);
  requireRule(
    primes.every((prime) => BigInt(t) < prime),
    'it is not below all primes of the modulus',
    path,
  );
  requireRule(
    encoding === 'coefficients' || hasSlots(t, degree),
    `${t} has no slots in a ring of degree ${degree}: it is not a prime, or not 1 modulo ${2 * degree}`,
    path,
  );
  requireRule(encoding === 'slots' || !batchable, 'only plans with slots are batchable', [
    'batchable',
  ]);
}

/**
 * Requires that operations keep the rules of levels and encodings, and that constants are integers.
 *
 * @throws PlanFault if they do not
 */
export function requireIntegerRules(plan: IntegerPlan): void {
  const { params, ops, outputs, encoding, slots } = plan;
  valueProperties(plan, params.coeffModulus.length - params.basePrimes - 1, integerProperties);
  ops.forEach((op, at) => {
    const path = ['ops', at];
    if (op.op === 'const') requireIntegers(op.data, [...path, 'data']);
    if (op.op === 'upload' && op.factor !== undefined)
      requireIntegers(op.factor, [...path, 'factor']);
    if (op.op === 'rotate')
      requireRule(encoding === 'slots', 'coefficients cannot be rotated', path);
    if (op.op !== 'gather') return;
    requireRule(encoding === 'coefficients', 'only coefficients can be gathered', path);
    requireRule(op.args.length <= slots, 'more numbers than slots', [...path, 'args']);
  });
  requireGatheredLast(ops);
  outputs.forEach(({ errorBound }, at) => {
    requireRule(errorBound === 0, 'the error bound of integers is 0', [
      'outputs',
      at,
      'errorBound',
    ]);
  });
}

/** Requires that gathered values are only relinearized or switched to other levels. */
function requireGatheredLast(ops: readonly IntegerOp[]): void {
  const gathered = gatheredValues(ops);
  ops.forEach((op, at) => {
    const keeps = OPERATIONS[op.op].means === 'keep';
    const reads = operands(op).some((arg) => gathered.has(arg));
    requireRule(keeps || !reads, 'it computes with gathered values', ['ops', at]);
  });
}

function requireIntegers(data: SlotData, path: readonly (string | number)[]): void {
  const numbers = typeof data === 'number' ? [data] : data;
  requireRule(numbers.every(Number.isSafeInteger), 'a number is not an integer below 2^53', path);
}
