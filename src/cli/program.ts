import { readFileSync } from 'node:fs';
import { Command, CommanderError, Option } from 'commander';
import { DEFAULT_BUDGET } from '../compile/budget.ts';
import type { Aim } from '../compile/candidate.ts';
import type { ClientRole } from '../compile/compile.ts';
import type { SecurityBits } from '../schemes/security.ts';
import type { Exact } from '../tensor/exact.ts';
import { UsageError } from './failure.ts';
import type { CompileJob, CompileSettings, Job } from './job.ts';
import {
  parseCount,
  parseDefine,
  parseInputFile,
  parseLevel,
  parsePasses,
  parsePrecision,
  parseSecurity,
  parseSize,
  parseUnroll,
} from './options.ts';

/** What the arguments ask for: a job, or a text for standard output. */
export type Request = { readonly job: Job } | { readonly text: string };

/**
 * Reads a command line.
 *
 * @throws UsageError
 */
export function parseArguments(argv: readonly string[]): Request {
  let request: Request | undefined;
  let printed = '';
  let complaint = '';
  const program = makeProgram((job) => {
    request = { job };
  });
  for (const command of [program, ...program.commands]) {
    command.exitOverride().configureOutput({
      writeOut: (text) => {
        printed += text;
      },
      writeErr: (text) => {
        complaint += text;
      },
      getOutHelpWidth: () => 79,
      getErrHelpWidth: () => 79,
    });
  }
  try {
    program.parse(argv, { from: 'user' });
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    if (error.exitCode === 0) return { text: printed };
    throw new UsageError(complaintOf(complaint, argv));
  }
  return request ?? { text: printed };
}

/** What commander has written, as one message. */
function complaintOf(written: string, argv: readonly string[]): string {
  if (argv.length === 0) return `no command given\n\n${written.trimEnd()}`;
  return written
    .replace(/^error: /, '')
    .trim()
    .replace(/\s*\n\(Did you mean (.*)\?\)/s, '; did you mean $1?');
}

interface DefineOptions {
  readonly D?: ReadonlyMap<string, Exact>;
}

interface CompileOptions extends DefineOptions {
  readonly O: CompileSettings['level'];
  readonly passes?: readonly string[];
  readonly printAfter?: readonly string[];
  readonly verify?: true;
  readonly precision: number;
  readonly security: SecurityBits;
  readonly allowUncheckedRing?: true;
  readonly objective: Aim['objective'];
  readonly unroll?: number;
  readonly maxWidth?: number;
  readonly maxOps?: number;
  readonly budget?: number;
  readonly jobs?: number;
  readonly client: ClientRole;
  readonly refresh?: 'client';
}

interface EvalOptions extends CompileOptions, DataOptions {
  readonly vectors?: string;
  readonly backend: 'seal' | 'plain' | 'debug';
  readonly memory?: number;
  readonly compare?: true;
  readonly keys?: string;
  readonly in?: readonly string[];
  readonly output?: string;
  readonly force?: true;
  readonly compress?: true;
}

interface RoleOptions {
  readonly force?: true;
  readonly compress?: true;
  readonly allowUncheckedRing?: true;
}

type Start = (job: Job) => void;

function makeProgram(start: Start): Command {
  const program = new Command('shoal')
    .description('Compiles shallow homomorphic circuits and evaluates them encrypted.')
    .version(packageVersion(), '-V, --version', 'print the version')
    .helpOption('-h, --help', 'print this help')
    .helpCommand('help [command]', 'print the help of a command')
    .addHelpText(
      'after',
      examples(
        ['shoal report quartic.circ', 'what becomes of a circuit'],
        ['shoal eval quartic.circ -i quartic.json', 'and runs it, encrypted'],
        ['shoal keygen plan.json -o client/', 'then encrypt, eval, decrypt'],
        ['shoal help eval', 'all options of a command'],
      ) + statuses,
    );
  addCheck(program, start);
  addReport(program, start);
  addExplain(program, start);
  addExplore(program, start);
  addCompile(program, start);
  addEval(program, start);
  addKeygen(program, start);
  addEncrypt(program, start);
  addDecrypt(program, start);
  addInspect(program, start);
  addVerify(program, start);
  addFmt(program, start);
  addCalibrate(program, start);
  return program;
}

function addCheck(program: Command, start: Start): void {
  const command = program
    .command('check')
    .description('Parse and type-check circuits; print every error with its place.')
    .argument('<file...>', 'circuits')
    .addOption(define());
  withOutput(command)
    .addHelpText(
      'after',
      examples(
        ['shoal check circuits/basics/*.circ'],
        ['shoal check training.circ -D k=12 --json'],
      ),
    )
    .action((files: string[], options: DefineOptions) =>
      start({ command: 'check', files, defines: options.D ?? new Map() }),
    );
}

function addReport(program: Command, start: Start): void {
  const command = program
    .command('report')
    .description('Show the circuit as written and optimized, side by side.')
    .argument('<file>', 'circuit')
    .option('--packing', 'also show where tensors lie: slots, copies, ciphertexts');
  withOutput(withJobs(withRefresh(withPrintAfter(withCompiling(command)))))
    .addHelpText(
      'after',
      examples(
        ['shoal report quartic.circ'],
        ['shoal report training.circ -D k=3 -O1 --json'],
        ['shoal report quartic.circ --passes merge,powers --verify'],
      ),
    )
    .action((file: string, options: CompileOptions & { packing?: true }) =>
      start({
        command: 'report',
        file,
        settings: settingsOf(options),
        packing: options.packing ?? false,
      }),
    );
}

function addExplain(program: Command, start: Start): void {
  const command = program
    .command('explain')
    .description('Show the critical path, what holds it, and what each pass took from it.')
    .argument('<file>', 'circuit');
  withOutput(withPrintAfter(withCompiling(command)))
    .addHelpText(
      'after',
      examples(['shoal explain quartic.circ'], ['shoal explain training.circ -D k=3 -O3 --json']),
    )
    .action((file: string, options: CompileOptions) =>
      start({ command: 'explain', file, settings: settingsOf(options) }),
    );
}

function addExplore(program: Command, start: Start): void {
  const command = program
    .command('explore')
    .description('Show the circuits between which depth, work, upload and time trade off.')
    .argument('<file>', 'circuit')
    .option('-o, --output <directory>', "where to write each circuit's plan");
  withOutput(withJobs(withPrintAfter(withCompiling(command, 3))))
    .addHelpText(
      'after',
      examples(
        ['shoal explore training.circ'],
        ['shoal explore training.circ --jobs 8 --precision 30'],
        ['shoal explore training.circ -o plans/', 'plans/1.plan.json, plans/2.plan.json, …'],
      ),
    )
    .action((file: string, options: CompileOptions & { output?: string }) =>
      start({ command: 'explore', file, settings: settingsOf(options), output: options.output }),
    );
}

/** `--refresh`, where a program may be compiled in stages. */
function withRefresh(command: Command): Command {
  return command.addOption(
    new Option(
      '--refresh <who>',
      'client: where a program takes more levels than there are, compile it in stages, between which the client decrypts what is carried over and encrypts it anew',
    ).choices(['client']),
  );
}

/** `--print-after`, for commands that compile a circuit whatever its data are. */
function withPrintAfter(command: Command): Command {
  return command.addOption(
    new Option(
      '--print-after <passes>',
      "print the circuit after these passes, or 'all', to standard error (repeatable)",
    ).argParser((text, before: readonly string[] = []) => [...before, ...parsePasses(text)]),
  );
}

function addCompile(program: Command, start: Start): void {
  const command = program
    .command('compile')
    .description('Compile a circuit to a plan: operations, levels, scales, parameters.')
    .argument('<file>', 'circuit')
    .option('-o, --output <file>', "where to write; '-', the default, is standard output")
    .addOption(
      new Option('--emit <form>', 'what to write: the plan, or a drawing of the circuit')
        .choices(['plan', 'dot', 'svg'])
        .default('plan'),
    );
  withOutput(withRefresh(withPrintAfter(withCompiling(command))))
    .addHelpText(
      'after',
      examples(
        ['shoal compile quartic.circ -o quartic.plan.json'],
        ['shoal compile quartic.circ --emit svg -o quartic.svg'],
      ),
    )
    .action(
      (file: string, options: CompileOptions & Pick<CompileJob, 'emit'> & { output?: string }) => {
        const output = options.output === '-' ? undefined : options.output;
        const { emit } = options;
        const settings = settingsOf(options);
        start({ command: 'compile', file, settings, emit, output });
      },
    );
}

function addEval(program: Command, start: Start): void {
  const command = program
    .command('eval')
    .description(
      'Encrypt inputs, evaluate a circuit or plan on them, decrypt the outputs; with --keys, evaluate a plan on uploads as a server does, without any secret.',
    )
    .argument('<file>', 'circuit, or plan from shoal compile');
  withData(command)
    .option('--vectors <file>', 'evaluate test vectors and compare with their expected outputs')
    .addOption(
      new Option(
        '--backend <name>',
        'seal: encrypted; plain: the same plan in clear; debug: both, compared after each operation (prints secrets)',
      )
        .choices(['seal', 'plain', 'debug'])
        .default('seal'),
    )
    .addOption(
      new Option(
        '--memory <size>',
        'what keys, ciphertexts and tables may take, as 2GiB or 800MB (default: 1.5GiB for each worker)',
      ).argParser(parseSize),
    )
    .option('--compare', 'evaluate the circuit as written, too, and show both side by side')
    .addOption(jobs('most workers that evaluate (default: as many as there are cores)'))
    .option('--keys <file>', 'evaluation keys, of which the uploads are')
    .option('--in <file...>', 'uploads; those of several parties are put together by input')
    .option('-o, --output <file>', 'where the result of the uploads is written');
  withOutput(withRefresh(withCompiling(withWriting(command))))
    .addHelpText(
      'after',
      examples(
        ['shoal eval quartic.circ --inputs quartic.json'],
        ['shoal eval quartic.circ --inputs quartic.json --compare'],
        ['shoal eval quartic.plan.json --vectors quartic.vectors.json'],
        ['shoal eval mean.circ --input v=samples.csv --backend plain --json'],
        ['shoal eval quartic.circ --inputs quartic.json --backend debug'],
        ['shoal eval training.plan.json --inputs training.json --jobs 4'],
        ['shoal eval plan.json --keys evaluation.keys --in upload.shoal -o result.shoal'],
      ),
    )
    .action((file: string, options: EvalOptions) => {
      const { backend, compare = false } = options;
      if (givenOf(command, servingOptions).length > 0) {
        start(serveJob(command, file, options));
        return;
      }
      const job = {
        file,
        settings: settingsOf(options),
        compileOptions: givenOf(command, { ...compilingOptions, compare: '--compare' }),
        ...dataOf(options),
        vectors: options.vectors,
        memory: options.memory,
        jobs: options.jobs,
      };
      if (backend !== 'debug') start({ command: 'eval', ...job, backend, compare });
      else if (job.settings.refresh)
        throw new UsageError('--refresh has no use with --backend debug: it looks at one circuit');
      else if (!compare) start({ command: 'debug', ...job });
      else throw new UsageError('--compare has no use with --backend debug: it looks at one form');
    });
}

/** Options of `eval` that make it the server's side. */
const servingOptions = {
  keys: '--keys',
  in: '--in',
  output: '-o',
  force: '--force',
  compress: '--compress',
};

function serveJob(command: Command, file: string, options: EvalOptions): Job {
  const { keys, in: uploads, output, memory, jobs } = options;
  if (keys === undefined || uploads === undefined || output === undefined) {
    throw new UsageError(
      `${givenOf(command, servingOptions)[0]} is for the evaluation of uploads, which takes --keys, --in and -o`,
    );
  }
  const [useless] = givenOf(command, {
    ...compilingOptions,
    compare: '--compare',
    vectors: '--vectors',
    backend: '--backend',
  });
  if (useless !== undefined) {
    throw new UsageError(
      `${useless} has no use with --keys: a compiled plan is evaluated on uploads`,
    );
  }
  return {
    command: 'serve',
    file,
    ...roleSettings(options),
    ...dataOf(options),
    keys,
    uploads,
    output,
    memory,
    jobs,
  };
}

function addKeygen(program: Command, start: Start): void {
  const command = program
    .command('keygen')
    .description("Generate a client's keys for a plan: secret, public and evaluation keys.")
    .argument('<plan>', 'plan from shoal compile')
    .requiredOption(
      '-o, --output <directory>',
      'where to write secret.key, public.key and evaluation.keys',
    );
  withOutput(withPlan(withWriting(command)))
    .addHelpText(
      'after',
      examples(
        ['shoal keygen plan.json -o client/', 'the server gets evaluation.keys'],
        ['shoal keygen plan.json -o client/ --force', 'new keys in place of the old'],
      ),
    )
    .action((file: string, options: RoleOptions & { output: string }) =>
      start({ command: 'keygen', file, ...roleSettings(options), output: options.output }),
    );
}

function addEncrypt(program: Command, start: Start): void {
  const command = program
    .command('encrypt')
    .description("Encrypt a client's inputs for a plan: an upload for whoever evaluates.")
    .argument('<plan>', 'plan from shoal compile')
    .requiredOption(
      '--keys <path>',
      "the client's directory or secret key; or somebody's public key, by which uploads are twice as large",
    );
  withData(command)
    .requiredOption('-o, --output <file>', 'where to write the upload')
    .option('--partial', 'other parties encrypt the inputs that are not given');
  withOutput(withPlan(withWriting(command)))
    .addHelpText(
      'after',
      examples(
        ['shoal encrypt plan.json --keys client/ --inputs in.json -o upload.shoal'],
        ['shoal encrypt plan.json --keys public.key --input v=v.csv --partial -o v.shoal'],
      ),
    )
    .action(
      (
        file: string,
        options: RoleOptions & DataOptions & { keys: string; output: string; partial?: true },
      ) =>
        start({
          command: 'encrypt',
          file,
          ...roleSettings(options),
          ...dataOf(options),
          keys: options.keys,
          output: options.output,
          partial: options.partial ?? false,
        }),
    );
}

function addDecrypt(program: Command, start: Start): void {
  const command = program
    .command('decrypt')
    .description('Decrypt a result and print its outputs.')
    .argument('<plan>', 'plan from shoal compile')
    .requiredOption('--keys <path>', "the client's directory or secret key")
    .requiredOption('--in <file>', 'result from shoal eval --keys')
    .option(
      '--upload <file...>',
      'refuse the result unless it comes from these uploads, in this order',
    );
  withOutput(withPlan(command))
    .addHelpText(
      'after',
      examples(
        ['shoal decrypt plan.json --keys client/ --in result.shoal'],
        ['shoal decrypt plan.json --keys client/ --in result.shoal --upload up.shoal'],
      ),
    )
    .action(
      (
        file: string,
        options: RoleOptions & { keys: string; in: string; upload?: readonly string[] },
      ) =>
        start({
          command: 'decrypt',
          file,
          allowUncheckedRing: options.allowUncheckedRing ?? false,
          keys: options.keys,
          result: options.in,
          uploads: options.upload ?? [],
        }),
    );
}

function addInspect(program: Command, start: Start): void {
  const command = program
    .command('inspect')
    .description('Say what a plan, key, upload or result is, and whether it is whole.')
    .argument('<file>', 'plan from shoal compile, or file from keygen, encrypt or eval');
  withOutput(withPlan(command))
    .addHelpText(
      'after',
      examples(['shoal inspect upload.shoal'], ['shoal inspect client/evaluation.keys --json']),
    )
    .action((file: string, options: RoleOptions) =>
      start({ command: 'inspect', file, allowUncheckedRing: options.allowUncheckedRing ?? false }),
    );
}

interface DataOptions {
  readonly inputs?: string;
  readonly input?: ReadonlyMap<string, string>;
}

function withData(command: Command): Command {
  return command
    .option('-i, --inputs <file>', 'JSON object of inputs by name')
    .addOption(
      new Option(
        '--input <name=file>',
        'one input from a .json, .csv or .npy file (repeatable)',
      ).argParser(parseInputFile),
    );
}

function dataOf({ inputs, input = new Map() }: DataOptions) {
  return { inputs, input };
}

/** Options of commands that write keys, uploads or results. */
function withWriting(command: Command): Command {
  return command
    .option('--force', 'replace files that are there already')
    .option('--compress', 'compress what is written: smaller, where primes are small, but slower');
}

function withPlan(command: Command): Command {
  return command.option(
    '--allow-unchecked-ring',
    'also take plans of the ring N = 65536, whose security SEAL does not check',
  );
}

function roleSettings({
  force = false,
  compress = false,
  allowUncheckedRing = false,
}: {
  readonly force?: boolean;
  readonly compress?: boolean;
  readonly allowUncheckedRing?: boolean;
}) {
  return { force, compress, allowUncheckedRing };
}

function addVerify(program: Command, start: Start): void {
  const command = program
    .command('verify')
    .description('Prove that two circuits compute the same polynomials, or show where they differ.')
    .argument('<a>', 'circuit')
    .argument('<b>', 'circuit')
    .addOption(define());
  withOutput(command)
    .addHelpText('after', examples(['shoal verify newton.circ goldschmidt.circ -D steps=4']))
    .action((a: string, b: string, options: DefineOptions) =>
      start({ command: 'verify', files: [a, b], defines: options.D ?? new Map() }),
    );
}

function addFmt(program: Command, start: Start): void {
  const command = program
    .command('fmt')
    .description('Print circuits in canonical form.')
    .argument('<file...>', 'circuits')
    .addOption(new Option('--write', 'rewrite the files in place').conflicts('check'))
    .option('--check', 'list the files that are not in canonical form; status 1 if there are any');
  withOutput(command)
    .addHelpText(
      'after',
      examples(['shoal fmt quartic.circ'], ['shoal fmt --write circuits/*.circ']),
    )
    .action((files: string[], options: { write?: true; check?: true }) => {
      const mode = options.write ? 'write' : options.check ? 'check' : 'print';
      start({ command: 'fmt', files, mode });
    });
}

function addCalibrate(program: Command, start: Start): void {
  const command = program
    .command('calibrate')
    .description('Measure how fast this machine is, for estimates of time.')
    .option('--full', 'measure the largest ring, N = 32768, too: takes twice as long')
    .addOption(new Option('--reset', 'go back to the built-in model of cost').conflicts('full'));
  withOutput(command)
    .addHelpText(
      'after',
      `\n${calibrateStore}\n${examples(
        ['shoal calibrate', 'about a quarter of a minute'],
        ['shoal calibrate --full --json'],
        ['shoal calibrate --reset'],
      )}`,
    )
    .action((options: { full?: true; reset?: true }) =>
      start({
        command: 'calibrate',
        full: options.full ?? false,
        reset: options.reset ?? false,
      }),
    );
}

const calibrateStore = `The model is stored in $XDG_CONFIG_HOME/shoal/cost-model.json,
by default in ~/.config/shoal/cost-model.json.`;

/** `-D`, without a default: commander would hand it to the parser as what was given before. */
function define(): Option {
  return new Option('-D <name=value>', 'set a param (repeatable)').argParser(parseDefine);
}

/** Options that say how circuits are compiled, by their names in commander. */
const compilingOptions: Readonly<Record<string, string>> = {
  D: '-D',
  O: '-O',
  passes: '--passes',
  objective: '--objective',
  unroll: '--unroll',
  maxWidth: '--max-width',
  maxOps: '--max-ops',
  budget: '--budget',
  verify: '--verify',
  precision: '--precision',
  security: '--security',
  client: '--client',
  refresh: '--refresh',
};

function withCompiling(command: Command, level: CompileSettings['level'] = 2): Command {
  return command
    .addOption(define())
    .addOption(
      new Option('-O <level>', 'optimization: 0 as written … 3 most')
        .argParser(parseLevel)
        .default(level),
    )
    .addOption(
      new Option('--passes <a,b,c>', 'run these passes in place of those of -O').argParser(
        parsePasses,
      ),
    )
    .addOption(
      new Option('--objective <aim>', 'time: the shortest evaluation; depth: the fewest levels')
        .choices(['time', 'depth'])
        .default('time'),
    )
    .addOption(
      new Option(
        '--unroll <n|full>',
        'iterations of a loop that may be restructured together',
      ).argParser(parseUnroll),
    )
    .addOption(
      new Option(
        '--max-width <n>',
        'at most so many ciphertext multiplications of one depth',
      ).argParser((text) => parseCount(text)),
    )
    .addOption(
      new Option('--max-ops <n>', 'at most so many operations on ciphertexts').argParser((text) =>
        parseCount(text),
      ),
    )
    .addOption(
      new Option(
        '--budget <n>',
        `operations that the search of -O3 may look at (default: ${DEFAULT_BUDGET.toExponential().replace('+', '')})`,
      ).argParser((text) => parseCount(text)),
    )
    .option('--verify', 'after every pass, check exactly that it changed no polynomial')
    .addOption(
      new Option('--precision <bits>', 'bits of the outputs that are to be right')
        .argParser(parsePrecision)
        .default(20),
    )
    .addOption(
      new Option('--security <bits>', 'bits of security, classical: 128, 192 or 256')
        .argParser(parseSecurity)
        .default(128),
    )
    .option(
      '--allow-unchecked-ring',
      'also use the ring N = 65536: SEAL does not check its security, keys take gigabytes',
    )
    .addOption(
      new Option(
        '--client <power>',
        'what the client may upload: encode: inputs in several packings, scaled; precompute: sums of products of two of their entries, too',
      )
        .choices(['encode', 'precompute'])
        .default('encode'),
    );
}

/** `--jobs`, where times are only predicted. */
function withJobs(command: Command): Command {
  return command.addOption(jobs('workers that evaluation times are predicted for (default: 1)'));
}

function jobs(description: string): Option {
  return new Option('--jobs <n>', description).argParser((text) => parseCount(text));
}

function withOutput(command: Command): Command {
  return command
    .option('--json', 'print one JSON document, also for errors')
    .option('-q, --quiet', 'print results and errors only')
    .helpOption('-h, --help', 'print this help');
}

function settingsOf(options: CompileOptions): CompileSettings {
  return {
    defines: options.D ?? new Map(),
    level: options.O,
    passes: options.passes,
    printAfter: options.printAfter ?? [],
    verify: options.verify ?? false,
    precisionBits: options.precision,
    security: {
      securityBits: options.security,
      allowUncheckedRing: options.allowUncheckedRing ?? false,
    },
    unroll: options.unroll,
    aim: {
      objective: options.objective,
      ...(options.maxWidth === undefined ? {} : { maxWidth: options.maxWidth }),
      ...(options.maxOps === undefined ? {} : { maxOps: options.maxOps }),
    },
    budget: options.budget,
    jobs: options.jobs ?? 1,
    client: options.client,
    refresh: options.refresh === 'client',
  };
}

/** Which of some options were given, as the user writes them. */
function givenOf(command: Command, names: Readonly<Record<string, string>>): readonly string[] {
  return Object.entries(names).flatMap(([name, shown]) =>
    command.getOptionValueSource(name) === 'cli' ? [shown] : [],
  );
}

function examples(...lines: readonly (readonly [string, string?])[]): string {
  const width = Math.max(...lines.map(([text]) => text.length));
  const shown = lines.map(([text, what]) =>
    what === undefined ? `  ${text}` : `  ${text.padEnd(width)}  # ${what}`,
  );
  return `\nExamples:\n${shown.join('\n')}\n`;
}

const statuses = `
Exit status:
  0  done
  1  a circuit, data or a file is refused; circuits differ; a vector missed
  2  the command line or the environment is wrong
  3  evaluation failed
`;

/** The version in package.json, which lies above both src and dist. */
export function packageVersion(): string {
  const text = readFileSync(new URL('../../package.json', import.meta.url), 'utf8');
  return (JSON.parse(text) as { version: string }).version;
}
