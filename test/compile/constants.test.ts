import fc from 'fast-check';
import { expect, it } from 'vitest';
import { buildCircuit } from '../../src/build/build-circuit.ts';
import { check } from '../../src/check/check-program.ts';
import { type Candidate, isBetter, isDeeper } from '../../src/compile/candidate.ts';
import { compile } from '../../src/compile/compile.ts';
import type { TypicalValues } from '../../src/compile/form.ts';
import { defined } from '../../src/lookup.ts';
import { randomComputation } from '../support/computations.ts';
import { randomProgram } from '../support/programs.ts';
import { cases, SAMPLED } from '../support/sampling.ts';

const PAIRS = cases(300, 12);
/** Limit on the operations of a program; larger ones take seconds to compile. */
const MOST_OPERATIONS = cases(100, 40);
/** Limit on the predicted time with the constant, as a multiple of that with the plain input. */
const SLOWEST = 1.03;
/** The same programs in every run: a search does not find the best circuit of every program. */
const SEED = 1;

/** Programs in which a constant once cost more than the same value as a plain input. */
const KNOWN = [
  // The constant went into the upload of u, so the number multiplied the sum, after its rotations.
  `input p: plain within [0.5, 1];
input u: cipher[5] within [-1, 1];
input q: plain[5] within [0.5, 1];
output a = dot(q, u)*p;
output b = u;
`,
  // Factors in uploads hid what the terms of the recurrence share.
  `input x: cipher within [-1, 1];
input y: cipher within [-1, 1];
input p: plain within [0.5, 1];
input a: cipher[3] within [-0.9, 0.9];
input b: cipher[3] within [-0.1, 0.1];
let u = a[0] + p;
let v = u*u*x + u*y;
var s = v; for i in 0..3 { s = s + a[i]*(b[i] - s); }
let r = -0.225 + s*(0.275 - 0.6*s);
output r = r;
output t = r + s*x;
`,
];

/** A program with one value as a constant and as a plain input whose range includes it. */
interface Pair {
  readonly constant: string;
  readonly plain: string;
  /** The value, as typical for the input: so both programs need the same precision. */
  readonly typical: TypicalValues;
}

/**
 * Returns the pairs of a random program, one for each value that it uses: its plain inputs, which
 * become constants, and its constant coefficients, which become a plain input.
 */
function pairsOf(text: string): readonly Pair[] {
  const pairs: Pair[] = [];
  for (const [line, name, size] of text.matchAll(/^input (\w): plain(?:\[(\d+)\])?.*$/gm)) {
    const rest = text.replace(line, '');
    if (!new RegExp(`\\b${defined(name)}\\b`).test(rest)) continue;
    const values = size === undefined ? [0.7] : valuesOf(Number(size));
    const value = size === undefined ? '0.7' : `[${values.join(', ')}]`;
    const typical = new Map([[defined(name), values]]);
    pairs.push({ constant: text.replace(line, `const ${name} = ${value};`), plain: text, typical });
  }
  const [line, data] = /^const c = (.*);$/m.exec(text) ?? [];
  const body = text.replace(/^(const c|fn horner).*$/gm, '');
  if (line !== undefined && /\bc\[|\bhorner\(/.test(body)) {
    const values: number[] = JSON.parse(defined(data));
    const input = `input c: plain[${values.length}] within [-1, 1];`;
    const typical = new Map([['c', values]]);
    pairs.push({ constant: text, plain: text.replace(line, input), typical });
  }
  return pairs;
}

/** Returns different numbers within [0.5, 1], the range of the programs' plain inputs. */
function valuesOf(n: number): readonly number[] {
  return Array.from({ length: n }, (_, i) => 0.5 + ((5 * i + 3) % 11) / 23);
}

function pairs(): readonly Pair[] {
  const anyProgram = fc.oneof(randomProgram(6), randomComputation());
  // Every program has several values, but not every value is used.
  const texts = fc.sample(anyProgram, { seed: SEED, numRuns: 2 * PAIRS });
  const random = texts.map(({ text }) => text).filter(isSmall);
  return [...KNOWN.flatMap(pairsOf), ...random.flatMap(pairsOf).slice(0, PAIRS)];
}

function isSmall(text: string): boolean {
  return buildCircuit(check({ file: 'random.circ', text })).nodes.length <= MOST_OPERATIONS;
}

function optimized(text: string, objective: 'time' | 'depth', typical?: TypicalValues): Candidate {
  const options = { aim: { objective }, ...(typical ? { typical } : {}) };
  return compile({ file: 'random.circ', text }, options).optimized;
}

const OPTIONS = { timeout: 1_800_000, ...SAMPLED };

it(
  `a constant takes no more levels than the same value as plain, in ${PAIRS} cases`,
  OPTIONS,
  () => {
    for (const { constant, plain, typical } of pairs()) {
      const [a, b] = [
        optimized(constant, 'depth').measures,
        optimized(plain, 'depth', typical).measures,
      ];
      expect(a.depth, constant).toBeLessThanOrEqual(b.depth);
      expect(defined(a.levels), constant).toBeLessThanOrEqual(defined(b.levels));
    }
  },
);

it(`a constant takes no longer than the same value as plain, in ${PAIRS} cases`, OPTIONS, () => {
  for (const { constant, plain, typical } of pairs()) {
    const [a, b] = [optimized(constant, 'time'), optimized(plain, 'time', typical)];
    // The choice prefers a shallower circuit to a faster one, and sometimes one with less work.
    const isPreferred = isDeeper(b, a) || !isBetter(b, a, { objective: 'time' });
    if (b.ms === undefined || isPreferred) continue;
    expect(a.ms, constant).toBeLessThanOrEqual(SLOWEST * b.ms);
  }
});
