import { type KeySet, keygen } from '../../src/client-server/generate-keys.ts';
import { type CompileOptions, compile } from '../../src/compile/compile.ts';
import { completePlan } from '../../src/compile/complete-plan.ts';
import { ShoalError } from '../../src/errors/shoal-error.ts';
import type { Plan } from '../../src/plan/plan.ts';
import type { Source } from '../../src/syntax/diagnostic.ts';

/** Compiles a program with a low precision, so that its ring is small. */
export function planFor(
  program: string | Source,
  options: Partial<CompileOptions> = {},
  precisionBits = 8,
  file = 'test.circ',
): Plan {
  const source = typeof program === 'string' ? { file, text: program } : program;
  const { optimized } = compile(source, { optimizationLevel: 2, ...options });
  const choice = completePlan(optimized.sketch, { precisionBits });
  if ('refused' in choice) throw new Error(choice.refused.reason);
  return choice.plan;
}

export const quadratic = 'input x: cipher within [-1, 1];\noutput y = x*x;\n';

/**
 * A program with inputs of two parties, a plain input, an output in the clear and an encrypted one.
 */
export const mixed = `input x: cipher[4] within [-1, 1];
input z: cipher[4] within [-1, 1];
input p: plain[4] within [-1, 1];
output y = x*z + p;
output q = 2*p;
`;

export const party = (inputs: Readonly<Record<string, readonly number[]>>) => ({
  inputs: new Map(Object.entries(inputs).map(([name, data]) => [name, Float64Array.from(data)])),
});

/** Returns the code of a refusal, or `accepted`. Other errors are rethrown. */
export async function refusal(action: () => Promise<unknown>): Promise<string> {
  try {
    await action();
  } catch (error) {
    if (error instanceof ShoalError) return error.code;
    throw error;
  }
  return 'accepted';
}

/** Returns a function that generates keys for a plan at its first call. */
export function keysOnce(plan: Plan): () => Promise<KeySet<Uint8Array<ArrayBuffer>>> {
  let keys: Promise<KeySet<Uint8Array<ArrayBuffer>>> | undefined;
  return () => {
    keys ??= keygen(plan);
    return keys;
  };
}
