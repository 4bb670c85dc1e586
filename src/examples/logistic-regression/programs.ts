import type { DataName, Scaling } from './prepare.ts';
import {
  cubicSlope,
  fixedHessian,
  gradientAscent,
  hingeSlope,
  type Method,
  nesterov,
  quadraticSlope,
  type Slope,
  sigmoidSlope,
} from './train-in-clear.ts';

/** Values of the params of a circuit. */
export type Params = Readonly<Record<string, number>>;

/** A circuit that trains a model, with the same training in the clear. */
export interface TrainingProgram {
  /** Whether each step has its own batch; otherwise all steps share one. */
  readonly minibatches: boolean;
  /** Whether minibatches can be used several times. */
  readonly epochs?: true;
  /** Default number of samples in a batch. */
  readonly samples: number;
  readonly scaling: Scaling;
  /** The initial weights: always zero, a plain input, or an encrypted input. */
  readonly start: 'zero' | 'plain' | 'cipher';
  /** Defaults of the params other than k, n and f, by data set. */
  readonly params: Readonly<Record<DataName, Params>>;
  readonly method: Method;
  readonly approximate: (params: Params) => Slope;
  readonly exact: { readonly name: string; readonly slope: Slope };
  /**
   * The argument of the polynomial for a margin, and the largest magnitude of an argument that the
   * polynomial approximates well.
   */
  readonly argument: (margin: number) => number;
  readonly domain: (params: Params) => number;
}

const logistic = {
  scaling: 'centred',
  approximate: () => cubicSlope,
  exact: { name: 'sigmoid', slope: sigmoidSlope },
  argument: (margin: number) => margin,
  domain: () => 8,
} as const;

/**
 * The programs, by the names of their circuits. The step sizes are the largest ones for which
 * arguments stay near the domain of the polynomial.
 */
export const PROGRAMS = {
  'full-batch': {
    ...logistic,
    minibatches: false,
    samples: 256,
    start: 'zero',
    params: { mnist: { step: 6 }, 'breast-cancer': { step: 8 } },
    method: gradientAscent,
  },
  minibatch: {
    ...logistic,
    minibatches: true,
    samples: 64,
    start: 'plain',
    params: { mnist: { step: 6 }, 'breast-cancer': { step: 6 } },
    method: gradientAscent,
  },
  nesterov: {
    ...logistic,
    minibatches: true,
    samples: 64,
    epochs: true,
    start: 'cipher',
    params: { mnist: { step: 3 }, 'breast-cancer': { step: 3 } },
    method: nesterov,
  },
  'fixed-hessian': {
    ...logistic,
    scaling: 'unit',
    minibatches: false,
    samples: 256,
    start: 'zero',
    params: { mnist: { newton: 2, guess: 0.125 }, 'breast-cancer': { newton: 2, guess: 0.25 } },
    method: fixedHessian,
  },
  'squared-hinge': {
    scaling: 'centred',
    minibatches: true,
    samples: 64,
    start: 'zero',
    params: {
      mnist: { step: 1, decay: 0.01, radius: 3 },
      'breast-cancer': { step: 2, decay: 0.01, radius: 3 },
    },
    method: gradientAscent,
    approximate: ({ radius = 3 }) => quadraticSlope(radius),
    exact: { name: 'hinge', slope: hingeSlope },
    argument: (margin) => 1 - margin,
    domain: ({ radius = 3 }) => radius,
  },
} as const satisfies Record<string, TrainingProgram>;

export type ProgramName = keyof typeof PROGRAMS;
