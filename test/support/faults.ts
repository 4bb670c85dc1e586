import type { Ciphertext } from 'node-seal/allows';
import { vi } from 'vitest';
import { Evaluator } from '../../src/backends/seal/evaluator.ts';

/** Makes every later evaluation change the ciphertext of the operation with index `at`. */
export function changeAfter(at: number, change: (cipher: Ciphertext) => void): void {
  const run = Evaluator.prototype.run;
  vi.spyOn(Evaluator.prototype, 'run').mockImplementation(function (
    this: Evaluator,
    uploads,
    data,
    options,
    observe,
  ) {
    return run.call(this, uploads, data, options, (index: number, cipher: Ciphertext) => {
      if (index === at) change(cipher);
      observe?.(index, cipher);
    });
  });
}
