import { BASES, type BasisKind } from '../algebra/polynomial-bases.ts';
import { DEFAULT_BUDGET } from '../compile/budget.ts';
import type { Aim } from '../compile/candidate.ts';
import type { ClientPower } from '../compile/compile.ts';
import type { LayoutsByName } from '../compile/fixed-layouts.ts';
import type { LayoutChoice } from '../packing/layout-choices.ts';
import { DEFAULT_OPTIMIZATION_LEVEL, type OptimizationLevel } from '../passes/pass-list.ts';
import type { SecurityRequest } from '../schemes/security.ts';
import type { Exact } from '../tensor/exact.ts';
import { type OptionSpecs, type OptionValues, optionGroup } from './command.ts';
import {
  parseCount,
  parseDefine,
  parseLayout,
  parseOptimizationLevel,
  parsePasses,
  parsePrecision,
  parseSecurity,
  parseUnroll,
} from './option-values.ts';

/** The settings that a command line gives for compiling a circuit. */
export interface CompileSettings {
  readonly defines: ReadonlyMap<string, Exact>;
  /** Limit on the numbers of all arrays that the circuit loads. */
  readonly maxLoad: number | undefined;
  readonly optimizationLevel: OptimizationLevel;
  /** Names of passes to run instead of those of the optimization level. */
  readonly passes: readonly string[] | undefined;
  /** Names of passes to print the circuit after, or 'all'. */
  readonly printAfter: readonly string[];
  readonly verify: boolean;
  readonly precisionBits: number;
  readonly security: SecurityRequest;
  /** Limit on consecutive iterations restructured together; undefined for all. */
  readonly unroll: number | undefined;
  readonly aim: Aim;
  /** Layouts of tensors, by name. */
  readonly layouts: LayoutsByName;
  /** The basis of all polynomials; undefined for the better one of each. */
  readonly basis: BasisKind | undefined;
  readonly budget: number | undefined;
  /** The file of a cost model; undefined for the built-in one. */
  readonly costModel: string | undefined;
  /** Number of workers to predict times for. */
  readonly jobs: number;
  /** What the client may upload: encoded inputs, or also products of their entries. */
  readonly client: ClientPower;
  /** Whether the program may be cut into stages, with a refresh by the client between them. */
  readonly refresh: boolean;
}

const DEFINE = {
  flags: '-D <name=value>',
  summary: 'set the value of a param (repeatable)',
  parse: parseDefine,
  absent: new Map<string, Exact>(),
} as const;

const MAX_LOAD = {
  flags: '--max-load <n>',
  summary: 'limit on the numbers of all arrays that the circuit loads (default: 2^26)',
  parse: parseCount,
} as const;

/** The options for reading a circuit, for commands that do not compile. */
export const defining = optionGroup('Options:', { defines: DEFINE, maxLoad: MAX_LOAD });

/** The options of commands that compile one circuit. */
export const compiling = optionGroup('Compiling:', {
  defines: DEFINE,
  maxLoad: MAX_LOAD,
  optimizationLevel: {
    flags: '-O <level>',
    summary: 'optimization level, from 0 (as written) to 3 (compiles slowest, runs fastest)',
    parse: parseOptimizationLevel,
    default: DEFAULT_OPTIMIZATION_LEVEL,
  },
  passes: {
    flags: '--passes <a,b,c>',
    summary: 'run these passes instead of those of -O',
    parse: parsePasses,
  },
  objective: {
    flags: '--objective <aim>',
    summary: 'time: fastest evaluation; depth: fewest levels',
    choices: ['time', 'depth'],
    default: 'time',
  },
  unroll: {
    flags: '--unroll <n|full>',
    summary: 'limit on iterations of a loop restructured together',
    parse: parseUnroll,
  },
  basis: {
    flags: '--basis <name>',
    summary:
      'evaluate polynomials from powers or Chebyshev polynomials of their argument (default: the better for each)',
    choices: BASES,
  },
  layouts: {
    flags: '--layout <name=layout>',
    summary:
      'fix how an encrypted matrix (rows, columns) or vector (inner, outer) lies in slots (repeatable)',
    parse: parseLayout,
    absent: new Map<string, LayoutChoice>(),
  },
  maxWidth: {
    flags: '--max-width <n>',
    summary: 'limit on ciphertext multiplications of the same depth',
    parse: parseCount,
  },
  maxOps: {
    flags: '--max-ops <n>',
    summary: 'limit on operations on ciphertexts',
    parse: parseCount,
  },
  budget: {
    flags: '--budget <n>',
    summary: `limit on operations that compiling examines (default: ${DEFAULT_BUDGET.toExponential().replace('+', '')})`,
    parse: parseCount,
  },
  verify: {
    flags: '--verify',
    summary: 'after every pass, check exactly that the polynomials are unchanged',
  },
  precision: {
    flags: '--precision <bits>',
    summary:
      'limit the error of each output to 2^-bits of its largest magnitude, or of 1 if that is larger',
    parse: parsePrecision,
    default: 20,
  },
  security: {
    flags: '--security <bits>',
    summary: 'bits of security against classical attacks: 128, 192 or 256',
    parse: parseSecurity,
    default: 128,
  },
  allowUncheckedRing: {
    flags: '--allow-unchecked-ring',
    summary:
      'also use ring degree N = 65536: SEAL does not check its security, keys take gigabytes',
  },
  costModel: {
    flags: '--cost-model <file>',
    summary: 'predict times by this cost model, from shoal calibrate, not by the built-in one',
  },
  client: {
    flags: '--client <power>',
    summary:
      'what the client may upload. encode: inputs in several layouts, times constants; precompute: also sums of products of two input entries',
    choices: ['encode', 'precompute'],
    default: 'encode',
  },
});

/** The option of commands that compile without looking at data. */
export const printing = optionGroup('Compiling:', {
  printAfter: {
    flags: '--print-after <passes>',
    summary: "print the circuit after these passes, or after 'all', to standard error (repeatable)",
    parse: (text: string, before: readonly string[] = []): readonly string[] => [
      ...before,
      ...parsePasses(text),
    ],
    absent: [],
  },
});

/** Returns the list of passes, for the help of commands that compile. */
export const passList = async (): Promise<string> =>
  (await import('../render/passes-text.ts')).passesHelp();

/** The option of commands that may compile a program in stages. */
export const staging = optionGroup('Compiling:', {
  refresh: {
    flags: '--refresh <who>',
    summary:
      'client: compile a program that needs too many levels in stages; between two stages the client decrypts values and encrypts them again',
    choices: ['client'],
  },
});

/** The option of commands that predict times and do not evaluate. */
export const predicting = optionGroup('Compiling:', {
  jobs: {
    flags: '--jobs <n>',
    summary: 'number of workers to predict evaluation times for (default: 1)',
    parse: parseCount,
  },
});

const { allowUncheckedRing: _, costModel: __, ...onlyForCircuits } = compiling.options;

/** Options that cannot be used with a plan, because it is compiled already. */
export const CIRCUIT_OPTIONS: OptionSpecs = { ...onlyForCircuits, ...staging.options };

/** Returns the files that the settings name. */
export function settingsFiles({
  costModel,
}: Pick<CompileSettings, 'costModel'>): readonly string[] {
  return costModel === undefined ? [] : [costModel];
}

type Compiling = OptionValues<readonly [typeof compiling]> &
  Partial<OptionValues<readonly [typeof printing, typeof staging, typeof predicting]>>;

/** Returns the compile settings that options give. */
export function settingsOf(options: Compiling): CompileSettings {
  const {
    defines,
    maxLoad,
    optimizationLevel,
    passes,
    verify,
    unroll,
    basis,
    layouts,
    budget,
    client,
    costModel,
    jobs = 1,
    refresh,
  } = options;
  const { printAfter = [] } = options;
  const { objective, maxWidth, maxOps, security: securityBits, allowUncheckedRing } = options;
  return {
    ...{ defines, optimizationLevel, passes, printAfter, verify, budget, jobs, client, costModel },
    ...{ basis, layouts, maxLoad },
    unroll: unroll === 'full' ? undefined : unroll,
    precisionBits: options.precision,
    security: { securityBits, allowUncheckedRing },
    aim: {
      objective,
      ...(maxWidth === undefined ? {} : { maxWidth }),
      ...(maxOps === undefined ? {} : { maxOps }),
    },
    refresh: refresh === 'client',
  };
}
