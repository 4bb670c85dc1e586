/** `npm run train`: trains a model on encrypted data, and the same in clear, and tests both. */
import { Command, Option } from 'commander';
import { failureOutcome } from '../../src/cli/failure.ts';
import type { Progress } from '../../src/cli/job.ts';
import { ProgressBar } from '../../src/cli/progress.ts';
import { supportsColor, watchOutput } from '../../src/cli/terminal.ts';
import { writeFiles } from '../../src/cli/write.ts';
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

async function main(argv: readonly string[]): Promise<void> {
  const command = commandOf();
  const help = parseWith(command, argv);
  if (help !== undefined) return void process.stdout.write(help);
  const { json = false, quiet = false, D = new Map(), save, ...options } = command.opts<Options>();
  const { samples, start } = options;
  const request = { ...options, samples, start, params: D, evalOptions: command.args };
  const progress = json || quiet ? undefined : watch(process.stderr);
  const result = await train(request, (...at) => progress?.show(...at)).finally(() =>
    progress?.stop(),
  );
  if ('document' in result) return refuse(result, json);
  if (save !== undefined)
    await writeFiles([{ path: save, content: `${JSON.stringify(result.evaluation.outputs.w)}\n` }]);
  show(result, json);
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
  say('prepare and compile');
  return { show: (_done, _total, phase) => say(phase), stop: () => {} };
}

function refuse({ status, document }: Refused, json: boolean): void {
  process.exitCode = status;
  if (json) return void process.stdout.write(document);
  const { errors } = JSON.parse(document) as {
    errors: readonly {
      code: string;
      file: string;
      line: number;
      column: number;
      message: string;
    }[];
  };
  for (const { code, file, line, column, message } of errors) {
    const at = line === 0 ? 'train' : `${file}:${line}:${column}`;
    process.stderr.write(`${at}: error[${code}]: ${message}\n`);
  }
}

function show(trained: Trained, json: boolean): void {
  const { errors = [] } = trained.evaluation;
  if (errors.length > 0) process.exitCode = 3;
  if (json) {
    return void process.stdout.write(`${JSON.stringify(trainingToJson(trained), null, 2)}\n`);
  }
  process.stdout.write(`${renderTraining(trained, supportsColor(process.stdout))}\n`);
  for (const { message } of errors) process.stderr.write(`train: ${message}\n`);
}

watchOutput();
const argv = process.argv.slice(2);
await main(argv).catch((error) => {
  const view = { json: argv.includes('--json'), quiet: true, color: { out: false, err: false } };
  const { status, stdout, stderr } = failureOutcome(error, view);
  process.stdout.write(stdout);
  process.stderr.write(stderr.replace(/^shoal: /, 'train: '));
  process.exitCode = status;
});
