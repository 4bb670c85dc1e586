import type { ErrorCode } from '../errors/codes.ts';
import { defined } from '../lookup.ts';
import type { ErrorDiagnostic, Span } from './diagnostic.ts';

/** Limit on the errors of a file that are reported one by one. */
export const MAX_REPORTED = 100;

/** Limit on the errors of a file that are stored; phases stop searching for more. */
const MAX_KEPT = 1000;

/**
 * The errors of one file. Phases add them in any order, and the author reads them in the order of
 * the text.
 */
export class Problems {
  readonly #kept: ErrorDiagnostic[] = [];
  readonly #starts: number[] = [];

  /** Adds an error. Beyond the limit only its offset is stored. */
  error(code: ErrorCode, span: Span, message: string, help?: string): void {
    this.#starts.push(span.start);
    if (this.full) return;
    this.#kept.push({
      severity: 'error',
      code,
      message,
      span,
      ...(help === undefined ? {} : { help }),
    });
  }

  /** Whether the limit is reached, so that searching for more errors is useless. */
  get full(): boolean {
    return this.#kept.length >= MAX_KEPT;
  }

  /**
   * Returns a function that says whether an error found so far starts in a span. A later phase uses
   * it to avoid reporting the same mistake twice.
   */
  refused(): (span: Span) => boolean {
    const starts = Float64Array.from(this.#starts).sort();
    return ({ start, end }) => {
      const at = firstNotBelow(starts, start);
      return at < starts.length && defined(starts[at]) < end;
    };
  }

  /** Returns the errors in the order of the text, at most {@link MAX_REPORTED} and a summary. */
  list(): readonly ErrorDiagnostic[] {
    const sorted = this.#kept.toSorted((a, b) => a.span.start - b.span.start);
    if (sorted.length <= MAX_REPORTED) return sorted;
    const more = this.#starts.length - MAX_REPORTED;
    return [
      ...sorted.slice(0, MAX_REPORTED),
      {
        severity: 'error',
        code: 'too-many-errors',
        message: `${this.full ? 'at least ' : ''}${more} more error${more === 1 ? '' : 's'}`,
        span: defined(sorted[MAX_REPORTED]).span,
        help: 'correct the errors above first',
      },
    ];
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
