import { CostModel, factorsOf } from '../../src/cost/cost-model.ts';

const size = { degree: 2, primes: 1, chainPrimes: 1, polynomials: 1 };

/** A model in which every coefficient is one nanosecond, so that times can be counted by hand. */
export const unitCost: CostModel = modelOf(() => 1);

/** Returns a model with the given coefficients. */
export function modelOf(coefficient: (term: string, name: string) => number): CostModel {
  const names = Object.keys(CostModel.shape.terms.shape) as (keyof CostModel['terms'])[];
  const terms = Object.fromEntries(
    names.map((term) => [
      term,
      Object.fromEntries(
        Object.keys(factorsOf(term, size)).map((name) => [name, coefficient(term, name)]),
      ),
    ]),
  );
  return CostModel.parse({ format: 'shoal-cost-model', version: 1, terms });
}
