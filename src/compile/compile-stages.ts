import { buildCircuit } from '../build/build-circuit.ts';
import { cutPoints, cutProgram, type ProgramPart } from '../build/cut-program.ts';
import type { CheckedProgram } from '../check/check-program.ts';
import type { Boundary } from '../check/walk.ts';
import { evaluateCircuit, FLOATS } from '../ir/evaluate-circuit.ts';
import { at, defined, last, lookUp } from '../lookup.ts';
import type { Plan } from '../plan/plan.ts';
import { randomNumbers } from '../schemes/ckks/samples.ts';
import { DEFAULT_SECURITY, offeredRings } from '../schemes/security.ts';
import { sizeOf, type Tensor } from '../tensor/tensor.ts';
import { WorkMeter } from '../work-meter.ts';
import { DEFAULT_BUDGET, withinBudget } from './budget.ts';
import { type Compilation, type CompileOptions, compileCircuit } from './compile.ts';
import { DEFAULT_RANGE, type InputRanges, type TypicalValues } from './form.ts';

/** Consecutive statements and iterations of a program, compiled to one plan. */
export interface Stage {
  readonly compilation: Compilation;
  /** The cut at its end; undefined at the end of the program. */
  readonly until: Boundary | undefined;
  /** Number of statements; each iteration of a loop at the top level counts as one. */
  readonly steps: number;
  /** Outputs that later stages take as inputs. */
  readonly carried: ReadonlySet<string>;
}

/** A program in stages. */
export interface StagedCompilation {
  readonly checked: CheckedProgram;
  /** The stages in order. If incomplete, the last one has no parameters. */
  readonly stages: readonly Stage[];
  /** False if no parameters fit even a single statement. */
  readonly isComplete: boolean;
}

/** Factor between the largest carried value of a sample and the range assumed for it. */
const CARRIED_SAFETY = 16;
/** Limit on the growth of a stage between two trials: far too long ones take long to compile. */
const MOST_LONGER = 2;
/** Operations that a trial examines for each statement of the program, whatever the stage's length. */
const CUT_WORK = 16;
/** The smallest magnitude assumed for carried values. */
const LEAST_CARRIED = 2 ** -10;

/**
 * Compiles a program in as few stages as possible. Between two stages the client decrypts the
 * carried values, encrypts them again and uploads them.
 *
 * Each stage is the longest that parameters fit. That gives the fewest stages, because a part of a
 * stage takes no more levels than the whole. The length is extrapolated from the modulus bits of
 * shorter trials, which grow about linearly in a loop. Stages after the second are assumed to be
 * similar: if the length of the previous stage fits, longer ones are not tried.
 *
 * The ranges of carried values are estimated from one sample of the inputs.
 *
 * @param watch called for every trial with its first statement, its length and the program's length
 * @param sample values of inputs, row-major by name; missing ones are sampled at random
 */
export function compileStages(
  checked: CheckedProgram,
  options: CompileOptions,
  watch: (from: number, steps: number, all: number) => void = () => {},
  sample: TypicalValues = new Map(),
): StagedCompilation {
  return new Staging(checked, options, watch, sample).run();
}

/** Returns how many statements fit the first stage without optimization; 0 if none does. */
export function longestUnoptimizedStage(checked: CheckedProgram, options: CompileOptions): number {
  return new Staging(checked, { ...options, optimizationLevel: 0 }, () => {}, new Map()).longest(
    0,
    undefined,
  );
}

/** The longest length of a stage that is known to fit, and the shortest that is known not to. */
interface Bounds {
  readonly fits: number;
  readonly exceeds: number;
}

class Staging {
  readonly #checked: CheckedProgram;
  readonly #options: CompileOptions;
  readonly #watch: (from: number, steps: number, all: number) => void;
  /** The points at which stages may end, without the end of the program. */
  readonly #points: readonly Boundary[];
  readonly #cuts: number[] = [];
  readonly #stages: Stage[] = [];
  /** The sample: values of inputs and carried values, by name. */
  readonly #sample = new Map<string, Tensor<number>>();
  /** Counts the operations of all trials outside of their own compilation. */
  readonly #work: WorkMeter;
  /** The trials for the next stage, by length. */
  readonly #tried = new Map<number, Stage>();

  constructor(
    checked: CheckedProgram,
    options: CompileOptions,
    watch: (from: number, steps: number, all: number) => void,
    sample: TypicalValues,
  ) {
    for (const { name, shape } of checked.inputs) {
      const data = sample.get(name);
      if (data) this.#sample.set(name, { shape, data });
    }
    this.#checked = checked;
    this.#options = options;
    this.#watch = watch;
    this.#points = cutPoints(checked);
    this.#work = new WorkMeter(options.budget ?? DEFAULT_BUDGET);
  }

  run(): StagedCompilation {
    return withinBudget(this.#checked.source, this.#work, () => this.#staged());
  }

  #staged(): StagedCompilation {
    let before: number | undefined;
    for (let from = 0; from <= this.#points.length; ) {
      this.#tried.clear();
      const steps = this.longest(from, before);
      const stage = lookUp(this.#tried, Math.max(1, steps));
      this.#stages.push(stage);
      if (steps === 0) return { checked: this.#checked, stages: this.#stages, isComplete: false };
      from += steps;
      before = steps;
      this.#cuts.push(from - 1);
      this.#carry(stage);
    }
    return { checked: this.#checked, stages: this.#stages, isComplete: true };
  }

  /** Returns the length of the longest stage that starts at a statement; 0 if none fits. */
  longest(from: number, before: number | undefined): number {
    const most = this.#points.length + 1 - from;
    let bounds: Bounds = { fits: 0, exceeds: most + 1 };
    let next = Math.min(before ?? 1, most);
    while (bounds.fits + 1 < bounds.exceeds) {
      const plan = this.#try(from, next).compilation.optimized.plan;
      bounds = plan ? { ...bounds, fits: next } : { ...bounds, exceeds: next };
      if (plan && next === before && this.#stages.length > 1) return next;
      next = this.#next(bounds);
    }
    return bounds.fits;
  }

  /** Returns the next length to try between both bounds. */
  #next({ fits, exceeds }: Bounds): number {
    const expected = Math.min(this.#expected(fits) ?? 2 * fits, MOST_LONGER * fits);
    if (expected < exceeds) return Math.max(fits + 1, expected);
    const isKnown = this.#tried.has(exceeds);
    return isKnown ? Math.floor((fits + exceeds) / 2) : exceeds - 1;
  }

  /** Extrapolates the longest length that fits from the modulus bits of two trials. */
  #expected(fits: number): number | undefined {
    const shorter = [...this.#tried.keys()].filter((steps) => steps < fits).sort((a, b) => b - a);
    const [bits, fewer] = [this.#bitsOf(fits), this.#bitsOf(shorter[0] ?? 0)];
    if (bits === undefined || fewer === undefined || bits <= fewer) return undefined;
    const { security = DEFAULT_SECURITY } = this.#options;
    const most = last(offeredRings(security)).maxBits;
    const bitsOfStep = (bits - fewer) / (fits - at(shorter, 0));
    return fits + Math.floor((most - bits) / bitsOfStep);
  }

  #bitsOf(steps: number): number | undefined {
    const plan: Plan | undefined = this.#tried.get(steps)?.compilation.optimized.plan;
    return plan?.params.coeffModulusBits.reduce((sum, bits) => sum + bits, 0);
  }

  #try(from: number, steps: number): Stage {
    this.#watch(from, steps, this.#points.length + 1);
    const end = from + steps - 1;
    const until = this.#points[end];
    const cuts = until ? [...this.#cuts, end] : this.#cuts;
    const part = (block?: number): ProgramPart =>
      cuts.length === 0
        ? { circuit: buildCircuit(this.#checked, block), carried: new Set() }
        : at(cutProgram(this.#checked, cuts, block), this.#cuts.length);
    const { circuit, carried } = part();
    // The cut builds and checks the whole program, however short the stage is.
    this.#work.spend('cutting into stages', CUT_WORK * (this.#points.length + 1));
    const checked = { ...this.#checked, inputs: circuit.inputs };
    const build = (block?: number) => (block === undefined ? circuit : part(block).circuit);
    const compilation = compileCircuit(checked, build, { ...this.#options, ...this.#known() });
    const stage = { compilation, until, steps, carried };
    this.#tried.set(steps, stage);
    return stage;
  }

  /** Returns ranges and typical values of carried values. */
  #known(): { readonly ranges: InputRanges; readonly typical: TypicalValues } {
    const carried = [...this.#stages].flatMap((stage) => [...stage.carried]);
    const typical = carried.map((name) => [name, lookUp(this.#sample, name).data] as const);
    const ranges = typical.map(([name, data]) => {
      const largest = data.reduce((most, x) => Math.max(most, Math.abs(x)), LEAST_CARRIED);
      return [name, [-CARRIED_SAFETY * largest, CARRIED_SAFETY * largest] as const] as const;
    });
    return {
      ranges: new Map([...(this.#options.ranges ?? []), ...ranges]),
      typical: new Map(typical),
    };
  }

  /** Computes the sample's carried values at the end of a stage. */
  #carry({ compilation, carried }: Stage): void {
    const outputs = evaluateCircuit(compilation.source.circuit, FLOATS, (name) =>
      this.#sampleOf(name),
    );
    for (const name of carried) this.#sample.set(name, lookUp(outputs, name));
  }

  /** Returns the sample of an input: known values, or random ones in its range. */
  #sampleOf(name: string): Tensor<number> {
    const known = this.#sample.get(name);
    if (known) return known;
    const { shape, range } = defined(this.#checked.inputs.find((input) => input.name === name));
    const [low, high] = this.#options.ranges?.get(name) ?? range ?? DEFAULT_RANGE;
    const random = randomNumbers(this.#sample.size);
    const data = Array.from({ length: sizeOf(shape) }, () => low + (high - low) * random());
    const tensor = { shape, data };
    this.#sample.set(name, tensor);
    return tensor;
  }
}
