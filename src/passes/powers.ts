import { buildElementwise } from '../algebra/product.ts';
import { Arrivals } from '../ir/arrival.ts';
import { liveNodes } from '../ir/graph.ts';
import { compact, copyNode, rewrite } from '../ir/rewrite.ts';
import type { Pass } from './pass.ts';

/**
 * Powers: x^n by squaring, x^7 = x·x²·x⁴, the two shallowest factors multiplied first.
 *
 * Depth ⌈log2 n⌉ instead of n - 1, and ⌊log2 n⌋ + popcount(n) - 1 multiplications (the binary
 * method; D. E. Knuth, "The Art of Computer Programming", volume 2, section 4.6.3). Powers of one
 * base share their squares by interning. Longer addition chains would sometimes save
 * multiplications, but never depth.
 */
export const powers: Pass = {
  name: 'powers',
  summary: 'raise to powers by squaring',
  example: `input x: cipher;
output r = x^7;
`,
  requires: [],
  run(circuit, context) {
    let arrivals: Arrivals | undefined;
    const rewritten = rewrite(circuit, liveNodes(circuit), (node, moved, builder) => {
      arrivals ??= new Arrivals((id) => builder.node(id), context);
      if (node.kind !== 'pow') return copyNode(node, moved, builder);
      const labels = [...node.shape.keys()];
      const base = { node: moved(node.args[0]), labels, count: node.op.exponent };
      return buildElementwise(builder, arrivals, [base]);
    });
    return { circuit: compact(rewritten) };
  },
};
