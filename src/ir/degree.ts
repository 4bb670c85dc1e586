import { MODULUS, powerResidue, reduce } from '../tensor/exact.ts';
import type { Tensor } from '../tensor/tensor.ts';
import { type Domain, evaluate, RESIDUES } from './evaluate.ts';
import type { Circuit } from './graph.ts';

/**
 * Total degree without expanding anything: on a random line x = a·t + b every output is a polynomial in
 * t of the same degree (but for an unlucky line, with probability below degree / 2^59). Only its leading
 * coefficients are needed, so values are power series at infinity, cut off after a few terms; where
 * leading terms cancel beyond the cut, the computation is repeated with more terms.
 */
interface Series {
  /** Exponent of the first term; -1 for a polynomial known to be zero. */
  readonly degree: number;
  /** Coefficients from `degree` downwards; empty where all that is known is an upper limit. */
  readonly terms: readonly bigint[];
}

const ZERO: Series = { degree: -1, terms: [] };

/** Terms kept at first and at most; each step takes four times as many. */
const FIRST_CUT = 2;
const LAST_CUT = 512;
/** Nodes times terms squared that the search for a degree may cost. */
const BUDGET = 50_000_000;

function normalize(degree: number, terms: readonly bigint[]): Series {
  let lead = 0;
  while (lead < terms.length && terms[lead] === 0n) lead++;
  if (degree - lead < 0) return ZERO;
  return { degree: degree - lead, terms: lead === 0 ? terms : terms.slice(lead) };
}

function seriesDomain(cut: number): Domain<Series> {
  const constant = (residue: bigint): Series =>
    residue === 0n ? ZERO : { degree: 0, terms: [residue] };
  const known = (s: Series) =>
    s.degree < s.terms.length ? Number.NEGATIVE_INFINITY : s.degree - s.terms.length + 1;
  const at = (s: Series, exponent: number) => s.terms[s.degree - exponent] ?? 0n;
  const combine = (a: Series, b: Series, f: (x: bigint, y: bigint) => bigint): Series => {
    const degree = Math.max(a.degree, b.degree);
    const lowest = Math.max(known(a), known(b), degree - cut + 1, 0);
    const terms: bigint[] = [];
    for (let e = degree; e >= lowest; e--) terms.push(f(at(a, e), at(b, e)));
    return normalize(degree, terms);
  };
  const multiply = (a: Series, b: Series): Series => {
    if (a.degree < 0 || b.degree < 0) return ZERO;
    const degree = a.degree + b.degree;
    const lowest = Math.max(known(a) + b.degree, a.degree + known(b), degree - cut + 1, 0);
    const terms: bigint[] = [];
    for (let e = degree; e >= lowest; e--) {
      let sum = 0n;
      for (let i = a.degree; i >= 0 && a.degree - i <= degree - e; i--)
        sum += at(a, i) * at(b, e - i);
      terms.push(sum % MODULUS);
    }
    return normalize(degree, terms);
  };
  return {
    zero: ZERO,
    add: (a, b) => combine(a, b, RESIDUES.add),
    subtract: (a, b) => combine(a, b, RESIDUES.subtract),
    multiply,
    negate: (a) => ({ degree: a.degree, terms: a.terms.map(RESIDUES.negate) }),
    // Only plain values are inverted, and those are constant along the line.
    invert: (a) => constant(RESIDUES.invert(a.terms[0] ?? 0n)),
    constant: (c) => constant(c.residue),
  };
}

/** Deterministic residues that look random: powers of a fixed element, one for each element of each input. */
function pointSource(): () => bigint {
  let state = 0x9e3779b97f4a7c15f39cc0605cedc835n;
  return () => {
    state = reduce(powerResidue(state, 3n) + 0x2545f4914f6cdd1dn);
    return state;
  };
}

/**
 * Degree of every output in the ciphertext inputs, the largest over its elements; undefined for an
 * output whose leading terms cancel further than the budget allows to follow.
 */
export function outputDegrees(circuit: Circuit): ReadonlyMap<string, number | undefined> {
  const degrees = new Map<string, number | undefined>();
  for (let cut = FIRST_CUT; cut <= LAST_CUT; cut *= 4) {
    for (const [name, tensor] of evaluateSeries(circuit, cut)) {
      const settled = tensor.data.filter((s) => s.terms.length > 0 || s.degree < 0);
      const limit = tensor.data.reduce((most, s) => Math.max(most, s.degree), 0);
      const degree = settled.reduce((most, s) => Math.max(most, s.degree), 0);
      degrees.set(name, degree === limit ? degree : undefined);
    }
    const open = [...degrees.values()].includes(undefined);
    if (!open || circuit.nodes.length * cut * cut * 16 > BUDGET) break;
  }
  return degrees;
}

function evaluateSeries(circuit: Circuit, cut: number): ReadonlyMap<string, Tensor<Series>> {
  const next = pointSource();
  const inputs = new Map<string, Tensor<Series>>();
  for (const { name, shape, secrecy } of circuit.inputs) {
    const size = shape.reduce((product, extent) => product * extent, 1);
    const data = Array.from(
      { length: size },
      (): Series =>
        secrecy === 'cipher'
          ? { degree: 1, terms: [next(), next()] }
          : { degree: 0, terms: [next()] },
    );
    inputs.set(name, { shape, data });
  }
  return evaluate(circuit, seriesDomain(cut), (name) => inputs.get(name) as Tensor<Series>);
}

/**
 * A depth that no circuit for the same polynomials can be below: ⌈log2 degree⌉, the largest over the
 * outputs, since a multiplication at most doubles the degree. 0 where nothing is known.
 */
export function depthBound(circuit: Circuit): number {
  const degrees = [...outputDegrees(circuit).values()].map((degree) => degree ?? 0);
  return Math.max(0, ...degrees.map((degree) => (degree <= 1 ? 0 : Math.ceil(Math.log2(degree)))));
}
