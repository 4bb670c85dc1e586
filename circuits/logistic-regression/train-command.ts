import { Command, Option } from 'commander';
import { failureOutcome } from '../../src/cli/failure.ts';
import type { Outcome, Progress, Status, View } from '../../src/cli/job.ts';
import { ProgressBar } from '../../src/cli/progress.ts';
import { supportsColor } from '../../src/cli/terminal.ts';
import { writeFiles } from '../../src/cli/write.ts';
import type { DiagnosticJson } from '../../src/syntax/diagnostic.ts';
import {
  countOption,
  dataNames,
  parseParam,
  parseWith,
  seedOption,
  skipOption,
} from './options.ts';
import type { DataName } from './prepare.ts';
import { PROGRAMS } from './programs.ts';
import { renderTraining, trainingToJson } from './render-training.ts';
import { type Refused, type Trained, train } from './training.ts';

interface Options {
  readonly circuit: string;
  readonly data: DataName;
  readonly steps: number;
  readonly epochs: number;
  readonly samples?: number;
  readonly skip: number;
  readonly seed: number;
  readonly start?: string;
  readonly save?: string;
  readonly D?: ReadonlyMap<string, number>;
  readonly json?: true;
  readonly quiet?: true;
}

function commandOf(): Command {
  return new Command('npm run train --')
    .description(
      'Train a model on encrypted data, and the same in clear; test both.\n' +
        'All other options are those of shoal eval: -O, --client, --objective, --jobs, --memory, …',
    )
    .usage('[options] [options of shoal eval]')
    .allowUnknownOption()
    .allowExcessArguments()
    .addOption(
      new Option(
        '--circuit <name|file>',
        `${Object.keys(PROGRAMS).join(', ')}, or a file of such a name`,
      ).default('nesterov'),
    )
    .addOption(new Option('--data <name>', 'data set').choices(dataNames).default('mnist'))
    .addOption(
      countOption('-k, --steps <k>', 'steps, each on a minibatch if the circuit has them').default(
        2,
      ),
    )
    .addOption(countOption('--epochs <n>', 'times that nesterov takes each minibatch').default(1))
    .addOption(
      countOption(
        '-n, --samples <n>',
        'samples in a batch (default: 64; 256, where all steps share one)',
      ),
    )
    .addOption(
      new Option(
        '-D <name=value>',
        'another param of the circuit, as step=2 (repeatable)',
      ).argParser(parseParam),
    )
    .addOption(skipOption())
    .addOption(seedOption())
    .option('--start <file>', 'weights to start from, .json, .csv or .npy')
    .option('--save <file.json>', 'write the decrypted weights')
    .option('--json', 'print one JSON document, also for errors')
    .option('-q, --quiet', 'print results and errors only');
}

/** `npm run train`: trains a model on encrypted data, and the same in clear, and tests both. Never throws. */
export async function trainCommand(argv: readonly string[]): Promise<Outcome> {
  try {
    return await run(argv);
  } catch (error) {
    const view: View = {
      json: argv.includes('--json'),
      quiet: true,
      color: { out: false, err: false },
    };
    const outcome = failureOutcome(error, view);
    return { ...outcome, stderr: outcome.stderr.replace(/^shoal: /, 'train: ') };
  }
}

async function run(argv: readonly string[]): Promise<Outcome> {
  const command = commandOf();
  const help = parseWith(command, argv);
  if (help !== undefined) return outcomeOf(0, help);
  const { json = false, quiet = false, D = new Map(), save, ...options } = command.opts<Options>();
  const { samples, start } = options;
  const request = { ...options, samples, start, params: D, evalOptions: command.args };
  const progress = json || quiet ? undefined : watch(process.stderr);
  const result = await train(request, (...at) => progress?.show(...at)).finally(() =>
    progress?.stop(),
  );
  if ('document' in result) return refusal(result, json);
  if (save !== undefined)
    await writeFiles([{ path: save, content: `${JSON.stringify(result.evaluation.outputs.w)}\n` }]);
  return shown(result, json);
}

/** A bar on a terminal; a line for each phase elsewhere. */
function watch(stream: NodeJS.WriteStream): { readonly show: Progress; stop(): void } {
  if (stream.isTTY) {
    const bar = new ProgressBar(stream);
    return { show: (...at) => bar.show(...at), stop: () => bar.stop() };
  }
  let last = '';
  const say = (phase: string): void => {
    if (phase !== last) stream.write(`${phase} …\n`);
    last = phase;
  };
  return { show: (_done, _total, phase) => say(phase), stop: () => {} };
}

function refusal({ status, document }: Refused, json: boolean): Outcome {
  if (json) return outcomeOf(status, document);
  const { errors } = JSON.parse(document) as { errors: readonly DiagnosticJson[] };
  const lines = errors.map(({ code, file, line, column, message }) => {
    const at = line === 0 ? 'train' : `${file}:${line}:${column}`;
    return `${at}: error[${code}]: ${message}\n`;
  });
  return outcomeOf(status, '', lines.join(''));
}

function shown(trained: Trained, json: boolean): Outcome {
  const { errors = [] } = trained.evaluation;
  const status = errors.length > 0 ? 3 : 0;
  if (json) return outcomeOf(status, `${JSON.stringify(trainingToJson(trained), null, 2)}\n`);
  const complaints = errors.map(({ message }) => `train: ${message}\n`).join('');
  const text = renderTraining(trained, supportsColor(process.stdout));
  return outcomeOf(status, `${text}\n`, complaints);
}

function outcomeOf(status: Status, stdout: string, stderr = ''): Outcome {
  return { status, stdout, stderr, files: [] };
}
