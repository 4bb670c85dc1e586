import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { nest } from '../../src/data/json-tensors.ts';
import { at } from '../../src/lookup.ts';
import { planToText } from '../../src/plan-files/plan-text.ts';
import { readPlanFile } from '../../src/plan-files/read-plan.ts';
import { sizeOf } from '../../src/tensor/tensor.ts';
import { inParts, planOf } from '../backends/plans.ts';
import { planFor } from '../client-server/support.ts';
import type { AttackKind } from './attack.ts';
import { attempt } from './command.ts';
import { mutateJson } from './mutations.ts';

/** Plans of all schemes, with products of the client, parts, rotations and outputs in the clear. */
const PLANS = [
  planFor('input x: cipher within [-3, 3];\noutput y = x^4 + 2;\n'),
  planFor(
    'input v: cipher[5] within [-1, 1];\ninput p: plain[5] within [1, 2];\noutput y = sum(v / p)^2 * v;\noutput z = 3 * v;\noutput q = 2 * p;\n',
  ),
  planFor(
    'scheme bfv(t = 65537);\ninput v: cipher[4];\ninput p: plain[4];\noutput y = rotate(v*v, 1)*p + 3;\n',
  ),
  planFor('scheme bgv(t = 1000);\ninput v: cipher[2];\noutput y = v*v - 2*v;\n'),
  planFor('input x: cipher[2] within [-1, 1];\noutput y = sum(x * x)^2;\noutput z = dot(x, x);\n', {
    client: 'precompute',
  }),
  planOf(inParts()),
].map(planToText);

/** A plan in stages. */
const STAGED = readFileSync(new URL('../plan-files/old/recurrence.json', import.meta.url), 'utf8');

/** Words of plans: operations, kinds and keys. */
const WORDS = [
  ...['mul', 'add', 'rotate', 'lower', 'adjust', 'const', 'upload', 'one', 'level', 'relinearize'],
  ...['ckks', 'bfv', 'bgv', 'cipher', 'plain', 'clear', 'x', 'v', 'y', 'z', 'p', '0', '1', '01'],
  ...['1.0', ' 1', '1e3', '1099511480321', '1125899906842625', '36028797018963967'],
];

/** Plans that nobody compiled: each is inspected, and evaluated if it is accepted. */
export const plans: AttackKind = {
  name: 'plans',
  share: 1,
  make: async (random, directory) => {
    const seed = random.pick([...PLANS, STAGED]);
    const text = mutateJson(seed, WORDS, random);
    const encrypted = random.oneIn(20);
    const file = join(directory, 'fuzz.plan.json');
    const inputs = join(directory, 'inputs.json');
    const run = async () => {
      writeFileSync(file, text);
      const inspected = await attempt(['inspect', file], text);
      const given = inputsOf(file, text);
      if (given === undefined) return { accepted: false, complaints: inspected.complaints };
      writeFileSync(inputs, JSON.stringify(given));
      // A plan in stages takes half a minute of keys.
      const backend = encrypted && seed !== STAGED ? 'seal' : 'plain';
      const evaluated = await attempt(
        ['eval', file, '-i', inputs, '--backend', backend, '--jobs', '1'],
        text,
      );
      return { accepted: true, complaints: [...inspected.complaints, ...evaluated.complaints] };
    };
    return { files: new Map([['fuzz.plan.json', text]]), run };
  },
};

/** Returns inputs at the ends of their ranges; undefined if the plan is refused. */
function inputsOf(file: string, text: string): object | undefined {
  try {
    const plan = readPlanFile({ file, text });
    const { inputs } = plan.format === 'shoal-plan' ? plan : at(plan.stages, 0).plan;
    return Object.fromEntries(
      inputs.map(({ name, shape, range }) => [
        name,
        nest(new Float64Array(sizeOf(shape)).fill(range[1]), shape),
      ]),
    );
  } catch {
    // What `inspect` printed of any other error is a complaint.
    return undefined;
  }
}
