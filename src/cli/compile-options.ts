import { DEFAULT_BUDGET } from '../compile/budget.ts';
import type { Aim } from '../compile/candidate.ts';
import type { ClientPower } from '../compile/compile.ts';
import type { OptimizationLevel } from '../passes/pass-list.ts';
import type { SecurityRequest } from '../schemes/security.ts';
import type { Exact } from '../tensor/exact.ts';
import { type OptionSpecs, type OptionValues, optionGroup } from './command.ts';
import {
  parseCount,
  parseDefine,
  parseOptimizationLevel,
  parsePasses,
  parsePrecision,
  parseSecurity,
  parseUnroll,
} from './option-values.ts';

/** How circuits are compiled. */
export interface CompileSettings {
  readonly defines: ReadonlyMap<string, Exact>;
  readonly optimizationLevel: OptimizationLevel;
  /** Names of passes to run in place of the level's. */
  readonly passes: readonly string[] | undefined;
  /** Names of passes after which the circuit is printed, or 'all'. */
  readonly printAfter: readonly string[];
  readonly verify: boolean;
  readonly precisionBits: number;
  readonly security: SecurityRequest;
  /** Undefined for all iterations of a loop. */
  readonly unroll: number | undefined;
  readonly aim: Aim;
  readonly budget: number | undefined;
  /** Workers that times are predicted for. */
  readonly jobs: number;
  /** What the client may upload. */
  readonly client: ClientPower;
  /** Whether the program may be cut in stages, between which the client encrypts again what is carried over. */
  readonly refresh: boolean;
}

const DEFINE = {
  flags: '-D <name=value>',
  summary: 'set a param (repeatable)',
  parse: parseDefine,
  absent: new Map<string, Exact>(),
} as const;

/** Params, where nothing is compiled. */
export const defining = optionGroup('Options:', { defines: DEFINE });

/** How circuits are compiled, at `optimizationLevel` unless another one is given. */
const compilingAt = <const Level extends OptimizationLevel>(optimizationLevel: Level) =>
  optionGroup('Compiling:', {
    defines: DEFINE,
    optimizationLevel: {
      flags: '-O <level>',
      summary: 'optimization: 0 as written … 3 most',
      parse: parseOptimizationLevel,
      default: optimizationLevel,
    },
    passes: {
      flags: '--passes <a,b,c>',
      summary: 'run these passes in place of those of -O',
      parse: parsePasses,
    },
    objective: {
      flags: '--objective <aim>',
      summary: 'time: the shortest evaluation; depth: the fewest levels',
      choices: ['time', 'depth'],
      default: 'time',
    },
    unroll: {
      flags: '--unroll <n|full>',
      summary: 'iterations of a loop that may be restructured together',
      parse: parseUnroll,
    },
    maxWidth: {
      flags: '--max-width <n>',
      summary: 'at most so many ciphertext multiplications of one depth',
      parse: parseCount,
    },
    maxOps: {
      flags: '--max-ops <n>',
      summary: 'at most so many operations on ciphertexts',
      parse: parseCount,
    },
    budget: {
      flags: '--budget <n>',
      summary: `operations that the search of -O3 may look at (default: ${DEFAULT_BUDGET.toExponential().replace('+', '')})`,
      parse: parseCount,
    },
    verify: {
      flags: '--verify',
      summary: 'after every pass, check exactly that it changed no polynomial',
    },
    precision: {
      flags: '--precision <bits>',
      summary: 'bits of the outputs that are to be right',
      parse: parsePrecision,
      default: 20,
    },
    security: {
      flags: '--security <bits>',
      summary: 'bits of security, classical: 128, 192 or 256',
      parse: parseSecurity,
      default: 128,
    },
    allowUncheckedRing: {
      flags: '--allow-unchecked-ring',
      summary: 'also use the ring N = 65536: SEAL does not check its security, keys take gigabytes',
    },
    client: {
      flags: '--client <power>',
      summary:
        'what the client may upload: encode: inputs in several packings, scaled; precompute: sums of products of two of their entries, too',
      choices: ['encode', 'precompute'],
      default: 'encode',
    },
  });

export const compiling = compilingAt(2);
/** With the search for circuits between which there is a choice. */
export const exploring = compilingAt(3);

/** Where a circuit is compiled whatever its data are. */
export const printing = optionGroup('Compiling:', {
  printAfter: {
    flags: '--print-after <passes>',
    summary: "print the circuit after these passes, or 'all', to standard error (repeatable)",
    parse: (text: string, before: readonly string[] = []): readonly string[] => [
      ...before,
      ...parsePasses(text),
    ],
    absent: [],
  },
});

/** The list of passes, for the help of commands that compile. */
export const passList = async (): Promise<string> =>
  (await import('../render/passes-text.ts')).passesHelp();

/** Where a program may be compiled in stages. */
export const staging = optionGroup('Compiling:', {
  refresh: {
    flags: '--refresh <who>',
    summary:
      'client: where a program takes more levels than there are, compile it in stages, between which the client decrypts what is carried over and encrypts it anew',
    choices: ['client'],
  },
});

/** Where times are only predicted. */
export const predicting = optionGroup('Compiling:', {
  jobs: {
    flags: '--jobs <n>',
    summary: 'workers that evaluation times are predicted for (default: 1)',
    parse: parseCount,
  },
});

const { allowUncheckedRing: _, ...onlyForCircuits } = compiling.options;

/** Options that have no use for a plan, which is compiled already. */
export const CIRCUIT_OPTIONS: OptionSpecs = { ...onlyForCircuits, ...staging.options };

type Compiling = OptionValues<readonly [typeof compiling]> &
  Partial<OptionValues<readonly [typeof printing, typeof staging, typeof predicting]>>;

/** What the options of a command that compiles say. */
export function settingsOf(options: Compiling): CompileSettings {
  const {
    defines,
    optimizationLevel,
    passes,
    verify,
    unroll,
    budget,
    client,
    jobs = 1,
    refresh,
  } = options;
  const { printAfter = [] } = options;
  const { objective, maxWidth, maxOps, security: securityBits, allowUncheckedRing } = options;
  return {
    ...{ defines, optimizationLevel, passes, printAfter, verify, budget, jobs, client },
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
