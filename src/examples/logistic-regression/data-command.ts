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
    .description('Prepare a data set: training rows label * (1, features), and test rows.')
    .addArgument(new Argument('<data>', 'data set').choices(DATA_NAMES))
    .addOption(
      countOption(
        '-k, --minibatches <k>',
        'number of batches (default: one, without an axis for batches)',
      ),
    )
    .addOption(countOption('-n, --samples <n>', 'samples in each batch').default(64))
    .addOption(
      new Option('--scaling <how>', 'unit: features in [0, 1]; centred: minus their means')
        .choices(['centred', 'unit'])
        .default('centred'),
    )
    .addOption(skipOption())
    .addOption(seedOption())
    .requiredOption('-o, --out <dir>', 'directory to write to');
}

/**
 * Runs `npm run data`: writes the batches, initial weights and test samples of a data set as files
 * for `shoal eval`.
 */
export function dataCommand(argv: readonly string[]): RunOutcome {
  try {
    return { status: 0, stdout: run(argv), stderr: '' };
  } catch (error) {
    return failedOutcome(error, 'data');
  }
}

/** @returns the text to print */
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
    ([name, contents]) => `  ${join(out, name).padEnd(24)}  ${contents}\n`,
  );
  const training = `${batches.length} × ${batches[0]?.length} samples of ${width} numbers`;
  const counts = `${training}, ${test.labels.length} test samples`;
  return `${counts}; 1 is ${classes[0]}, -1 is ${classes[1]}\n${lines.join('')}`;
}
