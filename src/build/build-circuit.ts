import type { CheckedProgram } from '../check/check-program.ts';
import type { Algebra } from '../check/value.ts';
import { type Boundary, type Crossing, Walk } from '../check/walk.ts';
import { type Circuit, GraphBuilder, type NodeId, type PromisedRange } from '../ir/graph.ts';
import { at, last } from '../lookup.ts';
import { ONE } from '../tensor/exact.ts';

/**
 * Builds the source form of a checked program: functions and loops are expanded and operations on
 * constants computed. Everything else stays as written, and repeated expressions are not merged.
 *
 * @param block the number of iterations of an outermost loop that passes may restructure together:
 *   a barrier after every `block` iterations separates the values that the loop carries. Without it
 *   there are no barriers.
 */
export function buildCircuit(checked: CheckedProgram, block?: number): Circuit {
  return at(buildParts(checked, block), 0);
}

/** Returns the node that replaces a name's wire in the graph after a cut. */
export type Carry = (
  name: string,
  wire: NodeId,
  before: GraphBuilder,
  after: GraphBuilder,
) => NodeId;

/**
 * Builds the circuits of a program that is cut at boundaries. Each has the outputs declared in it.
 *
 * @param block as for {@link buildCircuit}; a cut in a loop starts a new block of iterations
 * @param cut called for every boundary at the top level, in order. It returns undefined, or cuts
 *   the program there and returns the function that replaces wires.
 */
export function buildParts(
  checked: CheckedProgram,
  block: number | undefined,
  cut: (boundary: Boundary) => Carry | undefined = () => undefined,
): readonly Circuit[] {
  const { linked, files, names, defines } = checked;
  let builder = new GraphBuilder({ interning: false });
  let lastCut: Boundary | undefined;
  const newPart = (outputs: number) => {
    const promises: PromisedRange[] = [];
    return { builder, outputs, named: new Map<string, NodeId[]>(), promises };
  };
  const parts = [newPart(0)];

  const record = (name: string, wire: NodeId | undefined) => {
    const { named } = last(parts);
    const known = named.get(name) ?? [];
    if (wire !== undefined) known.push(wire);
    named.set(name, known);
  };
  const crossCut = (boundary: Boundary, outputs: number): Crossing<NodeId> | undefined => {
    const carry = boundary.isTop ? cut(boundary) : undefined;
    if (!carry) return undefined;
    lastCut = boundary;
    const before = builder;
    const after = new GraphBuilder({ interning: false });
    const begin = () => {
      builder = after;
      parts.push(newPart(outputs));
    };
    const replace = (name: string, wire: NodeId) => {
      const carried = carry(name, wire, before, after);
      record(name, carried);
      return carried;
    };
    return { names: 'globals', begin, replace };
  };
  const crossBlock = ({ stmt, iteration }: Boundary): Crossing<NodeId> | undefined => {
    if (block === undefined || !iteration) return undefined;
    const cutHere = lastCut?.stmt === stmt ? lastCut.iteration : undefined;
    const start = cutHere?.next ?? iteration.first;
    if ((iteration.next - start) % block !== 0) return undefined;
    return { names: 'carried', replace: (_, wire) => withBarrier(builder, wire) };
  };
  const algebra: Algebra<NodeId> = {
    input: (type) => builder.input(type),
    constant: (tensor) => builder.constant(tensor),
    apply: (op, args) => builder.apply(op, args),
  };
  const walk = new Walk<NodeId>({
    linked,
    files,
    names,
    defines,
    algebra,
    report: ({ message }) => {
      throw new Error(`a checked program was refused: ${message}`);
    },
    locate: (span, iterations) => builder.at({ span, iterations }),
    name: record,
    promise: (node, { range, span, iterations }) =>
      last(parts).promises.push({ node, range, origin: { span, iterations } }),
    cross: (boundary, outputs) => crossCut(boundary, outputs) ?? crossBlock(boundary),
  });
  const { inputs, outputs } = walk.run();
  return parts.map((part, i) => {
    const own = [...outputs].slice(part.outputs, parts[i + 1]?.outputs);
    const wired = own.map(([name, value]) => ({
      name,
      node: value.kind === 'wire' ? value.wire : part.builder.constant(value.tensor),
      factor: ONE,
    }));
    const { named, promises } = part;
    return { ...part.builder.finish(inputs, wired), named, promises };
  });
}

/** Returns a barrier after a cipher value. Other values need none, as they cost nothing. */
function withBarrier(builder: GraphBuilder, id: NodeId): NodeId {
  return builder.node(id).secrecy === 'cipher' ? builder.barrier(id) : id;
}
