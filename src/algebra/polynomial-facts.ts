import { depthOfNode } from '../ir/circuit-facts.ts';
import { type Circuit, type Node, type NodeId, nodeAt } from '../ir/graph.ts';
import { at } from '../lookup.ts';
import { sameShape } from '../tensor/tensor.ts';

/** Polynomials of higher degree are left as they are. */
const MAX_DEGREE = 512;
/** A value is an argument of its own if so many products have it as a factor. */
const MANY_FACTORS = 3;

/** What is known of a value as a polynomial of its argument. */
export interface PolynomialFacts {
  readonly argument: NodeId;
  readonly degree: number;
  /** Whether it is one power times a clear value. */
  readonly isMonomial: boolean;
}

/** A value as a polynomial of its operands' argument, if it is one, and as those that use it see it. */
export interface NodePolynomials {
  readonly inner: readonly (PolynomialFacts | undefined)[];
  readonly outer: readonly (PolynomialFacts | undefined)[];
}

/** What every node of a circuit is as a polynomial. */
export function findPolynomials(circuit: Circuit): NodePolynomials {
  const factorUses = countFactorUses(circuit);
  const inner: (PolynomialFacts | undefined)[] = [];
  const outer: (PolynomialFacts | undefined)[] = [];
  for (const node of circuit.nodes) {
    const form = innerForm(circuit, node, outer);
    const own = { argument: node.id, degree: 1, isMonomial: true };
    const isArgument = !form || (!form.isMonomial && at(factorUses, node.id) >= MANY_FACTORS);
    inner.push(form);
    outer.push(node.secrecy !== 'cipher' ? undefined : isArgument ? own : form);
  }
  return { inner, outer };
}

/** How many operand places of products of ciphertexts each node fills. */
function countFactorUses(circuit: Circuit): readonly number[] {
  const uses = new Array<number>(circuit.nodes.length).fill(0);
  for (const node of circuit.nodes)
    if (depthOfNode(circuit, node) > 0) for (const arg of node.args) uses[arg] = at(uses, arg) + 1;
  return uses;
}

/** A node as a polynomial of the one argument that all its encrypted operands have. */
function innerForm(
  circuit: Circuit,
  node: Node,
  outer: readonly (PolynomialFacts | undefined)[],
): PolynomialFacts | undefined {
  const { op } = node;
  if (node.secrecy !== 'cipher' || !isElementwise(circuit, node)) return undefined;
  const forms = node.args.flatMap((arg) => outer[arg] ?? []);
  const [first] = forms;
  if (!first || !forms.every(({ argument }) => argument === first.argument)) return undefined;
  const degrees = forms.map(({ degree }) => degree);
  const degree =
    op.kind === 'mul'
      ? degrees.reduce((sum, d) => sum + d, 0)
      : op.kind === 'pow'
        ? first.degree * op.exponent
        : Math.max(...degrees);
  if (degree > MAX_DEGREE) return undefined;
  const multiplies = op.kind === 'mul' || op.kind === 'pow' || op.kind === 'neg';
  const isMonomial = multiplies && forms.every((form) => form.isMonomial);
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

/** Polynomials that an output is or something uses that is no polynomial of the same argument. */
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
