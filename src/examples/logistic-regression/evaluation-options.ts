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

/** The options for compiling and evaluating a training, as plain data. */
export interface EvaluationOptions {
  readonly compiling: Omit<DataCompileOptions, 'passes' | 'cost' | 'onProgress'>;
  /** Names of the passes to run instead of those of the optimization level. */
  readonly passes: readonly string[] | undefined;
  /** The file of a cost model; undefined for the built-in one. */
  readonly costModel: string | undefined;
  readonly evaluating: Pick<ProgramEvaluateOptions, 'memory' | 'jobs'> & {
    /** Name of the backend. */
    readonly backend: string;
  };
}

/** The options as commander parses them. */
interface ParsedOptions {
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
  readonly costModel?: string;
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

/** Adds the options of `shoal eval` that apply to training. */
export function withEvaluation(command: Command): Command {
  return [...compiling(), ...evaluating(), ...refused()].reduce(
    (extended, option) => extended.addOption(option),
    command.optionsGroup('Options of shoal eval:'),
  );
}

const compiling = (): readonly Option[] => [
  new Option('-O <level>', 'optimization level: 0 (as written) to 3 (most)')
    .argParser(oneOf([0, 1, 2, 3], 'The optimization levels are 0, 1, 2 and 3.'))
    .default(2),
  new Option('--passes <a,b,c>', 'run these passes instead of those of -O').argParser(
    (text: string) =>
      text
        .split(',')
        .map((name) => name.trim())
        .filter(Boolean),
  ),
  new Option('--objective <aim>', 'time: the shortest evaluation; depth: the fewest levels')
    .choices(['time', 'depth'])
    .default('time'),
  new Option(
    '--unroll <n|full>',
    'number of iterations that passes may restructure together',
  ).argParser(parseUnroll),
  countOption('--max-width <n>', 'limit on ciphertext multiplications of the same depth'),
  countOption('--max-ops <n>', 'limit on operations on ciphertexts'),
  countOption('--budget <n>', 'limit on operations that the search of -O3 examines'),
  new Option('--verify', 'check after every pass that it changed no polynomial'),
  new Option('--precision <bits>', 'correct bits required in every weight')
    .argParser(parsePrecision)
    .default(20),
  new Option('--security <bits>', 'bits of classical security: 128, 192 or 256')
    .argParser(oneOf(SECURITY_BITS, `The security levels are ${SECURITY_BITS.join(', ')}.`))
    .default(128),
  new Option('--allow-unchecked-ring', 'also use the ring N = 65536, which SEAL does not check'),
  new Option(
    '--cost-model <file>',
    'predict times by this cost model, from shoal calibrate, not by the built-in one',
  ),
  new Option('--client <power>', 'what the client may upload')
    .choices(['encode', 'precompute'])
    .default('encode'),
  new Option(
    '--refresh <who>',
    'client: if there are too few levels, train in stages; ' +
      'between two stages the client decrypts the model and encrypts it again',
  ).choices(['client']),
];

/** The backends for training: without those that inspect a single plan. */
const backends = EVALUATING_BACKENDS.filter(({ inspectsPlan }) => !inspectsPlan);

const evaluating = (): readonly Option[] => [
  new Option(
    '--backend <name>',
    backends.map(({ name, summary }) => `${name}: ${summary}`).join('; '),
  )
    .choices(EVALUATING_BACKENDS.map(({ name }) => name))
    .default(BACKENDS[0].name),
  new Option(
    '--memory <size>',
    'memory limit for keys, ciphertexts and tables, as in 2GiB',
  ).argParser(parseSize),
  countOption('--jobs <n>', 'limit on workers (default: the number of cores)'),
];

/** Options of `shoal eval` that are accepted only to refuse them with a helpful message. */
const refused = (): readonly Option[] =>
  ['--compare', '-i, --inputs <file>', '--input <name=file>', '--vectors <file>'].map((flags) =>
    new Option(flags).hideHelp(),
  );

/**
 * Converts the parsed options.
 *
 * @throws ShoalError for options that do not apply to training
 */
export function evaluationOptions(parsed: ParsedOptions): EvaluationOptions {
  const { backend, maxWidth, maxOps } = parsed;
  if (evaluatingBackend(backend).inspectsPlan)
    throw new ShoalError(
      'usage',
      `--backend ${backend} does not apply here: use it with shoal eval`,
    );
  if (parsed.compare)
    throw new ShoalError('usage', '--compare does not apply here: give -O 0 for the source form');
  if (parsed.vectors ?? parsed.inputs ?? parsed.input)
    throw new ShoalError(
      'usage',
      '--inputs and --vectors do not apply here: the data are those of --data',
    );
  const { security: securityBits, jobs, memory, objective, unroll, budget } = parsed;
  const allowUncheckedRing = parsed.allowUncheckedRing ?? false;
  return {
    compiling: {
      optimizationLevel: parsed.O,
      aim: { objective, ...defined({ maxWidth, maxOps }) },
      client: parsed.client,
      precisionBits: parsed.precision,
      security: { securityBits, allowUncheckedRing },
      verify: parsed.verify ?? false,
      refresh: parsed.refresh === 'client',
      jobs: jobs ?? 1,
      ...defined({ unroll, budget }),
    },
    passes: parsed.passes,
    costModel: parsed.costModel,
    evaluating: { backend, ...defined({ memory, jobs }) },
  };
}

/** Returns the entries that are not undefined. */
function defined<Name extends string>(
  numbers: Readonly<Record<Name, number | undefined>>,
): Partial<Record<Name, number>> {
  const entries = Object.entries(numbers).filter(([, number]) => number !== undefined);
  return Object.fromEntries(entries) as Partial<Record<Name, number>>;
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

/** Parses a size such as `2GiB` or `800MB` to bytes. */
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
