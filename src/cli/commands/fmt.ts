import { STANDARD_STREAM } from '../../platform/files.ts';
import { command, optionGroup } from '../command.ts';
import { UsageError } from '../failure.ts';
import type { FmtJob } from '../run-fmt.ts';

const formatting = optionGroup('Options:', {
  write: { flags: '--write', summary: 'rewrite the files in place', conflicts: 'check' },
  check: {
    flags: '--check',
    summary: 'list the files that are not in canonical format; status 1 if there are any',
  },
});

export const fmtCommand = command({
  name: 'fmt',
  summary: 'Print circuits in canonical format.',
  arguments: [['<file...>', 'circuits']],
  options: [formatting],
  examples: [['shoal fmt quartic.circ'], ['shoal fmt --write circuits/*.circ']],
  job: ([files], { write, check }): FmtJob => {
    if (write && files.includes(STANDARD_STREAM)) {
      throw new UsageError(`--write rewrites files, and '${STANDARD_STREAM}' is standard input`);
    }
    return { files, mode: write ? 'write' : check ? 'check' : 'print' };
  },
  reads: ({ files }) => files,
  run: async (job) => (await import('../run-fmt.ts')).runFmt(job),
});
