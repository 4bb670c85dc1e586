import { type Circuit, type GraphBuilder, liveNodes, type Node, type NodeId } from '../ir/graph.ts';
import { at, defined, largestOf } from '../lookup.ts';
import { type Constant, identityMatrix } from '../tensor/constant.ts';
import * as exact from '../tensor/exact.ts';
import { timesNumber } from './clear-values.ts';
import { isDiagonal } from './constant-structure.ts';
import { isScaling, multiplyLabeled } from './labeled-tensors.ts';
import { isSum, summands } from './terms.ts';

/** Coefficients of the powers of a matrix, the lowest first. */
export type Powers = readonly exact.Exact[];

/** A square matrix as a polynomial of another one. */
interface MatrixPolynomial {
  /** The other matrix; undefined for a multiple of the identity. */
  readonly argument: NodeId | undefined;
  /** Whether the matrix is the transpose of the polynomial. */
  readonly isTransposed: boolean;
  readonly powers: Powers;
}

/** A value as a sum of polynomials of a matrix, each times a value. */
export type Combination = ReadonlyMap<NodeId, Powers>;

/**
 * How a matrix multiplies the first axis of a value: by its rows or, transposed, by its columns.
 */
export type Side = 'rows' | 'columns';

/** The largest degree of a polynomial that is collected. */
const MOST_DEGREE = 64;
/** Limit on the families of a circuit: those whose matrices are multiplied most often. */
export const MOST_FAMILIES = 8;
/** Limit on the values that a combination is made of. */
const MOST_BASES = 16;

/** A product that a square matrix does: of itself and the first axis of a value. */
interface Action {
  readonly matrix: NodeId;
  readonly value: NodeId;
  readonly side: Side;
}

/** All values that are polynomials of one matrix, and all that they are applied to. */
export interface MatrixFamily {
  readonly argument: NodeId;
  readonly side: Side;
  /** Polynomials whose matrix itself is needed, by node. */
  readonly matrices: ReadonlyMap<NodeId, Pick<MatrixPolynomial, 'powers' | 'isTransposed'>>;
  /** The zeros of its linear polynomials. */
  readonly zeros: readonly exact.Exact[];
  /** Combinations that something else reads, by node. */
  readonly combinations: ReadonlyMap<NodeId, Combination>;
}

/**
 * Finds the values of a circuit that are polynomials of a square matrix, and the sums of products
 * of such polynomials with vectors or matrices: what additions, numbers and products with
 * polynomials of the matrix make of them. Polynomials of one matrix commute, so it does not matter
 * on which side a power was multiplied.
 */
export function findMatrixFamilies(circuit: Circuit): readonly MatrixFamily[] {
  const polynomials = polynomialsOf(circuit);
  const acting = new Map<string, { argument: NodeId; side: Side; count: number }>();
  for (const node of circuit.nodes) {
    const action = actionOf(circuit, node);
    const acted = action && actedOn(action, polynomials);
    if (acted?.argument === undefined) continue;
    const { argument, side } = acted;
    const key = `${argument} ${side}`;
    acting.set(key, { argument, side, count: (acting.get(key)?.count ?? 0) + 1 });
  }
  const most = [...acting.values()].sort((a, b) => b.count - a.count).slice(0, MOST_FAMILIES);
  return most.map(({ argument, side }) => familyOf(circuit, polynomials, argument, side));
}

/** Returns the polynomial that acts, and on which side its argument does. */
function actedOn(
  { matrix, side }: Action,
  polynomials: ReadonlyMap<NodeId, MatrixPolynomial>,
): (MatrixPolynomial & { readonly side: Side }) | undefined {
  const polynomial = polynomials.get(matrix);
  const other = side === 'rows' ? 'columns' : 'rows';
  return polynomial && { ...polynomial, side: polynomial.isTransposed ? other : side };
}

function polynomialsOf(circuit: Circuit): ReadonlyMap<NodeId, MatrixPolynomial> {
  const found = new Map<NodeId, MatrixPolynomial>();
  for (const node of circuit.nodes) {
    const [n, m] = node.shape;
    if (node.shape.length !== 2 || n !== m) continue;
    const made = polynomialOf(circuit, node, found);
    if (made && made.powers.length <= MOST_DEGREE + 1) found.set(node.id, made);
    else if (node.secrecy === 'cipher')
      found.set(node.id, {
        argument: node.id,
        isTransposed: false,
        powers: [exact.ZERO, exact.ONE],
      });
  }
  return found;
}

function polynomialOf(
  circuit: Circuit,
  node: Node,
  known: ReadonlyMap<NodeId, MatrixPolynomial>,
): MatrixPolynomial | undefined {
  const { op } = node;
  if (op.kind === 'const') {
    const number = identityFactor(op.tensor);
    return number && { argument: undefined, isTransposed: false, powers: [number] };
  }
  if (isSum(node)) {
    const terms = summands(node).map(({ negative, node: id }) => {
      const term = known.get(id);
      return term && negative ? { ...term, powers: term.powers.map(exact.negate) } : term;
    });
    return terms.reduce((a, b) => a && b && joined(a, b, addPowers));
  }
  if (node.kind !== 'mul') return undefined;
  const scaled = scalingOf(circuit, node);
  if (scaled) {
    const value = known.get(scaled.value);
    return value && { ...value, powers: scalePowers(scaled.number, value.powers) };
  }
  const [a, b] = [factorOf(0, node, known), factorOf(1, node, known)];
  return a && b ? joined(a, b, multiplyPowers) : undefined;
}

/**
 * Returns the factor of a product of two square matrices that has the result's axis `axis`,
 * transposed if the sum is not over its other end; undefined if the product is none of that kind.
 */
function factorOf(
  axis: 0 | 1,
  { op, args }: Node,
  known: ReadonlyMap<NodeId, MatrixPolynomial>,
): MatrixPolynomial | undefined {
  if (op.kind !== 'mul' || op.rank !== 2) return undefined;
  const side = op.lhs.includes(axis) ? 0 : 1;
  const [labels, others] = side === 0 ? [op.lhs, op.rhs] : [op.rhs, op.lhs];
  if (labels.length !== 2 || others.length !== 2) return undefined;
  const own = labels.indexOf(axis);
  const summed = at(labels, 1 - own);
  if (own < 0 || summed < op.rank || !others.includes(summed)) return undefined;
  const factor = known.get(at(args, side));
  return factor && { ...factor, isTransposed: factor.isTransposed !== (own !== axis) };
}

function joined(
  a: MatrixPolynomial,
  b: MatrixPolynomial,
  combine: (a: Powers, b: Powers) => Powers,
): MatrixPolynomial | undefined {
  const powers = combine(a.powers, b.powers);
  if (a.argument === undefined) return { ...b, powers };
  const isSame = a.argument === b.argument && a.isTransposed === b.isTransposed;
  return b.argument === undefined || isSame ? { ...a, powers } : undefined;
}

/** Returns c if a constant is c times the identity matrix. */
function identityFactor(tensor: Constant): exact.Exact | undefined {
  const first = at(tensor.data, 0);
  const step = at(tensor.shape, 0) + 1;
  const isUniform = tensor.data.every((x, i) => i % step !== 0 || exact.equal(x, first));
  return isUniform && isDiagonal(tensor, 0, 1) ? first : undefined;
}

function scalingOf(circuit: Circuit, { op, args }: Node) {
  if (op.kind !== 'mul') return undefined;
  for (const [number, value, labels] of [
    [at(args, 0), at(args, 1), op.rhs],
    [at(args, 1), at(args, 0), op.lhs],
  ] as const) {
    const { op: constant, shape } = at(circuit.nodes, number);
    if (constant.kind === 'const' && shape.length === 0 && isScaling(op, labels))
      return { number: at(constant.tensor.data, 0), value };
  }
  return undefined;
}

/** Returns a product as an action of a square matrix; undefined if it is none. */
function actionOf(circuit: Circuit, { op, args }: Node): Action | undefined {
  if (op.kind !== 'mul') return undefined;
  const parts = [
    { matrix: at(args, 0), own: op.lhs, value: at(args, 1), other: op.rhs },
    { matrix: at(args, 1), own: op.rhs, value: at(args, 0), other: op.lhs },
  ];
  for (const { matrix, own, value, other } of parts) {
    const { shape, secrecy } = at(circuit.nodes, matrix);
    const [summed] = other;
    if (own.length !== 2 || shape[0] !== shape[1] || secrecy !== 'cipher') continue;
    const isFirst =
      summed !== undefined &&
      summed >= op.rank &&
      own.includes(summed) &&
      other.length === op.rank &&
      own.includes(0);
    if (isFirst && other.every((label, axis) => axis === 0 || label === axis))
      return { matrix, value, side: own[0] === 0 ? 'rows' : 'columns' };
  }
  return undefined;
}

function familyOf(
  circuit: Circuit,
  polynomials: ReadonlyMap<NodeId, MatrixPolynomial>,
  argument: NodeId,
  side: Side,
): MatrixFamily {
  const combined = new Map<NodeId, Combination>();
  const isOwn = (id: NodeId) => polynomials.get(id)?.argument === argument;
  const whole = (id: NodeId): Combination => combined.get(id) ?? new Map([[id, [exact.ONE]]]);
  for (const node of circuit.nodes) {
    if (node.secrecy !== 'cipher' || isOwn(node.id)) continue;
    const made = combinationOf(node);
    if (made && made.size <= MOST_BASES && degreeOf(made) <= MOST_DEGREE)
      combined.set(node.id, made);
  }
  const live = liveNodes(circuit);
  const read = new Set<NodeId>(circuit.outputs.map(({ node }) => node));
  for (const node of circuit.nodes) {
    if (!live[node.id] || isOwn(node.id)) continue;
    const action = actionOf(circuit, node);
    const isActed = combined.has(node.id);
    for (const arg of node.args) {
      const isAbsorbed = isActed && (combined.has(arg) || arg === action?.matrix);
      if (!isAbsorbed) read.add(arg);
    }
  }
  const needed = <T>(all: Iterable<readonly [NodeId, T]>) =>
    new Map([...all].filter(([id]) => live[id] && read.has(id)));
  const own = [...polynomials].filter(([id]) => isOwn(id));
  return {
    argument,
    side,
    zeros: zerosOf(own.map(([, { powers }]) => powers)),
    matrices: needed(own),
    combinations: needed(combined),
  };

  function combinationOf(node: Node): Combination | undefined {
    const action = actionOf(circuit, node);
    const acted = action && actedOn(action, polynomials);
    if (action && acted?.argument === argument && acted.side === side) {
      const { powers } = acted;
      return mapPowers(whole(action.value), (own) => multiplyPowers(powers, own));
    }
    if (isSum(node)) {
      const terms = summands(node);
      if (!terms.some(({ node: id }) => combined.has(id))) return undefined;
      return terms
        .map(({ negative, node: id }) =>
          negative ? mapPowers(whole(id), (own) => own.map(exact.negate)) : whole(id),
        )
        .reduce(addCombinations);
    }
    const scaled = scalingOf(circuit, node);
    const value = scaled && combined.get(scaled.value);
    return value && mapPowers(value, (own) => scalePowers(scaled.number, own));
  }
}

/** Returns the different zeros of the linear polynomials among some polynomials. */
function zerosOf(all: readonly Powers[]): readonly exact.Exact[] {
  const zeros = new Map<bigint, exact.Exact>();
  for (const [number, slope, ...others] of all) {
    const inverse = slope && others.length === 0 ? exact.invert(slope) : undefined;
    if (!number || !inverse) continue;
    const zero = exact.negate(exact.multiply(number, inverse));
    zeros.set(zero.residue, zero);
  }
  return [...zeros.values()];
}

function degreeOf(combination: Combination): number {
  return largestOf([...combination.values()].map((powers) => powers.length - 1));
}

/** Returns all polynomials of a family that are needed. */
export function polynomialsIn({ matrices, combinations }: MatrixFamily): readonly Powers[] {
  return [
    ...[...matrices.values()].map(({ powers }) => powers),
    ...[...combinations.values()].flatMap((combination) => [...combination.values()]),
  ];
}

function mapPowers(combination: Combination, change: (powers: Powers) => Powers): Combination {
  return new Map([...combination].map(([base, powers]) => [base, change(powers)]));
}

function addCombinations(a: Combination, b: Combination): Combination {
  const sum = new Map(a);
  for (const [base, powers] of b) sum.set(base, addPowers(sum.get(base) ?? [], powers));
  return sum;
}

function addPowers(a: Powers, b: Powers): Powers {
  const longest = a.length >= b.length ? a : b;
  return longest.map((_, j) => exact.add(a[j] ?? exact.ZERO, b[j] ?? exact.ZERO));
}

function scalePowers(number: exact.Exact, powers: Powers): Powers {
  return powers.map((x) => exact.multiply(number, x));
}

function multiplyPowers(a: Powers, b: Powers): Powers {
  const product = new Array<exact.Exact>(Math.max(0, a.length + b.length - 1)).fill(exact.ZERO);
  a.forEach((x, i) => {
    b.forEach((y, j) => {
      product[i + j] = exact.add(at(product, i + j), exact.multiply(x, y));
    });
  });
  return product;
}

/** The variable R = (center − M)/unit of polynomials of a matrix M; M itself if undefined. */
export type MatrixVariable =
  | { readonly center: exact.Exact; readonly unit: exact.Exact }
  | undefined;

/** Largest quotient of the sum of terms and their sum that a shifted coefficient may have. */
const MOST_CANCELLATION = 2 ** 20;

/**
 * Returns the same polynomial in the powers of R; undefined if its coefficients would lose too much
 * precision. Coefficients that are exactly integers are rounded to them.
 */
export function inVariable(powers: Powers, variable: MatrixVariable): Powers | undefined {
  if (!variable) return powers;
  const { center, unit: step } = variable;
  // M = center − unit·R, by Horner's rule.
  let shifted: Powers = [];
  let sizes: readonly number[] = [];
  const [x, y] = [Math.abs(center.value), Math.abs(step.value)];
  for (const coefficient of [...powers].reverse()) {
    shifted = addPowers(multiplyPowers([center, exact.negate(step)], shifted), [coefficient]);
    const before = sizes;
    sizes = shifted.map((_, j) => x * (before[j] ?? 0) + y * (before[j - 1] ?? 0));
    sizes = sizes.map((x, j) => (j === 0 ? x + Math.abs(coefficient.value) : x));
  }
  const unit = frequent(shifted);
  const inverse = unit && exact.invert(unit);
  if (!inverse) return undefined;
  const made = shifted.map((x, j) => {
    const whole = integerNear(exact.multiply(x, inverse));
    if (whole) return exact.multiply(unit, whole);
    return at(sizes, j) <= MOST_CANCELLATION * Math.abs(x.value) ? x : undefined;
  });
  return made.every((x) => x !== undefined) ? made : undefined;
}

/** Largest integer that a coefficient is recognized as. */
const MOST_INTEGER = 2 ** 20;

function integerNear(x: exact.Exact): exact.Exact | undefined {
  if (!(Math.abs(x.value) <= MOST_INTEGER)) return exact.isZero(x) ? exact.ZERO : undefined;
  const whole = exact.fromNumber(Math.round(x.value));
  return exact.equal(whole, x) ? whole : undefined;
}

/**
 * Returns the coefficient that most terms have; of equally frequent ones that of the highest power,
 * which is the most exact one.
 */
function frequent(powers: Powers): exact.Exact | undefined {
  const counts = new Map<bigint, { count: number; value: exact.Exact }>();
  for (const value of [...powers].reverse()) {
    if (exact.isZero(value)) continue;
    const known = counts.get(value.residue);
    counts.set(value.residue, { count: (known?.count ?? 0) + 1, value: known?.value ?? value });
  }
  let best: { count: number; value: exact.Exact } | undefined;
  for (const one of counts.values()) if (!best || one.count > best.count) best = one;
  return best?.value;
}

/**
 * Returns variables in which a polynomial p of degree d may have simple coefficients. One has the
 * mean of p's zeros as its center. In the others, (M − z)·p(M) plus a number has its zeros around
 * the center: then it may be a power, and p the sum of powers that it comes from, 1 + R + … + R^d =
 * (R^(d+1) − 1)/(R − 1) with R = 1 at M = z.
 *
 * @param zeros numbers to try as z
 */
export function variablesFor(
  powers: Powers,
  zeros: readonly exact.Exact[],
): readonly MatrixVariable[] {
  const degree = powers.length - 1;
  const lead = degree < 2 ? undefined : exact.invert(at(powers, degree));
  if (!lead) return [];
  const sum = exact.negate(exact.multiply(at(powers, degree - 1), lead));
  const mean = (total: exact.Exact, count: number) =>
    exact.multiply(total, defined(exact.invert(exact.fromNumber(count))));
  const own = mean(sum, degree);
  const all = zeros.map((zero) => {
    const center = mean(exact.add(sum, zero), degree + 1);
    return { center, unit: exact.subtract(center, zero) };
  });
  return [...all, { center: own, unit: own }].filter(({ center, unit }) =>
    [center, unit].every((x) => Number.isFinite(x.value) && !exact.isZero(x)),
  );
}

/**
 * Writes polynomials of a matrix R by halves: p = low + R^h·high, where h is a power of two and
 * both halves have degrees below it. So a degree d takes ⌈log2 (d + 1)⌉ levels, and equal halves
 * are computed once: Σ R^j for j < 2^k is ∏ (1 + R^(2^i)). A polynomial that is applied to a vector
 * is never computed as a matrix.
 */
export class MatrixWriter {
  readonly #builder: GraphBuilder;
  readonly #side: Side;
  readonly #size: number;
  /** R^(2^k), by k. */
  readonly #squares: NodeId[];

  constructor(builder: GraphBuilder, matrix: NodeId, variable: MatrixVariable, side: Side) {
    this.#builder = builder;
    this.#side = side;
    this.#size = at(builder.node(matrix).shape, 0);
    this.#squares = [variable ? this.#variable(matrix, variable) : matrix];
  }

  /** Returns a polynomial, transposed if need be; undefined if it is 0. */
  polynomial(powers: Powers, isTransposed: boolean): NodeId | undefined {
    const matrix = this.#matrix(powers);
    if (matrix === undefined || !isTransposed) return matrix;
    return this.#builder.apply({ kind: 'permute', order: [1, 0] }, [matrix]);
  }

  #matrix(powers: Powers): NodeId | undefined {
    const degree = degreeIn([powers]);
    if (degree < 0) return undefined;
    if (degree === 0) return this.#identity(at(powers, 0));
    const half = 2 ** Math.floor(Math.log2(degree));
    const high = powers.slice(half, degree + 1);
    const low = this.#matrix(powers.slice(0, half));
    const square = this.#square(Math.log2(half));
    const upper =
      high.length === 1
        ? timesNumber(this.#builder, at(high, 0), square)
        : this.#act(square, defined(this.#matrix(high)), 'rows');
    return low === undefined ? upper : this.#builder.apply({ kind: 'add' }, [low, upper]);
  }

  /** Returns a sum of polynomials times values; undefined if it is 0. */
  combination(terms: Combination): NodeId | undefined {
    const degree = degreeIn([...terms.values()]);
    if (degree < 0) return undefined;
    if (degree === 0) return this.#sum(terms);
    const half = 2 ** Math.floor(Math.log2(degree));
    const low = this.combination(mapPowers(terms, (powers) => powers.slice(0, half)));
    const high = this.combination(mapPowers(terms, (powers) => powers.slice(half)));
    const upper = this.#act(this.#square(Math.log2(half)), defined(high), this.#side);
    return low === undefined ? upper : this.#builder.apply({ kind: 'add' }, [low, upper]);
  }

  #sum(terms: Combination): NodeId | undefined {
    return [...terms]
      .filter(([, [number]]) => number && !exact.isZero(number))
      .map(([base, powers]) => timesNumber(this.#builder, at(powers, 0), base))
      .reduce<NodeId | undefined>(
        (sum, node) =>
          sum === undefined ? node : this.#builder.apply({ kind: 'add' }, [sum, node]),
        undefined,
      );
  }

  #square(k: number): NodeId {
    while (this.#squares.length <= k) {
      const root = at(this.#squares, this.#squares.length - 1);
      this.#squares.push(this.#act(root, root, 'rows'));
    }
    return at(this.#squares, k);
  }

  #act(matrix: NodeId, value: NodeId, side: Side): NodeId {
    const rank = this.#builder.node(value).shape.length;
    const others = Array.from({ length: rank - 1 }, (_, i) => i + 1);
    const own = side === 'rows' ? [0, rank] : [rank, 0];
    const kept = [0, ...others];
    const a = { node: matrix, labels: own };
    const b = { node: value, labels: [rank, ...others] };
    return multiplyLabeled(this.#builder, a, b, kept).node;
  }

  /** Returns R = (center − M)/unit. */
  #variable(matrix: NodeId, { center, unit }: NonNullable<MatrixVariable>): NodeId {
    const by = defined(exact.invert(unit));
    const scaled = timesNumber(this.#builder, exact.negate(by), matrix);
    const number = this.#identity(exact.multiply(center, by));
    return this.#builder.apply({ kind: 'add' }, [scaled, number]);
  }

  #identity(number: exact.Exact): NodeId {
    return this.#builder.constant(identityMatrix(this.#size, number));
  }
}

/** Returns the largest degree of some polynomials; -1 if all are 0. */
function degreeIn(all: readonly Powers[]): number {
  return all.reduce(
    (most, powers) =>
      Math.max(
        most,
        powers.findLastIndex((x) => !exact.isZero(x)),
      ),
    -1,
  );
}
