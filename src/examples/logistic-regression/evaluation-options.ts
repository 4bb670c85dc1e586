import { type Command, InvalidArgumentError, Option } from 'commander';
import {
  type Aim,
  BACKENDS,
  type ClientPower,
  type DataCompileOptions,
  EVALUATING_BACKENDS,
  evaluatingBackend,
  type OptimizationLevel,
  type ProgramEvaluateOptions,
  SECURITY_BITS,
  type SecurityBits,
  ShoalError,
} from '../../index.ts';
import { countOption, parseCountOption } from './command-options.ts';

/** How a training is compiled and evaluated, as plain data. */
export interface EvaluationOptions {
  readonly compiling: Omit<DataCompileOptions, 'passes' | 'cost' | 'onProgress'>;
  /** Names of passes to run in place of the level's. */
  readonly passes: readonly string[] | undefined;
  readonly evaluating: Pick<ProgramEvaluateOptions, 'memory' | 'jobs'> & {
    /** Name of the backend. */
    readonly backend: string;
  };
}

/** The options as they are given. */
interface Given {
  readonly O: OptimizationLevel;
  readonly passes?: readonly string[];
  readonly objective: Aim['objective'];
  readonly unroll?: number;
  readonly maxWidth?: number;
  readonly maxOps?: number;
  readonly budget?: number;
  readonly verify?: true;
  readonly precision: number;
  readonly security: SecurityBits;
  readonly allowUncheckedRing?: true;
  readonly client: ClientPower;
  readonly refresh?: 'client';
  readonly backend: string;
  readonly memory?: number;
  readonly jobs?: number;
  readonly compare?: true;
  readonly inputs?: string;
  readonly input?: string;
  readonly vectors?: string;
}

/** Adds those options of `shoal eval` that are of use here. */
export function withEvaluation(command: Command): Command {
  return [...compiling(), ...evaluating(), ...useless()].reduce(
    (made, option) => made.addOption(option),
    command.optionsGroup('Options of shoal eval:'),
  );
}

const compiling = (): readonly Option[] => [
  new Option('-O <level>', 'optimization: 0 as written … 3 most')
    .argParser(oneOf([0, 1, 2, 3], 'The levels are 0, 1, 2 and 3.'))
    .default(2),
  new Option('--passes <a,b,c>', 'run these passes in place of those of -O').argParser(
    (text: string) =>
      text
        .split(',')
        .map((name) => name.trim())
        .filter(Boolean),
  ),
  new Option('--objective <aim>', 'time: the shortest evaluation; depth: the fewest levels')
    .choices(['time', 'depth'])
    .default('time'),
  new Option('--unroll <n|full>', 'iterations that may be restructured together').argParser(
    parseUnroll,
  ),
  countOption('--max-width <n>', 'at most so many ciphertext multiplications of one depth'),
  countOption('--max-ops <n>', 'at most so many operations on ciphertexts'),
  countOption('--budget <n>', 'operations that the search of -O3 may look at'),
  new Option('--verify', 'after every pass, check that it changed no polynomial'),
  new Option('--precision <bits>', 'bits of the weights that are to be right')
    .argParser(parsePrecision)
    .default(20),
  new Option('--security <bits>', 'bits of security, classical: 128, 192 or 256')
    .argParser(oneOf(SECURITY_BITS, `The levels are ${SECURITY_BITS.join(', ')}.`))
    .default(128),
  new Option('--allow-unchecked-ring', 'also use the ring N = 65536, which SEAL does not check'),
  new Option('--client <power>', 'what the client may upload')
    .choices(['encode', 'precompute'])
    .default('encode'),
  new Option(
    '--refresh <who>',
    'client: train in stages where there are too few levels, ' +
      'between which the client decrypts the model and encrypts it again',
  ).choices(['client']),
];

/** Those that look into one plan are of no use for training. */
const backends = EVALUATING_BACKENDS.filter(({ inspectsPlan }) => !inspectsPlan);

const evaluating = (): readonly Option[] => [
  new Option(
    '--backend <name>',
    backends.map(({ name, summary }) => `${name}: ${summary}`).join('; '),
  )
    .choices(EVALUATING_BACKENDS.map(({ name }) => name))
    .default(BACKENDS[0].name),
  new Option('--memory <size>', 'what keys, ciphertexts and tables may take, as 2GiB').argParser(
    parseSize,
  ),
  countOption('--jobs <n>', 'most workers that evaluate (default: as many as there are cores)'),
];

/** Options that people try because `shoal eval` has them. */
const useless = (): readonly Option[] =>
  ['--compare', '-i, --inputs <file>', '--input <name=file>', '--vectors <file>'].map((flags) =>
    new Option(flags).hideHelp(),
  );

/**
 * What the options of a parsed command ask for.
 *
 * @throws ShoalError for options that have no use here
 */
export function evaluationOptions(given: Given): EvaluationOptions {
  const { backend, maxWidth, maxOps } = given;
  if (evaluatingBackend(backend).inspectsPlan)
    throw new ShoalError('usage', `--backend ${backend} has no use here: give it to shoal eval`);
  if (given.compare)
    throw new ShoalError('usage', '--compare has no use here: give -O 0 for the source form');
  if (given.vectors ?? given.inputs ?? given.input)
    throw new ShoalError(
      'usage',
      'the data are those of --data: --inputs and --vectors have no use here',
    );
  const { security: securityBits, jobs, memory, objective, unroll, budget } = given;
  const allowUncheckedRing = given.allowUncheckedRing ?? false;
  return {
    compiling: {
      optimizationLevel: given.O,
      aim: { objective, ...defined({ maxWidth, maxOps }) },
      client: given.client,
      precisionBits: given.precision,
      security: { securityBits, allowUncheckedRing },
      verify: given.verify ?? false,
      refresh: given.refresh === 'client',
      jobs: jobs ?? 1,
      ...defined({ unroll, budget }),
    },
    passes: given.passes,
    evaluating: { backend, ...defined({ memory, jobs }) },
  };
}

/** Those numbers that are given. */
function defined<Name extends string>(
  numbers: Readonly<Record<Name, number | undefined>>,
): Partial<Record<Name, number>> {
  const given = Object.entries(numbers).filter(([, number]) => number !== undefined);
  return Object.fromEntries(given) as Partial<Record<Name, number>>;
}

function oneOf(numbers: readonly number[], complaint: string) {
  return (text: string): number => {
    const number = numbers.find((candidate) => `${candidate}` === text);
    if (number === undefined) throw new InvalidArgumentError(complaint);
    return number;
  };
}

function parseUnroll(text: string): number | undefined {
  if (text === 'full') return undefined;
  try {
    return parseCountOption(text);
  } catch {
    throw new InvalidArgumentError("Give a whole number of iterations, at least 1, or 'full'.");
  }
}

function parsePrecision(text: string): number {
  const bits = /^\d+$/.test(text) ? Number(text) : 0;
  if (bits < 1 || bits > 50)
    throw new InvalidArgumentError('Give a whole number of bits from 1 to 50.');
  return bits;
}

/** Bytes of `2GiB` or `800MB`. */
function parseSize(text: string): number {
  const [, digits, prefix = '', binary] =
    /^\s*(\d+(?:\.\d+)?)\s*(?:([kmg])(i?)b)?\s*$/i.exec(text) ?? [];
  const power = ['', 'k', 'm', 'g'].indexOf(prefix.toLowerCase());
  const bytes = Math.floor(Number(digits) * (binary ? 1024 : 1000) ** power);
  if (!(bytes >= 1)) {
    throw new InvalidArgumentError(
      'Give a size with its unit, as in 2GiB or 800MB; units are KB, MB, GB, KiB, MiB and GiB.',
    );
  }
  return bytes;
}
