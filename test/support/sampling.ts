import { type TestOptions, test } from 'vitest';

/**
 * Whether tests run only a sample of the random and encrypted cases. `npm test` runs every file
 * with the sample; `npm run test:all` runs all cases. Tests outside the sample have the tag
 * `thorough`. Tests with fewer cases in the sample have the tag `sampled`. The scripts of
 * package.json select by tag and set SHOAL_TESTS; `test:beyond` runs the files that import this
 * one.
 */
const isSample = process.env.SHOAL_TESTS === 'sample';

/** Options of a test with fewer cases in the sample. */
export const SAMPLED: TestOptions = { tags: ['sampled'] };

/** Options of a test outside the sample. */
export const THOROUGH: TestOptions = { tags: ['thorough'] };

/**
 * Returns the number of cases of a test: `all`, or `inSample` (by default a tenth) in the sample.
 */
export function cases(all: number, inSample = Math.ceil(all / 10)): number {
  return isSample ? inSample : all;
}

/** Returns `count` of the cases, spread evenly from the first to the last. */
export function spread<T>(all: readonly T[], count: number): readonly T[] {
  const step = (all.length - 1) / Math.max(1, count - 1);
  const indices = new Set(Array.from({ length: count }, (_, i) => Math.round(i * step)));
  return all.filter((_, i) => indices.has(i));
}

/** Returns the cases of a test with its own loop: all, or `inSample` of them in the sample. */
export function someOf<T>(all: readonly T[], inSample: number): readonly T[] {
  return isSample && inSample < all.length ? spread(all, inSample) : all;
}

/** The cases in the sample: a number of cases, spread evenly, or a condition. */
type Choice<T> = number | ((testCase: T) => boolean);

function chosen<T>(all: readonly T[], choice: Choice<T>): ReadonlySet<T> {
  return new Set(typeof choice === 'number' ? spread(all, choice) : all.filter(choice));
}

/** Returns a function from a case to its options: {@link THOROUGH} outside the sample. */
export function beyond<T>(all: readonly T[], inSample: Choice<T>): (testCase: T) => TestOptions {
  const sample = chosen(all, inSample);
  return (testCase) => (sample.has(testCase) ? {} : THOROUGH);
}

/**
 * Like `test.each`, with only some of the cases in the sample.
 *
 * @param timeout time limit of each test in ms
 */
export function eachSampled<T extends readonly unknown[]>(
  all: readonly T[],
  inSample: Choice<T>,
  timeout?: number,
) {
  const options: TestOptions = timeout === undefined ? {} : { timeout };
  const sample = chosen(all, inSample);
  const rest = all.filter((testCase) => !sample.has(testCase));
  return (title: string, run: (...args: [...T]) => Promise<void> | void): void => {
    test.each([...sample])(title, options, run as never);
    test.each(rest)(title, { ...options, ...THOROUGH }, run as never);
  };
}
