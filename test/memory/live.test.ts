import { describe, expect, test } from 'vitest';
import { liveBytes } from '../../src/memory/ckks-live-memory.ts';
import { integerLiveBytes } from '../../src/memory/integer-live-memory.ts';
import { predictMemory, roomLeft, storedKeysBytes } from '../../src/memory/predict-memory.ts';
import type { CkksOp, CkksPlan, IntegerOp, IntegerPlan } from '../../src/plan/plan.ts';
import { chain, planOf, scalarMap } from '../backends/plans.ts';
import { planFor } from '../client-server/support.ts';

/**
 * Predicted memory, counted by hand: in polynomials modulo one prime, each of 8·N bytes. At level l
 * there are 1 + l primes. SEAL's pool keeps one object of each size, and three where two exist at a
 * time.
 */

const N = 8192;

/** Returns the polynomials that operations take at two levels in a ring of 8192. */
function polynomials(ops: CkksOp[], value = ops.length - 1): number {
  const { params, ...plan } = planOf(chain(2));
  expect([params.polyModulusDegree, params.basePrimes, params.coeffModulus.length]).toEqual([
    N,
    1,
    4,
  ]);
  const output = { name: 'y', shape: [], value, map: scalarMap, errorBound: 1 };
  const own: CkksPlan = { ...plan, params, slots: 4, ops, outputs: [output] };
  return liveBytes(own) / (8 * N);
}

const x = (level: number): CkksOp => ({ op: 'upload', input: 'x', map: scalarMap, level });
/** An upload at level 2: 2·3 polynomials, and an encryption of zero with one more prime: 2·4, 4. */
const UPLOAD = 6 + 8 + 4;

describe('ciphertexts of CKKS', () => {
  test('an upload and its encryption of zero', () => {
    expect(polynomials([x(2)])).toBe(UPLOAD);
    // At level 0 two of 2 exist at a time: three objects.
    expect(polynomials([x(0)])).toBe(3 * 2 + 4);
  });

  test('a sum in the memory of an operand that is no longer needed', () => {
    expect(polynomials([x(2), { op: 'negate', args: [0], level: 2 }])).toBe(UPLOAD);
    // Two uploads at a time are three objects of 6.
    expect(polynomials([x(2), x(2), { op: 'add', args: [0, 1], level: 2 }])).toBe(UPLOAD + 2 * 6);
  });

  test('a product of three polynomials, which keeps its memory when it is relinearized', () => {
    const square: CkksOp = { op: 'mul', args: [0, 0], level: 2 };
    // 3·3 for the product.
    expect(polynomials([x(2), square])).toBe(UPLOAD + 9);
    // Key switching: a polynomial of 3, sums of 2·4, 4, and twice 1; it borrows what is there: 8, 4.
    const short: CkksOp = { op: 'relinearize', args: [1], level: 2 };
    expect(polynomials([x(2), square, short])).toBe(UPLOAD + 9 + 3 + 3 * 1);
  });

  test('a rotation: key switching, and one polynomial more', () => {
    const rotated: CkksOp = { op: 'rotate', args: [0], steps: 1, level: 2 };
    // Two of 3, which are three objects; 8 and 4 are there.
    expect(polynomials([x(2), rotated])).toBe(UPLOAD + 3 * 3 + 3 * 1);
  });

  test('a value that is still needed is not overwritten', () => {
    const ops: CkksOp[] = [x(2), { op: 'negate', args: [0], level: 2 }];
    expect(polynomials([...ops, { op: 'add', args: [0, 1], level: 2 }])).toBe(UPLOAD + 2 * 6);
  });

  test('a number is encoded at its level, a vector at the top level first', () => {
    const add = (data: number | number[]): CkksOp[] => [
      x(1),
      { op: 'const', data },
      { op: 'addPlain', args: [0, 1], level: 1 },
    ];
    // An upload at level 1: 4, 6 and 3; a plaintext of 2; three for a vector, which are there.
    expect(polynomials(add(2))).toBe(4 + 6 + 3 + 2);
    expect(polynomials(add([1, 2]))).toBe(4 + 6 + 3 + 2);
    // At level 0: a plaintext of 1, and one of 3 before.
    const low = add([1, 2]).map((op) => ('level' in op ? { ...op, level: 0 } : op)) as CkksOp[];
    expect(polynomials(low)).toBe(3 * 2 + 4 + 1 + 3);
  });

  test('a rescaling writes its result directly, with temporaries', () => {
    const ops: CkksOp[] = [
      x(2),
      { op: 'mul', args: [0, 0], level: 2 },
      { op: 'relinearize', args: [1], level: 2 },
      { op: 'rescale', args: [2], level: 1 },
    ];
    // A copy of the operand, 6, is there since the upload was freed; and 1.
    expect(polynomials(ops)).toBe(UPLOAD + 9 + 3 + 3 * 1);
  });
});

describe('ciphertexts of integers', () => {
  const plan = planFor('scheme bfv(t = 65537);\ninput x: cipher;\noutput y = x;\n') as IntegerPlan;
  const n = plan.params.polyModulusDegree;

  function integerPolynomials(scheme: 'bfv' | 'bgv', ops: IntegerOp[]): number {
    const output = { name: 'y', shape: [], value: ops.length - 1, map: scalarMap };
    const params = { ...plan.params, basePrimes: 2 };
    const outputs = [{ ...output, errorBound: 0, noiseBudget: 1 }];
    return integerLiveBytes({ ...plan, scheme, params, ops, outputs }) / (8 * n);
  }

  const upload: IntegerOp = { op: 'upload', input: 'x', map: scalarMap, level: 0 };
  const mul: IntegerOp = { op: 'mul', args: [0, 0], level: 0 };

  test('an upload and its encryption of zero', () => {
    expect(integerPolynomials('bfv', [upload])).toBe(4 + 6 + 3);
  });

  test('a product; BFV extends its factors to more primes', () => {
    // The product of 6 is beside a temporary of 6 that is free.
    expect(integerPolynomials('bgv', [upload, mul])).toBe(4 + 6 + 3);
    expect(integerPolynomials('bfv', [upload, mul])).toBe(4 + 6 + 3 + 14 + 28 + 12);
  });

  test('a relinearization: key switching', () => {
    const short: IntegerOp = { op: 'relinearize', args: [1], level: 0 };
    // [2, 6, 4, 1, 1]: the product keeps one 6 busy, so there are three of them.
    expect(integerPolynomials('bgv', [upload, mul, short])).toBe(3 * 4 + 3 * 6 + 3 + 2 + 3 * 1);
  });
});

describe('the prediction', () => {
  const plan = planOf(chain(2));
  const { params } = plan;
  const prediction = predictMemory(plan, 1);

  test('has tables for the contexts of its keys, loaded and stored keys, and transfers', () => {
    // Keys at the top level only: one context, of 4 primes; 34 bytes for each root, prime and level.
    expect(prediction.contexts).toBe(34 * N * 4 * 5);
    // The relinearization key: 3 digits of 2 polynomials modulo 4 primes; the pool has 3 of a size.
    expect(prediction.loadedKeys).toBe(3 * 16 * N * 4);
    // A head, and 3 digits with a seed in place of a polynomial; a public key of one digit.
    const key = 64 + 3 * (194 + 8 * N * 4);
    expect(prediction.storedKeys).toBe(194 + 8 * N * 4 + key);
    expect(storedKeysBytes(params, new Map([['relinearization', 2]]))).toBe(prediction.storedKeys);
    expect(prediction.transfers).toBe(3 * key);
  });

  test('has a heap that grows by a fifth, or 96 MiB, of which half is unused', () => {
    const used = (extra: number) => {
      const { contexts, loadedKeys, ciphertexts, transfers } = prediction;
      return 4 * 2 ** 20 + contexts + loadedKeys + ciphertexts + transfers + extra;
    };
    expect(prediction.heap).toBe(Math.ceil(1.1 * used(0)));
    expect(prediction.total).toBe(prediction.storedKeys + prediction.heap);
    const { total } = predictMemory(plan, 3);
    expect(total).toBe(prediction.storedKeys + 3 * prediction.heap);
    // What can be added until a heap of 2 GiB is full.
    expect(roomLeft(prediction, 2 ** 31)).toBe(2 ** 31 - 48 * 2 ** 20 - used(0));
    expect(roomLeft(prediction, 2 ** 28)).toBeCloseTo(2 ** 28 / 1.1 - used(0), 3);
  });

  test('has a heap of 16 MiB at least', () => {
    const small = planOf(chain(0), 4);
    expect(predictMemory(small, 1).heap).toBe(16 * 2 ** 20);
  });
});
