import { buildCircuit } from '../build/build-circuit.ts';
import { type CheckedProgram, check } from '../check/check-program.ts';
import { BUILT_IN_COST } from '../cost/built-in-cost.ts';
import type { CostModel } from '../cost/cost-model.ts';
import { depthBound } from '../ir/degree.ts';
import type { Circuit } from '../ir/graph.ts';
import { PromisedRanges } from '../ir/promised-ranges.ts';
import { Residues } from '../ir/residues-at-point.ts';
import { isSameCircuit } from '../ir/rewrite.ts';
import { Magnitudes } from '../ir/sampled-magnitudes.ts';
import { scalarWork } from '../ir/scalar-work.ts';
import { at } from '../lookup.ts';
import { isLongToPack } from '../packing/packings.ts';
import { compose } from '../passes/compose.ts';
import { fold } from '../passes/fold.ts';
import { merge } from '../passes/merge.ts';
import { narrow } from '../passes/narrow.ts';
import type { Pass } from '../passes/pass.ts';
import type { PassContext } from '../passes/pass-context.ts';
import {
  ADDED_PASSES,
  COLLECTING,
  DEFAULT_OPTIMIZATION_LEVEL,
  ENLARGING_PASSES,
  FACTORING_PASSES,
  FINAL_PASSES,
  type OptimizationLevel,
} from '../passes/pass-list.ts';
import { polynomials } from '../passes/polynomials.ts';
import { postpone } from '../passes/postpone.ts';
import { release } from '../passes/release.ts';
import { type PassRecord, type PassWatch, runPasses } from '../passes/run-passes.ts';
import { vectorize } from '../passes/vectorize.ts';
import type { ParamsRequest } from '../schemes/ckks/choose-params.ts';
import { SCHEMES } from '../schemes/schemes.ts';
import { DEFAULT_SECURITY, type SecurityRequest } from '../schemes/security.ts';
import type { Diagnostic, Source } from '../syntax/diagnostic.ts';
import type { Exact } from '../tensor/exact.ts';
import { compareCircuits } from '../verify/equivalence.ts';
import { WorkExceeded, WorkMeter } from '../work-meter.ts';
import { DEFAULT_BUDGET, withinBudget } from './budget.ts';
import {
  type Aim,
  type Candidate,
  isBetter,
  isDeeper,
  isNoWorse,
  isRoughlyBetter,
  makeCandidates,
  rivalOf,
  type Sizing,
} from './candidate.ts';
import { FixedLayouts, impossibleLayouts, type LayoutsByName } from './fixed-layouts.ts';
import type { FormKind, InputRanges, TypicalValues } from './form.ts';
import { BUDGET_USED_UP, endingsOf, type SearchResult, type Start, search } from './search.ts';

/**
 * What the client may upload: its inputs in several layouts, times constants (`encode`), or also
 * constant linear combinations of products of two input entries (`precompute`).
 */
export type ClientPower = 'encode' | 'precompute';

/** The options for compiling a program. */
export interface CompileOptions {
  /** {@link DEFAULT_OPTIMIZATION_LEVEL} by default. */
  readonly optimizationLevel?: OptimizationLevel;
  /** Passes to run instead of those of the optimization level. */
  readonly passes?: readonly Pass[];
  /** Limit on consecutive iterations that may be restructured together; all by default. */
  readonly unroll?: number;
  /** The basis of all polynomials; by default the better one for each. */
  readonly basis?: NonNullable<PassContext['basis']>;
  /**
   * Layouts of encrypted tensors, by the names of inputs, variables and outputs. Every circuit that
   * is compared has them, also at optimization level 0.
   */
  readonly layouts?: LayoutsByName;
  /** What the client may upload; `encode` by default. */
  readonly client?: ClientPower;
  /** The criteria for choosing a circuit; the fastest evaluation by default. */
  readonly aim?: Aim;
  /** Limit on the operations that the compilation examines; {@link DEFAULT_BUDGET} by default. */
  readonly budget?: number;
  /**
   * Whether the search also starts from blocks of iterations of any size, to find more circuits.
   */
  readonly explore?: boolean;
  /** Correct bits required in every output. */
  readonly precisionBits?: number;
  /** Security of the parameters; 128 bits by default. */
  readonly security?: SecurityRequest;
  /** The cost model; the built-in one by default. */
  readonly cost?: CostModel;
  /** Number of workers to predict the time for. */
  readonly jobs?: number;
  /** Values for params. */
  readonly defines?: ReadonlyMap<string, Exact>;
  /** Ranges of inputs, known from data; they override declared ones. */
  readonly ranges?: InputRanges;
  /** Typical values of inputs, row-major by name, if they fill only a small part of the range. */
  readonly typical?: TypicalValues;
  /** Whether to compare the circuit before and after each pass exactly. */
  readonly verify?: boolean;
  /** Whether to keep the circuits that led to the optimized form. */
  readonly keepCircuits?: boolean;
}

/** The circuit after a pass. */
export interface PassSnapshot {
  readonly pass: string;
  readonly circuit: Circuit;
}

/** A compiled program. */
export interface Compilation {
  readonly checked: CheckedProgram;
  /** The source form. */
  readonly source: Candidate;
  /** The optimized form. */
  readonly optimized: Candidate;
  /** All forms that were compared, the source form first; without it if layouts are fixed. */
  readonly candidates: readonly Candidate[];
  /** The passes that led to the optimized form. */
  readonly passes: readonly PassRecord[];
  /** The circuit after each of these passes, in order; empty without `keepCircuits`. */
  readonly snapshots: readonly PassSnapshot[];
  /** Why the search of -O3 ended, in words; undefined without a search. */
  readonly stopped: string | undefined;
  /** Number of operations that the compilation examined; the budget limits it. */
  readonly work: number;
  /** The criteria by which the optimized form was chosen. */
  readonly aim: Aim;
  /** The requested precision and security. */
  readonly request: ParamsRequest;
  /** The bound on the depth: no circuit for the same polynomials is shallower. */
  readonly bound: number;
  readonly warnings: readonly Diagnostic[];
}

/** The default precision, in bits. */
export const DEFAULT_PRECISION = 20;

/**
 * Compiles a source text: checks it, builds its circuit and runs the passes. Packs the source form
 * and the optimized form, and chooses levels and parameters for both. The same text and options
 * always give the same result.
 *
 * @throws CircuitError with all errors of the text
 * @throws Error if a pass is wrong, with its name
 */
export function compile(source: Source, options: CompileOptions): Compilation {
  return compileChecked(check(source, options.defines), options);
}

/**
 * Compiles a checked program.
 *
 * @throws Error if a pass is wrong, with its name
 */
export function compileChecked(checked: CheckedProgram, options: CompileOptions): Compilation {
  return compileCircuit(checked, (block) => buildCircuit(checked, block), options);
}

/**
 * Builds the circuit of the source form. If `block` is given, adds barriers after every `block`
 * iterations of the outermost loops.
 */
export type Build = (block?: number) => Circuit;

/**
 * Compiles the circuit of a checked program, or of a part of the program.
 *
 * @throws Error if a pass is wrong, with its name
 */
export function compileCircuit(
  checked: CheckedProgram,
  build: Build,
  options: CompileOptions,
): Compilation {
  return new Compiling(checked, build, options).run();
}

class Compiling {
  readonly #options: CompileOptions;
  readonly #checked: CheckedProgram;
  readonly #build: Build;
  readonly #aim: Aim;
  readonly #context: PassContext;
  readonly #watch: PassWatch;
  readonly #warnings = new Map<string, Diagnostic>();
  readonly #candidates: Candidate[] = [];
  readonly #source: Start;
  readonly #sizing: Sizing;

  constructor(checked: CheckedProgram, build: Build, options: CompileOptions) {
    this.#options = options;
    this.#checked = checked;
    this.#build = build;
    this.#aim = options.aim ?? { objective: 'time' };
    this.#source = this.#startOf();
    const { layouts } = options;
    const fixedLayouts =
      layouts && layouts.size > 0
        ? new FixedLayouts(checked, this.#source.circuit, layouts)
        : undefined;
    const work = new WorkMeter(options.budget ?? DEFAULT_BUDGET);
    this.#sizing = {
      ...(fixedLayouts ? { fixedLayouts } : {}),
      ranges: options.ranges ?? new Map(),
      typical: options.typical ?? new Map(),
      request: {
        precisionBits: options.precisionBits ?? DEFAULT_PRECISION,
        ...(options.security ?? DEFAULT_SECURITY),
      },
      cost: options.cost ?? BUILT_IN_COST,
      jobs: options.jobs ?? 1,
      precompute: options.client === 'precompute',
      ...(this.#isBroad() ? {} : { objective: this.#aim.objective }),
      promised: new PromisedRanges(this.#source.circuit, work),
      work,
    };
    this.#context = {
      // In BFV and BGV, multiplying by a constant takes no level that a scaled upload could save.
      scaledUploads: SCHEMES[this.#checked.scheme.name].rescales,
      precompute: this.#sizing.precompute,
      ...(options.basis === undefined ? {} : { basis: options.basis }),
      magnitudes: new Magnitudes(this.#sizing.work),
      residues: new Residues(this.#sizing.work),
      work: this.#sizing.work,
      warn: (warning) =>
        this.#warnings.set(`${warning.code}@${warning.span.start}`, {
          severity: 'warning',
          ...warning,
        }),
    };
    this.#watch = {
      afterEach: options.verify ? requireEqualityAfter : undefined,
      keepCircuits: options.keepCircuits,
    };
  }

  /** @throws ShoalError `too-large` if the budget does not suffice */
  run(): Compilation {
    return withinBudget(this.#checked.source, this.#sizing.work, () => this.#compiled());
  }

  #compiled(): Compilation {
    // Analyses evaluate circuits at sampled points.
    this.#sizing.work.spend('numbers of tensors', scalarWork(this.#source.circuit));
    const source = at(this.#candidatesOf(this.#source, 'source'), 0);
    const { best, stopped } = this.#optimized(this.#source, this.#baseline(source));
    // The source form has a packing of its own, not the layouts that the user chose.
    const candidates = this.#sizing.fixedLayouts
      ? this.#candidates.filter((candidate) => candidate !== source)
      : this.#candidates;
    return {
      checked: this.#checked,
      source,
      optimized: best,
      candidates,
      passes: best.records.map(({ circuit: _, ...record }) => record),
      snapshots: this.#options.keepCircuits ? snapshotsTo(best) : [],
      stopped,
      work: this.#sizing.work.spent,
      aim: this.#aim,
      request: this.#sizing.request,
      bound: depthBound(source.circuit, this.#sizing),
      warnings: [...this.#warnings.values()],
    };
  }

  /**
   * Returns the form that optimization is compared with: the source form, or the same circuit in
   * the layouts that the user chose.
   *
   * @throws CircuitError if it cannot be packed in them
   */
  #baseline(source: Candidate): Candidate {
    if (!this.#sizing.fixedLayouts) return source;
    return this.#bestOf(this.#required(this.#candidatesOf(this.#source, 'optimized')));
  }

  /** @throws CircuitError if there are no candidates: the layouts that the user chose allow none */
  #required(made: readonly Candidate[]): readonly Candidate[] {
    const { fixedLayouts } = this.#sizing;
    if (made.length > 0 || !fixedLayouts) return made;
    throw impossibleLayouts(this.#checked, fixedLayouts.choices);
  }

  #optimized(
    unoptimized: Start,
    source: Candidate,
  ): { readonly best: Candidate; readonly stopped: string | undefined } {
    const { passes, optimizationLevel: level = DEFAULT_OPTIMIZATION_LEVEL, unroll } = this.#options;
    const start = unroll === undefined ? unoptimized : this.#startOf(unroll);
    if (passes) {
      const made = this.#candidatesOf(this.#after(start, passes), 'optimized');
      return { best: this.#bestOf(this.#required(made)), stopped: undefined };
    }
    const { work } = this.#sizing;
    let best = source;
    let current = start;
    let unit = 0;
    for (const lower of ([1, 2] as const).filter((l) => l <= level)) {
      const before = work.spent;
      current = this.#after(current, ADDED_PASSES[lower]);
      if (lower < level && current.circuit.nodes.length > MOST_NODES_COMPARED) continue;
      const sizing = { ...this.#sizing, packsOnce: lower === 1 };
      const endings = [current, ...(lower === 2 ? this.#collected(start) : [])].flatMap((one) =>
        endingsOf(one, (from) => this.#finished(from)),
      );
      const made = this.#packedEndings(endings, sizing);
      unit += work.spent - before;
      best = this.#bestAbove(best, made);
      if (lower === 2) best = this.#withVariants(best, start, current);
    }
    if (level < 3) return { best, stopped: undefined };
    for (const candidate of [source, best]) candidate.reserveChoice();
    if (!work.affords(LEAST_SEARCH * unit)) return { best, stopped: BUDGET_USED_UP };
    const isSmall = current.circuit.nodes.length <= MOST_NODES_FOR_STARTS;
    const starts = isSmall ? this.#startsOf(start, current) : [current];
    return this.#searched(starts, best, source, this.#mostWork(unit));
  }

  /**
   * Returns the limit on the work of the search. For the fewest levels it is the budget alone:
   * choosing the parameters of a shallow circuit may take most of it.
   *
   * @param unit work of the passes and packings of the levels below
   */
  #mostWork(unit: number): number {
    if (this.#aim.objective === 'depth') return Number.POSITIVE_INFINITY;
    return Math.min(FREE_SEARCH + SEARCH_SHARE * unit, MOST_SEARCH);
  }

  /**
   * Runs the final passes. A large circuit whose factors are not postponed stays as it is: the
   * other passes would only reorder its operations, and packing those takes as long as all else.
   */
  #finished(start: Start): Start {
    const isLarge = start.circuit.nodes.length > MOST_NODES_COMPARED;
    if (isLarge && this.#after(start, [postpone]).circuit === start.circuit) return start;
    return this.#after(start, FINAL_PASSES);
  }

  /** Packs circuits; one that takes long is packed in all ways only if it may be the fastest. */
  #packedEndings(endings: readonly Start[], sizing = this.#sizing): readonly Candidate[] {
    const made: Candidate[] = [];
    for (const ending of endings) {
      const isLong = sizing.objective === 'time' && isLongToPack(ending.circuit);
      const best = isLong ? this.#bestRoughly(made) : undefined;
      const rival = best ? { rival: rivalOf(best) } : {};
      for (const one of this.#candidatesOf(ending, 'optimized', { ...sizing, ...rival }))
        made.push(one);
    }
    return made;
  }

  #bestRoughly([first, ...others]: readonly Candidate[]): Candidate | undefined {
    return others.reduce((a, b) => (a && !isRoughlyBetter(b, a, this.#aim) ? a : b), first);
  }

  /** Returns the circuit of a start with its polynomials collected, if it has any. */
  #collected(start: Start): readonly Start[] {
    const prepared = this.#after(start, COLLECTING.prepare);
    if (prepared.circuit.nodes.length > MOST_NODES_COMPARED) return [];
    const { circuit } = this.#after(prepared, [polynomials]);
    return circuit === prepared.circuit ? [] : [this.#after(prepared, COLLECTING.meetGoal)];
  }

  /**
   * Returns the best of the result of optimization level 2 and of variants of it with larger values
   * or smaller errors, which a smaller ring may suffice for. Large circuits have none, and none are
   * made where the budget does not suffice for them.
   *
   * @param start the source form
   * @param current the circuit of level 2
   */
  #withVariants(best: Candidate, start: Start, current: Start): Candidate {
    if (current.circuit.nodes.length > MOST_NODES_COMPARED) return best;
    let better = best;
    try {
      better = this.#withCopies(best, start, current);
      return this.#withLargerValues(better);
    } catch (error) {
      if (!(error instanceof WorkExceeded)) throw error;
      return better;
    }
  }

  /** Returns the best of a result of level 2 and the circuit whose constants are moved by copies. */
  #withCopies(best: Candidate, start: Start, current: Start): Candidate {
    const context = { ...this.#context, copiesFactors: true };
    const copied = this.#after(start, [...ADDED_PASSES[1], ...ADDED_PASSES[2]], context);
    if (isSameCircuit(copied.circuit, current.circuit)) return best;
    const endings = endingsOf(copied, (from) => this.#finished(from));
    return this.#bestAbove(best, [best, ...this.#packedEndings(endings)]);
  }

  /** Returns the best of a result and the same with larger values, where these may be faster. */
  #withLargerValues(best: Candidate): Candidate {
    // A packed circuit has lost its barriers, and the passes would cross the blocks of --unroll.
    if (this.#options.unroll !== undefined || !best.mayBeEnlarged) return best;
    const enlarged = this.#after(best, ENLARGING_PASSES);
    if (isSameCircuit(enlarged.circuit, best.circuit)) return best;
    return this.#bestAbove(best, [best, ...this.#candidatesOf(enlarged, 'optimized')]);
  }

  #bestOf(made: readonly Candidate[]): Candidate {
    return made.reduce((a, b) => (isBetter(b, a, this.#aim) ? b : a));
  }

  /**
   * Returns the best candidate of an optimization level that is no worse than the result of the
   * optimization level below it, or that result.
   */
  #bestAbove(below: Candidate, made: readonly Candidate[]): Candidate {
    const allowed = made.filter((candidate) => isNoWorse(candidate, below, this.#aim));
    return allowed.length === 0 ? below : this.#bestOf(allowed);
  }

  #searched(starts: readonly Start[], below: Candidate, source: Candidate, most: number) {
    const { spent } = this.#sizing.work;
    const found = search(starts, below, {
      checked: this.#checked,
      sizing: this.#sizing,
      aim: this.#aim,
      isBroad: this.#isBroad(),
      context: this.#context,
      watch: this.#watch,
      mostWork: most,
    });
    for (const candidate of found.candidates) this.#candidates.push(candidate);
    const searched = this.#sizing.work.spent - spent;
    // A rough estimate may have preferred a circuit to `below` that is worse with any layouts.
    const best =
      found.best === source
        ? source
        : (this.#repackedBest(found, below, most, searched) ??
          this.#repacked(below, below, most) ??
          below);
    requireEquality('the search', this.#source.circuit, best.circuit);
    return { best, stopped: this.#sizing.work.affords(0) ? found.stopped : BUDGET_USED_UP };
  }

  /**
   * Packs the result of the search again, and the circuits that are nearly as fast, the fastest one
   * of each smaller number of levels first: better layouts may make one of them the fastest.
   * Returns the best of all that are no worse than `below`.
   *
   * @param most limit on the work for each circuit
   * @param searched work of the search
   */
  #repackedBest(
    { best, candidates }: SearchResult,
    below: Candidate,
    most: number,
    searched: number,
  ): Candidate | undefined {
    const { work } = this.#sizing;
    const start = work.spent;
    const limit = Math.max(REPACKING_SHARE * searched, LEAST_REPACKING);
    const close = candidates.filter(
      (one) => !isDeeper(one, best) && one.roughTime <= CLOSE * best.roughTime,
    );
    close.sort((a, b) => a.roughTime - b.roughTime);
    const isFirstOfLevel = ({ measures }: Candidate, at: number) =>
      close.findIndex((one) => one.measures.levels === measures.levels) === at;
    const fewer = close.filter(
      (one, at) =>
        (one.measures.levels ?? 0) < (best.measures.levels ?? 0) && isFirstOfLevel(one, at),
    );
    const ordered = [best, ...fewer, ...close];
    const least = fewer.length > 0 ? 2 : 1;
    const circuits = new Set<Circuit>();
    const made: Candidate[] = [];
    for (const one of ordered) {
      if (circuits.size >= least && work.spent - start >= limit) break;
      if (circuits.has(one.circuit)) continue;
      circuits.add(one.circuit);
      const repacked = this.#repacked(one, below, most);
      if (repacked) made.push(repacked);
    }
    return made.length === 0 ? undefined : this.#bestOf(made);
  }

  /**
   * Packs a result of the search again, with a search for layouts, which takes long. Returns the
   * best packing that is no worse than `below`, if there is one. If not enough work is left, only
   * the first packing counts.
   */
  #repacked(found: Candidate, below: Candidate, most: number): Candidate | undefined {
    const sizing = { ...this.#sizing, searchesLayouts: true };
    let made: readonly Candidate[] = [];
    try {
      made = this.#sizing.work.within(most, () =>
        makeCandidates(this.#checked, found.circuit, 'optimized', found.records, sizing),
      );
    } catch (error) {
      if (!(error instanceof WorkExceeded)) throw error;
    }
    for (const candidate of made) this.#candidates.push(candidate);
    const isAllowed = (one: Candidate) => isNoWorse(one, below, this.#aim) && !isDeeper(one, found);
    const all = [found, ...made];
    if (this.#aim.objective === 'time' && all.some((one) => one.isLongToChoose)) {
      // Parameters of large circuits take long to choose: they are chosen for one if they fit it.
      // For the fewest levels, several packings have them, and only parameters tell the fastest.
      all.sort((a, b) => (isRoughlyBetter(a, b, this.#aim) ? -1 : 1));
      return all.find(isAllowed);
    }
    const allowed = all.filter(isAllowed);
    return allowed.length === 0 ? undefined : this.#bestOf(allowed);
  }

  /** Whether circuits that are neither the fastest nor the shallowest are of interest. */
  #isBroad(): boolean {
    const { maxWidth, maxOps } = this.#aim;
    return this.#options.explore === true || maxWidth !== undefined || maxOps !== undefined;
  }

  /**
   * Returns the circuits that the search starts from: the one before constants are moved, which is
   * usually best, the result of the optimization level below, blocks of iterations, and the one
   * whose constants take levels.
   */
  #startsOf(start: Start, optimized: Start): readonly Start[] {
    const { unroll } = this.#options;
    const largest = this.#isBroad() ? Number.POSITIVE_INFINITY : 1;
    const blocks = unroll === undefined ? this.#blockStarts(largest) : [];
    return [
      ...this.#composedStart(start),
      this.#after(start, FACTORING_PASSES),
      optimized,
      ...blocks,
      ...this.#paidStart(start),
    ];
  }

  /**
   * Returns a start whose constants take levels as plain inputs do, where uploads could take them.
   * A constant in an upload is free, but the scaled upload shares nothing with the unscaled one.
   */
  #paidStart({ circuit, records }: Start): readonly Start[] {
    if (!this.#context.scaledUploads || this.#context.precompute) return [];
    const preparing = { ...this.#context, scaledUploads: false };
    const made = runPasses(circuit, FACTORING_PASSES, preparing, this.#watch);
    return [{ circuit: made.circuit, records: [...records, ...made.records], preparing }];
  }

  /**
   * Returns the circuit with vectorized joins and composed linear maps, if it has any. They may
   * save levels that only packing would add.
   */
  #composedStart(start: Start): readonly Start[] {
    const folded = this.#after(start, [merge, fold]);
    const composed = this.#after(folded, [vectorize, fold, narrow, compose]);
    if (composed.circuit === folded.circuit) return [];
    return [this.#after(composed, [fold, ...ADDED_PASSES[2]])];
  }

  /** Returns circuits optimized within blocks of 1, 2, 4, … iterations, up to `most`. */
  #blockStarts(most: number): readonly Start[] {
    const starts: Start[] = [];
    for (let block = 1; block <= most; block *= 2) {
      const blocked = this.#startOf(block);
      // If a block is as long as the longest loop, there are no barriers left.
      if (!blocked.circuit.nodes.some(({ op }) => op.kind === 'barrier')) break;
      starts.push(this.#after(blocked, [...ADDED_PASSES[1], ...ADDED_PASSES[2]]));
    }
    return starts;
  }

  #startOf(block?: number): Start {
    return { circuit: this.#build(block), records: [] };
  }

  #after({ circuit, records }: Start, passes: readonly Pass[], context = this.#context): Start {
    const result = runPasses(circuit, passes, context, this.#watch);
    return { circuit: result.circuit, records: [...records, ...result.records] };
  }

  #candidatesOf(
    { circuit, records }: Start,
    kind: FormKind,
    sizing = this.#sizing,
  ): readonly Candidate[] {
    const released = runPasses(circuit, [release], this.#context).circuit;
    const made = makeCandidates(this.#checked, released, kind, records, sizing);
    for (const candidate of made) this.#candidates.push(candidate);
    return made;
  }
}

/** Returns the circuits that led to a candidate. The last one has no barriers. */
function snapshotsTo({ records, circuit }: Candidate): readonly PassSnapshot[] {
  const snapshots = records.flatMap(({ name, circuit }) =>
    circuit ? [{ pass: name, circuit }] : [],
  );
  const last = snapshots.at(-1);
  const isReleased = last === undefined || last.circuit === circuit;
  return isReleased ? snapshots : [...snapshots, { pass: release.name, circuit }];
}

/**
 * The search is started if the budget has this many times the work of the passes and packings of
 * the levels below left: enough for a few groups of circuits.
 */
const LEAST_SEARCH = 4;

/**
 * Limits on the work of the search for the fastest circuit, and on that of packing its result
 * again: as a multiple of the work of the passes and packings of the levels below, beyond what any
 * search may spend, and for the largest circuits. A group of circuits takes up to twenty times the
 * work of the levels below.
 */
const SEARCH_SHARE = 40;
const FREE_SEARCH = 1_000_000;
const MOST_SEARCH = 3_500_000;

/**
 * Limit on the estimated time of circuits that are packed again, relative to the best one. Another
 * circuit is packed while the work so far is below a share of the search's, or below a constant.
 */
const CLOSE = 1.3;
const REPACKING_SHARE = 0.25;
const LEAST_REPACKING = 500_000;

/**
 * Limit on nodes above which optimization level 2 has one circuit, which is not compared with that
 * of level 1, only with the source form: packing more takes as long as everything else.
 */
const MOST_NODES_COMPARED = 20_000;

/** Limit on nodes above which the search starts only from the result of the level below. */
const MOST_NODES_FOR_STARTS = 10_000;

/**
 * Number of points at which a pass's result is compared with its input. One point modulo two 60-bit
 * primes misses a difference with a probability of d²/2^119, for degree d.
 */
const VERIFY_POINTS = 1;

function requireEquality(author: string, before: Circuit, after: Circuit): void {
  const result = compareCircuits(before, after, { points: VERIFY_POINTS, seed: author });
  if (!result.equal) throw new Error(`${author} changed the circuit: ${result.reason}`);
}

function requireEqualityAfter({ name }: Pass, before: Circuit, after: Circuit): void {
  requireEquality(`pass '${name}'`, before, after);
}
