import fc from 'fast-check';
import { expect, it } from 'vitest';
import { compile } from '../../src/compile/compile.ts';
import { defined } from '../../src/lookup.ts';
import { randomComputation } from '../support/computations.ts';
import { randomProgram } from '../support/programs.ts';
import { cases, SAMPLED } from '../support/sampling.ts';

const PROGRAMS = cases(60, 8);
/** Limit on the length of a program; longer ones take seconds to compile. */
const MOST_CHARACTERS = cases(10_000, 700);
/** The same programs in every run: times are no longer for most programs, not for all. */
const SEED = 1;

/** A program with one value as a constant and as a plain input whose range includes it. */
interface Pair {
  readonly constant: string;
  readonly plain: string;
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
    const value = size === undefined ? '0.7' : `[${valuesOf(Number(size)).join(', ')}]`;
    pairs.push({ constant: text.replace(line, `const ${name} = ${value};`), plain: text });
  }
  const [line, data] = /^const c = (.*);$/m.exec(text) ?? [];
  const body = text.replace(/^(const c|fn horner).*$/gm, '');
  if (line !== undefined && /\bc\[|\bhorner\(/.test(body)) {
    const input = `input c: plain[${defined(data).split(',').length}] within [-1, 1];`;
    pairs.push({ constant: text, plain: text.replace(line, input) });
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
  const texts = fc.sample(anyProgram, { seed: SEED, numRuns: 2 * PROGRAMS });
  const isSmall = (text: string) => text.length <= MOST_CHARACTERS;
  return texts
    .map(({ text }) => text)
    .filter(isSmall)
    .flatMap(pairsOf)
    .slice(0, PROGRAMS);
}

function figures(text: string, objective: 'time' | 'depth') {
  const { optimized } = compile({ file: 'random.circ', text }, { aim: { objective } });
  const { depth, levels, ops } = optimized.measures;
  return { depth, levels: levels ?? 0, muls: ops.mul, ms: optimized.ms };
}

for (const objective of ['time', 'depth'] as const)
  it(`a constant rarely costs more than the same value as plain, for ${objective}, in ${PROGRAMS} cases`, {
    timeout: 1_800_000,
    ...SAMPLED,
  }, () => {
    const worse: string[] = [];
    let [constantMs, plainMs] = [0, 0];
    for (const { constant, plain } of pairs()) {
      const [a, b] = [figures(constant, objective), figures(plain, objective)];
      // A deeper circuit may be faster.
      if (objective === 'depth') {
        expect(a.depth, constant).toBeLessThanOrEqual(b.depth);
        expect(a.levels, constant).toBeLessThanOrEqual(b.levels);
      }
      if (b.ms === undefined) continue;
      const ms = defined(a.ms);
      constantMs += ms;
      plainMs += b.ms;
      // Products may buy a shorter time.
      if (ms > 1.01 * b.ms || (a.muls > b.muls && ms >= b.ms)) worse.push(constant);
    }
    // Known coefficients give a polynomial more forms, so the search looks at other circuits. It
    // sometimes ends at a slower one, for at most one case in ten.
    expect(constantMs, 'in total').toBeLessThanOrEqual(1.01 * plainMs);
    expect(worse.length, worse.join('\n\n')).toBeLessThanOrEqual(PROGRAMS / 10);
  });
