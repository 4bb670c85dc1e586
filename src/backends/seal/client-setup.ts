import type { PublicKey, SecretKey } from 'node-seal/allows';
import { keyLevels } from '../../memory/key-levels.ts';
import type { Plan } from '../../plan/plan.ts';
import type { EvaluateOptions } from '../evaluation.ts';
import { KeyContexts } from './key-contexts.ts';
import { generateKeyStore, generateSecretKey, type KeyStore, loadPublicKey } from './key-store.ts';
import type { Seal } from './load-seal.ts';
import type { Clock } from './phase-clock.ts';
import { createPlanContext, type PlanContext } from './plan-context.ts';
import type { Scope } from './scope.ts';

/** The context and keys that a client needs before it encrypts. */
export interface ClientSetup {
  readonly context: PlanContext;
  readonly contexts: KeyContexts;
  readonly secretKey: SecretKey;
  readonly publicKey: PublicKey;
  /** The keys that the client sends to the server. */
  readonly store: KeyStore;
}

/** Measures and reports the progress of the setup. */
interface Watch {
  readonly clock: Clock;
  readonly report: NonNullable<EvaluateOptions['onProgress']>;
}

/**
 * Creates the context and the keys for a plan.
 *
 * @param scope owns the created objects
 * @throws ShoalError if the parameters are invalid, or less secure than they claim
 */
export function setUpClient(
  scope: Scope,
  seal: Seal,
  plan: Plan,
  { clock, report }: Watch,
): ClientSetup {
  report(0, 0, 'setup');
  const context = clock.time('setup', () => scope.own(createPlanContext(seal, plan)));
  const contexts = scope.own(new KeyContexts(context));
  report(0, 0, 'keygen');
  return clock.time('keygen', () => {
    const secretKey = scope.own(generateSecretKey(context));
    const store = generateKeyStore(context, contexts, secretKey, keyLevels(plan), (done, total) =>
      report(done, total, 'keygen'),
    );
    const publicKey = scope.own(loadPublicKey(context, store));
    return { context, contexts, secretKey, publicKey, store };
  });
}
