import { operands } from '../plan/liveness.ts';
import { OPERATIONS } from '../plan/operations.ts';
import type { IntegerOp, IntegerPlan, SlotData } from '../plan/plan.ts';
import { hasSlots } from '../schemes/integers/batching.ts';
import { gatheredValues, integerProperties } from '../schemes/integers/value-properties.ts';
import { LARGEST_MODULUS } from '../tensor/modular.ts';
import { requireRule } from './plan-fault.ts';
import { checkedPrimes, valueProperties } from './validate-modulus.ts';

/**
 * Parameters of BFV and BGV: a plaintext modulus below all primes, and slots only where it has them.
 *
 * @throws PlanFault
 */
export function requireIntegerParams({ params, encoding, batchable }: IntegerPlan): void {
  const { plainModulus: t, polyModulusDegree: degree } = params;
  const path = ['params', 'plainModulus'];
  const primes = checkedPrimes(params);
  requireRule(t <= LARGEST_MODULUS, 'it is no exact number', path);
  requireRule(
    primes.every((prime) => BigInt(t) < prime),
    'it is not below all primes of the modulus',
    path,
  );
  requireRule(
    encoding === 'coefficients' || hasSlots(t, degree),
    `${t} has no slots in a ring of degree ${degree}: it is no prime, or not 1 modulo ${2 * degree}`,
    path,
  );
  requireRule(encoding === 'slots' || !batchable, 'only slots hold many instances', ['batchable']);
}

/**
 * Rules of levels and encodings, and integers where there must be some.
 *
 * @throws PlanFault
 */
export function requireIntegerRules(plan: IntegerPlan): void {
  const { params, ops, outputs, encoding, slots } = plan;
  valueProperties(plan, params.coeffModulus.length - params.basePrimes - 1, integerProperties);
  ops.forEach((op, at) => {
    const path = ['ops', at];
    if (op.op === 'const') requireIntegers(op.data, [...path, 'data']);
    if (op.op === 'upload' && op.factor !== undefined)
      requireIntegers(op.factor, [...path, 'factor']);
    if (op.op === 'rotate') requireRule(encoding === 'slots', 'coefficients do not rotate', path);
    if (op.op !== 'gather') return;
    requireRule(encoding === 'coefficients', 'only coefficients are gathered', path);
    requireRule(op.args.length <= slots, 'more numbers than slots', [...path, 'args']);
  });
  requireGatheredLast(ops);
  outputs.forEach(({ errorBound }, at) => {
    requireRule(errorBound === 0, 'integers have no error', ['outputs', at, 'errorBound']);
  });
}

/** What is gathered may be brought into the form of an output, but not computed with. */
function requireGatheredLast(ops: readonly IntegerOp[]): void {
  const gathered = gatheredValues(ops);
  ops.forEach((op, at) => {
    const keeps = OPERATIONS[op.op].means === 'keep';
    const reads = operands(op).some((arg) => gathered.has(arg));
    requireRule(keeps || !reads, 'it computes with what is gathered', ['ops', at]);
  });
}

function requireIntegers(data: SlotData, path: readonly (string | number)[]): void {
  const numbers = typeof data === 'number' ? [data] : data;
  requireRule(numbers.every(Number.isSafeInteger), 'a number is no integer below 2^53', path);
}
