import type { DiagnosticJson } from '../syntax/diagnostic.ts';
import type { BrokenPromise } from './deviations.ts';
import { showNumber } from './show-values.ts';

/** Returns the error for an output that differs from the clear computation more than promised. */
export function brokenPromiseToJson(
  file: string,
  { output, error, bound }: BrokenPromise,
): DiagnosticJson {
  const message =
    bound === 0
      ? `output '${output}' differs from the clear computation, which it must equal; do not use it`
      : `output '${output}' is off by ${showNumber(error)}, more than the promised ${showNumber(bound)}; do not use it, and declare the ranges of inputs with within`;
  return { code: 'error-bound-exceeded', file, message };
}
