import { compact } from '../ir/rewrite.ts';
import type { Pass } from './pass.ts';

/**
 * Dead code: removes operations that no output depends on. Inputs stay declared, but are not
 * uploaded.
 */
export const prune: Pass = {
  name: 'prune',
  summary: 'remove operations that no output depends on',
  example: `input x: cipher;
input y: cipher;
let unused = x*y;
output r = x;
`,
  requires: [],
  run: (circuit) => ({ circuit: compact(circuit) }),
};
