import { type Circuit, isView, type Node, type NodeId } from '../ir/graph.ts';
import { at } from '../lookup.ts';
import { isZero } from '../tensor/exact.ts';
import { type View, viewOf, wholeView } from '../tensor/view.ts';

/** How a value consists of elements of one input. */
interface Arranged {
  readonly input: NodeId;
  /** The view of the input that it is; undefined if it also has zeros beside its elements. */
  readonly view: View | undefined;
}

/**
 * Returns the values that only rearrange elements of one input, but that no slot map describes: a
 * reshaped transpose, or an input with zeros around it of which a part is read. A party rearranges
 * such an input as a whole tensor and reads the result like an input.
 *
 * @param withZeros whether values with zeros count
 */
export function rearrangedInputs(
  { nodes }: Pick<Circuit, 'nodes'>,
  withZeros: boolean,
): ReadonlySet<NodeId> {
  const all: (Arranged | undefined)[] = [];
  const rearranged = new Set<NodeId>();
  for (const node of nodes) {
    const { id, op, args } = node;
    const [source] = args;
    if (op.kind === 'input') all.push({ input: id, view: wholeView(node.shape) });
    else if (isView(op) && source !== undefined) {
      const from = all[source];
      const viewed = from && (from.view ?? wholeView(at(nodes, source).shape));
      if (from && !from.view) rearranged.add(source);
      const view = viewed && viewOf(op, viewed);
      if (viewed && !view) rearranged.add(id);
      all.push(from && { input: from.input, view: view ?? wholeView(node.shape) });
    } else all.push(withZeros ? joined(node, nodes, all) : undefined);
  }
  return rearranged;
}

/** Returns a join of an encrypted input's elements and zeros; undefined for other values. */
function joined(
  { kind, args, secrecy }: Node,
  nodes: readonly Node[],
  all: readonly (Arranged | undefined)[],
): Arranged | undefined {
  if ((kind !== 'concat' && kind !== 'stack') || secrecy !== 'cipher') return undefined;
  const parts = args.filter((arg) => !isZeros(nodes, arg)).map((arg) => all[arg]?.input);
  const [input, ...others] = parts;
  if (input === undefined || others.some((other) => other !== input)) return undefined;
  return { input, view: undefined };
}

function isZeros(nodes: readonly Node[], id: NodeId): boolean {
  const { op, args } = at(nodes, id);
  if (op.kind === 'broadcast') return isZeros(nodes, at(args, 0));
  return op.kind === 'const' && op.tensor.data.every(isZero);
}
