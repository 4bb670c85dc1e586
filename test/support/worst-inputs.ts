import type { Instance } from '../../src/backends/evaluation.ts';
import { defined } from '../../src/lookup.ts';
import { type BlockData, REALS } from '../../src/plan/clear-ops.ts';
import type { CkksPlan, PlanInput } from '../../src/plan/plan.ts';
import { withPrecomputed } from '../../src/plan/precomputed.ts';
import { carryErrors } from '../../src/schemes/ckks/error-bounds.ts';
import { noiseParamsOf } from '../../src/schemes/ckks/noise-amplitudes.ts';
import { randomNumbers } from '../../src/schemes/ckks/samples.ts';
import { cipherProperties } from '../../src/schemes/ckks/scales.ts';
import { analyzeRanges } from '../../src/schemes/ckks/value-bounds.ts';

/** Number of inputs tried at once, and of random errors propagated through the circuit for each. */
const POPULATION = 48;
const DRAWS = 4;
/** Number of best inputs that the next round varies, and number of rounds. */
const SURVIVORS = 12;
const ROUNDS = 16;
/** Limit on the slots that a search computes, over all values and rounds. */
const WORK = 6e7;

type Point = ReadonlyMap<string, Float64Array>;

interface Candidate {
  readonly point: Point;
  /** Largest root mean square error of an output, relative to its error bound. */
  readonly size: number;
}

/**
 * Returns inputs within their ranges at which the outputs of a plan are most sensitive to errors,
 * the worst first. The search is hill climbing from corners and random points. It measures
 * sensitivity with random errors of realistic size, propagated through the derivative in the clear.
 * Deterministic.
 */
export function worstInputs(plan: CkksPlan, count: number): readonly Instance[] {
  const next = randomNumbers(plan.ops.length);
  const rounds = Math.max(2, Math.min(ROUNDS, Math.floor(WORK / workOf(plan))));
  let best: readonly Candidate[] = [];
  for (let round = 0; round < rounds; round++) {
    const points = Array.from({ length: POPULATION }, (_, i) => {
      const parent = best[i % Math.max(1, best.length)];
      return parent ? changed(plan, parent.point, next) : startOf(plan, i, next);
    });
    const all = [...best, ...sensitivities(plan, points)];
    best = all.toSorted((a, b) => b.size - a.size).slice(0, SURVIVORS);
  }
  return best.slice(0, count).map(({ point }) => ({ inputs: point }));
}

function workOf({ ops, slots }: CkksPlan): number {
  return ops.length * slots * POPULATION * DRAWS;
}

/**
 * Returns the initial point of index `i`: all elements high, all low, alternately high and low, all
 * of least magnitude; then random corners and random points in turn.
 */
function startOf(plan: CkksPlan, i: number, next: () => number): Point {
  const patterns = [
    ([, high]: PlanInput['range']) => high,
    ([low]: PlanInput['range']) => low,
    ([low, high]: PlanInput['range'], element: number) => (element % 2 === 0 ? high : low),
    ([low, high]: PlanInput['range']) => Math.min(high, Math.max(low, 0)),
  ];
  const any = ([low, high]: PlanInput['range']): number =>
    i % 2 === 0 ? (next() < 0.5 ? low : high) : low + (high - low) * next();
  const pattern = patterns[i] ?? any;
  return pointOf(plan, (range, element) => pattern(range, element));
}

function pointOf(
  { inputs }: CkksPlan,
  pick: (range: PlanInput['range'], element: number, name: string) => number,
): Point {
  return new Map(
    inputs.map(({ name, shape, range, secrecy }) => {
      const size = shape.reduce((product, n) => product * n, 1);
      const data = Float64Array.from({ length: size }, (_, i) => pick(range, i, name));
      return [name, secrecy === 'plain' ? data.map((x) => awayFromZero(x, range)) : data];
    }),
  );
}

/** Replaces 0 by a small value of the range, because programs may divide by plain inputs. */
function awayFromZero(x: number, [low, high]: PlanInput['range']): number {
  const least = Math.max(Math.abs(low), Math.abs(high)) / 1024;
  return x === 0 ? (high > 0 ? Math.min(high, least) : Math.max(low, -least)) : x;
}

/** Returns a point with some elements changed: to a corner, to any value, or slightly. */
function changed(plan: CkksPlan, parent: Point, next: () => number): Point {
  const share = next() ** 3;
  return pointOf(plan, ([low, high], element, name) => {
    const x = defined(defined(parent.get(name))[element]);
    if (next() > Math.max(share, 0.05)) return x;
    const kind = next();
    if (kind < 0.4) return next() < 0.5 ? low : high;
    if (kind < 0.6) return low + (high - low) * next();
    const step = (high - low) * 0.1 * (2 * next() - 1) * next();
    return Math.min(high, Math.max(low, x + step));
  });
}

function sensitivities(plan: CkksPlan, points: readonly Point[]): readonly Candidate[] {
  const readers = points.map((point) => withPrecomputed(plan, (name) => defined(point.get(name))));
  const data: BlockData = {
    ring: REALS,
    slots: plan.slots,
    blocks: points.length * DRAWS,
    read: (input, block) => defined(readers[Math.floor(block / DRAWS)])(input),
  };
  // The bound of an output is that of its ciphertext times the absolute factor of the client.
  const bounds = new Map(
    plan.outputs.map(({ value, errorBound, factor = 1 }) => [value, errorBound / Math.abs(factor)]),
  );
  const sizes = new Float64Array(points.length);
  const analysis = {
    sketch: plan,
    ranges: analyzeRanges(plan),
    properties: cipherProperties(plan),
  };
  carryErrors(analysis, noiseParamsOf(plan.params), data, (value, _slots, errors) => {
    const bound = bounds.get(value);
    if (bound === undefined) return;
    points.forEach((_, i) => {
      sizes[i] = Math.max(defined(sizes[i]), largestRms(errors, i, plan.slots) / bound);
    });
  });
  return points.map((point, i) => ({ point, size: defined(sizes[i]) }));
}

/** Returns the largest root mean square of a slot over the draws of a point. */
function largestRms(errors: Float64Array, point: number, slots: number): number {
  let largest = 0;
  for (let slot = 0; slot < slots; slot++) {
    let squares = 0;
    for (let draw = 0; draw < DRAWS; draw++)
      squares += defined(errors[(point * DRAWS + draw) * slots + slot]) ** 2;
    largest = Math.max(largest, squares);
  }
  return Math.sqrt(largest / DRAWS);
}
