import { z } from 'zod';
import { defined } from '../lookup.ts';
import { Plan, type PlanInput } from '../plan/plan.ts';
import { PlanFault, requireRule } from './plan-fault.ts';
import { planToText } from './plan-text.ts';

const Stage = z.strictObject({
  /** The point of the program where the stage ends, for people. */
  until: z.string(),
  plan: Plan,
});

/**
 * A program that takes more levels than there are, as plans that are evaluated one after the other. What a plan takes
 * in of an earlier one's outputs, by its name, the client decrypts and encrypts anew, with keys of the next plan.
 */
export const StagedPlan = z.strictObject({
  format: z.literal('shoal-stages'),
  version: z.literal(1),
  /** File name of the circuit, for people. */
  circuit: z.string(),
  stages: z.array(Stage).min(2),
});
export type StagedPlan = z.infer<typeof StagedPlan>;

/** Plans that are evaluated one after the other as a staged plan. */
export function stagedPlanOf(stages: readonly StagedPlan['stages'][number][]): StagedPlan {
  return {
    format: 'shoal-stages',
    version: 1,
    circuit: stages[0]?.plan.circuit ?? '',
    stages: stages.map(({ until, plan }) => ({ until, plan })),
  };
}

/** A staged plan as the text of a file; see {@link planToText}. */
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

/** What the client gives before the first stage, each input once. */
export function programInputs({ stages }: Pick<StagedPlan, 'stages'>): readonly PlanInput[] {
  const made = new Set(stages.flatMap(({ plan }) => plan.outputs.map(({ name }) => name)));
  const inputs = stages.flatMap(({ plan }) => plan.inputs).filter(({ name }) => !made.has(name));
  return [...new Map(inputs.map((input) => [input.name, input])).values()];
}

/** Outputs that no stage takes in. */
export function programOutputs({ stages }: Pick<StagedPlan, 'stages'>): Plan['outputs'] {
  const taken = new Set(stages.flatMap(({ plan }) => plan.inputs.map(({ name }) => name)));
  return stages.flatMap(({ plan }) => plan.outputs).filter(({ name }) => !taken.has(name));
}

/**
 * DeadlineRewriter that stages of valid plans fit together: each takes in what the client has by then, in the same shape.
 *
 * @throws PlanFault
 */
export function requireChain({ stages }: StagedPlan): void {
  const known = new Map<string, string>();
  const made = new Map<string, number>();
  stages.forEach(({ plan }, at) => {
    for (const { name } of plan.outputs) {
      requireRule((made.get(name) ?? at) === at, `'${name}' is an output twice`, ['stages', at]);
      made.set(name, at);
    }
  });
  stages.forEach(({ plan }, at) => {
    plan.inputs.forEach(({ name, shape, secrecy, range }, i) => {
      const path = ['stages', at, 'plan', 'inputs', i, 'name'];
      const maker = made.get(name);
      requireRule(maker === undefined || maker < at, `'${name}' is not there yet`, path);
      const carried = maker === undefined ? undefined : outputOf(defined(stages[maker]).plan, name);
      const told = JSON.stringify(carried ? [carried, 'cipher'] : [shape, secrecy, range]);
      const own = JSON.stringify(carried ? [shape, secrecy] : [shape, secrecy, range]);
      requireRule((known.get(name) ?? told) === own, `'${name}' is another one before`, path);
      known.set(name, own);
    });
  });
}

function outputOf({ outputs }: Plan, name: string): readonly number[] {
  const output = outputs.find((one) => one.name === name);
  if (!output) throw new PlanFault(`there is no output '${name}'`, []);
  return output.shape;
}
