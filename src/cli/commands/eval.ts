import { STANDARD_STREAM } from '../../platform/files.ts';
import { BACKENDS, EVALUATING_BACKENDS, evaluatingBackend } from '../../run/backends.ts';
import { command, type Given, type OptionValues, optionGroup } from '../command.ts';
import {
  CIRCUIT_OPTIONS,
  compiling,
  passList,
  settingsFiles,
  settingsOf,
  staging,
} from '../compile-options.ts';
import type { EvalJob } from '../eval-form.ts';
import { UsageError } from '../failure.ts';
import { parseCount, parseSize } from '../option-values.ts';
import type { EvalUploadsJob } from '../run-eval-uploads.ts';
import { data, dataFiles, writing } from '../shared-options.ts';

const vectors = optionGroup('Data:', {
  vectors: {
    flags: '--vectors <file>',
    summary: 'evaluate test vectors and compare with their expected outputs',
  },
});

const evaluating = optionGroup('Evaluation:', {
  backend: {
    flags: '--backend <name>',
    summary: EVALUATING_BACKENDS.map(({ name, summary }) => `${name}: ${summary}`).join('; '),
    choices: EVALUATING_BACKENDS.map(({ name }) => name),
    default: BACKENDS[0].name,
  },
  memory: {
    flags: '--memory <size>',
    summary:
      'limit on memory for keys, ciphertexts and tables, such as 2GiB or 800MB (default: 1.5GiB for each worker, more if it needs more)',
    parse: parseSize,
  },
  compare: {
    flags: '--compare',
    summary: 'also evaluate the circuit as written, and show both side by side',
  },
  jobs: {
    flags: '--jobs <n>',
    summary: 'limit on the number of workers (default: the number of cores)',
    parse: parseCount,
  },
});

/** The options that make `eval` the server: it evaluates uploads. */
const serving = optionGroup('Evaluation of uploads:', {
  keys: { flags: '--keys <file>', summary: "the client's evaluation keys" },
  uploads: {
    flags: '--in <file...>',
    summary: 'uploads; those of several parties are combined by input',
  },
  output: { flags: '-o, --output <file>', summary: 'where to write the encrypted result' },
  ...writing.options,
});

const OPTIONS = [data, vectors, evaluating, serving, compiling, staging] as const;

const { compare, backend } = evaluating.options;
/** Options that cannot be used with a plan. */
const FOR_CIRCUITS = { ...CIRCUIT_OPTIONS, compare };

export const evalCommand = command({
  name: 'eval',
  summary:
    'Encrypt inputs, evaluate a circuit or plan, decrypt the outputs. With --keys, evaluate a plan on uploads as the server, without any secret key.',
  arguments: [['<file>', 'circuit, or plan from shoal compile']],
  options: OPTIONS,
  examples: [
    ['shoal eval quartic.circ --inputs quartic.json'],
    ['shoal eval quartic.circ --inputs quartic.json --compare'],
    ['shoal eval quartic.plan.json --vectors quartic.vectors.json'],
    ['shoal eval mean.circ --input v=samples.csv --backend plain --json'],
    ['shoal eval quartic.circ --inputs quartic.json --backend debug'],
    ['shoal eval training.plan.json --inputs training.json --jobs 4'],
    ['shoal eval plan.json --keys evaluation.keys --in upload.shoal -o result.shoal'],
  ],
  appendix: passList,
  job: ([file], options, given): EvalJob | EvalUploadsJob =>
    given(serving.options).length > 0
      ? serveJob(file, options, given)
      : evalJob(file, options, given),
  reads: (job) => [
    job.file,
    ...dataFiles(job),
    ...('vectors' in job && job.vectors !== undefined ? [job.vectors] : []),
    ...('uploads' in job ? [job.keys, ...job.uploads] : []),
    ...settingsFiles('settings' in job ? job.settings : job),
  ],
  printsFile: (job) => 'output' in job && job.output === STANDARD_STREAM,
  run: async (job, onProgress, onTemporary, reads) =>
    'uploads' in job
      ? (await import('../run-eval-uploads.ts')).runEvalUploads(job, onProgress, onTemporary, reads)
      : (await import('../run-eval.ts')).runEval(job, onProgress),
});

function evalJob(file: string, values: OptionValues<typeof OPTIONS>, given: Given): EvalJob {
  const { inputs, input, vectors, backend, compare, memory, jobs } = values;
  const settings = settingsOf(values);
  if (evaluatingBackend(backend).inspectsPlan) {
    const unusable = (option: string, object: string) =>
      new UsageError(`${option} has no use with --backend ${backend}, which checks one ${object}`);
    if (settings.refresh) throw unusable('--refresh', 'circuit');
    if (compare) throw unusable('--compare', 'form');
  }
  const compileOptions = given(FOR_CIRCUITS);
  return { file, settings, compileOptions, inputs, input, vectors, backend, compare, memory, jobs };
}

function serveJob(
  file: string,
  values: OptionValues<typeof OPTIONS>,
  given: Given,
): EvalUploadsJob {
  const { inputs, input, keys, uploads, output, memory, jobs } = values;
  const { force, compress, allowUncheckedRing, costModel } = values;
  if (keys === undefined || uploads === undefined || output === undefined) {
    throw new UsageError(
      `${given(serving.options)[0]} is for the evaluation of uploads, which needs --keys, --in and -o`,
    );
  }
  const [unusable] = given({ ...FOR_CIRCUITS, ...vectors.options, backend });
  if (unusable !== undefined) {
    throw new UsageError(
      `${unusable} has no use with --keys, which evaluates a compiled plan on uploads`,
    );
  }
  const written = { output, force, compress };
  const reading = { file, allowUncheckedRing, inputs, input, keys, uploads };
  return { ...reading, ...written, memory, jobs, costModel };
}
