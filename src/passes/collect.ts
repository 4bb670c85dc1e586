import { Factoring } from '../algebra/factoring.ts';
import { compareArrivals, outputArrival } from '../ir/arrival.ts';
import { compact } from '../ir/rewrite.ts';
import type { Pass } from './pass.ts';

/**
 * Collect: sums become polynomials in their late values. All products are expanded, and terms with
 * the same late factors share them, however many multiplications that takes:
 *
 *     w + x*(y - (w*x)^3) = x*y + w - (x^4)*w^3
 *
 * Early values are multiplied early, and an iteration waits only for the power of its late value: 2
 * levels here, not 4. Safe by distributivity. It fires if the outputs arrive earlier; it may take
 * more multiplications.
 */
export const collect: Pass = {
  name: 'collect',
  summary: 'write sums as polynomials in their late values',
  example: `input x: cipher;
input y: cipher;
input z: cipher;
let w = z*z;
output r = w + x*(y - (w*x)*(w*x));
`,
  requires: [],
  run(circuit, context) {
    const factoring = new Factoring(circuit, context, { opensShared: true, collects: true });
    const collected = compact(factoring.run());
    const gain = compareArrivals(
      outputArrival(circuit, context),
      outputArrival(collected, context),
    );
    return {
      circuit: gain > 0 ? collected : circuit,
      ...(factoring.exhausted ? { stopped: 'limit on factors reached' } : {}),
    };
  },
};
