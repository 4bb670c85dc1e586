import fc from 'fast-check';
import { encryptedEvaluation } from '../../src/backends/seal/encrypted-evaluation.ts';
import { simulate } from '../../src/backends/simulator.ts';
import { type CompileOptions, compile } from '../../src/compile/compile.ts';
import { completePlan } from '../../src/compile/complete-plan.ts';
import { defined } from '../../src/lookup.ts';
import type { OptimizationLevel } from '../../src/passes/pass-list.ts';
import type { Source } from '../../src/syntax/diagnostic.ts';
import { sizeOf } from '../../src/tensor/tensor.ts';
import { compareCircuits } from '../../src/verify/equivalence.ts';
import { expectWithinPromise, inputsWithin } from '../support/encrypted.ts';
import { integerProgram } from '../support/integer-programs.ts';
import { randomMatrixProgram } from '../support/matrix-programs.ts';
import { randomProgram } from '../support/programs.ts';
import type { AttackKind } from './attack.ts';
import { BUDGET } from './bounds.ts';
import type { Random } from './random.ts';

const LEVELS: readonly OptimizationLevel[] = [0, 1, 2, 3];

/** Operations that a compilation may examine: a right program is never refused for its size. */
const PROGRAM_BUDGET = 10 * BUDGET;

/** The files that some programs include and load, in memory. */
const FILES = new Map(
  Object.entries({
    'f.circ':
      'include "g.circ"; const table = load("w.json"); fn f(a) = table[1]*g(a) - len(table);',
    'g.circ': 'fn g(a) { var r = a; if 1 { r *= a; } return r; }',
    'w.json': '[2, 3, -4]',
  }).map(([path, text]) => [path, new TextEncoder().encode(text)]),
);

const sourceOf = (text: string): Source => ({
  file: 'fuzz.circ',
  text,
  files: { resolve: (path) => defined(FILES.get(path)) },
});

/** A program of many kinds; the same as in the property tests. */
const PROGRAMS = fc.oneof(randomProgram(14), integerProgram(8), randomMatrixProgram(6));

/** Options that lead to other circuits than the defaults. */
function otherOptions(random: Random): Partial<CompileOptions> {
  return random.pick([
    {},
    {},
    { client: 'precompute' as const },
    { aim: { objective: 'depth' as const } },
    { unroll: 1 + random.below(3) },
  ]);
}

/**
 * Programs that are right. Each is compiled at all levels: the circuits compute what the text says,
 * exactly, and those of one program in twenty also when encrypted, within the promised error.
 */
export const programs: AttackKind = {
  name: 'programs',
  share: 0.1,
  make: async (random) => {
    const [program] = fc.sample(PROGRAMS, { seed: random.below(2 ** 31), numRuns: 1 });
    if (program === undefined) throw new Error('no program');
    const text = random.oneIn(4)
      ? `${program.text}\ninclude "f.circ";\noutput included = f(x) + table[0]*load("w.json")[2];\n`
      : program.text;
    const encryptedAt = random.oneIn(20) ? random.pick(LEVELS) : undefined;
    const options = LEVELS.map((optimizationLevel) => ({
      optimizationLevel,
      budget: PROGRAM_BUDGET,
      ...otherOptions(random),
    }));
    const run = async () => {
      const complaints: string[] = [];
      for (const option of options) {
        const label = JSON.stringify(option);
        try {
          complaints.push(...differences(text, option).map((what) => `${label}: ${what}`));
          if (option.optimizationLevel !== encryptedAt) continue;
          await requireRight(text, option, random);
        } catch (error) {
          complaints.push(`${label}: ${error instanceof Error ? error.stack : String(error)}`);
        }
      }
      return { accepted: true, complaints };
    };
    return { files: new Map<string, string | Uint8Array>([['fuzz.circ', text], ...FILES]), run };
  },
};

function differences(text: string, options: CompileOptions): readonly string[] {
  const { source, optimized, checked } = compile(sourceOf(text), options);
  const { modulus } = checked.scheme;
  const verdict = compareCircuits(source.circuit, optimized.circuit, {
    points: 2,
    seed: 'fuzz',
    modulus,
  });
  return verdict.equal ? [] : [`other polynomials: ${verdict.reason}`];
}

/** @throws Error if an encrypted output is farther from the right value than promised */
async function requireRight(text: string, options: CompileOptions, random: Random): Promise<void> {
  const compilation = compile(sourceOf(text), options);
  const choice = completePlan(compilation.optimized.sketch, { precisionBits: 20 });
  // Some programs are too deep for every ring.
  if (!('plan' in choice)) return;
  const { plan } = choice;
  if (plan.scheme === 'ckks') {
    const inputs = inputsWithin(compilation, () => random.below(2 ** 20 + 1) / 2 ** 20);
    return expectWithinPromise(compilation, plan, inputs, text);
  }
  const inputs = new Map(
    plan.inputs.map(({ name, shape }) => [
      name,
      Float64Array.from({ length: sizeOf(shape) }, () => random.below(2 ** 31)),
    ]),
  );
  const [clear, encrypted] = await Promise.all([
    simulate(plan, [{ inputs }]),
    encryptedEvaluation(plan, [{ inputs }]),
  ]);
  for (const [name, values] of clear.outputs[0] ?? []) {
    const got = encrypted.outputs[0]?.get(name);
    if (`${got}` !== `${values}`) throw new Error(`${name} is ${got}, not ${values}`);
  }
}
