import type { Candidate } from '../compile/candidate.ts';
import type { Compilation } from '../compile/compile.ts';
import type { Choice } from '../compile/complete-plan.ts';
import type { HeldLayout } from '../compile/form.ts';
import type { TensorPacking } from '../packing/describe-packing.ts';
import type { PassRecord } from '../passes/run-passes.ts';
import type { Measures } from '../plan/measures.ts';
import { leastBudget, wholeOutputs } from '../plan/outputs.ts';
import type { Plan, PlanOutput } from '../plan/plan.ts';
import { SCHEMES } from '../schemes/schemes.ts';
import { type Diagnostic, type DiagnosticJson, diagnosticToJson } from '../syntax/diagnostic.ts';
import { assumedRanges } from './assumed-ranges.ts';
import { type RotationUse, rotationsOf } from './rotation-uses.ts';
import { type SearchAccount, searchAccount } from './search-account.ts';
import { uncheckedRing } from './unchecked-ring.ts';
import { unmetLimits } from './unmet-limits.ts';
import { unusedLayouts } from './unused-layouts.ts';
import { type ValueRanges, valueRanges } from './value-ranges.ts';
import { vanishingConstants } from './vanishing.ts';

/** A compilation and its warnings, from which reports are written. */
export interface Findings {
  readonly compilation: Compilation;
  /** In the order of the source text. */
  readonly warnings: readonly Diagnostic[];
}

/**
 * Collects all warnings about a compilation.
 *
 * @param known names of inputs whose ranges are known from data
 */
export function findingsOf(
  compilation: Compilation,
  known: ReadonlySet<string> = new Set(),
): Findings {
  const { optimized, checked, warnings } = compilation;
  const all = [
    ...warnings,
    ...assumedRanges(checked, known),
    ...vanishingConstants(optimized),
    ...unmetLimits(compilation),
    ...unusedLayouts(optimized),
    ...(optimized.plan ? uncheckedRing(optimized.plan) : []),
  ];
  return { compilation, warnings: all.sort((a, b) => a.span.start - b.span.start) };
}

/** The encryption parameters in reports. */
export interface ParamsSummary {
  readonly polyModulusDegree: number;
  readonly coeffModulusBits: readonly number[];
  /** CKKS only. */
  readonly scaleBits?: number;
  /** The plaintext modulus t; BFV and BGV only. */
  readonly plainModulus?: number;
  readonly securityBits: number;
}

/** Returns a plan's parameters for reports. */
export function summarizeParams({ params }: Plan): ParamsSummary {
  const { polyModulusDegree, coeffModulusBits, securityBits } = params;
  const own =
    'scaleBits' in params ? { scaleBits: params.scaleBits } : { plainModulus: params.plainModulus };
  return { polyModulusDegree, coeffModulusBits, ...own, securityBits };
}

/** The document of `shoal report --json`. */
export interface ReportJson {
  readonly circuit: string;
  readonly scheme: string;
  readonly source: Measures;
  readonly optimized: Measures;
  readonly bound: number;
  readonly passes: readonly PassRecord[];
  readonly params: ParamsSummary | null;
  readonly paramsReason?: string;
  /** Parameters of the source form. */
  readonly sourceParams: ParamsSummary | null;
  readonly sourceParamsReason?: string;
  /** Correct bits required in every output; null for integers. */
  readonly precisionBits: number | null;
  /** Predicted evaluation time of the optimized form; null without parameters and for integers. */
  readonly predictedMs: number | null;
  /** The same for the source form. */
  readonly sourcePredictedMs: number | null;
  /** Predicted memory of the optimized form in bytes; null without parameters. */
  readonly predictedMemory: number | null;
  /** The same for the source form. */
  readonly sourcePredictedMemory: number | null;
  /** Why the search of -O 3 ended; null without a search. */
  readonly stopped: string | null;
  /** What that search did; null without one. */
  readonly search: SearchAccount | null;
  /** The layouts that --layout fixes, and how many tensors of the optimized form have each. */
  readonly layouts: readonly HeldLayout[];
  /** The largest error bound of all outputs; null without parameters. */
  readonly predictedError: number | null;
  readonly errorBounds: Readonly<Record<string, number>>;
  /** Predicted minimum noise budget of each output in bits; BFV and BGV only. */
  readonly noiseBudgets?: NoiseBudgets;
  readonly slots: number;
  readonly batchable: boolean;
  /** Number of ciphertexts that the client uploads. */
  readonly uploads: number;
  /** Rotations of the optimized form, by offset. */
  readonly rotations: readonly RotationUse[];
  /** How the tensors of the optimized form lie in slots. */
  readonly packing: readonly TensorPacking[];
  /** Ranges of the optimized form's values; null without parameters or ciphertexts. */
  readonly ranges: ValueRanges | null;
  readonly warnings: readonly DiagnosticJson[];
}

/** Returns the document of `shoal report --json`. */
export function reportToJson(findings: Findings): ReportJson {
  const { compilation, warnings } = findings;
  const { source, optimized } = compilation;
  const { sketch, plan } = optimized;
  const budgets = plan && noiseBudgets(plan);
  return {
    circuit: sketch.circuit,
    scheme: sketch.scheme,
    source: source.measures,
    optimized: optimized.measures,
    bound: compilation.bound,
    passes: compilation.passes,
    params: plan ? summarizeParams(plan) : null,
    ...failureReason('paramsReason', optimized.choice),
    sourceParams: summaryOf(source),
    ...failureReason('sourceParamsReason', source.choice),
    precisionBits: SCHEMES[sketch.scheme].isExact ? null : compilation.request.precisionBits,
    predictedMs: optimized.predictedMs ?? null,
    sourcePredictedMs: source.predictedMs ?? null,
    predictedMemory: optimized.memory ?? null,
    sourcePredictedMemory: source.memory ?? null,
    stopped: compilation.stopped ?? null,
    search: searchAccount(compilation) ?? null,
    layouts: optimized.layouts,
    predictedError: plan ? predictedError(plan) : null,
    errorBounds: plan ? errorBounds(plan) : {},
    ...(budgets ? { noiseBudgets: budgets } : {}),
    slots: sketch.slots,
    batchable: sketch.batchable,
    uploads: sketch.ops.filter((op) => op.op === 'upload').length,
    rotations: rotationsOf(sketch.ops),
    packing: optimized.packing,
    ranges: valueRanges(optimized, compilation.checked.source) ?? null,
    warnings: warnings.map((warning) => diagnosticToJson(compilation.checked.source, warning)),
  };
}

function summaryOf({ plan }: Candidate): ParamsSummary | null {
  return plan ? summarizeParams(plan) : null;
}

function failureReason<K extends string>(key: K, choice: Choice): Partial<Record<K, string>> {
  return 'refused' in choice ? ({ [key]: choice.refused.reason } as Record<K, string>) : {};
}

/** Returns the largest error bound of all outputs, or of the ciphertexts of one output. */
export function predictedError({
  outputs,
}: {
  readonly outputs: readonly Pick<PlanOutput, 'errorBound'>[];
}): number {
  return outputs.reduce((most, { errorBound }) => Math.max(most, errorBound), 0);
}

/** Returns the error bound of each output by name: the largest of its ciphertexts. */
export function errorBounds({ outputs }: Plan): Readonly<Record<string, number>> {
  return Object.fromEntries(
    wholeOutputs(outputs).map(({ name, parts }) => [name, predictedError({ outputs: parts })]),
  );
}

/** Noise budgets in bits, by output; null for an output in the clear. */
export type NoiseBudgets = Readonly<Record<string, number | null>>;

/**
 * Returns the predicted noise budget of each output by name: the least of its ciphertexts.
 * Undefined for CKKS.
 */
export function noiseBudgets(plan: Plan): NoiseBudgets | undefined {
  if (plan.scheme === 'ckks') return undefined;
  const { outputs } = plan;
  return Object.fromEntries(
    wholeOutputs(outputs).map(({ name, parts }) => [
      name,
      leastBudget(parts.map(({ noiseBudget }) => noiseBudget)),
    ]),
  );
}
