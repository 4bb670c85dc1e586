import { InvalidArgumentError } from 'commander';
import type { OptimizationLevel } from '../passes/pass-list.ts';
import { SECURITY_BITS, type SecurityBits } from '../schemes/security.ts';
import { type Exact, fromDecimal, negate } from '../tensor/exact.ts';

/** Largest exponent of a defined number: float64 has no use for more. */
const LARGEST_EXPONENT = 400;
const LONGEST_NUMBER = 1000;

/** `k=12` of `-D k=12`, added to those before. */
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

/** `Z=data.csv` of `--input Z=data.csv`, added to those before. */
export function parseInputFile(
  text: string,
  before: ReadonlyMap<string, string> = new Map(),
): ReadonlyMap<string, string> {
  const at = text.indexOf('=');
  const [name, file] = [text.slice(0, at).trim(), text.slice(at + 1)];
  if (at < 1 || file === '') {
    throw new InvalidArgumentError('Give an input and a file, as in --input Z=data.csv.');
  }
  if (!/\.(json|csv|npy)$/i.test(file)) {
    throw new InvalidArgumentError(`'${file}' is none of .json, .csv and .npy.`);
  }
  if (before.has(name)) throw new InvalidArgumentError(`'${name}' is given twice.`);
  return new Map(before).set(name, file);
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

/** Bytes of `2GiB` or `800MB`. */
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

/** `2` of `-O 2` or `-O2`. */
export function parseOptimizationLevel(text: string): OptimizationLevel {
  const level = LEVELS.find((candidate) => `${candidate}` === text);
  if (level === undefined) throw new InvalidArgumentError('The levels are 0, 1, 2 and 3.');
  return level;
}

/** Fewest and most bits that outputs may be asked to have. */
const PRECISIONS = { least: 1, most: 50 };

export function parsePrecision(text: string): number {
  const bits = Number(text);
  if (!/^\d+$/.test(text) || bits < PRECISIONS.least || bits > PRECISIONS.most) {
    throw new InvalidArgumentError(
      `Give a whole number of bits from ${PRECISIONS.least} to ${PRECISIONS.most}.`,
    );
  }
  return bits;
}

/** `192` of `--security 192`. */
export function parseSecurity(text: string): SecurityBits {
  const level = SECURITY_BITS.find((bits) => `${bits}` === text);
  if (level === undefined)
    throw new InvalidArgumentError(`The levels are ${SECURITY_BITS.join(', ')}.`);
  return level;
}

/** `2` or `full` of `--unroll 2`. */
export function parseUnroll(text: string): number | 'full' {
  if (text === 'full') return text;
  return countIn(text, "Give a whole number of iterations, at least 1, or 'full'.");
}

/** A whole number from 1 up, also as `2e6`. */
export function parseCount(text: string): number {
  return countIn(text, 'Give a whole number, at least 1.');
}

function countIn(text: string, complaint: string): number {
  const count = Number(text);
  if (!/^\d+(e\d+)?$/i.test(text) || !Number.isSafeInteger(count) || count < 1)
    throw new InvalidArgumentError(complaint);
  return count;
}

/** `a,b,c` of `--passes a,b,c`; an empty list runs none. */
export function parsePasses(text: string): readonly string[] {
  return text
    .split(',')
    .map((name) => name.trim())
    .filter((name) => name !== '');
}
