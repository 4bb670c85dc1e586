import { isUploadFactor } from '../ir/arrival.ts';
import type { Circuit, Node, NodeId } from '../ir/graph.ts';
import { wholeView } from '../tensor/view.ts';
import { ClearLayouts } from './clear-layouts.ts';
import { type ClearTensor, clearShape, viewed } from './clear-tensors.ts';
import { combineFactors, scaledUploadChoice } from './scaled-uploads.ts';

/** The tensors of a circuit that are known in the clear. All packings of the circuit share them. */
export class KnownTensors {
  readonly layouts = new ClearLayouts();
  readonly #known: readonly (ClearTensor | undefined)[];

  /** @param scaledUploads whether the client may upload inputs multiplied by constants */
  constructor(circuit: Circuit, scaledUploads: boolean) {
    const isUploadedScaled = scaledUploads ? scaledUploadChoice(circuit) : () => false;
    const known: (ClearTensor | undefined)[] = [];
    for (const node of circuit.nodes) known.push(knownOf(node, known, isUploadedScaled));
    this.#known = known;
  }

  /** Returns the tensor of a node; undefined if it is computed on ciphertexts. */
  of(id: NodeId): ClearTensor | undefined {
    return this.#known[id];
  }
}

/** @param known the tensors of the nodes before it */
function knownOf(
  node: Node,
  known: readonly (ClearTensor | undefined)[],
  isUploadedScaled: (node: Node) => boolean,
): ClearTensor | undefined {
  const { kind, op, args, shape } = node;
  switch (kind) {
    case 'input': {
      const { name, secrecy } = op.type;
      return { kind: 'input', name, cipher: secrecy === 'cipher', view: wholeView(shape) };
    }
    case 'const':
      return { kind: 'constant', tensor: op.tensor };
    case 'broadcast':
    case 'permute':
    case 'slice':
    case 'reindex': {
      const source = known[args[0]];
      return source && viewed(op, source);
    }
    case 'mul': {
      const [a, b] = args;
      return (
        scaledInput(node, known, a, b, isUploadedScaled) ??
        scaledInput(node, known, b, a, isUploadedScaled)
      );
    }
    default:
      return undefined;
  }
}

/** Returns a constant times an input that the client uploads scaled, or that is a plain input. */
function scaledInput(
  node: Node,
  known: readonly (ClearTensor | undefined)[],
  constantId: NodeId,
  inputId: NodeId,
  isUploadedScaled: (node: Node) => boolean,
): ClearTensor | undefined {
  const constant = known[constantId];
  const input = known[inputId];
  if (constant?.kind !== 'constant' || input?.kind !== 'input') return undefined;
  if (input.cipher ? !isUploadedScaled(node) : node.shape.length < 2) return undefined;
  const labels = labelsWithoutSum(node, constantId);
  if (!labels) return undefined;
  // A plain matrix that is scaled row by row has no diagonals in clear: its factor is a number.
  const isWhole = (own: readonly number[]) =>
    own.length === 0 ||
    own.every((label, axis) => label === axis && own.length === node.shape.length);
  if (!input.cipher && !(isWhole(labels.constant) && isWhole(labels.input))) return undefined;
  const spread = (own: readonly number[], tensor: ClearTensor) =>
    clearShape(tensor).length === node.shape.length && isWhole(own)
      ? tensor
      : viewed({ kind: 'broadcast', shape: node.shape, axes: own }, tensor);
  const isNumber = clearShape(constant).length === 0;
  if (isNumber && clearShape(input).length < node.shape.length) return undefined;
  const by = isNumber ? constant : spread(labels.constant, constant);
  const view = spread(labels.input, input);
  if (by?.kind !== 'constant' || view?.kind !== 'input') return undefined;
  const factor = combineFactors(by.tensor, view.factor, node.shape);
  if (!factor || (input.cipher && !isUploadFactor(factor))) return undefined;
  return { ...view, factor };
}

/** Returns the labels of the constant and the input of a product that sums over no axis. */
function labelsWithoutSum({ op, args }: Node, constant: NodeId) {
  if (op.kind !== 'mul' || [...op.lhs, ...op.rhs].some((label) => label >= op.rank))
    return undefined;
  return args[0] === constant
    ? { constant: op.lhs, input: op.rhs }
    : { constant: op.rhs, input: op.lhs };
}
