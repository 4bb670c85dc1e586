import { expect, test } from 'vitest';
import { createContext } from '../../src/backends/seal/ckks-context.ts';
import { loadSeal } from '../../src/backends/seal/load-seal.ts';
import { scoped } from '../../src/backends/seal/scope.ts';
import { UniformEncoder } from '../../src/backends/seal/uniform-encoder.ts';
import { at } from '../../src/lookup.ts';
import { chain, planOf } from './plans.ts';

test('one number is encoded if it fits the modulus of its level with its sign', async () => {
  const { params } = planOf(chain(1), 8);
  const seal = await loadSeal();
  scoped((scope) => {
    const context = scope.own(createContext(seal, params));
    const encoder = new UniformEncoder(context);
    const plain = scope.own(new seal.Plaintext());
    const scale = at(params.scales, 0);
    const [base = 0] = params.coeffModulus.map(Number);
    const encoded = (value: number) => {
      if (!encoder.encode(value, 0, scale, plain)) return undefined;
      return context.decode(plain);
    };
    for (const value of [1.5, -1.5, (0.49 * base) / scale, (-0.49 * base) / scale]) {
      const slots = encoded(value);
      expect(slots).toBeDefined();
      for (const got of slots ?? []) expect(got / value).toBeCloseTo(1, 5);
    }
    for (const share of [0.51, -0.51, 0.75, 1.5, 1e9])
      expect(encoded((share * base) / scale), `${share}`).toBeUndefined();
    expect(encoded(Number.NaN)).toBeUndefined();
  });
});
