import { type Candidate, operationsOf } from '../compile/candidate.ts';
import type { Compilation } from '../compile/compile.ts';
import { at } from '../lookup.ts';
import { type ParamsSummary, summarizeParams } from './circuit-report.ts';

/** A circuit that no other one beats in everything. */
export interface FrontPoint {
  readonly candidate: Candidate;
  /** Whether it is the one that the objective takes. */
  readonly chosen: boolean;
}

/** A point as `--json` shows it. */
export interface FrontPointJson {
  readonly depth: number;
  readonly levels: number | null;
  readonly mul: number;
  readonly width: number;
  /** All operations on ciphertexts. */
  readonly operations: number;
  /** Of the ciphertexts that the client sends; null without parameters. */
  readonly uploadBytes: number | null;
  /** ms; null without parameters. */
  readonly predictedMs: number | null;
  readonly params: ParamsSummary | null;
  readonly chosen: boolean;
  /** File that its plan is written to; null for none. */
  readonly plan: string | null;
}

/** What points are compared in; less is better. */
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
 * The Pareto front of the circuits that a compilation has looked at: those that no other one beats in depth,
 * levels, multiplications, width, upload and predicted time together. The chosen one is among them in any
 * case; the shallowest comes first.
 */
export function paretoFront({ candidates, optimized }: Compilation): readonly FrontPoint[] {
  const figures = candidates.map(figuresOf);
  const isBeaten = (candidate: number) =>
    figures.some(
      (other, j) => j !== candidate && beats(other, at(figures, candidate), j < candidate),
    );
  return candidates
    .filter((candidate, at) => candidate === optimized || !isBeaten(at))
    .map((candidate) => ({ candidate, chosen: candidate === optimized }))
    .sort((a, b) => compareFigures(figuresOf(a.candidate), figuresOf(b.candidate)));
}

/** No worse in anything, and better in something or, where all is equal, first. */
function beats(a: readonly number[], b: readonly number[], isFirst: boolean): boolean {
  if (!a.every((x, i) => x <= at(b, i))) return false;
  return isFirst || a.some((x, i) => x < at(b, i));
}

function compareFigures(a: readonly number[], b: readonly number[]): number {
  const differing = a.findIndex((x, i) => x !== b[i]);
  return differing < 0 ? 0 : at(a, differing) - at(b, differing);
}

/** A point for programs. */
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
    predictedMs: candidate.ms ?? null,
    params: candidate.plan ? summarizeParams(candidate.plan) : null,
    chosen,
    plan: plan ?? null,
  };
}
