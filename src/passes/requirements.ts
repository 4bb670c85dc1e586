import type { Circuit } from '../ir/graph.ts';
import type { PassContext } from './pass-context.ts';

/** What has to hold for a pass to be run. */
export interface PassRequirement {
  /** What holds, in the words behind 'it requires that'. */
  readonly sentence: string;
  holds(circuit: Circuit, context: PassContext): boolean;
}

/** What passes may require, by the name that they require it by. */
export const REQUIREMENTS = {
  scaledUploads: {
    sentence: 'the client may upload its inputs times constants, as it may in CKKS',
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

export type RequirementName = keyof typeof REQUIREMENTS;

function hasBarriers({ nodes }: Circuit): boolean {
  return nodes.some(({ kind }) => kind === 'barrier');
}
