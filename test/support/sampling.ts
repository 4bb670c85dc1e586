import { type TestOptions, test } from 'vitest';

/**
 * What `npm test` leaves to `npm run test:all`: it runs every file, but of random and encrypted cases only a
 * sample. Tests beyond the sample have the tag `thorough`; tests that run in both, in the sample with fewer
 * cases, have the tag `sampled`. package.json's scripts choose by tag and set SHOAL_TESTS; `test:beyond` runs
 * the files that import this one.
 */
const isSample = process.env.SHOAL_TESTS === 'sample';

/** Options of a test that has fewer cases in the sample. */
export const SAMPLED: TestOptions = { tags: ['sampled'] };

/** Options of a test that the sample does without. */
export const THOROUGH: TestOptions = { tags: ['thorough'] };

/** How many cases a test has: `all`, or in the sample a tenth, or `inSample`. */
export function cases(all: number, inSample = Math.ceil(all / 10)): number {
  return isSample ? inSample : all;
}

/** Some of many cases, spread evenly from the first to the last. */
export function spread<T>(all: readonly T[], count: number): readonly T[] {
  const step = (all.length - 1) / Math.max(1, count - 1);
  const places = new Set(Array.from({ length: count }, (_, i) => Math.round(i * step)));
  return all.filter((_, at) => places.has(at));
}

/** The cases that a test goes through by itself: all, or in the sample some. */
export function someOf<T>(all: readonly T[], inSample: number): readonly T[] {
  return isSample && inSample < all.length ? spread(all, inSample) : all;
}

/** Which cases are in the sample: so many, spread evenly, or those that a condition names. */
type Choice<T> = number | ((one: T) => boolean);

function chosen<T>(all: readonly T[], choice: Choice<T>): ReadonlySet<T> {
  return new Set(typeof choice === 'number' ? spread(all, choice) : all.filter(choice));
}

/** Options by case: those of {@link THOROUGH} for cases that are not in the sample. */
export function beyond<T>(all: readonly T[], inSample: Choice<T>): (one: T) => TestOptions {
  const sample = chosen(all, inSample);
  return (one) => (sample.has(one) ? {} : THOROUGH);
}

/**
 * `test.each` of many cases, of which the sample has some.
 *
 * @param timeout of a test in ms
 */
export function eachSampled<T extends readonly unknown[]>(
  all: readonly T[],
  inSample: Choice<T>,
  timeout?: number,
) {
  const own: TestOptions = timeout === undefined ? {} : { timeout };
  const sample = chosen(all, inSample);
  const rest = all.filter((one) => !sample.has(one));
  return (title: string, run: (...args: [...T]) => Promise<void> | void): void => {
    test.each([...sample])(title, own, run as never);
    test.each(rest)(title, { ...own, ...THOROUGH }, run as never);
  };
}
