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

/** What a step does that takes a level. */
export type StepKind = 'product' | 'square' | 'constant' | 'plain' | 'mask';

/** Why a step of a critical path is where it is. */
export interface StepReason {
  readonly kind: StepKind;
  /** Degree of its value in the ciphertext inputs; undefined where it is not known or not the step's own. */
  readonly degree: bigint | undefined;
  /** ⌈log2 degree⌉: no circuit has the value at a lower depth, or level. */
  readonly bound: number | undefined;
  /** Whether its level is at that bound; undefined where there is none. */
  readonly optimal: boolean | undefined;
  /** In words, a clause or several. */
  readonly text: string;
}

/** Degrees of values in the ciphertext inputs, by node; undefined where one is not known. */
export type Degrees = ReadonlyMap<NodeId, bigint | undefined>;

/** Values whose degrees are computed; what comes behind them on a longer path is not judged. */
const MOST_DEGREES = 4096;
const LONGEST_TEXT = 24;

/** Degrees of the values on a path, of a very long one those of its beginning and its end, and of an output. */
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

/** Gives reasons for the steps of one path, in terms of the text and of what the graph proves. */
export class PathReasons {
  readonly #form: Form;
  /** Each takes one level: the step to level l is at l - 1. */
  readonly #steps: readonly PathStep[];
  readonly #source: Source;
  readonly #degrees: Degrees;
  readonly #arrivals: Arrivals;
  readonly #asWritten: boolean;

  /** @param options.asWritten whether the form uploads no input scaled and has no free integers */
  constructor(
    form: Form,
    { steps }: CriticalPath,
    source: Source,
    options: { readonly asWritten: boolean; readonly degrees: Degrees },
  ) {
    this.#form = form;
    this.#steps = steps;
    this.#source = source;
    this.#degrees = options.degrees;
    this.#arrivals = arrivalsIn(form.circuit, form.rules);
    this.#asWritten = options.asWritten;
  }

  /** Why one of the path's steps cannot be earlier, as far as is known. */
  failureReason(step: PathStep): StepReason {
    const kind = this.#kindOf(step);
    const degree = kind === 'mask' || this.#isPartial(step) ? undefined : this.#degreeOf(step);
    const bound = degree === undefined ? undefined : depthOfDegree(degree, this.#form.rules);
    const optimal =
      kind === 'mask' ? false : bound === undefined ? undefined : step.after.level === bound;
    const clauses = [this.#what(step, kind), ...limits(step.after, kind, degree, this.#form.rules)];
    return { kind, degree, bound, optimal, text: clauses.join('; ') };
  }

  #nodeOf({ op }: PathStep): Node | undefined {
    const id = this.#form.nodes[op];
    return id === undefined ? undefined : this.#form.circuit.nodes[id];
  }

  /** The operands of a product with a clear value; undefined for a step of any other kind. */
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

  /** Whether the step makes a power that is multiplied on: its value is no node of the circuit. */
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

  #what(step: PathStep, kind: StepKind): string {
    switch (kind) {
      case 'mask':
        return 'a mask: the packing clears slots here, which takes a level';
      case 'plain':
        return 'multiplies by a value that is known at run time only, which takes a level';
      case 'constant':
        return this.#whyConstant(step);
      case 'square':
        return isThere(step.operands[0])
          ? 'squares what is there from the start'
          : `squares a value that comes late (${showArrivals(step.operands.slice(0, 1), step)})`;
      case 'product':
        return this.#whyProduct(step);
    }
  }

  #whyProduct(step: PathStep): string {
    const { operands, after } = step;
    const [a, b] = [at(operands, 0), at(operands, 1)];
    if (isThere(a) && isThere(b)) return 'multiplies two values that are there from the start';
    if (a.level === b.level) {
      return `multiplies two values that both come late (${showArrivals([a, b], step)})`;
    }
    const [early, late] = a.level < b.level ? [a, b] : [b, a];
    const other = isThere(early)
      ? 'the other factor is there from the start'
      : `the other factor is there before (${showArrivals([early], step)})`;
    return `waits for ${this.#before(after)} (${showArrivals([late], step)}); ${other}`;
  }

  /** What the step before computes, for people. */
  #before({ level }: Arrival): string {
    const origin = this.#steps[level - 2]?.origin;
    if (!origin) return 'the step before';
    const { iterations } = origin;
    const where = iterations.length > 0 ? ` of iteration ${iterations.join(', ')}` : '';
    return `\`${textOf(origin, this.#source, LONGEST_TEXT)}\`${where}`;
  }

  #whyConstant(step: PathStep): string {
    const { clear, cipher } = defined(this.#scaling(step));
    const uniform = clear.kind === 'const' ? uniformValue(clear.op.tensor) : undefined;
    const factor = uniform ? `the constant ${showNumber(uniform.value, 6)}` : 'constants';
    const taken = `multiplies by ${factor}, which takes a level`;
    if (this.#asWritten) return `${taken}: as written, nothing is uploaded scaled`;
    if (!this.#arrivals.isUpload(cipher.id)) {
      const why = 'what it multiplies is computed, so the client cannot upload the product';
      return isLargeInteger(uniform?.value)
        ? `${taken}: an integer above ${MAX_FREE_FACTOR} is not free, and ${why}`
        : `${taken}: ${why}`;
    }
    return clear.kind === 'const' && !isUploadFactor(clear.op.tensor)
      ? `${taken}: an input is not uploaded scaled by so small or large a factor`
      : `${taken}: this packing does not upload the input scaled`;
  }
}

/** What the degree of a step's value says of its place. */
function limits(
  { depth, level }: Arrival,
  kind: StepKind,
  degree: bigint | undefined,
  rules: UploadRules,
): readonly string[] {
  if (degree === undefined || (kind !== 'product' && kind !== 'square')) return [];
  const bound = depthOfDegree(degree, rules);
  const inPairs = rules.precompute
    ? `, ${showDegree(degreeInPairs(degree))} in what is uploaded,`
    : '';
  const needs = `degree ${showDegree(degree)}${inPairs} needs depth ${bound}`;
  if (level === bound) return [`${needs}: nothing shallower exists`];
  if (depth > bound) return [`${needs} only, here it is ${depth}`];
  const more = showCount(level - depth, 'level');
  return [`${needs}, which it has; ${more} more is for what multiplies no ciphertexts`];
}

/** Large degrees as powers of two, which says more than their digits. */
export function showDegree(degree: bigint): string {
  if (degree < 1_000_000n) return `${degree}`;
  const bits = degree.toString(2).length - 1;
  return degree === 1n << BigInt(bits) ? `2^${bits}` : `above 2^${bits}`;
}

/** `depth 3 and 3`; levels, where some factor's are more than its depth. */
function showArrivals(arrivals: readonly Arrival[], { operands }: PathStep): string {
  const byDepth = operands.every(({ depth, level }) => depth === level);
  const counts = arrivals.map(({ depth, level }) => (byDepth ? depth : level));
  return `${byDepth ? 'depth' : 'level'} ${counts.join(' and ')}`;
}

function isThere(arrival: Arrival | undefined): boolean {
  return arrival !== undefined && arrival.level <= 0;
}

function isLargeInteger(value = 0): boolean {
  return Number.isInteger(value) && Math.abs(value) > MAX_FREE_FACTOR;
}

/** Zeros and ones, as the packing's masks are. */
function isMask(data: SlotData): boolean {
  return typeof data !== 'number' && data.every((x) => x === 0 || x === 1);
}

/** Whether a constant that the text multiplies by looks like a mask itself. */
function isOwnFactor({ op }: Node): boolean {
  return op.kind === 'const' && isMask(op.tensor.data.map(({ value }) => value));
}
