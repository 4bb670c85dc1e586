import type { GaloisKeys, PublicKey, RelinKeys, SecretKey } from 'node-seal/allows';
import type { Plan } from '../../plan/plan.ts';
import { SealError, translating } from './runtime.ts';
import type { SchemeContext } from './scheme.ts';
import { type Deletable, Scope } from './scope.ts';

/** Which evaluation keys a plan uses. */
export interface KeyNeeds {
  readonly relinearization: boolean;
  /** Rotation steps, ascending. */
  readonly steps: readonly number[];
}

/** What whoever evaluates is given. Reveals nothing about the secret key. */
export interface EvaluationKeys extends Deletable {
  readonly publicKey: PublicKey;
  readonly relin: RelinKeys | undefined;
  readonly galois: GaloisKeys | undefined;
}

/** All keys; the secret one stays with the client. */
export interface KeyPair extends Deletable {
  readonly secretKey: SecretKey;
  readonly evaluation: EvaluationKeys;
}

/** Keys that evaluating a plan takes, and no others. */
export function keyNeeds(plan: Pick<Plan, 'ops'>): KeyNeeds {
  const steps = new Set<number>();
  for (const op of plan.ops) if (op.op === 'rotate') steps.add(op.steps);
  return {
    relinearization: plan.ops.some((op) => op.op === 'relinearize'),
    steps: [...steps].sort((a, b) => a - b),
  };
}

/** Bytes of the evaluation keys: a switching key has k-1 digits of two polynomials modulo k primes. */
export function evaluationKeyBytes(params: Plan['params'], needs: KeyNeeds): number {
  const k = params.coeffModulus.length;
  const switchingKey = 16 * params.polyModulusDegree * k * (k - 1);
  const count = needs.steps.length + (needs.relinearization ? 1 : 0);
  return count * switchingKey + 16 * params.polyModulusDegree * k;
}

/** @throws SealError if there are no rotation keys */
export function galoisKeysOf({ galois }: EvaluationKeys): GaloisKeys {
  if (galois === undefined) throw new SealError('there are no rotation keys');
  return galois;
}

/** Generates a key pair with the evaluation keys that are needed. */
export function generateKeys(context: SchemeContext, needs: KeyNeeds): KeyPair {
  const { seal } = context;
  const evaluationScope = new Scope();
  const scope = new Scope();
  scope.own(evaluationScope);
  try {
    return translating(seal, 'generating keys', () => {
      const generator = new seal.KeyGenerator(context.context);
      try {
        const secretKey = scope.own(generator.secretKey());
        const publicKey = evaluationScope.own(generator.createPublicKey());
        const relin = needs.relinearization
          ? evaluationScope.own(generator.createRelinKeys())
          : undefined;
        const galois =
          needs.steps.length > 0
            ? evaluationScope.own(generator.createGaloisKeysWithSteps(Int32Array.from(needs.steps)))
            : undefined;
        const evaluation = { publicKey, relin, galois, delete: () => evaluationScope.delete() };
        return { secretKey, evaluation, delete: () => scope.delete() };
      } finally {
        generator.delete();
      }
    });
  } catch (error) {
    scope.delete();
    throw error;
  }
}
