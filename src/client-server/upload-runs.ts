import { ShoalError } from '../errors/shoal-error.ts';
import { toHex } from '../files/canonical-json.ts';
import { at, defined } from '../lookup.ts';
import type { Plan } from '../plan/plan.ts';
import { cipherInputs, type FileHead, requireInputs } from './container-heads.ts';

/**
 * Groups uploads into runs. An upload of all inputs is a run by itself; uploads of some inputs are
 * grouped with those of the other inputs. The first uploads of each input form the first run, the
 * second ones the second, and so on.
 *
 * @returns indices of uploads, run by run
 * @throws ShoalError if the inputs of an upload are not the plan's, or a run lacks some
 */
export function runsOf(plan: Plan, uploads: readonly FileHead[]): readonly (readonly number[])[] {
  const required = cipherInputs(plan);
  const runs: { readonly members: number[]; readonly inputs: Set<string> }[] = [];
  // All runs before this one have all inputs. There may be thousands of uploads.
  let firstOpen = 0;
  uploads.forEach((upload, index) => {
    const inputs = requireInputs(plan, upload);
    while (runs[firstOpen]?.inputs.size === required.length) firstOpen++;
    let run: (typeof runs)[number] | undefined;
    for (let i = firstOpen; i < runs.length && run === undefined; i++) {
      const candidate = at(runs, i);
      if (inputs.every((name) => !candidate.inputs.has(name))) run = candidate;
    }
    if (run === undefined) {
      run = { members: [], inputs: new Set() };
      runs.push(run);
    }
    run.members.push(index);
    for (const name of inputs) run.inputs.add(name);
  });
  for (const { members, inputs } of runs) {
    const missing = required.filter((name) => !inputs.has(name));
    if (missing.length === 0) continue;
    const names = missing.map((name) => `'${name}'`).join(', ');
    const [first] = members;
    const message = `no upload has ${names} for the run that this one belongs to; uploads of several parties are combined in the order in which they are given`;
    throw new ShoalError('missing-input', message, { file: defined(uploads[defined(first)]).name });
  }
  return runs.map(({ members }) => members);
}

/** Returns the file ids of the uploads of each run. */
export function runIds(
  runs: readonly (readonly number[])[],
  uploads: readonly FileHead[],
): string[][] {
  return runs.map((run) => run.map((index) => toHex(defined(uploads[index]).header.file)));
}
