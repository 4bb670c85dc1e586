import type { Nested, TensorDeclaration } from '../data/json-tensors.ts';
import type { TestVectors } from '../data/test-vectors.ts';
import { at, lookUp } from '../lookup.ts';
import { nestOutputs, type Outputs } from './deviations.ts';

/** An element of an output that is too far from the expected value. */
export interface Miss {
  readonly output: string;
  /** Its row-major index. */
  readonly element: number;
  readonly got: number;
  readonly expected: number;
  /** The largest difference that is a hit. */
  readonly allowed: number;
}

/** The result of one test vector. */
export interface VectorResult {
  readonly vector: number;
  readonly name?: string;
  readonly passed: boolean;
  readonly outputs: Record<string, Nested>;
  readonly misses: readonly Miss[];
}

/** The results of all test vectors. */
export interface VectorsSummary {
  readonly passed: number;
  readonly failed: number;
  readonly tolerance: number;
  readonly results: readonly VectorResult[];
}

/**
 * Compares outputs with the expected ones. A value is a hit if
 * |got − expected| ≤ tolerance · max(1, |expected|).
 */
export function judgeVectors(
  { tolerance, vectors }: TestVectors,
  outputs: readonly Outputs[],
  slots: readonly TensorDeclaration[],
): VectorsSummary {
  const results = vectors.map(({ name, expect }, vector): VectorResult => {
    const got = at(outputs, vector);
    const misses = [...expect].flatMap(([output, expected]) =>
      missesOf(output, lookUp(got, output), expected, tolerance),
    );
    return {
      vector,
      ...(name === undefined ? {} : { name }),
      passed: misses.length === 0,
      outputs: nestOutputs(got, slots),
      misses,
    };
  });
  const passed = results.filter((result) => result.passed).length;
  return { passed, failed: results.length - passed, tolerance, results };
}

function missesOf(
  output: string,
  got: Float64Array,
  expected: Float64Array,
  tolerance: number,
): readonly Miss[] {
  const misses: Miss[] = [];
  expected.forEach((wanted, element) => {
    const value = at(got, element);
    const allowed = tolerance * Math.max(1, Math.abs(wanted));
    // `!(… <= …)` instead of `>`, so that NaN is a miss.
    if (!(Math.abs(value - wanted) <= allowed)) {
      misses.push({ output, element, got: value, expected: wanted, allowed });
    }
  });
  return misses;
}
