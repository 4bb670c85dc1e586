import { command } from '../command.ts';
import { defining } from '../compile-options.ts';
import type { VerifyJob } from '../run-verify.ts';

export const verifyCommand = command({
  name: 'verify',
  summary: 'Prove that two circuits compute the same polynomials, or show where they differ.',
  arguments: [
    ['<a>', 'circuit'],
    ['<b>', 'circuit'],
  ],
  options: [defining],
  examples: [['shoal verify newton.circ goldschmidt.circ -D steps=4']],
  job: (files, { defines, maxLoad }): VerifyJob => ({ files, defines, maxLoad }),
  reads: ({ files }) => files,
  run: async (job) => (await import('../run-verify.ts')).runVerify(job),
});
