import { at, lookUp } from '../lookup.ts';
import { uniformValue } from '../tensor/constant.ts';
import { isOne } from '../tensor/exact.ts';
import { showShape } from '../tensor/tensor.ts';
import { type Circuit, type Node, type NodeId, nodeAt } from './graph.ts';

/**
 * Prints a circuit, one node a line, for people and golden tests. Inputs stand by name and small
 * constants by value; all other nodes are numbered in order. Dead nodes are printed too.
 *
 *     input x : cipher
 *     %0 = x * x
 *     %1 = %0 + 2
 *     output y = %1
 */
export function printCircuit(circuit: Circuit): string {
  const names = new Map<NodeId, string>();
  const lines: string[] = circuit.inputs.map(
    ({ name, secrecy, shape }) =>
      `input ${name} : ${secrecy}${shape.length > 0 ? showShape(shape) : ''}`,
  );
  let next = 0;
  const nameOf = (id: NodeId) => lookUp(names, id);
  for (const node of circuit.nodes) {
    const inline = inlineName(node);
    if (inline !== undefined) {
      names.set(node.id, inline);
      continue;
    }
    const name = `%${next++}`;
    names.set(node.id, name);
    const shape = node.shape.length > 0 ? ` : ${showShape(node.shape)}` : '';
    lines.push(`${name} = ${expression(node, nameOf, circuit)}${shape}`);
  }
  for (const { name, node, factor } of circuit.outputs) {
    const by = isOne(factor) ? '' : ` times ${factor.value}`;
    lines.push(`output ${name} = ${nameOf(node)}${by}`);
  }
  return `${lines.join('\n')}\n`;
}

/** Limit on the elements of a constant that are printed. */
const MAX_INLINE = 8;

function inlineName(node: Node): string | undefined {
  if (node.kind === 'input') return node.op.type.name;
  if (node.kind !== 'const') return undefined;
  const { tensor } = node.op;
  const uniform = uniformValue(tensor);
  if (uniform)
    return tensor.shape.length === 0
      ? `${uniform.value}`
      : `${uniform.value}${showShape(tensor.shape)}`;
  const shown = tensor.data.slice(0, MAX_INLINE).map((x) => x.value);
  return `(${shown.join(', ')}${tensor.data.length > MAX_INLINE ? ', …' : ''})`;
}

function expression(node: Node, nameOf: (id: NodeId) => string, circuit: Circuit): string {
  const args = node.args.map(nameOf);
  const [a, b] = args;
  const { kind, op } = node;
  switch (kind) {
    case 'add':
      return `${a} + ${b}`;
    case 'sub':
      return `${a} - ${b}`;
    case 'neg':
      return `-${a}`;
    case 'inverse':
      return `1 / ${a}`;
    case 'pow':
      return `${a}^${op.exponent}`;
    case 'mul': {
      const elementwise = [...op.lhs, ...op.rhs].every((label) => label < op.rank);
      const aligned =
        elementwise &&
        (op.lhs.join() === op.rhs.join() || op.lhs.length === 0 || op.rhs.length === 0);
      return aligned ? `${a} * ${b}` : `${a}${axes(op.lhs)} * ${b}${axes(op.rhs)}`;
    }
    case 'sum':
      return op.axes.length === 1 && nodeAt(circuit, node.args[0]).shape.length === 1
        ? `sum ${a}`
        : `sum ${a} over ${op.axes.join(', ')}`;
    case 'broadcast':
      return `broadcast ${a} to ${showShape(op.shape)} at ${op.axes.join(', ') || 'no axis'}`;
    case 'permute':
      return `permute ${a} by ${op.order.join(', ')}`;
    case 'slice': {
      const ranges = op.starts.map((start, axis) =>
        op.drop[axis] ? start : `${start}..${start + at(op.sizes, axis)}`,
      );
      return `${a}[${ranges.join(', ')}]`;
    }
    case 'reindex': {
      const steps = `from ${op.from} by ${op.strides.join(', ') || 'no step'}`;
      return `reindex ${a} to ${showShape(op.shape)} ${steps}`;
    }
    case 'cumsum':
      return `cumsum ${a}`;
    case 'rotate':
      return `rotate ${a} by ${op.steps}`;
    case 'concat':
    case 'stack':
      return `${kind} ${args.join(', ')}`;
    case 'barrier':
      return `barrier ${a}`;
    case 'input':
    case 'const':
      return kind;
  }
}

/** Returns axis labels as letters: i, j, k, … */
function axes(labels: readonly number[]): string {
  return `[${labels.map((label) => String.fromCharCode('i'.charCodeAt(0) + label)).join()}]`;
}
