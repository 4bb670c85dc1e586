import { balance } from './balance.ts';
import { collect } from './collect.ts';
import { constants } from './constants.ts';
import { duplicate } from './duplicate.ts';
import { factor } from './factor.ts';
import { fold } from './fold.ts';
import { gram } from './gram.ts';
import { linear } from './linear.ts';
import { merge } from './merge.ts';
import { monic } from './monic.ts';
import type { Pass } from './pass.ts';
import { pipeline } from './pipeline.ts';
import { polynomials } from './polynomials.ts';
import { postpone } from './postpone.ts';
import { powers } from './powers.ts';
import { prune } from './prune.ts';
import { release } from './release.ts';
import { scan } from './scan.ts';
import { unify } from './unify.ts';
import { unscale } from './unscale.ts';

/** All passes, in the order in which the highest optimization level runs them first. */
export const PASSES: readonly Pass[] = [
  merge,
  fold,
  powers,
  balance,
  pipeline,
  constants,
  linear,
  postpone,
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
 * Passes by their names. `unroll` stands for none: it once was a pass, and building expands loops now.
 *
 * @param refuse throws for a name that no pass has
 */
export function passesNamed(
  names: readonly string[],
  refuse: (name: string) => never,
): readonly Pass[] {
  const wanted = names.filter((name) => name !== 'unroll');
  return wanted.map((name) => PASSES.find((pass) => pass.name === name) ?? refuse(name));
}

/** As `-O` takes it. */
export type OptimizationLevel = 0 | 1 | 2 | 3;

/**
 * What the levels below the highest add to the one below each, whose result they start from. Level 0 is the
 * program as written, which no pass has changed.
 */
export const ADDED_PASSES: Record<Exclude<OptimizationLevel, 0 | 3>, readonly Pass[]> = {
  1: [merge, fold, constants, prune],
  2: [powers, balance, pipeline, linear, fold, constants, prune],
};

/**
 * An order of passes that level 3 tries. `shape` brings out structure; `meet` makes circuits of it that meet a
 * goal, and runs for one after the other.
 */
export interface Recipe {
  readonly shape: readonly Pass[];
  readonly meet: readonly Pass[];
}

/**
 * Passes that restructure across iterations. `scan` goes before `duplicate`, which could do the same for a
 * recurrence only with a quadratic number of multiplications; `factor` before it, since terms that share a late
 * factor should be one term before anything is distributed over them, and after it, to take back what
 * distribution need not have multiplied twice. `polynomials` comes last, when it is known how early the rest
 * can be.
 */
export const RESTRUCTURE: Recipe = {
  shape: [scan, fold, factor, balance],
  meet: [
    duplicate,
    unify,
    factor,
    fold,
    balance,
    pipeline,
    polynomials,
    linear,
    fold,
    constants,
    prune,
  ],
};

/**
 * The orders of passes that level 3 tries. A polynomial that is a part of something larger is best collected
 * before products are distributed over its terms; a composition such as Newton's iteration, which would be
 * collected into a long polynomial, is best restructured before. Products of matrices with their transposes come first:
 * where there are any, what they make is mostly so much quicker that nothing else has to be packed.
 */
export const RECIPES: readonly Recipe[] = [
  { ...RESTRUCTURE, shape: [unscale, monic, gram, fold] },
  RESTRUCTURE,
  { ...RESTRUCTURE, shape: [polynomials, fold, ...RESTRUCTURE.shape] },
  { ...RESTRUCTURE, shape: [unscale, fold, collect, scan, fold, balance] },
];

/**
 * What may follow any of them. It makes a circuit of fewer levels whose values are larger or smaller: which of both
 * is quicker, parameters tell.
 */
export const FINAL_PASSES: readonly Pass[] = [postpone];

/** What the program as written becomes before its constants are moved, where sums still show what they share. */
export const FACTORING_PASSES: readonly Pass[] = [merge, factor, fold, powers, balance, fold];
