import type { Findings } from '../report/circuit-report.ts';
import type { EmittedText, EmittingBackend } from '../run/backend.ts';
import { BACKENDS } from '../run/backends.ts';
import { UsageError } from './failure.ts';

/**
 * A format that `shoal compile` writes. Like backends, formats import modules when they are used.
 */
export type EmitFormat = EmittingBackend | Drawing;

/** A drawing of one circuit, which needs no parameters. */
export interface Drawing {
  readonly name: string;
  /** A description for users, in a few words. */
  readonly summary: string;
  draw(findings: Findings): Promise<EmittedText>;
}

const plan: EmitFormat = {
  name: 'plan',
  summary: 'operations, levels, scales and parameters as JSON, which `eval` takes',
  emit: async (stages) => {
    const [{ planDigest }, { planToText }, { stagedPlanOf, stagedPlanToText }] = await Promise.all([
      import('../files/plan-identity.ts'),
      import('../plan-files/plan-text.ts'),
      import('../plan-files/staged-plan.ts'),
    ]);
    const [first, ...others] = stages;
    if (first && others.length === 0) {
      const { plan } = first;
      return { text: planToText(plan), json: plan, digest: planDigest(plan) };
    }
    const staged = stagedPlanOf(stages);
    return { text: stagedPlanToText(staged), json: staged };
  },
};

const dot: Drawing = {
  name: 'dot',
  summary: 'a drawing of the optimized circuit for Graphviz',
  draw: async (findings) => {
    const { circuitToDot } = await import('../render/dot.ts');
    return { text: circuitToDot(findings) };
  },
};

const svg: Drawing = {
  name: 'svg',
  summary: 'the drawing itself, with the critical path in red',
  draw: async (findings) => {
    const [{ text }, { dotToSvg, edgesOf, MOST_EDGES }] = await Promise.all([
      dot.draw(findings),
      import('../render/svg.ts'),
    ]);
    const edges = edgesOf(text);
    if (edges <= MOST_EDGES) return { text: await dotToSvg(text) };
    const help = 'make the circuit smaller with -D, or draw the output of --emit dot with Graphviz';
    throw new UsageError(
      `--emit svg: the drawing would have ${edges} edges, more than ${MOST_EDGES}: ${help}`,
    );
  },
};

/** All formats. The first one is the default. */
export const EMIT_FORMATS: readonly [EmitFormat, ...EmitFormat[]] = [
  plan,
  dot,
  svg,
  ...BACKENDS.filter((backend) => 'emit' in backend),
];

/**
 * Returns the format with a name.
 *
 * @throws RangeError if there is no such format
 */
export function emitFormatNamed(name: string): EmitFormat {
  const format = EMIT_FORMATS.find((candidate) => candidate.name === name);
  if (!format) throw new RangeError(`there is no format '${name}'`);
  return format;
}
