import { liveNodes } from '../ir/graph.ts';
import { compact, copyNode, rewrite } from '../ir/rewrite.ts';
import type { Pass } from './pass.ts';

/**
 * Release: removes the barriers between blocks of iterations, after all passes that must not
 * restructure across them. Safe because a barrier is equal to its operand.
 */
export const release: Pass = {
  name: 'release',
  summary: 'remove the barriers between blocks of iterations',
  example: `input x: cipher;
var s = x;
for i in 0..2 { s = s*s; }
output s;
`,
  requires: ['barriers'],
  run(circuit) {
    const joined = rewrite(circuit, liveNodes(circuit), (node, moved, builder) =>
      node.kind === 'barrier' ? moved(node.args[0]) : copyNode(node, moved, builder),
    );
    return { circuit: compact(joined) };
  },
};
