import { type CompileOptions, compile } from '../../src/compile/compile.ts';
import { exampleSource } from '../support/examples.ts';
import { definesOf, type FigureProgram } from './programs.ts';

/** What is compared of a compiled program. The compiler's work and time are information. */
export interface Figures {
  readonly depth: number;
  /** Null for integers. */
  readonly levels: number | null;
  /** Products of ciphertexts. */
  readonly mul: number;
  readonly mulPlain: number;
  readonly rotate: number;
  /** Predicted time of the evaluation; null without parameters and for integers. */
  readonly predictedMs: number | null;
  /** Operations that the compiler examined. */
  readonly work: number;
  readonly compileMs: number;
}

/** The figures of a program at one setting, or why it does not compile. */
export type Measured = Figures | { readonly error: string };

/** The options that every program is compiled with, by name. */
export const SETTINGS = {
  '-O0': { optimizationLevel: 0 },
  '-O2 time': { optimizationLevel: 2 },
  '-O2 depth': { optimizationLevel: 2, aim: { objective: 'depth' } },
  '-O3 time': { optimizationLevel: 3 },
  '-O3 depth': { optimizationLevel: 3, aim: { objective: 'depth' } },
} as const satisfies Record<string, CompileOptions>;

export type Setting = keyof typeof SETTINGS;

/** Compiles a program at one setting. */
export function measure(program: FigureProgram, setting: Setting): Measured {
  const start = performance.now();
  try {
    const source = exampleSource(program.name, program.text);
    const options = { ...SETTINGS[setting], defines: definesOf(program) };
    const { optimized, work } = compile(source, options);
    const { depth, levels, ops } = optimized.measures;
    const { mul, mulPlain, rotate } = ops;
    const predictedMs = optimized.ms ?? null;
    const compileMs = Math.round(performance.now() - start);
    return { depth, levels, mul, mulPlain, rotate, predictedMs, work, compileMs };
  } catch (error) {
    return { error: error instanceof Error ? error.message : String(error) };
  }
}
