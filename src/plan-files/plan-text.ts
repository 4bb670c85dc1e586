import type { Plan } from '../plan/plan.ts';

/** Returns a plan as JSON with one operation on a line; equal plans have equal texts. */
export function planToText(plan: Plan): string {
  const { format, version, circuit, scheme, slots, batchable } = plan;
  const own =
    plan.scheme === 'ckks' ? { precisionBits: plan.precisionBits } : { encoding: plan.encoding };
  const files = plan.files ? { files: plan.files } : {};
  const head = { format, version, circuit, ...files, scheme, ...own, slots, batchable };
  const fields = Object.entries(head).map(([key, value]) => `"${key}": ${JSON.stringify(value)}`);
  const params = Object.entries(plan.params).map(
    ([key, value]) => `    "${key}": ${JSON.stringify(value)}`,
  );
  return `{
  ${fields.join(',\n  ')},
  "params": {
${params.join(',\n')}
  },
  "inputs": ${linesOf(plan.inputs)},${computedText(plan, 'precomputed')}${computedText(plan, 'prepared')}${promisesText(plan)}
  "ops": ${linesOf(plan.ops)},
  "outputs": ${linesOf(plan.outputs)}
}
`;
}

/** Returns the values that a party computes from its inputs, if there are any. */
function computedText(plan: Plan, key: 'precomputed' | 'prepared'): string {
  const list = plan[key];
  if (!list) return '';
  const { ops, values } = list;
  return `
  "${key}": {
  "ops": ${linesOf(ops)},
  "values": ${linesOf(values)}
  },`;
}

/** Returns the promised ranges, if there are any. */
function promisesText({ promises }: Plan): string {
  return promises ? `\n  "promises": ${linesOf(promises)},` : '';
}

function linesOf(values: readonly unknown[]): string {
  if (values.length === 0) return '[]';
  return `[\n${values.map((value) => `    ${JSON.stringify(value)}`).join(',\n')}\n  ]`;
}

/** Whether a text begins as a plan in stages; reading it checks the rest. */
export function isStagedPlan(text: string): boolean {
  return /^\s*\{\s*"format"\s*:\s*"shoal-stages"/.test(text);
}
