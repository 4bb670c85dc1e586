import { buildCircuit } from '../build/build-circuit.ts';
import { type CheckedProgram, check } from '../check/check-program.ts';
import { BUILT_IN_COST } from '../cost/built-in-cost.ts';
import type { CostModel } from '../cost/cost-model.ts';
import { depthBound } from '../ir/degree.ts';
import type { Circuit } from '../ir/graph.ts';
import { Residues } from '../ir/residues-at-point.ts';
import { Magnitudes } from '../ir/sampled-magnitudes.ts';
import { at } from '../lookup.ts';
import type { Pass } from '../passes/pass.ts';
import type { PassContext } from '../passes/pass-context.ts';
import {
  ADDED_PASSES,
  FACTORING_PASSES,
  FINAL_PASSES,
  type OptimizationLevel,
} from '../passes/pass-list.ts';
import { release } from '../passes/release.ts';
import { type PassRecord, type PassWatch, runPasses } from '../passes/run-passes.ts';
import type { ParamsRequest } from '../schemes/ckks/choose-params.ts';
import { SCHEMES } from '../schemes/schemes.ts';
import { DEFAULT_SECURITY, type SecurityRequest } from '../schemes/security.ts';
import type { Diagnostic, Source } from '../syntax/diagnostic.ts';
import type { Exact } from '../tensor/exact.ts';
import { compareCircuits } from '../verify/equivalence.ts';
import { DEFAULT_BUDGET } from './budget.ts';
import {
  type Aim,
  type Candidate,
  isBetter,
  isDeeper,
  isWithin,
  makeCandidates,
  type Sizing,
} from './candidate.ts';
import type { FormKind, InputRanges, Typical } from './form.ts';
import { endingsOf, type Start, search } from './search.ts';

/**
 * What the client may upload: its inputs in several packings, times constants (`encode`), or also constant linear
 * combinations of products of two of their entries (`precompute`).
 */
export type ClientPower = 'encode' | 'precompute';

/** How a program is compiled. */
export interface CompileOptions {
  readonly optimizationLevel: OptimizationLevel;
  /** Runs these passes in place of the level's. */
  readonly passes?: readonly Pass[];
  /** How many consecutive iterations of a loop may be restructured together; all, where not given. */
  readonly unroll?: number;
  /** What the client may upload; `encode`, where not given. */
  readonly client?: ClientPower;
  /** What is wanted of the circuit; the shortest evaluation, where not given. */
  readonly aim?: Aim;
  /** Operations that the search of level 3 may look at. */
  readonly budget?: number;
  /** Whether the search also starts from blocks of iterations of any size, for more circuits to choose from. */
  readonly explore?: boolean;
  /** Bits of the outputs that are to be right. */
  readonly precisionBits?: number;
  /** What security parameters have; 128 bits, where not given. */
  readonly security?: SecurityRequest;
  /** What operations cost. */
  readonly cost?: CostModel;
  /** Workers that the time is predicted for. */
  readonly jobs?: number;
  /** Values for params. */
  readonly defines?: ReadonlyMap<string, Exact>;
  /** Ranges of inputs, known from data; they go before the declared ones. */
  readonly ranges?: InputRanges;
  /** Likely values of inputs, row-major by name, where those fill but a small part of the range. */
  readonly typical?: Typical;
  /** Compares the circuit before and after each pass, exactly. */
  readonly verify?: boolean;
  /** Whether the circuits on the way to the optimized form are kept. */
  readonly keepCircuits?: boolean;
}

/** What a pass has made of a circuit. */
export interface PassSnapshot {
  readonly pass: string;
  readonly circuit: Circuit;
}

/** A program compiled. */
export interface Compilation {
  readonly checked: CheckedProgram;
  /** The program as written. */
  readonly source: Candidate;
  /** What the optimization level made of it. */
  readonly optimized: Candidate;
  /** All forms that were looked at, the program as written first. */
  readonly candidates: readonly Candidate[];
  /** What led to the optimized form. */
  readonly passes: readonly PassRecord[];
  /** The circuit after each pass that led to the optimized form, in order; none where they are not kept. */
  readonly steps: readonly PassSnapshot[];
  /** Why the search of level 3 ended, for people. */
  readonly stopped: string | undefined;
  /** What the optimized form was chosen by. */
  readonly aim: Aim;
  /** What was asked of the parameters. */
  readonly request: ParamsRequest;
  /** No circuit for the same polynomials is shallower. */
  readonly bound: number;
  readonly warnings: readonly Diagnostic[];
}

/** Bits of precision where nothing else is asked for. */
export const DEFAULT_PRECISION = 20;

/**
 * Compiles a source text: checks it, builds its circuit, runs the passes, packs, levels and sizes both the
 * program as written and what became of it. The same text and options always give the same result.
 *
 * @throws CircuitError with everything that is wrong with the text
 * @throws Error if a pass is at fault, naming it
 */
export function compile(source: Source, options: CompileOptions): Compilation {
  return compileChecked(check(source, options.defines), options);
}

/**
 * Compiles a checked program.
 *
 * @throws Error if a pass is at fault, naming it
 */
export function compileChecked(checked: CheckedProgram, options: CompileOptions): Compilation {
  return compileCircuit(checked, (block) => buildCircuit(checked, block), options);
}

/**
 * Builds a circuit as written, with barriers after each `block` iterations of its outermost loops, or
 * without.
 */
export type Build = (block?: number) => Circuit;

/**
 * Compiles the circuit of a checked program, or of a part of it.
 *
 * @throws Error if a pass is at fault, naming it
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
  readonly #sizing: Sizing;
  readonly #aim: Aim;
  readonly #context: PassContext;
  readonly #watch: PassWatch;
  readonly #warnings = new Map<string, Diagnostic>();
  readonly #candidates: Candidate[] = [];
  readonly #written: Start;

  constructor(checked: CheckedProgram, build: Build, options: CompileOptions) {
    this.#options = options;
    this.#checked = checked;
    this.#build = build;
    this.#aim = options.aim ?? { objective: 'time' };
    this.#sizing = {
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
    };
    this.#context = {
      // Multiplying by a constant takes integers no level that an upload could save.
      scaledUploads: SCHEMES[this.#checked.scheme.name].rescales,
      precompute: this.#sizing.precompute,
      magnitudes: new Magnitudes(),
      residues: new Residues(),
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
    this.#written = this.#asWritten();
  }

  run(): Compilation {
    const source = at(this.#candidatesOf(this.#written, 'source'), 0);
    const { best, stopped } = this.#optimized(this.#written, source);
    return {
      checked: this.#checked,
      source,
      optimized: best,
      candidates: this.#candidates,
      passes: best.records.map(({ circuit: _, ...record }) => record),
      steps: this.#options.keepCircuits ? stepsTo(best) : [],
      stopped,
      aim: this.#aim,
      request: this.#sizing.request,
      bound: depthBound(source.circuit, this.#sizing),
      warnings: [...this.#warnings.values()],
    };
  }

  #optimized(
    written: Start,
    source: Candidate,
  ): { readonly best: Candidate; readonly stopped: string | undefined } {
    const { passes, optimizationLevel: level, unroll } = this.#options;
    const start = unroll === undefined ? written : this.#asWritten(unroll);
    if (passes) {
      const made = this.#candidatesOf(this.#after(start, passes), 'optimized');
      const best = made.reduce((a, b) => (isBetter(b, a, this.#aim) ? b : a));
      return { best, stopped: undefined };
    }
    let best = source;
    let current = start;
    for (const stage of ([1, 2] as const).filter((l) => l <= level)) {
      current = this.#after(current, ADDED_PASSES[stage]);
      const endings = endingsOf(current, (from) => this.#after(from, FINAL_PASSES));
      const made = endings.flatMap((ending) => this.#candidatesOf(ending, 'optimized'));
      best = this.#better(made, best);
    }
    if (level < 3) return { best, stopped: undefined };
    const isSmall = current.circuit.nodes.length <= MOST_NODES_FOR_STARTS;
    const starts = isSmall ? this.#startsOf(start, current) : [current];
    return this.#searched(starts, best, source);
  }

  /** The best that a stage has made, unless it is deeper: no level is deeper than the one below it. */
  #better(made: readonly Candidate[], below: Candidate): Candidate {
    const isHeld = isWithin(below, this.#aim);
    let best = below;
    for (const candidate of made) {
      if (isHeld && isDeeper(candidate, below)) continue;
      // The first that is allowed is taken, for it is what the stage is for.
      const isFirst = isHeld && best === below;
      if (isFirst ? isWithin(candidate, this.#aim) : isBetter(candidate, best, this.#aim))
        best = candidate;
    }
    return best;
  }

  #searched(starts: readonly Start[], below: Candidate, source: Candidate) {
    const { budget = DEFAULT_BUDGET } = this.#options;
    const found = search(starts, below, {
      checked: this.#checked,
      sizing: this.#sizing,
      aim: this.#aim,
      isBroad: this.#isBroad(),
      context: this.#context,
      budget,
      watch: this.#watch,
    });
    this.#candidates.push(...found.candidates);
    const best = found.best === source ? source : this.#placed(found.best);
    requireEquality('the search', this.#written.circuit, best.circuit);
    return { best, stopped: found.stopped };
  }

  /** What the search has found, laid out once more, with more care than could be taken for each circuit on the way. */
  #placed(found: Candidate): Candidate {
    const sizing = { ...this.#sizing, searchesPlaces: true };
    const made = makeCandidates(this.#checked, found.circuit, 'optimized', found.records, sizing);
    this.#candidates.push(...made);
    return made
      .filter((candidate) => !isDeeper(candidate, found))
      .reduce((a, b) => (isBetter(b, a, this.#aim) ? b : a), found);
  }

  /** Whether circuits are wanted that are neither the quickest nor the shallowest. */
  #isBroad(): boolean {
    const { maxWidth, maxOps } = this.#aim;
    return this.#options.explore === true || maxWidth !== undefined || maxOps !== undefined;
  }

  /** The program before its constants are moved, which is mostly the best to start from, then as the level below has left it, and in blocks of iterations. */
  #startsOf(start: Start, optimized: Start): readonly Start[] {
    const { unroll } = this.#options;
    const largest = this.#isBroad() ? Number.POSITIVE_INFINITY : 1;
    const blocks = unroll === undefined ? this.#blockStarts(largest) : [];
    return [this.#after(start, FACTORING_PASSES), optimized, ...blocks];
  }

  /** The circuit with barriers after every 1, 2, 4, … iterations, up to `most`, optimized within them. */
  #blockStarts(most: number): readonly Start[] {
    const starts: Start[] = [];
    for (let block = 1; block <= most; block *= 2) {
      const written = this.#asWritten(block);
      // Blocks as long as the longest loop keep nothing apart.
      if (!written.circuit.nodes.some(({ op }) => op.kind === 'barrier')) break;
      starts.push(this.#after(written, [...ADDED_PASSES[1], ...ADDED_PASSES[2]]));
    }
    return starts;
  }

  #asWritten(block?: number): Start {
    return { circuit: this.#build(block), records: [] };
  }

  #after({ circuit, records }: Start, passes: readonly Pass[]): Start {
    const result = runPasses(circuit, passes, this.#context, this.#watch);
    return { circuit: result.circuit, records: [...records, ...result.records] };
  }

  #candidatesOf({ circuit, records }: Start, kind: FormKind): readonly Candidate[] {
    const released = runPasses(circuit, [release], this.#context).circuit;
    const made = makeCandidates(this.#checked, released, kind, records, this.#sizing);
    this.#candidates.push(...made);
    return made;
  }
}

/** The circuits that led to a candidate, which is released in the end where that is not done yet. */
function stepsTo({ records, circuit }: Candidate): readonly PassSnapshot[] {
  const steps = records.flatMap(({ name, circuit }) => (circuit ? [{ pass: name, circuit }] : []));
  const last = steps.at(-1);
  const isReleased = last === undefined || last.circuit === circuit;
  return isReleased ? steps : [...steps, { pass: release.name, circuit }];
}

/** The search starts from the result of the level below alone where that is larger. */
const MOST_NODES_FOR_STARTS = 10_000;

/** Points at which every pass's result is compared with what it was given: one, modulo two 60-bit primes, is wrong with a probability of d²/2^119. */
const VERIFY_POINTS = 1;

function requireEquality(what: string, before: Circuit, after: Circuit): void {
  const result = compareCircuits(before, after, { points: VERIFY_POINTS, seed: what });
  if (!result.equal) throw new Error(`${what} changed the circuit: ${result.reason}`);
}

function requireEqualityAfter({ name }: Pass, before: Circuit, after: Circuit): void {
  requireEquality(`pass '${name}'`, before, after);
}
