import type { CheckedProgram } from '../check/check-program.ts';
import type { CostModel } from '../cost/cost-model.ts';
import { predictTime } from '../cost/predict-time.ts';
import type { Circuit } from '../ir/graph.ts';
import { planMemory } from '../memory/memory-budget.ts';
import type { PassRecord } from '../passes/run-passes.ts';
import { uploadBytes } from '../plan/ciphertext-bytes.ts';
import type { Plan } from '../plan/plan.ts';
import type { ParamsRequest } from '../schemes/ckks/choose-params.ts';
import { type Choice, completePlan } from './complete-plan.ts';
import { type Form, type FormKind, type FormWishes, makeForms } from './form.ts';
import { roughTime } from './rough-time.ts';

/** What of several circuits for the same polynomials is wanted. */
export interface Aim {
  /** `time`: the shortest predicted evaluation; `depth`: the fewest levels. */
  readonly objective: 'time' | 'depth';
  /** Most ciphertext multiplications of one depth. */
  readonly maxWidth?: number;
  /** Most operations on ciphertexts. */
  readonly maxOps?: number;
}

/** How forms are sized and timed. */
export interface Sizing extends FormWishes {
  readonly request: ParamsRequest;
  readonly cost: CostModel;
  /** Workers that the time is predicted for. */
  readonly jobs: number;
}

/**
 * A form with the parameters that fit it and the figures that it is chosen by. They are computed when they are
 * first asked for: most forms on the way to the one that is chosen are not looked at so closely.
 */
export class Candidate implements Form {
  readonly circuit: Circuit;
  readonly sketch: Form['sketch'];
  readonly origins: Form['origins'];
  readonly nodes: Form['nodes'];
  readonly measures: Form['measures'];
  readonly packing: Form['packing'];
  readonly rules: Form['rules'];
  /** The passes that led to it. */
  readonly records: readonly PassRecord[];
  readonly #sizing: Sizing;
  #choice: Choice | undefined;
  #ms: number | undefined;

  constructor(form: Form, records: readonly PassRecord[], sizing: Sizing) {
    this.circuit = form.circuit;
    this.sketch = form.sketch;
    this.origins = form.origins;
    this.nodes = form.nodes;
    this.measures = form.measures;
    this.packing = form.packing;
    this.rules = form.rules;
    this.records = records;
    this.#sizing = sizing;
  }

  /** The parameters, or why there are none. */
  get choice(): Choice {
    this.#choice ??= completePlan(this.sketch, this.#sizing.request);
    return this.#choice;
  }

  /** The plan, where parameters fit. */
  get plan(): Plan | undefined {
    return 'plan' in this.choice ? this.choice.plan : undefined;
  }

  /** Predicted ms of the evaluation; undefined where no parameters fit, and for integers. */
  get ms(): number | undefined {
    if (this.plan?.scheme !== 'ckks') return undefined;
    this.#ms ??= predictTime(this.plan, this.#sizing.cost, this.#sizing.jobs);
    return this.#ms;
  }

  /** Estimated time in no unit, without parameters. */
  get roughTime(): number {
    return roughTime(this.sketch, this.measures.levels ?? 0, this.#sizing.request.precisionBits);
  }

  /** Bytes that the evaluation is predicted to take; undefined where no parameters fit. */
  get memory(): number | undefined {
    return this.plan && planMemory(this.plan, this.#sizing.jobs).prediction.total;
  }

  /** Bytes of the ciphertexts that the client sends; undefined where no parameters fit. */
  get uploadBytes(): number | undefined {
    return this.plan && uploadBytes(this.plan);
  }
}

/**
 * Lays a circuit out; see {@link makeForms}.
 *
 * @throws CircuitError for what cannot be packed
 */
export function makeCandidates(
  checked: CheckedProgram,
  circuit: Circuit,
  kind: FormKind,
  records: readonly PassRecord[],
  sizing: Sizing,
): readonly Candidate[] {
  return makeForms(checked, circuit, kind, sizing).map(
    (form) => new Candidate(form, records, sizing),
  );
}

/**
 * Predictions that differ by less are told apart by depth, and those that differ by less still by the number of
 * multiplications: they are not more exact than that.
 */
const DEPTH_TOLERANCE = 0.25;
const WORK_TOLERANCE = 0.05;

/** Whether a candidate serves the aim better than another one. */
export function isBetter(a: Candidate, b: Candidate, aim: Aim): boolean {
  const excess = excessOf(a, aim) - excessOf(b, aim);
  if (excess !== 0) return excess < 0;
  if ((a.plan === undefined) !== (b.plan === undefined)) return b.plan === undefined;
  const levels = compareLevels(a, b);
  const byLevels = aim.objective === 'depth' || a.ms === undefined;
  return (byLevels ? levels || compareTimes(a, b) : compareTimes(a, b) || levels) < 0;
}

/** The same by what is known without parameters, for circuits whose parameters take long to choose. */
export function isRoughlyBetter(a: Candidate, b: Candidate, aim: Aim): boolean {
  const excess = excessOf(a, aim) - excessOf(b, aim);
  if (excess !== 0) return excess < 0;
  const levels = compareLevels(a, b);
  const time = a.roughTime - b.roughTime;
  return (aim.objective === 'depth' ? levels || time : time || levels) < 0;
}

/** By predicted time, where that is clear, else by depth and work. */
function compareTimes(a: Candidate, b: Candidate): number {
  const [x, y] = [a.ms ?? 0, b.ms ?? 0];
  const difference = Math.abs(x - y) / Math.max(x, y, Number.MIN_VALUE);
  const depth = a.measures.depth - b.measures.depth;
  const work = a.measures.ops.mul - b.measures.ops.mul;
  if (difference <= DEPTH_TOLERANCE && depth !== 0) return depth;
  if (difference <= WORK_TOLERANCE && work !== 0) return work;
  return x - y;
}

/** Whether a candidate has more depth or more levels than another. */
export function isDeeper(a: Candidate, b: Candidate): boolean {
  const [x, y] = [a.measures, b.measures];
  return x.depth > y.depth || (x.levels ?? 0) > (y.levels ?? 0);
}

/** Whether a candidate keeps to the limits on width and operations. */
export function isWithin(candidate: Candidate, aim: Aim): boolean {
  return excessOf(candidate, aim) === 0;
}

function compareLevels(a: Candidate, b: Candidate): number {
  const [x, y] = [a.measures, b.measures];
  return (x.levels ?? 0) - (y.levels ?? 0) || x.depth - y.depth;
}

/** By what factors a candidate exceeds its limits, added up; 0 for none. */
function excessOf({ measures }: Candidate, { maxWidth, maxOps }: Aim): number {
  const over = (value: number, most = value) => Math.max(0, value - most) / Math.max(1, most);
  return over(measures.width, maxWidth) + over(operationsOf(measures.ops), maxOps);
}

/** All operations on ciphertexts of a plan. */
export function operationsOf(ops: Form['measures']['ops']): number {
  return Object.values(ops).reduce((sum: number, count: number) => sum + count, 0);
}
