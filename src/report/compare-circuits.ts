import { buildCircuit } from '../build/build-circuit.ts';
import { check } from '../check/check-program.ts';
import type { SchemeType } from '../check/scheme.ts';
import { type Nested, nest } from '../data/json-tensors.ts';
import type { Circuit } from '../ir/graph.ts';
import type { Source } from '../syntax/diagnostic.ts';
import { parse } from '../syntax/parse.ts';
import type { Exact } from '../tensor/exact.ts';
import type { Tensor } from '../tensor/tensor.ts';
import type { Counterexample } from '../verify/counterexample.ts';
import { compareCircuits, type Equivalence } from '../verify/equivalence.ts';

/** Number of random points at which two circuits are compared. */
const POINTS = 4;
const SEED = 'shoal verify';
const NONE: ReadonlySet<string> = new Set();
/** The result of comparing two circuits. */
export interface Verdict {
  readonly files: readonly [string, string];
  readonly equivalence: Equivalence;
  /** The shape of the output that differs; empty without a counterexample. */
  readonly shape: readonly number[];
}

/**
 * Compares the source forms of two circuits exactly.
 *
 * @param defines values for params; each circuit gets those that it declares
 * @throws CircuitError
 */
export function verify(a: Source, b: Source, defines: ReadonlyMap<string, Exact>): Verdict {
  // The texts are parsed a second time only if there are params to distribute.
  const [own, others] = defines.size === 0 ? [NONE, NONE] : [paramsOf(a), paramsOf(b)];
  const { circuit: first, scheme } = build(a, own, others, defines);
  const { circuit: second, scheme: other } = build(b, others, own, defines);
  const { modulus } = scheme;
  const equivalence: Equivalence =
    showScheme(scheme) === showScheme(other)
      ? compareCircuits(first, second, { points: POINTS, seed: SEED, modulus })
      : {
          equal: false,
          reason: `one is for ${showScheme(scheme)}, the other for ${showScheme(other)}`,
        };
  const differing = equivalence.equal ? undefined : equivalence.counterexample?.output;
  const output = first.outputs.find(({ name }) => name === differing);
  const shape = output ? (first.nodes[output.node]?.shape ?? []) : [];
  return { files: [a.file, b.file], equivalence, shape };
}

/** Builds a circuit. A param that neither circuit declares is an error of both. */
function build(
  source: Source,
  own: ReadonlySet<string>,
  others: ReadonlySet<string>,
  defines: ReadonlyMap<string, Exact>,
): { readonly circuit: Circuit; readonly scheme: SchemeType } {
  const taken = [...defines].filter(([name]) => own.has(name) || !others.has(name));
  const checked = check(source, new Map(taken));
  return { circuit: buildCircuit(checked), scheme: checked.scheme };
}

function showScheme({ name, modulus }: SchemeType): string {
  return modulus === undefined ? name : `${name}(t = ${modulus})`;
}

function paramsOf(source: Source): ReadonlySet<string> {
  const { items } = parse(source).program;
  return new Set(items.flatMap((item) => (item.kind === 'param' ? [item.name.name] : [])));
}

/** Returns the document of `shoal verify --json`. */
export function verdictToJson({ files, equivalence }: Verdict) {
  if (equivalence.equal) {
    const { points, primes, errorProbability } = equivalence;
    return { equal: true, files, points, primes: primes.map(String), errorProbability };
  }
  const { reason, counterexample } = equivalence;
  return {
    equal: false,
    files,
    reason,
    ...(counterexample ? { counterexample: counterexampleToJson(counterexample) } : {}),
  };
}

function counterexampleToJson({ output, element, inputs, values }: Counterexample) {
  return {
    output,
    element,
    inputs: Object.fromEntries([...inputs].map(([name, tensor]) => [name, nested(tensor)])),
    values: values.map((value) => value ?? null),
  };
}

/** Returns a tensor as nested arrays. */
export function nested({ shape, data }: Tensor<number>): Nested {
  return nest(Float64Array.from(data), shape);
}
