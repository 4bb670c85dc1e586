import type { Circuit, Node, NodeId } from '../ir/graph.ts';
import { at, largestOf } from '../lookup.ts';
import { sizeOf } from '../tensor/tensor.ts';

/**
 * Upper limits on the degrees of a circuit's outputs, from its operations: a sum has the larger
 * degree, a product the sum of both. One walk is enough; cancellation is not seen.
 *
 * Divisions make outputs rational functions. With yᵢ for the inverse of the i-th divisor, every
 * value is a polynomial of some degree e in the inputs and the yᵢ. Let yᵢ = Dᵢ/Nᵢ with polynomials
 * of degrees up to `raised` for Dᵢ, and degrees that add up to `cleared` for Nᵢ. Then the value
 * times all Nᵢ^e is a polynomial of degree e·(raised + cleared) at most. Degrees are float64: exact
 * up to 2^53, rounded above.
 */
export interface DegreeLimit {
  /**
   * The degree in the inputs, plain ones included, and in the inverses of divisors; the largest
   * over the outputs.
   */
  readonly degree: number;
  /** The largest degree of a numerator of an inverse, at least 1. */
  readonly raised: number;
  /** The sum of the degrees of the denominators of all inverses; 0 without divisions. */
  readonly cleared: number;
}

/** Returns upper limits on the degrees of a circuit. */
export function degreeLimit(circuit: Circuit): DegreeLimit {
  const degrees = new Float64Array(circuit.nodes.length);
  const divided = new Uint8Array(circuit.nodes.length);
  let [raised, cleared] = [1, 0];
  for (const node of circuit.nodes) {
    degrees[node.id] = degreeOf(node, (arg) => at(degrees, arg));
    divided[node.id] = Number(
      node.kind === 'inverse' || node.args.some((arg) => divided[arg] === 1),
    );
    if (node.kind !== 'inverse') continue;
    const [divisor] = node.args;
    const degree = at(degrees, divisor);
    // Inverses inside the divisor are cleared first. All inverses so far are counted, whichever it
    // contains.
    const inner = divided[divisor] === 1 ? cleared : 0;
    const denominator = degree * (inner > 0 ? raised + inner : 1);
    raised = Math.max(raised, degree * inner);
    cleared += sizeOf(node.shape) * denominator;
  }
  const degree = circuit.outputs.reduce((most, { node }) => Math.max(most, at(degrees, node)), 0);
  return { degree, raised, cleared };
}

function degreeOf({ kind, op, args }: Node, of: (arg: NodeId) => number): number {
  switch (kind) {
    case 'input':
    case 'inverse':
      return 1;
    case 'const':
      return 0;
    case 'mul':
      return of(args[0]) + of(args[1]);
    case 'pow':
      return of(args[0]) * op.exponent;
    case 'add':
    case 'sub':
    case 'neg':
    case 'sum':
    case 'broadcast':
    case 'permute':
    case 'slice':
    case 'reindex':
    case 'rotate':
    case 'cumsum':
    case 'concat':
    case 'stack':
    case 'barrier':
      return largestOf(args.map(of));
  }
}
