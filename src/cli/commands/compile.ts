import { command, optionGroup } from '../command.ts';
import {
  compiling,
  passList,
  printing,
  settingsFiles,
  settingsOf,
  staging,
} from '../compile-options.ts';
import { EMIT_FORMATS } from '../emit-formats.ts';
import type { CompileJob } from '../run-compile.ts';
import { destinationOf } from '../written.ts';

const emitting = optionGroup('Options:', {
  output: {
    flags: '-o, --output <file>',
    summary: "file to write; '-', the default, is standard output",
  },
  emit: {
    flags: '--emit <format>',
    summary: 'what to write: the plan, or a drawing of the circuit',
    choices: EMIT_FORMATS.map(({ name }) => name),
    default: EMIT_FORMATS[0].name,
  },
});

export const compileCommand = command({
  name: 'compile',
  summary: 'Compile a circuit to a plan: operations, levels, scales, parameters.',
  arguments: [['<file>', 'circuit']],
  options: [emitting, compiling, printing, staging],
  examples: [
    ['shoal compile quartic.circ -o quartic.plan.json'],
    ['shoal compile quartic.circ --emit svg -o quartic.svg'],
  ],
  appendix: passList,
  job: ([file], options): CompileJob => ({
    file,
    settings: settingsOf(options),
    emit: options.emit,
    output: options.output === undefined ? undefined : destinationOf(options.output),
  }),
  reads: ({ file, settings }) => [file, ...settingsFiles(settings)],
  run: async (job, onProgress, _, reads) =>
    (await import('../run-compile.ts')).runCompile(job, onProgress, reads),
});
