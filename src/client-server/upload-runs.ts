import { ShoalError } from '../errors/shoal-error.ts';
import { toHex } from '../files/canonical-json.ts';
import type { Header } from '../files/container-format.ts';
import { defined } from '../lookup.ts';
import type { Plan } from '../plan/plan.ts';
import { cipherInputs } from './container-heads.ts';

/** The name and the head of an upload: what decides which run it belongs to. */
export interface UploadHead {
  /** Name of its file, for messages. */
  readonly name: string;
  readonly header: Header;
}

/**
 * Groups uploads into runs. An upload of all inputs is a run by itself; uploads of some inputs are
 * grouped with those of the other inputs. The first uploads of each input form the first run, the
 * second ones the second, and so on.
 *
 * @returns indices of uploads, run by run
 * @throws ShoalError if the inputs of an upload are not the plan's, or a run lacks some
 */
export function runsOf(plan: Plan, uploads: readonly UploadHead[]): readonly (readonly number[])[] {
  const required = cipherInputs(plan);
  const runs: { readonly members: number[]; readonly inputs: Set<string> }[] = [];
  uploads.forEach((upload, index) => {
    const inputs = inputsOf(plan, upload, required);
    let run = runs.find((candidate) => inputs.every((name) => !candidate.inputs.has(name)));
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

function inputsOf(
  plan: Plan,
  { name, header }: UploadHead,
  required: readonly string[],
): readonly string[] {
  const { inputs, seeded } = header.description;
  const isOrdered = inputs?.join() === required.filter((input) => inputs?.includes(input)).join();
  if (
    inputs === undefined ||
    seeded === undefined ||
    !isOrdered ||
    new Set(inputs).size !== inputs.length
  ) {
    throw new ShoalError('bad-file', 'the inputs that the file names are not those of its plan', {
      file: name,
    });
  }
  if (inputs.length === 0 && required.length > 0) {
    throw new ShoalError('bad-file', 'the upload has no inputs', { file: name });
  }
  if (plan.precomputed && inputs.length < required.length) {
    const message =
      'in this plan the client computes products of inputs, so one client must upload all of them';
    throw new ShoalError('missing-input', message, { file: name });
  }
  return inputs;
}

/** Returns the file ids of the uploads of each run. */
export function runIds(
  runs: readonly (readonly number[])[],
  uploads: readonly UploadHead[],
): string[][] {
  return runs.map((run) => run.map((index) => toHex(defined(uploads[index]).header.file)));
}
