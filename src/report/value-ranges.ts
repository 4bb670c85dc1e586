import type { Candidate } from '../compile/candidate.ts';
import { defined } from '../lookup.ts';
import { wholeOutputs } from '../plan/outputs.ts';
import { type Headroom, headrooms } from '../schemes/ckks/headroom.ts';
import { type FilePosition, filePositionAt, type Source } from '../syntax/diagnostic.ts';
import { textOf } from './critical-path.ts';

/** The range of a ciphertext's values, its headroom and its source location. */
export interface ValueRange extends Headroom, Partial<FilePosition> {
  readonly op: string;
  /** The source text of the expression, possibly cut. */
  readonly expression: string;
  readonly iterations: readonly number[];
}

/** The ranges of a plan's values. */
export interface ValueRanges {
  /** Encrypted outputs by name, before the client multiplies by the output's factor. */
  readonly outputs: Readonly<Record<string, ValueRange>>;
  /** The value with the largest magnitude. */
  readonly largest: ValueRange;
  /** The value with the least headroom: the first to overflow if ranges were too narrow. */
  readonly tightest: ValueRange;
}

/** Limit on the characters of an expression. */
const LONGEST_EXPRESSION = 32;

/**
 * Returns the ranges of a form's values. Undefined without parameters, without ciphertexts, and for
 * integers.
 */
export function valueRanges(
  { plan, origins }: Pick<Candidate, 'plan' | 'origins'>,
  source: Source,
): ValueRanges | undefined {
  const all = plan?.scheme === 'ckks' ? headrooms(plan) : [];
  if (!plan || all.length === 0) return undefined;
  const rangeOf = (headroom: Headroom): ValueRange => {
    const { op } = defined(plan.ops[headroom.index]);
    const origin = origins[headroom.index];
    if (!origin) return { ...headroom, op, expression: '', iterations: [] };
    const { iterations } = origin;
    const expression = textOf(origin, source, LONGEST_EXPRESSION);
    return {
      ...headroom,
      op,
      ...filePositionAt(source, origin.span.start),
      expression,
      iterations,
    };
  };
  const byIndex = new Map(all.map((headroom) => [headroom.index, headroom]));
  const outputs = wholeOutputs(plan.outputs).flatMap(({ name, parts }) => {
    const own = parts.flatMap(({ value }) => byIndex.get(value) ?? []);
    return own.length === 0 ? [] : [[name, rangeOf(hullOf(own))] as const];
  });
  return {
    outputs: Object.fromEntries(outputs),
    largest: rangeOf(all.reduce(larger)),
    tightest: rangeOf(all.reduce(tighter)),
  };
}

function larger(a: Headroom, b: Headroom): Headroom {
  return b.magnitude > a.magnitude ? b : a;
}

function tighter(a: Headroom, b: Headroom): Headroom {
  return b.headroomBits < a.headroomBits ? b : a;
}

/** Combines the ciphertexts of an output: the largest magnitude, the least headroom. */
function hullOf(parts: readonly Headroom[]): Headroom {
  return {
    ...parts.reduce(larger),
    headroomBits: parts.reduce(tighter).headroomBits,
    sampled: parts.some(({ sampled }) => sampled),
  };
}
