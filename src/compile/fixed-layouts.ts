import type { CheckedProgram } from '../check/check-program.ts';
import type { ErrorCode } from '../errors/codes.ts';
import { RESIDUES } from '../ir/evaluate-circuit.ts';
import { type Circuit, liveNodes, type Node, type NodeId, nodeAt } from '../ir/graph.ts';
import { pointOf } from '../ir/point.ts';
import { RESIDUES_PER_OPERATION } from '../ir/residues-at-point.ts';
import { type Sampling, SharedSummaries } from '../ir/summaries.ts';
import { at, lookUp } from '../lookup.ts';
import { fitsShape, LAYOUT_CHOICES, type LayoutChoice } from '../packing/layout-choices.ts';
import type { Item } from '../syntax/ast.ts';
import { declaredNames, innerStatements } from '../syntax/declared-names.ts';
import { CircuitError, didYouMean, type Source } from '../syntax/diagnostic.ts';
import { invertResidue, MODULUS } from '../tensor/exact.ts';
import { residueSource } from '../tensor/random-residues.ts';
import { showShape, type Tensor } from '../tensor/tensor.ts';

/** The layouts that a user chose, by the names of tensors in the program. */
export type LayoutsByName = ReadonlyMap<string, LayoutChoice>;

/** A layout that a user chose, and the name it was chosen for. */
export interface FixedLayout {
  readonly name: string;
  readonly layout: LayoutChoice;
}

/** A text that equal tensors, and constant multiples of them, have in common. */
interface Fingerprint {
  readonly own: string;
  /** That of the tensor whose matrices are transposed. */
  readonly transposed: string;
}

/**
 * Finds the tensors of circuits that have a name in the program. Passes rewrite everything, so a
 * tensor is recognized by its value: at a random point modulo two primes, where different
 * polynomials agree with negligible probability. A multiple of the named tensor by a number counts,
 * because factors move to uploads and to the client; so does the transpose, the other way round.
 */
export class FixedLayouts {
  readonly #summaries = new SharedSummaries<bigint, Fingerprint>();
  readonly #fixed = new Map<string, FixedLayout>();
  /** The chosen layouts of the names that the circuit has. */
  readonly choices = new Map<string, LayoutChoice>();

  /**
   * @param circuit the circuit of the program, or of a part of it, as built
   * @throws CircuitError if a name is unknown, or its tensor cannot have the layout
   */
  constructor(checked: CheckedProgram, circuit: Circuit, choices: LayoutsByName) {
    const prints = this.#of(circuit);
    for (const [name, layout] of choices) {
      const ids = circuit.named?.get(name);
      // A name that only other parts of the program have is left to them.
      if (!ids) {
        requireName(checked, name);
        continue;
      }
      this.choices.set(name, layout);
      const refuse = refusalIn(checked, name, layout);
      const values = ids.map((id) => nodeAt(circuit, id));
      for (const { id } of fitting(values, layout, refuse)) {
        const { own } = at(prints, id);
        const other = this.#fixed.get(own);
        if (other && other.layout !== layout)
          refuse(`'${other.name}' is the same tensor, with the layout '${other.layout}'`);
        this.#fixed.set(own, { name, layout });
      }
    }
  }

  /** Returns the nodes of a circuit that have a fixed layout and that an output depends on. */
  in(circuit: Circuit): ReadonlyMap<NodeId, FixedLayout> {
    const prints = this.#of(circuit);
    const live = liveNodes(circuit);
    return new Map(
      circuit.nodes.flatMap(({ id, secrecy, shape }): [NodeId, FixedLayout][] => {
        if (!live[id] || secrecy !== 'cipher' || shape.length === 0) return [];
        const { own, transposed } = at(prints, id);
        const found = this.#fixed.get(own);
        if (found) return [[id, found]];
        const turned = this.#fixed.get(transposed);
        return turned
          ? [[id, { ...turned, layout: LAYOUT_CHOICES[turned.layout].transposed }]]
          : [];
      }),
    );
  }

  #of(circuit: Circuit): readonly Fingerprint[] {
    return this.#summaries.of(circuit, '', () => fingerprinting(circuit));
  }
}

function fingerprinting({ inputs }: Circuit): Sampling<bigint, Fingerprint> {
  const next = residueSource('layouts');
  const point = pointOf(inputs, next);
  const weights: (readonly [bigint, bigint])[] = [];
  const printOf = ({ shape, data }: Tensor<bigint>): string => {
    while (weights.length < data.length) weights.push([next(), next()]);
    const sum = (side: 0 | 1) =>
      data.reduce((total, x, i) => (total + x * at(weights, i)[side]) % MODULUS, 0n);
    const inverse = invertResidue(sum(1));
    // The ratio of two sums is the same for all multiples of a tensor.
    return `${shape.join('x')}:${inverse === undefined ? '' : (sum(0) * inverse) % MODULUS}`;
  };
  return {
    domain: RESIDUES,
    input: (name) => lookUp(point, name),
    summarize: (value) => ({ own: printOf(value), transposed: printOf(transpose(value)) }),
    scale: (print) => print,
    numbersPerOperation: RESIDUES_PER_OPERATION,
  };
}

/** Returns a tensor whose last two axes are exchanged; a vector as it is. */
function transpose<T>({ shape, data }: Tensor<T>): Tensor<T> {
  const [rows, columns] = shape.slice(-2);
  if (rows === undefined || columns === undefined) return { shape, data };
  const size = rows * columns;
  return {
    shape: [...shape.slice(0, -2), columns, rows],
    data: data.map((_, i) => {
      const inside = i % size;
      return at(data, i - inside + (inside % rows) * columns + Math.floor(inside / rows));
    }),
  };
}

type Refuse = (reason: string, help?: string) => never;

/** Returns the encrypted values of a name that a layout fits. */
function fitting(values: readonly Node[], layout: LayoutChoice, refuse: Refuse): readonly Node[] {
  const encrypted = values.filter(({ secrecy }) => secrecy === 'cipher');
  const fitted = encrypted.filter(({ shape }) => fitsShape(layout, shape));
  if (fitted.length > 0) return fitted;
  const [first] = encrypted;
  if (!first) refuse('it is not encrypted, and clear values are laid out again at each use');
  const { shape } = first;
  if (shape.length === 0) refuse('it is one number');
  const names = Object.keys(LAYOUT_CHOICES) as LayoutChoice[];
  const possible = names.filter((name) => fitsShape(name, shape));
  return refuse(`its shape is ${showShape(shape)}`, `write ${possible.join(' or ')}`);
}

function refusalIn({ source }: CheckedProgram, name: string, layout: LayoutChoice): Refuse {
  return (reason, help) => {
    const message = `'${name}' cannot have the layout '${layout}': ${reason}`;
    throw refusal(source, 'layout-does-not-fit', message, help);
  };
}

/** @throws CircuitError if no input, variable or output of the program has a name */
function requireName({ linked, source }: CheckedProgram, name: string): void {
  const files = [linked.main, ...linked.included.values()];
  const names = new Set(files.flatMap(({ program }) => program.items.flatMap(tensorNames)));
  if (names.has(name)) return;
  const near = didYouMean(name, names);
  const help = near ? `did you mean '${near}'?` : `its tensors are ${[...names].join(', ')}`;
  throw refusal(source, 'unknown-tensor', `the circuit has no tensor '${name}' to lay out`, help);
}

/** Returns the names of the tensors that an item declares, also in its blocks. */
function tensorNames(item: Item): readonly string[] {
  const own =
    item.kind === 'output' ? [item.name] : isFunctionOrNumber(item) ? [] : declaredNames(item);
  return [...own.map(({ name }) => name), ...innerStatements(item).flatMap(tensorNames)];
}

function isFunctionOrNumber({ kind }: Item): boolean {
  return kind === 'fn' || kind === 'param' || kind === 'const';
}

/** Returns an error of an option, which has no location in the text. */
function refusal(source: Source, code: ErrorCode, message: string, help?: string): CircuitError {
  const span = { start: 0, end: 0 };
  return new CircuitError(source, [
    { severity: 'error', code, message, span, ...(help ? { help } : {}) },
  ]);
}

/** Returns the error that no packing of a circuit has the layouts that were chosen. */
export function impossibleLayouts({ source }: CheckedProgram, choices: LayoutsByName) {
  const list = [...choices].map(([name, layout]) => `${name}=${layout}`).join(', ');
  const help =
    'choose others, or fix fewer: vectors of circuits without encrypted matrices lie in inner slots, and integers without slots have no layouts';
  return refusal(source, 'layout-not-computed', `no packing has the layouts ${list}`, help);
}
