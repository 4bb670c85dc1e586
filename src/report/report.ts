import type { Compilation } from '../compile/compile.ts';
import type { Form } from '../compile/form.ts';
import type { PassRecord } from '../passes/stages.ts';
import type { Measures } from '../plan/measure.ts';
import type { Plan } from '../plan/plan.ts';
import { chooseParams, type ParamsChoice } from '../schemes/ckks/params.ts';
import { type Diagnostic, positionAt, type Source } from '../syntax/diagnostic.ts';
import { assumedRanges } from './assumed-ranges.ts';
import { vanishingConstants } from './vanishing.ts';

/** A form of a circuit with the parameters that were chosen for it. */
export interface SizedForm {
  readonly form: Form;
  readonly choice: ParamsChoice;
}

/** Everything that reports are made of. */
export interface Findings {
  readonly compilation: Compilation;
  readonly source: SizedForm;
  readonly optimized: SizedForm;
  readonly precisionBits: number;
  /** In the order of the text. */
  readonly warnings: readonly Diagnostic[];
}

/**
 * Chooses parameters for both forms of a circuit and collects what there is to warn of.
 *
 * @param known names of inputs whose ranges are known from data
 */
export function findingsOf(
  compilation: Compilation,
  precisionBits: number,
  known: ReadonlySet<string> = new Set(),
): Findings {
  const { source, optimized, checked, warnings } = compilation;
  const size = (form: Form): SizedForm => ({
    form,
    choice: chooseParams(form.sketch, { precisionBits }),
  });
  const sized = size(optimized);
  const plan = planOf(sized.choice);
  const all = [
    ...warnings,
    ...assumedRanges(checked, known),
    ...(plan ? vanishingConstants(optimized, plan) : []),
  ];
  return {
    compilation,
    source: source === optimized ? sized : size(source),
    optimized: sized,
    precisionBits,
    warnings: all.sort((a, b) => a.span.start - b.span.start),
  };
}

/** The plan of a choice, if there is one. */
export function planOf(choice: ParamsChoice): Plan | undefined {
  return 'plan' in choice ? choice.plan : undefined;
}

/** Parameters as reports show them. */
export interface ParamsSummary {
  readonly polyModulusDegree: number;
  readonly coeffModulusBits: readonly number[];
  readonly scaleBits: number;
  readonly securityBits: number;
}

/** Parameters as reports show them. */
export function summarizeParams({ params }: Plan): ParamsSummary {
  const { polyModulusDegree, coeffModulusBits, scaleBits, securityBits } = params;
  return { polyModulusDegree, coeffModulusBits, scaleBits, securityBits };
}

/** A warning as `--json` shows it. */
export interface WarningJson {
  readonly code: string;
  readonly file: string;
  readonly line: number;
  readonly column: number;
  readonly message: string;
}

/** What `shoal report --json` prints. */
export interface ReportJson {
  readonly circuit: string;
  readonly scheme: string;
  readonly source: Measures;
  readonly optimized: Measures;
  readonly bound: number;
  readonly passes: readonly PassRecord[];
  readonly params: ParamsSummary | null;
  readonly paramsReason?: string;
  /** Parameters that the circuit would need as it is written. */
  readonly sourceParams: ParamsSummary | null;
  readonly sourceParamsReason?: string;
  readonly precisionBits: number;
  /** Largest predicted error of an output; null without parameters. */
  readonly predictedError: number | null;
  readonly errorBounds: Readonly<Record<string, number>>;
  readonly slots: number;
  readonly batchable: boolean;
  /** Ciphertexts that the client uploads. */
  readonly uploads: number;
  readonly warnings: readonly WarningJson[];
}

/** The document that `report --json` prints. */
export function reportToJson(findings: Findings): ReportJson {
  const { compilation, source, optimized, precisionBits, warnings } = findings;
  const { sketch } = optimized.form;
  const plan = planOf(optimized.choice);
  return {
    circuit: sketch.circuit,
    scheme: sketch.scheme,
    source: source.form.measures,
    optimized: optimized.form.measures,
    bound: compilation.bound,
    passes: compilation.passes,
    params: plan ? summarizeParams(plan) : null,
    ...reasonOf('paramsReason', optimized.choice),
    sourceParams: summaryOf(source.choice),
    ...reasonOf('sourceParamsReason', source.choice),
    precisionBits,
    predictedError: plan ? predictedError(plan) : null,
    errorBounds: plan ? errorBounds(plan) : {},
    slots: sketch.slots,
    batchable: sketch.batchable,
    uploads: sketch.ops.filter((op) => op.op === 'upload').length,
    warnings: warnings.map((warning) => warningToJson(compilation.checked.source, warning)),
  };
}

function summaryOf(choice: ParamsChoice): ParamsSummary | null {
  const plan = planOf(choice);
  return plan ? summarizeParams(plan) : null;
}

function reasonOf<K extends string>(key: K, choice: ParamsChoice): Partial<Record<K, string>> {
  return 'refused' in choice ? ({ [key]: choice.refused.reason } as Record<K, string>) : {};
}

/** Largest predicted error over all outputs. */
export function predictedError({ outputs }: Plan): number {
  return outputs.reduce((most, { errorBound }) => Math.max(most, errorBound), 0);
}

/** Predicted error of each output, by name. */
export function errorBounds({ outputs }: Plan): Readonly<Record<string, number>> {
  return Object.fromEntries(outputs.map(({ name, errorBound }) => [name, errorBound]));
}

/** A warning with its place in the text. */
export function warningToJson(source: Source, warning: Diagnostic): WarningJson {
  const { code, message, help, span } = warning;
  const full = help === undefined ? message : `${message}: ${help}`;
  return { code, file: source.file, ...positionAt(source, span.start), message: full };
}
