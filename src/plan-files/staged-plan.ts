import { z } from 'zod';
import { defined } from '../lookup.ts';
import { Plan, type PlanInput } from '../plan/plan.ts';
import { PlanFault, requireOneLine, requireRule } from './plan-fault.ts';
import { planToText } from './plan-text.ts';

const Stage = z.strictObject({
  /** The point of the program where the stage ends, for reports. */
  until: z.string(),
  plan: Plan,
});

/**
 * A program that takes more levels than any parameters have, as plans that are evaluated one after
 * the other. An input of a plan that has the name of an earlier plan's output is that output: the
 * client decrypts it and encrypts it again with the keys of the later plan.
 */
export const StagedPlan = z.strictObject({
  format: z.literal('shoal-stages'),
  version: z.literal(1),
  /** File name of the circuit, for reports. */
  circuit: z.string(),
  stages: z.array(Stage).min(2),
});
export type StagedPlan = z.infer<typeof StagedPlan>;

/** Returns stages as a staged plan. */
export function stagedPlanOf(stages: readonly StagedPlan['stages'][number][]): StagedPlan {
  return {
    format: 'shoal-stages',
    version: 1,
    circuit: stages[0]?.plan.circuit ?? '',
    stages: stages.map(({ until, plan }) => ({ until, plan })),
  };
}

/** Returns a staged plan as JSON; see {@link planToText}. */
export function stagedPlanToText({ format, version, circuit, stages }: StagedPlan): string {
  const texts = stages.map(
    ({ until, plan }) =>
      `{ "until": ${JSON.stringify(until)}, "plan": ${planToText(plan).trimEnd()} }`,
  );
  return `{
  "format": "${format}",
  "version": ${version},
  "circuit": ${JSON.stringify(circuit)},
  "stages": [
${texts.join(',\n')}
  ]
}
`;
}

/** Returns the inputs that the client provides before the first stage, each once. */
export function programInputs({ stages }: Pick<StagedPlan, 'stages'>): readonly PlanInput[] {
  const computed = new Set(stages.flatMap(({ plan }) => plan.outputs.map(({ name }) => name)));
  const inputs = stages
    .flatMap(({ plan }) => plan.inputs)
    .filter(({ name }) => !computed.has(name));
  return [...new Map(inputs.map((input) => [input.name, input])).values()];
}

/** Returns the outputs that no stage reads. */
export function programOutputs({ stages }: Pick<StagedPlan, 'stages'>): Plan['outputs'] {
  const read = new Set(stages.flatMap(({ plan }) => plan.inputs.map(({ name }) => name)));
  return stages.flatMap(({ plan }) => plan.outputs).filter(({ name }) => !read.has(name));
}

/**
 * Requires that the stages of a valid plan fit together: each reads only inputs of the client and
 * outputs of earlier stages, in the same shape. Its names must fit one line.
 *
 * @throws PlanFault if they do not
 */
export function requireChain({ circuit, stages }: StagedPlan): void {
  requireOneLine(circuit, ['circuit']);
  stages.forEach(({ until }, at) => {
    requireOneLine(until, ['stages', at, 'until']);
  });
  const known = new Map<string, string>();
  const stageOf = new Map<string, number>();
  stages.forEach(({ plan }, at) => {
    for (const { name } of plan.outputs) {
      const isNew = (stageOf.get(name) ?? at) === at;
      requireRule(isNew, `'${name}' is an output of two stages`, ['stages', at]);
      stageOf.set(name, at);
    }
  });
  stages.forEach(({ plan }, at) => {
    plan.inputs.forEach(({ name, shape, secrecy, range }, i) => {
      const path = ['stages', at, 'plan', 'inputs', i, 'name'];
      const source = stageOf.get(name);
      const isEarlier = source === undefined || source < at;
      requireRule(isEarlier, `'${name}' is not an output of an earlier stage`, path);
      const output =
        source === undefined ? undefined : outputOf(defined(stages[source]).plan, name);
      const expected = JSON.stringify(output ? [output, 'cipher'] : [shape, secrecy, range]);
      const own = JSON.stringify(output ? [shape, secrecy] : [shape, secrecy, range]);
      const isSame = (known.get(name) ?? expected) === own;
      requireRule(isSame, `'${name}' differs from the one of an earlier stage`, path);
      known.set(name, own);
    });
  });
}

function outputOf({ outputs }: Plan, name: string): readonly number[] {
  const output = outputs.find((one) => one.name === name);
  if (!output) throw new PlanFault(`there is no output '${name}'`, []);
  return output.shape;
}
