import type { Form } from '../compile/form.ts';
import {
  type Arrival,
  type Arrivals,
  arrivalsIn,
  isUploadFactor,
  MAX_FREE_FACTOR,
} from '../ir/arrival.ts';
import { degreeInPairs, depthOfDegree, nodeDegrees, type UploadRules } from '../ir/degree.ts';
import { type Node, type NodeId, nodeAt } from '../ir/graph.ts';
import { at, defined } from '../lookup.ts';
import type { PlanOp, SlotData } from '../plan/plan.ts';
import type { Source } from '../syntax/diagnostic.ts';
import { uniformValue } from '../tensor/constant.ts';
import { type CriticalPath, type PathStep, textOf } from './critical-path.ts';
import { showCount, showNumber } from './show-values.ts';

/** The kind of operation by which a step takes a level. */
export type StepKind = 'product' | 'square' | 'constant' | 'plain' | 'mask';

/** The reason why the value of a step is not available earlier. */
export interface StepReason {
  readonly kind: StepKind;
  /**
   * Degree of its value in the cipher inputs; undefined if unknown or if only a part of a power.
   */
  readonly degree: bigint | undefined;
  /** ⌈log2 degree⌉: no circuit has the value at a lower depth, or level. */
  readonly bound: number | undefined;
  /** Whether its level is at that bound; undefined without a bound. */
  readonly optimal: boolean | undefined;
  /** The reason in words, in one or more clauses. */
  readonly text: string;
}

/** Degrees of values in the cipher inputs, by node; undefined if unknown. */
export type Degrees = ReadonlyMap<NodeId, bigint | undefined>;

/** Limit on the values whose degrees are computed. Later steps of a longer path have no bound. */
const MOST_DEGREES = 4096;
/** Limit on the characters of an expression. */
const LONGEST_TEXT = 24;

/**
 * Computes degrees of the values on a path and of an output; on a long path, of some values only.
 */
export function degreesOn(
  { circuit, nodes }: Form,
  { steps }: CriticalPath,
  output: NodeId | undefined,
): Degrees {
  const ids = new Set(output === undefined ? [] : [output]);
  for (const { op } of [...steps.slice(0, MOST_DEGREES - 1), ...steps.slice(-1)]) {
    const id = nodes[op];
    if (id !== undefined) ids.add(id);
  }
  return nodeDegrees(circuit, [...ids]);
}

/** Gives reasons for the steps of one path, in terms of the source text and of provable degrees. */
export class PathReasons {
  readonly #form: Form;
  /** Each step takes one level: the step to level l has index l - 1. */
  readonly #steps: readonly PathStep[];
  readonly #source: Source;
  readonly #degrees: Degrees;
  readonly #arrivals: Arrivals;
  readonly #isSource: boolean;

  /** @param options.isSource whether it is a source form: no scaled uploads and no free integers */
  constructor(
    form: Form,
    { steps }: CriticalPath,
    source: Source,
    options: { readonly isSource: boolean; readonly degrees: Degrees },
  ) {
    this.#form = form;
    this.#steps = steps;
    this.#source = source;
    this.#degrees = options.degrees;
    this.#arrivals = arrivalsIn(form.circuit, form.rules);
    this.#isSource = options.isSource;
  }

  /** Returns the reason, as far as it is known, why a step of the path is not earlier. */
  reasonFor(step: PathStep): StepReason {
    const kind = this.#kindOf(step);
    const degree = kind === 'mask' || this.#isPartial(step) ? undefined : this.#degreeOf(step);
    const bound = degree === undefined ? undefined : depthOfDegree(degree, this.#form.rules);
    const optimal =
      kind === 'mask' ? false : bound === undefined ? undefined : step.after.level === bound;
    const clauses = [
      this.#describe(step, kind),
      ...limits(step.after, kind, degree, this.#form.rules),
    ];
    return { kind, degree, bound, optimal, text: clauses.join('; ') };
  }

  #nodeOf({ op }: PathStep): Node | undefined {
    const id = this.#form.nodes[op];
    return id === undefined ? undefined : this.#form.circuit.nodes[id];
  }

  /** Returns the operands of a product with a clear value; undefined for other steps. */
  #scaling(step: PathStep): { readonly clear: Node; readonly cipher: Node } | undefined {
    const { circuit } = this.#form;
    const node = this.#nodeOf(step);
    if (node?.kind !== 'mul') return undefined;
    const [a, b] = [nodeAt(circuit, node.args[0]), nodeAt(circuit, node.args[1])];
    if (a.secrecy !== 'cipher') return { clear: a, cipher: b };
    return b.secrecy !== 'cipher' ? { clear: b, cipher: a } : undefined;
  }

  #degreeOf({ op }: PathStep): bigint | undefined {
    const id = this.#form.nodes[op];
    return id === undefined ? undefined : this.#degrees.get(id);
  }

  /** Whether the step is inside a power: its value is no node of the circuit. */
  #isPartial(step: PathStep): boolean {
    const next = this.#steps[step.after.level];
    const node = this.#nodeOf(step);
    return node?.kind === 'pow' && next !== undefined && this.#nodeOf(next) === node;
  }

  #kindOf(step: PathStep): StepKind {
    const ops: readonly PlanOp[] = this.#form.sketch.ops;
    const op = at(ops, step.op);
    if (op.op === 'mul') return op.args[0] === op.args[1] ? 'square' : 'product';
    const clear = this.#scaling(step)?.clear;
    const factor = op.op === 'mulPlain' ? this.#form.sketch.ops[op.args[1]] : undefined;
    if (!clear || (factor?.op === 'const' && isMask(factor.data) && !isOwnFactor(clear))) {
      return 'mask';
    }
    return clear.secrecy === 'const' ? 'constant' : 'plain';
  }

  #describe(step: PathStep, kind: StepKind): string {
    switch (kind) {
      case 'mask':
        return 'a mask: the packing clears slots here, which takes a level';
      case 'plain':
        return 'multiplies by a value that is known only at run time, which takes a level';
      case 'constant':
        return this.#describeConstant(step);
      case 'square':
        return isAtStart(step.operands[0])
          ? 'squares a value that is available from the start'
          : `squares a value that arrives late (${showArrivals(step.operands.slice(0, 1), step)})`;
      case 'product':
        return this.#describeProduct(step);
    }
  }

  #describeProduct(step: PathStep): string {
    const { operands, after } = step;
    const [a, b] = [at(operands, 0), at(operands, 1)];
    if (isAtStart(a) && isAtStart(b))
      return 'multiplies two values that are available from the start';
    if (a.level === b.level) {
      return `multiplies two values that both arrive late (${showArrivals([a, b], step)})`;
    }
    const [early, late] = a.level < b.level ? [a, b] : [b, a];
    const other = isAtStart(early)
      ? 'the other factor is available from the start'
      : `the other factor arrives earlier (${showArrivals([early], step)})`;
    return `waits for ${this.#previous(after)} (${showArrivals([late], step)}); ${other}`;
  }

  /** Returns the source text of the previous step, and its iteration. */
  #previous({ level }: Arrival): string {
    const origin = this.#steps[level - 2]?.origin;
    if (!origin) return 'the previous step';
    const { iterations } = origin;
    const where = iterations.length > 0 ? ` of iteration ${iterations.join(', ')}` : '';
    return `\`${textOf(origin, this.#source, LONGEST_TEXT)}\`${where}`;
  }

  #describeConstant(step: PathStep): string {
    const { clear, cipher } = defined(this.#scaling(step));
    const uniform = clear.kind === 'const' ? uniformValue(clear.op.tensor) : undefined;
    const factor = uniform ? `the constant ${showNumber(uniform.value, 6)}` : 'constants';
    const taken = `multiplies by ${factor}, which takes a level`;
    if (this.#isSource) return `${taken}: the source form has no scaled uploads`;
    if (!this.#arrivals.isUpload(cipher.id)) {
      const why = 'the other factor is computed, so the client cannot upload the product';
      return isLargeInteger(uniform?.value)
        ? `${taken}: an integer above ${MAX_FREE_FACTOR} is not free, and ${why}`
        : `${taken}: ${why}`;
    }
    return clear.kind === 'const' && !isUploadFactor(clear.op.tensor)
      ? `${taken}: the factor is too small or too large for a scaled upload`
      : `${taken}: this packing has no scaled upload of the input`;
  }
}

/** Returns what the degree of a step's value proves about its level. */
function limits(
  { depth, level }: Arrival,
  kind: StepKind,
  degree: bigint | undefined,
  rules: UploadRules,
): readonly string[] {
  if (degree === undefined || (kind !== 'product' && kind !== 'square')) return [];
  const bound = depthOfDegree(degree, rules);
  const inPairs = rules.precompute ? `, ${showDegree(degreeInPairs(degree))} in the uploads,` : '';
  const needs = `degree ${showDegree(degree)}${inPairs} needs depth ${bound}`;
  if (level === bound) return [`${needs}: no circuit is shallower`];
  if (depth > bound) return [`${needs}, but the depth here is ${depth}`];
  const more = showCount(level - depth, 'more level');
  return [`${needs}, which is met; it takes ${more} for steps that multiply no two ciphertexts`];
}

/** Returns a degree as text: a large one as a power of two, which is easier to read. */
export function showDegree(degree: bigint): string {
  if (degree < 1_000_000n) return `${degree}`;
  const bits = degree.toString(2).length - 1;
  return degree === 1n << BigInt(bits) ? `2^${bits}` : `above 2^${bits}`;
}

/** Returns `depth 3 and 3`, or levels instead if the level of a factor is above its depth. */
function showArrivals(arrivals: readonly Arrival[], { operands }: PathStep): string {
  const byDepth = operands.every(({ depth, level }) => depth === level);
  const counts = arrivals.map(({ depth, level }) => (byDepth ? depth : level));
  return `${byDepth ? 'depth' : 'level'} ${counts.join(' and ')}`;
}

function isAtStart(arrival: Arrival | undefined): boolean {
  return arrival !== undefined && arrival.level <= 0;
}

function isLargeInteger(value = 0): boolean {
  return Number.isInteger(value) && Math.abs(value) > MAX_FREE_FACTOR;
}

/** Whether data are zeros and ones, as in masks of the packing. */
function isMask(data: SlotData): boolean {
  return typeof data !== 'number' && data.every((x) => x === 0 || x === 1);
}

/** Whether a constant in the source text looks like a mask itself. */
function isOwnFactor({ op }: Node): boolean {
  return op.kind === 'const' && isMask(op.tensor.data.map(({ value }) => value));
}
