import { lookUp } from '../lookup.ts';
import { MODULUS, ONE, powerResidue, reduce } from '../tensor/exact.ts';
import { sizeOf, type Tensor } from '../tensor/tensor.ts';
import type { ArrivalRules } from './arrival.ts';
import { type Domain, evaluateCircuit, RESIDUES } from './evaluate-circuit.ts';
import type { Circuit, NodeId } from './graph.ts';
import { scalarWork } from './scalar-work.ts';

/**
 * A polynomial in t by its leading terms, for total degrees without expanding polynomials. On a
 * random line x = a·t + b every output is a polynomial in t of the same degree, but for an unlucky
 * line with probability below degree / 2^59. Only its leading coefficients are needed: values are
 * power series at infinity that are cut off after a few terms. If leading terms cancel beyond the
 * cut, the computation is repeated with more terms.
 */
interface Series {
  /**
   * Exponent of the first term; -1 for a polynomial known to be zero. Squaring in a loop makes it
   * too large for float64.
   */
  readonly degree: bigint;
  /** Coefficients from `degree` downwards; empty if `degree` is only an upper limit. */
  readonly terms: readonly bigint[];
}

const ZERO: Series = { degree: -1n, terms: [] };

/** The number of terms kept at first and at last; each repetition keeps four times as many. */
const FIRST_CUT = 2;
const LAST_CUT = 512;
/** Limit on the cost of the search for degrees: nodes times terms squared. */
const BUDGET = 50_000_000;
/** Limit on the operations on numbers of a circuit whose degrees are computed. */
const MOST_SCALAR_WORK = 2_000_000;

function normalize(degree: bigint, terms: readonly bigint[]): Series {
  let lead = 0;
  while (lead < terms.length && terms[lead] === 0n) lead++;
  const rest = degree - BigInt(lead);
  if (rest < 0n) return ZERO;
  return { degree: rest, terms: lead === 0 ? terms : terms.slice(lead) };
}

/**
 * Returns how many terms of a series are known, counted from its degree; infinite for a polynomial
 * that is known down to exponent 0.
 */
function knownTerms({ degree, terms }: Series): number {
  return degree < BigInt(terms.length) ? Number.POSITIVE_INFINITY : terms.length;
}

/** Returns the smaller of a limit and the number of terms of a polynomial of this degree. */
function termsBelow(degree: bigint, limit: number): number {
  return degree < BigInt(limit) ? Number(degree) + 1 : limit;
}

function seriesDomain(cut: number): Domain<Series> {
  const constant = (residue: bigint): Series =>
    residue === 0n ? ZERO : { degree: 0n, terms: [residue] };
  const combine = (a: Series, b: Series, f: (x: bigint, y: bigint) => bigint): Series => {
    const degree = largest([a.degree, b.degree]);
    // Larger offsets are cut to this one: no term of that series is within the cut.
    const offset = (s: Series) => Math.min(Number(degree - s.degree), cut);
    const [left, right] = [offset(a), offset(b)];
    const known = Math.min(left + knownTerms(a), right + knownTerms(b), cut);
    const terms = Array.from({ length: termsBelow(degree, known) }, (_, i) =>
      f(a.terms[i - left] ?? 0n, b.terms[i - right] ?? 0n),
    );
    return normalize(degree, terms);
  };
  const multiply = (a: Series, b: Series): Series => {
    if (a.degree < 0n || b.degree < 0n) return ZERO;
    const degree = a.degree + b.degree;
    const known = Math.min(knownTerms(a), knownTerms(b), cut);
    const terms = Array.from({ length: termsBelow(degree, known) }, (_, k) => {
      let sum = 0n;
      for (let i = 0; i <= k; i++) sum += (a.terms[i] ?? 0n) * (b.terms[k - i] ?? 0n);
      return sum % MODULUS;
    });
    return normalize(degree, terms);
  };
  return {
    add: (a, b) => combine(a, b, RESIDUES.add),
    subtract: (a, b) => combine(a, b, RESIDUES.subtract),
    multiply,
    negate: (a) => ({ degree: a.degree, terms: a.terms.map(RESIDUES.negate) }),
    // Only plain values are inverted, and they are constant along the line.
    invert: (a) => constant(RESIDUES.invert(a.terms[0] ?? 0n)),
    constant: (c) => constant(c.residue),
  };
}

/**
 * Returns a source of deterministic residues that look random, one for each element of each input.
 */
function pointSource(): () => bigint {
  let state = 0x9e3779b97f4a7c15f39cc0605cedc835n;
  return () => {
    state = reduce(powerResidue(state, 3n) + 0x2545f4914f6cdd1dn);
    return state;
  };
}

/**
 * Returns the degree of every output in the ciphertext inputs: the largest over its elements.
 * Undefined for an output whose leading terms cancel too far to be followed within the budget, and
 * missing for a circuit whose tensors are too large.
 */
export function outputDegrees(circuit: Circuit): ReadonlyMap<string, bigint | undefined> {
  const degrees = new Map<string, bigint | undefined>();
  if (scalarWork(circuit) > MOST_SCALAR_WORK) return degrees;
  for (let cut = FIRST_CUT; cut <= LAST_CUT; cut *= 4) {
    for (const [name, { data }] of evaluateSeries(circuit, cut)) {
      const settled = data.filter((s) => s.terms.length > 0 || s.degree < 0n);
      const degree = largestDegree(settled);
      degrees.set(name, degree === largestDegree(data) ? degree : undefined);
    }
    const open = [...degrees.values()].includes(undefined);
    if (!open || circuit.nodes.length * cut * cut * 16 > BUDGET) break;
  }
  return degrees;
}

/** Returns the degrees of some of a circuit's values in the ciphertext inputs, by node. */
export function nodeDegrees(
  circuit: Circuit,
  ids: readonly NodeId[],
): ReadonlyMap<NodeId, bigint | undefined> {
  const outputs = ids.map((node) => ({ name: `${node}`, node, factor: ONE }));
  const degrees = outputDegrees({ ...circuit, outputs });
  return new Map(ids.map((id) => [id, degrees.get(`${id}`)]));
}

/** Returns the largest degree of some series; 0 for none and for zero polynomials. */
function largestDegree(series: readonly Series[]): bigint {
  return largest(series.map(({ degree }) => degree));
}

/** Returns the largest of some degrees, or 0 if there are none. */
export function largest(degrees: readonly bigint[]): bigint {
  let most = 0n;
  for (const degree of degrees) if (degree > most) most = degree;
  return most;
}

function evaluateSeries(circuit: Circuit, cut: number): ReadonlyMap<string, Tensor<Series>> {
  const next = pointSource();
  const inputs = new Map<string, Tensor<Series>>();
  for (const { name, shape, secrecy } of circuit.inputs) {
    const data = Array.from(
      { length: sizeOf(shape) },
      (): Series =>
        secrecy === 'cipher'
          ? { degree: 1n, terms: [next(), next()] }
          : { degree: 0n, terms: [next()] },
    );
    inputs.set(name, { shape, data });
  }
  return evaluateCircuit(circuit, seriesDomain(cut), (name) => lookUp(inputs, name));
}

/** What the degree of a polynomial in the uploads depends on. */
export type UploadRules = Pick<ArrivalRules, 'precompute'>;

/**
 * Returns the bound: a depth below which no circuit for the same polynomials can be. It follows
 * from the largest degree of the outputs; 0 if no degree is known.
 */
export function depthBound(circuit: Circuit, rules: UploadRules = {}): number {
  let bound = 0;
  for (const degree of outputDegrees(circuit).values()) {
    if (degree !== undefined) bound = Math.max(bound, depthOfDegree(degree, rules));
  }
  return bound;
}

/**
 * Returns the bound on the depth of a value of some degree: ⌈log2 degree⌉, because a multiplication
 * at most doubles the degree; 0 for degrees up to 1. If the client uploads products of two entries,
 * the bound is that of the degree in the uploads, which is at least half as large.
 */
export function depthOfDegree(degree: bigint, rules: UploadRules = {}): number {
  const inUploads = rules.precompute ? degreeInPairs(degree) : degree;
  return inUploads > 1n ? (inUploads - 1n).toString(2).length : 0;
}

/** Returns the least degree of a polynomial in products of two of its variables. */
export function degreeInPairs(degree: bigint): bigint {
  return (degree + 1n) / 2n;
}
