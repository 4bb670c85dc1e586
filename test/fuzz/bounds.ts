/**
 * The bounds of the attack. Work is counted where it can be; clocks are generous, since they only
 * find what never ends.
 */

/** Operations that a compilation may examine, `--budget`. */
export const BUDGET = 100_000;

/** Limit on the CPU seconds of one case. */
export const MOST_SECONDS = 60;

/** Seconds after which a case counts as one that never ends, on however busy a machine. */
export const NEVER_SECONDS = 300;

/** Limit on JavaScript's memory of a process that runs case after case, in MiB. */
export const HEAP_MEBIBYTES = 1024;

/** Limit on SEAL's memory. Trusting a false claim of a size would take much more. */
export const SEAL_BYTES = 300 * 2 ** 20;

/** Limit on the text that refuses an input: twenty messages, each with its place and advice. */
export const REFUSAL_BYTES = 2 ** 16;

/** Limit on the document that refuses an input of some bytes, which has all messages. */
export function refusalJsonBytes(inputBytes: number): number {
  return REFUSAL_BYTES + 1024 * inputBytes;
}

/** Limit on what a reader that knows no plan reads of a container: it reads ahead by blocks. */
export function containerReads(fileBytes: number): number {
  return 2 * fileBytes + 2 ** 16;
}
