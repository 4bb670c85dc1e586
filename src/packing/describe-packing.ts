import { type Circuit, type NodeId, nodeAt } from '../ir/graph.ts';
import { at, largestOf } from '../lookup.ts';
import { positionAt, type Source, spanText } from '../syntax/diagnostic.ts';
import { type AxisLayout, type Layout, tilesAlong } from './layout.ts';
import type { PackedCircuit } from './packed-circuit.ts';

/** The layout of a tensor of a packed circuit, in words. */
export interface TensorPacking {
  /**
   * The tensor as in the program: `input Z`, `Z.T @ g`; `client's Z @ Z.T` if the client computes
   * it before it uploads, `server's P @ P` if the server computes it from plain inputs.
   */
  readonly what: string;
  /** Its line in the program; undefined if it has no origin there. */
  readonly line: number | undefined;
  readonly shape: readonly number[];
  /** The axes in slots, outermost first: `rows × columns: 64 × 256 slots`. */
  readonly grid: string;
  /** How many copies of it a ciphertext contains; empty if there is only one. */
  readonly copies: string;
  /** Contents of the slots beside its elements; empty if there are no such slots. */
  readonly padding: string;
  /** How many ciphertexts it lies in; 0 for a clear value. */
  readonly ciphertexts: number;
  /** Level of its ciphertexts; null if there are none or the scheme has no levels. */
  readonly level: number | null;
}

/** The names of axes, by the tensor's rank. */
const AXES = [
  [],
  ['elements'],
  ['rows', 'columns'],
  ['matrices', 'rows', 'columns'],
] as const satisfies readonly (readonly string[])[];

/**
 * Describes the layouts of a packed circuit's tensors, inputs first.
 *
 * @param levelOf returns the level of an operation's value; null if it is clear or the scheme has
 *   no levels
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
    const isEncrypted = levels.length === values.length;
    return {
      what: nameOf(circuit, node, span ? spanText(source, span) : ''),
      line: span && positionAt(source, span.start).line,
      shape,
      grid: gridOf(layout, shape),
      copies: copiesIn(layout),
      padding: paddingIn(layout),
      ciphertexts: isEncrypted ? values.length : 0,
      level: isEncrypted ? largestOf(levels) : null,
    };
  });
}

/**
 * Returns the name of an input, or the text of a computed tensor with a mark if a party computes it
 * before the evaluation.
 */
function nameOf(circuit: Circuit, id: NodeId, text: string): string {
  const { op } = nodeAt(circuit, id);
  if (op.kind !== 'input') return text;
  if (circuit.inputs.includes(op.type)) return `input ${op.type.name}`;
  return op.type.secrecy === 'cipher' ? `client's ${text}` : `server's ${text}`;
}

function gridOf({ axes }: Layout, shape: readonly number[]): string {
  const names = AXES[shape.length] ?? [];
  const named = axes.map((layout, axis) => ({
    name: names[axis] ?? 'axis',
    layout,
    tiles: tilesAlong(at(shape, axis), layout),
  }));
  const inSlots = named
    .filter(({ layout }) => layout.bits > 0)
    .sort((a, b) => b.layout.at - a.layout.at);
  const sizes = inSlots.map(({ layout }: { layout: AxisLayout }) => 2 ** layout.bits).join(' × ');
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
