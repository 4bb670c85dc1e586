import { ShoalError } from '../errors/shoal-error.ts';
import { toHex } from '../files/canonical-json.ts';
import type { Header } from '../files/container-format.ts';
import { defined } from '../lookup.ts';
import type { Plan } from '../plan/plan.ts';
import { cipherInputs } from './container-heads.ts';

/** An upload, as far as it matters for who goes with whom. */
export interface UploadHead {
  /** Its file. */
  readonly name: string;
  readonly header: Header;
}

/**
 * Puts the uploads together that are evaluated together: one that has all inputs alone, others with those that have
 * the rest. The first uploads of each input belong to the first run, the second ones to the second.
 *
 * @returns indices of uploads, run by run
 * @throws ShoalError if an upload has inputs that it cannot have, or a run lacks some
 */
export function runsOf(plan: Plan, uploads: readonly UploadHead[]): readonly (readonly number[])[] {
  const wanted = cipherInputs(plan);
  const runs: { readonly members: number[]; readonly inputs: Set<string> }[] = [];
  uploads.forEach((upload, index) => {
    const inputs = inputsOf(plan, upload, wanted);
    let run = runs.find((one) => inputs.every((name) => !one.inputs.has(name)));
    if (run === undefined) {
      run = { members: [], inputs: new Set() };
      runs.push(run);
    }
    run.members.push(index);
    for (const name of inputs) run.inputs.add(name);
  });
  for (const { members, inputs } of runs) {
    const missing = wanted.filter((name) => !inputs.has(name));
    if (missing.length === 0) continue;
    const names = missing.map((name) => `'${name}'`).join(', ');
    const [first] = members;
    const message = `no upload has ${names} for the run that this one belongs to; uploads of several parties go together in the order in which they are given`;
    throw new ShoalError('missing-input', message, { file: defined(uploads[defined(first)]).name });
  }
  return runs.map(({ members }) => members);
}

function inputsOf(
  plan: Plan,
  { name, header }: UploadHead,
  wanted: readonly string[],
): readonly string[] {
  const { inputs, seeded } = header.description;
  const isOrdered = inputs?.join() === wanted.filter((one) => inputs?.includes(one)).join();
  if (
    inputs === undefined ||
    seeded === undefined ||
    !isOrdered ||
    new Set(inputs).size !== inputs.length
  ) {
    throw new ShoalError('bad-file', 'the inputs it claims are not those of its plan', {
      file: name,
    });
  }
  if (inputs.length === 0 && wanted.length > 0) {
    throw new ShoalError('bad-file', 'the upload has no inputs', { file: name });
  }
  if (plan.precomputed && inputs.length < wanted.length) {
    const message =
      'under this plan one client uploads all inputs, for it computes products of them';
    throw new ShoalError('missing-input', message, { file: name });
  }
  return inputs;
}

/** The uploads of each run, by their ids. */
export function runIds(
  runs: readonly (readonly number[])[],
  uploads: readonly UploadHead[],
): string[][] {
  return runs.map((run) => run.map((index) => toHex(defined(uploads[index]).header.file)));
}
