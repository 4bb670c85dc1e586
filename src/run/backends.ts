import type { Backend, BackendRequirement, EvaluatingBackend } from './backend.ts';

/**
 * The list of backends. Every start of shoal loads it, so it imports a backend only when it is
 * used.
 */

/** SEAL, which is loaded at the first call. */
export const SEAL: BackendRequirement = {
  code: 'seal-not-loaded',
  load: async () => (await import('../backends/seal/load-seal.ts')).loadSeal(),
};

/** The backend that evaluates encrypted. */
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

/** The backend that evaluates in the clear. */
export const plain = {
  name: 'plain',
  summary: 'the same plan in the clear',
  encrypts: false,
  singleThreaded: () => '--backend plain',
  evaluate: async (plan, instances, options) => {
    const { simulate } = await import('../backends/simulator.ts');
    return simulate(plan, instances, options);
  },
} satisfies EvaluatingBackend;

/** The backend that evaluates both ways and compares after each operation. */
export const debug = {
  name: 'debug',
  summary: 'both, compared after each operation (prints secrets)',
  requires: SEAL,
  encrypts: true,
  inspectsPlan: true,
  withinMemory: async (plan) => plan,
  singleThreaded: () => '--backend debug',
  evaluate: async (plan, instances, options) => {
    const { checkedEvaluation: evaluateChecked } = await import(
      '../backends/seal/checked-evaluation.ts'
    );
    return evaluateChecked(plan, instances, options);
  },
} satisfies EvaluatingBackend;

/** All backends. The first one is the default. */
export const BACKENDS: readonly [EvaluatingBackend, ...Backend[]] = [seal, plain, debug];

/** The backends that evaluate. */
export const EVALUATING_BACKENDS: readonly EvaluatingBackend[] = BACKENDS.filter(
  (backend) => 'evaluate' in backend,
);

/**
 * Returns the evaluating backend of a name.
 *
 * @throws RangeError if there is no such backend or it does not evaluate
 */
export function evaluatingBackend(name: string): EvaluatingBackend {
  const backend = EVALUATING_BACKENDS.find((candidate) => candidate.name === name);
  if (!backend) throw new RangeError(`no backend '${name}' evaluates`);
  return backend;
}
