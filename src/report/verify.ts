import { check } from '../check/check.ts';
import { type Nested, nest, showElement } from '../data/values.ts';
import { buildCircuit } from '../ir/build.ts';
import { evaluate, FLOATS } from '../ir/evaluate.ts';
import type { Circuit } from '../ir/graph.ts';
import { runPasses, STAGES } from '../passes/stages.ts';
import type { Source } from '../syntax/diagnostic.ts';
import { parse } from '../syntax/parse.ts';
import type { Exact } from '../tensor/exact.ts';
import type { Tensor } from '../tensor/tensor.ts';
import { type Counterexample, compareCircuits, type Equivalence } from '../verify/equivalence.ts';
import { colorsOf, showNumber } from './format.ts';

/** Random points at which two circuits are compared. */
const points = 4;
const seed = 'shoal verify';
/** Elements of an input that are printed. */
const mostElements = 16;

/** What two circuits give at inputs where they differ. */
interface Difference extends Counterexample {
  readonly shape: readonly number[];
  /** Of the first and the second circuit; undefined where a division by zero is in the way. */
  readonly values: readonly [number | undefined, number | undefined];
}

/** What comparing two circuits gave, with values where they differ. */
export interface Verdict {
  readonly files: readonly [string, string];
  readonly equivalence: Equivalence;
  readonly difference: Difference | undefined;
}

/**
 * Compares two circuits, as written, exactly.
 *
 * @param defines values for params; each circuit takes those it has
 * @throws CircuitError
 */
export function verify(a: Source, b: Source, defines: ReadonlyMap<string, Exact>): Verdict {
  const [first, second] = [straightened(a, b, defines), straightened(b, a, defines)];
  const equivalence = compareCircuits(first, second, { points, seed });
  const counterexample = equivalence.equal ? undefined : equivalence.counterexample;
  return {
    files: [a.file, b.file],
    equivalence,
    difference: counterexample && differenceAt(counterexample, first, second),
  };
}

function straightened(source: Source, other: Source, defines: ReadonlyMap<string, Exact>): Circuit {
  const [own, others] = [paramsOf(source), paramsOf(other)];
  const taken = [...defines].filter(([name]) => own.has(name) || !others.has(name));
  const looped = buildCircuit(check(source, new Map(taken)));
  return runPasses(looped, STAGES[0], { scaledUploads: false, warn: () => {} }).circuit;
}

function paramsOf(source: Source): ReadonlySet<string> {
  const { items } = parse(source).program;
  return new Set(items.flatMap((item) => (item.kind === 'param' ? [item.name.name] : [])));
}

function differenceAt(at: Counterexample, a: Circuit, b: Circuit): Difference {
  const output = a.outputs.find(({ name }) => name === at.output);
  return {
    ...at,
    shape: a.nodes[output?.node ?? 0]?.shape ?? [],
    values: [valueAt(a, at), valueAt(b, at)],
  };
}

function valueAt(circuit: Circuit, { inputs, output, element }: Counterexample) {
  try {
    const outputs = evaluate(circuit, FLOATS, (name) => inputs.get(name) as Tensor<number>);
    const value = outputs.get(output)?.data[element];
    return Number.isFinite(value) ? value : undefined;
  } catch (error) {
    if (error instanceof RangeError) return undefined;
    throw error;
  }
}

/** What `shoal verify --json` prints. */
export function verdictToJson({ files, equivalence, difference }: Verdict) {
  if (equivalence.equal) {
    const { points, primes, errorProbability } = equivalence;
    return { equal: true, files, points, primes: primes.map(String), errorProbability };
  }
  return {
    equal: false,
    files,
    reason: equivalence.reason,
    ...(difference
      ? {
          counterexample: {
            output: difference.output,
            element: difference.element,
            inputs: Object.fromEntries(
              [...difference.inputs].map(([name, tensor]) => [name, nested(tensor)]),
            ),
            values: difference.values.map((value) => value ?? null),
          },
        }
      : {}),
  };
}

function nested({ shape, data }: Tensor<number>): Nested {
  return nest(Float64Array.from(data), shape);
}

/** The verdict for people. */
export function renderVerdict(verdict: Verdict, color: boolean): string {
  const { files, equivalence, difference } = verdict;
  const c = colorsOf(color);
  if (equivalence.equal) {
    const { points, primes, errorProbability } = equivalence;
    const certainty =
      errorProbability < 1
        ? `error probability at most ${showNumber(errorProbability)}`
        : 'error probability not known: the degree of a difference is not';
    const where = `${points} random points modulo ${primes.join(' and ')}`;
    return `${c.green('the same polynomials')}: equal at ${where};\n${certainty}\n`;
  }
  const head = `${c.red('not the same')}: ${equivalence.reason}\n`;
  if (!difference) return head;
  const inputs = [...difference.inputs].map(([name, tensor]) => `  ${name} = ${show(tensor)}\n`);
  const place = `${difference.output}${showElement(difference.element, difference.shape)}`;
  const values = difference.values.map(
    (value, i) => `  ${place} = ${value ?? 'not defined'} in ${files[i]}\n`,
  );
  return `${head}at\n${inputs.join('')}the circuits give\n${values.join('')}`;
}

function show(tensor: Tensor<number>): string {
  if (tensor.data.length <= mostElements) return JSON.stringify(nested(tensor));
  const shown = tensor.data.slice(0, mostElements).join(', ');
  return `[${shown}, … ${tensor.data.length - mostElements} more] (row-major)`;
}
