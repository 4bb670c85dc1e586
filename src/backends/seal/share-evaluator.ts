import type { PublicKey } from 'node-seal/allows';
import { defined } from '../../lookup.ts';
import { keyUses } from '../../memory/key-needs.ts';
import type { KeyCapacities } from '../../memory/key-paging.ts';
import type { Plan } from '../../plan/plan.ts';
import type { Share } from '../../plan/worker-shares.ts';
import { Evaluator } from './evaluator.ts';
import { KeyCache } from './key-cache.ts';
import type { KeyContexts } from './key-contexts.ts';
import type { KeyStore } from './key-store.ts';
import type { PlanContext } from './plan-context.ts';
import type { Exchange } from './result-exchange.ts';
import type { Scope } from './scope.ts';

/** The parts of a worker's evaluator. */
export interface ShareParts {
  readonly context: PlanContext;
  readonly contexts: KeyContexts;
  readonly store: KeyStore;
  readonly capacities: KeyCapacities;
  readonly publicKey: PublicKey;
  readonly plan: Plan;
  readonly share: Share;
  readonly exchange: Exchange;
}

/** Creates the evaluator of a share, and loads the keys that it uses as far as there is room. */
export function shareEvaluator(scope: Scope, parts: ShareParts): Evaluator {
  const { context, contexts, store, capacities, publicKey, plan, share, exchange } = parts;
  const uses = keyUses(share.ops.map((at) => defined(plan.ops[at])));
  const keys = scope.own(new KeyCache(context, contexts, store, uses, capacities));
  keys.preload();
  return scope.own(new Evaluator(context, publicKey, keys, plan, share, exchange));
}
