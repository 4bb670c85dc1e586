import { encryptedEvaluation } from '../../src/backends/seal/encrypted-evaluation.ts';
import { Evaluator } from '../../src/backends/seal/evaluator.ts';
import { loadSeal } from '../../src/backends/seal/load-seal.ts';
import { compile } from '../../src/compile/compile.ts';
import { completePlan } from '../../src/compile/complete-plan.ts';
import { sizeOf } from '../../src/tensor/tensor.ts';
import { median, printTable, ratio } from './table.ts';

const ROUNDS = 5;

const PROGRAMS: Record<string, string> = {
  'x^16': 'input x: cipher within [-1, 1]; output y = x^16;',
  'degree 15 by Horner':
    'input x: cipher within [-1, 1]; var s = 0.5; for i in 0..7 { s = s*x + 0.1*i; } output s;',
  variance:
    'input v: cipher[1000] within [-1, 1]; let d = v - sum(v)/1000; output s = sum(d*d)/1000;',
  'sum of 64 products':
    'input v: cipher[64] within [-1, 1]; var s = 0; for i in 0..64 { s = s + v[i]*v[63 - i]; } output s;',
  'many additions':
    'input x: cipher within [-1, 1]; var s = x; for i in 0..500 { s = s - 0.5*x + 0.001*i; } output s;',
};

/** The time spent in methods of SEAL while `active`, in ms. */
const inside = { ms: 0, active: false };

type Methods = Record<string, unknown>;

/** Wraps every method of a bound class so that it adds its time to {@link inside}. */
function instrument(prototype: Methods): void {
  for (const name of Object.getOwnPropertyNames(prototype)) {
    const method = prototype[name];
    if (name === 'constructor' || name === 'delete' || typeof method !== 'function') continue;
    prototype[name] = function (this: unknown, ...args: unknown[]) {
      if (!inside.active) return method.apply(this, args);
      const start = performance.now();
      try {
        return method.apply(this, args);
      } finally {
        inside.ms += performance.now() - start;
      }
    };
  }
}

/** Compares the evaluation time with the sum of its calls of SEAL (operations and encodings). */
export async function overhead(): Promise<void> {
  const seal = await loadSeal();
  for (const bound of [seal.Evaluator, seal.CKKSEncoder, seal.Plaintext, seal.Ciphertext]) {
    instrument(bound.prototype as unknown as Methods);
  }
  const { run } = Evaluator.prototype;
  Evaluator.prototype.run = async function (...args) {
    inside.active = true;
    return run.apply(this, args).finally(() => {
      inside.active = false;
    });
  };
  const rows = [];
  for (const [name, text] of Object.entries(PROGRAMS)) rows.push(await measure(name, text));
  Evaluator.prototype.run = run;
  printTable(
    'Evaluation time, relative to that of its calls of SEAL',
    ['program', 'N', 'SEAL ms', 'evaluate ms', 'ratio'],
    rows,
  );
}

async function measure(name: string, text: string): Promise<(string | number)[]> {
  const compilation = compile({ file: 'bench.circ', text }, { optimizationLevel: 2 });
  const choice = completePlan(compilation.optimized.sketch, { precisionBits: 20 });
  if (!('plan' in choice)) throw new Error(choice.refused.reason);
  const inputs = new Map(
    compilation.checked.inputs.map((input) => [
      input.name,
      new Float64Array(sizeOf(input.shape)).fill(0.5),
    ]),
  );
  const [whole, bare]: [number[], number[]] = [[], []];
  for (let round = 0; round < ROUNDS; round++) {
    inside.ms = 0;
    const { timings } = await encryptedEvaluation(choice.plan, [{ inputs }]);
    whole.push(timings.evaluate);
    bare.push(inside.ms);
  }
  const [total, seal] = [median(whole), median(bare)];
  return [
    name,
    choice.plan.params.polyModulusDegree,
    seal.toFixed(1),
    total.toFixed(1),
    ratio(total, seal),
  ];
}
