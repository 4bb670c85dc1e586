import { type Circuit, type NodeId, nodeAt } from '../ir/graph.ts';
import { at } from '../lookup.ts';
import type { Source } from '../syntax/diagnostic.ts';
import { type AxisLayout, type Layout, tilesAlong } from './layout.ts';
import type { PackedCircuit } from './packed-circuit.ts';

/** Where a tensor of a packed circuit lies, in words for people. */
export interface TensorPacking {
  /** What it is, as the text has it: `input Z`, `Z.T @ g`, `client's Z @ Z.T`, which the client has computed. */
  readonly what: string;
  /** Its line in the text; undefined where it comes from none. */
  readonly line: number | undefined;
  readonly shape: readonly number[];
  /** The axes in slots, outermost first: `rows × columns: 64 × 256 slots`. */
  readonly grid: string;
  /** Along which axes it is copied, and how often; empty where it is not. */
  readonly copies: string;
  /** Slots that hold none of its elements, and what they hold; empty where there are none. */
  readonly padding: string;
  /** How many it lies in; 0 for a value in clear. */
  readonly ciphertexts: number;
  /** Level of its ciphertexts; null where there are none, and where the scheme has no levels. */
  readonly level: number | null;
}

/** What axes are called, by the tensor's rank. */
const AXES = [
  [],
  ['elements'],
  ['rows', 'columns'],
  ['matrices', 'rows', 'columns'],
] as const satisfies readonly (readonly string[])[];

/**
 * Says where the tensors of a packed circuit lie, inputs first.
 *
 * @param levelOf level of an operation's value; null where it is in clear or the scheme has no levels
 */
export function describePacking(
  { tensors }: PackedCircuit,
  circuit: Circuit,
  source: Source,
  levelOf: (value: number) => number | null,
): readonly TensorPacking[] {
  return tensors.map(({ node, layout, values }): TensorPacking => {
    const { shape } = nodeAt(circuit, node);
    const span = circuit.origins[node]?.span;
    const levels = values.map(levelOf).filter((level) => level !== null);
    const isThere = levels.length === values.length;
    return {
      what: nameOf(circuit, node, span ? source.text.slice(span.start, span.end) : ''),
      line: span && source.text.slice(0, span.start).split('\n').length,
      shape,
      grid: gridOf(layout, shape),
      copies: copiesIn(layout),
      padding: paddingIn(layout),
      ciphertexts: isThere ? values.length : 0,
      level: isThere ? Math.max(...levels) : null,
    };
  });
}

/** An input's name, also where only a part of it is looked at, or what is computed, and if by the client. */
function nameOf(circuit: Circuit, id: NodeId, text: string): string {
  const { op } = nodeAt(circuit, id);
  if (op.kind !== 'input') return text;
  return circuit.inputs.includes(op.type) ? `input ${op.type.name}` : `client's ${text}`;
}

function gridOf({ axes }: Layout, shape: readonly number[]): string {
  const names = AXES[shape.length] ?? [];
  const named = axes.map((place, axis) => ({
    name: names[axis] ?? 'axis',
    place,
    tiles: tilesAlong(at(shape, axis), place),
  }));
  const inSlots = named
    .filter(({ place }) => place.bits > 0)
    .sort((a, b) => b.place.at - a.place.at);
  const sizes = inSlots.map(({ place }: { place: AxisLayout }) => 2 ** place.bits).join(' × ');
  const grid =
    inSlots.length > 0 ? [`${inSlots.map(({ name }) => name).join(' × ')}: ${sizes} slots`] : [];
  const across = named
    .filter(({ tiles }) => tiles > 1)
    .map(({ name, tiles }) => `${name} across ${tiles} ciphertexts`);
  return [...grid, ...across].join(', ') || 'one slot';
}

function copiesIn({ gaps }: Layout): string {
  const count = 2 ** gaps.filter((gap) => gap === 'copy').length;
  return count > 1 ? `${count} copies` : '';
}

function paddingIn({ axes, gaps, padding }: Layout): string {
  const used = axes.reduce((sum, { bits }) => sum + bits, 0);
  const has = (state: 'zero' | 'garbage') => gaps.filter((gap) => gap === state).length;
  // Bits of axes count as zeros among the gaps.
  const states = [
    ...(has('zero') > used ? ['zeros'] : []),
    ...(has('garbage') > 0 || padding.includes('garbage') ? ['garbage'] : []),
  ];
  return states.length > 0 ? `${states.join(' and ')} beside it` : '';
}
