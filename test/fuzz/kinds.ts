import type { AttackKind } from './attack.ts';
import { circuits } from './circuits.ts';
import { containers } from './containers.ts';
import { data } from './data.ts';
import { interrupted } from './interrupted.ts';
import { plans } from './plans.ts';
import { programs } from './programs.ts';

/** All kinds of attacks, in the order in which the command makes them. */
export const ATTACK_KINDS: readonly AttackKind[] = [
  circuits,
  containers,
  plans,
  data,
  programs,
  interrupted,
];
