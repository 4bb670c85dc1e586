import { InvalidArgumentError } from 'commander';
import { LAYOUT_CHOICES, type LayoutChoice } from '../packing/layout-choices.ts';
import type { OptimizationLevel } from '../passes/pass-list.ts';
import { isStream } from '../platform/files.ts';
import { SECURITY_BITS, type SecurityBits } from '../schemes/security.ts';
import { type Exact, fromDecimal, negate } from '../tensor/exact.ts';

/** Limit on the exponent of a param's value; float64 has no larger ones. */
const LARGEST_EXPONENT = 400;
/** Limit on the digits of a param's value. */
const LONGEST_NUMBER = 1000;

/**
 * Reads `k=12` of `-D k=12` and adds it to the params given before.
 *
 * @throws InvalidArgumentError if it is malformed, out of range or repeated
 */
export function parseDefine(
  text: string,
  before: ReadonlyMap<string, Exact> = new Map(),
): ReadonlyMap<string, Exact> {
  const [, name, sign, digits] =
    /^\s*([A-Za-z_]\w*)\s*=\s*([+-]?)(\d+(?:\.\d+)?(?:[eE][+-]?\d+)?)\s*$/.exec(text) ?? [];
  if (name === undefined || digits === undefined || digits.length > LONGEST_NUMBER) {
    throw new InvalidArgumentError(
      'Give a param and a decimal number, as in -D k=12 or -D step=-2.5e-3.',
    );
  }
  const exponent = Number(/[eE](.*)$/.exec(digits)?.[1] ?? 0);
  if (Math.abs(exponent) > LARGEST_EXPONENT || !Number.isFinite(Number(digits))) {
    throw new InvalidArgumentError('The number is out of range.');
  }
  if (before.has(name)) throw new InvalidArgumentError(`'${name}' is given twice.`);
  const value = fromDecimal(digits);
  return new Map(before).set(name, sign === '-' ? negate(value) : value);
}

/**
 * Reads `Z=rows` of `--layout Z=rows` and adds it to the layouts given before.
 *
 * @throws InvalidArgumentError if it is malformed or repeated, or there is no such layout
 */
export function parseLayout(
  text: string,
  before: ReadonlyMap<string, LayoutChoice> = new Map(),
): ReadonlyMap<string, LayoutChoice> {
  const [, name, word] = /^\s*([A-Za-z_]\w*)\s*=\s*(\w+)\s*$/.exec(text) ?? [];
  if (name === undefined || word === undefined) {
    throw new InvalidArgumentError('Give a tensor and a layout, as in --layout Z=rows.');
  }
  const choices = Object.keys(LAYOUT_CHOICES) as LayoutChoice[];
  const layout = choices.find((choice) => choice === word);
  if (layout === undefined) {
    throw new InvalidArgumentError(
      `There is no layout '${word}'; the layouts are ${choices.join(', ')}.`,
    );
  }
  if (before.has(name)) throw new InvalidArgumentError(`'${name}' is given twice.`);
  return new Map(before).set(name, layout);
}

/**
 * Reads `Z=data.csv` of `--input Z=data.csv` and adds it to the files given before. The extension
 * tells the format, except that of what a pipe gives.
 *
 * @throws InvalidArgumentError if it is malformed or repeated
 */
export function parseInputFile(
  text: string,
  before: ReadonlyMap<string, string> = new Map(),
): ReadonlyMap<string, string> {
  const at = text.indexOf('=');
  const [name, file] = [text.slice(0, at).trim(), text.slice(at + 1)];
  if (at < 1 || file === '') {
    throw new InvalidArgumentError('Give an input and a file, as in --input Z=data.csv.');
  }
  if (!/\.(json|csv|npy)$/i.test(file) && !isStream(file)) {
    throw new InvalidArgumentError(`'${file}' does not end in .json, .csv or .npy.`);
  }
  if (before.has(name)) throw new InvalidArgumentError(`'${name}' is given twice.`);
  return new Map(before).set(name, file);
}

/** Reads the 64 hexadecimal digits of `--expect`. A prefix would be easy to forge. */
export function parseDigest(text: string): string {
  const digest = text.trim().toLowerCase();
  if (/^[0-9a-f]{64}$/.test(digest)) return digest;
  throw new InvalidArgumentError('Give all 64 hexadecimal digits of the digest.');
}

const SIZE_UNITS: Readonly<Record<string, number>> = {
  '': 1,
  kb: 1e3,
  mb: 1e6,
  gb: 1e9,
  kib: 2 ** 10,
  mib: 2 ** 20,
  gib: 2 ** 30,
};

/** Returns the bytes of a size such as `2GiB` or `800MB`. */
export function parseSize(text: string): number {
  const [, digits, unit] = /^\s*(\d+(?:\.\d+)?)\s*([a-z]*)\s*$/i.exec(text) ?? [];
  const bytes = Number(digits) * (SIZE_UNITS[unit?.toLowerCase() ?? ''] ?? Number.NaN);
  if (!Number.isFinite(bytes) || bytes < 1) {
    throw new InvalidArgumentError(
      'Give a size with its unit, as in 2GiB or 800MB; units are KB, MB, GB, KiB, MiB and GiB.',
    );
  }
  return Math.floor(bytes);
}

const LEVELS: readonly OptimizationLevel[] = [0, 1, 2, 3];

/** Reads the `2` of `-O 2` or `-O2`. */
export function parseOptimizationLevel(text: string): OptimizationLevel {
  const level = LEVELS.find((candidate) => `${candidate}` === text);
  if (level === undefined)
    throw new InvalidArgumentError('The optimization levels are 0, 1, 2 and 3.');
  return level;
}

/** Limits of `--precision`, in bits. */
const PRECISIONS = { least: 1, most: 50 };

/** Reads the `20` of `--precision 20`. */
export function parsePrecision(text: string): number {
  const bits = Number(text);
  if (!/^\d+$/.test(text) || bits < PRECISIONS.least || bits > PRECISIONS.most) {
    throw new InvalidArgumentError(
      `Give a whole number of bits from ${PRECISIONS.least} to ${PRECISIONS.most}.`,
    );
  }
  return bits;
}

/** Reads the `192` of `--security 192`. */
export function parseSecurity(text: string): SecurityBits {
  const security = SECURITY_BITS.find((bits) => `${bits}` === text);
  if (security === undefined)
    throw new InvalidArgumentError(`Give one of ${SECURITY_BITS.join(', ')} bits.`);
  return security;
}

/** Reads the `2` of `--unroll 2`, or `full`. */
export function parseUnroll(text: string): number | 'full' {
  if (text === 'full') return text;
  return countOf(text, "Give a whole number of iterations, at least 1, or 'full'.");
}

/** Reads a whole number of at least 1, also as `2e6`. */
export function parseCount(text: string): number {
  return countOf(text, 'Give a whole number, at least 1.');
}

function countOf(text: string, errorMessage: string): number {
  const count = Number(text);
  if (!/^\d+(e\d+)?$/i.test(text) || !Number.isSafeInteger(count) || count < 1)
    throw new InvalidArgumentError(errorMessage);
  return count;
}

/** Reads the `a,b,c` of `--passes a,b,c`. An empty list runs no pass. */
export function parsePasses(text: string): readonly string[] {
  return text
    .split(',')
    .map((name) => name.trim())
    .filter((name) => name !== '');
}
