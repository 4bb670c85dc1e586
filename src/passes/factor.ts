import { Factoring } from '../algebra/factoring.ts';
import { outputArrival } from '../ir/arrival.ts';
import { circuitFacts } from '../ir/circuit-facts.ts';
import { compact } from '../ir/rewrite.ts';
import type { Pass } from './pass.ts';

/**
 * Factor: the reverse of duplicate, where it costs no depth. Terms of a sum that share late or
 * frequent factors become one product with these:
 *
 *     a*w + b*w + c*w^3 + d*w^3 = (a + b)*w + (c + d)*w^3
 *
 * A term that is a product with a sum inside is first expanded, which shows what its terms have in
 * common with others: x*(1 + x*w) + y*(1 + y*w) has (x² + y²)*w in it. Factors that all terms have
 * are taken out first: y + y*(1 - a*y²) is the product y*(2 - a*y²). Safe by distributivity. It
 * fires only if the sum arrives no later than before and takes fewer ciphertext multiplications, or
 * as many if it becomes a single product.
 */
export const factor: Pass = {
  name: 'factor',
  summary: 'share factors among the terms of a sum',
  example: `input x: cipher;
input y: cipher;
input z: cipher;
output r = x*z + y*z;
`,
  requires: [],
  run(circuit, context) {
    // Both without and with opening products that have other users: these may hide shared factors.
    const factorings = [false, true].map(
      (opensShared) => new Factoring(circuit, context, { opensShared, collects: false }),
    );
    const candidates = factorings.map((factoring) => compact(factoring.run()));
    const stopped = factorings.some(({ exhausted }) => exhausted)
      ? { stopped: 'limit on factors reached' }
      : {};
    const { level } = outputArrival(circuit, context);
    const { muls } = circuitFacts(circuit);
    const [first, ...others] = candidates.filter(
      (candidate) =>
        outputArrival(candidate, context).level <= level && circuitFacts(candidate).muls <= muls,
    );
    const best = others.reduce(
      (a, b) => (a && circuitFacts(b).muls < circuitFacts(a).muls ? b : a),
      first,
    );
    return { circuit: best ?? circuit, ...stopped };
  },
};
