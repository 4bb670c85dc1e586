import { writeFileSync } from 'node:fs';
import { Command, Option } from 'commander';
import { ShoalError } from '../../index.ts';
import {
  countOption,
  DATA_NAMES,
  parseParam,
  parseWith,
  seedOption,
  skipOption,
} from './command-options.ts';
import { evaluationOptions, withEvaluation } from './evaluation-options.ts';
import type { DataName } from './prepare.ts';
import { PROGRAMS } from './programs.ts';
import { renderTraining, trainingToJson } from './render-training.ts';
import {
  failedOutcome,
  failureReason,
  type RunOutcome,
  type RunStatus,
  refusedOutcome,
} from './run-outcome.ts';
import { type TrainingResult, train } from './training.ts';
import { watch } from './training-progress.ts';

type EvaluationArguments = Parameters<typeof evaluationOptions>[0];

interface Options extends EvaluationArguments {
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
  const command = new Command('npm run train --')
    .description('Train a model on encrypted data and in the clear, and test both models.')
    .addOption(
      new Option(
        '--circuit <name|file>',
        `${Object.keys(PROGRAMS).join(', ')}, or a file with one of these names`,
      ).default('nesterov'),
    )
    .addOption(new Option('--data <name>', 'data set').choices(DATA_NAMES).default('mnist'))
    .addOption(
      countOption(
        '-k, --steps <k>',
        'steps; each on its own minibatch, if the circuit has minibatches',
      ).default(2),
    )
    .addOption(countOption('--epochs <n>', 'how often nesterov uses each minibatch').default(1))
    .addOption(
      countOption(
        '-n, --samples <n>',
        'samples in a batch (default: 64, or 256 if all steps share one batch)',
      ),
    )
    .addOption(
      new Option(
        '-D <name=value>',
        'another param of the circuit, as in step=2 (repeatable)',
      ).argParser(parseParam),
    )
    .addOption(skipOption())
    .addOption(seedOption())
    .option('--start <file>', 'initial weights, in a .json, .csv or .npy file')
    .option('--save <file.json>', 'write the decrypted weights to a file')
    .option('--json', 'print one JSON document, also for errors')
    .option('-q, --quiet', 'print results and errors only');
  return withEvaluation(command);
}

/**
 * Runs `npm run train`: trains a model on encrypted data and in the clear, and tests both models.
 */
export async function trainCommand(argv: readonly string[]): Promise<RunOutcome> {
  try {
    return await run(argv);
  } catch (error) {
    return failedOutcome(error, 'train', argv.includes('--json'));
  }
}

async function run(argv: readonly string[]): Promise<RunOutcome> {
  const command = commandOf();
  const help = parseWith(command, argv);
  if (help !== undefined) return { status: 0, stdout: help, stderr: '' };
  const { json = false, quiet = false, D = new Map(), save, ...options } = command.opts<Options>();
  const { samples, start } = options;
  const evaluation = evaluationOptions(options);
  const request = { ...options, samples, start, params: D, evaluation };
  const progress = json || quiet ? undefined : watch(process.stderr);
  const result = await train(request, (...report) => progress?.show(...report)).finally(() =>
    progress?.stop(),
  );
  if ('status' in result) return refusedOutcome(result, 'train', json);
  if (save !== undefined) write(save, `${JSON.stringify(result.evaluation.outputs.w)}\n`);
  return resultOutcome(result, json);
}

/** @throws ShoalError when the file cannot be written */
function write(file: string, text: string): void {
  try {
    writeFileSync(file, text);
  } catch (error) {
    throw new ShoalError('cannot-write', `cannot write ${file}: ${failureReason(error)}`);
  }
}

function resultOutcome(trained: TrainingResult, json: boolean): RunOutcome {
  const { errors = [] } = trained.evaluation;
  const status: RunStatus = errors.length > 0 ? 3 : 0;
  if (json)
    return { status, stdout: `${JSON.stringify(trainingToJson(trained), null, 2)}\n`, stderr: '' };
  const complaints = errors.map(({ message }) => `train: ${message}\n`).join('');
  return { status, stdout: `${renderTraining(trained)}\n`, stderr: complaints };
}
