import { copyNode, rewrite } from '../ir/rewrite.ts';
import type { Pass } from './pass.ts';

/**
 * Common subexpressions: equal operations on equal operands become one node. `x*y` and `y*x` are
 * equal. The interning builder does this while the circuit is copied.
 */
export const merge: Pass = {
  name: 'merge',
  summary: 'compute common subexpressions once',
  example: `input x: cipher;
input y: cipher;
output r = x*y + y*x;
`,
  requires: [],
  run: (circuit) => ({
    circuit: rewrite(
      circuit,
      circuit.nodes.map(() => true),
      copyNode,
    ),
  }),
};
