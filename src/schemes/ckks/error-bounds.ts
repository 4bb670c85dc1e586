import { hasCode } from '../../errors/shoal-error.ts';
import { defined } from '../../lookup.ts';
import type { BlockData, ClearValue } from '../../plan/clear-ops.ts';
import { rotateInto } from '../../plan/clear-ops.ts';
import { lastUses } from '../../plan/liveness.ts';
import { isClear, OPERATIONS } from '../../plan/operations.ts';
import type { CkksCipherOp, CkksPlan, CkksSketch } from '../../plan/plan.ts';
import { promiseKeeper } from '../../plan/promises.ts';
import { runSlots } from '../../plan/slot-machine.ts';
import {
  FLOAT_ERROR,
  type NoiseAmplitudes,
  type NoiseParams,
  noiseAmplitudes,
  noiseParamsOf,
  noiseRatio,
  RMS_TAILS,
} from './noise-amplitudes.ts';
import { Convergence, type InputSamples, magnitudes, sampleInputs } from './samples.ts';
import { type CipherProperties, cipherProperties } from './scales.ts';
import { analyzeRanges, type ValueBounds } from './value-bounds.ts';

/**
 * Predicts how far decrypted outputs are from the clear computation.
 *
 * There are two estimates. The *worst case* adds error bounds up as if all errors had their largest
 * size and the same sign: |δ(ab)| ≤ |a||δb| + |b||δa| + |δa||δb|, with magnitudes from the ranges.
 * It always holds, but like interval arithmetic it ignores correlations, which matters in deep
 * circuits. Newton's inverse, for example, damps earlier errors, while its worst case doubles them.
 *
 * The *sampled* estimate carries random errors of the right size through the derivative of the
 * circuit at sample inputs. Independent errors then add up as squares, and correlated ones cancel
 * as they really do. The estimate is {@link SAMPLE_TAIL}·{@link SAMPLE_SAFETY} times the root mean
 * square of the error. The worst case is used unless it exceeds the sampled estimate more than
 * {@link TRUSTED_EXCESS} times.
 */

const TRUSTED_EXCESS = 8;
/**
 * The multiple of the root mean square that a Laplacian error exceeds with probability 2e-10 in a
 * slot.
 */
const SAMPLE_TAIL = 16;
/** Safety factor for inputs at which the circuit is more sensitive than at the samples. */
const SAMPLE_SAFETY = 2;
/** Number of random errors drawn at each sample to estimate their root mean square. */
const DRAWS = 8;

/** The facts that predictions are computed from. */
export interface ErrorAnalysis {
  readonly sketch: CkksSketch;
  readonly ranges: ValueBounds;
  readonly properties: CipherProperties;
}

/** Returns the error that an operation adds itself, apart from the errors of its operands. */
function ownError(
  { sketch, ranges, properties }: ErrorAnalysis,
  noise: NoiseAmplitudes,
  scales: readonly number[],
  op: CkksCipherOp,
  at: number,
): number {
  const scale = defined(scales[op.level]) ** defined(properties.degrees[at]);
  switch (op.op) {
    case 'upload':
      return (
        (noise.encryption(op.level) + noise.encoding(period(sketch))) / scale +
        FLOAT_ERROR * defined(ranges.magnitude[at])
      );
    case 'addPlain':
    case 'subPlain':
      return plainError(sketch, ranges, noise, op.args[1], scale);
    case 'mulPlain': {
      if (op.scale === 'one') return 0;
      const encoded =
        defined(scales[op.level]) ** 2 / defined(scales[defined(properties.levels[op.args[0]])]);
      return (
        plainError(sketch, ranges, noise, op.args[1], encoded) *
        defined(ranges.magnitude[op.args[0]])
      );
    }
    case 'relinearize':
    case 'rotate':
      return noise.keySwitching(op.level) / scale;
    case 'rescale':
      return noise.rescaling(defined(properties.sizes[at])) / scale;
    case 'adjust':
      return (
        unitError(scales, defined(properties.levels[op.args[0]]), op.level) *
        defined(ranges.magnitude[at])
      );
    case 'lower': {
      const unit = unitError(scales, defined(properties.levels[op.args[0]]), op.level + 1);
      return (
        noise.rescaling(defined(properties.sizes[at])) / scale +
        unit * defined(ranges.magnitude[at])
      );
    }
    case 'add':
    case 'sub':
    case 'negate':
    case 'mul':
      return 0;
  }
}

/**
 * Returns the relative error of the encoded 1 that adjusts a value of level `from` to products at
 * `level`. The encoder rounds it to an integer.
 */
function unitError(scales: readonly number[], from: number, level: number): number {
  return (0.5 * defined(scales[from])) / defined(scales[level]) ** 2 + FLOAT_ERROR;
}

/**
 * Returns the number of slots after which a vector repeats. A batch never repeats, because its
 * instances differ.
 */
function period(sketch: CkksSketch): number {
  return sketch.batchable ? Number.POSITIVE_INFINITY : sketch.slots;
}

function plainError(
  sketch: CkksSketch,
  ranges: ValueBounds,
  noise: NoiseAmplitudes,
  plain: number,
  scale: number,
): number {
  const op = defined(sketch.ops[plain]);
  const uniform = op.op === 'const' && typeof op.data === 'number';
  return (
    noise.encoding(uniform ? 0 : period(sketch)) / scale +
    FLOAT_ERROR * defined(ranges.magnitude[plain])
  );
}

/**
 * Returns a worst-case bound on the absolute error of every value; 0 for clear values.
 *
 * @param params only the sizes matter, so nominal ones suffice
 */
export function worstCaseErrors(analysis: ErrorAnalysis, params: NoiseParams): Float64Array {
  const noise = noiseAmplitudes(params);
  const { ops } = analysis.sketch;
  const { magnitude } = analysis.ranges;
  const errors = new Float64Array(ops.length);
  ops.forEach((op, at) => {
    if (isClear(op)) return;
    const own = ownError(analysis, noise, params.scales, op, at);
    errors[at] = own + inheritedError(op, errors, magnitude);
  });
  return errors;
}

function inheritedError(op: CkksCipherOp, errors: Float64Array, magnitude: Float64Array): number {
  switch (op.op) {
    case 'upload':
      return 0;
    case 'add':
    case 'sub':
      return defined(errors[op.args[0]]) + defined(errors[op.args[1]]);
    case 'mul': {
      const [a, b] = op.args;
      const cross = 2 * defined(errors[a]) * defined(errors[b]); // twice, for the imaginary parts
      return (
        defined(magnitude[a]) * defined(errors[b]) +
        defined(magnitude[b]) * defined(errors[a]) +
        cross
      );
    }
    case 'mulPlain':
      return defined(magnitude[op.args[1]]) * defined(errors[op.args[0]]);
    case 'negate':
    case 'addPlain':
    case 'subPlain':
    case 'relinearize':
    case 'rotate':
    case 'rescale':
    case 'adjust':
    case 'lower':
      return defined(errors[op.args[0]]);
  }
}

/**
 * The sampled errors of some of a plan's values under one set of parameters. They can be scaled to
 * other parameters.
 */
export interface SampledErrors {
  readonly params: NoiseParams;
  /** The sampled bound of each value. Empty where no sample is affordable or defined. */
  readonly bounds: ReadonlyMap<number, number>;
  /** The levels at which keys are switched at the nominal scale. */
  readonly switched: ReadonlySet<number>;
}

/** Computes the sampled estimate for some values. */
export function sampledErrors(
  analysis: ErrorAnalysis,
  params: NoiseParams,
  values: ReadonlySet<number>,
): SampledErrors {
  const rms = rmsErrors(analysis, params, values);
  const bounds = new Map(
    [...rms].map(([value, size]) => [value, SAMPLE_TAIL * SAMPLE_SAFETY * size]),
  );
  const switched = new Set<number>();
  analysis.sketch.ops.forEach((op, at) => {
    if (isClear(op) || OPERATIONS[op.op].key === undefined) return;
    if (analysis.properties.degrees[at] === 1) switched.add(op.level);
  });
  return { params, bounds, switched };
}

/** The predicted bound on a value's error, and whether it is a sampled one. */
export interface PredictedError {
  readonly bound: number;
  readonly sampled: boolean;
}

/** Returns predicted bounds on the absolute errors of the outputs, in the plan's order. */
export function predictErrors(
  analysis: ErrorAnalysis,
  params: NoiseParams,
  samples: SampledErrors,
): readonly PredictedError[] {
  const errors = valueErrors(analysis, params, samples);
  const noise = noiseAmplitudes(params);
  return analysis.sketch.outputs.map(({ value, factor = 1 }) => {
    const { bound, sampled } = errors(value);
    const delivered = bound + deliveryError(analysis, params, noise, value);
    return { bound: Math.abs(factor) * delivered, sampled };
  });
}

/**
 * Returns a function from a value to the predicted bound on its absolute error during the
 * evaluation.
 */
function valueErrors(
  analysis: ErrorAnalysis,
  params: NoiseParams,
  samples: SampledErrors,
): (value: number) => PredictedError {
  const worst = worstCaseErrors(analysis, params);
  const ratio = noiseRatio(params, samples.params, samples.switched);
  return (value) => {
    const estimate = (samples.bounds.get(value) ?? Number.POSITIVE_INFINITY) * ratio;
    const sampled = defined(worst[value]) > estimate * TRUSTED_EXCESS;
    return { bound: sampled ? estimate : defined(worst[value]), sampled };
  };
}

/**
 * Returns predicted bounds on the absolute errors of all values of a plan, each decrypted right
 * after it was computed. The promised errors of outputs are derived from the same bounds.
 */
export function predictAllErrors(plan: CkksPlan): readonly PredictedError[] {
  const analysis = {
    sketch: plan,
    ranges: analyzeRanges(plan),
    properties: cipherProperties(plan),
  };
  const params = noiseParamsOf(plan.params);
  const all = new Set(plan.ops.keys());
  const errors = valueErrors(analysis, params, sampledErrors(analysis, params, all));
  return plan.ops.map((_, value) => {
    const { bound, sampled } = errors(value);
    return { bound: bound + FLOAT_ERROR * defined(analysis.ranges.magnitude[value]), sampled };
  });
}

/**
 * Returns the error that delivering an output adds: an encryption of zero, added to outputs that
 * anybody could read otherwise (see `backends/seal/evaluator.ts`), and the decoding.
 */
function deliveryError(
  { ranges, properties }: ErrorAnalysis,
  { scales }: NoiseParams,
  noise: NoiseAmplitudes,
  value: number,
): number {
  const level = defined(properties.levels[value]);
  if (level < 0) return 0;
  const scale = defined(scales[level]) ** defined(properties.degrees[value]);
  return noise.encryption(level) / scale + FLOAT_ERROR * defined(ranges.magnitude[value]);
}

/**
 * Returns the root mean square error of some values, at the slot and sample where it is largest.
 */
function rmsErrors(
  analysis: ErrorAnalysis,
  params: NoiseParams,
  values: ReadonlySet<number>,
): ReadonlyMap<number, number> {
  const data = sampleInputs(analysis.sketch, DRAWS);
  if (data === undefined) return new Map();
  const convergence = new Convergence(data);
  const rms = new Map<number, readonly number[]>();
  try {
    carryErrors(analysis, params, data, (at, value, errors) => {
      if (convergence.isInQuestion) convergence.record(magnitudes(value, data), 1);
      if (!values.has(at)) return;
      const figures = rmsOf(errors, data);
      // Near inputs where an iteration diverges, errors grow even if the value itself does not.
      convergence.record(figures, 0);
      rms.set(at, figures);
    });
  } catch (error) {
    if (hasCode(error, 'division-by-zero')) return new Map();
    throw error;
  }
  return new Map([...rms].map(([at, figures]) => [at, convergence.largest(figures)]));
}

/**
 * Runs a plan in the clear and carries random errors through its derivative. Each operation adds an
 * error of the root mean square that its noise has.
 *
 * @param visit called with each ciphertext's slots and their errors, whose arrays are reused
 *   afterwards
 * @throws ShoalError if the data do not allow the computation
 */
export function carryErrors(
  analysis: ErrorAnalysis,
  params: NoiseParams,
  data: BlockData,
  visit: (at: number, value: ClearValue, errors: Float64Array) => void,
): void {
  const { sketch } = analysis;
  const noise = noiseAmplitudes(params, RMS_TAILS);
  const width = data.slots * data.blocks;
  const last = lastUses(sketch);
  const errors: (Float64Array | undefined)[] = new Array(sketch.ops.length);
  const spare: Float64Array[] = [];
  const release = (index: number): void => {
    const vector = errors[index];
    if (vector !== undefined) spare.push(vector);
    errors[index] = undefined;
  };
  const keepPromise = promiseKeeper(sketch);
  runSlots(sketch, data, (at, op, value, getValue) => {
    keepPromise(at, value);
    if (!isClear(op)) {
      const fresh = spare.pop() ?? new Float64Array(width);
      const result = inheritErrors(op, errors, getValue, data.slots, fresh);
      errors[at] = result;
      const own = ownError(analysis, noise, params.scales, op, at);
      // A plaintext is rounded once, so its error is the same at every use.
      const seed = op.op === 'mulPlain' ? op.args[1] : at;
      if (own > 0) addSigns(result, own, seed);
      visit(at, value, result);
    }
    if ('args' in op) for (const arg of op.args) if (last[arg] === at) release(arg);
    if (last[at] === at) release(at);
  });
}

/**
 * Returns, for each sample, the root mean square over its repeats in the slot where it is largest.
 */
function rmsOf(errors: Float64Array, { slots, blocks, repeats }: InputSamples): readonly number[] {
  return Array.from({ length: blocks / repeats }, (_, sample) => {
    const from = sample * repeats * slots;
    let largest = 0;
    for (let slot = 0; slot < slots; slot++) {
      let squares = 0;
      for (let i = 0; i < repeats; i++) squares += errors[from + i * slots + slot]! ** 2;
      if (Number.isNaN(squares)) return Number.POSITIVE_INFINITY;
      if (squares > largest) largest = squares;
    }
    return Math.sqrt(largest / repeats);
  });
}

/**
 * The weight of the product of two errors. Its bound is the product of the two bounds, twice for
 * the imaginary parts. The result is multiplied once by the ratio of bound to root mean square, so
 * one such ratio must be included here. The product is negligible unless both factors are near
 * zero, where it is all of the error.
 */
const CROSS_FACTOR = 2 * SAMPLE_TAIL * SAMPLE_SAFETY;

/**
 * Applies an operation's derivative to the errors of its operands, for a product also the second
 * order. Writes `result`.
 */
function inheritErrors(
  op: CkksCipherOp,
  errors: readonly (Float64Array | undefined)[],
  getValue: (index: number) => ClearValue,
  slots: number,
  result: Float64Array,
): Float64Array {
  const error = (arg: number): Float64Array => errors[arg]!;
  switch (op.op) {
    case 'upload':
      return result.fill(0);
    case 'add':
    case 'sub': {
      const [a, b] = [error(op.args[0]), error(op.args[1])];
      const sign = op.op === 'add' ? 1 : -1;
      for (let i = 0; i < result.length; i++) result[i] = a[i]! + sign * b[i]!;
      return result;
    }
    case 'mul': {
      const [a, b] = [error(op.args[0]), error(op.args[1])];
      const x = getValue(op.args[0]) as Float64Array;
      const y = getValue(op.args[1]) as Float64Array;
      for (let i = 0; i < result.length; i++) {
        result[i] = a[i]! * y[i]! + x[i]! * b[i]! + CROSS_FACTOR * a[i]! * b[i]!;
      }
      return result;
    }
    case 'mulPlain': {
      const a = error(op.args[0]);
      const p = getValue(op.args[1]);
      if (typeof p === 'number') for (let i = 0; i < result.length; i++) result[i] = a[i]! * p;
      else for (let i = 0; i < result.length; i++) result[i] = a[i]! * p[i]!;
      return result;
    }
    case 'negate': {
      const a = error(op.args[0]);
      for (let i = 0; i < result.length; i++) result[i] = -a[i]!;
      return result;
    }
    case 'rotate':
      rotateInto(error(op.args[0]), op.steps, slots, result);
      return result;
    case 'addPlain':
    case 'subPlain':
    case 'relinearize':
    case 'rescale':
    case 'adjust':
    case 'lower':
      result.set(error(op.args[0]));
      return result;
  }
}

/** Adds ±amount to every slot, with signs drawn from a seed ("Xorshift RNGs", Marsaglia, 2003). */
function addSigns(vector: Float64Array, amount: number, seed: number): void {
  let state = Math.imul(seed + 1, 0x9e3779b1) | 1;
  // A table, because processors cannot predict a branch on a random sign.
  const signed = [amount, -amount];
  for (let i = 0; i < vector.length; i++) {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    vector[i] = vector[i]! + signed[state & 1]!;
  }
}
