import type { CheckedProgram } from '../check/check.ts';
import type { ProgramPoint } from '../check/interpret.ts';
import { ONE, ZERO } from '../tensor/exact.ts';
import { scalar } from '../tensor/tensor.ts';
import { buildParts, type Carry } from './build.ts';
import { type Circuit, type GraphBuilder, isView, liveNodes, type NodeId } from './graph.ts';

/** A part of a program that is cut: an ordinary circuit, but for where some of its inputs come from. */
export interface Part {
  /** Of the program's inputs those that it uses, and of what parts before it give out what it takes. */
  readonly circuit: Circuit;
  /** Names of outputs that are there for later parts alone. */
  readonly carried: ReadonlySet<string>;
}

/** All points where a program may be cut, in order; behind the last statement there is nothing to cut off. */
export function programPoints(checked: CheckedProgram): readonly ProgramPoint[] {
  const points: ProgramPoint[] = [];
  buildParts(checked, (point) => {
    points.push(point);
    return undefined;
  });
  return points.slice(0, -1);
}

/**
 * Cuts a program. What is encrypted and used behind a cut is an output before it and an input behind it: `w_1` is
 * what `w` holds at the first cut. What is clear, and views of inputs, are computed anew instead.
 *
 * @param cuts places in {@link programPoints}, ascending
 */
export function cutProgram(checked: CheckedProgram, cuts: readonly number[]): readonly Part[] {
  // What is used behind a cut is known when it is built: once with all names, and once with those that are read.
  const all = new Cutting(checked, cuts, () => true).run();
  return new Cutting(checked, cuts, (cut, name) => all.isRead(cut, name)).run().parts();
}

/** What a name holds on both sides of a cut. */
interface Crossing {
  readonly before: NodeId;
  readonly after: NodeId;
  /** The output and input that it is carried by; undefined for what is computed anew. */
  readonly carrier?: string;
}

class Cutting {
  readonly #checked: CheckedProgram;
  readonly #cuts: ReadonlySet<number>;
  readonly #isWanted: (cut: number, name: string) => boolean;
  readonly #taken: ReadonlySet<string>;
  /** What crosses each cut, by name. */
  readonly #crossings: Map<string, Crossing>[] = [];
  #parts: readonly Part[] = [];
  #circuits: readonly Circuit[] = [];
  #live: readonly (readonly boolean[])[] = [];

  constructor(
    checked: CheckedProgram,
    cuts: readonly number[],
    isWanted: (cut: number, name: string) => boolean,
  ) {
    this.#checked = checked;
    this.#cuts = new Set(cuts);
    this.#isWanted = isWanted;
    const { items } = checked.program;
    this.#taken = new Set(items.flatMap((item) => ('name' in item ? [item.name.name] : [])));
  }

  run(): this {
    let at = 0;
    this.#circuits = buildParts(this.#checked, () =>
      this.#cuts.has(at++) ? this.#carry() : undefined,
    );
    this.#prune();
    return this;
  }

  /** Whether something that an output depends on reads a name behind a cut. */
  isRead(cut: number, name: string): boolean {
    const crossing = this.#crossings[cut]?.get(name);
    return crossing !== undefined && this.#live[cut + 1]?.[crossing.after] === true;
  }

  parts(): readonly Part[] {
    return this.#parts;
  }

  #carry(): Carry {
    const cut = this.#crossings.length;
    const made = new Map<NodeId, NodeId>();
    const crossings = new Map<string, Crossing>();
    this.#crossings.push(crossings);
    return (name, wire, before, after) => {
      // Nobody reads it: any node will do.
      if (!this.#isWanted(cut, name)) return after.constant(scalar(ZERO));
      const known = made.get(wire) ?? recomputed(wire, before, after, made);
      if (known !== undefined) {
        crossings.set(name, { before: wire, after: known });
        return known;
      }
      const { shape } = before.node(wire);
      const carrier = this.#unused(`${name}_${cut + 1}`);
      const input = after.input({ name: carrier, secrecy: 'cipher', shape, range: undefined });
      crossings.set(name, { before: wire, after: input, carrier });
      made.set(wire, input);
      return input;
    };
  }

  #unused(name: string): string {
    return this.#taken.has(name) ? this.#unused(`${name}_`) : name;
  }

  /** From the last part back: outputs that later parts read, and inputs that a part reads itself. */
  #prune(): void {
    const read = new Set<string>();
    const parts: Part[] = [];
    const live: (readonly boolean[])[] = [];
    for (let i = this.#circuits.length - 1; i >= 0; i--) {
      const circuit = this.#circuits[i] as Circuit;
      const carried = [...(this.#crossings[i]?.values() ?? [])].flatMap(({ before, carrier }) =>
        carrier !== undefined && read.has(carrier)
          ? [{ name: carrier, node: before, factor: ONE }]
          : [],
      );
      const outputs = [...circuit.outputs, ...carried];
      live[i] = liveNodes({ ...circuit, outputs });
      const inputs = circuit.nodes.flatMap(({ id, op }) =>
        live[i]?.[id] && op.kind === 'input' ? [op.type] : [],
      );
      for (const { name } of inputs) read.add(name);
      parts[i] = {
        circuit: { ...circuit, inputs, outputs },
        carried: new Set(carried.map(({ name }) => name)),
      };
    }
    this.#parts = parts;
    this.#live = live;
  }
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
  if (op.kind === 'loop' || op.kind === 'result') return undefined;
  if (secrecy === 'cipher' && !isInput && !isView(op)) return undefined;
  const operands = args.map((arg) => recomputed(arg, before, after, made));
  if (!operands.every((operand) => operand !== undefined)) return undefined;
  const copy = isInput
    ? after.input(op.type)
    : op.kind === 'const'
      ? after.constant(op.tensor)
      : op.kind === 'barrier'
        ? (operands[0] as NodeId)
        : after.apply(op, operands);
  made.set(id, copy);
  return copy;
}
