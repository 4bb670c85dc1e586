import type { Backend, BackendRequirement, EvaluatingBackend } from './backend.ts';

/** What a backend imports is loaded when it is used: this list is read at every start. */

/** SEAL, loaded at the first call. */
export const SEAL: BackendRequirement = {
  code: 'seal-not-loaded',
  load: async () => (await import('../backends/seal/load-seal.ts')).loadSeal(),
};

export const seal = {
  name: 'seal',
  summary: 'encrypted',
  requires: SEAL,
  encrypts: true,
  withinMemory: async (plan, memory) => {
    const { withFewerKeys } = await import('../memory/fewer-keys.ts');
    return plan.scheme === 'ckks' ? withFewerKeys(plan, 1, memory) : plan;
  },
  singleThreaded: ({ scheme }) => (scheme === 'ckks' ? undefined : scheme),
  evaluate: async (plan, instances, options) => {
    const { encryptedEvaluation: evaluateEncrypted } = await import(
      '../backends/seal/encrypted-evaluation.ts'
    );
    return evaluateEncrypted(plan, instances, options);
  },
} satisfies EvaluatingBackend;

export const plain = {
  name: 'plain',
  summary: 'the same plan in clear',
  encrypts: false,
  singleThreaded: () => '--backend plain',
  evaluate: async (plan, instances, options) => {
    const { simulate } = await import('../backends/simulator.ts');
    return simulate(plan, instances, options);
  },
} satisfies EvaluatingBackend;

export const debug = {
  name: 'debug',
  summary: 'both, compared after each operation (prints secrets)',
  requires: SEAL,
  encrypts: true,
  looksInto: true,
  withinMemory: async (plan) => plan,
  singleThreaded: () => '--backend debug',
  evaluate: async (plan, instances, options) => {
    const { checkedEvaluation: evaluateChecked } = await import(
      '../backends/seal/checked-evaluation.ts'
    );
    return evaluateChecked(plan, instances, options);
  },
} satisfies EvaluatingBackend;

/** All backends; the first one evaluates where no other is asked for. */
export const BACKENDS: readonly [EvaluatingBackend, ...Backend[]] = [seal, plain, debug];

/** Those that evaluate. */
export const EVALUATING: readonly EvaluatingBackend[] = BACKENDS.filter(
  (backend) => 'evaluate' in backend,
);

/**
 * The backend of a name, which evaluates.
 *
 * @throws RangeError if there is none
 */
export function evaluatingBackend(name: string): EvaluatingBackend {
  const backend = EVALUATING.find((candidate) => candidate.name === name);
  if (!backend) throw new RangeError(`no backend '${name}' evaluates`);
  return backend;
}
