import type { ErrorCode } from '../errors/codes.ts';
import { defined } from '../lookup.ts';
import type { ErrorDiagnostic, Span } from './diagnostic.ts';

/**
 * The errors of one file. Phases add them in any order, and the author reads them in the order of
 * the text.
 */
export class Problems {
  readonly #errors: ErrorDiagnostic[] = [];

  error(code: ErrorCode, span: Span, message: string, help?: string): void {
    this.#errors.push({
      severity: 'error',
      code,
      message,
      span,
      ...(help === undefined ? {} : { help }),
    });
  }

  /**
   * Returns a function that says whether an error found so far starts in a span. A later phase uses
   * it to avoid reporting the same mistake twice.
   */
  refused(): (span: Span) => boolean {
    const starts = Float64Array.from(this.#errors, ({ span }) => span.start).sort();
    return ({ start, end }) => {
      const at = firstNotBelow(starts, start);
      return at < starts.length && defined(starts[at]) < end;
    };
  }

  /** Returns the errors in the order of the text. */
  list(): readonly ErrorDiagnostic[] {
    return this.#errors.toSorted((a, b) => a.span.start - b.span.start);
  }
}

/** Index of the first element that is at least `value`. */
function firstNotBelow(sorted: Float64Array, value: number): number {
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (defined(sorted[middle]) < value) low = middle + 1;
    else high = middle;
  }
  return low;
}
