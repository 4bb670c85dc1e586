import type { Plan } from '../plan/plan.ts';

/** Returns a plan as JSON with one operation on a line; equal plans have equal texts. */
export function planToText(plan: Plan): string {
  const { format, version, circuit, scheme, slots, batchable } = plan;
  const own =
    plan.scheme === 'ckks' ? { precisionBits: plan.precisionBits } : { encoding: plan.encoding };
  const head = { format, version, circuit, scheme, ...own, slots, batchable };
  const fields = Object.entries(head).map(([key, value]) => `"${key}": ${JSON.stringify(value)}`);
  const params = Object.entries(plan.params).map(
    ([key, value]) => `    "${key}": ${JSON.stringify(value)}`,
  );
  return `{
  ${fields.join(',\n  ')},
  "params": {
${params.join(',\n')}
  },
  "inputs": ${linesOf(plan.inputs)},${precomputedText(plan)}
  "ops": ${linesOf(plan.ops)},
  "outputs": ${linesOf(plan.outputs)}
}
`;
}

function precomputedText({ precomputed }: Plan): string {
  if (!precomputed) return '';
  const { ops, values } = precomputed;
  return `
  "precomputed": {
  "ops": ${linesOf(ops)},
  "values": ${linesOf(values)}
  },`;
}

function linesOf(values: readonly unknown[]): string {
  if (values.length === 0) return '[]';
  return `[\n${values.map((value) => `    ${JSON.stringify(value)}`).join(',\n')}\n  ]`;
}

/** Whether a text begins as a plan in stages; reading it checks the rest. */
export function isStagedPlan(text: string): boolean {
  return /^\s*\{\s*"format"\s*:\s*"shoal-stages"/.test(text);
}
