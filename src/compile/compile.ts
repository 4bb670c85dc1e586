import { type CheckedProgram, check } from '../check/check.ts';
import { buildCircuit } from '../ir/build.ts';
import { depthBound } from '../ir/degree.ts';
import { type Circuit, hasLoops } from '../ir/graph.ts';
import type { Pass, PassContext } from '../passes/pass.ts';
import { type OptimizationLevel, type PassRecord, runPasses, STAGES } from '../passes/stages.ts';
import type { Diagnostic, Source } from '../syntax/diagnostic.ts';
import type { Exact } from '../tensor/exact.ts';
import { compareCircuits } from '../verify/equivalence.ts';
import { type Form, makeForm, type Ranges } from './form.ts';

/** How a program is compiled. */
export interface CompileOptions {
  readonly level: OptimizationLevel;
  /** Runs these passes in place of the level's. */
  readonly passes?: readonly Pass[];
  /** Values for params. */
  readonly defines?: ReadonlyMap<string, Exact>;
  /** Ranges of inputs, known from data; they go before the declared ones. */
  readonly ranges?: Ranges;
  /** Compares the circuit before and after each pass, exactly. */
  readonly verify?: boolean;
}

/** A program compiled as far as parameters are not needed. */
export interface Compilation {
  readonly checked: CheckedProgram;
  /** The program as written. */
  readonly source: Form;
  /** What the optimization level made of it. */
  readonly optimized: Form;
  readonly passes: readonly PassRecord[];
  /** No circuit for the same polynomials is shallower. */
  readonly bound: number;
  readonly warnings: readonly Diagnostic[];
}

/**
 * Compiles a source text: checks it, builds its circuit, runs the passes, packs and levels both the
 * program as written and what became of it. The same text and options always give the same result.
 *
 * @throws CircuitError with everything that is wrong with the text
 * @throws Error if a pass is at fault, naming it
 */
export function compile(source: Source, options: CompileOptions): Compilation {
  const checked = check(source, options.defines);
  const looped = buildCircuit(checked);
  const warnings = new Map<string, Diagnostic>();
  const context: PassContext = {
    scaledUploads: true,
    warn: (warning) =>
      warnings.set(`${warning.code}@${warning.span.start}`, { severity: 'warning', ...warning }),
  };
  const ranges = options.ranges ?? new Map();
  const afterEach = options.verify ? demandEquality : undefined;
  const written = runPasses(looped, STAGES[0], context, afterEach);
  const asWritten = makeForm(checked, written.circuit, 'source', ranges);
  let best = asWritten;
  let circuit = written.circuit;
  const records = [...written.records];
  for (const passes of options.passes ? [options.passes] : stagesUpTo(options.level)) {
    const result = runPasses(circuit, passes, context, afterEach);
    circuit = result.circuit;
    records.push(...result.records);
    const form = makeForm(checked, circuit, 'optimized', ranges);
    // What a stage makes deeper is not taken: no level is deeper than the one below it.
    if (options.passes || !isShallower(best, form)) best = form;
  }
  return {
    checked,
    source: asWritten,
    optimized: best,
    passes: records,
    bound: depthBound(best.circuit),
    warnings: [...warnings.values()],
  };
}

function stagesUpTo(level: OptimizationLevel): readonly (readonly Pass[])[] {
  return ([1, 2, 3] as const).filter((l) => l <= level).map((l) => STAGES[l]);
}

/** Whether a form beats another in depth or levels, whatever it loses elsewhere. */
function isShallower(a: Form, b: Form): boolean {
  const [x, y] = [a.measures, b.measures];
  return x.depth < y.depth || (x.levels ?? 0) < (y.levels ?? 0);
}

/** Points modulo two 60-bit primes at which every pass's result is compared with what it was given. */
const VERIFY_POINTS = 2;

function demandEquality(pass: Pass, before: Circuit, after: Circuit): void {
  if (hasLoops(before)) return;
  const result = compareCircuits(before, after, { points: VERIFY_POINTS, seed: pass.name });
  if (!result.equal) throw new Error(`pass '${pass.name}' changed the circuit: ${result.reason}`);
}
