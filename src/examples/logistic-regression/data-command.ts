import { join } from 'node:path';
import { Argument, Command, Option } from 'commander';
import { countOption, DATA_NAMES, parseWith, seedOption, skipOption } from './command-options.ts';
import { writeDataFiles } from './data-files.ts';
import { type DataName, type Preparation, type PreparedData, prepare } from './prepare.ts';
import { failedOutcome, type RunOutcome } from './run-outcome.ts';

interface Options {
  readonly minibatches?: number;
  readonly samples: number;
  readonly scaling: Preparation['scaling'];
  readonly skip: number;
  readonly seed: number;
  readonly out: string;
}

function commandOf(): Command {
  return new Command('npm run data --')
    .description('Prepare a data set: rows label * (1, features) to train with, and a test set.')
    .addArgument(new Argument('<data>', 'data set').choices(DATA_NAMES))
    .addOption(
      countOption('-k, --minibatches <k>', 'so many batches; without it one, for full-batch.circ'),
    )
    .addOption(countOption('-n, --samples <n>', 'samples in each batch').default(64))
    .addOption(
      new Option('--scaling <how>', 'features in [0, 1], or with their means taken away')
        .choices(['centred', 'unit'])
        .default('centred'),
    )
    .addOption(skipOption())
    .addOption(seedOption())
    .requiredOption('-o, --out <dir>', 'directory to write to');
}

/**
 * `npm run data`: writes a data set's batches, starting weights and test samples as files for
 * `shoal eval`.
 */
export function dataCommand(argv: readonly string[]): RunOutcome {
  try {
    return { status: 0, stdout: run(argv), stderr: '' };
  } catch (error) {
    return failedOutcome(error, 'data');
  }
}

/** @returns what is printed */
function run(argv: readonly string[]): string {
  const command = commandOf();
  const help = parseWith(command, argv);
  if (help !== undefined) return help;
  const { minibatches, out, ...options } = command.opts<Options>();
  const data = command.args[0] as DataName;
  const prepared = prepare({ data, batches: minibatches ?? 1, ...options });
  const files = writeDataFiles(out, prepared, { stacked: minibatches !== undefined });
  return summary(prepared, out, files);
}

function summary(
  { batches, test, width, classes }: PreparedData,
  out: string,
  files: Readonly<Record<string, string>>,
): string {
  const lines = Object.entries(files).map(
    ([name, what]) => `  ${join(out, name).padEnd(24)}  ${what}\n`,
  );
  const training = `${batches.length} × ${batches[0]?.length} samples, ${width} numbers each`;
  const counts = `${training}, ${test.labels.length} to test with`;
  return `${counts}; 1 is ${classes[0]}, -1 is ${classes[1]}\n${lines.join('')}`;
}
