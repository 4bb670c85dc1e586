import type { NodeId } from '../ir/graph.ts';
import * as exact from '../tensor/exact.ts';
import type { Ring } from '../tensor/tensor.ts';

/** An element of a value of a circuit. */
export interface SourceElement {
  readonly source: NodeId;
  /** Row-major. */
  readonly index: number;
}

/**
 * A constant plus a linear combination of elements. Coefficients are not 0; they stand by a key of
 * their element.
 */
export interface LinearForm {
  readonly constant: exact.Exact;
  readonly terms: ReadonlyMap<number, exact.Exact>;
}

/** Larger than the row-major index of any element. */
const KEYS_OF_SOURCE = 2 ** 24;

const NO_TERMS: ReadonlyMap<number, exact.Exact> = new Map();

/** Returns a constant as a form. */
export function constantForm(constant: exact.Exact): LinearForm {
  return { constant, terms: NO_TERMS };
}

/** Returns an element as a form. */
export function elementForm({ source, index }: SourceElement): LinearForm {
  const terms = new Map([[source * KEYS_OF_SOURCE + index, exact.ONE]]);
  return { constant: exact.ZERO, terms };
}

/** Returns the element that a key of a form's terms stands for. */
export function elementOf(key: number): SourceElement {
  const index = key % KEYS_OF_SOURCE;
  return { source: ((key - index) / KEYS_OF_SOURCE) as NodeId, index };
}

/**
 * Returns the arithmetic of linear forms. A product needs a constant factor, and only a constant
 * has an inverse.
 *
 * @param count receives the number of terms that an operation writes
 */
export function linearForms(count: (terms: number) => void): Ring<LinearForm> {
  const counted = (constant: exact.Exact, terms: ReadonlyMap<number, exact.Exact>): LinearForm => {
    count(terms.size + 1);
    return { constant, terms };
  };
  const scale = ({ constant, terms }: LinearForm, by: exact.Exact): LinearForm => {
    if (exact.isZero(by)) return constantForm(exact.ZERO);
    const scaled = [...terms].map(([key, x]) => [key, exact.multiply(x, by)] as const);
    return counted(exact.multiply(constant, by), new Map(scaled));
  };
  const multiply = (a: LinearForm, b: LinearForm): LinearForm => {
    if (a.terms.size === 0) return scale(b, a.constant);
    if (b.terms.size === 0) return scale(a, b.constant);
    throw new Error('a product of two linear forms is not linear');
  };
  const accumulate = (sum: Map<number, exact.Exact>, terms: LinearForm['terms']): void => {
    for (const [key, x] of terms) {
      const known = sum.get(key);
      const next = known ? exact.add(known, x) : x;
      if (exact.isZero(next)) sum.delete(key);
      else sum.set(key, next);
    }
  };
  const add = (a: LinearForm, b: LinearForm): LinearForm => {
    const sum = new Map(a.terms);
    accumulate(sum, b.terms);
    return counted(exact.add(a.constant, b.constant), sum);
  };
  const negate = (a: LinearForm) => scale(a, exact.negate(exact.ONE));
  return {
    add,
    subtract: (a, b) => add(a, negate(b)),
    multiply,
    negate,
    invert: ({ constant, terms }) => {
      const inverse = terms.size === 0 ? exact.invert(constant) : undefined;
      if (!inverse) throw new RangeError('a linear form has no inverse');
      return constantForm(inverse);
    },
    sumOfProducts(x, y, length) {
      let constant = exact.ZERO;
      const sum = new Map<number, exact.Exact>();
      for (let i = 0, a = x.from, b = y.from; i < length; i++, a += x.step, b += y.step) {
        const product = multiply(x.data[a] as LinearForm, y.data[b] as LinearForm);
        constant = exact.add(constant, product.constant);
        accumulate(sum, product.terms);
      }
      return counted(constant, sum);
    },
  };
}
