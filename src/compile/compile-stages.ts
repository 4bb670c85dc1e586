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
import { type Compilation, type CompileOptions, compileCircuit } from './compile.ts';
import { DEFAULT_RANGE, type InputRanges, type Typical } from './form.ts';

/** Consecutive steps of a program, compiled together. */
export interface Stage {
  readonly compilation: Compilation;
  /** Where it ends; undefined at the program's end. */
  readonly until: Boundary | undefined;
  /** Points passed, its end included: statements and iterations. */
  readonly steps: number;
  /** Outputs that later stages take in. */
  readonly carried: ReadonlySet<string>;
}

/** A program in stages; `isComplete` is false where not even the next step of it has parameters. */
export interface Staged {
  readonly checked: CheckedProgram;
  /** The last one has no parameters, if not complete. */
  readonly stages: readonly Stage[];
  readonly isComplete: boolean;
}

/** How many times what a sample carries into a stage values may be, there. */
const CARRIED_SAFETY = 16;
/** Times as long a stage is tried next, at most: what exceeds parameters by far takes long to compile. */
const MOST_LONGER = 2;
/** A range is not smaller than this, whatever samples carry. */
const LEAST_CARRIED = 2 ** -10;

/**
 * Compiles a program in as few stages as its parameters allow: between two of them the client decrypts what is
 * carried over, encrypts it anew and sends it back.
 *
 * Each stage is as long as there are parameters for it. That gives the fewest stages, since a part of a stage takes
 * no more levels than the whole. Its length is found from the bits of modulus that shorter ones take, which grow about
 * evenly in a loop. Stages after the second are taken to be like it: where as many steps fit, more are not tried.
 *
 * What is carried lies in a range around what one sample of the inputs gives there.
 *
 * @param watch told of every length that is tried: from which step on, and how many steps
 * @param sample values of inputs, row-major by name; of others a random one is made
 */
export function compileStages(
  checked: CheckedProgram,
  options: CompileOptions,
  watch: (from: number, steps: number, all: number) => void = () => {},
  sample: Typical = new Map(),
): Staged {
  return new Staging(checked, options, watch, sample).run();
}

/** Steps that fit the first stage where nothing is optimized; 0 if not even one does. */
export function stepsAsWritten(checked: CheckedProgram, options: CompileOptions): number {
  return new Staging(checked, { ...options, optimizationLevel: 0 }, () => {}, new Map()).longest(
    0,
    undefined,
  );
}

/** Lengths of a stage: the longest known to fit, and the shortest known not to. */
interface Bounds {
  readonly fits: number;
  readonly exceeds: number;
}

class Staging {
  readonly #checked: CheckedProgram;
  readonly #options: CompileOptions;
  readonly #watch: (from: number, steps: number, all: number) => void;
  /** Points at which stages may end; the program's end is one more. */
  readonly #points: readonly Boundary[];
  readonly #cuts: number[] = [];
  readonly #stages: Stage[] = [];
  /** The sample: values of inputs and of what is carried, by name. */
  readonly #sample = new Map<string, Tensor<number>>();
  /** Stages tried from where the last one ends, by length. */
  readonly #tried = new Map<number, Stage>();

  constructor(
    checked: CheckedProgram,
    options: CompileOptions,
    watch: (from: number, steps: number, all: number) => void,
    sample: Typical,
  ) {
    for (const { name, shape } of checked.inputs) {
      const data = sample.get(name);
      if (data) this.#sample.set(name, { shape, data });
    }
    this.#checked = checked;
    this.#options = options;
    this.#watch = watch;
    this.#points = cutPoints(checked);
  }

  run(): Staged {
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

  /** Steps of the longest stage from a place on; 0 if not even one fits. */
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

  /** The length to try between what fits and what does not. */
  #next({ fits, exceeds }: Bounds): number {
    const expected = Math.min(this.#expected(fits) ?? 2 * fits, MOST_LONGER * fits);
    if (expected < exceeds) return Math.max(fits + 1, expected);
    const isKnown = this.#tried.has(exceeds);
    return isKnown ? Math.floor((fits + exceeds) / 2) : exceeds - 1;
  }

  /** The longest length that should fit, if bits of modulus grow as from one tried length to the next. */
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
    const checked = { ...this.#checked, inputs: circuit.inputs };
    const build = (block?: number) => (block === undefined ? circuit : part(block).circuit);
    const compilation = compileCircuit(checked, build, { ...this.#options, ...this.#known() });
    const stage = { compilation, until, steps, carried };
    this.#tried.set(steps, stage);
    return stage;
  }

  /** Ranges and likely values of what is carried. */
  #known(): { readonly ranges: InputRanges; readonly typical: Typical } {
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

  /** What the sample carries out of a stage. */
  #carry({ compilation, carried }: Stage): void {
    const outputs = evaluateCircuit(compilation.source.circuit, FLOATS, (name) =>
      this.#sampleOf(name),
    );
    for (const name of carried) this.#sample.set(name, lookUp(outputs, name));
  }

  /** Numbers anywhere in an input's range, the same whenever they are asked for. */
  #sampleOf(name: string): Tensor<number> {
    const known = this.#sample.get(name);
    if (known) return known;
    const { shape, range } = defined(this.#checked.inputs.find((input) => input.name === name));
    const [low, high] = this.#options.ranges?.get(name) ?? range ?? DEFAULT_RANGE;
    const random = randomNumbers(this.#sample.size);
    const data = Array.from({ length: sizeOf(shape) }, () => low + (high - low) * random());
    const made = { shape, data };
    this.#sample.set(name, made);
    return made;
  }
}
