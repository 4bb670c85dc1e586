import type { CheckedProgram } from '../check/check-program.ts';
import type { CostModel } from '../cost/cost-model.ts';
import { predictTime } from '../cost/predict-time.ts';
import type { Circuit } from '../ir/graph.ts';
import { planMemory } from '../memory/memory-budget.ts';
import { isLongToPack } from '../packing/packings.ts';
import type { PassRecord } from '../passes/run-passes.ts';
import { uploadBytes } from '../plan/ciphertext-bytes.ts';
import type { Plan } from '../plan/plan.ts';
import {
  isHopeless,
  isPrecisionCostly,
  type ParamsRequest,
} from '../schemes/ckks/choose-params.ts';
import { sampledSlots } from '../schemes/ckks/samples.ts';
import type { WorkMeter } from '../work-meter.ts';
import { type Choice, completePlan } from './complete-plan.ts';
import type { PackingFigures } from './fewer-layouts.ts';
import { type Form, type FormKind, type FormOptions, makeForms } from './form.ts';
import { roughTime } from './rough-time.ts';

/** The criteria for choosing among circuits for the same polynomials. */
export interface Aim {
  /** `time`: the fastest predicted evaluation; `depth`: the fewest levels. */
  readonly objective: 'time' | 'depth';
  /** Limit on ciphertext multiplications of the same depth. */
  readonly maxWidth?: number;
  /** Limit on operations on ciphertexts. */
  readonly maxOps?: number;
}

/** The options for choosing parameters of forms and predicting their times. */
export interface Sizing extends FormOptions {
  readonly request: ParamsRequest;
  readonly cost: CostModel;
  /** Number of workers to predict the time for. */
  readonly jobs: number;
  readonly work: WorkMeter;
}

/**
 * A form with its parameters and the figures by which it is compared. They are computed on first
 * use, because most forms of a search are rejected earlier.
 */
export class Candidate implements Form {
  readonly circuit: Circuit;
  readonly sketch: Form['sketch'];
  readonly origins: Form['origins'];
  readonly nodes: Form['nodes'];
  readonly measures: Form['measures'];
  readonly packing: Form['packing'];
  readonly layouts: Form['layouts'];
  readonly rules: Form['rules'];
  /** The passes that produced it. */
  readonly records: readonly PassRecord[];
  readonly #sizing: Sizing;
  #choice: Choice | undefined;
  #isPaid = false;
  #ms: number | undefined;

  constructor(form: Form, records: readonly PassRecord[], sizing: Sizing) {
    this.circuit = form.circuit;
    this.sketch = form.sketch;
    this.origins = form.origins;
    this.nodes = form.nodes;
    this.measures = form.measures;
    this.packing = form.packing;
    this.layouts = form.layouts;
    this.rules = form.rules;
    this.records = records;
    this.#sizing = sizing;
  }

  /** The plan with parameters, or the reason why none fit. */
  get choice(): Choice {
    this.#choice ??= this.#choose();
    return this.#choice;
  }

  /**
   * Spends the work of choosing parameters, if the limit allows it, before other work uses up the
   * limit.
   */
  reserveChoice(): void {
    const { work } = this.#sizing;
    const operations = this.#analysisWork();
    if (this.#isPaid || !work.affords(operations)) return;
    work.spend('parameters', operations);
    this.#isPaid = true;
  }

  #choose(): Choice {
    this.reserveChoice();
    if (this.#isPaid) return completePlan(this.sketch, this.#sizing.request);
    const operations = this.#analysisWork();
    const reason = `choosing them examines ${operations} operations, more than --budget leaves`;
    return { refused: { reason, missing: 'work' } };
  }

  /** Returns the work of choosing parameters: analyses sample the slots of every operation. */
  #analysisWork(): number {
    const { sketch, measures } = this;
    const { ops } = sketch;
    if (sketch.scheme !== 'ckks') return ops.length;
    if (isHopeless(sketch, measures.levels ?? 0, this.#sizing.request)) return 0;
    const uploads = ops.reduce((count, { op }) => count + (op === 'upload' ? 1 : 0), 0);
    const sampled = (ops.length + UPLOAD_WEIGHT * uploads) * sampledSlots(sketch);
    return ops.length + Math.floor(sampled / SLOTS_PER_OPERATION);
  }

  /**
   * Whether choosing parameters takes so long that the search compares estimates instead. It may
   * for circuits that take long to pack, which have many forms.
   */
  get isLongToChoose(): boolean {
    return isLongToPack(this.circuit) && this.#analysisWork() > MOST_FOR_CHOICE;
  }

  /** The plan; undefined if no parameters fit. */
  get plan(): Plan | undefined {
    return 'plan' in this.choice ? this.choice.plan : undefined;
  }

  /**
   * Whether the work of choosing parameters exceeds the limit, so that it is unknown whether any
   * fit.
   */
  get isUndecided(): boolean {
    return 'refused' in this.choice && this.choice.refused.missing === 'work';
  }

  /**
   * Predicted evaluation time on one worker in ms, by which candidates are compared, so that the
   * choice does not depend on the number of workers; undefined if no parameters fit, and for
   * integers.
   */
  get ms(): number | undefined {
    if (this.plan?.scheme !== 'ckks') return undefined;
    this.#ms ??= predictTime(this.plan, this.#sizing.cost, 1);
    return this.#ms;
  }

  /** The same on the workers of the request. */
  get predictedMs(): number | undefined {
    const { cost, jobs } = this.#sizing;
    if (this.plan?.scheme !== 'ckks' || jobs === 1) return this.ms;
    return predictTime(this.plan, cost, jobs);
  }

  /** Whether a form with larger values, which are more precise, may be faster. */
  get mayBeEnlarged(): boolean {
    const { sketch, plan } = this;
    if (sketch.scheme !== 'ckks') return false;
    return plan?.scheme !== 'ckks' || isPrecisionCostly(plan, this.#sizing.request);
  }

  /** Estimated time without parameters, in arbitrary units. */
  get roughTime(): number {
    return roughTime(this.sketch, this.measures.levels ?? 0, this.#sizing.request.precisionBits);
  }

  /** Predicted memory of the evaluation in bytes; undefined if no parameters fit. */
  get memory(): number | undefined {
    return this.plan && planMemory(this.plan, this.#sizing.jobs).prediction.total;
  }

  /** Bytes of the ciphertexts that the client sends; undefined if no parameters fit. */
  get uploadBytes(): number | undefined {
    return this.plan && uploadBytes(this.plan);
  }
}

/** Limit on the work of choosing parameters for each circuit that a search compares. */
const MOST_FOR_CHOICE = 50_000;
/** How many sampled slots take as long as examining one operation: about a microsecond. */
const SLOTS_PER_OPERATION = 128;
/** How many other operations a sampled upload, which is laid out, takes as long as. */
const UPLOAD_WEIGHT = 8;

/**
 * Packs a circuit; see {@link makeForms}.
 *
 * @throws CircuitError if the circuit cannot be packed
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
 * Relative difference of predicted times up to which the smaller depth decides, because predictions
 * are not exact.
 */
const DEPTH_TOLERANCE = 0.25;
/**
 * Relative difference of predicted times up to which fewer multiplications decide, unless they take
 * more levels.
 */
const WORK_TOLERANCE = 0.05;

/** Whether candidate `a` is better than `b` for an aim. */
export function isBetter(a: Candidate, b: Candidate, aim: Aim): boolean {
  const excess = excessOf(a, aim) - excessOf(b, aim);
  if (excess !== 0) return excess < 0;
  if ((a.plan === undefined) !== (b.plan === undefined)) return b.plan === undefined;
  const levels = compareLevels(a, b);
  const byLevels = aim.objective === 'depth' || a.ms === undefined;
  return (byLevels ? levels || compareTimes(a, b) : compareTimes(a, b) || levels) < 0;
}

/** The same without parameters, for circuits whose parameters take long to choose. */
export function isRoughlyBetter(a: Candidate, b: Candidate, aim: Aim): boolean {
  const excess = excessOf(a, aim) - excessOf(b, aim);
  if (excess !== 0) return excess < 0;
  const levels = compareLevels(a, b);
  const time = a.roughTime - b.roughTime;
  return (aim.objective === 'depth' ? levels || time : time || levels) < 0;
}

/** Returns the figures that the packings of another circuit are compared with. */
export function rivalOf({ measures, roughTime }: Candidate): PackingFigures {
  return { levels: measures.levels ?? 0, time: roughTime };
}

/** Compares predicted times; if they are close, compares depths or multiplications. */
function compareTimes(a: Candidate, b: Candidate): number {
  const [x, y] = [a.ms ?? 0, b.ms ?? 0];
  const difference = Math.abs(x - y) / Math.max(x, y, Number.MIN_VALUE);
  const depth = a.measures.depth - b.measures.depth;
  const work = a.measures.ops.mul - b.measures.ops.mul;
  if (difference <= DEPTH_TOLERANCE && depth !== 0) return depth;
  const trades = work * compareLevels(a, b) < 0;
  if (difference <= WORK_TOLERANCE && work !== 0 && !trades) return work;
  return x - y;
}

/** Whether `a` has more depth or more levels than `b`. */
export function isDeeper(a: Candidate, b: Candidate): boolean {
  const [x, y] = [a.measures, b.measures];
  return x.depth > y.depth || (x.levels ?? 0) > (y.levels ?? 0);
}

/**
 * Whether parameters fit a candidate and not the other one, for the objective `time`: it may then
 * be deeper than the other one.
 */
export function isRescue(candidate: Candidate, other: Candidate, { objective }: Aim): boolean {
  return objective === 'time' && other.plan === undefined && candidate.plan !== undefined;
}

/**
 * Whether parameters fit a candidate or, for the fewest levels, may fit it: the budget need not
 * suffice to choose them.
 */
export function mayFit({ plan, isUndecided }: Candidate, { objective }: Aim): boolean {
  return plan !== undefined || (objective === 'depth' && isUndecided);
}

/**
 * Whether a candidate keeps the promise that no result is worse than one with less optimization: it
 * has no more depth and levels and, for the objective `time`, no longer predicted time. If no
 * parameters fit the other one, a circuit that parameters fit may be deeper for this objective.
 */
export function isNoWorse(candidate: Candidate, below: Candidate, aim: Aim): boolean {
  const excess = excessOf(candidate, aim) - excessOf(below, aim);
  if (excess !== 0) return excess < 0;
  if (isRescue(candidate, below, aim)) return true;
  if (isDeeper(candidate, below)) return false;
  if (below.plan === undefined) return true;
  if (!mayFit(candidate, aim)) return false;
  return aim.objective === 'depth' || (candidate.ms ?? 0) <= (below.ms ?? 0);
}

/** Whether a candidate is within the limits on width and operations. */
export function isWithin(candidate: Candidate, aim: Aim): boolean {
  return excessOf(candidate, aim) === 0;
}

function compareLevels(a: Candidate, b: Candidate): number {
  const [x, y] = [a.measures, b.measures];
  return (x.levels ?? 0) - (y.levels ?? 0) || x.depth - y.depth;
}

/** Returns the sum of the relative excesses over all limits; 0 if none is exceeded. */
function excessOf({ measures }: Candidate, { maxWidth, maxOps }: Aim): number {
  const excess = (value: number, max = value) => Math.max(0, value - max) / Math.max(1, max);
  return excess(measures.width, maxWidth) + excess(operationsOf(measures.ops), maxOps);
}

/** Counts all operations on ciphertexts. */
export function operationsOf(ops: Form['measures']['ops']): number {
  return Object.values(ops).reduce((sum: number, count: number) => sum + count, 0);
}
