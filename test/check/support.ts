import { buildCircuit } from '../../src/build/build-circuit.ts';
import { type CheckedProgram, check } from '../../src/check/check-program.ts';
import { evaluateCircuit, FLOATS } from '../../src/ir/evaluate-circuit.ts';
import type { Circuit } from '../../src/ir/graph.ts';
import { defined } from '../../src/lookup.ts';
import { CircuitError, type Diagnostic, positionAt } from '../../src/syntax/diagnostic.ts';
import { type Exact, fromDecimal } from '../../src/tensor/exact.ts';
import { type Shape, sizeOf, type Tensor } from '../../src/tensor/tensor.ts';

export type Defines = Readonly<Record<string, string>>;
/** Numbers in nested lists, one list for each axis. */
export type Nested = number | readonly Nested[];

const definesOf = (defines: Defines): ReadonlyMap<string, Exact> =>
  new Map(Object.entries(defines).map(([name, text]) => [name, fromDecimal(text)]));

export const checked = (text: string, defines: Defines = {}): CheckedProgram =>
  check({ file: 'test.circ', text }, definesOf(defines));

export function diagnostics(text: string, defines: Defines = {}): readonly Diagnostic[] {
  try {
    checked(text, defines);
    return [];
  } catch (error) {
    if (error instanceof CircuitError) return error.diagnostics;
    throw error;
  }
}

/** Returns each diagnostic as `line:column code "marked text"`. */
export const places = (text: string, defines: Defines = {}): readonly string[] =>
  diagnostics(text, defines).map(({ code, span }) => {
    const { line, column } = positionAt({ file: '', text }, span.start);
    return `${line}:${column} ${code} ${JSON.stringify(text.slice(span.start, span.end))}`;
  });

/** Returns the source form. */
export const circuitOf = (text: string, defines: Defines = {}): Circuit =>
  buildCircuit(checked(text, defines));

/** Returns the outputs in float64, nested. Missing inputs are 1, 2, 3, … */
export function run(
  text: string,
  inputs: Readonly<Record<string, Nested>> = {},
  defines: Defines = {},
): Readonly<Record<string, Nested>> {
  const circuit = circuitOf(text, defines);
  const shapes = new Map(circuit.inputs.map(({ name, shape }) => [name, shape]));
  const outputs = evaluateCircuit(circuit, FLOATS, (name) => {
    const shape = defined(shapes.get(name));
    const provided = inputs[name];
    return { shape, data: provided === undefined ? counting(shape) : flat(provided) };
  });
  return Object.fromEntries([...outputs].map(([name, tensor]) => [name, nested(tensor)]));
}

/** Returns shape and secrecy of every output, as `cipher[2, 3]`. */
export const types = (text: string, defines: Defines = {}): Readonly<Record<string, string>> => {
  const { nodes, outputs } = circuitOf(text, defines);
  return Object.fromEntries(
    outputs.map(({ name, node }) => {
      const { secrecy, shape } = defined(nodes[node]);
      return [name, `${secrecy}${shape.length > 0 ? `[${shape.join(', ')}]` : ''}`];
    }),
  );
};

export const counting = (shape: Shape): number[] =>
  Array.from({ length: sizeOf(shape) }, (_, i) => i + 1);

export const flat = (numbers: Nested): number[] =>
  typeof numbers === 'number' ? [numbers] : numbers.flatMap(flat);

export function nested({ shape, data }: Tensor<number>): Nested {
  if (shape.length === 0) return defined(data[0]);
  const [rows = 1, ...rest] = shape;
  const size = sizeOf(rest);
  return Array.from({ length: rows }, (_, i) =>
    nested({ shape: rest, data: data.slice(i * size, (i + 1) * size) }),
  );
}
