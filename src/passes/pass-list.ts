import { balance } from './balance.ts';
import { collect } from './collect.ts';
import { compose } from './compose.ts';
import { constants } from './constants.ts';
import { duplicate } from './duplicate.ts';
import { enlarge } from './enlarge.ts';
import { factor } from './factor.ts';
import { fold } from './fold.ts';
import { gram } from './gram.ts';
import { krylov } from './krylov.ts';
import { linear } from './linear.ts';
import { merge } from './merge.ts';
import { monic } from './monic.ts';
import { narrow } from './narrow.ts';
import type { Pass } from './pass.ts';
import { pipeline } from './pipeline.ts';
import { polynomials } from './polynomials.ts';
import { postpone } from './postpone.ts';
import { powers } from './powers.ts';
import { premultiply } from './premultiply.ts';
import { prune } from './prune.ts';
import { release } from './release.ts';
import { scan } from './scan.ts';
import { unify } from './unify.ts';
import { unscale } from './unscale.ts';
import { vectorize } from './vectorize.ts';

/** All passes, in the order in which the highest optimization level first runs them. */
export const PASSES: readonly Pass[] = [
  merge,
  fold,
  vectorize,
  narrow,
  compose,
  powers,
  balance,
  pipeline,
  premultiply,
  constants,
  linear,
  postpone,
  enlarge,
  krylov,
  unscale,
  scan,
  factor,
  monic,
  gram,
  collect,
  duplicate,
  unify,
  polynomials,
  release,
  prune,
];

/**
 * Returns passes by their names. `unroll` is accepted and ignored: it used to be a pass, and now
 * building expands loops.
 *
 * @param refuse throws for a name that no pass has
 */
export function passesNamed(
  names: readonly string[],
  refuse: (name: string) => never,
): readonly Pass[] {
  const passNames = names.filter((name) => name !== 'unroll');
  return passNames.map((name) => PASSES.find((pass) => pass.name === name) ?? refuse(name));
}

/** The optimization level, as `-O` takes it. */
export type OptimizationLevel = 0 | 1 | 2 | 3;

/** The optimization level that is used if none is given. */
export const DEFAULT_OPTIMIZATION_LEVEL: OptimizationLevel = 3;

/**
 * The passes that optimization levels 1 and 2 run on the result of the one below. Optimization
 * level 0 is the source form, which no pass changes.
 */
export const ADDED_PASSES: Record<Exclude<OptimizationLevel, 0 | 3>, readonly Pass[]> = {
  1: [merge, fold, constants, prune],
  2: [powers, balance, pipeline, premultiply, linear, fold, constants, prune],
};

/**
 * An order of passes that optimization level 3 tries. `prepare` exposes structure, once; `meetGoal`
 * runs on its result for one goal after the other, and makes circuits that meet them.
 */
export interface Recipe {
  readonly prepare: readonly Pass[];
  readonly meetGoal: readonly Pass[];
}

/**
 * The passes that optimization level 2 also runs on the source form, if `polynomials` changes it.
 * They make another circuit to choose from: fewer levels are not always faster. The other passes
 * come later, because constants that move into polynomials hide what their argument is.
 */
export const COLLECTING: Recipe = {
  prepare: [merge, fold, powers, fold],
  meetGoal: [polynomials, fold, ...ADDED_PASSES[2]],
};

/**
 * Passes that restructure across iterations. `scan` runs before `duplicate`, which could do the
 * same for a recurrence only with a quadratic number of multiplications. `factor` runs before
 * `duplicate`, because terms that share a late factor should be one term before products are
 * distributed over them. It also runs after, to undo duplications that were not needed.
 * `polynomials` runs near the end, when it is known how early the other values can be.
 */
export const RESTRUCTURE: Recipe = {
  prepare: [scan, fold, factor, balance],
  meetGoal: [
    duplicate,
    unify,
    factor,
    fold,
    balance,
    pipeline,
    polynomials,
    premultiply,
    linear,
    fold,
    constants,
    prune,
  ],
};

/**
 * The orders of passes that optimization level 3 tries. A polynomial that is part of a larger
 * expression is best collected before products are distributed over its terms. A composition such
 * as Newton's iteration is best restructured first, because collecting would make it a long
 * polynomial. The recipe for products of matrices with their transposes comes first: if there are
 * any, its circuits are usually so much faster that no others need to be packed.
 */
export const RECIPES: readonly Recipe[] = [
  { ...RESTRUCTURE, prepare: [krylov, fold, unscale, monic, gram, fold] },
  { ...RESTRUCTURE, prepare: [unscale, monic, gram, fold] },
  RESTRUCTURE,
  { ...RESTRUCTURE, prepare: [polynomials, fold, ...RESTRUCTURE.prepare] },
  { ...RESTRUCTURE, prepare: [unscale, fold, collect, scan, fold, balance] },
];

/** Where constants are gone or have moved, scalings and sums combine again. */
const COMBINING: readonly Pass[] = [fold, balance, linear, fold, constants, prune];

/**
 * The passes that may follow any recipe. They make a circuit with fewer levels whose values are
 * larger or smaller; only the parameters tell which circuit is faster.
 */
export const FINAL_PASSES: readonly Pass[] = [postpone, ...COMBINING];

/** The passes that make values larger, so that a smaller scale is precise enough. */
export const ENLARGING_PASSES: readonly Pass[] = [enlarge, ...COMBINING];

/**
 * The passes that run on the source form before its constants are moved, while sums still show
 * shared factors.
 */
export const FACTORING_PASSES: readonly Pass[] = [merge, factor, fold, powers, balance, fold];
