import { compact } from '../ir/rewrite.ts';
import type { Pass } from './pass.ts';

/** Dead code: what no output depends on is left out. Inputs stay declared, but are not uploaded. */
export const prune: Pass = {
  name: 'prune',
  summary: 'leave out what no output depends on',
  example: `input x: cipher;
input y: cipher;
let unused = x*y;
output r = x;
`,
  requires: [],
  run: (circuit) => ({ circuit: compact(circuit) }),
};
