import type { Compilation } from '../compile/compile.ts';
import type { Form } from '../compile/form.ts';
import type { Arrival } from '../ir/arrival.ts';
import { depthOfDegree, type UploadRules } from '../ir/degree.ts';
import type { CircuitOutput } from '../ir/graph.ts';
import { last } from '../lookup.ts';
import type { PassRecord } from '../passes/run-passes.ts';
import {
  type DiagnosticJson,
  diagnosticToJson,
  type FilePosition,
  filePositionAt,
  type Source,
} from '../syntax/diagnostic.ts';
import { type CriticalPath, criticalPath, type PathStep, textOf } from './critical-path.ts';
import {
  type Degrees,
  degreesOn,
  PathReasons,
  type StepKind,
  type StepReason,
} from './path-reasons.ts';
import {
  type IterationRange,
  iterationsOf,
  multiplicationsOf,
  type PathRow,
  pathRows,
} from './path-rows.ts';
import { type SearchAccount, searchAccount } from './search-account.ts';

/** Limit on the characters of an expression. */
const LONGEST_TEXT = 80;

/** A source location; without line and column if an operation has none. */
export interface PathLocation extends Partial<FilePosition> {
  /** The source text on one line, cut if it is long. */
  readonly text: string;
  /** Indices of the loops around it; null outside of loops. */
  readonly iterations: IterationRange | null;
}

/** Consecutive steps of a critical path with the same expression, in one or more iterations. */
export interface ExplainedStep extends PathLocation {
  /** Whether it alternates with the rows beside it, as expressions in the body of a loop do. */
  readonly inTurn: boolean;
  /** Ciphertext multiplications among its steps. */
  readonly multiplications: number;
  readonly levels: number;
  /** The arrival of its last value. */
  readonly after: Arrival;
}

/** A form and its critical path. */
export interface ExplainedForm {
  readonly depth: number;
  /** Null if the scheme has no levels. */
  readonly levels: number | null;
  /** The output at the end of the path; null if it ends in a value that no output needs. */
  readonly output: string | null;
  readonly path: readonly ExplainedStep[];
}

/** The reason why the last value of a row of the path is not available earlier. */
export interface ExplainedReason extends PathLocation {
  readonly kind: StepKind;
  /** The value's degree in the cipher inputs; null if it is unknown or too large for float64. */
  readonly degree: number | null;
  /** ⌈log2 degree⌉; null if the degree is unknown. */
  readonly bound: number | null;
  /** Whether the levels of all its values are at their bounds; null if unknown. */
  readonly optimal: boolean | null;
  /** The reason in words, for the last value. */
  readonly reason: string;
}

/** The output at the end of a path, and the depth that it needs at least. */
export interface PathOutput {
  readonly name: string;
  readonly degree: number | null;
  readonly bound: number | null;
}

/** The document of `shoal explain --json`. */
export interface ExplanationJson {
  readonly circuit: string;
  readonly source: ExplainedForm;
  readonly optimized: ExplainedForm;
  readonly bound: number;
  /** Whether no circuit for the same polynomials is shallower. */
  readonly boundMet: boolean;
  /** The output at the end of the optimized path. */
  readonly output: PathOutput | null;
  /** The reason for each row of the optimized path. */
  readonly holds: readonly ExplainedReason[];
  /** The first step above its bound, which might be improved. */
  readonly gain: ExplainedReason | null;
  readonly passes: readonly PassRecord[];
  /** Why the search of -O 3 ended; null without a search. */
  readonly stopped: string | null;
  /** What that search did; null without one. */
  readonly search: SearchAccount | null;
  readonly warnings: readonly DiagnosticJson[];
}

/** Explains the critical paths of both forms, in time near-linear in their operations. */
export function explain(compilation: Compilation): ExplanationJson {
  const { source, optimized, checked, bound, passes, warnings } = compilation;
  const text = new SourceText(checked.source);
  const path = criticalPath(optimized);
  const rows = pathRows(optimized, path.steps);
  const isSource = optimized === source;
  const output = optimized.circuit.outputs.find(({ name }) => name === path.output);
  const degrees = degreesOn(optimized, path, output?.node);
  const reasons = new PathReasons(optimized, path, checked.source, { isSource, degrees });
  const written = criticalPath(source);
  return {
    circuit: optimized.sketch.circuit,
    source: explainForm(source, written, pathRows(source, written.steps), text),
    optimized: explainForm(optimized, path, rows, text),
    bound,
    boundMet: optimized.measures.depth <= bound,
    output: output ? heldOutput(output, degrees, optimized.rules) : null,
    ...reasonsOf(rows, reasons, text),
    passes,
    stopped: compilation.stopped ?? null,
    search: searchAccount(compilation) ?? null,
    warnings: warnings.map((warning) => diagnosticToJson(checked.source, warning)),
  };
}

/** Finds source locations of many steps. */
class SourceText {
  readonly #source: Source;

  constructor(source: Source) {
    this.#source = source;
    this.#source = source;
  }

  locationOf(row: PathRow): PathLocation {
    const origin = row.steps.at(-1)?.origin;
    if (!origin) return { text: '', iterations: null };
    return {
      ...filePositionAt(this.#source, origin.span.start),
      text: textOf(origin, this.#source, LONGEST_TEXT),
      iterations: iterationsOf(row) ?? null,
    };
  }
}

function explainForm(
  form: Form,
  { output }: CriticalPath,
  rows: readonly PathRow[],
  text: SourceText,
): ExplainedForm {
  const { depth, levels } = form.measures;
  const path = rows.map((row) => ({
    ...text.locationOf(row),
    inTurn: row.inTurn,
    multiplications: multiplicationsOf(form, row),
    levels: row.steps.length,
    after: last(row.steps).after,
  }));
  return { depth, levels, output: output ?? null, path };
}

function heldOutput(
  { name, node }: CircuitOutput,
  degrees: Degrees,
  rules: UploadRules,
): PathOutput {
  const degree = degrees.get(node);
  return {
    name,
    degree: degreeToJson(degree),
    bound: degree === undefined ? null : depthOfDegree(degree, rules),
  };
}

function reasonsOf(
  rows: readonly PathRow[],
  reasons: PathReasons,
  text: SourceText,
): Pick<ExplanationJson, 'holds' | 'gain'> {
  let gain: PathStep | undefined;
  const holds = rows.map((row): ExplainedReason => {
    const judged = row.steps.map((step) => {
      const reason = reasons.reasonFor(step);
      const isFirst = step.after.level < (gain?.after.level ?? Number.POSITIVE_INFINITY);
      if (reason.optimal === false && isFirst) gain = step;
      return reason;
    });
    return toHold(row, judged, text);
  });
  if (!gain) return { holds, gain: null };
  const alone: PathRow = { steps: [gain], inTurn: false };
  return { holds, gain: toHold(alone, [reasons.reasonFor(gain)], text) };
}

function toHold(row: PathRow, judged: readonly StepReason[], text: SourceText): ExplainedReason {
  const final = last(judged);
  const isMissed = judged.some(({ optimal }) => optimal === false);
  return {
    ...text.locationOf(row),
    kind: final.kind,
    degree: degreeToJson(final.degree),
    bound: final.bound ?? null,
    optimal: isMissed ? false : (final.optimal ?? null),
    reason: final.text,
  };
}

function degreeToJson(degree: bigint | undefined): number | null {
  const value = Number(degree ?? Number.NaN);
  return Number.isFinite(value) ? value : null;
}
