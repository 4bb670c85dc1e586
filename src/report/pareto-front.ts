import { type Candidate, operationsOf } from '../compile/candidate.ts';
import type { Compilation } from '../compile/compile.ts';
import { at } from '../lookup.ts';
import { type ParamsSummary, summarizeParams } from './circuit-report.ts';

/** A circuit on the Pareto front. */
export interface FrontPoint {
  readonly candidate: Candidate;
  /** Whether it is the best one for the objective. */
  readonly chosen: boolean;
}

/** A point in the document of `shoal explore --json`. */
export interface FrontPointJson {
  readonly depth: number;
  readonly levels: number | null;
  readonly mul: number;
  readonly width: number;
  /** Number of all operations on ciphertexts. */
  readonly operations: number;
  /** Bytes of the ciphertexts that the client sends; null without parameters. */
  readonly uploadBytes: number | null;
  /** Predicted evaluation time; null without parameters. */
  readonly predictedMs: number | null;
  readonly params: ParamsSummary | null;
  readonly chosen: boolean;
  /** The file that its plan is written to; null if it is not written. */
  readonly plan: string | null;
}

/** Returns the figures by which circuits are compared; smaller ones are better. */
function figuresOf({ measures, ms, uploadBytes }: Candidate): readonly number[] {
  const { depth, levels, width, ops } = measures;
  return [
    depth,
    levels ?? 0,
    ops.mul,
    width,
    uploadBytes ?? Number.POSITIVE_INFINITY,
    ms ?? Number.POSITIVE_INFINITY,
  ];
}

/**
 * Returns the Pareto front of a compilation's circuits: those that no other circuit beats in depth,
 * levels, multiplications, width, upload size and predicted time together. It always includes the
 * chosen circuit. The shallowest comes first.
 */
export function paretoFront({ candidates, optimized }: Compilation): readonly FrontPoint[] {
  const figures = candidates.map(figuresOf);
  const isBeaten = (candidate: number) =>
    figures.some(
      (other, j) => j !== candidate && beats(other, at(figures, candidate), j < candidate),
    );
  return candidates
    .filter((candidate, i) => candidate === optimized || !isBeaten(i))
    .map((candidate) => ({ candidate, chosen: candidate === optimized }))
    .sort((a, b) => compareFigures(figuresOf(a.candidate), figuresOf(b.candidate)));
}

/** Whether `a` is nowhere worse than `b` and somewhere better, or is equal and comes first. */
function beats(a: readonly number[], b: readonly number[], isFirst: boolean): boolean {
  if (!a.every((x, i) => x <= at(b, i))) return false;
  return isFirst || a.some((x, i) => x < at(b, i));
}

function compareFigures(a: readonly number[], b: readonly number[]): number {
  const differing = a.findIndex((x, i) => x !== b[i]);
  return differing < 0 ? 0 : at(a, differing) - at(b, differing);
}

/** Returns a point for JSON. */
export function pointToJson(
  { candidate, chosen }: FrontPoint,
  plan: string | undefined,
): FrontPointJson {
  const { measures } = candidate;
  return {
    depth: measures.depth,
    levels: measures.levels,
    mul: measures.ops.mul,
    width: measures.width,
    operations: operationsOf(measures.ops),
    uploadBytes: candidate.uploadBytes ?? null,
    predictedMs: candidate.predictedMs ?? null,
    params: candidate.plan ? summarizeParams(candidate.plan) : null,
    chosen,
    plan: plan ?? null,
  };
}
