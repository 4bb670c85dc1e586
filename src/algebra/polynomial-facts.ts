import { depthOfNode } from '../ir/circuit-facts.ts';
import { type Circuit, type Node, type NodeId, nodeAt } from '../ir/graph.ts';
import { at, largestOf } from '../lookup.ts';
import { sameShape } from '../tensor/tensor.ts';

/** Limit on the degree of polynomials; those of a higher degree are not rewritten. */
const MAX_DEGREE = 512;
/** A value that is a factor of at least this many products counts as an argument of its own. */
const MANY_FACTORS = 3;

/** The properties of a value as a polynomial of its argument. */
export interface PolynomialFacts {
  readonly argument: NodeId;
  readonly degree: number;
  /** Whether it is one power times a clear value. */
  readonly isMonomial: boolean;
}

/**
 * Each node as a polynomial: `inner` of its operands' argument, if it is one; `outer` of the
 * argument that its users see, which may be the node itself.
 */
export interface NodePolynomials {
  readonly inner: readonly (PolynomialFacts | undefined)[];
  readonly outer: readonly (PolynomialFacts | undefined)[];
}

/** Returns each node of a circuit as a polynomial. */
export function findPolynomials(circuit: Circuit): NodePolynomials {
  const factorUses = countFactorUses(circuit);
  const inner: (PolynomialFacts | undefined)[] = [];
  const outer: (PolynomialFacts | undefined)[] = [];
  for (const node of circuit.nodes) {
    const facts = innerFacts(circuit, node, outer);
    const own = { argument: node.id, degree: 1, isMonomial: true };
    const isArgument = !facts || (!facts.isMonomial && at(factorUses, node.id) >= MANY_FACTORS);
    inner.push(facts);
    outer.push(node.secrecy !== 'cipher' ? undefined : isArgument ? own : facts);
  }
  return { inner, outer };
}

/** Returns how often each node is an operand of a product of ciphertexts. */
function countFactorUses(circuit: Circuit): readonly number[] {
  const uses = new Array<number>(circuit.nodes.length).fill(0);
  for (const node of circuit.nodes)
    if (depthOfNode(circuit, node) > 0) for (const arg of node.args) uses[arg] = at(uses, arg) + 1;
  return uses;
}

/**
 * Returns a node as a polynomial of the one argument that all its encrypted operands have; else
 * undefined.
 */
function innerFacts(
  circuit: Circuit,
  node: Node,
  outer: readonly (PolynomialFacts | undefined)[],
): PolynomialFacts | undefined {
  const { op } = node;
  if (node.secrecy !== 'cipher' || !isElementwise(circuit, node)) return undefined;
  const operands = node.args.flatMap((arg) => outer[arg] ?? []);
  const [first] = operands;
  if (!first || !operands.every(({ argument }) => argument === first.argument)) return undefined;
  const degrees = operands.map(({ degree }) => degree);
  const degree =
    op.kind === 'mul'
      ? degrees.reduce((sum, d) => sum + d, 0)
      : op.kind === 'pow'
        ? first.degree * op.exponent
        : largestOf(degrees);
  if (degree > MAX_DEGREE) return undefined;
  const multiplies = op.kind === 'mul' || op.kind === 'pow' || op.kind === 'neg';
  const isMonomial = multiplies && operands.every((facts) => facts.isMonomial);
  return { argument: first.argument, degree, isMonomial };
}

/** Whether an operation works on each element by itself and keeps its encrypted operands' shape. */
function isElementwise(circuit: Circuit, { op, args, shape }: Node): boolean {
  const keepsShape = args.every((arg) => {
    const operand = nodeAt(circuit, arg);
    return operand.secrecy !== 'cipher' || sameShape(operand.shape, shape);
  });
  if (!keepsShape) return false;
  if (op.kind === 'add' || op.kind === 'sub' || op.kind === 'neg' || op.kind === 'pow') return true;
  if (op.kind !== 'mul') return false;
  return [op.lhs, op.rhs].every(
    (labels, side) => labels.length === 0 || isAligned(labels, circuit.nodes[at(args, side)]),
  );

  function isAligned(labels: readonly number[], operand: Node | undefined): boolean {
    return sameShape(operand?.shape ?? [], shape) && labels.every((label, axis) => label === axis);
  }
}

/**
 * Returns, for each node, whether it is an output or is used by a node that is no polynomial of the
 * same argument.
 */
export function rootNodes(circuit: Circuit, { inner, outer }: NodePolynomials): readonly boolean[] {
  const isRoot = new Array<boolean>(circuit.nodes.length).fill(false);
  for (const { node } of circuit.outputs) isRoot[node] = true;
  for (const node of circuit.nodes) {
    if (inner[node.id] && outer[node.id]?.argument === node.id) isRoot[node.id] = true;
    for (const arg of node.args)
      if (inner[node.id]?.argument !== inner[arg]?.argument) isRoot[arg] = true;
  }
  return isRoot;
}
