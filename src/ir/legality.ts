import { at } from '../lookup.ts';
import { resultShape } from '../tensor/op.ts';
import { sameShape } from '../tensor/tensor.ts';
import { type Circuit, type Node, nodeAt } from './graph.ts';

/**
 * Checks the rules for circuits, which every pass must keep: operands precede their users, shapes
 * follow from operands, ciphertexts are not inverted, outputs exist. Throws an Error that names the
 * node.
 */
export function checkLegality(circuit: Circuit): void {
  circuit.nodes.forEach((node, id) => {
    const problem = illegality(circuit, node, id);
    if (problem) throw new Error(`illegal circuit: node ${id} (${node.op.kind}): ${problem}`);
  });
  for (const { name, node } of circuit.outputs) {
    if (!circuit.nodes[node]) throw new Error(`illegal circuit: output '${name}' has no node`);
  }
}

function illegality(circuit: Circuit, node: Node, index: number): string | undefined {
  if (node.id !== index) return 'its id is not its index';
  if (!node.args.every((arg) => arg >= 0 && arg < index)) return 'an operand does not precede it';
  const args = node.args.map((arg) => nodeAt(circuit, arg));
  const { op } = node;
  if (op.kind === 'input') return sameShape(op.type.shape, node.shape) ? undefined : 'wrong shape';
  if (op.kind === 'const')
    return sameShape(op.tensor.shape, node.shape) ? undefined : 'wrong shape';
  if (op.kind === 'inverse' && node.secrecy === 'cipher') return 'a ciphertext is inverted';
  const encrypted = args.some((arg) => arg.secrecy === 'cipher');
  if (encrypted !== (node.secrecy === 'cipher')) return 'wrong secrecy';
  if (op.kind === 'barrier')
    return sameShape(at(args, 0).shape, node.shape) ? undefined : 'wrong shape';
  return sameShape(
    resultShape(
      op,
      args.map((arg) => arg.shape),
    ),
    node.shape,
  )
    ? undefined
    : 'wrong shape';
}
