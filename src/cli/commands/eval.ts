import { BACKENDS, EVALUATING_BACKENDS, evaluatingBackend } from '../../run/backends.ts';
import { command, type Given, type OptionValues, optionGroup } from '../command.ts';
import { CIRCUIT_OPTIONS, compiling, passList, settingsOf, staging } from '../compile-options.ts';
import type { EvalJob } from '../eval-form.ts';
import { UsageError } from '../failure.ts';
import { parseCount, parseSize } from '../option-values.ts';
import type { EvalUploadsJob } from '../run-eval-uploads.ts';
import { data, writing } from '../shared-options.ts';

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
      'what keys, ciphertexts and tables may take, as 2GiB or 800MB (default: 1.5GiB for each worker)',
    parse: parseSize,
  },
  compare: {
    flags: '--compare',
    summary: 'evaluate the circuit as written, too, and show both side by side',
  },
  jobs: {
    flags: '--jobs <n>',
    summary: 'most workers that evaluate (default: as many as there are cores)',
    parse: parseCount,
  },
});

/** What makes it the server's side. */
const serving = optionGroup('Evaluation of uploads:', {
  keys: { flags: '--keys <file>', summary: 'evaluation keys, of which the uploads are' },
  uploads: {
    flags: '--in <file...>',
    summary: 'uploads; those of several parties are put together by input',
  },
  output: {
    flags: '-o, --output <file>',
    summary: 'where the result of the uploads is written',
  },
  ...writing.options,
});

const OPTIONS = [data, vectors, evaluating, serving, compiling, staging] as const;

const { compare, backend } = evaluating.options;
/** Options that have no use for a plan. */
const FOR_CIRCUITS = { ...CIRCUIT_OPTIONS, compare };

export const evalCommand = command({
  name: 'eval',
  summary:
    'Encrypt inputs, evaluate a circuit or plan on them, decrypt the outputs; with --keys, evaluate a plan on uploads as a server does, without any secret.',
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
  run: async (job, onProgress, onTemporary) =>
    'uploads' in job
      ? (await import('../run-eval-uploads.ts')).runEvalUploads(job, onProgress, onTemporary)
      : (await import('../run-eval.ts')).runEval(job, onProgress),
});

function evalJob(file: string, values: OptionValues<typeof OPTIONS>, given: Given): EvalJob {
  const { inputs, input, vectors, backend, compare, memory, jobs } = values;
  const settings = settingsOf(values);
  if (evaluatingBackend(backend).inspectsPlan) {
    const useless = (option: string, looked: string) =>
      new UsageError(`${option} has no use with --backend ${backend}: it looks at one ${looked}`);
    if (settings.refresh) throw useless('--refresh', 'circuit');
    if (compare) throw useless('--compare', 'form');
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
  const { force, compress, allowUncheckedRing } = values;
  if (keys === undefined || uploads === undefined || output === undefined) {
    throw new UsageError(
      `${given(serving.options)[0]} is for the evaluation of uploads, which takes --keys, --in and -o`,
    );
  }
  const [useless] = given({ ...FOR_CIRCUITS, ...vectors.options, backend });
  if (useless !== undefined) {
    throw new UsageError(
      `${useless} has no use with --keys: a compiled plan is evaluated on uploads`,
    );
  }
  const written = { output, force, compress };
  return { file, allowUncheckedRing, inputs, input, keys, uploads, ...written, memory, jobs };
}
