import type { Circuit } from '../ir/graph.ts';
import type { PassContext } from './pass-context.ts';

/** A condition under which a pass runs. */
export interface PassRequirement {
  /** The condition as a clause after "it requires that". */
  readonly sentence: string;
  holds(circuit: Circuit, context: PassContext): boolean;
}

/** The conditions that passes may require, by name. */
export const REQUIREMENTS = {
  scaledUploads: {
    sentence: 'the client may upload its inputs times constants (CKKS)',
    holds: (_, { scaledUploads }) => scaledUploads,
  },
  precompute: {
    sentence: 'the client may upload products of its inputs (`--client precompute`)',
    holds: (_, { precompute }) => precompute === true,
  },
  barriers: {
    sentence: 'barriers stand between blocks of iterations (`--unroll`)',
    holds: hasBarriers,
  },
  noBarriers: {
    sentence: 'no barrier stands between blocks of iterations',
    holds: (circuit) => !hasBarriers(circuit),
  },
} as const satisfies Record<string, PassRequirement>;

/** The name of a condition that passes may require. */
export type RequirementName = keyof typeof REQUIREMENTS;

function hasBarriers({ nodes }: Circuit): boolean {
  return nodes.some(({ kind }) => kind === 'barrier');
}
