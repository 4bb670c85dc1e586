import { hasCode } from '../../errors/shoal-error.ts';
import { defined } from '../../lookup.ts';
import { inputRanges } from '../../plan/input-ranges.ts';
import type { CkksOp, CkksSketch, PlanPromise, SlotData, SlotMap } from '../../plan/plan.ts';
import { promiseKeeper, promisesByValue } from '../../plan/promises.ts';
import { runSlots } from '../../plan/slot-machine.ts';
import { slotsSpanned } from '../../plan/slot-maps.ts';
import {
  hull,
  type Interval,
  inverse,
  narrowed,
  negated,
  product,
  square,
  sum,
  ZERO_INTERVAL,
} from '../../tensor/interval.ts';
import { Convergence, magnitudes, sampleInputs } from './samples.ts';

/** The bounds of each value of a plan over all its slots. */
export interface ValueBounds {
  readonly low: Float64Array;
  readonly high: Float64Array;
  /** max(|low|, |high|) of each value. */
  readonly magnitude: Float64Array;
  /** 1 if the bound of the value, or of a value that it is computed from, is a sampled one. */
  readonly sampled: Uint8Array;
  /**
   * The magnitude expected in practice: like `magnitude`, but sampled bounds lack the safety
   * factor.
   */
  readonly expected: Float64Array;
}

/**
 * Interval arithmetic is used as long as it is within this factor of what samples reach. The factor
 * must be generous: a sum of n terms of any sign reaches n, but only about √n on random samples.
 */
const TRUSTED_EXCESS = 1024;
/**
 * Where samples are used instead, there and in everything computed from there, their largest
 * magnitude is multiplied by this factor.
 */
const SAMPLE_SAFETY = 16;
/** Magnitudes below this do not influence parameters. */
const LEAST_MAGNITUDE = 2 ** -20;

/**
 * Returns bounds on the slots of every value, derived from the inputs' ranges.
 *
 * Interval arithmetic is proven, but ignores correlations: on long products of related values
 * (Newton's inverse) it grows without bound. Where it exceeds the largest magnitude seen on sample
 * inputs more than {@link TRUSTED_EXCESS} times, that magnitude times {@link SAMPLE_SAFETY} is used
 * instead and marked as sampled: likely, not proven. Both respect what the author promises.
 */
export function analyzeRanges(sketch: CkksSketch): ValueBounds {
  const count = sketch.ops.length;
  const seen = sampledMagnitudes(sketch);
  const bounds: Bounds = {
    low: new Float64Array(count),
    high: new Float64Array(count),
    coreLow: new Float64Array(count),
    coreHigh: new Float64Array(count),
  };
  const sampled = new Uint8Array(count);
  const magnitude = new Float64Array(count);
  const expected = new Float64Array(count);
  const inputs = inputRanges(sketch);
  const promises = promisesByValue(sketch);
  sketch.ops.forEach((op, at) => {
    boundOp(op, at, bounds, inputs, sketch.slots);
    const promise = promises.get(at);
    if (promise) narrow(bounds, at, promise);
    if ('args' in op)
      for (const arg of op.args) sampled[at] = defined(sampled[at]) | defined(sampled[arg]);
    const reached = Math.max(seen?.[at] ?? Number.POSITIVE_INFINITY, LEAST_MAGNITUDE);
    const trusted = reached * (sampled[at] === 1 ? SAMPLE_SAFETY : TRUSTED_EXCESS);
    // An upload may have any value in its range, and each must fit when it is encoded.
    if (op.op !== 'upload' && magnitudeOf(bounds, at) > trusted) {
      bounds.low[at] = Math.max(defined(bounds.low[at]), -reached * SAMPLE_SAFETY);
      bounds.high[at] = Math.min(defined(bounds.high[at]), reached * SAMPLE_SAFETY);
      sampled[at] = 1;
    }
    magnitude[at] = magnitudeOf(bounds, at);
    expected[at] =
      sampled[at] === 1 ? Math.min(reached, defined(magnitude[at])) : defined(magnitude[at]);
  });
  return { low: bounds.low, high: bounds.high, magnitude, sampled, expected };
}

/**
 * Returns the largest |slot| of each value over the samples; undefined if no sample can be
 * computed.
 */
function sampledMagnitudes(sketch: CkksSketch): Float64Array | undefined {
  const data = sampleInputs(sketch);
  if (data === undefined) return undefined;
  const convergence = new Convergence(data);
  const figures: (readonly number[])[] = [];
  try {
    const keepPromise = promiseKeeper(sketch);
    runSlots(sketch, data, (at, _op, value) => {
      keepPromise(at, value);
      figures[at] = magnitudes(value, data);
      convergence.record(figures[at], 1);
    });
  } catch (error) {
    // A computed divisor may be zero on a sample. Then only intervals remain.
    if (hasCode(error, 'division-by-zero')) return undefined;
    throw error;
  }
  return Float64Array.from(figures, (each) => convergence.largest(each));
}

/** Narrows the bounds of a value to its promised range. */
function narrow(bounds: Bounds, at: number, { range, hasZeros }: PlanPromise): void {
  const core = narrowed([defined(bounds.coreLow[at]), defined(bounds.coreHigh[at])], range);
  const full = narrowed([defined(bounds.low[at]), defined(bounds.high[at])], range);
  const [low, high] = hasZeros ? hull(full, ZERO_INTERVAL) : full;
  [bounds.coreLow[at], bounds.coreHigh[at]] = core;
  [bounds.low[at], bounds.high[at]] = [low, high];
}

interface Bounds {
  readonly low: Float64Array;
  readonly high: Float64Array;
  /** Bounds over the slots that contain data. A division ignores the zeros between them. */
  readonly coreLow: Float64Array;
  readonly coreHigh: Float64Array;
}

function magnitudeOf(bounds: Bounds, at: number): number {
  return Math.max(Math.abs(defined(bounds.low[at])), Math.abs(defined(bounds.high[at])));
}

function boundOp(
  op: CkksOp,
  at: number,
  bounds: Bounds,
  inputs: ReadonlyMap<string, Interval>,
  slots: number,
): void {
  const { low, high, coreLow, coreHigh } = bounds;
  const [core, withZeros] = intervalsOf(op, bounds, inputs, slots);
  low[at] = withZeros[0];
  high[at] = withZeros[1];
  coreLow[at] = core[0];
  coreHigh[at] = core[1];
}

/** Returns the interval of the slots that contain data, and the interval of all slots. */
function intervalsOf(
  op: CkksOp,
  bounds: Bounds,
  inputs: ReadonlyMap<string, Interval>,
  slots: number,
): [Interval, Interval] {
  const full = (arg: number): Interval => [defined(bounds.low[arg]), defined(bounds.high[arg])];
  const core = (arg: number): Interval => [
    defined(bounds.coreLow[arg]),
    defined(bounds.coreHigh[arg]),
  ];
  switch (op.op) {
    case 'const':
      return dataIntervals(op.data, slots);
    case 'plainInput':
    case 'upload': {
      const range = defined(inputs.get(op.input));
      const packed = fillsAll(op.map, slots) ? range : hull(range, ZERO_INTERVAL);
      if (op.op === 'plainInput' || op.factor === undefined) return [range, packed];
      const [, factor] = dataIntervals(op.factor, slots);
      return [product(range, factor), product(packed, factor)];
    }
    case 'clearInverse': {
      const inverted = inverse(core(op.args[0]));
      return [inverted, hull(inverted, ZERO_INTERVAL)];
    }
    case 'clearAdd':
    case 'add':
    case 'addPlain':
      return [sum(core(op.args[0]), core(op.args[1])), sum(full(op.args[0]), full(op.args[1]))];
    case 'clearSub':
    case 'sub':
    case 'subPlain':
      return [
        sum(core(op.args[0]), negated(core(op.args[1]))),
        sum(full(op.args[0]), negated(full(op.args[1]))),
      ];
    case 'clearMul':
    case 'mul':
    case 'mulPlain': {
      const [a, b] = op.args;
      if (a === b) return [square(core(a)), square(full(a))];
      return [product(core(a), core(b)), product(full(a), full(b))];
    }
    case 'clearNegate':
    case 'negate':
      return [negated(core(op.args[0])), negated(full(op.args[0]))];
    case 'clearRotate':
    case 'rotate':
      // A rotation mixes slots that contain data with those that do not.
      return [full(op.args[0]), full(op.args[0])];
    case 'relinearize':
    case 'rescale':
    case 'adjust':
    case 'lower':
      return [core(op.args[0]), full(op.args[0])];
  }
}

function fillsAll(map: SlotMap, slots: number): boolean {
  const elements = map.sizes.reduce((n, size) => n * size, 1);
  const copies = map.copies.reduce((n, copy) => n * copy.count, 1);
  return elements * copies === slots && slotsSpanned(map) === slots;
}

function dataIntervals(data: SlotData, slots: number): [Interval, Interval] {
  if (typeof data === 'number')
    return [
      [data, data],
      [data, data],
    ];
  let low = Number.POSITIVE_INFINITY;
  let high = Number.NEGATIVE_INFINITY;
  for (const x of data) {
    low = Math.min(low, x);
    high = Math.max(high, x);
  }
  const listed: Interval = data.length === 0 ? ZERO_INTERVAL : [low, high];
  return [listed, data.length < slots ? hull(listed, ZERO_INTERVAL) : listed];
}
