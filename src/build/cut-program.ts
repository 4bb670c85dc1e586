import type { CheckedProgram } from '../check/check-program.ts';
import { TYPES_ONLY } from '../check/value.ts';
import { type Boundary, Walk } from '../check/walk.ts';
import {
  type Circuit,
  type GraphBuilder,
  isView,
  liveNodes,
  type Node,
  type NodeId,
} from '../ir/graph.ts';
import { at } from '../lookup.ts';
import { declaredNames } from '../syntax/declared-names.ts';
import { ONE } from '../tensor/exact.ts';
import { type Shape, scalar } from '../tensor/tensor.ts';
import { buildParts, type Carry } from './build-circuit.ts';

/** A part of a program that is cut: a circuit some of whose inputs are outputs of earlier parts. */
export interface ProgramPart {
  /**
   * Its inputs are those of the program, and outputs of earlier parts, that it or later parts need.
   */
  readonly circuit: Circuit;
  /** Names of outputs that only later parts use. */
  readonly carried: ReadonlySet<string>;
}

/**
 * Returns all boundaries where a program can be cut, in order. The end of the program is not one.
 */
export function cutPoints(checked: CheckedProgram): readonly Boundary[] {
  const { linked, files, names, defines } = checked;
  const points: Boundary[] = [];
  const cross = (boundary: Boundary): undefined => {
    if (boundary.isTop) points.push(boundary);
  };
  new Walk({
    ...{ linked, files, names, defines, cross },
    algebra: TYPES_ONLY,
    report: () => {},
  }).run();
  return points.slice(0, -1);
}

/**
 * Cuts a program. A cipher value that is used after a cut is an output before it and an input after
 * it: `w_1` is the value of `w` at the first cut. Other values, and views of inputs, are
 * recomputed.
 *
 * @param cuts indices into {@link cutPoints}, ascending
 * @param block as for {@link buildCircuit}
 */
export function cutProgram(
  checked: CheckedProgram,
  cuts: readonly number[],
  block?: number,
): readonly ProgramPart[] {
  // The first run carries all names across each cut, which shows the names that are read after it.
  // The second run carries only those.
  const all = new Cutter(checked, cuts, block, () => true).run();
  return new Cutter(checked, cuts, block, (cut, name) => all.isRead(cut, name)).run().parts;
}

class Cutter {
  readonly #checked: CheckedProgram;
  readonly #cuts: ReadonlySet<number>;
  readonly #block: number | undefined;
  readonly #isCarried: (cut: number, name: string) => boolean;
  readonly #taken: ReadonlySet<string>;
  /** For each cut, the nodes of names before and after it. */
  readonly #crossings: Map<string, { readonly before: NodeId; readonly after: NodeId }>[] = [];
  /** For each part, the nodes that later parts may use, by the name of the output. */
  readonly #carried: Map<string, NodeId>[] = [];
  #parts: readonly ProgramPart[] = [];
  /** For each part, the nodes that its outputs or those of later parts depend on. */
  readonly #needed: (readonly boolean[])[] = [];

  constructor(
    checked: CheckedProgram,
    cuts: readonly number[],
    block: number | undefined,
    isCarried: (cut: number, name: string) => boolean,
  ) {
    this.#checked = checked;
    this.#cuts = new Set(cuts);
    this.#block = block;
    this.#isCarried = isCarried;
    const { items } = checked.linked.main.program;
    const outputs = items.flatMap((item) => (item.kind === 'output' ? [item.name] : []));
    const names = [...outputs, ...items.flatMap(declaredNames)];
    this.#taken = new Set(names.map(({ name }) => name));
  }

  run(): this {
    let at = 0;
    const circuits = buildParts(this.#checked, this.#block, () =>
      this.#cuts.has(at++) ? this.#carry() : undefined,
    );
    this.#prune(circuits);
    return this;
  }

  get parts(): readonly ProgramPart[] {
    return this.#parts;
  }

  /** Whether an output depends on the value of a name after a cut. */
  isRead(cut: number, name: string): boolean {
    const crossing = this.#crossings[cut]?.get(name);
    return crossing !== undefined && this.#needed[cut + 1]?.[crossing.after] === true;
  }

  #carry(): Carry {
    const cut = this.#crossings.length;
    const copies = new Map<NodeId, NodeId>();
    const crossings = new Map<string, { before: NodeId; after: NodeId }>();
    const carried = new Map<string, NodeId>();
    this.#crossings.push(crossings);
    this.#carried.push(carried);
    const input = (name: string, wire: NodeId, { shape }: Node, after: GraphBuilder) => {
      const carrier = this.#unused(`${name}_${cut + 1}`);
      carried.set(carrier, wire);
      return after.input({ name: carrier, secrecy: 'cipher', shape, range: undefined });
    };
    return (name, wire, before, after) => {
      const node = before.node(wire);
      // No output depends on it, so any node of the same shape is right.
      if (!this.#isCarried(cut, name)) return spread(after, node.shape);
      const id = recomputed(wire, before, after, copies) ?? input(name, wire, node, after);
      copies.set(wire, id);
      crossings.set(name, { before: wire, after: id });
      return id;
    };
  }

  #unused(name: string): string {
    return this.#taken.has(name) ? this.#unused(`${name}_`) : name;
  }

  /**
   * Sets the outputs that later parts use and the inputs that are needed, from the last part back.
   */
  #prune(circuits: readonly Circuit[]): void {
    const taken = new Set<string>();
    const parts: ProgramPart[] = [];
    for (let i = circuits.length - 1; i >= 0; i--) {
      const circuit = at(circuits, i);
      const carried = [...(this.#carried[i] ?? [])]
        .filter(([name]) => taken.has(name))
        .map(([name, node]) => ({ name, node, factor: ONE }));
      const outputs = [...circuit.outputs, ...carried];
      const needed = liveNodes({ ...circuit, outputs: [...outputs, ...this.#passedOn(i)] });
      this.#needed[i] = needed;
      const inputs = circuit.nodes.flatMap(({ id, op }) =>
        needed[id] && op.kind === 'input' ? [op.type] : [],
      );
      for (const { name } of inputs) taken.add(name);
      parts[i] = {
        circuit: { ...circuit, inputs, outputs },
        carried: new Set(carried.map(({ name }) => name)),
      };
    }
    this.#parts = parts;
  }

  /** Returns the nodes of a part that later parts depend on, as outputs. */
  #passedOn(part: number): Circuit['outputs'] {
    return [...(this.#crossings[part] ?? [])].flatMap(([name, { before, after }]) =>
      this.#needed[part + 1]?.[after] ? [{ name, node: before, factor: ONE }] : [],
    );
  }
}

/** Returns a tensor of ones. */
function spread(builder: GraphBuilder, shape: Shape): NodeId {
  return builder.apply({ kind: 'broadcast', shape, axes: [] }, [builder.constant(scalar(ONE))]);
}

/** Recomputes a plain value or a view of an input after a cut. Returns undefined for all others. */
function recomputed(
  id: NodeId,
  before: GraphBuilder,
  after: GraphBuilder,
  copies: Map<NodeId, NodeId>,
): NodeId | undefined {
  const known = copies.get(id);
  if (known !== undefined) return known;
  const { op, args, secrecy } = before.node(id);
  const isInput = op.kind === 'input';
  if (secrecy === 'cipher' && !isInput && !isView(op)) return undefined;
  const operands = args.map((arg) => recomputed(arg, before, after, copies));
  if (!operands.every((operand) => operand !== undefined)) return undefined;
  const copy = isInput
    ? after.input(op.type)
    : op.kind === 'const'
      ? after.constant(op.tensor)
      : op.kind === 'barrier'
        ? at(operands, 0)
        : after.apply(op, operands);
  copies.set(id, copy);
  return copy;
}
