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
import { ONE } from '../tensor/exact.ts';
import { type Shape, scalar } from '../tensor/tensor.ts';
import { buildParts, type Carry } from './build-circuit.ts';

/** A part of a program that is cut: an ordinary circuit, but for where some of its inputs come from. */
export interface ProgramPart {
  /** Of the program's inputs, and of what earlier parts give out, it takes what it or a later part needs. */
  readonly circuit: Circuit;
  /** Names of outputs that are there for later parts alone. */
  readonly carried: ReadonlySet<string>;
}

/**
 * All boundaries where a program may be cut, in order; behind the last statement there is nothing to cut
 * off.
 */
export function cutPoints(checked: CheckedProgram): readonly Boundary[] {
  const { program, names, defines } = checked;
  const points: Boundary[] = [];
  const cross = (boundary: Boundary): undefined => {
    if (boundary.isTop) points.push(boundary);
  };
  new Walk({ program, names, defines, algebra: TYPES_ONLY, report: () => {}, cross }).run();
  return points.slice(0, -1);
}

/**
 * Cuts a program. What is encrypted and used behind a cut is an output before it and an input behind it: `w_1` is
 * what `w` holds at the first cut. What is clear, and views of inputs, are computed anew instead.
 *
 * @param cuts places in {@link cutPoints}, ascending
 * @param block as for {@link buildCircuit}
 */
export function cutProgram(
  checked: CheckedProgram,
  cuts: readonly number[],
  block?: number,
): readonly ProgramPart[] {
  // What is used behind a cut is known when it is built: once with all names, and once with those that are read.
  const all = new Cutting(checked, cuts, block, () => true).run();
  return new Cutting(checked, cuts, block, (cut, name) => all.isRead(cut, name)).run().parts;
}

class Cutting {
  readonly #checked: CheckedProgram;
  readonly #cuts: ReadonlySet<number>;
  readonly #block: number | undefined;
  readonly #isWanted: (cut: number, name: string) => boolean;
  readonly #taken: ReadonlySet<string>;
  /** What names hold on both sides of each cut. */
  readonly #crossings: Map<string, { readonly before: NodeId; readonly after: NodeId }>[] = [];
  /** What each part gives out to later ones, by name. */
  readonly #given: Map<string, NodeId>[] = [];
  #parts: readonly ProgramPart[] = [];
  /** By part: nodes that outputs of it or of later ones depend on. */
  readonly #needed: (readonly boolean[])[] = [];

  constructor(
    checked: CheckedProgram,
    cuts: readonly number[],
    block: number | undefined,
    isWanted: (cut: number, name: string) => boolean,
  ) {
    this.#checked = checked;
    this.#cuts = new Set(cuts);
    this.#block = block;
    this.#isWanted = isWanted;
    const { items } = checked.program;
    this.#taken = new Set(items.flatMap((item) => ('name' in item ? [item.name.name] : [])));
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

  /** Whether an output depends on what a name holds behind a cut. */
  isRead(cut: number, name: string): boolean {
    const crossing = this.#crossings[cut]?.get(name);
    return crossing !== undefined && this.#needed[cut + 1]?.[crossing.after] === true;
  }

  #carry(): Carry {
    const cut = this.#crossings.length;
    const made = new Map<NodeId, NodeId>();
    const crossings = new Map<string, { before: NodeId; after: NodeId }>();
    const given = new Map<string, NodeId>();
    this.#crossings.push(crossings);
    this.#given.push(given);
    const input = (name: string, wire: NodeId, { shape }: Node, after: GraphBuilder) => {
      const carrier = this.#unused(`${name}_${cut + 1}`);
      given.set(carrier, wire);
      return after.input({ name: carrier, secrecy: 'cipher', shape, range: undefined });
    };
    return (name, wire, before, after) => {
      const node = before.node(wire);
      // No output depends on it: any node of the shape will do.
      if (!this.#isWanted(cut, name)) return spread(after, node.shape);
      const id = recomputed(wire, before, after, made) ?? input(name, wire, node, after);
      made.set(wire, id);
      crossings.set(name, { before: wire, after: id });
      return id;
    };
  }

  #unused(name: string): string {
    return this.#taken.has(name) ? this.#unused(`${name}_`) : name;
  }

  /** From the last part back: outputs that later parts take in, and inputs that it or they need. */
  #prune(circuits: readonly Circuit[]): void {
    const taken = new Set<string>();
    const parts: ProgramPart[] = [];
    for (let i = circuits.length - 1; i >= 0; i--) {
      const circuit = at(circuits, i);
      const carried = [...(this.#given[i] ?? [])]
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

  /** What later parts need of one, as if it were outputs. */
  #passedOn(part: number): Circuit['outputs'] {
    return [...(this.#crossings[part] ?? [])].flatMap(([name, { before, after }]) =>
      this.#needed[part + 1]?.[after] ? [{ name, node: before, factor: ONE }] : [],
    );
  }
}

/** Ones of a shape. */
function spread(builder: GraphBuilder, shape: Shape): NodeId {
  return builder.apply({ kind: 'broadcast', shape, axes: [] }, [builder.constant(scalar(ONE))]);
}

/** A value made anew behind a cut: one in clear, or a view of an input; undefined for what has to be carried. */
function recomputed(
  id: NodeId,
  before: GraphBuilder,
  after: GraphBuilder,
  made: Map<NodeId, NodeId>,
): NodeId | undefined {
  const known = made.get(id);
  if (known !== undefined) return known;
  const { op, args, secrecy } = before.node(id);
  const isInput = op.kind === 'input';
  if (secrecy === 'cipher' && !isInput && !isView(op)) return undefined;
  const operands = args.map((arg) => recomputed(arg, before, after, made));
  if (!operands.every((operand) => operand !== undefined)) return undefined;
  const copy = isInput
    ? after.input(op.type)
    : op.kind === 'const'
      ? after.constant(op.tensor)
      : op.kind === 'barrier'
        ? at(operands, 0)
        : after.apply(op, operands);
  made.set(id, copy);
  return copy;
}
