import type { ErrorCode } from '../errors/codes.ts';
import { defined } from '../lookup.ts';
import type { ErrorDiagnostic, Span } from './diagnostic.ts';

/** How many errors of a file are told in full. */
export const MAX_REPORTED = 100;

/** How many are kept before the stages stop looking for more. */
const MAX_KEPT = 1000;

/**
 * Collects what is wrong with one file, so that stages may find problems in any order and the author
 * reads them in the order of the text.
 */
export class Problems {
  readonly #kept: ErrorDiagnostic[] = [];
  readonly #starts: number[] = [];

  /** Adds an error; beyond a limit only its place is kept. */
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

  /** Whether there are so many that looking for more helps nobody. */
  get full(): boolean {
    return this.#kept.length >= MAX_KEPT;
  }

  /**
   * Tells of a span whether a problem known by now starts in it: what one stage has refused, the next
   * need not refuse again.
   */
  refused(): (span: Span) => boolean {
    const starts = Float64Array.from(this.#starts).sort();
    return ({ start, end }) => {
      const at = firstNotBelow(starts, start);
      return at < starts.length && defined(starts[at]) < end;
    };
  }

  /** All of them in the order of the text, cut to what a person would read. */
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
        help: 'correct the ones above first',
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
