import type { DiagnosticJson } from '../syntax/diagnostic.ts';
import type { BrokenPromise } from './deviations.ts';
import { showNumber } from './show-values.ts';

/** What is said of an output that is further from the clear computation than its plan promises. */
export function brokenToJson(
  file: string,
  { output, error, bound }: BrokenPromise,
): DiagnosticJson {
  const message =
    bound === 0
      ? `output '${output}' is not what the clear computation gives, which it should equal; do not use it`
      : `output '${output}' is off by ${showNumber(error)}, more than the promised ${showNumber(bound)}; do not use it, and declare the inputs' ranges with within`;
  return { code: 'error-bound-exceeded', file, message };
}
