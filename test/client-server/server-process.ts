import { readdirSync, readFileSync } from 'node:fs';
import type { Instance } from '../../src/backends/evaluation.ts';
import { evaluate } from '../../src/client-server/evaluate-uploads.ts';
import { readPlan } from '../../src/plan-files/read-plan.ts';

/**
 * A server for tests. It evaluates in the directory that it is started in, which contains only what
 * a client has sent. It receives the plain inputs and answers with the names of the files that it
 * found.
 */

process.on('message', (inputs: Instance['inputs']) => {
  void answer(inputs);
});

async function answer(inputs: Instance['inputs']): Promise<void> {
  const files = readdirSync('.').sort();
  const plan = readPlan({ file: 'plan.json', text: readFileSync('plan.json', 'utf8') });
  await evaluate(plan, 'evaluation.keys', ['upload'], { inputs, to: 'result' });
  process.send?.(files);
}
